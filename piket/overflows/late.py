"""What was due in an episode and is not done: for the auditor, which only reads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from piket.overflows.models import CallUp, Overflow


def late_steps(session: Session, before: datetime) -> int:
    """How many call-ups of open episodes have a moment that had come by `before` and was not acted upon.

    A reminder that was neither sent nor made needless, an answer that is overdue, an hour of need that has passed: a pass
    writes something down at each of them, so what is still as it was has been seen by no pass.
    """
    unanswered = CallUp.state == "open"
    untouched = or_(
        and_(unanswered, CallUp.reminded_at.is_(None), CallUp.remind_at <= before),
        and_(unanswered, CallUp.respond_by < before),
        and_(CallUp.state != "released", CallUp.needed_by_passed_at.is_(None), CallUp.needed_by <= before),
    )
    query = select(func.count()).select_from(CallUp).join(Overflow, Overflow.id == CallUp.overflow)
    return session.scalar(query.where(Overflow.state == "open", untouched)) or 0
