"""Let an organisation be reached somewhere, and test it: a webhook is tested as soon as it is there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts.channels import addresses
from piket.alerts.enqueue import enqueue_test
from piket.audit.service import Actor
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo, TestInfo
from piket.settings import Settings


def add_contact_point(
    session: Session, now: datetime, settings: Settings, actor: Actor, organisation: str, **given: Any
) -> tuple[ContactPointInfo, str | None]:
    """Add a contact point: what is known of it, and a webhook's secret, which is not shown again; None for the others.

    A webhook gets its test event with it, and is active after a 2xx. `given` are the values of `organisations.add_contact_point`,
    which says what else is raised; `Invalid` for an address of a webhook that leads inside.
    """
    if given["channel"] == "webhook":
        addresses.check(given["address"], settings)
    point = organisations.add_contact_point(session, now, actor, organisation, **given)
    if point.channel != "webhook":
        return point, None
    send_test(session, now, settings, actor, point)
    return point, organisations.secret_of(point, settings.secret_key)


def send_test(session: Session, now: datetime, settings: Settings, actor: Actor, point: ContactPointInfo) -> TestInfo:
    """Write a test message by the path that every alert takes, and that it was asked for. Raises `Conflict` as `enqueue_test`."""
    sent = enqueue_test(session, now, settings, point, point.organisation)
    return organisations.note_test(session, now, actor, point.id, sent.alert)
