"""That an organisation has read an alert, said by itself or entered for it.

It stops the steps that wait for it (6.3), and further attempts to deliver the alert to it; it promises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from piket.alerts.enqueue import enqueue, fact_about
from piket.alerts.models import Acknowledgement, Alert, Delivery, Recipient
from piket.audit.service import Actor, record
from piket.errors import NotFound, Refused
from piket.settings import Settings
from piket.words import say


@dataclass(frozen=True)
class Read:
    """That an organisation has read an alert. `fresh` is False when it had said so before."""

    id: str
    alert: str
    organisation: str
    at: datetime
    on_behalf: Mapping[str, Any] | None
    fresh: bool = False


def acknowledge(session: Session, now: datetime, actor: Actor, alert_id: str) -> Read:
    """Write down that the organisation `actor` speaks for has read the alert. A repeat gives the first again.

    Who has read a message that tells others together has read these. Raises `NotFound`, and `Refused` (`not-told`) for
    an organisation that was not told.
    """
    # The alert's row is locked so that two requests at the same moment write one acknowledgement.
    alert = session.scalar(select(Alert).where(Alert.id == alert_id).with_for_update())
    if alert is None:
        raise NotFound(say("There is no alert {id}.", id=alert_id))
    organisation = actor.speaks_for
    earlier = _acknowledgement(session, alert_id, organisation)
    if earlier is not None:
        return as_read(earlier)
    if session.get(Recipient, (alert_id, organisation)) is None:
        raise Refused(
            say("{name} was not told of this alert: only who was told can acknowledge it.", name=organisation),
            "not-told",
        )
    inside = _gathered_in(session, alert, organisation)
    row, *others = (
        Acknowledgement(alert=read, organisation=organisation, at=now, on_behalf=_on_behalf(actor))
        for read in (alert_id, *inside)
    )
    session.add_all([row, *others])
    session.flush()
    record(session, now, actor, "acknowledge", f"alert:{alert_id}", organisation=organisation)
    return as_read(row, fresh=True)


def _gathered_in(session: Session, digest: Alert, organisation: str) -> Sequence[str]:
    """The alerts that this one told the organisation together and that it has not said to have read; locked likewise."""
    listed = [entry["alert"] for key in ("changes", "messages") for entry in digest.details.get(key, ())]
    if not listed:
        return ()
    told = select(Delivery.alert).where(Delivery.organisation == organisation, Delivery.state == "gathered")
    read = select(Acknowledgement.alert).where(Acknowledgement.organisation == organisation)
    found = select(Alert.id).where(
        Alert.id.in_(listed),
        Alert.id.in_(told.where(Delivery.alert.in_(listed))),
        Alert.id.not_in(read.where(Acknowledgement.alert.in_(listed))),
    )
    return session.scalars(found.order_by(Alert.seq).with_for_update()).all()


def _on_behalf(actor: Actor) -> dict[str, Any] | None:
    """Who entered it, who said it and by which way, as the row keeps it; None when the organisation said so itself."""
    said = actor.on_behalf
    if said is None:
        return None
    return {"organisation": said.organisation, "by": actor.organisation, "saidBy": said.said_by, "via": said.via}


def _acknowledgement(session: Session, alert_id: str, organisation: str) -> Acknowledgement | None:
    return session.scalar(
        select(Acknowledgement).where(Acknowledgement.alert == alert_id, Acknowledgement.organisation == organisation)
    )


def as_read(row: Acknowledgement, fresh: bool = False) -> Read:
    """The row as a value."""
    return Read(row.id, row.alert, row.organisation, row.at, row.on_behalf, fresh)


def acknowledged(session: Session, alert_id: str, organisation: str) -> bool:
    """Whether the organisation has said that it read the alert, for who tells others when it has not.

    An acknowledgement that is being written is waited for, and one that comes later waits until this transaction has
    ended: nobody is told any more once it is committed.
    """
    # Shared, so that engines do not wait for each other.
    session.execute(select(Alert.id).where(Alert.id == alert_id).with_for_update(read=True))
    return is_read(session, alert_id, organisation)


def is_read(session: Session, alert_id: str, organisation: str) -> bool:
    """Whether the organisation has said so as far as is committed now; nobody waits for anybody."""
    return _acknowledgement(session, alert_id, organisation) is not None


def call_up_is_read(session: Session, overflow: str | None, call_up: str | None, called: str | None) -> bool:
    """Whether the called organisation has said that it read its call-up, so that a reminder of it need not go out."""
    calls = select(Alert.id).where(Alert.overflow == overflow, Alert.kind == "callUp", Alert.call_up == call_up)
    read = exists().where(Acknowledgement.alert.in_(calls), Acknowledgement.organisation == called)
    return bool(session.scalar(select(read)))


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
    enqueue(session, now, settings, fact_about(alert, "callUpAnswered", details), {read.organisation: ()})
    return read
