"""Rows of what was told: the alert, whom it was for, each delivery and attempt, and who said that it was read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from piket.db import Base, Numbered, new_id


class Alert(Base):
    """That something happened which must be told. Written by `service.enqueue`, with what happened; never changed.

    `seq` is the order of writing. `answers` and `details` are plain JSON, frozen as they were known then.
    """

    __tablename__ = "alerts"

    seq: Mapped[int] = mapped_column(Numbered, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime]
    created_at: Mapped[datetime]
    centre: Mapped[str | None] = mapped_column(String(60))
    centre_name: Mapped[str | None] = mapped_column(String(120))
    level: Mapped[str | None] = mapped_column(String(12))
    previous_level: Mapped[str | None] = mapped_column(String(12))
    overflow: Mapped[str | None] = mapped_column(String(36), index=True)
    call_up: Mapped[str | None] = mapped_column(String(36))
    drill: Mapped[bool] = mapped_column(default=False, server_default=false())
    answers: Mapped[dict[str, Any]]
    details: Mapped[dict[str, Any]]

    recipients: Mapped[list[Recipient]] = relationship(order_by="Recipient.position")
    acknowledgements: Mapped[list[Acknowledgement]] = relationship(order_by="Acknowledgement.at")

    # `told_of` asks for the last fall of a centre and for what was told after it.
    __table_args__ = (
        Index("ix_alerts_centre_drill_kind_seq", "centre", "drill", "kind", "seq"),
        Index("ix_alerts_created_at", "created_at"),
    )


class Recipient(Base):
    """That an organisation had to be told of an alert, as number `position`, and of which levels by it.

    `reachable` is False when it had no open e-mail or webhook contact point then; that counts as undelivered.
    """

    __tablename__ = "recipients"

    alert: Mapped[str] = mapped_column(String(36), ForeignKey("alerts.id"), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"), primary_key=True)
    position: Mapped[int]
    levels: Mapped[list[Any]]
    reachable: Mapped[bool]
    created_at: Mapped[datetime]

    # Few are unreachable, so this finds them among millions.
    __table_args__ = (Index("ix_recipients_reachable_created_at", "reachable", "created_at"),)


class Delivery(Base):
    """One alert for one contact point. Written by `service.enqueue`, moved on by `outbox`.

    `pending` -> `sending` (claimed, lease) -> `delivered`, or back to `pending` for a next attempt, or `failed` (given
    up). A retry by hand puts `failed` back to `pending`; `gave_up_at` then stays, so that it counts as undelivered
    until it is delivered. `attempts` counts all, `failures` those that did not deliver. `host` bounds how many are under
    way to one host. `gathered` is final: it is told by the delivery `gathered_in`, which is None until that is written,
    at `next_attempt_at`.
    """

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    alert: Mapped[str] = mapped_column(String(36), ForeignKey("alerts.id"), index=True)
    contact_point: Mapped[str] = mapped_column(String(36), ForeignKey("contact_points.id"), index=True)
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    channel: Mapped[str] = mapped_column(String(10))
    host: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    created_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(60))
    delivered_at: Mapped[datetime | None]
    gave_up_at: Mapped[datetime | None]
    gathered_in: Mapped[str | None] = mapped_column(String(36))

    # Claiming reads the few that are pending or sending; counting the undelivered reads those not delivered of one day.
    __table_args__ = (
        Index("ix_deliveries_state_next_attempt_at", "state", "next_attempt_at"),
        Index("ix_deliveries_state_created_at", "state", "created_at"),
    )


class Attempt(Base):
    """One attempt to deliver. `reason` is a short code, `detail` a sentence without addresses or secrets.

    `outcome` is `delivered`, `failed` (may be tried again), `refused` (for good), or `stopped`: not tried any more because it
    was acknowledged, its contact point ended, its webhook never passed its test, or it would remind of a call-up that was
    read meanwhile (`reason` says which).
    """

    __tablename__ = "attempts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    delivery: Mapped[str] = mapped_column(String(36), ForeignKey("deliveries.id"), index=True)
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(String(200))
    duration_ms: Mapped[int]

    # The figures count those of the last hour.
    __table_args__ = (Index("ix_attempts_at_outcome", "at", "outcome"),)


class Retry(Base):
    """That somebody asked for a delivery to be tried again, at once."""

    __tablename__ = "delivery_retries"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    delivery: Mapped[str] = mapped_column(String(36), ForeignKey("deliveries.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(40))


class Acknowledgement(Base):
    """That an organisation has read an alert; `on_behalf` says who entered it for it, who said so, and by which way.

    One for each alert and organisation, by a unique index: a repeat gives the first again.
    """

    __tablename__ = "acknowledgements"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    alert: Mapped[str] = mapped_column(String(36), ForeignKey("alerts.id"))
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    at: Mapped[datetime]
    on_behalf: Mapped[dict[str, Any] | None]

    __table_args__ = (UniqueConstraint("alert", "organisation"),)
