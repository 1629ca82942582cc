"""How the templates of the pictures write days, months and lists of names, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from babel.dates import format_date

from piket.board.pictures.occupancy import span_in_words
from piket.words import LOCAL, Words, listed


def picture_words(tell: Words, names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`span_name(first, last)`, `month_name(day)`, `clock(moment)` and `names_of(codes)` for a template."""

    def span_name(first: date, last: date) -> str:
        return span_in_words(first, last, tell)

    def month_name(day: date) -> str:
        return str(format_date(day, "LLLL", locale=tell.language))

    def clock(at: datetime) -> str:
        local = at.astimezone(LOCAL)
        return f"{local:%H.%M}" if tell.language == "nl" else f"{local:%H:%M}"

    def names_of(codes: Sequence[str]) -> str:
        return tell(listed([(names or {}).get(code, code) for code in codes]))

    return {"span_name": span_name, "month_name": month_name, "clock": clock, "names_of": names_of}
