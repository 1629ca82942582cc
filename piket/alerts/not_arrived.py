"""Which messages did not come over, as questions to the store; `undelivered` counts and lists them.

A delivery that failed three times or was given up, and an organisation that had to be told and had no address to write to;
as long as that organisation has not said to have read it.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from piket.alerts.models import Acknowledgement, Alert, Delivery, Recipient

UNDELIVERED_AFTER_FAILURES = 3


def failing(organisation: str | None = None) -> Select[str, str]:
    """Alert and delivery of those that did not come over, to one organisation or to any."""
    of_it = () if organisation is None else (Delivery.organisation == organisation,)
    alerts = select(Delivery.alert, Delivery.id).join(Alert, Alert.id == Delivery.alert)
    return alerts.where(_failing(), *of_it)


def unreached(organisation: str | None = None) -> Select[str, str]:
    """Alert and organisation of those that had no address to write to."""
    of_it = () if organisation is None else (Recipient.organisation == organisation,)
    alerts = select(Recipient.alert, Recipient.organisation).join(Alert, Alert.id == Recipient.alert)
    return alerts.where(_unreached(), *of_it)


def is_undelivered(organisation: str | None = None) -> ColumnElement[bool]:
    """Of an alert in a question of its own: whether it did not come over to this organisation, or to anybody."""
    deliveries = exists().where(_failing(), Delivery.alert == Alert.id)
    recipients = exists().where(_unreached(), Recipient.alert == Alert.id)
    if organisation is not None:
        deliveries = deliveries.where(Delivery.organisation == organisation)
        recipients = recipients.where(Recipient.organisation == organisation)
    return or_(deliveries.correlate(Alert), recipients.correlate(Alert))


def is_unread(organisation: str | None = None) -> ColumnElement[bool]:
    """Of an alert in a question of its own: whether this organisation has not said to have read it, or any that was told."""
    told = exists().where(Recipient.alert == Alert.id, ~_read(Recipient.alert, Recipient.organisation))
    if organisation is not None:
        told = told.where(Recipient.organisation == organisation)
    return told.correlate(Alert)


def _failing() -> ColumnElement[bool]:
    troubled = or_(Delivery.failures >= UNDELIVERED_AFTER_FAILURES, Delivery.gave_up_at.is_not(None))
    not_over = Delivery.state.in_(("pending", "sending", "failed"))
    return and_(not_over, troubled, ~_read(Delivery.alert, Delivery.organisation))


def _unreached() -> ColumnElement[bool]:
    return and_(Recipient.reachable.is_(False), ~_read(Recipient.alert, Recipient.organisation))


def _read(alert: InstrumentedAttribute[str], organisation: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether this organisation has said to have read this alert."""
    return exists().where(Acknowledgement.alert == alert, Acknowledgement.organisation == organisation)
