"""Who was told of what, and what did not come over."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from piket.alerts.models import Acknowledgement, Alert, Delivery, Recipient
from piket.alerts.rules import EPISODE_KINDS, FALLS, LEVELS, rank

UNDELIVERED_AFTER_FAILURES = 3
UNDELIVERED_FOR = timedelta(hours=24)


def told_of(session: Session, centre: str, drill: bool, levels: Collection[str]) -> tuple[str, ...]:
    """Who was told that `centre` reached one of `levels`, and not yet that it was left: first told first.

    A later fall of the centre to below a level ends what was told of that level.
    """
    told: dict[str, None] = {}
    for level in (name for name in LEVELS if name in levels):
        since = _last_fall_below(session, centre, drill, level)
        rows = session.execute(
            select(Recipient.organisation, Recipient.levels)
            .join(Alert, Alert.id == Recipient.alert)
            .where(Alert.centre == centre, Alert.drill == drill, Alert.kind.in_(("levelRaised", "callUp")))
            .where(Alert.seq > since)
            .order_by(Alert.seq, Recipient.position)
        )
        told |= {organisation: None for organisation, named in rows if level in named}
    return tuple(told)


def _last_fall_below(session: Session, centre: str, drill: bool, level: str) -> int:
    """The number of the last alert that told of a fall of `centre` to below `level`; 0 when there is none."""
    below = [name for name in LEVELS if rank(name) < rank(level)]
    return (
        session.scalar(
            select(func.max(Alert.seq)).where(
                Alert.centre == centre, Alert.drill == drill, Alert.kind.in_(FALLS), Alert.level.in_(below)
            )
        )
        or 0
    )


def told_in(session: Session, overflow: str) -> tuple[str, ...]:
    """Who was told of an episode, first told first. Hosts, who hear of their commitment only, are not among them."""
    rows = session.scalars(
        select(Recipient.organisation)
        .join(Alert, Alert.id == Recipient.alert)
        .where(Alert.overflow == overflow, Alert.kind.in_(EPISODE_KINDS))
        .order_by(Alert.seq, Recipient.position)
    )
    return tuple(dict.fromkeys(rows))


def undelivered(session: Session, now: datetime, open_overflows: Collection[str]) -> int:
    """How many real deliveries did not come over, and how many organisations had to be told and could not be.

    Deliveries with three failures or more, or given up, and recipients without an open contact point: of the last 24
    hours or of one of `open_overflows`, not delivered or acknowledged since.
    """
    read = exists().where(Acknowledgement.alert == Alert.id, Acknowledgement.organisation == Delivery.organisation)
    troubled = or_(Delivery.failures >= UNDELIVERED_AFTER_FAILURES, Delivery.gave_up_at.is_not(None))
    failing = (
        select(func.count())
        .select_from(Delivery)
        .join(Alert, Alert.id == Delivery.alert)
        .where(Delivery.state.in_(("pending", "sending", "failed")), troubled, ~read)
    )
    read = exists().where(Acknowledgement.alert == Alert.id, Acknowledgement.organisation == Recipient.organisation)
    unreached = (
        select(func.count())
        .select_from(Recipient)
        .join(Alert, Alert.id == Recipient.alert)
        .where(Recipient.reachable.is_(False), ~read)
    )
    since = now - UNDELIVERED_FOR
    total = 0
    for query, created in ((failing, Delivery.created_at), (unreached, Recipient.created_at)):
        # Two counts instead of one with OR, so that each can walk its own index.
        for when in _lately_or_open(created, since, open_overflows):
            total += session.scalar(query.where(Alert.drill.is_(False), when)) or 0
    return total


def _lately_or_open(created: Any, since: datetime, open_overflows: Collection[str]) -> list[ColumnElement[bool]]:
    """Written in the last day; or before it, and of an open episode."""
    lately: ColumnElement[bool] = created >= since
    return [lately, and_(created < since, Alert.overflow.in_(open_overflows))] if open_overflows else [lately]
