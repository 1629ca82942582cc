"""Who can be told something at any hour of the day."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from piket.organisations.models import ContactPoint

# A telephone is shown to people and never dialled: nothing reaches anybody by it alone.
_WRITTEN = ("email", "webhook")


def reachable_always(session: Session, organisations: Collection[str]) -> frozenset[str]:
    """Those of them with a mailbox or webhook that is read at all hours. One that fails counts: that is told as such."""
    return _with_point(
        session, organisations, ContactPoint.state.in_(("active", "failing")), ContactPoint.hours == "always"
    )


def ever_reachable(session: Session, organisations: Collection[str]) -> frozenset[str]:
    """Those of them that have or ever had a mailbox or webhook here, whatever became of it."""
    return _with_point(session, organisations)


def _with_point(session: Session, organisations: Collection[str], *wanted: ColumnElement[bool]) -> frozenset[str]:
    query = select(ContactPoint.organisation).where(
        ContactPoint.organisation.in_(organisations), ContactPoint.channel.in_(_WRITTEN), *wanted
    )
    return frozenset(session.scalars(query))
