"""What a webhook carries: a CloudEvents 1.0 event of the NL GOV profile, with a Standard Webhooks signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from piket.clock import as_text

CONTENT_TYPE = "application/cloudevents+json"


def event_type(kind: str) -> str:
    """`callUpOverdue` as `nl.opvangpiket.call-up-overdue.v1`."""
    kebab = re.sub("([A-Z])", r"-\1", kind).lower()
    return f"nl.opvangpiket.{kebab}.v1"


def event(
    source: str, kind: str, identity: str, subject: str, time: datetime, data: Mapping[str, Any]
) -> dict[str, Any]:
    """The event in structured form. `identity` is the alert: the same event for everyone who is told."""
    return {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": event_type(kind),
        "subject": subject,
        "time": as_text(time),
        "datacontenttype": "application/json",
        "data": data,
    }


def body(content: Mapping[str, Any]) -> bytes:
    """The event as bytes, the same for the same event, so that a repeat is the same to the last byte."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def signing_key(secret: str) -> bytes:
    """The key in a secret as Standard Webhooks writes it, `whsec_` and base64."""
    return base64.b64decode(secret.removeprefix("whsec_"))


def signed_headers(delivery: str, at: datetime, content: bytes, secrets: Iterable[bytes]) -> dict[str, str]:
    """The three headers of Standard Webhooks; one signature for each key, so that a key can be changed without a gap."""
    timestamp = str(int(at.timestamp()))
    signed = f"{delivery}.{timestamp}.".encode() + content
    digests = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
    return {"webhook-id": delivery, "webhook-timestamp": timestamp, "webhook-signature": signatures}
