"""Lists: `{"items": […], "next": "/v1/… or null"}`. A cursor is a key of a row, sealed together with its filters.

The seal is there so that a cursor of one list cannot be used in another, where it would skip rows without a word. It is
no secret: whoever may read the list may read the row that it names.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import request

from piket.api.kit_fields import with_plus
from piket.errors import Fault
from piket.pages import Key, PageRequest
from piket.words import say

DEFAULT_SIZE, LARGEST_SIZE = 50, 500
OWN_KEYS = frozenset({"pageSize", "cursor"})
_SEAL = 16


def read_page_request(secret: bytes, faults: list[Fault]) -> PageRequest:
    """`pageSize` and `cursor` of this request; what is wrong with them is added to `faults`."""
    for name in OWN_KEYS:
        if len(request.args.getlist(name)) > 1:
            faults.append(Fault("query", name, say("Give this once.")))
    size = request.args.get("pageSize", str(DEFAULT_SIZE))
    limit = int(size) if re.fullmatch(r"[0-9]{1,4}", size) else 0
    if not 1 <= limit <= LARGEST_SIZE:
        right = say("Give a whole number from {min} to {max}.", min=1, max=LARGEST_SIZE)
        faults.append(Fault("query", "pageSize", right))
    cursor = request.args.get("cursor")
    after = None if cursor is None else open_cursor(secret, cursor)
    if cursor is not None and after is None:
        wrong = say("This cursor is broken, or belongs to a list with other filters. Begin again without it.")
        faults.append(Fault("query", "cursor", wrong))
    return PageRequest(max(limit, 1), after)


def next_address(secret: bytes, after: Key | None) -> str | None:
    """The address of the next page with all filters of this request, or None on the last page."""
    if after is None:
        return None
    kept = [(name, value) for name, value in _filters() if name != "cursor"]
    return f"{request.path}?{urlencode([*kept, ('cursor', seal_cursor(secret, after))])}"


def _filters() -> list[tuple[str, str]]:
    """The query of this request, with the plus of an offset put back where it arrived as a space."""
    return [(name, with_plus(value)) for name, value in request.args.items(multi=True)]


def _seal(secret: bytes, payload: bytes) -> bytes:
    """Binds a key to this path and these filters, so that a cursor of another list does not fit."""
    filters = sorted((name, value) for name, value in _filters() if name not in OWN_KEYS)
    bound = json.dumps([request.path, filters]).encode()
    return hmac.digest(secret, b"cursor:" + sha256(bound).digest() + payload, "sha256")[:_SEAL]


def seal_cursor(secret: bytes, after: Key) -> str:
    """A cursor for the row with this key."""
    payload = json.dumps([{"at": part.isoformat()} if isinstance(part, datetime) else part for part in after]).encode()
    return urlsafe_b64encode(_seal(secret, payload) + payload).decode().rstrip("=")


def open_cursor(secret: bytes, cursor: str) -> Key | None:
    """The key in a cursor, or None when it is broken or was made for other filters."""
    try:
        whole = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, NotBase64):
        return None
    seal, payload = whole[:_SEAL], whole[_SEAL:]
    if not payload or not hmac.compare_digest(seal, _seal(secret, payload)):
        return None
    return tuple(_part(part) for part in json.loads(payload))


def _part(part: Any) -> Any:
    """One part of a key as it was; moments are wrapped so that they come back as moments."""
    return datetime.fromisoformat(part["at"]) if isinstance(part, dict) else part
