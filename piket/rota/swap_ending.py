"""Withdraw, undo, cancel: how a swap comes to nothing. What has begun stays as it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.errors import Conflict, Refused
from piket.organisations import service as organisations
from piket.rota import swap_sides, written
from piket.rota.models import Override, Turn
from piket.rota.swap_models import Swap
from piket.rota.swap_reading import SwapInfo, find_swap
from piket.rota.swap_steps import locked, note_step, require_open, settle
from piket.words import say


def end_swap(session: Session, now: datetime, actor: Actor, swap_id: str) -> SwapInfo:
    """Withdraw a proposal that is open, or undo a swap before the earlier turn begins. A repeat changes nothing.

    Only who proposed withdraws; either side or the ministry undoes. Undone, who has duty is as if it had never been. Raises
    `Refused`, and `Conflict` for what has begun or ended otherwise.
    """
    row = locked(session, swap_id)
    if row.state in ("withdrawn", "undone"):
        return find_swap(session, now, row.id)
    if row.state == "accepted":
        _undo(session, now, actor, row)
        return find_swap(session, now, row.id)
    require_open(row, now)
    if actor.organisation != row.proposed_by:
        proposer = organisations.names(session, [row.proposed_by])[row.proposed_by]
        raise Refused(say("Only {who}, who proposed this swap, can withdraw it.", who=proposer), "not-the-proposer")
    settle(row, now, "withdrawn")
    note_step(session, now, row, "withdrawn", actor)
    return find_swap(session, now, row.id)


def _undo(session: Session, now: datetime, actor: Actor, row: Swap) -> None:
    if row.begins_at <= now:
        raise Conflict(
            say("The first of these turns began on {at}: what has begun cannot be undone.", at=row.begins_at),
            "swap-begun",
        )
    halves = swap_sides.halves_of(session, row.id)
    for half in halves:
        _keep_overrides(session, half)
    for half in halves:
        half.ended_at, half.ended_by = now, actor.organisation
    settle(row, now, "undone")
    note_step(session, now, row, "undone", actor)


def _keep_overrides(session: Session, half: Override) -> None:
    """Raise `Conflict` when an override takes the place of who has the turn by the swap: nobody would be meant by it any more."""
    for other in written.overrides_between(session, half.rota, half.from_at, half.until_at):
        if other.swap is None and other.replaces == half.organisation:
            raise Conflict(
                say(
                    "An override from {since} until {until} takes the place of {who} in the swapped turn: "
                    "the ministry must end that one first.",
                    since=other.from_at,
                    until=written.ends(other),
                    who=organisations.names(session, [half.organisation])[half.organisation],
                ),
                "swap-overridden",
            )


def cancel_swaps(session: Session, now: datetime, actor: Actor, code: str) -> int:
    """After a decision on a rota: cancel its swaps of turns that moved, or that somebody exempt by now would take; how many.

    A half that has begun stays. A turn that keeps its time and its holders keeps its row, so its swap stays. Both are told by
    the next pass.
    """
    proposed = session.scalars(select(Swap).where(Swap.rota == code, Swap.state == "proposed")).all()
    to_come = select(Override.swap).where(Override.rota == code, Override.from_at > now, Override.ended_at.is_(None))
    accepted = session.scalars(select(Swap).where(Swap.state == "accepted", Swap.id.in_(to_come))).all()
    gone = [row for row in (*proposed, *accepted) if _is_moved(session, now, row)]
    for row in gone:
        for half in swap_sides.halves_of(session, row.id):
            if half.from_at > now:
                half.ended_at, half.ended_by = now, actor.organisation
        settle(row, now, "cancelled")
        note_step(session, now, row, "cancelled", actor)
    return len(gone)


def _is_moved(session: Session, now: datetime, row: Swap) -> bool:
    """Whether a turn of it that is still to come was superseded, or must not be taken by who would take it."""
    for turn_id, taker in ((row.offered_turn, row.requested), (row.requested_turn, row.offering)):
        turn = session.get_one(Turn, turn_id)
        exempt = taker in swap_sides.exempt_during(session, turn)
        if turn.from_at > now and (turn.superseded_at is not None or exempt):
            return True
    return False
