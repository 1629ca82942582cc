"""What would wait for something that does not come any more: a webhook's test, an engine that died, a moment that a
clock wrote before it was set back. All of it is let go here, to be sent at once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.orm import Session

from piket.alerts.models import Attempt, Delivery
from piket.alerts.retry_rules import SKEW
from piket.organisations import service as organisations


def release_waiting(session: Session, now: datetime) -> int:
    """Let go what waits for a webhook that is no longer `pending`, such as one that was ended; how many deliveries."""
    waiting = and_(Delivery.state == "pending", Delivery.next_attempt_at.is_(None))
    points = session.scalars(select(Delivery.contact_point).where(waiting).distinct()).all()
    freed = [id for id in points if organisations.find_contact_point(session, id).state != "pending"]
    if not freed:
        return 0
    rows = session.scalars(select(Delivery).where(waiting, Delivery.contact_point.in_(freed))).all()
    for row in rows:
        row.next_attempt_at = now
    return len(rows)


def release_future(session: Session, now: datetime) -> int:
    """Let go what was written or tried after `now`, which a clock did that has been set back; how many deliveries.

    Their next attempts were planned by that clock, and would come as much too late as it went back. For when that is
    noticed, and not for every pass: the traces of it stay.
    """
    tried_later = exists().where(Attempt.delivery == Delivery.id, Attempt.at > now + SKEW)
    planned = and_(Delivery.state == "pending", Delivery.next_attempt_at > now)
    found = select(Delivery).where(planned, or_(Delivery.created_at > now + SKEW, tried_later))
    rows = session.scalars(found.order_by(Delivery.id).with_for_update()).all()
    for row in rows:
        row.next_attempt_at = now
    return len(rows)


def owners(session: Session) -> set[str]:
    """The engines that hold a delivery at this moment, living or not."""
    held = select(Delivery.lease_owner).where(Delivery.state == "sending").distinct()
    return {owner for owner in session.scalars(held) if owner is not None}


def release_of(session: Session, now: datetime, gone: Collection[str]) -> int:
    """End the leases of engines that are known to be gone; how many deliveries.

    What they were sending may have arrived: it goes again under the same id.
    """
    held = and_(Delivery.state == "sending", Delivery.lease_owner.in_(gone))
    freed = update(Delivery).where(held).values(lease_until=now).returning(Delivery.id)
    return len(session.scalars(freed).all())
