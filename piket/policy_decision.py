"""Who decided the numbers of the rules; `settings.py` holds it with the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PolicyDecision:
    """By whom, on which day and by which paper the numbers of `Policy` were decided. All None: they are an assumption."""

    by: str | None = None
    on: date | None = None
    note: str | None = None
