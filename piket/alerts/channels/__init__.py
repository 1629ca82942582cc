"""The ways to reach a contact point. One call is one attempt, with a time limit; when to try again is `retry_rules`.

The only place that knows requests and smtplib. Nothing in here writes an address, a secret or a text into a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


class DeliveryError(Exception):
    """An attempt failed.

    `reason` is a stable code for machines and logs, without addresses: `timed-out`, `http-503`, `smtp-550`, `tls-failed`.
    `permanent`: trying again cannot help. `retry_after`: seconds the receiver asked to wait, unbounded as it came.
    """

    def __init__(self, reason: str, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True)
class Attachment:
    """A file that goes along with a mail: its name, and a PDF."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class PictureWish:
    """The picture that would help with a mail: of which centre, in which language, and not of a moment before this one."""

    centre: str
    language: str
    not_before: datetime


@dataclass(frozen=True)
class Illustration:
    """A picture (PNG) that stands inside a mail, and the same in words."""

    content: bytes = field(repr=False)
    words: str


@dataclass(frozen=True)
class Message:
    """One delivery as a channel gets it: what to say, to which address, under which fixed identity.

    `delivery` becomes `webhook-id` and `Message-ID`, the same on every attempt. `at` is the moment of this attempt.
    Mail uses `subject`, `text`, `html`, `urgent`, `thread` (what the mails of one episode share, or None), `attachments`
    and `picture` (which one would help, or None); a webhook uses `event` (plain JSON values), `body` (the same as bytes,
    where it was written already) and `secrets` (signing keys, the newest first).
    """

    delivery: str
    alert: str
    kind: str
    organisation: str
    channel: str
    address: str = field(repr=False)
    at: datetime
    subject: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    html: str = field(default="", repr=False)
    urgent: bool = False
    thread: str | None = None
    attachments: tuple[Attachment, ...] = ()
    picture: PictureWish | None = None
    event: Mapping[str, Any] | None = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
