"""The one table: what was measured, next to what, and whether it reaches its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.ground import Figures, median


@dataclass(frozen=True)
class Row:
    """One line: a figure of a subject against a limit, or against another subject's figure.

    `target` is the number that must not be passed: the figure itself, or its ratio to `against`. `least`: more is better.
    None: shown for what it tells, without a target.
    """

    name: str
    unit: str
    figure: str
    target: float | None = None
    subject: str = "piket"
    against: str | None = None
    against_figure: str | None = None
    against_name: str | None = None
    least: bool = False


def rows(sizes: Sequence[int], stored: Sequence[str]) -> list[Row]:
    return [*_telling(), *_durable(), *_stored(sizes, stored), *_rota(stored), *_board(), *_process()]


def _telling() -> list[Row]:
    found = []
    for what, name in (("crossing", "a count crosses a level"), ("opening", "a count opens an episode")):
        for share in ("p50", "p95"):
            figure = f"first {what} {share}"
            label = f"POST -> first webhook, {name}, {share}"
            found += [
                Row(label, "ms", figure, 0.5, against="alerta"),
                Row(label, "ms", figure, 3, against="alertmanager"),
            ]
    return [
        *found,
        Row("last of 100 webhooks", "ms", "last 100", 0.5, against="alerta"),
        Row("last of 100 webhooks", "ms", "last 100", against="alertmanager"),
        Row("last of 1,000 webhooks, instant receivers", "ms", "last 1000", 1500),
        Row("last of 1,000 webhooks, receivers of 100 ms", "ms", "last 1000 slow", 2500),
        Row("one hung among 100: last of the others", "ms", "hung", 1.1, "with", "without", "hung", "without it"),
    ]


def _durable() -> list[Row]:
    found = []
    for kind, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        for centres, where in ((1, "at one centre"), (8, "each at its own centre")):
            figure = f"{kind} {centres}"
            label = f"durable counts/s, {name}, 8 clients {where}"
            found += [
                Row(label, "/s", f"durable {figure}", 3, against="alerta", least=True),
                Row(label, "/s", f"durable {figure}", 0.6, against="ceiling", least=True),
                Row(f"{label}: p99", "ms", f"durable p99 {figure}", 2, against="ceiling"),
            ]
    return found


def _stored(sizes: Sequence[int], stored: Sequence[str]) -> list[Row]:
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    smallest = sizes[0]
    return [
        Row(
            f"{operation} with {size:,} counts stored, {names[kind]}", "ms", f"stored {kind} {operation}",
            1.2 if size == sizes[-1] else None, str(size), str(smallest), None, f"{smallest:,} stored",
        )
        for kind in stored
        for operation in ("POST", "situation", "list page")
        for size in sizes[1:]
    ]  # fmt: skip


def _rota(stored: Sequence[str]) -> list[Row]:
    names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
    return [
        Row("ten years of weekly turns of 12 members, in turn", "ms", "ten years in turn", 100),
        Row("the same, in proportion and with feasts spread", "ms", "ten years weighted", 100),
        *(
            Row(
                f"who is on duty, from 50 years of turns, {names[kind]}", "ms", f"on duty {kind}",
                1.2, "50", "1", None, "1 year of turns",
            )
            for kind in stored
        ),
    ]  # fmt: skip


def _board() -> list[Row]:
    found = []
    for kind, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        found += [
            Row(
                f"situation page, server time p50, {name}", "ms", f"page {kind}",
                1.5, against="api", against_name="GET /v1/situation",
            ),
            Row(f"the same, first look after something was written, {name}", "ms", f"page anew {kind}", against="api",
                against_figure=f"page {kind}", against_name="GET /v1/situation"),
            Row(f"an open board asks again, nothing changed, {name}", "ms", f"again {kind}"),
            Row(
                f"POST -> first webhook p50, with 200 boards open, {name}", "ms", f"boards {kind}",
                1.2, "with", "without", None, "without them",
            ),
            Row(f"the same, p95, {name}", "ms", f"boards p95 {kind}", None, "with", "without", None, "without them"),
            Row(f"change seen by the last of 200 boards, {name}", "ms", f"seen {kind}", 3000),
        ]  # fmt: skip
    return [Row("situation page, all that travels on the first visit", "kB", "wire", 60), *found]


def _process() -> list[Row]:
    return [
        Row("idle memory of piket serve", "MB", "memory idle", 120),
        Row("the same after some pages were asked for", "MB", "memory used"),
        Row("start of piket serve to ready", "s", "start", 2),
    ]


HEAD = (
    "figure",
    "unit",
    "piket: min / median / max",
    "next to",
    "its min / median / max",
    "ratio (rounds)",
    "target",
    "",
)


def render(figures: Figures, wanted: Sequence[Row]) -> str:
    """As Markdown that is also read as plain text; only what was measured."""
    measured = [row for row in wanted if figures.of(row.figure, row.subject)]
    lines = [HEAD, *(_line(figures, row) for row in measured)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    text.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in text)


def _line(figures: Figures, row: Row) -> tuple[str, ...]:
    own = figures.of(row.figure, row.subject)
    if row.against is None:
        return (row.name, row.unit, _spread(own), "", "", "", _target(row, row.unit), _verdict(row, median(own)))
    other = figures.of(row.against_figure or row.figure, row.against)
    name = row.against_name or row.against
    if not other:
        return (row.name, row.unit, _spread(own), name, "not installed", "", _target(row, "x"), "not measured")
    ratio = median(own) / median(other)
    each = [a / b for a, b in zip(own, other, strict=False)]
    said = f"{ratio:.2f} ({min(each):.2f} to {max(each):.2f})"
    return (row.name, row.unit, _spread(own), name, _spread(other), said, _target(row, "x"), _verdict(row, ratio))


def _spread(values: Sequence[float]) -> str:
    return " / ".join(_number(value) for value in (min(values), median(values), max(values)))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _target(row: Row, unit: str) -> str:
    if row.target is None:
        return ""
    return f"at {'least' if row.least else 'most'} {row.target:g} {unit}"


def _verdict(row: Row, measured: float) -> str:
    if row.target is None:
        return ""
    return "reached" if (measured >= row.target if row.least else measured <= row.target) else "SHORT"
