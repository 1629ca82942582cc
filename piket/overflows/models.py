"""Rows of episodes, call-ups and what was done in them.

Every "when" of section 5 is a column here (`remind_at`, `respond_by`, `needed_by`): a pass of the engine finds what has come by
asking for it, so a restart or a late pass changes nothing but the moment at which it is found.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, Numbered, new_id


class Overflow(Base):
    """One episode. `state`: `open` -> `closed`, final. One open episode a centre (and drill flag), by a unique index.

    `computed_needed` follows the counts; `stated_needed` is COA's word and goes first until it is taken back. `reached`: a count
    has been at the overflow, so that a declared one may close by itself. `people`, `occupied` and `peak` are of judged
    counts. `acute_since` is set while a shortfall is past its hour (2.3). `round` counts from 1; `duty_since` is when those on
    duty came on, so that a hand-over begins a round once; `list_ended_in` is the round in which nobody was left. `policy` holds
    the numbers of section 5 as they were at its beginning. What a closed episode had committed is frozen when it closes.
    """

    __tablename__ = "overflows"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    centre: Mapped[str] = mapped_column(String(40))
    drill: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(6), default="open")
    level: Mapped[str] = mapped_column(String(8))
    opened_at: Mapped[datetime]
    opened_by_count: Mapped[str | None] = mapped_column(String(36))
    declared: Mapped[bool] = mapped_column(default=False)
    declared_by: Mapped[str | None] = mapped_column(String(40))
    declared_reason: Mapped[str | None] = mapped_column(String(1000))
    reached: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]
    closure: Mapped[str | None] = mapped_column(String(12))
    close_reason: Mapped[str | None] = mapped_column(String(1000))
    closed_by: Mapped[str | None] = mapped_column(String(40))
    peak: Mapped[int | None]
    people: Mapped[int | None]
    occupied: Mapped[int] = mapped_column(default=0)
    computed_needed: Mapped[int | None]
    stated_needed: Mapped[int | None]
    final_committed: Mapped[int | None]
    acute_since: Mapped[datetime | None]
    round: Mapped[int] = mapped_column(default=1)
    duty_since: Mapped[datetime | None]
    list_ended_in: Mapped[int | None]
    policy: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(
            "uq_overflows_open",
            "centre",
            "drill",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_overflows_listed", "drill", "opened_at", "id"),
        Index("ix_overflows_centre", "centre", "drill", "opened_at"),
    )

    @property
    def needed(self) -> int | None:
        """How many places are needed: as stated, else as computed; None when neither is known."""
        return self.computed_needed if self.stated_needed is None else self.stated_needed


class CallUp(Base):
    """One call to one organisation. `state`: open -> partly, met, declined, expired, released; an answer may still change it.

    `promised` is what the newest answer named (None: no answer yet), `counted` what counts of it, `surplus` firm places beyond
    that, `in_view` places that do not count, `taken` what COA took of the surplus. `ineligible_in` is the round in which
    its organisation is not called again. The `*_at` that end in "ed" say that a step was taken, so that none is taken twice.
    """

    __tablename__ = "call_ups"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    seq: Mapped[int] = mapped_column(default=0)
    overflow: Mapped[str] = mapped_column(ForeignKey("overflows.id"), index=True)
    centre: Mapped[str] = mapped_column(String(40))
    drill: Mapped[bool] = mapped_column(default=False)
    kind: Mapped[str] = mapped_column(String(8), default="opening")
    organisation: Mapped[str] = mapped_column(ForeignKey("organisations.code"))
    places: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(String(12))
    round: Mapped[int]
    respond_by: Mapped[datetime]
    needed_by: Mapped[datetime]
    remind_at: Mapped[datetime]
    until: Mapped[datetime | None]
    paid_by: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(8), default="open")
    late: Mapped[bool] = mapped_column(default=False)
    promised: Mapped[int | None]
    counted: Mapped[int] = mapped_column(default=0)
    surplus: Mapped[int] = mapped_column(default=0)
    in_view: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None] = mapped_column(String(1000))
    reminded_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    needed_by_passed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str | None] = mapped_column(String(1000))
    ineligible_in: Mapped[int | None]
    alert: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (Index("ix_call_ups_listed", "drill", "made_at", "id"),)


class Act(Base):
    """One thing that was done or happened in an episode, in order: the timeline. Nothing here is ever changed.

    `data` is plain JSON under the names of the API, with codes and ids; the sentence is made when it is read (`wording`).
    """

    __tablename__ = "acts"

    seq: Mapped[int] = mapped_column(Numbered, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=new_id)
    overflow: Mapped[str] = mapped_column(ForeignKey("overflows.id"))
    call_up: Mapped[str | None] = mapped_column(ForeignKey("call_ups.id"))
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(40))
    on_behalf: Mapped[dict[str, Any] | None]
    data: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_acts_overflow", "overflow", "seq"), Index("ix_acts_call_up", "call_up", "kind", "seq"))
