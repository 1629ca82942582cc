"""Rows: swaps of turns that were proposed, and every step that was taken on them. Nothing is deleted.

What an accepted swap changes in who has duty are two rows of `models.Override` that name it; turns themselves never move.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, Numbered, new_id


class Swap(Base):
    """That two organisations would give each other a turn: `offering` its `offered_turn` for the `requested_turn` of `requested`.

    `state`: `proposed` -> `accepted`, `rejected`, `withdrawn` or `expired`; `accepted` -> `undone`; and from both to
    `cancelled`, when a decision moves one of the turns. `begins_at` is the beginning of the earlier turn: until then a
    proposal can be answered and an accepted swap undone. `remind_at` is when who must answer is reminded next; None: no
    more. `settled_at` is when it came to its state. `remarks` is what was worth saying of it when it was proposed or
    accepted, see `swap_rules.Remark`.
    """

    __tablename__ = "swaps"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    offered_turn: Mapped[str] = mapped_column(String(36), ForeignKey("turns.id"), index=True)
    requested_turn: Mapped[str] = mapped_column(String(36), ForeignKey("turns.id"), index=True)
    offering: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    requested: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    proposed_by: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(1000))
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    begins_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    remarks: Mapped[list[Any]]

    # Every pass asks which proposals are due, and finds none.
    __table_args__ = (Index("ix_swaps_state_begins_at", "state", "begins_at"),)


class SwapStep(Base):
    """One thing that was done about a swap, by `organisation` (`engine`: by a deadline). Only `told_at` and `alert` change.

    `kind`: `proposed`, `reminded`, or a state of `Swap`; of a swap that the ministry proposed there are two `accepted`. `by`
    is who said so there, `note` a reason. Every step is told once: `told_at` is when a pass did, `alert` what it told;
    None with `told_at` set: nobody needed to know any more.
    """

    __tablename__ = "swap_steps"

    seq: Mapped[int] = mapped_column(Numbered, primary_key=True, autoincrement=True)
    swap: Mapped[str] = mapped_column(String(36), ForeignKey("swaps.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(10))
    organisation: Mapped[str] = mapped_column(String(40))
    by: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(String(1000))
    told_at: Mapped[datetime | None] = mapped_column(index=True)
    alert: Mapped[str | None] = mapped_column(String(36))
