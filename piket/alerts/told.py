"""Who was told of what."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Recipient
from piket.alerts.rules import EPISODE_KINDS, FALLS, LEVELS, rank
from piket.db import marks_of

_MARKS = marks_of(Alert.seq)


def marks(session: Session) -> tuple[int, int]:
    """Two numbers of which one changes with every alert."""
    last, alerts = session.execute(_MARKS).one()
    return last, alerts


# Every change of level asks these, so they are put together once.
_HERE = (Alert.centre == bindparam("centre"), Alert.drill == bindparam("drill"))
_TOLD_SINCE = (
    select(Recipient.organisation, Recipient.levels)
    .join(Alert, Alert.id == Recipient.alert)
    .where(*_HERE, Alert.kind.in_(("levelRaised", "callUp")), Alert.seq > bindparam("since"))
    .order_by(Alert.seq, Recipient.position)
)
_LAST_FALL = select(func.max(Alert.seq)).where(
    *_HERE, Alert.kind.in_(FALLS), Alert.level.in_(bindparam("below", expanding=True))
)


def told_of(session: Session, centre: str, drill: bool, levels: Collection[str]) -> tuple[str, ...]:
    """Who was told that `centre` reached one of `levels`, and not yet that it was left: first told first.

    A later fall of the centre to below a level ends what was told of that level.
    """
    told: dict[str, None] = {}
    for level in (name for name in LEVELS if name in levels):
        since = _last_fall_below(session, centre, drill, level)
        rows = session.execute(_TOLD_SINCE, {"centre": centre, "drill": drill, "since": since})
        told |= {organisation: None for organisation, named in rows if level in named}
    return tuple(told)


def _last_fall_below(session: Session, centre: str, drill: bool, level: str) -> int:
    """The number of the last alert that told of a fall of `centre` to below `level`; 0 when there is none."""
    below = [name for name in LEVELS if rank(name) < rank(level)]
    return session.scalar(_LAST_FALL, {"centre": centre, "drill": drill, "below": below}) or 0


def told_in(session: Session, overflow: str) -> tuple[str, ...]:
    """Who was told of an episode, first told first. Hosts, who hear of their commitment only, are not among them."""
    rows = session.scalars(
        select(Recipient.organisation)
        .join(Alert, Alert.id == Recipient.alert)
        .where(Alert.overflow == overflow, Alert.kind.in_(EPISODE_KINDS))
        .order_by(Alert.seq, Recipient.position)
    )
    return tuple(dict.fromkeys(rows))


def told_beside(session: Session, alert: str) -> tuple[str, ...]:
    """Who was told of the same episode in the same moment, by other alerts: a call-up and its crossing are one fact."""
    this = select(Alert.overflow, Alert.created_at).where(Alert.id == alert).subquery()
    rows = session.scalars(
        select(Recipient.organisation)
        .join(Alert, Alert.id == Recipient.alert)
        .join(this, and_(this.c.overflow == Alert.overflow, this.c.created_at == Alert.created_at))
        .where(Alert.kind.in_(EPISODE_KINDS), Alert.id != alert)
        .order_by(Alert.seq, Recipient.position)
    )
    return tuple(dict.fromkeys(rows))
