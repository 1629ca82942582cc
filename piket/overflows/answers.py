"""What the called say: promises in whole or part, a decline, and places beyond what was asked (sections 5.5 to 5.8).

An answer is taken in one transaction: places are committed, the call-up gets its state, who is next is called, and only then
is it told, so that the message can name who is called now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from piket.audit import service as audit
from piket.clock import as_text
from piket.errors import Conflict, Fault, Invalid
from piket.organisations import service as organisations
from piket.overflows import booking
from piket.overflows.calls import find_call, settle
from piket.overflows.desk import Desk
from piket.overflows.episodes import acute_by_shortfall
from piket.overflows.models import Act, CallUp, Overflow
from piket.overflows.reading import ActInfo, act_info
from piket.overflows.rules import answer_state, counts_up_to
from piket.overflows.telling import call_details, commissioners, instant, missing, tell, tell_commitments, who_is_who
from piket.places import service as places
from piket.places.service import SitePromise
from piket.words import say

TAKE_BACK_WITHIN = timedelta(minutes=10)
"""How long a promise made by the link of a mail can be taken back (5.9)."""


@dataclass(frozen=True)
class Answer:
    """The whole promise as it now stands. `places` is the sum of the sites; 0 is a decline and says why.

    `way` is set for an answer by the link of a mail, and for taking that back: the called are then told of it too (5.9).
    """

    places: int
    sites: tuple[SitePromise, ...] = ()
    decline_reason: str | None = None
    reason: str | None = None
    way: Literal["link", "takenBack"] | None = None


def respond(desk: Desk, call_up: str, answer: Answer) -> ActInfo:
    """5.5: the answer replaces the earlier one. A repeat of the same answer states the same again and changes nothing more.

    Raises `Invalid` when it does not add up, `Conflict` after a release or when people sleep where a site is left out.
    """
    call, episode = find_call(desk, call_up)
    province = _province_of(desk, call.organisation)
    _check(desk, call, answer, province)
    late = desk.now > call.respond_by
    limit = counts_up_to(
        call.places + call.taken, call.counted, missing(desk, episode), late=late, closed=episode.state == "closed"
    )
    done = places.commit_places(
        desk.session, desk.now, desk.actor, call_up=call.id, centre=desk.centre, drill=desk.drill, province=province,
        promises=answer.sites, limit=limit, overflow=episode.id, reason=answer.reason or answer.decline_reason,
    )  # fmt: skip
    call.counted, call.surplus, call.in_view = done.counted, done.surplus, done.in_view
    call.late, call.answered_at, call.promised = late, desk.now, answer.places
    call.decline_reason = answer.decline_reason if answer.places == 0 else None
    call.state = answer_state(answer.places, call.counted, call.places)
    if call.state in ("declined", "partly"):
        call.ineligible_in = episode.round
    act = _write_down(desk, call, episode, answer)
    booking.book(desk.session, desk.now, call)
    audit.record(
        desk.session, desk.now, desk.actor, "respond", f"call-up:{call.id}", places=answer.places, state=call.state
    )
    following = settle(desk, episode)
    tell_commitments(desk, done.changes)
    acute_by_shortfall(desk, episode)
    _tell_answered(desk, call, episode, following, answer)
    return act_info(act)


def _check(desk: Desk, call: CallUp, answer: Answer, province: str) -> None:
    """Raise `Conflict` for a released call-up, and `Invalid` with everything that does not add up (5.5): the sum, the reasons,
    and each site.
    """
    if call.state == "released":
        raise Conflict(
            say("This call-up was released at {at}; nothing more is asked.", at=call.released_at), "call-up-released"
        )
    faults = places.promise_faults(desk.session, desk.now, desk.settings, province, answer.sites, desk.drill)
    total = sum(site.places for site in answer.sites)
    if total != answer.places:
        faults.append(
            Fault(
                "body",
                "places",
                say(
                    "places is {places} and the sites add up to {total}; they must be the same.",
                    places=answer.places,
                    total=total,
                ),
            )
        )
    if answer.places == 0 and not answer.decline_reason:
        faults.append(
            Fault(
                "body", "declineReason", say("An answer of 0 places needs a declineReason: say why it is not possible.")
            )
        )
    if answer.places > 0 and answer.decline_reason:
        faults.append(Fault("body", "declineReason", say("A declineReason goes with 0 places only; leave it out.")))
    lowered = call.promised is not None and answer.places < call.promised
    if lowered and not (answer.reason or answer.decline_reason):
        faults.append(
            Fault(
                "body",
                "reason",
                say(
                    "{places} is less than the {promised} promised before: give the reason.",
                    places=answer.places,
                    promised=call.promised,
                ),
            )
        )
    if faults:
        raise Invalid(say("The answer does not add up."), faults)


def _write_down(desk: Desk, call: CallUp, episode: Overflow, answer: Answer) -> Act:
    """The line of the timeline: the promise in full, and what counted of it at this moment."""
    said: dict[str, Any] = {
        "places": answer.places,
        "counted": call.counted,
        "inView": call.in_view,
        "surplus": call.surplus,
        "state": call.state,
        "late": call.late,
        "sites": [site_data(site) for site in answer.sites],
        "declineReason": answer.decline_reason,
        "reason": answer.reason,
        **({"way": answer.way} if answer.way else {}),
    }
    return desk.act(episode, "response", call, **said)


def _province_of(desk: Desk, organisation: str) -> str:
    """In which province the called offers its places: a province in itself, others in theirs."""
    return organisations.find(desk.session, organisation).province or organisation


def _tell_answered(desk: Desk, call: CallUp, episode: Overflow, following: str | None, answer: Answer) -> None:
    """5.7 to 5.9: COA, the ministry, the commissioner and who is called next; who was spoken for, and whose link was used."""
    behalf = desk.actor.on_behalf
    who = who_is_who(
        desk,
        called=[call.organisation],
        calledCommissioner=commissioners(desk, [call.organisation]),
        nextCalled=[following] if following else [],
        spokenFor=[behalf.organisation] if behalf else [call.organisation] if answer.way else [],
    )
    tell(
        desk, "callUpAnswered", who, episode=episode, call_up=call, promised=answer.places, inView=call.in_view,
        late=call.late, surplus=call.surplus, next=following, declineReason=answer.decline_reason,
        onBehalf={"by": desk.actor.organisation, "saidBy": behalf.said_by, "via": behalf.via} if behalf else None,
        **_by_link(desk, answer), **call_details(call),
    )  # fmt: skip


def _by_link(desk: Desk, answer: Answer) -> dict[str, Any]:
    """That it came by the link of a mail, and until when a promise can be taken back; nothing of other answers."""
    if answer.way is None:
        return {}
    open_yet = answer.way == "link" and answer.places > 0
    return {"way": answer.way, "takeBackUntil": instant(desk.now + TAKE_BACK_WITHIN) if open_yet else None}


def take_surplus(desk: Desk, call_up: str, number: int) -> ActInfo:
    """5.5: COA takes places of the surplus. Raises `Conflict` when fewer are offered."""
    call, episode = find_call(desk, call_up)
    if call.state == "released":
        raise Conflict(
            say("This call-up was released at {at}; nothing of it can be taken.", at=call.released_at),
            "call-up-released",
        )
    if number > call.surplus:
        raise Conflict(
            say(
                "{number} is more than the {surplus} that are offered beyond the call.",
                number=number,
                surplus=call.surplus,
            ),
            "surplus-too-small",
        )
    done = places.take_surplus(desk.session, desk.now, desk.actor, call.id, number)
    call.counted, call.surplus, call.taken = done.counted, done.surplus, call.taken + number
    call.state = answer_state(call.promised or 0, call.counted, call.places)
    act = desk.act(episode, "acceptance", call, places=number, counted=call.counted, surplus=call.surplus)
    booking.book(desk.session, desk.now, call)
    audit.record(desk.session, desk.now, desk.actor, "take_surplus", f"call-up:{call.id}", places=number)
    settle(desk, episode)
    tell_commitments(desk, done.changes, spoken_for=[call.organisation])
    acute_by_shortfall(desk, episode)
    return act_info(act)


def site_data(site: SitePromise) -> dict[str, Any]:
    """A site of an answer as the timeline keeps it."""
    return {
        "municipality": site.municipality,
        "site": site.site,
        "places": site.places,
        "firmness": site.firmness,
        "agreedWith": site.agreed_with,
        "hours": site.hours,
        "availableFrom": as_text(site.available_from),
        "availableUntil": as_text(site.available_until) if site.available_until else None,
        "emergencyPlace": site.emergency_place,
        "groups": list(site.groups) if site.groups else None,
    }
