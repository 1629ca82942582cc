"""The outbox: which deliveries are sent now, by whom, and what became of them.

A claim is a lease. Whoever holds it sends without any transaction and writes down afterwards what happened; when it dies
in between the lease runs out and another sends again under the same id (at least once). Any number of engines may claim
from one store: on PostgreSQL claimed rows are skipped, on SQLite writers queue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Attempt, Delivery
from piket.alerts.retry_rules import LONGEST_PAUSE, SKEW, URGENT_KINDS, URGENT_LEVELS, Failure, next_attempt
from piket.alerts.trouble import give_up, tell_the_rest
from piket.organisations import service as organisations
from piket.settings import Settings

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


@dataclass(frozen=True)
class Result:
    """What became of a claim. `at` is when the attempt began, `took_ms` how long it took.

    `delivered`; `failed` with its `failure`; `stopped` for good without an attempt, because of `why` (`ended`: the
    contact point is no more, `acknowledged`: read meanwhile by another way); `waits` for its webhook to pass its test;
    `returned` untouched, to be sent by somebody else (a stop).
    """

    claim: Claim
    outcome: Literal["delivered", "failed", "stopped", "waits", "returned"]
    at: datetime
    took_ms: int = 0
    failure: Failure | None = None
    why: str | None = None


def due(now: datetime, lease: timedelta) -> ColumnElement[bool]:
    """What may be claimed: waiting and its moment has come, or claimed by somebody whose lease is over.

    A moment further ahead than it can be was written by a clock that has jumped, and counts as come.
    """
    waiting = and_(
        Delivery.state == "pending",
        or_(Delivery.next_attempt_at <= now, Delivery.next_attempt_at > now + LONGEST_PAUSE),
    )
    left = and_(
        Delivery.state == "sending",
        or_(Delivery.lease_until <= now, Delivery.lease_until > now + lease + SKEW, Delivery.lease_until.is_(None)),
    )
    return or_(waiting, left)


def is_anything_due(session: Session, now: datetime, lease: timedelta, busy: Collection[str] = ()) -> bool:
    """Whether a claim would find something, apart from what is `busy` (ids this process is sending). Only reads."""
    return session.scalar(select(Delivery.id).where(due(now, lease), Delivery.id.not_in(busy)).limit(1)) is not None


def next_due(session: Session, now: datetime) -> datetime | None:
    """The moment of the next planned attempt after `now`, None when none is planned."""
    return session.scalar(
        select(func.min(Delivery.next_attempt_at)).where(Delivery.state == "pending", Delivery.next_attempt_at > now)
    )


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
    taken: list[Delivery] = []
    left: dict[str, int] = {}
    while len(taken) < limit:
        skipped = [*busy, *(row.id for row in taken)]
        full = [host for host, places in left.items() if places <= 0]
        rows = session.scalars(_oldest_due(now, lease, skipped, full).limit(limit - len(taken))).all()
        fitting = []
        for row in rows:
            left[row.host] = left.get(row.host, room(row.host)) - 1
            if left[row.host] >= 0:
                fitting.append(row)
        taken += fitting
        if len(fitting) == len(rows):
            break
    for row in taken:
        row.state, row.lease_owner, row.lease_until = "sending", owner, now + lease
    session.flush()
    return [_claim(row, owner) for row in taken]


def _oldest_due(now: datetime, lease: timedelta, skipped: Collection[str], full: Collection[str]) -> Select[Delivery]:
    """What may be claimed, urgent first, leaving out what is in hand and the hosts that are full."""
    urgent = case((or_(Alert.kind.in_(URGENT_KINDS), Alert.level.in_(URGENT_LEVELS)), 0), else_=1)
    return (
        select(Delivery)
        .join(Alert, Alert.id == Delivery.alert)
        .where(due(now, lease), Delivery.id.not_in(skipped), Delivery.host.not_in(full))
        .order_by(urgent, Delivery.created_at, Delivery.id)
        .with_for_update(skip_locked=True, of=Delivery)
    )


def _claim(row: Delivery, owner: str) -> Claim:
    return Claim(
        row.id,
        row.alert,
        row.organisation,
        row.contact_point,
        row.channel,
        row.host,
        row.attempts,
        row.failures,
        owner,
    )


def record(session: Session, now: datetime, settings: Settings, results: Sequence[Result]) -> None:
    """Write down what became of claims, and what follows from it, in this transaction.

    Delivered is delivered, also when the lease was lost meanwhile. Of anything else a lost lease leaves only the attempt:
    the delivery is another's now.
    """
    identifiers = [result.claim.delivery for result in results]
    # In one order, so that two engines that write about the same rows never wait for each other in a circle.
    locked = select(Delivery).where(Delivery.id.in_(identifiers)).order_by(Delivery.id).with_for_update()
    rows = {row.id: row for row in session.scalars(locked)}
    delivered = {result.claim.contact_point for result in results if result.outcome == "delivered"}
    points = organisations.contact_points_by_id(session, delivered)
    for result in results:
        row = rows[result.claim.delivery]
        if result.outcome in ("delivered", "failed"):
            _write_attempt(session, row, result)
        if result.outcome == "delivered":
            _delivered(session, now, row, points[row.contact_point].state)
        elif row.state == "sending" and row.lease_owner == result.claim.owner:
            _not_delivered(session, now, settings, row, result)
    session.flush()


def _not_delivered(session: Session, now: datetime, settings: Settings, row: Delivery, result: Result) -> None:
    """What follows when the claim is still ours."""
    if result.outcome == "failed":
        _failed(session, now, settings, row, result.failure or Failure("unknown"))
    elif result.outcome == "stopped":
        _stopped(session, now, row, result.why)
    else:
        _put_back(session, now, row, waits=result.outcome == "waits")


def _write_attempt(session: Session, row: Delivery, result: Result) -> None:
    """One row for each attempt, whoever holds the delivery by now: that it was made stays true."""
    row.attempts += 1
    row.failures += result.outcome == "failed"
    refused = result.failure is not None and result.failure.permanent
    session.add(
        Attempt(
            delivery=row.id,
            at=result.at,
            outcome="refused" if refused else result.outcome,
            reason=result.failure.reason[:40] if result.failure else None,
            duration_ms=result.took_ms,
        )
    )


def _free(row: Delivery, state: str, next_attempt_at: datetime | None = None) -> None:
    """Let go of a delivery in this state."""
    row.state, row.next_attempt_at, row.lease_owner, row.lease_until = state, next_attempt_at, None, None


def _delivered(session: Session, now: datetime, row: Delivery, point_state: str) -> None:
    """The first 2xx of a webhook makes it active, and what waited for that is due at once."""
    _free(row, "delivered")
    row.delivered_at = row.delivered_at or now
    if point_state == "active":
        return
    if organisations.set_contact_point_state(session, now, row.contact_point, "active", "delivered"):
        session.execute(
            update(Delivery)
            .where(
                Delivery.contact_point == row.contact_point,
                Delivery.state == "pending",
                Delivery.next_attempt_at.is_(None),
            )
            .values(next_attempt_at=now)
        )


def _failed(session: Session, now: datetime, settings: Settings, row: Delivery, failure: Failure) -> None:
    """Plan the next attempt or give up; the others of the organisation are told after the third failure."""
    first_at = session.scalar(select(func.min(Attempt.at)).where(Attempt.delivery == row.id)) or now
    decision = next_attempt(row.id, row.failures, first_at, now, failure)
    if decision.at is not None:
        _free(row, "pending", decision.at)
    else:
        _free(row, "failed")
        row.gave_up_at = now
        give_up(session, now, settings, row, failure)
    if decision.trouble:
        tell_the_rest(session, now, row)


def _stopped(session: Session, now: datetime, row: Delivery, why: str | None) -> None:
    """No attempt was made; a row among the attempts says why there will be none."""
    _free(row, "failed")
    row.gave_up_at = now
    session.add(Attempt(delivery=row.id, at=now, outcome="stopped", reason=why, duration_ms=0))


def _put_back(session: Session, now: datetime, row: Delivery, waits: bool) -> None:
    """For somebody else, at once; or until the webhook is active, unless it became so while we looked."""
    waits = waits and organisations.find_contact_point(session, row.contact_point).state == "pending"
    _free(row, "pending", None if waits else now)
