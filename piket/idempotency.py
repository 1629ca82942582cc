"""Answers kept for a repeat: one POST with one `Idempotency-Key` acts once.

The row is written in the transaction of the act itself. A second request that comes while the first still runs waits
for it: on PostgreSQL on the unique index, on SQLite for the writer. When the first fails nothing of it is left.
Knows no HTTP: who asks gives the scope and the bytes, and gets back what was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from piket.db import Base, new_id
from piket.errors import Conflict
from piket.words import say

KEPT_FOR = timedelta(hours=24)


class KeptAnswer(Base):
    """That `caller` asked this with this key, and what it was answered. Written by the API, forgotten after a day."""

    __tablename__ = "kept_answers"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    caller: Mapped[str] = mapped_column(String(40))
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("caller", "method", "path", "key"),
        Index("ix_kept_answers_created_at", "created_at"),
    )


@dataclass(frozen=True)
class Scope:
    """What makes a key one's own: who asks, how, what, and the key."""

    caller: str
    method: str
    path: str
    key: str


def begin(session: Session, now: datetime, scope: Scope, request: bytes) -> KeptAnswer | None:
    """Claim the key, waiting for whoever uses it now. None: go on and `keep` the answer; else the answer kept before.

    Raises `Conflict` when the key was used for other bytes. A key older than 24 hours counts as new.
    """
    request_hash = sha256(request).hexdigest()
    if _claim(session, now, scope, request_hash):
        return None
    kept = find(session, scope)
    if kept.created_at <= now - KEPT_FOR:
        session.delete(kept)
        session.flush()
        _claim(session, now, scope, request_hash)
        return None
    if kept.request_hash != request_hash:
        raise Conflict(
            say("This Idempotency-Key was used for another request. Give a new request a key of its own."),
            "idempotency-key-reused",
        )
    return kept


def _claim(session: Session, now: datetime, scope: Scope, request_hash: str) -> bool:
    """Write the row of a key unless it is there; whether it was written. Waits for a transaction that is writing the same."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {**vars(scope), "id": new_id(), "request_hash": request_hash, "created_at": now}
    claim = insert(KeptAnswer).values(row).on_conflict_do_nothing().returning(KeptAnswer.id)
    return session.execute(claim).first() is not None


def find(session: Session, scope: Scope) -> KeptAnswer:
    """The row of a key that was claimed."""
    return session.execute(select(KeptAnswer).filter_by(**vars(scope))).scalar_one()


def keep(session: Session, scope: Scope, status: int, headers: dict[str, Any], body: str) -> None:
    """Keep the first answer of a key, in the transaction that gave it. Secrets must be out of `body` by now."""
    kept = find(session, scope)
    kept.status, kept.headers, kept.body = status, headers, body


def forget_old(session: Session, now: datetime) -> int:
    """Forget answers older than 24 hours; how many. May be repeated at will."""
    old = delete(KeptAnswer).where(KeptAnswer.created_at <= now - KEPT_FOR).returning(KeptAnswer.id)
    return len(session.execute(old).all())
