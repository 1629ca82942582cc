"""Rows: who was given the address of a calendar, and what calendars have shown so far."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, new_id


class CalendarFeed(Base):
    """That an organisation was given the address of a calendar. Only the hash of its token is kept; an ended one stays.

    `rota` None: its own turns, of every rota; else everybody's turns of that one.
    """

    __tablename__ = "calendar_feeds"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"), index=True)
    rota: Mapped[str | None] = mapped_column(String(40), ForeignKey("rotas.code"))
    language: Mapped[str] = mapped_column(String(2))
    label: Mapped[str | None] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class CalendarEntry(Base):
    """One entry as calendars showed it last: the `piece`-th span (from 0) in which an organisation has duty in a turn.

    Written when a calendar is read and shows something new. `sequence` rises with every change after that; `cancelled_at` is
    when it was seen to take place no more, and is taken back when it does again.
    """

    __tablename__ = "calendar_entries"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    turn: Mapped[str] = mapped_column(String(36), ForeignKey("turns.id"))
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    piece: Mapped[int]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    proposed: Mapped[bool]
    standby: Mapped[str | None] = mapped_column(String(40))
    sequence: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("turn", "organisation", "piece"),
        Index("ix_calendar_entries_rota", "rota", "until_at"),
    )
