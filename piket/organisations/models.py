"""Rows: organisations, contact points, keys. Nothing is deleted; what ends keeps its row with the moment it ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, new_id


class Organisation(Base):
    """That an organisation takes part, under this code. Written by `init` and by the operator; never changed."""

    __tablename__ = "organisations"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    province: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]


class ContactPoint(Base):
    """That an organisation can be reached here.

    E-mail and telephone are `active` at once. A webhook is `pending` until its test got a 2xx, may become `failing` and
    `active` again; every kind may become `ended`, which is final. `secret_version` is part of what its secret is made of.
    """

    __tablename__ = "contact_points"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisations.code"), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(500))
    hours: Mapped[str] = mapped_column(String(10))
    minimum_level: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(2))
    purpose: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    secret_version: Mapped[int] = mapped_column(default=1)


class ContactPointSecret(Base):
    """That the secret of a webhook was made anew, as this version; the secret itself is derived and stored nowhere.

    The row of the first version is written when the second is made. `signs_until` is set when the next one is made: the
    former goes on signing beside it until then.
    """

    __tablename__ = "contact_point_secrets"

    contact_point: Mapped[str] = mapped_column(ForeignKey("contact_points.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    requested_by: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    signs_until: Mapped[datetime | None]


class ContactPointTest(Base):
    """That somebody asked for a test message to a contact point, and the alert that it became."""

    __tablename__ = "contact_point_tests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    contact_point: Mapped[str] = mapped_column(ForeignKey("contact_points.id"))
    alert: Mapped[str] = mapped_column(String(36))
    requested_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_contact_point_tests_contact_point", "contact_point"),)


class Key(Base):
    """That an organisation was given a key. Only the hash is kept; an ended key keeps its row.

    `expires_at` None: it does not expire; at that very moment it has. `revoked_at` None: it was not revoked. `label` is for who
    keeps the key, to know it again.
    """

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisations.code"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str | None] = mapped_column(String(100))
    read_only: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
