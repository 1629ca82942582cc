"""The questions of a decision on a rota, and the definition that is meant by what was typed. Knows no database.

The order of the members is asked by a number beside each name: who has none takes no turns, who have the same take their turn
together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, TypeVar

from piket.board.acting import Values
from piket.board.panels import People
from piket.board.questions import Question
from piket.board.rota_lines import (
    MOST_PLACE,
    Known,
    NotRight,
    exemption_lines,
    read_exemptions,
    read_further,
    read_weights,
    weight_lines,
)
from piket.board.rota_words import STRATEGIES, UNITS, WEEKDAYS, YES_OR_NO, Line, described
from piket.rota.definitions import together
from piket.rota.faults import KINDS_ON_A_ROTA
from piket.rota.rules import Definition, organisations_of
from piket.rota.service import RotaInfo
from piket.rota.wall_rules import to_local
from piket.words import Text, say

T = TypeVar("T")
MOST_ROWS = 60
LONGEST_LINES = 20_000


@dataclass(frozen=True)
class Asked:
    """What is asked of the rota `code`: `given` stands in the form, `rows` are those who have a field for their place.

    `found` None: it is a new one. `kinds` and `known` are of every organisation that there is.
    """

    code: str
    found: RotaInfo | None
    given: Definition
    rows: tuple[str, ...]
    kinds: Mapping[str, str]
    known: Known

    @property
    def people(self) -> People:
        """The names."""
        return People(self.known.names)

    def described(self, definition: Definition) -> list[Line]:
        """A definition in words."""
        return described(definition, self.people)

    @property
    def places(self) -> dict[str, int]:
        """The place of each member as it stands in the form at first."""
        return {code: number for number, member in enumerate(self.given.members, 1) for code in member}


def asked_of(
    code: str,
    found: RotaInfo | None,
    given: Definition,
    kinds: Mapping[str, str],
    names: Mapping[str, str],
    language: str,
) -> Asked:
    """Who has a row: the members in their order, then the others of their kinds, where those are not too many to read."""
    members = organisations_of(given.members)
    shown = {kinds[one] for one in members if one in kinds} & KINDS_ON_A_ROTA or {"province"}
    others = [one for one in sorted(kinds, key=lambda one: names[one]) if kinds[one] in shown and one not in members]
    rows = (*members, *others) if len(members) + len(others) <= MOST_ROWS else members
    return Asked(code, found, given, tuple(rows[:MOST_ROWS]), kinds, Known(names, language))


def questions(asked: Asked, now: datetime) -> Iterator[Question]:
    """All of them, in the order of the page."""
    yield Question("name", say("Name of the rota"), longest=200, given=asked.given.name, group=say("The rota"))
    yield from _members(asked)
    yield from _time(asked)
    yield from _more(asked)
    yield from _decision(asked, now)


def _members(asked: Asked) -> Iterator[Question]:
    for code in asked.rows:
        name = Text.of("{name}", None, {"name": asked.known.names.get(code, code)})
        given = str(asked.places.get(code, ""))
        yield Question(place_of(code), name, "number", least=1, most=MOST_PLACE, needed=False, given=given)
    beyond = [(place, code) for code, place in asked.places.items() if code not in asked.rows]
    yield Question(
        "further", say("Further members"), "lines", say("One on each line: its place; its name or code."),
        needed=False, longest=LONGEST_LINES,
        given="\n".join(f"{place}; {asked.known.written(code)}" for place, code in beyond),
    )  # fmt: skip
    yield Question(
        "strategy", say("Order of the turns"), "choice", options=_options(STRATEGIES), given=asked.given.strategy
    )
    yield Question(
        "weights", say("Weights"), "lines",
        say("Only for turns in proportion. One on each line: the organisation; its weight; from which day, if that matters."),
        needed=False, longest=LONGEST_LINES, given=weight_lines(asked.given.weights, asked.known),
    )  # fmt: skip
    yield Question(
        "exemptions", say("Who takes no turn"), "lines",
        say("One on each line: the organisation; why; from which day; until which day. Without days: for good."),
        needed=False, longest=LONGEST_LINES, given=exemption_lines(asked.given.exemptions, asked.known),
    )  # fmt: skip


def _time(asked: Asked) -> Iterator[Question]:
    given = asked.given
    yield Question(
        "turn_length", say("How long a turn lasts"), "number", least=1, most=366, given=str(given.turn_length),
        group=say("When"),
    )  # fmt: skip
    yield Question("turn_unit", say("Counted in"), "choice", options=_options(UNITS), given=given.turn_unit)
    yield Question(
        "hand_over_weekday", say("Day of the hand-over"), "choice", say("It counts for turns of weeks."),
        options=_options(WEEKDAYS), given=given.hand_over_weekday,
    )  # fmt: skip
    yield Question("hand_over_time", say("Time of the hand-over"), given=f"{given.hand_over_time:%H:%M}", longest=5)
    yield Question(
        "starts_on", say("The first turn begins on or after"), "date",
        say("Leave it as it is, unless the count of the turns begins anew."), given=given.starts_on.isoformat(),
    )  # fmt: skip
    if asked.found:
        yield Question(
            "effective_from", say("Turns follow it from"), "moment",
            say("Left empty: after the last turn that is published, so that none moves."), needed=False,
        )  # fmt: skip


def _more(asked: Asked) -> Iterator[Question]:
    given = asked.given
    yield Question(
        "slots", say("How many have duty at the same time"), "number", least=1, most=50, given=str(given.slots),
        group=say("Further"),
    )  # fmt: skip
    yield Question(
        "places_target", say("Places that each should bring"), "number", say("Left empty: unknown."), needed=False,
        most=100_000, given="" if given.places_target is None else str(given.places_target),
    )  # fmt: skip
    yield Question(
        "spread_holidays", say("Feasts are spread"), "choice",
        say("Christmas, New Year, Easter and King's Day are not given to the same member two years running."),
        options=_options(YES_OR_NO), given="yes" if given.spread_holidays else "no",
    )  # fmt: skip
    yield Question(
        "line", say("Which line"), "number", say("1 is called first."), least=1, most=9, given=str(given.line)
    )
    yield Question("zone", say("Time zone"), longest=60, given=given.zone)


def _decision(asked: Asked, now: datetime) -> Iterator[Question]:
    yield Question("decision_by", say("Who decided"), longest=200, group=say("The decision"))
    yield Question("decision_on", say("On which day"), "date", given=to_local(now).date().isoformat())
    yield Question("decision_note", say("Why, or where it is written"), "lines", longest=1000, needed=False)
    version = asked.found.version if asked.found else 0
    yield Question("version", say("Version"), "hidden", given=str(version))


def place_of(code: str) -> str:
    """The name of the field for the place of this organisation."""
    return "place_" + code.replace("-", "_")


def read(asked: Asked, values: Values) -> tuple[Definition, dict[str, Text]]:
    """The definition meant, and what is wrong by field; what cannot be read stands in it as it was given."""
    given, wrong = asked.given, dict[str, Text]()

    def lines(name: str, reading: Callable[[str, Known], T], otherwise: T) -> T:
        try:
            return reading(values.get(name) or "", asked.known)
        except NotRight as error:
            wrong[name] = error.sentence
            return otherwise

    nobody: tuple[tuple[int, str], ...] = ()
    further = lines("further", read_further, nobody)
    definition = Definition(
        name=values.get("name") or given.name,
        members=_in_order(asked, values, further),
        starts_on=values.get("starts_on") or given.starts_on,
        turn_unit=values.get("turn_unit") or given.turn_unit,
        turn_length=values.get("turn_length") or given.turn_length,
        hand_over_weekday=values.get("hand_over_weekday") or given.hand_over_weekday,
        hand_over_time=_clock(values.get("hand_over_time"), given.hand_over_time, wrong),
        slots=values.get("slots") or given.slots,
        line=values.get("line") or given.line,
        places_target=values.get("places_target"),
        exemptions=lines("exemptions", read_exemptions, given.exemptions),
        zone=values.get("zone") or given.zone,
        strategy=values.get("strategy") or given.strategy,
        weights=lines("weights", read_weights, given.weights),
        spread_holidays=values.get("spread_holidays") == "yes",
    )
    return definition, wrong


def _in_order(asked: Asked, values: Values, further: tuple[tuple[int, str], ...]) -> tuple[tuple[str, ...], ...]:
    """The members by their number; who have the same number take their turn together."""
    numbered = [(values[place_of(code)], code) for code in asked.rows if values.get(place_of(code))]
    ranked = sorted([*numbered, *further], key=lambda one: one[0])
    shared: dict[int, list[str]] = {}
    for place, code in ranked:
        shared.setdefault(place, []).append(code)
    return together([code for _, code in ranked], [group for group in shared.values() if len(group) > 1])


def _clock(typed: Any, otherwise: time, wrong: dict[str, Text]) -> time:
    """A time on the wall, as 12:00 or 12.00."""
    found = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", str(typed or ""), re.ASCII)
    if found:
        return time(int(found[1]), int(found[2]))
    if typed:
        wrong["hand_over_time"] = say("Give a time such as 12:00.")
    return otherwise


def _options(words: Mapping[str, Text]) -> tuple[tuple[str, Text], ...]:
    return tuple(words.items())
