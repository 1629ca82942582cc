"""Rows: what members carried besides their turns, how far that is booked, and holes in who can be reached. Nothing is deleted.

Duty itself is not booked anywhere: turns and overrides are its rows, and the ledger reads those.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, Numbered, new_id


class LedgerEntry(Base):
    """One thing that a member carried, or that was taken back of it. Written by `ledger.book`, never changed.

    `source` says of what it is the record (`call-up:<id>`, `night:<commitment>:<date>`) and is unique, so that nothing is booked
    twice by a repeat, two engines, or the booking of what happened before. `at` is the moment for which it counts. The four
    figures may be negative: what is taken back is a row of its own. `night` is the evening's date.
    """

    __tablename__ = "ledger_entries"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    kind: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(100), unique=True)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    overflow: Mapped[str | None] = mapped_column(String(36))
    call_up: Mapped[str | None] = mapped_column(String(36))
    commitment: Mapped[str | None] = mapped_column(String(36))
    night: Mapped[date | None]
    call_ups: Mapped[int] = mapped_column(default=0)
    places_asked: Mapped[int] = mapped_column(default=0)
    places_delivered: Mapped[int] = mapped_column(default=0)
    nights_hosted: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_ledger_entries_rota_at", "rota", "at"),)


class LedgerMark(Base):
    """How far something that the engine books by itself has come: `nights` up to and including the night of `until`."""

    __tablename__ = "ledger_marks"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    until: Mapped[date]
    at: Mapped[datetime]


class CoverageCheck(Base):
    """When a rota was last looked at for holes, and up to which entry of the record of deeds changes were seen."""

    __tablename__ = "coverage_checks"

    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"), primary_key=True)
    checked_at: Mapped[datetime]
    seen: Mapped[int] = mapped_column(Numbered)


class CoverageHole(Base):
    """That from `from_at` until `until_at` nobody has duty (`nobody`), or those who have cannot be reached at all hours.

    Written when it appears, with the span as it was then; `gone_at` is when it was seen to be gone, and then it stays gone: one
    that comes again is a new row. `alert` is what told of it.
    """

    __tablename__ = "coverage_holes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    state: Mapped[str] = mapped_column(String(20))
    organisations: Mapped[list[Any]]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    appeared_at: Mapped[datetime]
    alert: Mapped[str | None] = mapped_column(String(36))
    gone_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_coverage_holes_rota_gone_at", "rota", "gone_at"),)
