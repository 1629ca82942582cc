"""The two turns of a swap as they are written down now, and whether anything stands in the way of swapping them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from piket.errors import Conflict, Fault, Invalid
from piket.organisations import service as organisations
from piket.rota import duty_rules, swap_rules, written
from piket.rota.duty_rules import OverrideSpan
from piket.rota.models import Override, Turn
from piket.rota.swap_models import Swap
from piket.rota.swap_rules import Objection, Remark, Side
from piket.words import say

NOT_POSSIBLE = say("These turns cannot be swapped.")


@dataclass(frozen=True)
class SwapWish:
    """What was asked: two turns by id, and why. `offering` and `requested` say whose place, where a turn has several."""

    offered_turn: str
    requested_turn: str
    reason: str
    offering: str | None = None
    requested: str | None = None


def turns_of(session: Session, wish: SwapWish) -> tuple[Turn, Turn]:
    """Both turns, as the store has them now. Raises `Invalid` when one is not there, or when they are of two rotas."""
    found = [
        session.get(Turn, id, populate_existing=True) if id else None for id in (wish.offered_turn, wish.requested_turn)
    ]
    missing = [
        Fault("body", field, say("There is no turn with this id."))
        for field, turn in zip(("offeredTurn", "requestedTurn"), found, strict=True)
        if turn is None
    ]
    offered, requested = found
    if offered is None or requested is None:
        raise Invalid(NOT_POSSIBLE, missing)
    if offered.rota != requested.rota:
        apart = say("The two turns are of two rotas: only turns of one rota can be swapped.")
        raise Invalid(NOT_POSSIBLE, [Fault("body", "requestedTurn", apart)])
    return offered, requested


def giver_of(session: Session, wish: SwapWish, asker: str) -> str | None:
    """Whose place in the offered turn is meant, when `asker` proposes; None where it must be said. Raises `Invalid`."""
    turn, _ = turns_of(session, wish)
    (span,) = written.turn_spans([turn])
    return swap_rules.giver(span, _swaps_in(session, turn), wish.offering, asker)


def sides_of(session: Session, wish: SwapWish, offering: str | None) -> tuple[Side, Side]:
    """Both sides of a swap. Raises `Invalid` when a turn is not there."""
    offered, requested = turns_of(session, wish)
    (span,) = written.turn_spans([requested])
    gives = swap_rules.giver(span, _swaps_in(session, requested), wish.requested)
    return _side(session, "offered", offered, offering, gives), _side(session, "requested", requested, gives, offering)


def _side(session: Session, name: str, turn: Turn, gives: str | None, takes: str | None) -> Side:
    (span,) = written.turn_spans([turn])
    return Side(
        name=name,
        turn=span,
        gives=gives,
        takes=takes,
        swaps=tuple(_swaps_in(session, turn)),
        exempt=exempt_during(session, turn),
        superseded=turn.superseded_at is not None,
    )


def exempt_during(session: Session, turn: Turn) -> dict[str, str]:
    """Who is exempt for some part of a turn, with the reason, by the definition that is in force when it begins."""
    definition = written.definition_at(session, turn.rota, turn.from_at)
    touching = (e for e in definition.exemptions if e.touches(turn.from_at, turn.until_at, definition.clock))
    return {exemption.organisation: exemption.reason for exemption in touching}


def _swaps_in(session: Session, turn: Turn) -> list[OverrideSpan]:
    """The swaps in force in a turn that is published; a superseded one has none."""
    if turn.superseded_at is not None:
        return []
    rows = written.overrides_between(session, turn.rota, turn.from_at, turn.until_at)
    return written.override_spans(row for row in rows if row.swap is not None)


def in_the_way(session: Session, rota: str, sides: Sequence[Side], swap: str | None = None) -> None:
    """Raise `Conflict` for the first thing that must be ended before: another swap of a turn, a proposal of it that is still
    open (other than `swap` itself), or an override that leaves nothing of it to give.
    """
    for side in sides:
        _in_force(session, side)
        _still_open(session, side, swap)
        _given_away(session, rota, side)


def _in_force(session: Session, side: Side) -> None:
    for half in side.swaps:
        if side.gives in (half.replaces, half.organisation):
            names = organisations.names(session, [half.organisation, str(half.replaces)])
            raise Conflict(
                say(
                    "The turn of {who} from {at} was swapped away to {other} by swap {id}: undo that swap first.",
                    who=names[str(half.replaces)],
                    other=names[half.organisation],
                    at=side.turn.from_at,
                    id=half.swap,
                ),
                "turn-swapped",
            )


def _still_open(session: Session, side: Side, swap: str | None) -> None:
    named = or_(
        and_(Swap.offered_turn == side.turn.id, Swap.offering == side.gives),
        and_(Swap.requested_turn == side.turn.id, Swap.requested == side.gives),
    )
    other = session.scalars(select(Swap).where(Swap.state == "proposed", named, Swap.id != (swap or ""))).first()
    if other is not None:
        names = organisations.names(session, [other.offering, other.requested])
        raise Conflict(
            say(
                "The turn from {at} is in a proposal of a swap that is still open, between {offering} and {requested} "
                "({id}): answer or withdraw that one first.",
                at=side.turn.from_at,
                offering=names[other.offering],
                requested=names[other.requested],
                id=other.id,
            ),
            "turn-in-proposal",
        )


def _given_away(session: Session, rota: str, side: Side) -> None:
    overrides = written.overrides_between(session, rota, side.turn.from_at, side.turn.until_at)
    pieces = duty_rules.stretches([side.turn], written.override_spans(overrides))
    if not any(side.gives in piece.organisations for piece in pieces):
        names = organisations.names(session, [str(side.gives)])
        raise Conflict(
            say(
                "An override gives the whole turn of {who} from {at} to others: there is nothing left to swap.",
                who=names[str(side.gives)],
                at=side.turn.from_at,
            ),
            "turn-overridden",
        )


def refuse(objections: Sequence[Objection]) -> None:
    """Raise `Invalid` with every objection, when there is one."""
    if objections:
        raise Invalid(NOT_POSSIBLE, [Fault("body", one.field, one.sentence) for one in objections])


def remarks_on(session: Session, rota: str, sides: tuple[Side, Side]) -> list[Remark]:
    """What is worth saying of this swap, as things stand now."""
    begins, ends = min(side.turn.from_at for side in sides), max(side.turn.until_at for side in sides)
    turns = written.turns_until(session, rota, begins, ends)
    overrides = written.overrides_between(session, rota, turns[0].from_at, turns[-1].until_at)
    return swap_rules.remarks(*sides, written.turn_spans(turns), written.override_spans(overrides))


def halves_of(session: Session, swap: str) -> list[Override]:
    """What a swap changed in who has duty, also what was taken back; nothing before it is accepted."""
    return list(session.scalars(select(Override).where(Override.swap == swap).order_by(Override.from_at)))
