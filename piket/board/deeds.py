"""What the signed-in organisation may do now, as links to the forms: all of it on one page, and the first for each panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.wording_answers import DEFINITIONS
from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.board.panels import pressing
from piket.board.place_steps import place_steps
from piket.board.placing import may_offer
from piket.board.rota_steps import rota_steps
from piket.occupancy import service as occupancy
from piket.occupancy.service import CountFilter, CountInfo, Situation
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.pages import PageRequest
from piket.words import Text, say

RECENT = 6


@dataclass(frozen=True)
class Step:
    """One thing that can be done: the address of its form, what it is called, and whether somebody waits for it."""

    address: str
    words: Text
    urgent: bool = False


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
    need = stating(episode, caller) if episode else _declaring(found, caller)
    need += [Step("/places/new", say("Offer an emergency place"))] if may_offer(caller, caller.organisation) else []
    acts = [*_own_call(found, caller), *_own_turn(found, caller), *_answers_by_telephone(found, caller), *_duty(caller)]
    return {
        "full": next(iter([*_held(found, caller), *_counting(found, caller)]), None),
        "acts": next(iter(acts), None),
        "places": next(iter(need), None),
    }


def _groups(session: Session, found: Situation, caller: Caller) -> list[tuple[Text, Sequence[Step]]]:
    opened = [overflows.overflow(session, g.now, id) for id in found.overflows]
    overflowing = [step for episode in opened for step in stating(episode, caller)]
    return [
        (say("Counts"), [*_counting(found, caller), *_recent(session, found, caller)]),
        (say("Overflow"), [*overflowing, *_declaring(found, caller)]),
        (say("Places"), [Step(*one) for one in place_steps(session, opened, caller)]),
        (say("What was said by telephone"), [*_by_telephone(session, found, caller)]),
        (say("The rota"), [*(Step(*step) for step in rota_steps(session, caller)), *_duty(caller)]),
        (say("Thresholds"), [*_thresholds(found, caller)]),
    ]


def stating(episode: OverflowInfo, caller: Caller) -> list[Step]:
    """What can be done in an overflow that is open."""
    if episode.state != "open" or not _may(caller, "adjust-need"):
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


def _own_call(found: Situation, caller: Caller) -> list[Step]:
    """Answer the call-up that waits for this organisation, the first to end in front."""
    if caller.read_only or found.overflow is None:
        return []
    return [
        Step(f"/call-ups/{call.id}", say("Answer the call-up"), urgent=True)
        for call in found.overflow.waiting
        if call.organisation == caller.organisation
    ]


def _own_turn(found: Situation, caller: Caller) -> list[Step]:
    """Say what can be opened in the duty that runs, while that was not said."""
    if caller.read_only or found.duty.turn is None or caller.organisation not in found.readiness.silent:
        return []
    return [Step(f"/turns/{found.duty.turn}", say("Say what you can open"), urgent=True)]


def _speaks_for_others(caller: Caller) -> bool:
    return not caller.read_only and caller.kind in access.MAY_SPEAK_FOR_OTHERS


def _answers_by_telephone(found: Situation, caller: Caller) -> list[Step]:
    """For the call-up that must be answered first: that its answer was given by telephone."""
    if not _speaks_for_others(caller) or not found.overflow or not found.overflow.waiting:
        return []
    call = found.overflow.waiting[0]
    return [Step(f"/call-ups/{call.id}/by-telephone/promise", say("Enter what was said by telephone"))]


def _by_telephone(session: Session, found: Situation, caller: Caller) -> list[Step]:
    """Answers to the call-ups of this round that nobody answered, and who has not said yet to have read them.

    What an organisation said of a call-up that is answered already is entered from the page of that call-up.
    """
    episode = found.overflow
    if not _speaks_for_others(caller) or not episode:
        return []
    silent = [call for call in episode.call_ups if call.state == "expired" and call.round == episode.round]
    calls = [*episode.waiting, *silent]
    names = organisations.names(session, [call.organisation for call in calls])
    steps = [step for call in calls for step in said_by_telephone(session, call, caller, names[call.organisation])]
    return [*steps, Step(f"/episodes/{episode.id}", say("Choose another call-up of this overflow"))]


def said_by_telephone(session: Session, call: CallUpInfo, caller: Caller, name: str) -> list[Step]:
    """What COA and the ministry can enter that `name`, the called, said by telephone; nothing once it is released."""
    if not _speaks_for_others(caller) or call.state == "released":
        return []
    there = f"/call-ups/{call.id}/by-telephone"
    return [
        Step(f"{there}/promise", say("Enter that {name} promised places", name=name)),
        Step(f"{there}/decline", say("Enter that {name} cannot", name=name)),
        *_unread(session, call, name),
    ]


def _unread(session: Session, call: CallUpInfo, name: str) -> list[Step]:
    """That the called has read its call-up, while nobody said so."""
    alert = alerts.find_alert(session, call.alert) if call.alert else None
    if alert is None or any(read.organisation == call.organisation for read in alert.acknowledgements):
        return []
    return [Step(f"/alerts/{alert.id}/read-by/{call.organisation}", say("Enter that {name} has read it", name=name))]


def _thresholds(found: Situation, caller: Caller) -> list[Step]:
    if not _may(caller, "change-thresholds"):
        return []
    return [
        Step(f"/centres/{one.code}/thresholds", say("Decide other thresholds for {centre}", centre=one.name))
        for one in found.centres
    ]


def _duty(caller: Caller) -> list[Step]:
    if not _may(caller, "override-duty"):
        return []
    return [Step("/rotas/piket/override", say("Give duty to another organisation"))]


def _may(caller: Caller, action: str) -> bool:
    return not caller.read_only and access.may(caller, action)


def _counting(found: Situation, caller: Caller) -> list[Step]:
    if not _may(caller, "record-count"):
        return []
    return [
        Step(f"/centres/{centre.code}/count", say("Report a count of {centre}", centre=centre.name))
        for centre in pressing(found)
    ]


def _held(found: Situation, caller: Caller) -> list[Step]:
    """A count waits for COA: it stands among what can be done."""
    if not _may(caller, "record-count") or not any(centre.held for centre in found.centres):
        return []
    return [Step("/acts", say("Confirm or correct the count that waits"), urgent=True)]


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
