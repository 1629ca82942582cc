"""Rows: rotas as they were decided, turns as they were published, overrides, acceptances, hand-overs told.

Nothing is deleted. What is published is never recomputed: a turn that a later decision moves keeps its row, marked.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, new_id


class Rota(Base):
    """That there is a rota. `proposed` -> `decided`, once; a later decision leaves it decided.

    `version` counts every change (ETag). Hand-overs before `created_at` are never told; those well before `settled_until` were
    dealt with, so that a pass need not look at them again.
    """

    __tablename__ = "rotas"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    line: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    created_at: Mapped[datetime]
    settled_until: Mapped[datetime]


class RotaEdition(Base):
    """One definition of a rota, in force from `effective_from` until the next edition is. Written by `seed` and by a decision.

    Only the decision may be added or replaced by a later one about the same definition; each stands in the audit record.
    """

    __tablename__ = "rota_editions"

    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    effective_from: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_on: Mapped[date | None]
    decision_note: Mapped[str | None] = mapped_column(String(1000))
    recorded_at: Mapped[datetime]


class Turn(Base):
    """One published turn: `from_at` inclusive, `until_at` exclusive. `slots` lists the organisations of each slot.

    `basis` is why (see `rules.Basis`). Written ahead by `seed`, `extend` and a decision; a decision may only mark a turn
    that is still to come as superseded. `edition` is the definition that it was calculated from. No two published turns of a
    rota begin at the same moment, which a unique index holds, so two engines that extend at once write each turn once.
    """

    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    edition: Mapped[int]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    slots: Mapped[list[Any]]
    basis: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    # Who is on duty asks for the first turns that end after a moment; no moment may have two.
    __table_args__ = (
        Index("ix_turns_rota_until_at", "rota", "until_at"),
        Index(
            "ux_turns_rota_from_at_published",
            "rota",
            "from_at",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )


class Override(Base):
    """That another organisation has duty for a while, by decision of `decided_by`, for `reason`.

    With `swap` it is one half of an accepted swap: a whole turn, in which `organisation` has the place of `replaces`; any
    other override in that time wins over it.
    `ended_at` is set when it is taken back: before its beginning it then never held, while under way it held until then.
    """

    __tablename__ = "overrides"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    replaces: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(1000))
    decided_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(40))
    swap: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (Index("ix_overrides_rota_until_at", "rota", "until_at"),)


class Acceptance(Base):
    """That a member accepts an edition of a decided rota: who said so, when. Never changed."""

    __tablename__ = "rota_acceptances"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    edition: Mapped[int]
    organisation: Mapped[str] = mapped_column(String(40), ForeignKey("organisations.code"))
    accepted_by: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(String(1000))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("rota", "edition", "organisation"),)


class HandOverNotice(Base):
    """What was done about one hand-over, a day `before` or `now`. Never changed; of one `at` and `moment` the newest counts.

    `outcome`: `told` (with its alert), `missed` (a later one had come when somebody looked), or `undone`: it was told
    beforehand, does not take place, and that was told too. `leaving` and `coming` are codes with a comma between them.
    """

    __tablename__ = "hand_over_notices"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    rota: Mapped[str] = mapped_column(String(40), ForeignKey("rotas.code"))
    at: Mapped[datetime]
    moment: Mapped[str] = mapped_column(String(6))
    leaving: Mapped[str] = mapped_column(String(400))
    coming: Mapped[str] = mapped_column(String(400))
    outcome: Mapped[str] = mapped_column(String(6))
    alert: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_hand_over_notices_rota_at", "rota", "at"),)
