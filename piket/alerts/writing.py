"""New rows of what is told: recipients and deliveries, many in one statement."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from piket.alerts import express
from piket.alerts.models import Delivery, Recipient
from piket.alerts.new_delivery import NewDelivery
from piket.db import Base

_DELIVERIES = insert(Base.metadata.tables[Delivery.__tablename__])
_RECIPIENTS = insert(Base.metadata.tables[Recipient.__tablename__])


def write_deliveries(session: Session, rows: Collection[NewDelivery]) -> None:
    """Into the store, after what they point at; the engine of this process sends them at once where it has room."""
    session.flush()
    if rows:
        express.load(session, rows)
        session.execute(_DELIVERIES, [vars(row) for row in rows])


def write_recipients(session: Session, now: datetime, alert: str, told: Collection[dict[str, Any]]) -> None:
    """That these had to be told of an alert, in this order: `organisation`, `levels`, and whether they are `reachable`."""
    session.flush()
    if told:
        rows = [{**one, "alert": alert, "position": place, "created_at": now} for place, one in enumerate(told)]
        session.execute(_RECIPIENTS, rows)
