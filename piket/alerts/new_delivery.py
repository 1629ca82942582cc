"""A delivery before it is in the store, so that who writes many can still say what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from piket.alerts.rules import ContactPoint, host_of
from piket.db import new_id


@dataclass
class NewDelivery:
    """Its fields are those of `models.Delivery`."""

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
