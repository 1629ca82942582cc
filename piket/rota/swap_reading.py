"""Read swaps: as values, as lists, and for the ledger what they changed in who has duty. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from piket.errors import NotFound
from piket.pages import Page, PageRequest, read_page
from piket.rota import written
from piket.rota.models import Override, Turn
from piket.rota.swap_models import Swap, SwapStep
from piket.rota.swap_rules import Remark
from piket.rota.swap_steps import asked
from piket.words import say


@dataclass(frozen=True)
class SwapStepInfo:
    """One thing that was done about a swap: `proposed`, `reminded`, or a state; by whom, and the alert that told it."""

    at: datetime
    kind: str
    organisation: str
    by: str | None
    note: str | None
    alert: str | None


@dataclass(frozen=True)
class SwapInfo:
    """A swap: `offering` gives `offered_turn`, `requested` gives `requested_turn`. `steps` oldest first.

    `expires_at` is the beginning of the earlier turn: until then it can be answered, and undone. `waiting_for` is whose answer
    is awaited; nobody's once it is settled. `remarks` are as of when it was proposed, or accepted.
    """

    id: str
    rota: str
    state: str
    offered_turn: str
    offering: str
    offered_from: datetime
    offered_until: datetime
    requested_turn: str
    requested: str
    requested_from: datetime
    requested_until: datetime
    proposed_by: str
    reason: str
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    waiting_for: tuple[str, ...]
    remarks: tuple[Remark, ...]
    steps: tuple[SwapStepInfo, ...]


@dataclass(frozen=True)
class SwappedDuty:
    """By `swap`, `organisation` had or has duty in `turn` instead of `replaces`, from `from_at` until `until_at`."""

    swap: str
    turn: str
    organisation: str
    replaces: str
    from_at: datetime
    until_at: datetime
    accepted_at: datetime


def find_swap(session: Session, now: datetime, swap_id: str) -> SwapInfo:
    """One swap, whatever became of it. Raises `NotFound`."""
    row = session.get(Swap, swap_id)
    if row is None:
        raise NotFound(say("There is no swap with this id."))
    return infos(session, now, [row])[0]


def swaps_paged(
    session: Session,
    now: datetime,
    page: PageRequest,
    rota: str | None = None,
    organisation: str | None = None,
    state: str | None = None,
) -> Page[SwapInfo]:
    """Swaps, the latest proposed first; None does not matter. `organisation`: that gives a turn in it, or proposed it."""
    query = select(Swap)
    if rota is not None:
        query = query.where(Swap.rota == rota)
    if state is not None:
        query = query.where(Swap.state == state)
    if organisation is not None:
        one_of = [column == organisation for column in (Swap.offering, Swap.requested, Swap.proposed_by)]
        query = query.where(or_(*one_of))
    rows = read_page(session, query, page, [Swap.created_at, Swap.id])
    return Page(infos(session, now, rows.items), rows.next)


def swap_answers_paged(session: Session, swap_id: str, kind: str, page: PageRequest) -> Page[SwapStepInfo]:
    """Who accepted (`accepted`) or rejected (`rejected`) a swap, the latest first. Raises `NotFound`."""
    if session.get(Swap, swap_id) is None:
        raise NotFound(say("There is no swap with this id."))
    query = select(SwapStep).where(SwapStep.swap == swap_id, SwapStep.kind == kind)
    return read_page(session, query, page, [SwapStep.seq]).map(_step)


def swaps_between(session: Session, code: str, since: datetime, until: datetime) -> list[SwappedDuty]:
    """What swaps changed in who has duty by a rota for some moment from `since` until `until`, in order of time.

    Two for each swap in force, one for each turn; what was undone before it began is not among them. An override in such a
    turn may have taken a part of it.
    """
    halves = [row for row in written.overrides_between(session, code, since, until) if row.swap is not None]
    known = session.scalars(select(Swap).where(Swap.id.in_({row.swap for row in halves})))
    swaps = {swap.id: swap for swap in known}
    return [_duty(swaps[str(row.swap)], row) for row in halves]


def _duty(swap: Swap, half: Override) -> SwappedDuty:
    turn = swap.offered_turn if half.replaces == swap.offering else swap.requested_turn
    return SwappedDuty(
        swap.id, turn, half.organisation, str(half.replaces), half.from_at, half.until_at, half.created_at
    )


def infos(session: Session, now: datetime, rows: Sequence[Swap]) -> list[SwapInfo]:
    """Rows as values; their turns and steps are read at once."""
    ids = {turn for row in rows for turn in (row.offered_turn, row.requested_turn)}
    turns = {turn.id: turn for turn in session.scalars(select(Turn).where(Turn.id.in_(ids)))}
    steps: dict[str, list[SwapStep]] = {row.id: [] for row in rows}
    for step in session.scalars(select(SwapStep).where(SwapStep.swap.in_(steps)).order_by(SwapStep.seq)):
        steps[step.swap].append(step)
    return [_info(row, turns, steps[row.id], now) for row in rows]


def _info(row: Swap, turns: dict[str, Turn], steps: Sequence[SwapStep], now: datetime) -> SwapInfo:
    offered, requested = turns[row.offered_turn], turns[row.requested_turn]
    # Between its end and the next pass a proposal has expired already: nobody can answer it.
    state = "expired" if row.state == "proposed" and row.begins_at <= now else row.state
    accepted = {step.organisation for step in steps if step.kind == "accepted"}
    return SwapInfo(
        id=row.id,
        rota=row.rota,
        state=state,
        offered_turn=offered.id,
        offering=row.offering,
        offered_from=offered.from_at,
        offered_until=offered.until_at,
        requested_turn=requested.id,
        requested=row.requested,
        requested_from=requested.from_at,
        requested_until=requested.until_at,
        proposed_by=row.proposed_by,
        reason=row.reason,
        created_at=row.created_at,
        expires_at=row.begins_at,
        settled_at=row.settled_at,
        waiting_for=tuple(code for code in asked(row) if code not in accepted) if state == "proposed" else (),
        remarks=tuple(_remark(kept) for kept in row.remarks),
        steps=tuple(_step(step) for step in steps),
    )


def _remark(kept: dict[str, str]) -> Remark:
    """What `swaps` kept as JSON."""
    since, until = (datetime.fromisoformat(kept[key]) for key in ("from", "until"))
    return Remark(kept["kind"], kept["organisation"], since, until)


def _step(step: SwapStep) -> SwapStepInfo:
    return SwapStepInfo(step.at, step.kind, step.organisation, step.by, step.note, step.alert)
