"""`python -m bench`: every figure, the peers in turn with piket, one table on the screen and in results.md."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import boards, peers, rota, storing, telling
from bench.ground import BenchFailed, Figures
from bench.receivers import Receivers, receivers
from bench.service import CENTRES, Piket, Service
from bench.stores import Stores, stores
from bench.table import render, rows
from piket.db import Store

RESULTS = Path(__file__).with_name("results.md")
NAMES = ("telling", "durable", "stored", "rota", "board", "process")


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    samples: int
    times: int
    seconds: float
    sizes: tuple[int, ...]
    stored: tuple[str, ...]
    only: tuple[str, ...]
    out: Path
    note: str


QUICK = Plan(3, 20, 3, 3.0, (1_000, 100_000), ("sqlite",), NAMES, RESULTS, "")
FULL = Plan(5, 60, 5, 8.0, (1_000, 100_000, 1_000_000), ("sqlite", "postgresql"), NAMES, RESULTS, "")


@dataclass
class Bench:
    """Everything that runs as long as the bench does."""

    plan: Plan
    figures: Figures
    stores: Stores
    receivers: Receivers
    piket: Piket
    alerta: peers.Peer | None
    alertmanager: peers.Peer | None
    sized: Mapping[str, Mapping[int, Service]]
    turns: Mapping[str, Mapping[int, Store]]

    def round(self) -> None:
        parts: dict[str, Callable[[], None]] = {
            "telling": self._telling,
            "durable": self._durable,
            "stored": self._stored,
            "rota": self._rota,
            "board": self._board,
            "process": self._process,
        }
        for name in self.plan.only:
            say(f"  {name}")
            parts[name]()

    def _telling(self) -> None:
        figures, piket, plan, hooks = self.figures, self.piket, self.plan, self.receivers
        others = [peer for peer in (self.alerta, self.alertmanager) if peer is not None]
        telling.first_by_piket(figures, piket, hooks, plan.samples)
        for peer in others:
            telling.first_by_peer(figures, peer, hooks, plan.samples)
        telling.last_by_piket(figures, piket, hooks, "last 100", many=telling.HUNDRED, times=plan.times)
        for peer in others:
            telling.last_by_peer(figures, peer, hooks, "last 100", plan.times)
        many = telling.THOUSAND
        telling.last_by_piket(figures, piket, hooks, "last 1000", many=many, times=2)
        telling.last_by_piket(figures, piket, hooks, "last 1000 slow", many=many, kind="slow", times=2)
        telling.hung(figures, piket, hooks, plan.times)

    def _durable(self) -> None:
        seconds = self.plan.seconds
        for kind in ("sqlite", "postgresql"):
            for centres in (1, CENTRES):
                storing.durable_by_piket(self.figures, self.piket, kind, centres, seconds)
            storing.durable_by_ceiling(self.figures, self.stores, kind, seconds)
        if self.alerta is not None:
            storing.durable_by_alerta(self.figures, self.alerta, seconds)

    def _stored(self) -> None:
        for kind, running in self.sized.items():
            storing.size_round(self.figures, kind, running, self.plan.samples)

    def _rota(self) -> None:
        rota.calculation(self.figures, self.plan.times)
        for kind, stored in self.turns.items():
            rota.who_is_on_duty(self.figures, kind, stored, 5 * self.plan.samples)

    def _board(self) -> None:
        boards.wire(self.figures, self.piket)
        for kind in ("sqlite", "postgresql"):
            boards.page_times(self.figures, self.piket, kind, 3 * self.plan.samples)
            boards.open_boards(self.figures, self.piket, self.receivers, kind, 12)

    def _process(self) -> None:
        storing.memory(self.figures, self.piket)
        storing.start(self.figures, self.piket)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(plan: Plan) -> str:
    """Everything in place, the rounds, the table; whatever happens, all that was started is ended and removed."""
    begun, load_before = time.monotonic(), os.getloadavg()
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="piket-bench-", ignore_cleanup_errors=True))
        )
        say("starting PostgreSQL, receivers, Alerta, Alertmanager")
        made = stack.enter_context(stores(folder))
        hooks = stack.enter_context(receivers())
        urls = hooks.urls(telling.HUNDRED)
        beside = bool({"telling", "durable"} & set(plan.only))
        alerta = stack.enter_context(peers.alerta(made, urls)) if beside else None
        manager = stack.enter_context(peers.alertmanager(folder, urls)) if beside else None
        piket = Piket(made)
        bench = Bench(plan, Figures(), made, hooks, piket, alerta, manager, {}, {})
        say("filling stores")
        kinds = plan.stored if "stored" in plan.only else ()
        bench.sized = {kind: stack.enter_context(storing.sized(piket, plan.sizes, kind)) for kind in kinds}
        if "rota" in plan.only:
            bench.turns = {kind: stack.enter_context(rota.stored(piket, kind)) for kind in plan.stored}
        for number in range(plan.rounds):
            say(f"round {number + 1} of {plan.rounds}, {time.monotonic() - begun:.0f} s after the start")
            bench.round()
        said = [peer.said for peer in (alerta, manager) if peer] + [f"PostgreSQL {made.version()}"]
        said += ["Alertmanager: not installed"] if beside and manager is None else []
        return report(bench, said, time.monotonic() - begun, load_before)


def report(bench: Bench, said: list[str], seconds: float, load_before: tuple[float, ...]) -> str:
    plan = bench.plan
    table = render(bench.figures, rows(plan.sizes, plan.stored))
    libraries = ", ".join(f"{name} {version(name)}" for name in ("piket", "flask", "sqlalchemy", "gunicorn", "psycopg"))
    load = " / ".join(f"{value:.1f}" for value in load_before)
    lines = [
        "# What was measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {plan.rounds} rounds, peers and ceilings in turn with piket in each; "
        f"{seconds / 60:.0f} minutes.",
        f"Machine: {_machine()}. Load before the start (1, 5, 15 minutes): {load}.",
        f"Python {platform.python_version()}, {libraries}. {'. '.join(said)}.",
        "Each number is that of one round; a ratio is that of the medians, with the lowest and highest of the rounds.",
        *([plan.note] if plan.note else []),
        "",
        table,
        "",
        _judged(bench.figures),
    ]
    return "\n".join(lines) + "\n"


def _judged(figures: Figures) -> str:
    """With several clients at one centre a count can be overtaken by a newer one; it is then stored, not judged."""
    shares = figures.of("judged sqlite 1", "piket") + figures.of("judged postgresql 1", "piket")
    if not shares:
        return ""
    least = f"{min(shares):.1f} %"
    return f"Of the counts of 8 clients at one centre at least {least} came in order and were judged; each at its own: all."


def _machine() -> str:
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace") if Path("/proc/cpuinfo").exists() else ""
    models = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {models[0] if models else platform.machine()}, {memory:.0f} GiB, {platform.system()}"


def read_plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three short rounds, at most 100,000 counts stored")
    parser.add_argument("--rounds", type=int, help="how many rounds (at least 3 for a result to keep)")
    parser.add_argument("--only", choices=NAMES, action="append", help="only this part; may be repeated")
    parser.add_argument("--out", type=Path, default=RESULTS, help="where the table goes")
    parser.add_argument("--note", default="", help="a sentence to stand above the table")
    given = parser.parse_args()
    plan = QUICK if given.quick else FULL
    return Plan(
        given.rounds or plan.rounds, plan.samples, plan.times, plan.seconds, plan.sizes, plan.stored,
        tuple(given.only or plan.only), given.out, given.note,
    )  # fmt: skip


def stop(*_: object) -> None:
    """Once: what is being ended must not be interrupted again."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> int:
    plan = read_plan()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        text = measure(plan)
    except KeyboardInterrupt:
        say("stopped; everything was ended and removed")
        return 130
    except BenchFailed as failed:
        say(f"no result: {failed}")
        return 1
    plan.out.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
