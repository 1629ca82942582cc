"""Give duty to another organisation for a while, on purpose and with a reason. What has been stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.organisations import service as organisations
from piket.pages import Page, PageRequest, read_page
from piket.rota import written
from piket.rota.duty_rules import stretches
from piket.rota.faults import KINDS_ON_A_ROTA
from piket.rota.models import Override
from piket.words import say

# Clocks differ: what should have begun this short ago begins now.
AT_ONCE = timedelta(minutes=5)


@dataclass(frozen=True)
class OverrideInfo:
    """An override. `state`: `coming`, `current`, `over`, or `cancelled` when it was taken back before it began.

    `until_at` is when it was to end; `ended_at` when it was taken back, if it was. `replaces` None: everybody on duty.
    """

    id: str
    rota: str
    from_at: datetime
    until_at: datetime
    organisation: str
    replaces: str | None
    reason: str
    decided_by: str
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    state: str


@dataclass(frozen=True)
class OverrideWish:
    """What was asked. `from_at` None: from now on. `replaces`: whose slot, where a rota has several."""

    until_at: datetime
    organisation: str
    reason: str
    from_at: datetime | None = None
    replaces: str | None = None


def override(session: Session, now: datetime, actor: Actor, code: str, wish: OverrideWish) -> OverrideInfo:
    """Give duty to `wish.organisation`. Its beginning and end are hand-overs; both sides are told by the next pass.

    One that should have begun up to five minutes ago begins now; earlier is refused, for the past does not change.
    Raises `Invalid` with every fault, `Conflict` when it meets another override, `NotFound` for an unknown rota.
    """
    written.find_row(session, code, lock=True)
    begins = now if wish.from_at is None or now - AT_ONCE <= wish.from_at < now else wish.from_at
    faults = _faults(session, now, code, wish, begins)
    if faults:
        raise Invalid(say("This override cannot be made."), faults)
    for other in written.overrides_between(session, code, begins, wish.until_at):
        if other.swap is not None:
            continue
        if wish.replaces is None or other.replaces in (None, wish.replaces):
            raise Conflict(
                say(
                    "There is another override from {since} until {until}: end that one first.",
                    since=other.from_at,
                    until=written.ends(other),
                ),
                "override-overlaps",
            )
    row = Override(
        rota=code,
        from_at=begins,
        until_at=wish.until_at,
        organisation=wish.organisation,
        replaces=wish.replaces,
        reason=wish.reason,
        decided_by=actor.organisation,
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(session, now, actor, "override_duty", f"override:{row.id}", rota=code, organisation=wish.organisation)
    return _info(row, now)


def _faults(session: Session, now: datetime, code: str, wish: OverrideWish, begins: datetime) -> list[Fault]:
    return [*_time_faults(session, now, code, wish, begins), *_who_faults(session, code, wish, begins)]


def _time_faults(session: Session, now: datetime, code: str, wish: OverrideWish, begins: datetime) -> list[Fault]:
    """When it may hold: not in the past, within the published turns, and ending after it begins."""
    if wish.until_at <= begins:
        return [Fault("body", "until", say("An override must end after it begins, and after now."))]
    faults = []
    first, last = written.beginning(session, code), written.horizon(session, code)
    if begins < now:
        faults.append(Fault("body", "from", say("The past cannot be changed: begin now ({now}) or later.", now=now)))
    elif first is None or begins < first:
        faults.append(Fault("body", "from", say("The rota has no turns yet at that moment.")))
    if last is None or wish.until_at > last:
        faults.append(
            Fault(
                "body", "until", say("Turns are published until {last}: an override cannot reach further.", last=last)
            )
        )
    return faults


def _who_faults(session: Session, code: str, wish: OverrideWish, begins: datetime) -> list[Fault]:
    """Who may have duty, and whether the one that is replaced has any in that time."""
    faults = []
    who = organisations.known(session, wish.organisation)
    if who is None:
        faults.append(
            Fault("body", "organisation", say("There is no organisation with the code {code}.", code=wish.organisation))
        )
    elif who.kind not in KINDS_ON_A_ROTA:
        faults.append(Fault("body", "organisation", say("Duty is for a province, a safety region or a municipality.")))
    if wish.replaces is not None and wish.replaces not in _having_duty(session, code, begins, wish.until_at):
        faults.append(Fault("body", "replaces", say("{code} has no duty in that time.", code=wish.replaces)))
    return faults


def _having_duty(session: Session, code: str, since: datetime, until: datetime) -> set[str]:
    """Who has a turn in that time by rota and swaps."""
    turns = [turn for turn in written.turns_until(session, code, since, until) if since < turn.until_at]
    swaps = [row for row in written.overrides_between(session, code, since, until) if row.swap is not None]
    pieces = stretches(written.turn_spans(turns), written.override_spans(swaps))
    return {code for piece in pieces if piece.from_at < until for code in piece.organisations}


def end_override(session: Session, now: datetime, actor: Actor, override_id: str) -> OverrideInfo:
    """Take an override back: one to come never holds, one under way ends now. A repeat changes nothing.

    Raises `Conflict` for one that is over, `NotFound` for one that is not there.
    """
    row = _find(session, override_id)
    written.find_row(session, row.rota, lock=True)
    if row.ended_at is not None:
        return _info(row, now)
    if row.until_at <= now:
        raise Conflict(
            say("This override ended on {until}: what has been cannot be changed.", until=row.until_at), "override-over"
        )
    row.ended_at, row.ended_by = now, actor.organisation
    session.flush()
    record(session, now, actor, "end_override", f"override:{row.id}", rota=row.rota)
    return _info(row, now)


def find_override(session: Session, now: datetime, override_id: str) -> OverrideInfo:
    """One override, also one that is over or was taken back. Raises `NotFound`."""
    return _info(_find(session, override_id), now)


def overrides_paged(session: Session, now: datetime, code: str, page: PageRequest) -> Page[OverrideInfo]:
    """The overrides of a rota, the one made last first. Raises `NotFound` for an unknown rota."""
    written.find_row(session, code)
    query = select(Override).where(Override.rota == code, Override.swap.is_(None))
    return read_page(session, query, page, [Override.created_at, Override.id]).map(lambda row: _info(row, now))


def infos(rows: list[Override], now: datetime) -> tuple[OverrideInfo, ...]:
    """Rows as values."""
    return tuple(_info(row, now) for row in rows)


def _find(session: Session, override_id: str) -> Override:
    """The row. Raises `NotFound`, also for what is half of a swap."""
    row = session.get(Override, override_id)
    if row is None or row.swap is not None:
        raise NotFound(say("There is no override with this id."))
    return row


def _info(row: Override, now: datetime) -> OverrideInfo:
    return OverrideInfo(
        id=row.id,
        rota=row.rota,
        from_at=row.from_at,
        until_at=row.until_at,
        organisation=row.organisation,
        replaces=row.replaces,
        reason=row.reason,
        decided_by=row.decided_by,
        created_at=row.created_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        state=_state(row, now),
    )


def _state(row: Override, now: datetime) -> str:
    """Where an override stands at `now`; one taken back before it began never held."""
    if row.ended_at is not None and row.ended_at <= row.from_at:
        return "cancelled"
    if now < row.from_at:
        return "coming"
    return "current" if now < written.ends(row) else "over"
