"""What did not come over: how many, and which, so that somebody can pick up a telephone.

Real messages of the last 24 hours or of an overflow that is open; `not_arrived` says which did not come over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.deliveries import AttemptInfo, attempts_of
from piket.alerts.info import AlertInfo
from piket.alerts.models import Alert, Delivery, Recipient
from piket.alerts.not_arrived import failing, unreached
from piket.alerts.show import find_alerts
from piket.organisations import service as organisations

UNDELIVERED_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Undelivered:
    """One message to `organisation`, written at `since`, that did not come over.

    `delivery` None: there was no address to write to, so nothing was sent. `last` is the latest attempt, `next_attempt_at` None
    when none is planned. `ended`: its contact point is no more.
    """

    alert: AlertInfo
    organisation: str
    since: datetime
    delivery: str | None = None
    state: str | None = None
    last: AttemptInfo | None = None
    next_attempt_at: datetime | None = None
    ended: bool = False

    @property
    def may_retry(self) -> bool:
        """Whether it can be tried again by hand: it was given up, and its contact point is still there."""
        return self.state == "failed" and not self.ended


@dataclass(frozen=True)
class _Found:
    """One of them by its ids: `of` is a delivery, or an organisation that had no address."""

    since: datetime
    alert: str
    of: str
    sent: bool


def undelivered(session: Session, now: datetime, open_overflows: Collection[str]) -> int:
    """How many did not come over. Older ones than of a day count when they are of one of `open_overflows`."""
    return len(_find(session, now, open_overflows, None))


def undelivered_lines(
    session: Session,
    now: datetime,
    open_overflows: Collection[str],
    organisation: str | None = None,
    limit: int = 50,
    skip: int = 0,
) -> tuple[int, list[Undelivered]]:
    """How many there are, and the `limit` of them after `skip`, newest first: exactly what `undelivered` counts, or of that
    what was for one organisation. The store is asked the same few questions however many there are.
    """
    found = _find(session, now, open_overflows, organisation)
    return len(found), _whole(session, found[skip : skip + limit])


def _find(session: Session, now: datetime, open_overflows: Collection[str], organisation: str | None) -> list[_Found]:
    """All of them, newest first."""
    since = now - UNDELIVERED_FOR
    found: set[_Found] = set()
    for query, created in (
        (failing(organisation), Delivery.created_at),
        (unreached(organisation), Recipient.created_at),
    ):
        # Two queries instead of one with OR, so that each can walk its own index; what both find counts once.
        for when in (created >= since, Alert.overflow.in_(open_overflows)):
            rows = session.execute(query.add_columns(created).where(Alert.drill.is_(False), when))
            found |= {_Found(at, alert, of, created is Delivery.created_at) for alert, of, at in rows}
    return sorted(found, key=lambda one: (one.since, one.alert, one.of), reverse=True)


def _whole(session: Session, found: Sequence[_Found]) -> list[Undelivered]:
    """The same with what is known of them."""
    if not found:
        return []
    alerts = find_alerts(session, {one.alert for one in found})
    sent = [one.of for one in found if one.sent]
    rows = {row.id: row for row in session.scalars(select(Delivery).where(Delivery.id.in_(sent)))} if sent else {}
    attempts = attempts_of(session, sent)
    points = organisations.contact_points_by_id(session, {row.contact_point for row in rows.values()})
    return [
        _line(one, alerts[one.alert], rows[one.of], attempts.get(one.of, ()), points[rows[one.of].contact_point].state)
        if one.sent
        else Undelivered(alerts[one.alert], one.of, one.since)
        for one in found
    ]


def _line(
    one: _Found, alert: AlertInfo, row: Delivery, attempts: Sequence[AttemptInfo], point_state: str
) -> Undelivered:
    return Undelivered(
        alert=alert,
        organisation=row.organisation,
        since=one.since,
        delivery=row.id,
        state=row.state,
        last=attempts[-1] if attempts else None,
        next_attempt_at=row.next_attempt_at,
        ended=point_state == "ended",
    )
