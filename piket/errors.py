"""What can be wrong, each with a stable code and one plain sentence. Only `api/kit.py` and `board/` know HTTP numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from piket.words import Text


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what was sent: where (`body`, `query`, `header`, `path`), which field (`sites.0.places`), what."""

    place: str
    field: str
    detail: str


class PiketError(Exception):
    """Something a person can put right. `code` is stable and for machines, `detail` one sentence for people."""

    code = "error"

    def __init__(self, detail: Text, code: str | None = None) -> None:
        super().__init__(str(detail))
        self.detail = detail
        if code is not None:
            self.code = code


class Invalid(PiketError):
    """What was sent cannot be taken; `faults` names everything that is wrong with it, at once."""

    code = "invalid"

    def __init__(self, detail: Text, faults: Sequence[Fault] = (), code: str | None = None) -> None:
        super().__init__(detail, code)
        self.faults = tuple(faults)


class Unauthenticated(PiketError):
    """No key, or one that is not known, has ended or has expired."""

    code = "unauthenticated"


class Refused(PiketError):
    """The organisation is known and may not do this."""

    code = "not-allowed"


class NotFound(PiketError):
    """There is no such thing, or it is not this organisation's to see."""

    code = "not-found"


class Conflict(PiketError):
    """It cannot be done as things stand now; the sentence says what stands in the way and what to do instead."""

    code = "conflict"


class TooOften(PiketError):
    """It was tried in vain too often; `wait` is how long until the next try, in whole seconds, and the sentence says it too."""

    code = "too-often"

    def __init__(self, detail: Text, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait


class PreconditionFailed(PiketError):
    """It was changed since it was read (`If-Match` names an older version)."""

    code = "changed-since"


class PreconditionRequired(PiketError):
    """A change must say which version it changes (`If-Match`)."""

    code = "precondition-required"


class Misconfigured(PiketError):
    """The service cannot start or work as it is set up; the sentence names the file or variable and the key."""

    code = "misconfigured"
