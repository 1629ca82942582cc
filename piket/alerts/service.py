"""Tell: write down an alert and its deliveries, in the transaction that made it happen. Nothing is dialled here.

Reading alerts and deliveries is in `reading.py`, sending them in `outbox.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from piket.alerts.frozen import freeze, plain, thaw
from piket.alerts.models import Acknowledgement, Alert, Delivery, Recipient, Retry
from piket.alerts.rules import (
    EPISODE_KINDS,
    FALLS,
    LEVELS,
    ContactPoint,
    Fact,
    OfficeHours,
    address_key,
    compared_level,
    counting,
    host_of,
    once,
    rank,
    written,
)
from piket.audit.service import Actor, record
from piket.errors import Conflict, NotFound, Refused
from piket.organisations import service as organisations
from piket.settings import Settings
from piket.words import say

UNDELIVERED_AFTER_FAILURES = 3
UNDELIVERED_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Sent:
    """What was written: the alert's id, how many deliveries, and their addresses (for `except_addresses`)."""

    alert: str
    deliveries: int
    addresses: frozenset[str]


@dataclass(frozen=True)
class Read:
    """That an organisation has read an alert. `fresh` is False when it had said so before."""

    id: str
    alert: str
    organisation: str
    at: datetime
    on_behalf: Mapping[str, Any] | None
    fresh: bool = False


def enqueue(
    session: Session,
    now: datetime,
    settings: Settings,
    fact: Fact,
    told: Mapping[str, Sequence[str]],
    except_addresses: Collection[str] = (),
) -> Sent:
    """Write the alert, a recipient for every organisation of `told`, a delivery for every contact point that counts.

    `told` names, in order, each organisation and the levels it is told of by this (empty where it is not about levels).
    One address gets one delivery, also over organisations, and none when it is in `except_addresses` (what an earlier
    `Sent` of the same fact named); an organisation left out only for that counts as reached.
    """
    alert = _write_alert(session, now, settings, fact)
    taken, deliveries = set(except_addresses), 0
    for position, (code, levels) in enumerate(told.items()):
        points = organisations.contact_points(session, code)
        session.add(
            Recipient(
                alert=alert.id,
                organisation=code,
                position=position,
                levels=list(levels),
                reachable=bool(written(points)),
                created_at=now,
            )
        )
        chosen = once(_chosen(settings, fact, points, now), taken)
        taken |= {address_key(point.channel, point.address) for point in chosen}
        deliveries += len(chosen)
        session.add_all(_delivery(alert.id, code, point, now) for point in chosen)
    session.flush()
    return Sent(alert.id, deliveries, frozenset(taken - set(except_addresses)))


def enqueue_test(session: Session, now: datetime, settings: Settings, point: ContactPoint, organisation: str) -> Sent:
    """Write a test message for one contact point, by the real path. Raises `Conflict` for one that gets no messages."""
    if not written([point]):
        raise Conflict(
            say("Only an e-mail or webhook contact point that has not ended can be tested."),
            "contact-point-not-testable",
        )
    alert = _write_alert(session, now, settings, Fact("test", details={"contactPoint": point.id}))
    session.add(
        Recipient(alert=alert.id, organisation=organisation, position=0, levels=[], reachable=True, created_at=now)
    )
    session.add(_delivery(alert.id, organisation, point, now))
    session.flush()
    return Sent(alert.id, 1, frozenset({address_key(point.channel, point.address)}))


def _write_alert(session: Session, now: datetime, settings: Settings, fact: Fact) -> Alert:
    names = {centre.code: centre.name for centre in settings.centres}
    alert = Alert(
        kind=fact.kind,
        at=fact.at or now,
        created_at=now,
        centre=fact.centre,
        centre_name=names.get(fact.centre, fact.centre) if fact.centre else None,
        level=fact.level,
        previous_level=fact.previous_level,
        overflow=fact.overflow,
        call_up=fact.call_up,
        drill=fact.drill,
        answers=freeze(fact.answers),
        details=plain(fact.details),
    )
    session.add(alert)
    session.flush()
    return alert


def _chosen(settings: Settings, fact: Fact, points: Sequence[ContactPoint], now: datetime) -> list[ContactPoint]:
    office = OfficeHours(settings.delivery.office_hours_from, settings.delivery.office_hours_until)
    return counting(points, compared_level(fact), fact.kind in settings.audiences.always, office, now)


def _delivery(alert: str, organisation: str, point: ContactPoint, now: datetime) -> Delivery:
    return Delivery(
        alert=alert,
        contact_point=point.id,
        organisation=organisation,
        channel=point.channel,
        host=host_of(point.channel, point.address),
        state="pending",
        created_at=now,
        next_attempt_at=now,
        attempts=0,
        failures=0,
    )


def told_of(session: Session, centre: str, drill: bool, levels: Collection[str]) -> tuple[str, ...]:
    """Who was told that `centre` reached one of `levels`, and not yet that it was left: first told first.

    A later fall of the centre to below a level ends what was told of that level.
    """
    told: dict[str, None] = {}
    for level in (name for name in LEVELS if name in levels):
        since = _last_fall_below(session, centre, drill, level)
        rows = session.execute(
            select(Recipient.organisation, Recipient.levels)
            .join(Alert, Alert.id == Recipient.alert)
            .where(Alert.centre == centre, Alert.drill == drill, Alert.kind.in_(("levelRaised", "callUp")))
            .where(Alert.seq > since)
            .order_by(Alert.seq, Recipient.position)
        )
        told |= {organisation: None for organisation, named in rows if level in named}
    return tuple(told)


def _last_fall_below(session: Session, centre: str, drill: bool, level: str) -> int:
    """The number of the last alert that told of a fall of `centre` to below `level`; 0 when there is none."""
    below = [name for name in LEVELS if rank(name) < rank(level)]
    return (
        session.scalar(
            select(func.max(Alert.seq)).where(
                Alert.centre == centre, Alert.drill == drill, Alert.kind.in_(FALLS), Alert.level.in_(below)
            )
        )
        or 0
    )


def told_in(session: Session, overflow: str) -> tuple[str, ...]:
    """Who was told of an episode, first told first. Hosts, who hear of their commitment only, are not among them."""
    rows = session.scalars(
        select(Recipient.organisation)
        .join(Alert, Alert.id == Recipient.alert)
        .where(Alert.overflow == overflow, Alert.kind.in_(EPISODE_KINDS))
        .order_by(Alert.seq, Recipient.position)
    )
    return tuple(dict.fromkeys(rows))


def acknowledge(session: Session, now: datetime, actor: Actor, alert_id: str) -> Read:
    """Write down that the organisation `actor` speaks for has read the alert. A repeat gives the first again.

    Raises `NotFound`, and `Refused` (`not-told`) for an organisation that was not told.
    """
    # The alert's row is locked so that two requests at the same moment write one acknowledgement.
    alert = session.scalar(select(Alert.id).where(Alert.id == alert_id).with_for_update())
    if alert is None:
        raise NotFound(say("There is no alert {id}.", id=alert_id))
    organisation = actor.speaks_for
    earlier = _acknowledgement(session, alert_id, organisation)
    if earlier is not None:
        return _as_read(earlier)
    if session.get(Recipient, (alert_id, organisation)) is None:
        raise Refused(
            say("{name} was not told of this alert: only who was told can acknowledge it.", name=organisation),
            "not-told",
        )
    row = Acknowledgement(alert=alert_id, organisation=organisation, at=now, on_behalf=_on_behalf(actor))
    session.add(row)
    session.flush()
    record(session, now, actor, "acknowledge", f"alert:{alert_id}", organisation=organisation)
    return _as_read(row, fresh=True)


def _on_behalf(actor: Actor) -> dict[str, Any] | None:
    said = actor.on_behalf
    return {"by": actor.organisation, "saidBy": said.said_by, "via": said.via} if said else None


def _acknowledgement(session: Session, alert_id: str, organisation: str) -> Acknowledgement | None:
    return session.scalar(
        select(Acknowledgement).where(Acknowledgement.alert == alert_id, Acknowledgement.organisation == organisation)
    )


def _as_read(row: Acknowledgement, fresh: bool = False) -> Read:
    return Read(row.id, row.alert, row.organisation, row.at, row.on_behalf, fresh)


def acknowledged(session: Session, alert_id: str, organisation: str) -> bool:
    """Whether the organisation has said that it read the alert."""
    return _acknowledgement(session, alert_id, organisation) is not None


def acknowledge_for(session: Session, now: datetime, settings: Settings, actor: Actor, alert_id: str) -> Read:
    """As `acknowledge`, entered by COA or the ministry for another, which is told what was entered (5.8)."""
    read = acknowledge(session, now, actor, alert_id)
    if actor.on_behalf is None or not read.fresh:
        return read
    alert = session.scalars(select(Alert).where(Alert.id == alert_id)).one()
    details = {
        "organisation": read.organisation,
        "entered": "acknowledgement",
        "of": alert.kind,
        "alert": alert_id,
        "onBehalf": read.on_behalf,
    }
    fact = Fact(
        "callUpAnswered",
        centre=alert.centre,
        level=alert.level,
        overflow=alert.overflow,
        call_up=alert.call_up,
        drill=alert.drill,
        answers=thaw(alert.answers),
        details=details,
    )
    enqueue(session, now, settings, fact, {read.organisation: ()})
    return read


def undelivered(session: Session, now: datetime, open_overflows: Collection[str]) -> int:
    """How many real deliveries did not come over, and how many organisations had to be told and could not be.

    Deliveries with three failures or more, or given up, and recipients without an open contact point: of the last 24
    hours or of one of `open_overflows`, not delivered or acknowledged since.
    """
    read = exists().where(Acknowledgement.alert == Alert.id, Acknowledgement.organisation == Delivery.organisation)
    troubled = or_(Delivery.failures >= UNDELIVERED_AFTER_FAILURES, Delivery.gave_up_at.is_not(None))
    failing = (
        select(func.count())
        .select_from(Delivery)
        .join(Alert, Alert.id == Delivery.alert)
        .where(Delivery.state.in_(("pending", "sending", "failed")), troubled, ~read)
    )
    read = exists().where(Acknowledgement.alert == Alert.id, Acknowledgement.organisation == Recipient.organisation)
    unreached = (
        select(func.count())
        .select_from(Recipient)
        .join(Alert, Alert.id == Recipient.alert)
        .where(Recipient.reachable.is_(False), ~read)
    )
    since = now - UNDELIVERED_FOR
    total = 0
    for query, created in ((failing, Delivery.created_at), (unreached, Recipient.created_at)):
        # Two counts instead of one with OR, so that each can walk its own index.
        for when in _lately_or_open(created, since, open_overflows):
            total += session.scalar(query.where(Alert.drill.is_(False), when)) or 0
    return total


def _lately_or_open(created: Any, since: datetime, open_overflows: Collection[str]) -> list[ColumnElement[bool]]:
    """Written in the last day; or before it, and of an open episode."""
    lately: ColumnElement[bool] = created >= since
    return [lately, and_(created < since, Alert.overflow.in_(open_overflows))] if open_overflows else [lately]


def retry(session: Session, now: datetime, actor: Actor, delivery_id: str) -> Retry:
    """Try a delivery that was given up again, at once. Raises `NotFound`, and `Conflict` when it is not `failed`."""
    delivery = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if delivery is None:
        raise NotFound(say("There is no delivery {id}.", id=delivery_id))
    if delivery.state != "failed":
        raise Conflict(
            say("Only a delivery that has failed can be tried again; this one is {state}.", state=delivery.state),
            "delivery-not-failed",
        )
    delivery.state, delivery.next_attempt_at = "pending", now
    delivery.lease_until = delivery.lease_owner = None
    row = Retry(delivery=delivery_id, at=now, by=actor.organisation)
    session.add(row)
    session.flush()
    record(session, now, actor, "retry_delivery", f"delivery:{delivery_id}")
    return row
