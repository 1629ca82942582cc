"""Call-ups and an overflow as plain values, for tests without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from piket.overflows.service import CallUpInfo, OverflowInfo

NOW = datetime(2024, 9, 16, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def call(organisation: str = "nl-ov", **more: object) -> CallUpInfo:
    values: dict[str, object] = {
        "id": "c", "kind": "opening", "centre": "ter-apel", "overflow": "o", "organisation": organisation, "places": 179,
        "committed": 0, "in_view": 0, "surplus": 0, "promised": None, "state": "open", "late": False, "made_at": NOW,
        "made_by": "engine", "why": "duty", "round": 1, "respond_by": NOW + timedelta(hours=1), "needed_by": NOW + DAY,
        "until": None, "paid_by": None, "answered_at": None, "decline_reason": None, "released_at": None,
        "release_reason": None, "alert": None, "drill": False,
    }  # fmt: skip
    return CallUpInfo(**{**values, **more})  # type: ignore[arg-type]


def overflow(*calls: CallUpInfo, **more: object) -> OverflowInfo:
    values: dict[str, object] = {
        "id": "o", "centre": "ter-apel", "state": "open", "declared": False, "declared_reason": None, "reason": None,
        "closure": None, "closed_by": None, "level": "overflow", "peak": 2129, "people": 2129, "occupied": 0,
        "opened_at": NOW, "closed_at": None, "needed": 179, "stated_needed": None, "computed_needed": 179, "committed": 120,
        "asked": 0, "shortfall": 59, "round": 1, "list_ended": False, "acute_since": None, "drill": False, "call_ups": calls,
    }  # fmt: skip
    return OverflowInfo(**{**values, **more})  # type: ignore[arg-type]
