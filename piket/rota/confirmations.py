"""Ask provinces what they can open in their turn, follow who is silent, and take what they say: section 9 of the rules.

What was told is a row for each step, and what is due is found from turns, overrides and those rows: a pass may run twice, late,
or after a long pause, and two engines tell each step once, because the rota's row is locked first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.audit.service import Actor, record
from piket.errors import Conflict, Fault, Invalid, NotFound, Refused
from piket.rota import duty_rules, written
from piket.rota.confirm_models import ConfirmationNotice, TurnConfirmation
from piket.rota.confirm_rules import Asked, Stint, no_longer_asked, steps_due, stints
from piket.rota.confirmed import ConfirmationInfo, Confirmed, confirmed, info
from piket.rota.confirming import Desk, Pressing, tell, timing_of
from piket.rota.models import Rota, Turn
from piket.settings import Policy, Settings
from piket.words import say

TOLD_OF_SILENCE = frozenset({"silent", "missing"})


@dataclass(frozen=True)
class ConfirmationWish:
    """What a province says: how many places it can open in its turn (0: none), and where.

    `sites` hold municipality and places, and what else is known of them.
    """

    places: int
    sites: tuple[Mapping[str, Any], ...] = ()
    note: str | None = None


@dataclass(frozen=True)
class _Picture:
    """What is known about asking in one rota at a moment."""

    stints: Sequence[Stint]
    asked: Mapping[tuple[str, str], Asked]
    answers: Confirmed
    spans: Mapping[str, tuple[datetime, datetime]]


def ask(session: Session, now: datetime, settings: Settings, pressing: Callable[[], Pressing]) -> int:
    """Take every step that is due in asking what those who come on duty can open; how many alerts were written.

    `pressing` is asked only when there is something to tell. A crash leaves all of one pass or nothing; a repeat tells nothing.
    """
    return sum(_ask(session, now, settings, pressing, code) for code in written.codes(session))


def _ask(session: Session, now: datetime, settings: Settings, pressing: Callable[[], Pressing], code: str) -> int:
    """One rota: looked at without a lock first, because nearly every pass finds nothing, then again behind it."""
    rota = written.find_row(session, code)
    if not any(_due(session, rota, now, settings.policy)):
        return 0
    session.refresh(rota, with_for_update=True)
    due, gone = _due(session, rota, now, settings.policy)
    desk = Desk(session, now, settings, pressing(), rota, written.definition_at(session, code, now))
    for one in gone:
        _note(
            desk, one.turn, one.organisation, one.round, "withdrawn", tell(desk, "withdrawn", _ended(desk, one)).alert
        )
    for stint, round_, steps in due:
        reached: frozenset[str] = frozenset()
        for step in steps:
            sent = tell(desk, step, stint, except_addresses=reached)
            reached |= sent.addresses
            _note(desk, stint.turn, stint.organisation, round_, step, sent.alert)
    session.flush()
    return len(gone) + sum(len(steps) for _, _, steps in due)


def _due(
    session: Session, rota: Rota, now: datetime, policy: Policy
) -> tuple[list[tuple[Stint, int, list[str]]], list[Asked]]:
    """The steps to take now, each with its stint and round, and who was asked in vain."""
    timing = timing_of(policy)
    seen = _picture(session, rota.code, now, now + timing.ask_before)
    due = []
    for stint in seen.stints:
        before = seen.asked.get(stint.key) or Asked(*stint.key, 1, {})
        over = "withdrawn" in before.steps
        steps = steps_due(
            stint,
            {} if over else before.steps,
            seen.answers.of(*stint.key) is not None,
            now,
            timing,
            rota.created_at,
        )
        if steps:
            due.append((stint, before.round + over, steps))
    return due, no_longer_asked(seen.asked.values(), seen.stints, seen.spans)


def _picture(session: Session, code: str, now: datetime, until: datetime) -> _Picture:
    """Who has duty from now until then, what they were asked, and what they said."""
    query = select(Turn).where(Turn.rota == code, Turn.superseded_at.is_(None), Turn.until_at > now)
    turns = session.scalars(query.where(Turn.from_at <= until).order_by(Turn.from_at)).all()
    asked, spans = _asked(session, code, now)
    current = stints_of(session, code, turns)
    return _Picture(current, asked, confirmed(session, [turn.id for turn in turns]), spans)


def stints_of(session: Session, code: str, turns: Sequence[Turn]) -> list[Stint]:
    """Who has duty in these turns of a rota, overrides and swaps counted."""
    if not turns:
        return []
    overrides = written.overrides_between(session, code, turns[0].from_at, turns[-1].until_at)
    return stints(duty_rules.stretches(written.turn_spans(turns), written.override_spans(overrides)))


def _asked(
    session: Session, code: str, now: datetime
) -> tuple[dict[tuple[str, str], Asked], dict[str, tuple[datetime, datetime]]]:
    """What was done in turns that are not over, also in those that a decision moved: the last round of each."""
    rows = session.execute(
        select(ConfirmationNotice, Turn)
        .join(Turn, Turn.id == ConfirmationNotice.turn)
        .where(Turn.rota == code, Turn.until_at > now)
        .order_by(ConfirmationNotice.round)
    )
    found: dict[tuple[str, str], Asked] = {}
    spans = {}
    for notice, turn in rows:
        key, steps = (notice.turn, notice.organisation), {notice.step: notice.created_at}
        known = found.get(key)
        same = known is not None and known.round == notice.round
        found[key] = Asked(*key, notice.round, {**known.steps, **steps} if known and same else steps)
        spans[turn.id] = (turn.from_at, turn.until_at)
    return found, spans


def _ended(desk: Desk, one: Asked) -> Stint:
    """What somebody was asked for that has no duty any more, as far as it can still be said."""
    turn = desk.session.get_one(Turn, one.turn)
    return Stint(one.turn, one.organisation, turn.from_at, turn.until_at)


def _note(desk: Desk, turn: str, organisation: str, round_: int, step: str, alert: str) -> None:
    """Write down that a step was taken."""
    desk.session.add(
        ConfirmationNotice(
            turn=turn, organisation=organisation, round=round_, step=step, alert=alert, created_at=desk.now
        )
    )


def confirm(
    session: Session,
    now: datetime,
    settings: Settings,
    pressing: Callable[[], Pressing],
    actor: Actor,
    turn_id: str,
    wish: ConfirmationWish,
) -> tuple[ConfirmationInfo, bool]:
    """Take what a province can open in its turn, and whether that is new. A later one takes the place of an earlier one.

    The same again changes nothing. Who was told that it was silent is told that it answered; so is the province itself when
    another entered it. Raises `Conflict` for a turn that is over or was moved, `Refused` for who has no duty in it, `Invalid`
    with every fault, `NotFound`.
    """
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise NotFound(say("There is no turn with this id."))
    rota = written.find_row(session, turn.rota, lock=True)
    stint = _own(session, now, turn, actor.speaks_for)
    faults = _faults(settings, wish)
    if faults:
        raise Invalid(say("This confirmation cannot be taken."), faults)
    newest = _newest(session, stint)
    if newest is not None and (newest.places, newest.sites, newest.note) == (wish.places, list(wish.sites), wish.note):
        return info(session, newest), False
    row = TurnConfirmation(
        turn=turn.id,
        organisation=actor.speaks_for,
        places=wish.places,
        sites=list(wish.sites),
        note=wish.note,
        given_by=actor.organisation,
        on_behalf=_behalf(actor),
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(session, now, actor, "confirm_turn", f"turn:{turn.id}", confirmation=row.id, places=wish.places)
    waiting = _told_of_silence(session, stint) if newest is None else ()
    told = dict.fromkeys((*waiting, *((actor.speaks_for,) if actor.on_behalf else ())))
    if told:
        desk = Desk(session, now, settings, pressing(), rota, written.definition_at(session, rota.code, now))
        tell(desk, "confirmed", stint, tuple(told), places=wish.places, on_behalf=_behalf(actor))
    return info(session, row), True


def _own(session: Session, now: datetime, turn: Turn, organisation: str) -> Stint:
    """What the organisation has of this turn, and that something can still be said of it."""
    if turn.superseded_at is not None:
        raise Conflict(say("A later decision moved this turn: confirm the one that took its place."), "turn-moved")
    own = next((one for one in stints_of(session, turn.rota, [turn]) if one.organisation == organisation), None)
    if own is None:
        raise Refused(say("Only who has duty in this turn can confirm it."), "no-duty-in-turn")
    if own.until_at <= now:
        raise Conflict(
            say("This duty ended on {until}: what has been cannot be confirmed.", until=own.until_at), "turn-over"
        )
    return own


def holders(session: Session, turn_id: str) -> tuple[str, ...]:
    """Who has duty in this turn at any moment of it. Raises `NotFound`."""
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise NotFound(say("There is no turn with this id."))
    if turn.superseded_at is not None:
        return tuple(code for holder in written.holders_of(turn) for code in holder)
    return tuple(stint.organisation for stint in stints_of(session, turn.rota, [turn]))


def _faults(settings: Settings, wish: ConfirmationWish) -> list[Fault]:
    """Sites must lie in municipalities that exist, and together hold no more than what is confirmed."""
    faults = [
        Fault("body", f"sites.{n}.municipality", say("There is no municipality {code}.", code=site["municipality"]))
        for n, site in enumerate(wish.sites)
        if site["municipality"] not in settings.municipalities
    ]
    firm = sum(site["places"] for site in wish.sites if site.get("firmness") != "inView")
    if firm > wish.places:
        detail = say(
            "The sites name {firm} places, more than the {places} that are confirmed.", firm=firm, places=wish.places
        )
        faults.append(Fault("body", "places", detail))
    return faults


def _newest(session: Session, stint: Stint) -> TurnConfirmation | None:
    query = select(TurnConfirmation).where(
        TurnConfirmation.turn == stint.turn, TurnConfirmation.organisation == stint.organisation
    )
    return session.scalars(query.order_by(TurnConfirmation.seq.desc()).limit(1)).first()


def _told_of_silence(session: Session, stint: Stint) -> tuple[str, ...]:
    """Who was told that this organisation has not answered, and is still to know that it has; not itself."""
    notices = session.scalars(
        select(ConfirmationNotice)
        .where(
            ConfirmationNotice.turn == stint.turn,
            ConfirmationNotice.organisation == stint.organisation,
            ConfirmationNotice.step.in_(TOLD_OF_SILENCE),
        )
        .order_by(ConfirmationNotice.created_at, ConfirmationNotice.id)
    )
    told = (code for notice in notices for code in alerts.find_alert(session, notice.alert).told)
    return tuple(dict.fromkeys(code for code in told if code != stint.organisation))


def _behalf(actor: Actor) -> dict[str, Any] | None:
    """Who entered it for whom, as JSON under the names of the API."""
    if actor.on_behalf is None:
        return None
    said = asdict(actor.on_behalf)
    return {"organisation": said["organisation"], "saidBy": said["said_by"], "via": said["via"]}
