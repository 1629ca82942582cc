"""Rows: what provinces confirmed for their turns, and what was told for want of it. Nothing is deleted or changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, Numbered, new_id


class TurnConfirmation(Base):
    """That an organisation said how many places it can open in its turn, and where. 0 is an answer; no row is unknown.

    The newest of a turn and organisation holds, by `seq`; earlier ones stay readable. `given_by` is whose key was used,
    `on_behalf` says who said it when another entered it. `sites` is as it was sent, moments as text.
    """

    __tablename__ = "turn_confirmations"

    seq: Mapped[int] = mapped_column(Numbered, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    turn: Mapped[str] = mapped_column(String(36), ForeignKey("turns.id"))
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    places: Mapped[int]
    sites: Mapped[list[Any]]
    note: Mapped[str | None] = mapped_column(String(1000))
    given_by: Mapped[str] = mapped_column(String(40))
    on_behalf: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_turn_confirmations_turn", "turn", "organisation", "seq"),)


class ConfirmationNotice(Base):
    """One step of asking an organisation what it can open in a turn, taken once: `alert` is what was told.

    `step`: `asked`, `reminded`, `silent` (its commissioner is told), `missing` (its duty began without an answer), or
    `withdrawn`: it was asked and has no duty in that turn any more. After a `withdrawn` the next `round` may begin.
    """

    __tablename__ = "confirmation_notices"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    turn: Mapped[str] = mapped_column(String(36), ForeignKey("turns.id"))
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    round: Mapped[int]
    step: Mapped[str] = mapped_column(String(10))
    alert: Mapped[str] = mapped_column(String(36))
    created_at: Mapped[datetime]

    # What keeps two engines from taking one step twice, whatever else goes wrong.
    __table_args__ = (UniqueConstraint("turn", "organisation", "round", "step"),)
