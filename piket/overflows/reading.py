"""What can be read of episodes and call-ups. Figures of an open episode are those of the moment of asking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.errors import NotFound
from piket.overflows.models import Act, CallUp, Overflow
from piket.overflows.rules import shortfall
from piket.overflows.wording import sentence
from piket.pages import Page, PageRequest, read_page
from piket.places import service as places
from piket.words import Text, say


@dataclass(frozen=True)
class CallUpInfo:
    """A call-up as it is shown. `committed` is what counts of its answer and has not ended."""

    id: str
    kind: str
    centre: str
    overflow: str
    organisation: str
    places: int
    committed: int
    in_view: int
    surplus: int
    promised: int | None
    state: str
    late: bool
    made_at: datetime
    made_by: str
    why: str
    round: int
    respond_by: datetime
    needed_by: datetime
    until: datetime | None
    paid_by: str | None
    answered_at: datetime | None
    decline_reason: str | None
    released_at: datetime | None
    release_reason: str | None
    alert: str | None
    drill: bool


@dataclass(frozen=True)
class OverflowInfo:
    """An episode as it is shown. None is unknown."""

    id: str
    centre: str
    state: str
    declared: bool
    declared_reason: str | None
    reason: str | None
    closure: str | None
    closed_by: str | None
    level: str
    peak: int | None
    people: int | None
    occupied: int
    opened_at: datetime
    closed_at: datetime | None
    needed: int | None
    stated_needed: int | None
    computed_needed: int | None
    committed: int
    asked: int
    shortfall: int | None
    round: int
    list_ended: bool
    acute_since: datetime | None
    drill: bool
    call_ups: Sequence[CallUpInfo]

    @property
    def waiting(self) -> list[CallUpInfo]:
        """The call-ups that wait for an answer, the one whose time ends first in front."""
        return sorted((call for call in self.call_ups if call.state == "open"), key=lambda call: call.respond_by)


@dataclass(frozen=True)
class ActInfo:
    """One line of a timeline: what was done, by whom, and the sentence for it."""

    id: str
    at: datetime
    kind: str
    actor: str
    on_behalf: Mapping[str, Any] | None
    call_up: str | None
    text: Text
    data: Mapping[str, Any]


def overflow(session: Session, now: datetime, overflow_id: str) -> OverflowInfo:
    """One episode. Raises `NotFound`."""
    return _overflow(session, now, _row(session, overflow_id))


def _row(session: Session, overflow_id: str) -> Overflow:
    row = session.get(Overflow, overflow_id)
    if row is None:
        raise NotFound(say("There is no overflow {id}.", id=overflow_id))
    return row


def overflows(
    session: Session,
    now: datetime,
    page: PageRequest,
    *,
    centre: str | None = None,
    state: str | None = None,
    drill: bool = False,
) -> Page[OverflowInfo]:
    """Episodes, the latest opened first."""
    query = select(Overflow).where(Overflow.drill == drill)
    if centre:
        query = query.where(Overflow.centre == centre)
    if state:
        query = query.where(Overflow.state == state)
    return read_page(session, query, page, [Overflow.opened_at, Overflow.id]).map(
        lambda row: _overflow(session, now, row)
    )


def _overflow(session: Session, now: datetime, row: Overflow) -> OverflowInfo:
    calls = session.scalars(select(CallUp).where(CallUp.overflow == row.id).order_by(CallUp.made_at, CallUp.seq)).all()
    closed = row.final_committed is not None
    committed = (
        row.final_committed
        if row.final_committed is not None
        else places.committed(session, row.centre, row.drill, now)
    )
    return OverflowInfo(
        id=row.id, centre=row.centre, state=row.state, declared=row.declared, declared_reason=row.declared_reason,
        reason=_reason(row), closure=row.closure, closed_by=row.closed_by, level=row.level, peak=row.peak, people=row.people,
        occupied=row.occupied, opened_at=row.opened_at, closed_at=row.closed_at, needed=row.needed,
        stated_needed=row.stated_needed, computed_needed=row.computed_needed, committed=committed,
        asked=0 if closed else sum(c.places for c in calls if c.state == "open" and c.kind == "opening"),
        shortfall=shortfall(row.needed, committed), round=row.round, list_ended=row.list_ended_in == row.round,
        acute_since=row.acute_since, drill=row.drill, call_ups=_call_ups(session, now, calls),
    )  # fmt: skip


def _reason(row: Overflow) -> str | None:
    """Why it closed: `allClear`, `corrected`, or what was said by hand; while a declared one is open, why it was declared."""
    if row.closure is None:
        return row.declared_reason
    return row.close_reason or row.closure


def call_up(session: Session, now: datetime, call_id: str) -> CallUpInfo:
    """One call-up. Raises `NotFound`."""
    row = session.get(CallUp, call_id)
    if row is None:
        raise NotFound(say("There is no call-up {id}.", id=call_id))
    return _call_ups(session, now, [row])[0]


def call_ups(
    session: Session,
    now: datetime,
    page: PageRequest,
    *,
    overflow: str | None = None,
    organisation: str | None = None,
    state: str | None = None,
    drill: bool = False,
) -> Page[CallUpInfo]:
    """Call-ups, the latest made first. Raises `NotFound` for an unknown episode."""
    query = select(CallUp).where(CallUp.drill == drill)
    if overflow:
        query = query.where(CallUp.overflow == _row(session, overflow).id)
    if organisation:
        query = query.where(CallUp.organisation == organisation)
    if state:
        query = query.where(CallUp.state == state)
    found = read_page(session, query, page, [CallUp.made_at, CallUp.id])
    return Page(_call_ups(session, now, found.items), found.next)


def _call_ups(session: Session, now: datetime, rows: Sequence[CallUp]) -> list[CallUpInfo]:
    committed = places.committed_on(session, [row.id for row in rows], now)
    return [_call_up(row, committed.get(row.id, 0)) for row in rows]


def _call_up(row: CallUp, committed: int) -> CallUpInfo:
    return CallUpInfo(
        id=row.id, kind=row.kind, centre=row.centre, overflow=row.overflow, organisation=row.organisation, places=row.places,
        committed=committed, in_view=row.in_view, surplus=row.surplus, promised=row.promised,
        state=row.state, late=row.late, made_at=row.made_at, made_by=row.made_by, why=row.why, round=row.round,
        respond_by=row.respond_by, needed_by=row.needed_by, until=row.until, paid_by=row.paid_by, answered_at=row.answered_at,
        decline_reason=row.decline_reason, released_at=row.released_at, release_reason=row.release_reason, alert=row.alert,
        drill=row.drill,
    )  # fmt: skip


def timeline(session: Session, overflow_id: str, page: PageRequest) -> Page[ActInfo]:
    """Everything that was done or happened in an episode, newest first. Raises `NotFound`."""
    written = select(Act).where(Act.overflow == _row(session, overflow_id).id)
    return read_page(session, written, page, [Act.seq]).map(act_info)


def acts_of(
    session: Session, page: PageRequest, kind: str, *, overflow: str | None = None, call_up: str | None = None
) -> Page[ActInfo]:
    """The acts of one kind of an episode or a call-up, newest first. Raises `NotFound` for an unknown one."""
    query = select(Act).where(Act.kind == kind)
    for model, chosen, column in ((Overflow, overflow, Act.overflow), (CallUp, call_up, Act.call_up)):
        if chosen is not None:
            if session.get(model, chosen) is None:
                raise NotFound(say("There is nothing with the id {id} here.", id=chosen))
            query = query.where(column == chosen)
    return read_page(session, query, page, [Act.seq]).map(act_info)


def act_info(row: Act) -> ActInfo:
    """A line of the timeline, from its row."""
    return ActInfo(
        row.id,
        row.at,
        row.kind,
        row.actor,
        row.on_behalf,
        row.call_up,
        sentence(row.kind, row.on_behalf["organisation"] if row.on_behalf else row.actor, row.data),
        row.data,
    )


def open_ones(session: Session, centre: str | None = None, drill: bool = False) -> list[str]:
    """The ids of open episodes, oldest first."""
    query = select(Overflow.id).where(Overflow.state == "open", Overflow.drill == drill).order_by(Overflow.opened_at)
    return list(session.scalars(query if centre is None else query.where(Overflow.centre == centre)))


def stays_acute(session: Session, centre: str, drill: bool, now: datetime) -> bool:
    """2.3: whether the open episode is acute by a shortfall past its hour, and the shortfall is still there."""
    query = select(Overflow).where(Overflow.centre == centre, Overflow.drill == drill, Overflow.state == "open")
    return short_past_its_hour(session, session.scalars(query).first(), now)


def short_past_its_hour(session: Session, episode: Overflow | None, now: datetime) -> bool:
    """The same of an episode that is at hand; of none it is not."""
    if episode is None or episode.acute_since is None:
        return False
    return bool(shortfall(episode.needed, places.committed(session, episode.centre, episode.drill, now)))


def occupied_by(session: Session, centre: str, drill: bool, at: datetime) -> int:
    """3.3: how many people slept in committed places for this centre, as recorded for that moment."""
    return places.occupied_at(session, centre, drill, at)


def centre_of_overflow(session: Session, overflow_id: str) -> str:
    """At which centre's desk an episode is handled. Raises `NotFound`."""
    return _row(session, overflow_id).centre


def centre_of_call_up(session: Session, call_id: str) -> tuple[str, str]:
    """At which centre's desk a call-up is handled, and whom it was made to. Raises `NotFound`."""
    row = session.execute(select(CallUp.centre, CallUp.organisation).where(CallUp.id == call_id)).first()
    if row is None:
        raise NotFound(say("There is no call-up {id}.", id=call_id))
    return row.centre, row.organisation
