"""Rows: hand-over notes as they were at the moment of the hand-over, and who signed them off. Nothing is changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, new_id


class HandOverNote(Base):
    """What the leaving leave to the coming at one hand-over, frozen: `content` is JSON, see `hand_over_notes.Content`.

    `turn` is the one that the moment `at` belongs to. Written with the alert that tells the hand-over, once.
    """

    __tablename__ = "hand_over_notes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    turn: Mapped[str | None] = mapped_column(String(36), ForeignKey("turns.id"))
    at: Mapped[datetime]
    leaving: Mapped[list[Any]]
    coming: Mapped[list[Any]]
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("rota", "at"), Index("ix_hand_over_notes_turn", "turn"))


class SignOff(Base):
    """That an organisation has gone through a hand-over note with the other side: who said so, and what is to be added.

    One for each note and organisation; a repeat gives the first again.
    """

    __tablename__ = "hand_over_sign_offs"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    note: Mapped[str] = mapped_column(String(36), ForeignKey("hand_over_notes.id"))
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    signed_by: Mapped[str | None] = mapped_column(String(200))
    remark: Mapped[str | None] = mapped_column(String(2000))
    on_behalf: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("note", "organisation"),)
