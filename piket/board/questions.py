"""The questions of a form: how each is asked, and what was meant by what was typed. Knows no database.

What is wrong is found for all questions at once, and names the field beside which it is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from piket.errors import Fault
from piket.rota.wall_rules import to_local, wall_moment
from piket.words import Text, nsay, say

Kind = Literal["number", "text", "lines", "moment", "date", "choice", "hidden"]
MOST = 20_000
_MOMENTS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%d-%m-%Y %H:%M", "%d-%m-%Y %H.%M")
_DATES = ("%Y-%m-%d", "%d-%m-%Y")


@dataclass(frozen=True)
class Question:
    """One field. `name` is that of the API's field in snake case, with `_` for its points, so that a fault of the rules finds it.

    `options` of a choice are value and words; `given` stands in the field at first; `needed` False: may stay empty (None).
    `least` and `most` bound a number, `longest` the letters of a text. `group` is a heading above it. `hidden` is not asked: it
    comes back as `given`.
    """

    name: str
    label: Text
    kind: Kind = "text"
    hint: Text | None = None
    options: Sequence[tuple[str, Text | str]] = ()
    needed: bool = True
    given: str = ""
    least: int = 0
    most: int = MOST
    longest: int = 1000
    group: Text | None = None

    def shown(self, meant: Any) -> Any:
        """What was meant, as a page can say it: of a choice its words."""
        return dict(self.options).get(meant, meant) if self.kind == "choice" else meant


@dataclass(frozen=True)
class Meant:
    """What was meant, by name; None where nothing was typed. `wrong` says beside which field what would be right."""

    values: Mapping[str, Any]
    wrong: Mapping[str, Text]


def understand(questions: Sequence[Question], typed: Mapping[str, str]) -> Meant:
    """Read all answers; what is wrong with one does not hide another."""
    values: dict[str, Any] = {}
    wrong: dict[str, Text] = {}
    for question in questions:
        answer = typed.get(question.name, "").strip()
        try:
            values[question.name] = _read(question, answer) if answer else None
        except ValueError:
            wrong[question.name] = _would_be_right(question)
            continue
        if not answer and question.needed:
            wrong[question.name] = _would_be_right(question)
    return Meant(values, wrong)


def by_field(faults: Sequence[Fault]) -> dict[str, str]:
    """Faults of the rules by the name of the question: `sites.0.availableFrom` is `sites_0_available_from`."""
    return {
        re.sub(r"[A-Z]", lambda big: "_" + big[0].lower(), fault.field).replace(".", "_"): fault.detail
        for fault in reversed(faults)
    }


def as_typed(at: datetime) -> str:
    """A moment as a field for moments holds it: by the clock on the wall."""
    return to_local(at).strftime(_MOMENTS[0])


def _read(question: Question, answer: str) -> Any:
    """What was meant. Raises `ValueError` for what is not an answer to the question."""
    if question.kind == "number":
        return _number(answer, question.least, question.most)
    if question.kind == "moment":
        return _moment(answer)
    if question.kind == "date":
        return _stamp(answer, _DATES).date()
    if question.kind == "choice" and answer not in dict(question.options):
        raise ValueError(answer)
    if len(answer) > question.longest or (question.kind == "text" and not answer.isprintable()):
        raise ValueError(answer)
    return answer.replace("\r\n", "\n")


def _number(answer: str, least: int, most: int) -> int:
    """A whole number, with or without a point for thousands."""
    plain = re.sub(r"[.\s]", "", answer)
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 9 and least <= int(plain) <= most):
        raise ValueError(answer)
    return int(plain)


def _moment(answer: str) -> datetime:
    """By the clock on the wall; of an hour that comes twice the first (7.3)."""
    shown = _stamp(answer, _MOMENTS)
    return wall_moment(shown.date(), shown.time())


def _stamp(answer: str, forms: Sequence[str]) -> datetime:
    for form in forms:
        try:
            found = datetime.strptime(answer, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        if date(2000, 1, 1) <= found.date() <= date(2100, 1, 1):
            return found
    raise ValueError(answer)


def _would_be_right(question: Question) -> Text:
    """What to fill in instead."""
    if question.kind == "number":
        if question.most == MOST and question.least == 0:
            return say("Fill in a number of 0 or more.")
        return say("Fill in a whole number from {least} to {most}.", least=question.least, most=question.most)
    if question.kind == "moment":
        return say("Fill in a day and a time, as 2024-09-17 21:00.")
    if question.kind == "date":
        return say("Fill in a day, as 2024-09-17.")
    if question.kind == "choice":
        return say("Choose one of these.")
    return nsay("Fill this in, in at most {n} letter.", "Fill this in, in at most {n} letters.", question.longest)
