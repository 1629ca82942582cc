"""One delivery from claim to answer: make the message, make one attempt, say what came of it.

`prepare` reads the store, `attempt` dials and holds no transaction, `outbox.record` writes. `deliver_due` does the three
after each other until nothing is due: what a test or a single process needs. The engine does the same with many senders.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from piket.alerts import outbox
from piket.alerts.acknowledge import acknowledged
from piket.alerts.channels import DeliveryError, Message
from piket.alerts.channels.events import event, signing_key
from piket.alerts.info import AlertInfo
from piket.alerts.letters import render_html, render_text, write_letter
from piket.alerts.outbox import Claim, Result
from piket.alerts.retry_rules import Failure, is_urgent
from piket.alerts.show import as_data, find_alert, reader_of
from piket.db import new_id
from piket.deps import Channel, Deps
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo
from piket.settings import DeliverySettings, Settings
from piket.words import Words

log = logging.getLogger(__name__)


def lease_of(settings: DeliverySettings) -> timedelta:
    """How long a claim holds: never shorter than an attempt may last, with time to write down what came of it."""
    return timedelta(seconds=max(settings.lease_seconds, 3 * settings.time_limit_seconds))


def prepare(session: Session, now: datetime, settings: Settings, claim: Claim) -> Message | Result:
    """The message to send, or why there is none to send now.

    Every contact point is told once, whatever is acknowledged; only trying again stops when the organisation has read
    the alert by another way. Nothing but its own test goes to a webhook that has not passed it.
    """
    point = organisations.find_contact_point(session, claim.contact_point)
    if point.state == "ended":
        return Result(claim, "stopped", now, why="ended")
    if claim.failures and acknowledged(session, claim.alert, claim.organisation):
        return Result(claim, "stopped", now, why="acknowledged")
    alert = find_alert(session, claim.alert)
    if point.state == "pending" and alert.kind != "test":
        return Result(claim, "waits", now)
    base = Message(claim.delivery, alert.id, alert.kind, claim.organisation, claim.channel, point.address, now)
    write = _as_event if claim.channel == "webhook" else _as_mail
    return write(session, settings, base, alert, point)


def _as_mail(session: Session, settings: Settings, base: Message, alert: AlertInfo, point: ContactPointInfo) -> Message:
    letter = write_letter(session, settings, alert, base.organisation, point.language)
    return dataclasses.replace(
        base,
        subject=letter.subject,
        text=render_text(letter),
        html=render_html(letter),
        urgent=is_urgent(alert.kind, alert.level) and not alert.drill,
        thread=alert.overflow,
    )


def _as_event(
    session: Session, settings: Settings, base: Message, alert: AlertInfo, point: ContactPointInfo
) -> Message:
    data = as_data(alert, Words(point.language), reader_of(session, base.organisation))
    subject = alert.centre or base.organisation
    content = event(settings.service.source, alert.kind, alert.id, subject, alert.at, data)
    secret = organisations.secret_of(point, settings.secret_key)
    return dataclasses.replace(base, event=content, secrets=(signing_key(secret),))


def attempt(channels: Mapping[str, Channel], limits: DeliverySettings, claim: Claim, message: Message) -> Result:
    """Make one attempt. Never raises: whatever goes wrong is a failed attempt, and comes back as one.

    The first attempt has a short time limit, so that a slow receiver shows soon; later ones a longer.
    """
    limit = limits.time_limit_seconds if claim.attempts else limits.first_time_limit_seconds
    begun, failure = time.monotonic(), None
    try:
        channels[message.channel].send(message, time_limit=limit)
    except DeliveryError as error:
        failure = Failure(error.reason, error.permanent, error.retry_after)
    except Exception as error:
        # Only the kind of error is logged: its text may hold an address.
        log.error("a channel broke", extra={"delivery": claim.delivery, "error": type(error).__name__})
        failure = Failure("internal-error")
    took = round((time.monotonic() - begun) * 1000)
    return Result(claim, "failed" if failure else "delivered", message.at, took, failure)


def deliver_due(deps: Deps, now: datetime) -> int:
    """Send everything that is due at `now`, one after the other; how many attempts were made.

    What fails is due later, so this ends. A crash in between leaves leases that run out.
    """
    made, owner, lease = 0, new_id(), lease_of(deps.settings.delivery)
    while True:
        with deps.writing(ring=False) as session:
            claims = outbox.claim(session, now, lease, owner)
        if not claims:
            return made
        for claim in claims:
            result = _send(deps, now, claim)
            made += result.outcome in ("delivered", "failed")
            with deps.writing(ring=False) as session:
                outbox.record(session, now, deps.settings, result)


def _send(deps: Deps, now: datetime, claim: Claim) -> Result:
    with deps.reading() as session:
        prepared = prepare_safely(session, now, deps.settings, claim)
    return prepared if isinstance(prepared, Result) else attempt(deps.channels, deps.settings.delivery, claim, prepared)


def prepare_safely(session: Session, now: datetime, settings: Settings, claim: Claim) -> Message | Result:
    """As `prepare`; an alert that cannot be put into words is a failed attempt, so that it shows and holds up no other."""
    try:
        return prepare(session, now, settings, claim)
    except Exception:
        log.exception("a message could not be made", extra={"delivery": claim.delivery, "alert": claim.alert})
        return Result(claim, "failed", now, failure=Failure("internal-error"))
