"""One delivery from claim to answer: make the message, make one attempt, say what came of it.

`prepare` reads the store, `attempt` dials and holds no transaction, `results.record` writes. `deliver_due` does the three
after each other until nothing is due: what a test or a single process needs. The engine does the same with many senders.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import outbox, results
from piket.alerts.acknowledge import call_up_is_read, is_read
from piket.alerts.attachments import attachments
from piket.alerts.channels import Attachment, DeliveryError, Message
from piket.alerts.channels.events import body, event, signing_key
from piket.alerts.illustrations import picture_for
from piket.alerts.info import AlertInfo, Reader
from piket.alerts.letters import render_html, render_text, write_letter
from piket.alerts.outbox import Claim
from piket.alerts.results import NEEDLESS, Result
from piket.alerts.retry_rules import Failure, is_urgent
from piket.alerts.show import as_data, find_alert, reader_of
from piket.db import new_id
from piket.deps import Channel, Deps
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo
from piket.settings import DeliverySettings, Settings
from piket.words import Words

log = logging.getLogger(__name__)
# Without senders a claim must not wait long behind others for its turn: its lease runs meanwhile.
ONE_AFTER_ANOTHER = 4


def lease_of(settings: DeliverySettings) -> timedelta:
    """How long a claim holds: never shorter than an attempt may last, with time to write down what came of it."""
    return timedelta(seconds=max(settings.lease_seconds, 3 * settings.time_limit_seconds))


def prepare(session: Session, now: datetime, settings: Settings, claims: Sequence[Claim]) -> list[Message | Result]:
    """For each claim the message to send, or why there is none to send now. What many share is read and worded once.

    An alert that cannot be put into words is a failed attempt, so that it shows and holds up no other.
    """
    points = organisations.contact_points_by_id(session, {claim.contact_point for claim in claims})
    hooks = [point.id for point in points.values() if point.channel == "webhook"]
    desk = _Desk(
        session,
        now,
        settings,
        points,
        organisations.former_versions(session, now, hooks) if hooks else {},
        organisations.kinds(session, {claim.organisation for claim in claims}),
    )
    return [_prepared(desk, claim) for claim in claims]


def _prepared(desk: _Desk, claim: Claim) -> Message | Result:
    """One message, or a failed attempt when it cannot be made: one broken alert must not hold up the others."""
    try:
        return desk.prepare(claim)
    except Exception:
        log.exception("a message could not be made", extra={"delivery": claim.delivery, "alert": claim.alert})
        return Result(claim, "failed", desk.now, failure=Failure("internal-error"))


@dataclass
class _Desk:
    """Where the messages of one round are made: alerts, letters and events that were made already lie ready."""

    session: Session
    now: datetime
    settings: Settings
    points: Mapping[str, ContactPointInfo]
    former: Mapping[str, Sequence[int]]
    kinds: Mapping[str, str]
    alerts: dict[str, AlertInfo] = field(default_factory=dict)
    letters: dict[tuple[str, str, str], tuple[str, str, str, tuple[Attachment, ...]]] = field(default_factory=dict)
    events: dict[tuple[str, str, str], tuple[dict[str, Any], bytes]] = field(default_factory=dict)

    def prepare(self, claim: Claim) -> Message | Result:
        """Every contact point is told once, whatever is acknowledged; only trying again stops when the organisation has
        read the alert by another way, and a reminder when its call-up was read meanwhile. Nothing but its own test goes
        to a webhook that has not passed it.
        """
        point = self.points[claim.contact_point]
        if point.state == "ended":
            return Result(claim, "stopped", self.now, why="ended")
        if claim.failures and is_read(self.session, claim.alert, claim.organisation):
            return Result(claim, "stopped", self.now, why="acknowledged")
        alert = self._alert(claim.alert)
        if alert.kind == "callUpReminder" and self._is_needless(alert):
            return Result(claim, "stopped", self.now, why=NEEDLESS)
        if point.state == "pending" and alert.kind != "test":
            return Result(claim, "waits", self.now)
        made = self._as_event if claim.channel == "webhook" else self._as_mail
        return made(claim, alert, point)

    def _is_needless(self, reminder: AlertInfo) -> bool:
        called = next(iter(reminder.codes("organisation")), None)
        return call_up_is_read(self.session, reminder.overflow, reminder.call_up, called)

    def _alert(self, identifier: str) -> AlertInfo:
        """Each alert is read once a round, however many it goes to; one that cannot be read fails alone."""
        if identifier not in self.alerts:
            self.alerts[identifier] = find_alert(self.session, identifier)
        return self.alerts[identifier]

    def _as_mail(self, claim: Claim, alert: AlertInfo, point: ContactPointInfo) -> Message:
        """A mail, worded once for each organisation and language; urgent ones say so, drills never."""
        key = (alert.id, claim.organisation, point.language)
        if key not in self.letters:
            letter = write_letter(self.session, self.settings, alert, claim.organisation, point.language)
            files = attachments(alert, reader_of(self.session, claim.organisation), point.language)
            self.letters[key] = letter.subject, render_text(letter), render_html(letter), files
        subject, text, html, files = self.letters[key]
        urgent = is_urgent(alert.kind, alert.level) and not alert.drill
        more = {"subject": subject, "text": text, "html": html, "urgent": urgent, "thread": alert.overflow}
        return self._message(claim, alert, point, attachments=files, picture=picture_for(alert, point.language), **more)

    def _as_event(self, claim: Claim, alert: AlertInfo, point: ContactPointInfo) -> Message:
        """An event, made once for each organisation and language, signed with the contact point's own secrets."""
        key = (alert.id, claim.organisation, point.language)
        if key not in self.events:
            data = as_data(alert, Words(point.language), Reader(claim.organisation, self.kinds[claim.organisation]))
            subject = alert.centre or claim.organisation
            made = event(self.settings.service.source, alert.kind, alert.id, subject, alert.at, data)
            self.events[key] = made, body(made)
        content, written = self.events[key]
        secrets = organisations.signing_secrets(point, self.former.get(point.id, ()), self.settings.secret_key)
        return self._message(claim, alert, point, event=content, body=written, secrets=tuple(map(signing_key, secrets)))

    def _message(self, claim: Claim, alert: AlertInfo, point: ContactPointInfo, **more: Any) -> Message:
        """The message to one contact point, with what its channel needs."""
        return Message(
            claim.delivery,
            alert.id,
            alert.kind,
            claim.organisation,
            claim.channel,
            point.address,
            self.now,
            **more,
        )


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
            claims = outbox.claim(session, now, lease, owner, ONE_AFTER_ANOTHER)
        if not claims:
            return made
        with deps.reading() as session:
            prepared = prepare(session, now, deps.settings, claims)
        for claim, message in zip(claims, prepared, strict=True):
            result = message if isinstance(message, Result) else _try(deps, claim, message)
            made += result.outcome in ("delivered", "failed")
            with deps.writing(ring=False) as session:
                results.record(session, now, deps.settings, [result])


def _try(deps: Deps, claim: Claim, message: Message) -> Result:
    return attempt(deps.channels, deps.settings.delivery, claim, message)
