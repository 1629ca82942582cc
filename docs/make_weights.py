"""Make `config/weights.toml`: what each province weighs in a rota in proportion, from the published tasks.

    .venv/bin/python docs/make_weights.py

Run it again with a newer list (the file named by `DATA`, with its day). Two sets of weights come out of the one list:
`asylum-task` is the task for asylum seekers, `asylum-task-left` that task minus what is realised (regular, emergency and
municipal places together), and never less than a hundredth of all tasks together: who has done more than its task still
takes a turn now and then, for the rota is about tonight. Which of the two is fair is not for this file to say.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

CONFIG = Path(__file__).resolve().parent.parent / "config"
DAY = date(2024, 9, 1)
DATA = CONFIG / f"prt_{DAY}.csv"
REALISED = ("asylum_regular", "asylum_emergency", "asylum_municipal")
SMALLEST = 100
"""Nobody weighs less than one in so many of all tasks together."""

Rows = Iterable[Mapping[str, str]]


def read(path: Path) -> list[dict[str, str]]:
    """The list as it was published: one row for each province."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_task(rows: Rows) -> dict[str, int]:
    """The task of each province."""
    return {row["code"]: int(row["asylum_task"]) for row in rows}


def by_task_left(rows: Rows) -> dict[str, int]:
    """What each still has to realise, at least a hundredth of all tasks together."""
    listed = list(rows)
    floor = sum(by_task(listed).values()) // SMALLEST
    left = {row["code"]: int(row["asylum_task"]) - sum(int(row[part]) for part in REALISED) for row in listed}
    return {code: max(floor, places) for code, places in left.items()}


def render(rows: Rows) -> str:
    """The file."""
    listed = list(rows)
    sets = (
        ("asylum-task", "Taak voor asielzoekers", by_task(listed)),
        ("asylum-task-left", "Taak min wat gerealiseerd is, met een ondergrens", by_task_left(listed)),
    )
    lines = [
        "# What each province weighs in a rota in proportion (naar rato). Made by docs/make_weights.py, which says how.",
        '# A rota of rotas.toml takes it with strategy = "weighted" and weights = ["asylum-task"].',
    ]
    for code, name, weights in sets:
        source = f"config/{DATA.name}"
        lines += ["", "[[weights]]", f'code = "{code}"', f'name = "{name}"', f"on = {DAY}", f'source = "{source}"']
        lines += ["", "[weights.weight]", *(f"{province} = {weight}" for province, weight in weights.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (CONFIG / "weights.toml").write_text(render(read(DATA)), encoding="utf-8")
