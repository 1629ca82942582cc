"""What people read: sentences in English in the code, put into Dutch or English when they are shown.

A sentence is marked where it is written with `say` (or `nsay` where a number decides) and carries its values along
unformatted. `Words` turns it into one language, with figures, moments and sentences inside it written as that language
writes them. This is the only place that shows a moment in local time to people.
"""

from __future__ import annotations

import locale
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCAL = ZoneInfo("Europe/Amsterdam")
LANGUAGES = ("nl", "en")
DEFAULT_LANGUAGE = "nl"
_FOLDER = Path(__file__).parent / "translations"


def spoken(tags: Iterable[str]) -> str:
    """The first of these language tags (`en-GB`, `nl`), best first, that is spoken here; else Dutch."""
    wanted = (tag.split("-")[0].lower() for tag in tags)
    return next((tag for tag in wanted if tag in LANGUAGES), DEFAULT_LANGUAGE)


def language_of(environment: Mapping[str, str]) -> str:
    """The language of a terminal: Dutch when its locale is, else English, for a machine without one is read by its operator."""
    named = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "nl" if locale.normalize(named).startswith("nl") else "en"


class Text(str):
    """An English sentence that still knows how to become another language. Its value as a `str` is for logs."""

    message: str
    plural: str | None
    values: Mapping[str, Any]

    @classmethod
    def of(cls, message: str, plural: str | None, values: Mapping[str, Any]) -> Text:
        """Build the sentence; for a plural the value named `n` decides."""
        chosen = plural if plural is not None and values["n"] != 1 else message
        text = cls(chosen.format_map(values) if values else chosen)
        text.message, text.plural, text.values = message, plural, dict(values)
        return text


def say(message: str, /, **values: Any) -> Text:
    """Mark a sentence for translation. `{name}` in it is filled from `values`."""
    return Text.of(message, None, values)


def nsay(singular: str, plural: str, /, n: int, **values: Any) -> Text:
    """Mark a sentence of which the number `n` decides the form."""
    return Text.of(singular, plural, {"n": n, **values})


def listed(names: Sequence[str]) -> str:
    """*a*, *a and b*, *a, b and c*; *nobody* for an empty list. Names may be sentences themselves."""
    if not names:
        return say("nobody")
    whole = names[0]
    for name in names[1:-1]:
        whole = say("{first}, {second}", first=whole, second=name)
    return whole if len(names) == 1 else say("{first} and {second}", first=whole, second=names[-1])


@cache
def catalogue(language: str) -> Catalog:
    """The translations of one language, one file for each room; English is the code itself and has none.

    A sentence that stands in two files must have one translation (a test holds it), so their order does not matter.
    """
    whole = Catalog(locale=language)
    for path in sorted((_FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    whole[message.id] = message
    return whole


@lru_cache(maxsize=4096)
def _grouped(number: int | Decimal, language: str) -> str:
    """A page writes hundreds of figures, and mostly the same ones as the last time."""
    return str(format_decimal(number, locale=language))


class Words:
    """One language. `now` lets moments of today be written without their date; None always writes the date."""

    def __init__(self, language: str, now: datetime | None = None) -> None:
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
        self.now = now

    def __call__(self, text: str) -> str:
        """The sentence in this language; a plain `str` is returned as it is (a name, a code, what somebody typed)."""
        if not isinstance(text, Text):
            return text
        pattern = self._pattern(text)
        return pattern.format_map({k: self.value(v) for k, v in text.values.items()}) if text.values else pattern

    def _pattern(self, text: Text) -> str:
        """The sentence of this language with its placeholders; English where there is no Dutch: none may get lost."""
        english = text.plural if text.plural is not None and text.values["n"] != 1 else text.message
        message = catalogue(self.language).get(text.message)
        if message is None or not message.string:
            return english
        if isinstance(message.string, tuple | list):
            return str(message.string[0 if text.values.get("n") == 1 else 1]) or english
        return str(message.string)

    def value(self, value: Any) -> str:
        """One value as this language writes it: numbers grouped, moments local, None as unknown."""
        if value is None:
            return self(say("unknown"))
        if isinstance(value, Text):
            return self(value)
        if isinstance(value, bool | str):
            return str(value)
        if isinstance(value, int | Decimal):
            return self.number(value)
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, date):
            return self.day(value)
        return str(value)

    def number(self, number: int | Decimal) -> str:
        """2129 as *2.129* or *2,129*; a fraction with at most three digits, *14,25* or *14.25*."""
        return _grouped(number, self.language)

    def day(self, day: date) -> str:
        """A date as *17 september 2024*."""
        return str(format_date(day, "d MMMM y", locale=self.language))

    def moment(self, at: datetime) -> str:
        """*17.20 uur* today, *wo 17 sep 00.30 uur* otherwise, with the year when it is another one; always local time."""
        local = at.astimezone(LOCAL)
        today = self.now.astimezone(LOCAL) if self.now else None
        if today and local.date() == today.date():
            day = ""
        elif today and local.year == today.year:
            day = "EEE d MMM "
        else:
            day = "EEE d MMM y "
        pattern = day + ("HH.mm 'uur'" if self.language == "nl" else "HH:mm")
        return str(format_datetime(local, pattern, tzinfo=LOCAL, locale=self.language)).replace(". ", " ")
