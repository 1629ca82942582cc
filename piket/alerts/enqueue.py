"""Write down an alert and its deliveries, in the transaction that made it happen. Nothing is dialled here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from piket.alerts.frozen import freeze, plain, thaw
from piket.alerts.gathering import hold_back
from piket.alerts.models import Alert
from piket.alerts.new_delivery import NewDelivery, new_delivery
from piket.alerts.rules import (
    ContactPoint,
    Fact,
    OfficeHours,
    address_key,
    compared_level,
    counting,
    once,
    written,
)
from piket.alerts.writing import write_deliveries, write_recipients
from piket.db import Base, new_id
from piket.errors import Conflict
from piket.organisations import service as organisations
from piket.settings import Settings
from piket.words import say

_ROWS = Base.metadata.tables[Alert.__tablename__]
_ALERT = insert(_ROWS)
# All but the number, which the store gives.
_WRITTEN = [column.name for column in _ROWS.c if column.name != "seq"]


@dataclass(frozen=True)
class Sent:
    """What was written: the alert's id, how many deliveries, and their addresses (for `except_addresses`)."""

    alert: str
    deliveries: int
    addresses: frozenset[str]


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
    `Sent` of the same fact named); an organisation left out only for that counts as reached. What would be one of a
    storm of its kind is held back, to be told together with the others (`gathering`).
    """
    alert = write_alert(session, now, settings, fact)
    taken, deliveries, recipients = set(except_addresses), list[NewDelivery](), list[dict[str, Any]]()
    for code, levels in told.items():
        points = organisations.contact_points(session, code)
        recipients.append({"organisation": code, "levels": list(levels), "reachable": bool(written(points))})
        chosen = once(_chosen(settings, fact, points, now), taken)
        taken |= {address_key(point.channel, point.address) for point in chosen}
        deliveries += [new_delivery(alert.id, code, point, now) for point in chosen]
    hold_back(session, settings.delivery, alert, deliveries)
    write_recipients(session, now, alert.id, recipients)
    write_deliveries(session, deliveries)
    return Sent(alert.id, len(deliveries), frozenset(taken - set(except_addresses)))


def enqueue_test(session: Session, now: datetime, settings: Settings, point: ContactPoint, organisation: str) -> Sent:
    """Write a test message for one contact point, by the real path. Raises `Conflict` for one that gets no messages."""
    if not written([point]):
        raise Conflict(
            say("Only an e-mail or webhook contact point that has not ended can be tested."),
            "contact-point-not-testable",
        )
    alert = write_alert(session, now, settings, Fact("test", details={"contactPoint": point.id}))
    write_recipients(session, now, alert.id, [{"organisation": organisation, "levels": [], "reachable": True}])
    write_deliveries(session, [new_delivery(alert.id, organisation, point, now)])
    return Sent(alert.id, 1, frozenset({address_key(point.channel, point.address)}))


def fact_about(alert: Alert, kind: str, details: Mapping[str, Any]) -> Fact:
    """That something became of an alert: of the same centre, level and episode, with what was known when it was written."""
    return Fact(
        kind,
        centre=alert.centre,
        level=alert.level,
        overflow=alert.overflow,
        call_up=alert.call_up,
        drill=alert.drill,
        answers=thaw(alert.answers),
        details=details,
    )


def write_alert(session: Session, now: datetime, settings: Settings, fact: Fact) -> Alert:
    """Write the row of an alert alone, frozen as it is known now; who is told of it is the caller's to write.

    What comes back stands outside the session, and has no number.
    """
    names = {centre.code: centre.name for centre in settings.centres}
    alert = Alert(
        id=new_id(),
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
        details=_named(settings, plain(fact.details)),
    )
    session.flush()
    session.execute(_ALERT, {name: getattr(alert, name) for name in _WRITTEN})
    return alert


def _named(settings: Settings, details: dict[str, Any]) -> dict[str, Any]:
    """The details with the name of the municipality they speak of: it need not be an organisation here."""
    known = settings.municipalities.get(str(details.get("municipality")))
    return {"municipalityName": known.name} | details if known else details


def _chosen(settings: Settings, fact: Fact, points: Sequence[ContactPoint], now: datetime) -> list[ContactPoint]:
    office = OfficeHours(settings.delivery.office_hours_from, settings.delivery.office_hours_until)
    return counting(points, compared_level(fact), fact.kind in settings.audiences.always, office, now)
