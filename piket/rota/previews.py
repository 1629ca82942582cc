"""Show what a decision would move, before it is taken. Reads only: the same calculation as the decision, thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from piket.organisations import service as organisations
from piket.rota import explain, moved_rules, written
from piket.rota.changes import Wish, foresee, refuse_faults
from piket.rota.rules import Definition, PlannedTurn, organisations_of
from piket.settings import Settings
from piket.words import Text


@dataclass(frozen=True)
class PlannedView:
    """A turn as it would be, and why it would be whose it is."""

    from_at: datetime
    until_at: datetime
    organisations: tuple[str, ...]
    why: Text


@dataclass(frozen=True)
class MoveView:
    """A published turn that would move: when it is and whose, and the turns that would be in its place."""

    turn: str
    from_at: datetime
    until_at: datetime
    organisations: tuple[str, ...]
    instead: tuple[PlannedView, ...]


@dataclass(frozen=True)
class Preview:
    """What a decision would change: from when turns follow it, which published turns would move, and who would be told.

    `published_until` is where the preview ends: beyond it nothing is published that could move.
    """

    rota: str
    effective_from: datetime
    published_until: datetime
    moved: tuple[MoveView, ...]
    told: tuple[str, ...]


def preview(
    session: Session,
    now: datetime,
    code: str,
    definition: Definition,
    settings: Settings,
    effective_from: datetime | None = None,
) -> Preview:
    """What `put_rota` would move, given the same. Raises `NotFound` for an unknown rota, `Invalid` with every fault."""
    written.find_row(session, code)
    wish = Wish(code, definition, now + timedelta(days=settings.engine.horizon_days), effective_from)
    refuse_faults(session, now, wish, new=False)
    change = foresee(session, now, wish, written.latest_edition(session, code))
    involved = {code for turn in change.plan for code in turn.basis.after or ()}
    names = organisations.names(session, involved.union(organisations_of(definition.members)))
    moved = tuple(
        MoveView(
            row.id,
            row.from_at,
            row.until_at,
            organisations_of(written.holders_of(row)),
            tuple(_planned(turn, names) for turn in moved_rules.in_its_place(written.planned(row), change.plan)),
        )
        for row in change.moved
    )
    return Preview(code, change.takes_effect, change.published_until, moved, tuple(change.whose))


def _planned(turn: PlannedTurn, names: dict[str, str]) -> PlannedView:
    sentence = explain.why(turn.holders, turn.basis, [], names, proposed=False)
    return PlannedView(turn.from_at, turn.until_at, organisations_of(turn.holders), sentence)
