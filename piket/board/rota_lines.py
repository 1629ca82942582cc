"""Weights, exemptions and further members as a person types them: one on each line, its parts apart by a semicolon. Pure.

What is written into the field is read back as the same values in the same order, so that who changes one line changes nothing
else. An organisation is meant by its code or by its name, where only one has that name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from piket.rota.rules import Exemption, Weight
from piket.words import Text, say

T = TypeVar("T")
_DAYS = {"nl": "%d-%m-%Y", "en": "%Y-%m-%d"}
_OPEN = "-"
MOST_WEIGHT, MOST_PLACE, LONGEST_REASON = 10_000_000, 400, 500


class NotRight(ValueError):
    """What would be right, in `sentence`."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class Known:
    """The organisations that there are, by code, and the language in which days are written."""

    names: Mapping[str, str]
    language: str

    def code(self, typed: str) -> str:
        """Who is meant. Raises `NotRight`."""
        if typed.lower() in self.names:
            return typed.lower()
        found = [code for code, name in self.names.items() if name.casefold() == typed.casefold()]
        if len(found) > 1:
            raise NotRight(say("More than one organisation has the name {name}: give the code.", name=typed))
        if not found:
            raise NotRight(say("There is no organisation with the name or the code {name}.", name=typed))
        return found[0]

    def written(self, code: str) -> str:
        """The name, or the code where others have the same name."""
        name = self.names.get(code, code)
        return name if list(self.names.values()).count(name) == 1 and ";" not in name else code

    def day(self, day: date | None) -> str:
        """A day as this language types it; open is a dash."""
        return day.strftime(_DAYS[self.language]) if day else _OPEN


def weight_lines(weights: Iterable[Weight], known: Known) -> str:
    """What stands in the field at first."""
    return "\n".join(
        "; ".join([known.written(w.organisation), str(w.weight), *([known.day(w.starts_on)] if w.starts_on else [])])
        for w in weights
    )


def exemption_lines(exemptions: Iterable[Exemption], known: Known) -> str:
    """What stands in the field at first."""
    return "\n".join(
        "; ".join(
            [
                known.written(e.organisation),
                e.reason,
                *(
                    [known.day(e.starts_on), known.day(e.ends_on)]
                    if e.starts_on or e.ends_on or ";" in e.reason
                    else []
                ),
            ]
        )
        for e in exemptions
    )


def read_weights(typed: str, known: Known) -> tuple[Weight, ...]:
    """The weights meant. Raises `NotRight`, naming every line that is not right."""

    def weight(line: str) -> Weight:
        parts = _parts(line)
        if len(parts) not in (2, 3):
            raise NotRight(say("write the organisation; its weight; and from which day, if that matters."))
        return Weight(known.code(parts[0]), _number(parts[1]), _day(parts[2]) if len(parts) == 3 else None)

    return _lines(typed, weight)


def read_exemptions(typed: str, known: Known) -> tuple[Exemption, ...]:
    """The exemptions meant. Raises `NotRight`, naming every line that is not right."""

    def exemption(line: str) -> Exemption:
        who, _, rest = line.partition(";")
        days: list[str] = []
        while ";" in rest and len(days) < 2 and _looks_like_day(rest.rpartition(";")[2].strip()):
            rest, _, day = rest.rpartition(";")
            days.insert(0, day.strip())
        reason = rest.strip()
        if not reason or len(reason) > LONGEST_REASON:
            raise NotRight(say("write the organisation; why; and from and until which day, if that matters."))
        begins, ends = ([_day(one) for one in days] + [None, None])[:2]
        return Exemption(known.code(who.strip()), reason, begins, ends)

    return _lines(typed, exemption)


def read_further(typed: str, known: Known) -> tuple[tuple[int, str], ...]:
    """Further members, each with its place. Raises `NotRight`, naming every line that is not right."""

    def member(line: str) -> tuple[int, str]:
        parts = _parts(line)
        if len(parts) != 2:
            raise NotRight(say("write the place; then the name or the code of the organisation."))
        place = _number(parts[0])
        if place > MOST_PLACE:
            raise NotRight(say("give a place from 1 to {most}.", most=MOST_PLACE))
        return place, known.code(parts[1])

    return _lines(typed, member)


def _parts(line: str) -> list[str]:
    return [part.strip() for part in line.split(";")]


def _lines(typed: str, read: Callable[[str], T]) -> tuple[T, ...]:
    """Each line that is not empty; what is wrong with one hides nothing of another."""
    found: list[T] = []
    wrong: Text | None = None
    for number, line in enumerate(typed.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(read(line))
        except NotRight as error:
            here = say("Line {number}: {what}", number=number, what=error.sentence)
            wrong = say("{one} {other}", one=wrong, other=here) if wrong else here
    if wrong:
        raise NotRight(wrong)
    return tuple(found)


def _number(typed: str) -> int:
    plain = typed.replace(".", "").replace(" ", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 8 and 1 <= int(plain) <= MOST_WEIGHT):
        raise NotRight(say("“{typed}” is not a whole number above 0.", typed=typed))
    return int(plain)


def _looks_like_day(typed: str) -> bool:
    return typed in (_OPEN, "") or (typed[:1].isdigit() and typed[-1:].isdigit() and "-" in typed and len(typed) <= 10)


def _day(typed: str) -> date | None:
    """A day, or None where it is open."""
    if typed in (_OPEN, ""):
        return None
    for form in _DAYS.values():
        try:
            return datetime.strptime(typed, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise NotRight(say("“{typed}” is not a day such as 2024-09-17.", typed=typed))
