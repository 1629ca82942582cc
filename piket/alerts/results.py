"""What became of claims: written down, with all that follows from it.

Delivered is the rule, and is written for all of them at once. Anything else is looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from piket.alerts.models import Attempt, Delivery
from piket.alerts.outbox import Claim
from piket.alerts.retry_rules import Failure, next_attempt
from piket.alerts.trouble import give_up, tell_the_rest
from piket.db import Base, UtcDateTime, new_id
from piket.organisations import service as organisations
from piket.settings import Settings

_ROWS = Base.metadata.tables[Delivery.__tablename__]
_NAMED = _ROWS.c.id.in_(bindparam("ids", expanding=True))
# In one order, so that two engines that write about the same rows never wait for each other in a circle.
_LOCK = select(_ROWS.c.id).where(_NAMED).order_by(_ROWS.c.id).with_for_update()
_FOUND = (
    select(Delivery)
    .where(Delivery.id.in_(bindparam("ids", expanding=True)))
    .order_by(Delivery.id)
    .execution_options(populate_existing=True)
)
_DELIVERED = (
    update(_ROWS)
    .where(_NAMED)
    .values(
        state="delivered",
        next_attempt_at=None,
        lease_owner=None,
        lease_until=None,
        delivered_at=func.coalesce(_ROWS.c.delivered_at, bindparam("now", type_=UtcDateTime())),
        attempts=_ROWS.c.attempts + 1,
    )
)
_ATTEMPTS = insert(Base.metadata.tables[Attempt.__tablename__])
_WAITED = (
    update(_ROWS)
    .where(_ROWS.c.contact_point == bindparam("point"), _ROWS.c.state == "pending", _ROWS.c.next_attempt_at.is_(None))
    .values(next_attempt_at=bindparam("now"))
)
# Why a reminder is not sent: the call-up was read after the reminder was written and before it went out.
NEEDLESS = "call-up-read"


@dataclass(frozen=True)
class Result:
    """What became of a claim. `at` is when the attempt began, `took_ms` how long it took.

    `delivered`; `failed` with its `failure`; `stopped` for good without an attempt, because of `why` (`ended`: the
    contact point is no more, `acknowledged`: read meanwhile by another way, `call-up-read`: a reminder of what was read
    meanwhile); `waits` for its webhook to pass its test;
    `returned` untouched, to be sent by somebody else (a stop).
    """

    claim: Claim
    outcome: Literal["delivered", "failed", "stopped", "waits", "returned"]
    at: datetime
    took_ms: int = 0
    failure: Failure | None = None
    why: str | None = None


def record(session: Session, now: datetime, settings: Settings, results: Sequence[Result]) -> None:
    """Write down what became of claims, and what follows from it, in this transaction. Each delivery at most once in it.

    Delivered is delivered, also when the lease was lost meanwhile. Of anything else a lost lease leaves only the attempt:
    the delivery is another's now.
    """
    session.execute(_LOCK, {"ids": [result.claim.delivery for result in results]})
    _write_attempts(session, [result for result in results if result.outcome in ("delivered", "failed")])
    delivered = [result.claim for result in results if result.outcome == "delivered"]
    if delivered:
        _delivered(session, now, delivered)
    others = [result for result in results if result.outcome != "delivered"]
    if others:
        _others(session, now, settings, others)
        session.flush()


def _write_attempts(session: Session, results: Sequence[Result]) -> None:
    """One row for each attempt, whoever holds the delivery by now: that it was made stays true."""
    if not results:
        return
    rows = [
        {
            "id": new_id(),
            "delivery": result.claim.delivery,
            "at": result.at,
            "outcome": "refused" if result.failure and result.failure.permanent else result.outcome,
            "reason": result.failure.reason[:40] if result.failure else None,
            "detail": None,
            "duration_ms": result.took_ms,
        }
        for result in results
    ]
    session.execute(_ATTEMPTS, rows)


def _delivered(session: Session, now: datetime, claims: Sequence[Claim]) -> None:
    """The first 2xx of a webhook makes it active, and what waited for that is due at once."""
    session.execute(_DELIVERED, {"ids": [claim.delivery for claim in claims], "now": now})
    for point in sorted(organisations.not_active(session, {claim.contact_point for claim in claims})):
        if organisations.set_contact_point_state(session, now, point, "active", "delivered"):
            session.execute(_WAITED, {"point": point, "now": now})


def _others(session: Session, now: datetime, settings: Settings, results: Sequence[Result]) -> None:
    """What follows where the claim is still ours."""
    identifiers = [result.claim.delivery for result in results]
    rows = {row.id: row for row in session.scalars(_FOUND, {"ids": identifiers})}
    for result in results:
        row = rows[result.claim.delivery]
        if result.outcome == "failed":
            row.attempts, row.failures = row.attempts + 1, row.failures + 1
        if row.state == "sending" and row.lease_owner == result.claim.owner:
            _not_delivered(session, now, settings, row, result)


def _not_delivered(session: Session, now: datetime, settings: Settings, row: Delivery, result: Result) -> None:
    """What follows when the claim is still ours."""
    if result.outcome == "failed":
        _failed(session, now, settings, row, result.failure or Failure("unknown"))
    elif result.outcome == "stopped":
        _stopped(session, now, row, result.why)
    else:
        _put_back(session, now, row, waits=result.outcome == "waits")


def _free(row: Delivery, state: str, next_attempt_at: datetime | None = None) -> None:
    """Let go of a delivery in this state."""
    row.state, row.next_attempt_at, row.lease_owner, row.lease_until = state, next_attempt_at, None, None


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
    """No attempt was made; a row among the attempts says why there will be none. What nobody needs was not given up."""
    _free(row, "failed")
    row.gave_up_at = None if why == NEEDLESS else now
    session.add(Attempt(delivery=row.id, at=now, outcome="stopped", reason=why, duration_ms=0))


def _put_back(session: Session, now: datetime, row: Delivery, waits: bool) -> None:
    """For somebody else, at once; or until the webhook is active, unless it became so while we looked."""
    waits = waits and organisations.find_contact_point(session, row.contact_point).state == "pending"
    _free(row, "pending", None if waits else now)
