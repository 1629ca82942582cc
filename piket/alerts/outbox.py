"""The outbox: which deliveries are sent now, and by whom.

A claim is a lease. Whoever holds it sends without any transaction and writes down afterwards what happened (`results`);
when it dies in between the lease runs out and another sends again under the same id (at least once). Any number of engines
may claim from one store: on PostgreSQL claimed rows are skipped, on SQLite writers queue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Delivery
from piket.alerts.retry_rules import LONGEST_PAUSE, SKEW, URGENT_KINDS, URGENT_LEVELS
from piket.db import Base

BATCH = 200


@dataclass(frozen=True)
class Claim:
    """One delivery that `owner` may send until its lease is over. `attempts` were made before."""

    delivery: str
    alert: str
    organisation: str
    contact_point: str
    channel: str
    host: str
    attempts: int
    failures: int
    owner: str


_ROWS, _ALERTS = Base.metadata.tables[Delivery.__tablename__], Base.metadata.tables[Alert.__tablename__]
# What may be claimed: waiting and its moment has come, or claimed by somebody whose lease is over, but for what is `busy` here.
# A moment further ahead than it can be was written by a clock that has jumped, and counts as come.
_WAITING = and_(
    _ROWS.c.state == "pending",
    or_(_ROWS.c.next_attempt_at <= bindparam("now"), _ROWS.c.next_attempt_at > bindparam("pause_ends")),
)
_LEFT = and_(
    _ROWS.c.state == "sending",
    or_(
        _ROWS.c.lease_until <= bindparam("now"),
        _ROWS.c.lease_until > bindparam("lease_ends"),
        _ROWS.c.lease_until.is_(None),
    ),
)
_DUE = and_(or_(_WAITING, _LEFT), _ROWS.c.id.not_in(bindparam("busy", expanding=True)))
_IS_DUE = select(_ROWS.c.id).where(_DUE).limit(1)
_NEXT = select(func.min(_ROWS.c.next_attempt_at)).where(
    _ROWS.c.state == "pending", _ROWS.c.next_attempt_at > bindparam("now")
)
_URGENT = case((or_(_ALERTS.c.kind.in_(URGENT_KINDS), _ALERTS.c.level.in_(URGENT_LEVELS)), 0), else_=1)
_OLDEST = (
    select(
        _ROWS.c.id,
        _ROWS.c.alert,
        _ROWS.c.organisation,
        _ROWS.c.contact_point,
        _ROWS.c.channel,
        _ROWS.c.host,
        _ROWS.c.attempts,
        _ROWS.c.failures,
    )
    .join(_ALERTS, _ALERTS.c.id == _ROWS.c.alert)
    .where(_DUE, _ROWS.c.host.not_in(bindparam("full", expanding=True)))
    .order_by(_URGENT, _ROWS.c.created_at, _ROWS.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, of=_ROWS)
)
_TAKE = (
    update(_ROWS)
    .where(_ROWS.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="sending", lease_owner=bindparam("owner"), lease_until=bindparam("until"))
)


def _moments(now: datetime, lease: timedelta, busy: Collection[str]) -> dict[str, Any]:
    """What the statements above ask for."""
    return {"now": now, "pause_ends": now + LONGEST_PAUSE, "lease_ends": now + lease + SKEW, "busy": list(busy)}


def is_anything_due(session: Session, now: datetime, lease: timedelta, busy: Collection[str] = ()) -> bool:
    """Whether a claim would find something, apart from what is `busy` (ids this process is sending). Only reads."""
    return session.scalar(_IS_DUE, _moments(now, lease, busy)) is not None


def next_due(session: Session, now: datetime) -> datetime | None:
    """The moment of the next planned attempt after `now`, None when none is planned."""
    planned: datetime | None = session.scalar(_NEXT, {"now": now})
    return planned


def claim(
    session: Session,
    now: datetime,
    lease: timedelta,
    owner: str,
    limit: int = BATCH,
    busy: Collection[str] = (),
    room: Callable[[str], int] = lambda host: BATCH,
) -> list[Claim]:
    """Take at most `limit` due deliveries for `owner`: urgent ones first, then the oldest.

    `room(host)` says how many more may go to a host; one without room is passed over, so that thousands that wait for a
    slow receiver never stand before the others. `busy` are left alone: this process is sending them.
    """
    taken: list[Claim] = []
    left: dict[str, int] = {}
    while len(taken) < limit:
        skipped = [*busy, *(one.delivery for one in taken)]
        full = [host for host, places in left.items() if places <= 0]
        asked = {**_moments(now, lease, skipped), "full": full, "most": limit - len(taken)}
        found: list[Claim] = [Claim(*row, owner) for row in session.execute(_OLDEST, asked)]
        fitting = _fitting(found, left, room)
        taken += fitting
        if len(fitting) == len(found):
            break
    if taken:
        session.execute(_TAKE, {"ids": [one.delivery for one in taken], "owner": owner, "until": now + lease})
    return taken


def _fitting(claims: Sequence[Claim], left: dict[str, int], room: Callable[[str], int]) -> list[Claim]:
    """Those for whose host there is room; `left` keeps how much is left of it."""
    fitting = []
    for one in claims:
        left[one.host] = left.get(one.host, room(one.host)) - 1
        if left[one.host] >= 0:
            fitting.append(one)
    return fitting
