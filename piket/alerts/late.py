"""How sending stands: for the auditor and the figures, which only read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.alerts.models import Attempt, Delivery


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Since when the delivery waits that has been due for longest; None when nothing is due.

    Due is what should be sent or told together by now, and what somebody claimed whose lease is over.
    """
    waiting = select(func.min(Delivery.next_attempt_at)).where(Delivery.next_attempt_at <= now)
    left = select(func.min(Delivery.lease_until)).where(Delivery.state == "sending", Delivery.lease_until <= now)
    found = [
        session.scalar(waiting.where(Delivery.state == "pending")),
        session.scalar(waiting.where(Delivery.state == "gathered")),
        session.scalar(left),
    ]
    return min((at for at in found if at is not None), default=None)


def attempts_since(session: Session, since: datetime) -> dict[str, int]:
    """How many attempts were begun after `since`, by outcome."""
    query = select(Attempt.outcome, func.count()).where(Attempt.at > since).group_by(Attempt.outcome)
    return {row[0]: row[1] for row in session.execute(query)}
