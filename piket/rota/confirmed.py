"""Read what provinces confirmed for their turns. What nobody confirmed is unknown, and never 0."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.errors import NotFound
from piket.pages import Page, PageRequest, read_page
from piket.rota.confirm_models import ConfirmationNotice, TurnConfirmation
from piket.rota.confirm_rules import sum_known
from piket.rota.models import Turn
from piket.words import say


@dataclass(frozen=True)
class ConfirmationInfo:
    """What an organisation said for a turn. `holds`: whether it is the newest, the one that counts.

    `given_by` is whose key was used; `on_behalf` who said it, where another entered it. `sites` is as it was
    sent, moments as text.
    """

    id: str
    turn: str
    organisation: str
    places: int
    sites: Sequence[Mapping[str, Any]]
    note: str | None
    given_by: str
    on_behalf: Mapping[str, Any] | None
    created_at: datetime
    holds: bool


@dataclass(frozen=True)
class Readiness:
    """How far those on duty have said what they can open.

    `places` None: nobody said. `silent` have not said it. `warned_at`: when the standby was told that an answer is missing.
    """

    places: int | None = None
    silent: tuple[str, ...] = ()
    warned_at: datetime | None = None


class Confirmed:
    """The newest confirmations of some turns, by turn and organisation."""

    def __init__(self, rows: Collection[TurnConfirmation]) -> None:
        self._newest = {(row.turn, row.organisation): row for row in sorted(rows, key=lambda row: row.seq)}

    def places(self, turn: str, organisations: Sequence[str]) -> int | None:
        """How many places these confirmed together for a turn; None when none of them said anything."""
        return sum_known([self.of(turn, code) for code in organisations])

    def of(self, turn: str, organisation: str) -> int | None:
        """How many one of them confirmed, 0 included; None: it has not said."""
        row = self._newest.get((turn, organisation))
        return row.places if row else None


def confirmed(session: Session, turns: Collection[str]) -> Confirmed:
    """What was confirmed for these turns."""
    newest = (
        select(func.max(TurnConfirmation.seq))
        .where(TurnConfirmation.turn.in_(turns))
        .group_by(TurnConfirmation.turn, TurnConfirmation.organisation)
    )
    return Confirmed(session.scalars(select(TurnConfirmation).where(TurnConfirmation.seq.in_(newest))).all())


def readiness(session: Session, turn: str | None, organisations: Sequence[str]) -> Readiness:
    """What those on duty in a turn have said, and whether the standby was warned that somebody has not."""
    if turn is None:
        return Readiness()
    known = confirmed(session, [turn])
    silent = tuple(code for code in organisations if known.of(turn, code) is None)
    warned_at = session.scalar(
        select(func.min(ConfirmationNotice.created_at)).where(
            ConfirmationNotice.turn == turn,
            ConfirmationNotice.step == "missing",
            ConfirmationNotice.organisation.in_(silent),
        )
    )
    return Readiness(known.places(turn, organisations), silent, warned_at)


def find_confirmation(session: Session, confirmation_id: str) -> ConfirmationInfo:
    """One confirmation, also one that a later one replaced. Raises `NotFound`."""
    row = session.scalars(select(TurnConfirmation).where(TurnConfirmation.id == confirmation_id)).first()
    if row is None:
        raise NotFound(say("There is no confirmation of a turn with this id."))
    return info(session, row)


def confirmations_paged(session: Session, turn: str, page: PageRequest) -> Page[ConfirmationInfo]:
    """What was confirmed for a turn, the newest first, earlier ones too. Raises `NotFound` for an unknown turn."""
    if session.get(Turn, turn) is None:
        raise NotFound(say("There is no turn with this id."))
    query = select(TurnConfirmation).where(TurnConfirmation.turn == turn)
    return read_page(session, query, page, [TurnConfirmation.seq]).map(lambda row: info(session, row))


def info(session: Session, row: TurnConfirmation) -> ConfirmationInfo:
    """A row as a value."""
    newest = session.scalar(
        select(func.max(TurnConfirmation.seq)).where(
            TurnConfirmation.turn == row.turn, TurnConfirmation.organisation == row.organisation
        )
    )
    return ConfirmationInfo(
        id=row.id,
        turn=row.turn,
        organisation=row.organisation,
        places=row.places,
        sites=row.sites,
        note=row.note,
        given_by=row.given_by,
        on_behalf=row.on_behalf,
        created_at=row.created_at,
        holds=row.seq == newest,
    )
