"""Rows of the record. Nothing here is ever changed or deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, Numbered, new_id


class AuditEntry(Base):
    """That somebody did something, written in the transaction that did it.

    `actor` is the organisation whose key was used, or `engine`; `on_behalf` whose word it was, when another entered it.
    `action` is a verb (`record_count`), `subject` what it was done to (`count:<id>`). `details` holds ids and numbers, no
    addresses and no secrets; `seq` is the order of writing.
    """

    __tablename__ = "audit_entries"

    seq: Mapped[int] = mapped_column(Numbered, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(40))
    on_behalf: Mapped[dict[str, Any] | None]
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(80))
    details: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_audit_entries_subject", "subject"),)
