"""What is late, what is not, and exactly where one becomes the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from piket.engine.auditor_rules import CODES, Limits, Seen, findings
from piket.words import Words

AT = datetime(2024, 9, 16, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMITS = Limits(120 * SECOND, 60 * SECOND, timedelta(days=30), 30 * SECOND)
WELL = Seen(AT, last_pass=AT - SECOND, turns_until={"piket": AT + timedelta(days=366)})


def codes(**seen: Any) -> list[str]:
    return [finding.code for finding in findings(replace(WELL, **seen), LIMITS)]


def test_nothing_is_found_when_all_is_well() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("well", "unwell", "code"),
    [
        ({"steps": 0}, {"steps": 1}, "late-steps"),
        ({"held_counts": 0}, {"held_counts": 2}, "late-held-counts"),
        ({"hand_overs": 0}, {"hand_overs": 1}, "late-hand-overs"),
        ({"oldest_due": AT - 120 * SECOND}, {"oldest_due": AT - 121 * SECOND}, "late-deliveries"),
        ({"last_pass": AT - 60 * SECOND}, {"last_pass": AT - 61 * SECOND}, "no-pass"),
        ({"last_pass": AT + 60 * SECOND}, {"last_pass": AT + 61 * SECOND}, "no-pass"),
        ({}, {"last_pass": None}, "no-pass"),
        ({"failing": ()}, {"failing": ("hand-overs",)}, "failing-steps"),
        (
            {"turns_until": {"a": AT + timedelta(days=30)}},
            {"turns_until": {"a": AT + timedelta(days=29)}},
            "no-turns-ahead",
        ),
        ({"turns_until": {}}, {"turns_until": {"a": None}}, "no-turns-ahead"),
        ({"clocks_apart": -30 * SECOND}, {"clocks_apart": -31 * SECOND}, "clocks-apart"),
        ({"clocks_apart": 30 * SECOND}, {"clocks_apart": 31 * SECOND}, "clocks-apart"),
    ],
)
def test_each_finding_at_its_limit_and_beyond(well: dict[str, Any], unwell: dict[str, Any], code: str) -> None:
    assert codes(**well) == []
    assert codes(**unwell) == [code]
    assert code in CODES


def test_everything_is_named_at_once_in_a_fixed_order_and_in_both_languages() -> None:
    bad = Seen(AT, 1, 1, 1, AT - timedelta(hours=1), None, ("a", "b"), {"piket": None}, timedelta(hours=1))
    found = findings(bad, LIMITS)
    assert [finding.code for finding in found] == list(CODES)
    for finding in found:
        said = {language: Words(language)(finding.detail) for language in ("nl", "en")}
        assert said["nl"] != said["en"]
        assert all(sentence.endswith(".") and "{" not in sentence for sentence in said.values())
