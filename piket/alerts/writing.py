"""New rows of what is told: recipients and deliveries, many in one statement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from piket.alerts.models import Delivery, Recipient
from piket.alerts.rules import ContactPoint, host_of
from piket.db import Base, new_id

_DELIVERIES = insert(Base.metadata.tables[Delivery.__tablename__])
_RECIPIENTS = insert(Base.metadata.tables[Recipient.__tablename__])


@dataclass
class NewDelivery:
    """A delivery that is not in the store yet; its fields are those of `models.Delivery`."""

    alert: str
    contact_point: str
    organisation: str
    channel: str
    host: str
    created_at: datetime
    next_attempt_at: datetime | None
    state: str = "pending"
    lease_until: datetime | None = None
    lease_owner: str | None = None
    attempts: int = 0
    failures: int = 0
    id: str = field(default_factory=new_id)


def new_delivery(alert: str, organisation: str, point: ContactPoint, now: datetime) -> NewDelivery:
    """What brings an alert to one contact point, due at once."""
    host = host_of(point.channel, point.address)
    return NewDelivery(alert, point.id, organisation, point.channel, host, now, now)


def write_deliveries(session: Session, rows: Collection[NewDelivery]) -> None:
    """Into the store, after what they point at."""
    session.flush()
    if rows:
        session.execute(_DELIVERIES, [vars(row) for row in rows])


def write_recipients(session: Session, now: datetime, alert: str, told: Collection[dict[str, Any]]) -> None:
    """That these had to be told of an alert, in this order: `organisation`, `levels`, and whether they are `reachable`."""
    session.flush()
    if told:
        rows = [{**one, "alert": alert, "position": place, "created_at": now} for place, one in enumerate(told)]
        session.execute(_RECIPIENTS, rows)
