"""Fields whose every complaint says what would be right. What marshmallow takes loosely is taken strictly here.

In a body a number is a JSON number; in a query (`Query`) the same field reads text. Dumped values are plain JSON, moments
in UTC with Z; a `Text` stays a sentence until `kit_call` puts it into the caller's language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from marshmallow import ValidationError, fields

from piket.clock import as_text
from piket.words import Text, say

LARGEST = 2_147_483_647
"""The largest whole number that every store can hold."""
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

_COMPLAINTS: dict[str, str] = {
    "required": say("This is missing and must be given."),
    "null": say("This may not be null: leave it out, or give a value."),
    "invalid": say("Give an object with the fields that belong here."),
}
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_LOST_PLUS = re.compile(r"(?<=[0-9]) (?=[0-9]{2}:[0-9]{2}$)")


def with_plus(text: str) -> str:
    """A value of a query with the `+` of its offset back: one that was not encoded arrives as a space."""
    return _LOST_PLUS.sub("+", text)


# Controls, halves of characters, and marks that turn text round so that it reads as something else.
_UNFIT = frozenset({"Cc", "Cs"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class _Plain(fields.Field[Any]):
    """What all fields here share: complaints stay sentences that can be translated."""

    limits: Mapping[str, Any] = {}
    """What the API document says of it where it comes in; an answer is not held to these."""

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """The complaint with this key, as it is."""
        return ValidationError(_COMPLAINTS[key])

    @property
    def reads_text(self) -> bool:
        """Whether the value comes from a query, where everything is text."""
        return bool(getattr(self.root, "reads_text", False))

    def complain(self, sentence: str) -> ValidationError:
        """An error with this sentence."""
        return ValidationError(sentence)


class Int(_Plain, fields.Integer):
    """A whole number from `min` to `max`, both included: no fraction, no boolean, and in a body no text."""

    def __init__(self, min: int | None = None, max: int | None = LARGEST, **keywords: Any) -> None:
        self.least, self.most = min, max
        super().__init__(**keywords)
        self.limits = {"minimum": -LARGEST if min is None else min, "maximum": LARGEST if max is None else max}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if self.reads_text and isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value):
            value = int(value)
        too_low = type(value) is int and value < (-LARGEST if self.least is None else self.least)
        if type(value) is not int or too_low or (self.most is not None and value > self.most):
            raise self.complain(self._right())
        return value

    def _right(self) -> Text:
        """What would be right, by the bounds that this field has."""
        if self.least is not None and self.most not in (None, LARGEST):
            return say("Give a whole number from {min} to {max}.", min=self.least, max=self.most)
        if self.least is not None:
            return say("Give a whole number of {min} or more.", min=self.least)
        return say("Give a whole number.")

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return value


class Str(_Plain, fields.String):
    """Text of `min` to `max` characters, stripped, without control characters; `lines=True` allows line breaks and tabs."""

    def __init__(self, min: int = 1, max: int = 200, *, lines: bool = False, **keywords: Any) -> None:
        self.shortest, self.longest, self.lines = min, max, lines
        super().__init__(**keywords)
        self.limits = {"minLength": min, "maxLength": max}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.complain(say("Give text."))
        text = value.strip().replace("\r\n", "\n")
        allowed = "\n\t" if self.lines else ""
        if any((unicodedata.category(c) in _UNFIT or c in _TURNING) and c not in allowed for c in text):
            raise self.complain(say("Leave out control characters."))
        if not self.shortest <= len(text) <= self.longest:
            raise self.complain(self._right())
        return text

    def _right(self) -> Text:
        """What would be right, by the lengths that this field has."""
        if self.shortest <= 1:
            starts = say("Give text of at most {max} characters.", max=self.longest)
            return starts if self.shortest == 0 else say("Give text of 1 to {max} characters.", max=self.longest)
        return say("Give text of {min} to {max} characters.", min=self.shortest, max=self.longest)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return value


class Code(Str):
    """The code of an organisation, centre or rota: small letters, digits and hyphens, as `nl-dr` or `gm1950`."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(1, 40, **keywords)
        self.limits = {"maxLength": 40, "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or len(value) > 40 or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
            raise self.complain(say("Give a code in small letters, digits and hyphens, such as nl-dr or gm1950."))
        return value


class Id(Str):
    """An identifier that this service gave out."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(1, 64, **keywords)
        self.limits = {"pattern": "^[A-Za-z0-9._-]{1,64}$"}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9._-]{1,64}", value):
            raise self.complain(say("Give an identifier as this service gave it out."))
        return value


class Secret(Str):
    """Something shown once: it is null in an answer that is kept for a repeat. Only for answers."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else SecretText(value)


class SecretText(str):
    """A value that must not be kept."""


class Choice(_Plain, fields.String):
    """One of the given words."""

    def __init__(self, *words: str, **keywords: Any) -> None:
        self.words = words
        super().__init__(**keywords)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise self.complain(say("Choose one of: {words}.", words=", ".join(self.words)))
        return value

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return value


class Bool(_Plain, fields.Boolean):
    """true or false, and in a body nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if self.reads_text and value in ("true", "false"):
            return bool(value == "true")
        if not isinstance(value, bool):
            raise self.complain(say("Give true or false."))
        return value


class Moment(_Plain, fields.DateTime):
    """A moment as RFC 3339 writes it, with an offset or Z; out in UTC with Z. A moment without an offset is refused."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if isinstance(value, str) and self.reads_text:
            value = with_plus(value)
        match = _MOMENT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise self.complain(
                say("Give a moment with its offset, such as 2024-09-16T20:00:00Z or 2024-09-16T22:00:00+02:00.")
            )
        if match[1] is None:
            raise self.complain(
                say("Say in which offset this moment is: end with Z for UTC, or with an offset such as +02:00.")
            )
        try:
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.complain(say("There is no such moment in the calendar.")) from None
        if not EARLIEST <= moment < LATEST:
            raise self.complain(say("Give a moment between the years 2000 and 2100."))
        return moment

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else as_text(value)


class Date(_Plain, fields.Date):
    """A day, as 2024-09-16."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        try:
            if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                day = date.fromisoformat(value)
                if EARLIEST.date() <= day < LATEST.date():
                    return day
        except ValueError:
            pass
        raise self.complain(say("Give a day such as 2024-09-16."))

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value.isoformat())


class TimeOfDay(_Plain, fields.String):
    """A time on the wall, as 12:00, local time."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.limits = {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
            raise self.complain(say("Give a time such as 12:00."))
        return time.fromisoformat(value)

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:%H:%M}"


class List(_Plain, fields.List[Any]):
    """A list of `min` to `max` values. In a query: the key given several times."""

    def __init__(self, inner: Any, min: int = 0, max: int = 500, **keywords: Any) -> None:
        self.fewest, self.most = min, max
        super().__init__(inner, **keywords)
        self.limits = {"minItems": min, "maxItems": max}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.complain(say("Give a list."))
        if not self.fewest <= len(value) <= self.most:
            raise self.complain(say("Give a list of {min} to {max} items.", min=self.fewest, max=self.most))
        return super()._deserialize(value, attr, data, **kwargs) or []


class Days(_Plain, fields.Float):
    """A number of days, only for answers; in hand it is in hundred-thousandths of a day, so that sums come out exactly."""

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value / 100_000


class Nested(_Plain, fields.Nested):
    """An object with its own schema."""


class Raw(_Plain, fields.Raw):
    """Any JSON, only for answers."""


class Map(_Plain, fields.Dict):
    """An object whose keys are not known beforehand, only for answers: `Map(Int())`."""

    def __init__(self, values: Any = None, **keywords: Any) -> None:
        super().__init__(keys=fields.String(), values=values, **keywords)
