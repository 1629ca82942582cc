"""What the signed-in organisation may do now, as links to the forms: all of it on one page, and the first for each panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts.wording_answers import DEFINITIONS
from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.board.panels import pressing
from piket.occupancy import service as occupancy
from piket.occupancy.service import CountFilter, CountInfo, Situation
from piket.organisations import access
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import OverflowInfo
from piket.pages import PageRequest
from piket.words import Text, say

RECENT = 6


@dataclass(frozen=True)
class Step:
    """One thing that can be done: the address of its form, and what it is called."""

    address: str
    words: Text


@blp.get("/acts")
def show_acts() -> Response:
    """Everything that this organisation may do by form now."""
    caller = visitor().caller
    with deps().reading() as session:
        found = occupancy.situation(session, g.now, deps().settings)
        groups = [(heading, steps) for heading, steps in _groups(session, found, caller) if steps]
    return page("act_list.html", groups=groups, sentence=found.sentence)


def first_steps(found: Situation, caller: Caller) -> dict[str, Step | None]:
    """For each panel of the situation the one thing that this organisation may do there first."""
    episode = found.overflow
    need = _stating(episode, caller) if episode else _declaring(found, caller)
    return {"full": next(iter(_counting(found, caller)), None), "places": next(iter(need), None)}


def _groups(session: Session, found: Situation, caller: Caller) -> list[tuple[Text, Sequence[Step]]]:
    opened = [overflows.overflow(session, g.now, id) for id in found.overflows]
    overflowing = [step for episode in opened for step in _stating(episode, caller)]
    return [
        (say("Counts"), [*_counting(found, caller), *_recent(session, found, caller)]),
        (say("Overflow"), [*overflowing, *_declaring(found, caller)]),
    ]


def _stating(episode: OverflowInfo, caller: Caller) -> list[Step]:
    """What can be done in an overflow that is open."""
    if not _may(caller, "adjust-need"):
        return []
    there = f"/overflows/{episode.id}"
    steps = [Step(f"{there}/need", say("State how many places are needed"))]
    if episode.stated_needed is not None:
        steps.append(Step(f"{there}/need/taking-back", say("Take the stated need back")))
    return [
        *steps,
        Step(f"{there}/round", say("Begin a new round")),
        Step(f"{there}/note", say("Write a note")),
        Step(f"{there}/closure", say("End the overflow")),
    ]


def _declaring(found: Situation, caller: Caller) -> list[Step]:
    """Declare an overflow of a centre where none is open."""
    if found.overflows or not _may(caller, "declare-overflow"):
        return []
    return [
        Step(f"/centres/{centre.code}/overflow", say("Declare an overflow of {centre}", centre=centre.name))
        for centre in pressing(found)
    ]


def _may(caller: Caller, action: str) -> bool:
    return not caller.read_only and access.may(caller, action)


def _counting(found: Situation, caller: Caller) -> list[Step]:
    if not _may(caller, "record-count"):
        return []
    return [
        Step(f"/centres/{centre.code}/count", say("Report a count of {centre}", centre=centre.name))
        for centre in pressing(found)
    ]


def _recent(session: Session, found: Situation, caller: Caller) -> list[Step]:
    """The latest counts: one that waits to be confirmed, any to be corrected."""
    if not _may(caller, "record-count"):
        return []
    counts: list[CountInfo] = []
    for centre in found.centres:
        counts += occupancy.counts(session, centre.code, CountFilter(), PageRequest(RECENT)).items
    steps = [Step(f"/counts/{one.id}/confirmation", _about(one, confirm=True)) for one in counts if _waits(one)]
    return steps + [Step(f"/counts/{one.id}/correction", _about(one, confirm=False)) for one in counts]


def _waits(count: CountInfo) -> bool:
    """Whether it was held when it came, and has not been judged since."""
    return bool(count.outcome.get("held"))


def _about(count: CountInfo, *, confirm: bool) -> Text:
    about = {"people": count.people, "definition": DEFINITIONS[count.definition], "at": count.observed_at}
    if confirm:
        return say("Confirm the count of {people} ({definition}, {at})", **about)
    return say("Correct the count of {people} ({definition}, {at})", **about)
