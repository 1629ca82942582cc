"""Rows of centres, thresholds and counts.

Counts are added and never changed, but for what became of them: `state`, `why_not`, the levels, and by which count they
were superseded. `Standing` and `Announced` are the two rows a centre has for what is true now.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from piket.db import Base, new_id


class Centre(Base):
    """A reception centre that is watched. Its row is what everything that judges, calls up or commits locks first.

    `desk_at` is the moment of the last transaction that did so: the next one does not stand before it.

    `norm` is the agreed maximum in people, `norm_basis` what it rests on and `norm_on` since when. It does not follow from
    the thresholds: "above the maximum" is said by the norm, levels by the thresholds (2.5).
    """

    __tablename__ = "centres"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    municipality: Mapped[str] = mapped_column(String(12))
    norm: Mapped[int]
    norm_basis: Mapped[str] = mapped_column(String(400))
    norm_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime]
    desk_at: Mapped[datetime | None]


class Thresholds(Base):
    """One version of a centre's thresholds, with who decided it and when. Versions are added, never changed.

    `body` holds what was decided under the names of the API: `definitions`, `aim` (None: one below the overflow's
    `clearBelow`) and `holdAbove`, in people. `version` counts from 1; the highest is in force.
    """

    __tablename__ = "thresholds"

    centre: Mapped[str] = mapped_column(ForeignKey("centres.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
    decision: Mapped[dict[str, Any]]
    recorded_by: Mapped[str] = mapped_column(String(40))
    recorded_at: Mapped[datetime]


class Count(Base):
    """One count as it came in. `state`: `held` -> `judged` or `kept`; `judged` and `kept` are final.

    A correction is a new row of the same moment that supersedes the former; of each moment one row is not superseded, which a
    unique index holds. `why_not` says why a kept one changed nothing: `late`, `stale`, `imported`, `superseded`. `judge_at` is
    when a held one is judged at the latest. `level_before` and `level_after` are those of its own definition, so that a
    correction can be judged from where the wrong one began. `outcome` is what was answered, for a repeat.
    """

    __tablename__ = "counts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    centre: Mapped[str] = mapped_column(ForeignKey("centres.code"))
    definition: Mapped[str] = mapped_column(String(12))
    drill: Mapped[bool] = mapped_column(default=False)
    observed_at: Mapped[datetime]
    received_at: Mapped[datetime]
    people: Mapped[int]
    reported_by: Mapped[str] = mapped_column(String(40))
    source: Mapped[str | None] = mapped_column(String(400))
    note: Mapped[str | None] = mapped_column(String(1000))
    reason: Mapped[str | None] = mapped_column(String(1000))
    imported: Mapped[bool] = mapped_column(default=False)
    supersedes: Mapped[str | None] = mapped_column(String(36))
    superseded_by: Mapped[str | None] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(8))
    why_not: Mapped[str | None] = mapped_column(String(12))
    judge_at: Mapped[datetime | None]
    level_before: Mapped[str | None] = mapped_column(String(8))
    level_after: Mapped[str | None] = mapped_column(String(8))
    outcome: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(
            "uq_counts_standing",
            "centre",
            "drill",
            "definition",
            "observed_at",
            unique=True,
            sqlite_where=text("superseded_by IS NULL"),
            postgresql_where=text("superseded_by IS NULL"),
        ),
        Index("ix_counts_chain", "centre", "drill", "definition", "observed_at"),
        Index("ix_counts_listed", "centre", "drill", "observed_at", "id"),
        Index(
            "ix_counts_held",
            "centre",
            "judge_at",
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )


class Confirmation(Base):
    """That COA confirmed a held count."""

    __tablename__ = "count_confirmations"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    count: Mapped[str] = mapped_column(ForeignKey("counts.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(40))


class CountImport(Base):
    """One file of past counts that was taken in, with what was refused and why."""

    __tablename__ = "count_imports"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    centre: Mapped[str] = mapped_column(ForeignKey("centres.code"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(40))
    accepted: Mapped[int]
    duplicates: Mapped[int]
    rejected: Mapped[list[Any]]


class Standing(Base):
    """What was last judged of one definition: the level that the next count is judged from, and the count it came from.

    Written by every judgement and by new thresholds. It outlives the freshness of its count: after a silence the next count
    is judged from it again (2.4).
    """

    __tablename__ = "standings"

    centre: Mapped[str] = mapped_column(ForeignKey("centres.code"))
    drill: Mapped[bool]
    definition: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(8))
    count: Mapped[str] = mapped_column(ForeignKey("counts.id"))
    people: Mapped[int]
    observed_at: Mapped[datetime]
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)

    # Never read; it is by this that a count is written before the row that names it.
    from_count: Mapped[Count] = relationship(lazy="raise", viewonly=False)

    __table_args__ = (UniqueConstraint("centre", "drill", "definition"),)


class Announced(Base):
    """The level of a centre that people were last told, since when, and whether they were told that counts are overdue.

    Never `unknown`: that nobody knows is told once by `countOverdue`, and `overdue_told_at` is cleared by the next count.
    """

    __tablename__ = "announced"

    centre: Mapped[str] = mapped_column(ForeignKey("centres.code"))
    drill: Mapped[bool]
    level: Mapped[str] = mapped_column(String(8))
    since: Mapped[datetime | None]
    overdue_told_at: Mapped[datetime | None]
    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)

    __table_args__ = (UniqueConstraint("centre", "drill"),)
