"""What the auditor makes of what it saw: a name and a sentence for everything that was due and is not done. Pure.

An engine that fails in silence is the one fault that no engine can tell of. So somebody else looks, from plain values, and
whoever asks (`/readyz`, `/metrics`, the outside heartbeat) gets the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from piket.words import Text, nsay, say

CODES = (
    "late-steps",
    "late-held-counts",
    "late-hand-overs",
    "late-deliveries",
    "no-pass",
    "failing-steps",
    "no-turns-ahead",
    "clocks-apart",
)


@dataclass(frozen=True)
class Limits:
    """From when on something is late: `config/piket.toml`, [auditor]."""

    delivery_after: timedelta
    pass_after: timedelta
    turns_ahead: timedelta
    clock_apart: timedelta


@dataclass(frozen=True)
class Seen:
    """What was seen at `at`. None is: nothing of the kind; for `clocks_apart`: there is only one clock.

    `turns_until` says of each rota until when it is written down; `failing` names the steps that failed in the last pass of
    a living engine.
    """

    at: datetime
    steps: int = 0
    held_counts: int = 0
    hand_overs: int = 0
    oldest_due: datetime | None = None
    last_pass: datetime | None = None
    failing: tuple[str, ...] = ()
    turns_until: Mapping[str, datetime | None] = field(default_factory=dict)
    clocks_apart: timedelta | None = None


@dataclass(frozen=True)
class Finding:
    """One thing that is not well: a stable code for machines, a sentence for people."""

    code: str
    detail: Text


def findings(seen: Seen, limits: Limits) -> list[Finding]:
    """Everything that is not well, in the order of `CODES`. Exactly at a limit is still well."""
    found = (
        ("late-steps", _late_steps(seen)),
        ("late-held-counts", _late_held(seen)),
        ("late-hand-overs", _late_hand_overs(seen)),
        ("late-deliveries", _late_deliveries(seen, limits)),
        ("no-pass", _no_pass(seen, limits)),
        ("failing-steps", _failing(seen)),
        ("no-turns-ahead", _no_turns(seen, limits)),
        ("clocks-apart", _clocks(seen, limits)),
    )
    return [Finding(code, detail) for code, detail in found if detail is not None]


def _late_steps(seen: Seen) -> Text | None:
    if not seen.steps:
        return None
    return nsay(
        "The moment of {n} call-up has passed and nothing was done about it.",
        "The moment of {n} call-ups has passed and nothing was done about it.",
        seen.steps,
    )


def _late_held(seen: Seen) -> Text | None:
    if not seen.held_counts:
        return None
    return nsay(
        "{n} count that was held should have been judged by now.",
        "{n} counts that were held should have been judged by now.",
        seen.held_counts,
    )


def _late_hand_overs(seen: Seen) -> Text | None:
    if not seen.hand_overs:
        return None
    return nsay("{n} hand-over has not been told.", "{n} hand-overs have not been told.", seen.hand_overs)


def _late_deliveries(seen: Seen, limits: Limits) -> Text | None:
    if seen.oldest_due is None or seen.at - seen.oldest_due <= limits.delivery_after:
        return None
    return nsay(
        "A message has been due for {n} second.",
        "A message has been due for {n} seconds.",
        _seconds(seen.at - seen.oldest_due),
    )


def _no_pass(seen: Seen, limits: Limits) -> Text | None:
    """A pass that lies in the future was made before the clock was set back: it counts by how far it is away."""
    if seen.last_pass is None:
        return say("No engine has made a pass yet.")
    silence = abs(seen.at - seen.last_pass)
    if silence <= limits.pass_after:
        return None
    return nsay(
        "No engine has made a pass for {n} second.", "No engine has made a pass for {n} seconds.", _seconds(silence)
    )


def _failing(seen: Seen) -> Text | None:
    return say("These steps of the pass fail: {steps}.", steps=", ".join(seen.failing)) if seen.failing else None


def _no_turns(seen: Seen, limits: Limits) -> Text | None:
    short = [code for code, until in seen.turns_until.items() if until is None or until < seen.at + limits.turns_ahead]
    if not short:
        return None
    return say("These rotas are not written down far enough ahead: {rotas}.", rotas=", ".join(short))


def _clocks(seen: Seen, limits: Limits) -> Text | None:
    if seen.clocks_apart is None or abs(seen.clocks_apart) <= limits.clock_apart:
        return None
    return nsay(
        "The clocks of the database and of this machine are {n} second apart.",
        "The clocks of the database and of this machine are {n} seconds apart.",
        _seconds(abs(seen.clocks_apart)),
    )


def _seconds(duration: timedelta) -> int:
    return round(duration.total_seconds())
