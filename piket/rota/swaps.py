"""Swap turns: propose, accept, reject. Rule 7.9; how a swap is taken back is in `swap_ending`.

An accepted swap is two rows that whoever reads who has duty reads with the overrides; turns never move. Each verb writes a
step, which the next pass tells (`swap_telling`). Everything about one rota's swaps happens behind the lock of its row.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.errors import Conflict, Refused
from piket.rota import swap_rules, swap_sides, written
from piket.rota.models import Override
from piket.rota.swap_models import Swap
from piket.rota.swap_reading import SwapInfo, find_swap
from piket.rota.swap_rules import Remark, Side
from piket.rota.swap_sides import SwapWish
from piket.rota.swap_steps import accepted_by, asked, locked, note_step, require_open, settle, waiting_for, who_did
from piket.words import say


def propose_swap(session: Session, now: datetime, actor: Actor, wish: SwapWish) -> SwapInfo:
    """Propose that two turns are swapped. Who must answer is told by the next pass, and can until the earlier turn begins.

    What an organisation proposes, the other must accept; what anybody else proposes (the ministry), both must. Nothing
    about who has duty changes before that. Raises `Invalid` with every fault, `Conflict` for what must be ended before.
    """
    offering = swap_sides.giver_of(session, wish, actor.organisation)
    rota = swap_sides.turns_of(session, wish)[0].rota
    written.find_row(session, rota, lock=True)
    sides = swap_sides.sides_of(session, wish, offering)
    swap_sides.refuse(swap_rules.objections(*sides, now))
    swap_sides.in_the_way(session, rota, sides)
    swap_sides.refuse(swap_rules.taker_objections(*sides))
    begins = min(side.turn.from_at for side in sides)
    row = Swap(
        rota=rota,
        offered_turn=wish.offered_turn,
        requested_turn=wish.requested_turn,
        offering=sides[0].gives,
        requested=sides[1].gives,
        proposed_by=actor.organisation,
        reason=wish.reason,
        state="proposed",
        created_at=now,
        begins_at=begins,
        remind_at=swap_rules.remind_after(begins, now),
        remarks=_kept(swap_sides.remarks_on(session, rota, sides)),
    )
    session.add(row)
    session.flush()
    note_step(session, now, row, "proposed", actor, note=wish.reason)
    return find_swap(session, now, row.id)


def accept_swap(
    session: Session, now: datetime, actor: Actor, swap_id: str, by: str | None = None, note: str | None = None
) -> tuple[SwapInfo, bool]:
    """Accept a swap for the acting organisation; whether that is new. With the last acceptance it is in force.

    A repeat by the same organisation leaves the first word, also when the swap is in force by now. Raises `Refused` for who
    is not asked, `Conflict` when the proposal has ended or can no longer be carried out.
    """
    row = locked(session, swap_id)
    _require_asked(row, actor)
    if row.state in ("proposed", "accepted") and actor.speaks_for in accepted_by(session, row):
        return find_swap(session, now, row.id), False
    require_open(row, now)
    sides = _recheck(session, now, row)
    note_step(session, now, row, "accepted", actor, by, note)
    if not waiting_for(session, row):
        _put_in_force(session, now, row, sides)
    session.flush()
    return find_swap(session, now, row.id), True


def reject_swap(
    session: Session, now: datetime, actor: Actor, swap_id: str, reason: str, by: str | None = None
) -> tuple[SwapInfo, bool]:
    """Reject a swap, for a reason; whether that is new. It ends the proposal, also when the other one had accepted it.

    Raises `Refused` for who is not asked, `Conflict` when the proposal has ended otherwise.
    """
    row = locked(session, swap_id)
    _require_asked(row, actor)
    if row.state == "rejected" and actor.speaks_for in who_did(session, row, "rejected"):
        return find_swap(session, now, row.id), False
    require_open(row, now)
    settle(row, now, "rejected")
    note_step(session, now, row, "rejected", actor, by, reason)
    return find_swap(session, now, row.id), True


def _require_asked(row: Swap, actor: Actor) -> None:
    if actor.speaks_for not in asked(row):
        raise Refused(say("Only who is asked to give a turn can answer this swap."), "not-asked")


def _recheck(session: Session, now: datetime, row: Swap) -> tuple[Side, Side]:
    """Both sides as things stand now. Raises `Conflict` when something has come in the way since it was proposed."""
    wish = SwapWish(row.offered_turn, row.requested_turn, row.reason, row.offering, row.requested)
    sides = swap_sides.sides_of(session, wish, row.offering)
    swap_sides.in_the_way(session, row.rota, sides, row.id)
    found = [*swap_rules.objections(*sides, now), *swap_rules.taker_objections(*sides)]
    if found:
        raise Conflict(found[0].sentence, "swap-not-possible")
    return sides


def _put_in_force(session: Session, now: datetime, row: Swap, sides: tuple[Side, Side]) -> None:
    row.remarks = _kept(swap_sides.remarks_on(session, row.rota, sides))
    for half in swap_rules.halves(row.id, *sides):
        session.add(
            Override(
                rota=row.rota,
                from_at=half.from_at,
                until_at=half.until_at,
                organisation=half.organisation,
                replaces=half.replaces,
                reason=row.reason,
                decided_by=row.proposed_by,
                created_at=now,
                swap=row.id,
            )
        )
    settle(row, now, "accepted")


def _kept(remarks: list[Remark]) -> list[dict[str, object]]:
    """Remarks as JSON."""
    return [
        {
            "kind": one.kind,
            "organisation": one.organisation,
            "from": one.from_at.isoformat(),
            "until": one.until_at.isoformat(),
        }
        for one in remarks
    ]
