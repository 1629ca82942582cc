"""The row by which every process sees that engines are alive."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base


class EnginePulse(Base):
    """That an engine is alive: its last pass that was written down (`pulse.beat`), and the steps that failed in it.

    One row an engine; an engine that is gone leaves its row, which is forgotten after a day.
    """

    __tablename__ = "engine_pulses"

    engine: Mapped[str] = mapped_column(String(36), primary_key=True)
    began_at: Mapped[datetime]
    at: Mapped[datetime]
    took_ms: Mapped[int]
    failed: Mapped[list[Any]]

    __table_args__ = (Index("ix_engine_pulses_at", "at"),)
