"""What follows when a delivery does not come over: others of the organisation are told, and those who can ring it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.acknowledge import acknowledged
from piket.alerts.enqueue import enqueue, fact_about
from piket.alerts.models import Alert, Attempt, Delivery
from piket.alerts.new_delivery import new_delivery
from piket.alerts.retry_rules import Failure
from piket.alerts.rules import address_key, audience, once, written
from piket.alerts.writing import write_deliveries
from piket.organisations import service as organisations
from piket.settings import Settings

# A message about a message that did not arrive would never end.
_NOT_TOLD_ABOUT = frozenset({"deliveryFailed", "failuresGathered", "test"})
_GONE = "http-410"


def give_up(session: Session, now: datetime, settings: Settings, row: Delivery, failure: Failure) -> None:
    """A delivery has failed for good: its contact point shows it, and who can pick up a telephone is told.

    A webhook that answered 410 has ended. One that never passed its test stays `pending`; what waited for it fails too.
    """
    point = organisations.find_contact_point(session, row.contact_point)
    if failure.reason == _GONE and point.channel == "webhook":
        organisations.set_contact_point_state(session, now, point.id, "ended", failure.reason)
    elif point.state != "pending":
        organisations.set_contact_point_state(session, now, point.id, "failing", failure.reason)
    _tell_who_can_ring(session, now, settings, row, failure.reason)
    if point.state == "pending":
        _fail_what_waited(session, now, settings, row)


def _tell_who_can_ring(session: Session, now: datetime, settings: Settings, row: Delivery, reason: str) -> None:
    alert = session.scalars(select(Alert).where(Alert.id == row.alert)).one()
    if alert.kind in _NOT_TOLD_ABOUT:
        return
    details = {
        "organisation": row.organisation,
        "telephone": organisations.telephone(session, row.organisation),
        "kind": alert.kind,
        "alert": alert.id,
        "delivery": row.id,
        "attempts": row.attempts,
        "reason": reason,
    }
    roles = settings.audiences.told.get("deliveryFailed", ())
    told = audience(roles, {role: (role,) for role in ("coa", "ministry", "operator", "vng")})
    enqueue(session, now, settings, fact_about(alert, "deliveryFailed", details), dict.fromkeys(told, ()))


def _fail_what_waited(session: Session, now: datetime, settings: Settings, test: Delivery) -> None:
    """Nothing came of the test in all its attempts: what was queued behind it will not go out. Told once, of the last."""
    waiting = session.scalars(
        select(Delivery)
        .where(Delivery.contact_point == test.contact_point, Delivery.state == "pending", Delivery.id != test.id)
        .where(Delivery.next_attempt_at.is_(None))
        .order_by(Delivery.created_at, Delivery.id)
    ).all()
    for row in waiting:
        row.state, row.gave_up_at = "failed", now
        session.add(Attempt(delivery=row.id, at=now, outcome="stopped", reason="not-activated", duration_ms=0))
    if waiting:
        _tell_who_can_ring(session, now, settings, waiting[-1], "not-activated")


def tell_the_rest(session: Session, now: datetime, row: Delivery) -> None:
    """The contact points of the organisation that a minimum level or office hours had left out are told now as well.

    Not when it has read the alert by another way meanwhile.
    """
    kind = session.scalar(select(Alert.kind).where(Alert.id == row.alert))
    if kind == "test" or acknowledged(session, row.alert, row.organisation):
        return
    sent = session.scalars(select(Delivery.contact_point).where(Delivery.alert == row.alert)).all()
    points = [organisations.find_contact_point(session, identifier) for identifier in sent]
    taken = {address_key(point.channel, point.address) for point in points}
    left_out = written(organisations.contact_points(session, row.organisation))
    write_deliveries(
        session, [new_delivery(row.alert, row.organisation, point, now) for point in once(left_out, taken)]
    )
