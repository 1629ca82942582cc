"""What every verb on a swap stands on: its row behind the lock, whether it can still be answered and by whom, and its steps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Conflict, NotFound
from piket.rota import written
from piket.rota.swap_models import Swap, SwapStep
from piket.words import Text, say

ENDINGS: dict[str, Text] = {
    "accepted": say("This swap was accepted."),
    "rejected": say("This proposal was rejected."),
    "withdrawn": say("This proposal was withdrawn."),
    "expired": say("The time to answer is over: the first of the two turns has begun."),
    "undone": say("This swap was undone."),
    "cancelled": say("This swap was cancelled, because a later decision changed the rota."),
}

VERBS = {
    "proposed": "propose_swap",
    "accepted": "accept_swap",
    "rejected": "reject_swap",
    "withdrawn": "withdraw_swap",
    "expired": "expire_swap",
    "undone": "undo_swap",
    "cancelled": "cancel_swap",
}
"""What the record of deeds calls each step; a reminder is no deed."""


def locked(session: Session, swap_id: str) -> Swap:
    """The swap as it is now, kept from others until this transaction ends. Raises `NotFound`."""
    row = session.get(Swap, swap_id)
    if row is None:
        raise NotFound(say("There is no swap with this id."))
    written.find_row(session, row.rota, lock=True)
    session.refresh(row)
    return row


def require_open(row: Swap, now: datetime) -> None:
    """Raise `Conflict`, saying how it ended, unless this proposal can still be answered. At the earlier beginning it cannot."""
    if row.state != "proposed":
        raise Conflict(ENDINGS[row.state], "swap-ended")
    if row.begins_at <= now:
        raise Conflict(ENDINGS["expired"], "swap-ended")


def asked(row: Swap) -> tuple[str, ...]:
    """Who must accept: the other one of what one of the two proposed, both of what the ministry proposed."""
    return tuple(code for code in (row.offering, row.requested) if code != row.proposed_by)


def accepted_by(session: Session, row: Swap) -> set[str]:
    """Who accepted so far."""
    return who_did(session, row, "accepted")


def waiting_for(session: Session, row: Swap) -> tuple[str, ...]:
    """Whose answer is awaited; nobody's when the proposal has ended."""
    if row.state != "proposed":
        return ()
    there = accepted_by(session, row)
    return tuple(code for code in asked(row) if code not in there)


def who_did(session: Session, row: Swap, kind: str) -> set[str]:
    """Who took a step of this kind."""
    return set(session.scalars(select(SwapStep.organisation).where(SwapStep.swap == row.id, SwapStep.kind == kind)))


def settle(row: Swap, now: datetime, state: str) -> None:
    """The proposal has come to `state`; nobody is reminded of it any more."""
    row.state, row.settled_at, row.remind_at = state, now, None


def note_step(
    session: Session, now: datetime, row: Swap, kind: str, actor: Actor, by: str | None = None, note: str | None = None
) -> SwapStep:
    """Write down what was done about a swap, to be told by the next pass, and who did it in the record."""
    step = SwapStep(swap=row.id, at=now, kind=kind, organisation=actor.speaks_for, by=by, note=note)
    session.add(step)
    session.flush()
    if kind in VERBS:
        record(session, now, actor, VERBS[kind], f"swap:{row.id}", rota=row.rota)
    return step
