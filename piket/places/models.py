"""Rows of emergency places and of what is committed on them. What changes is never overwritten: a new state row is added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, new_id


class EmergencyPlace(Base):
    """That one site in a province can be opened at short notice: which site, and who said so first.

    Written by an offer or by a promise on a call-up. `version` names its newest state row, and is what `ETag` shows.
    `site` is the name that people use, never a street address; `site_key` is that name as it is compared (5.5).
    """

    __tablename__ = "emergency_places"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    province: Mapped[str] = mapped_column(String(40))
    municipality: Mapped[str] = mapped_column(String(10))
    site: Mapped[str] = mapped_column(String(200))
    site_key: Mapped[str] = mapped_column(String(400))
    drill: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_emergency_places_listed", "drill", "created_at", "id"),
        Index("ix_emergency_places_site", "province", "municipality", "site_key"),
    )


class EmergencyPlaceState(Base):
    """What held for a place from `at` on, until its next row. `state`: `offered` -> `withdrawn` or `expired`, both final.

    `by_hand` is the part of `places` that was offered by itself and not only promised on a call-up. `available_until` None: until
    it is withdrawn. `notice_hours` is what the site needs before it opens; `reason` is why it was withdrawn, and by whom is `by`.
    """

    __tablename__ = "emergency_place_states"

    place: Mapped[str] = mapped_column(ForeignKey("emergency_places.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(9))
    places: Mapped[int]
    by_hand: Mapped[int]
    firmness: Mapped[str] = mapped_column(String(6))
    agreed_with: Mapped[str | None] = mapped_column(String(9))
    hours: Mapped[str] = mapped_column(String(14))
    available_from: Mapped[datetime]
    available_until: Mapped[datetime | None]
    notice_hours: Mapped[int]
    max_stay_hours: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(12))
    groups: Mapped[list[Any]]
    note: Mapped[str | None] = mapped_column(String(1000))
    reason: Mapped[str | None] = mapped_column(String(1000))


class Promise(Base):
    """The whole promise on one call-up as it was stated at one moment; the highest `number` is the one that stands."""

    __tablename__ = "promises"

    call_up: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(40))
    overflow: Mapped[str | None] = mapped_column(String(36))
    centre: Mapped[str] = mapped_column(String(40))
    drill: Mapped[bool]
    sites: Mapped[list[Any]]


class Commitment(Base):
    """That places at one site are promised on one call-up, for one centre. `version` names its newest state row.

    Written when a promise counts. `call_up`, `overflow` and `centre` are rows of rooms above this one.
    """

    __tablename__ = "commitments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    emergency_place: Mapped[str] = mapped_column(ForeignKey("emergency_places.id"), index=True)
    call_up: Mapped[str] = mapped_column(String(36), index=True)
    overflow: Mapped[str | None] = mapped_column(String(36), index=True)
    centre: Mapped[str] = mapped_column(String(40))
    drill: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        Index("ix_commitments_listed", "drill", "created_at", "id"),
        Index("ix_commitments_centre", "centre", "drill"),
    )


class CommitmentState(Base):
    """What held for a commitment from `at` on. `state`: `committed` -> `ended`, final. `until` None: until it is ended.

    `occupied` is people, and part of `places`. `end_reason`: `until` (its time passed), `withdrawn` (by a newer promise) or
    `released` (by COA). The row that ends it says what was occupied then, so that sums of the past stay true.
    """

    __tablename__ = "commitment_states"

    commitment: Mapped[str] = mapped_column(ForeignKey("commitments.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(9))
    end_reason: Mapped[str | None] = mapped_column(String(9))
    places: Mapped[int]
    occupied: Mapped[int]
    firmness: Mapped[str] = mapped_column(String(6))
    hours: Mapped[str] = mapped_column(String(14))
    available_from: Mapped[datetime]
    until: Mapped[datetime | None]
