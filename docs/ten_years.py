"""What ten years of a rota come to: who has how many turns, days, weekends and holidays, and how far that is from its share.

    .venv/bin/python docs/ten_years.py

Three rotas of the twelve provinces, Groningen exempt: every week from Monday 6 January 2025 at 09:00, the default of
`config/rotas.toml`, and the first of these again in proportion to the asylum task. Nothing is read from a database and
nothing is written; the ledger of a running service is `piket rota show`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from piket.rota import ledger_rules, public_holidays
from piket.rota.definitions import from_seed
from piket.rota.duty_rules import TurnSpan, stretches
from piket.rota.feast_rules import FEASTS, touched
from piket.rota.ledger_rules import PARTS, Figures
from piket.rota.rules import Definition, PlannedTurn, Weight, first_hand_over, organisations_of, turns, wall_moment
from piket.settings import Settings
from piket.startup import read_settings

CONFIG = Path(__file__).resolve().parent.parent / "config"
HEAD = f"{'':8}{'turns':>6}{'days':>9}{'weekend':>9}{'holidays':>9}{'share':>9}{'differs':>9}" + "".join(
    f"{feast:>11}" for feast in FEASTS
)


@dataclass(frozen=True)
class Sums:
    """What a plan comes to: `accounts` by organisation, `feasts` how often each has which, `again` how often two years
    running, and `imbalance`, the widest gap in days for a unit of the smallest weight.
    """

    accounts: dict[str, Figures]
    feasts: dict[str, dict[str, int]]
    again: int
    imbalance: float


def rotas(settings: Settings) -> dict[str, Definition]:
    """The three, by what they are called."""
    default = from_seed(settings.rotas[0], settings.weights)
    weekly = dataclasses.replace(
        default, turn_length=1, hand_over_weekday="monday", hand_over_time=time(9), starts_on=date(2025, 1, 6)
    )
    tasks = next(one for one in settings.weights if one.code == "asylum-task")
    weights = tuple(Weight(code, weight) for code, weight in tasks.weight.items())
    return {
        "every week, Monday 09:00": weekly,
        "two weeks, Wednesday 12:00": default,
        "every week, in proportion": dataclasses.replace(weekly, strategy="weighted", weights=weights),
    }


def plan_of(rota: Definition, years: int = 10) -> list[PlannedTurn]:
    """The turns that begin within so many years of the first."""
    first = first_hand_over(rota)
    day = first.astimezone(rota.clock).date()
    return list(turns(rota, wall_moment(day.replace(year=day.year + years), rota.hand_over_time, rota.clock)))


def sums(rota: Definition, plan: Sequence[PlannedTurn]) -> Sums:
    """The ledger's own reckoning over a plan, and the feasts."""
    spans = [TurnSpan(str(number), turn.from_at, turn.until_at, turn.holders) for number, turn in enumerate(plan)]
    since, until = spans[0].from_at, spans[-1].until_at
    free = public_holidays.between(since.date(), until.date())

    def share_of(turn: TurnSpan) -> ledger_rules.Shares:
        return ledger_rules.shares_of(rota, turn.from_at, turn.until_at)

    carried = list(ledger_rules.duty(stretches(spans, []), since, until, free))
    whole = [*carried, *ledger_rules.shares(carried, spans, share_of)]
    accounts = ledger_rules.totals(whole, organisations_of(rota.members))
    gap = ledger_rules.imbalance(accounts, [share_of(span) for span in spans]) / PARTS
    feasts, again = _feasts(rota, plan)
    return Sums(accounts, feasts, again, gap)


def _feasts(rota: Definition, plan: Sequence[PlannedTurn]) -> tuple[dict[str, dict[str, int]], int]:
    found = {code: dict.fromkeys(FEASTS, 0) for code in organisations_of(rota.members)}
    had: set[tuple[str, str, int]] = set()
    for turn in plan:
        for feast, year in touched(turn.from_at, turn.until_at, rota.clock):
            for code in organisations_of(turn.holders):
                found[code][feast] += 1
                had.add((code, feast, year))
    return found, sum((code, feast, year + 1) in had for code, feast, year in had)


def render(name: str, rota: Definition) -> str:
    """One rota as a table."""
    plan = plan_of(rota)
    came = sums(rota, plan)
    span = f"{_day(plan[0].from_at, rota)} to {_day(plan[-1].until_at, rota)}"
    lines = [f"{name}: {len(plan)} turns, {span}", HEAD]
    for code, account in came.accounts.items():
        days = (account.duty, account.weekend, account.holiday, account.share, account.difference)
        counted = "".join(f"{came.feasts[code][feast]:>11}" for feast in FEASTS)
        lines.append(f"{code:8}{account.turns:>6}" + "".join(f"{part / PARTS:>9.1f}" for part in days) + counted)
    spread = dataclasses.replace(rota, spread_holidays=True)
    kept = sums(spread, plan_of(spread))
    return "\n".join(
        [
            *lines,
            f"imbalance: {came.imbalance:.1f} days for a unit of the smallest weight",
            f"the same feast two years running: {came.again} times; {kept.again} times when feasts are spread, "
            f"with an imbalance of {kept.imbalance:.1f}",
        ]
    )


def _day(at: datetime, rota: Definition) -> str:
    return f"{at.astimezone(rota.clock):%d %B %Y}"


def settings_here() -> Settings:
    """The settings of the folder beside this one."""
    return read_settings({"PIKET_CONFIG": str(CONFIG)})


if __name__ == "__main__":
    print("\n\n".join(render(name, rota) for name, rota in rotas(settings_here()).items()))  # noqa: T201
