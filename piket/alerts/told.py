"""Who was told of what, and what did not come over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from piket.alerts.models import Acknowledgement, Alert, Delivery, Recipient
from piket.alerts.rules import EPISODE_KINDS, FALLS, LEVELS, rank
from piket.db import marks_of

UNDELIVERED_AFTER_FAILURES = 3
UNDELIVERED_FOR = timedelta(hours=24)


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


def undelivered(session: Session, now: datetime, open_overflows: Collection[str]) -> int:
    """How many real deliveries did not come over, and how many organisations had to be told and could not be.

    Deliveries with three failures or more, or given up, and recipients without an open contact point: of the last 24
    hours or of one of `open_overflows`, not delivered or acknowledged since.
    """
    since = now - UNDELIVERED_FOR
    found: set[tuple[str, str]] = set()
    for query, created in ((_failing(), Delivery.created_at), (_unreached(), Recipient.created_at)):
        # Two queries instead of one with OR, so that each can walk its own index; what both find counts once.
        for when in (created >= since, Alert.overflow.in_(open_overflows)):
            found |= {(first, second) for first, second in session.execute(query.where(Alert.drill.is_(False), when))}
    return len(found)


def _failing() -> Select[str, str]:
    """Deliveries that failed three times or were given up, of what the organisation has not said to have read."""
    read = exists().where(Acknowledgement.alert == Alert.id, Acknowledgement.organisation == Delivery.organisation)
    troubled = or_(Delivery.failures >= UNDELIVERED_AFTER_FAILURES, Delivery.gave_up_at.is_not(None))
    return (
        select(Delivery.alert, Delivery.id)
        .join(Alert, Alert.id == Delivery.alert)
        .where(Delivery.state.in_(("pending", "sending", "failed")), troubled, ~read)
    )


def _unreached() -> Select[str, str]:
    """Organisations that had to be told and could not be."""
    read = exists().where(Acknowledgement.alert == Alert.id, Acknowledgement.organisation == Recipient.organisation)
    return (
        select(Recipient.alert, Recipient.organisation)
        .join(Alert, Alert.id == Recipient.alert)
        .where(Recipient.reachable.is_(False), ~read)
    )
