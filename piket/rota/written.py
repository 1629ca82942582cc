"""Read what is written down of a rota, as the plain values that the rules take.

"Published" means not superseded: what is in force, past or to come. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from piket.db import UtcDateTime
from piket.errors import NotFound
from piket.rota.definitions import basis_from_json, from_json
from piket.rota.duty_rules import OverrideSpan, TurnSpan
from piket.rota.models import Override, Rota, RotaEdition, Turn
from piket.rota.rules import Definition, Member, PlannedTurn
from piket.words import say

# Every count asks who is on duty, so these are put together once.
_TURNS_FROM = (
    select(Turn)
    .where(Turn.rota == bindparam("rota"), Turn.superseded_at.is_(None))
    .where(Turn.until_at > bindparam("since", type_=UtcDateTime()))
    .order_by(Turn.until_at)
    .limit(bindparam("most"))
)
_OVERRIDES_BETWEEN = (
    select(Override)
    .where(Override.rota == bindparam("rota"), Override.until_at > bindparam("since", type_=UtcDateTime()))
    .where(Override.from_at < bindparam("until", type_=UtcDateTime()))
    .order_by(Override.from_at, Override.id)
)


def find_row(session: Session, code: str, *, lock: bool = False) -> Rota:
    """The rota with this code; `lock` keeps others from changing it in this transaction. Raises `NotFound`."""
    rota = session.get(Rota, code, with_for_update=lock or None)
    if rota is None:
        raise NotFound(say("There is no rota with the code {code}.", code=code))
    return rota


def codes(session: Session) -> list[str]:
    """All rotas, first line first."""
    return list(session.scalars(select(Rota.code).order_by(Rota.line, Rota.code)))


def latest_edition(session: Session, code: str) -> RotaEdition:
    """The definition that was recorded last; it may still have to take effect."""
    query = select(RotaEdition).where(RotaEdition.rota == code).order_by(RotaEdition.edition.desc())
    return session.scalars(query.limit(1)).one()


def definition_at(session: Session, code: str, at: datetime) -> Definition:
    """The definition in force at `at`; before the first one took effect, that first one."""
    rows = select(RotaEdition).where(RotaEdition.rota == code)
    begun = rows.where(RotaEdition.effective_from <= at).order_by(RotaEdition.edition.desc())
    row = session.scalars(begun.limit(1)).first() or session.scalars(rows.order_by(RotaEdition.edition).limit(1)).one()
    return from_json(row.definition)


def last_turn(session: Session, code: str) -> Turn | None:
    """The last turn that is published."""
    query = select(Turn).where(Turn.rota == code, Turn.superseded_at.is_(None))
    return session.scalars(query.order_by(Turn.until_at.desc()).limit(1)).first()


def horizon(session: Session, code: str) -> datetime | None:
    """Until when turns are published (exclusive); None while there is none."""
    return session.scalar(
        select(Turn.until_at)
        .where(Turn.rota == code, Turn.superseded_at.is_(None))
        .order_by(Turn.until_at.desc())
        .limit(1)
    )


def written_until(session: Session) -> dict[str, datetime | None]:
    """Until when each rota is written down."""
    return {code: horizon(session, code) for code in codes(session)}


def beginning(session: Session, code: str) -> datetime | None:
    """From when on turns are published; None while there is none."""
    return session.scalar(select(func.min(Turn.from_at)).where(Turn.rota == code, Turn.superseded_at.is_(None)))


def turns_from(session: Session, code: str, since: datetime, limit: int) -> Sequence[Turn]:
    """The first `limit` published turns that end after `since`, in order: the one under way then comes first."""
    return session.scalars(_TURNS_FROM, {"rota": code, "since": since, "most": limit}).all()


def turns_until(session: Session, code: str, since: datetime, until: datetime) -> Sequence[Turn]:
    """The published turns of which some moment lies from `since` until `until`, and one before them and one after."""
    published = select(Turn).where(Turn.rota == code, Turn.superseded_at.is_(None))
    before = session.scalars(published.where(Turn.until_at <= since).order_by(Turn.until_at.desc()).limit(1)).all()
    within = session.scalars(published.where(Turn.until_at > since, Turn.from_at < until).order_by(Turn.until_at)).all()
    after = session.scalars(published.where(Turn.from_at >= until).order_by(Turn.from_at).limit(1)).all()
    return [*before, *within, *after]


def overrides_between(session: Session, code: str, since: datetime, until: datetime) -> Sequence[Override]:
    """The overrides that held or hold for some moment from `since` until `until`, in order of time."""
    rows = session.scalars(_OVERRIDES_BETWEEN, {"rota": code, "since": since, "until": until}).all()
    return [row for row in rows if ends(row) > max(since, row.from_at)]


def ends(override: Override) -> datetime:
    """When an override ended or will end; not after its beginning when it was taken back before it held."""
    return override.until_at if override.ended_at is None else min(override.until_at, override.ended_at)


def holders_of(turn: Turn) -> tuple[Member, ...]:
    """The organisations of each slot."""
    return tuple(tuple(slot) for slot in turn.slots)


def planned(turn: Turn) -> PlannedTurn:
    """The turn as the calculation made it."""
    return PlannedTurn(turn.from_at, turn.until_at, holders_of(turn), basis_from_json(turn.basis))


def turn_spans(turns: Iterable[Turn]) -> list[TurnSpan]:
    """Rows as values."""
    return [TurnSpan(turn.id, turn.from_at, turn.until_at, holders_of(turn)) for turn in turns]


def override_spans(overrides: Iterable[Override]) -> list[OverrideSpan]:
    """Rows as values."""
    return [OverrideSpan(row.id, row.from_at, ends(row), row.organisation, row.replaces, row.swap) for row in overrides]
