"""Call-ups: whom to call next, calling by hand, releasing (sections 5.1 to 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from sqlalchemy import func, select

from piket.audit import service as audit
from piket.audit.service import ENGINE, Actor
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.organisations import service as organisations
from piket.overflows import booking
from piket.overflows.desk import Desk, calls_of
from piket.overflows.models import Act, CallUp, Overflow
from piket.overflows.reading import ActInfo, act_info
from piket.overflows.rules import Deadlines, needed_by, next_call, respond_by
from piket.overflows.telling import (
    call_details,
    call_levels,
    commissioners,
    missing,
    tell,
    tell_commitments,
    who_is_who,
)
from piket.places import service as places
from piket.places.service import CommitmentChange
from piket.rota import service as rota
from piket.settings import Policy
from piket.words import say


def frozen_policy(policy: Policy) -> dict[str, object]:
    """The numbers an episode begins with, as it keeps them."""
    return {
        "remindAfterMinutes": policy.remind_after_minutes,
        "respondMinutesByDay": policy.respond_minutes_by_day,
        "respondMinutesByNight": policy.respond_minutes_by_night,
        "nightFrom": policy.night_from.isoformat(),
        "nightUntil": policy.night_until.isoformat(),
        "neededBy": policy.needed_by.isoformat(),
        "neededByAfterHours": policy.needed_by_after_hours,
    }


def deadlines(episode: Overflow) -> Deadlines:
    """The frozen numbers of an episode, as the rules take them."""
    kept = episode.policy
    return Deadlines(
        remind_after=timedelta(minutes=kept["remindAfterMinutes"]),
        respond_by_day=timedelta(minutes=kept["respondMinutesByDay"]),
        respond_by_night=timedelta(minutes=kept["respondMinutesByNight"]),
        night_from=time.fromisoformat(kept["nightFrom"]),
        night_until=time.fromisoformat(kept["nightUntil"]),
        needed_by=time.fromisoformat(kept["neededBy"]),
        needed_after=timedelta(hours=kept["neededByAfterHours"]),
    )


def settle(desk: Desk, episode: Overflow) -> str | None:
    """5.1 and 5.3, after anything that changed need, promises or deadlines: call the next, or release what is not needed.

    Answers whom it called, None when nobody. A repeat changes nothing.
    """
    short = missing(desk, episode)
    if episode.state != "open" or short is None:
        return None
    if short == 0:
        release_unanswered(desk, episode, "enough")
        return None
    asked = sum(call.places for call in calls_of(desk.session, episode, "open"))
    if short <= asked:
        return None
    ineligible = {call.organisation for call in calls_of(desk.session, episode) if call.ineligible_in == episode.round}
    organisation = next_call(rota.call_order(desk.session, desk.now), ineligible)
    if organisation is None:
        _end_list(desk, episode)
        return None
    make_call(desk, episode, organisation, short - asked, why="rota")
    return organisation


def _end_list(desk: Desk, episode: Overflow) -> None:
    """COA and the ministry are told once a round that nobody is left to call."""
    if episode.list_ended_in == episode.round:
        return
    episode.list_ended_in = episode.round
    desk.act(episode, "listEnded", by=ENGINE, round=episode.round)
    last = list(calls_of(desk.session, episode))[-1:]
    called = [call.organisation for call in last]
    who = who_is_who(desk, called=called, calledCommissioner=commissioners(desk, called), nextCalled=())
    tell(desk, "listEnded", who, episode=episode, round=episode.round, organisation=called[0] if called else None)


def make_call(
    desk: Desk,
    episode: Overflow,
    organisation: str,
    number: int,
    *,
    why: str,
    respond: datetime | None = None,
    needed: datetime | None = None,
    until: datetime | None = None,
    paid_by: str | None = None,
) -> CallUp:
    """Make one opening call-up with its deadlines and tell the called. `why` is `rota` or `byHand`."""
    numbers, seq = (
        deadlines(episode),
        desk.session.scalar(select(func.count()).where(CallUp.overflow == episode.id)) or 0,
    )
    call = CallUp(
        seq=seq + 1, overflow=episode.id, centre=desk.centre, drill=desk.drill, organisation=organisation, places=number,
        made_at=desk.now, made_by=desk.actor.organisation if why == "byHand" else ENGINE.organisation, why=why,
        round=episode.round, respond_by=respond or respond_by(desk.now, numbers),
        needed_by=needed or needed_by(desk.now, numbers), remind_at=desk.now + numbers.remind_after, until=until,
        paid_by=paid_by,
    )  # fmt: skip
    desk.session.add(call)
    desk.session.flush()
    by = desk.actor if why == "byHand" else ENGINE
    desk.act(episode, "callUp", call, by=by, why=why, round=episode.round, **call_details(call))
    who = who_is_who(desk, called=[organisation])
    levels = {organisation: call_levels(desk, organisation)}
    sent = tell(
        desk, "callUp", who, episode=episode, call_up=call, levels=levels, round=episode.round, **call_details(call)
    )
    call.alert = sent.alert
    desk.called[organisation] = sent
    booking.book(desk.session, desk.now, call)
    return call


def call_by_hand(
    desk: Desk,
    organisation: str,
    number: int,
    *,
    overflow: str | None = None,
    respond: datetime | None = None,
    needed: datetime | None = None,
    until: datetime | None = None,
    paid_by: str | None = None,
) -> CallUp:
    """COA or the ministry calls somebody outside the order.

    Raises `Conflict` when no episode is open or another than the one named, `Invalid` for an organisation that opens no
    places and for deadlines that have passed.
    """
    episode = desk.episode
    if episode is None:
        raise Conflict(
            say("No overflow is open at {centre}; declare one first (POST /v1/overflows).", centre=desk.centre),
            "no-open-overflow",
        )
    if overflow is not None and overflow != episode.id:
        raise Conflict(
            say("The open overflow at {centre} is {id}, not this one.", centre=desk.centre, id=episode.id),
            "other-overflow",
        )
    _check_by_hand(desk, organisation, {"respondBy": respond, "neededBy": needed, "until": until})
    call = make_call(
        desk, episode, organisation, number, why="byHand", respond=respond, needed=needed, until=until, paid_by=paid_by
    )
    audit.record(
        desk.session, desk.now, desk.actor, "call_up", f"call-up:{call.id}", organisation=organisation, places=number
    )
    return call


def _check_by_hand(desk: Desk, organisation: str, moments: Mapping[str, datetime | None]) -> None:
    info = organisations.known(desk.session, organisation)
    faults = []
    if info is None or info.kind not in ("province", "municipality", "safetyRegion"):
        wrong = say(
            "{code} is not an organisation that opens places; name a province, such as nl-ov.", code=organisation
        )
        faults.append(Fault("body", "organisation", wrong))
    for name, moment in moments.items():
        if moment is not None and moment <= desk.now:
            faults.append(Fault("body", name, say("{at} has passed; give a later moment.", at=moment)))
    if faults:
        raise Invalid(say("The call-up cannot be made."), faults)


def release_unanswered(desk: Desk, episode: Overflow, reason: str) -> None:
    """5.3: what nobody answered yet is released and the called are told."""
    for call in calls_of(desk.session, episode, "open"):
        _release(desk, episode, call, reason, ENGINE)


def _release(desk: Desk, episode: Overflow, call: CallUp, reason: str, by: Actor) -> None:
    """Release one call-up and tell the called. What was promised on it is for the caller of this to end."""
    call.state, call.released_at, call.release_reason = "released", desk.now, reason
    desk.act(episode, "release", call, by=by, organisation=call.organisation, reason=reason)
    booking.book(desk.session, desk.now, call)
    who = who_is_who(desk, called=[call.organisation])
    tell(
        desk,
        "callUpReleased",
        who,
        episode=episode,
        call_up=call,
        closure=episode.closure,
        reason=reason,
        by=by.organisation,
        **call_details(call),
    )


def release(desk: Desk, call_up: str, reason: str) -> ActInfo:
    """5.3: COA releases a call-up: unanswered, it ends; answered, what was promised on it ends. Raises `Conflict` on a repeat.

    Who was released is not called again in this round: COA has just said so.
    """
    call, episode = find_call(desk, call_up)
    if call.state == "released":
        raise Conflict(say("This call-up was released already."), "already-released")
    changes = places.release(desk.session, desk.now, desk.actor, call.id, reason)
    call.counted, call.ineligible_in = 0, episode.round
    _release(desk, episode, call, reason, desk.actor)
    audit.record(desk.session, desk.now, desk.actor, "release_call_up", f"call-up:{call.id}", reason=reason)
    settle(desk, episode)
    tell_commitments(desk, changes)
    made = select(Act).where(Act.call_up == call.id, Act.kind == "release").order_by(Act.seq.desc())
    return act_info(desk.session.scalars(made.limit(1)).one())


def commitment_changed(desk: Desk, change: CommitmentChange) -> None:
    """What follows when somebody changed a commitment: a shortfall makes a call like any other, and the host is told."""
    desk.acted = True
    spoken_for = [] if desk.actor.organisation == change.commitment.province else [change.commitment.province]
    episode = desk.episode
    if episode is not None:
        settle(desk, episode)
    tell_commitments(desk, [change], spoken_for)


def find_call(desk: Desk, call_up: str) -> tuple[CallUp, Overflow]:
    """A call-up of this desk's centre and its episode, locked. Raises `NotFound`."""
    call = desk.session.get(CallUp, call_up, populate_existing=True)
    if call is None or call.centre != desk.centre:
        raise NotFound(say("There is no call-up {id}.", id=call_up))
    episode = desk.session.get(Overflow, call.overflow, with_for_update=True)
    assert episode is not None, "a call-up always belongs to an episode"
    return call, episode
