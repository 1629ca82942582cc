"""Read what became of an alert at each contact point, and try again by hand. Addresses are masked for most."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.models import Attempt, Delivery, Retry
from piket.alerts.rules import masked
from piket.audit.service import Actor, record
from piket.errors import Conflict, NotFound
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo
from piket.pages import Page, PageRequest, read_page
from piket.words import say


@dataclass(frozen=True)
class AttemptInfo:
    """One attempt: how it ended, and the code of the reason when it did not deliver."""

    at: datetime
    outcome: str
    reason: str | None
    detail: str | None
    duration_ms: int


@dataclass(frozen=True)
class DeliveryInfo:
    """One alert for one contact point. `address` is whole for who may see it, else masked.

    `gathered` ones are told by the delivery `gathered_in`; until that is written, at `next_attempt_at`, it is None.
    `ended`: its contact point is no more.
    """

    id: str
    alert: str
    organisation: str
    contact_point: str
    channel: str
    address: str
    state: str
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    gave_up_at: datetime | None
    gathered_in: str | None
    attempts: Sequence[AttemptInfo]
    ended: bool = False


@dataclass(frozen=True)
class RetryInfo:
    """That a delivery was to be tried again, who asked for it and when."""

    id: str
    delivery: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Viewer:
    """Who looks: the organisation itself and the operator see addresses; others see them masked."""

    organisation: str
    kind: str

    @property
    def sees_all(self) -> bool:
        """Whether deliveries to other organisations are shown, too."""
        return self.kind in ("coa", "ministry", "operator")

    def address(self, organisation: str, channel: str, address: str) -> str:
        """The address as this viewer may see it."""
        whole = self.kind == "operator" or self.organisation == organisation
        return address if whole else masked(channel, address)


def deliveries_of(session: Session, alert_id: str, page: PageRequest, viewer: Viewer) -> Page[DeliveryInfo]:
    """One page of the deliveries of an alert, newest first: all of them, or the viewer's own."""
    query = select(Delivery).where(Delivery.alert == alert_id)
    if not viewer.sees_all:
        query = query.where(Delivery.organisation == viewer.organisation)
    rows = read_page(session, query, page, [Delivery.created_at, Delivery.id])
    attempts = attempts_of(session, [row.id for row in rows.items])
    points = organisations.contact_points_by_id(session, {row.contact_point for row in rows.items})
    return rows.map(lambda row: _info(row, points[row.contact_point], attempts, viewer))


def deliveries_of_tests(session: Session, alerts: Collection[str], viewer: Viewer) -> dict[str, DeliveryInfo]:
    """What became of test messages, by their alert: each has one delivery. Those of others only for who sees all."""
    query = select(Delivery).where(Delivery.alert.in_(alerts))
    if not viewer.sees_all:
        query = query.where(Delivery.organisation == viewer.organisation)
    rows = session.scalars(query).all()
    attempts = attempts_of(session, [row.id for row in rows])
    points = organisations.contact_points_by_id(session, {row.contact_point for row in rows})
    return {row.alert: _info(row, points[row.contact_point], attempts, viewer) for row in rows}


def owner_of(session: Session, delivery_id: str) -> str:
    """The organisation that a delivery is for. Raises `NotFound`."""
    return _row(session, delivery_id).organisation


def find_delivery(session: Session, delivery_id: str, viewer: Viewer) -> DeliveryInfo:
    """One delivery with its attempts, oldest first. Raises `NotFound`."""
    row = _row(session, delivery_id)
    point = organisations.find_contact_point(session, row.contact_point)
    return _info(row, point, attempts_of(session, [delivery_id]), viewer)


def retry(session: Session, now: datetime, actor: Actor, delivery_id: str) -> RetryInfo:
    """Try a delivery that was given up again, at once. Raises `NotFound`, and `Conflict` when it has not failed."""
    row = _row(session, delivery_id, lock=True)
    if row.state != "failed":
        raise Conflict(
            say("Only a delivery that has failed can be tried again; this one is {state}.", state=row.state),
            "delivery-not-failed",
        )
    if organisations.find_contact_point(session, row.contact_point).state == "ended":
        raise Conflict(say("This contact point has ended: add another one."), "contact-point-ended")
    row.state, row.next_attempt_at = "pending", now
    row.lease_until = row.lease_owner = None
    asked = Retry(delivery=delivery_id, at=now, by=actor.organisation)
    session.add(asked)
    session.flush()
    record(session, now, actor, "retry_delivery", f"delivery:{delivery_id}", organisation=row.organisation)
    return _retry(asked)


def retries_of(session: Session, delivery_id: str, page: PageRequest) -> Page[RetryInfo]:
    """One page of the retries that were asked for, newest first."""
    return read_page(session, select(Retry).where(Retry.delivery == delivery_id), page, [Retry.at, Retry.id]).map(
        _retry
    )


def last_retries(session: Session, deliveries: Collection[str]) -> dict[str, RetryInfo]:
    """Of each of these deliveries the latest time that it was asked to be tried again; one that never was is left out."""
    query = select(Retry).where(Retry.delivery.in_(deliveries)).order_by(Retry.at, Retry.id)
    return {row.delivery: _retry(row) for row in session.scalars(query)}


def _row(session: Session, delivery_id: str, lock: bool = False) -> Delivery:
    query = select(Delivery).where(Delivery.id == delivery_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound(say("There is no delivery {id}.", id=delivery_id))
    return row


def attempts_of(session: Session, deliveries: Iterable[str]) -> dict[str, list[AttemptInfo]]:
    """The attempts of these deliveries, oldest first; one without any is left out."""
    found: dict[str, list[AttemptInfo]] = {}
    rows = session.scalars(
        select(Attempt).where(Attempt.delivery.in_(list(deliveries))).order_by(Attempt.at, Attempt.id)
    )
    for row in rows:
        found.setdefault(row.delivery, []).append(
            AttemptInfo(row.at, row.outcome, row.reason, row.detail, row.duration_ms)
        )
    return found


def _info(
    row: Delivery, point: ContactPointInfo, attempts: Mapping[str, Sequence[AttemptInfo]], viewer: Viewer
) -> DeliveryInfo:
    return DeliveryInfo(
        id=row.id,
        alert=row.alert,
        organisation=row.organisation,
        contact_point=row.contact_point,
        channel=row.channel,
        address=viewer.address(row.organisation, row.channel, point.address),
        state=row.state,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at,
        delivered_at=row.delivered_at,
        gave_up_at=row.gave_up_at,
        gathered_in=row.gathered_in,
        attempts=attempts.get(row.id, ()),
        ended=point.state == "ended",
    )


def _retry(row: Retry) -> RetryInfo:
    return RetryInfo(row.id, row.delivery, row.at, row.by)
