"""`config/weights.toml` is what docs/make_weights.py makes of the published tasks, and what it says it is."""

from __future__ import annotations

from types import ModuleType

import pytest

from piket.settings import Settings
from tests.conftest import ROOT
from tests.scripts import script


@pytest.fixture
def maker() -> ModuleType:
    return script("make_weights")


def test_the_file_is_what_is_made_of_the_published_list(maker: ModuleType) -> None:
    assert (ROOT / "config" / "weights.toml").read_text(encoding="utf-8") == maker.render(maker.read(maker.DATA))


def test_the_tasks_are_those_that_were_published(settings: Settings) -> None:
    sets = {one.code: one.weight for one in settings.weights}
    assert sets["asylum-task"]["nl-zh"] == 19_776
    assert sum(sets["asylum-task"].values()) == 96_000
    # Zeeland: 2,109 to do, 314 + 1,263 + 227 = 1,804 done; 305 left is less than a hundredth of 96,000.
    assert sets["asylum-task-left"]["nl-ze"] == 960
    # Gelderland: 11,704 - (4,848 + 3,380 + 695); Drenthe did more than its task.
    assert (sets["asylum-task-left"]["nl-ge"], sets["asylum-task-left"]["nl-dr"]) == (2_781, 960)
    assert {code for one in sets.values() for code in one} == {
        o.code for o in settings.organisations if o.kind == "province"
    }


def test_what_is_left_is_never_less_than_a_hundredth_of_all_tasks(maker: ModuleType) -> None:
    rows = [
        {"code": "a", "asylum_task": "900", "asylum_regular": "0", "asylum_emergency": "0", "asylum_municipal": "0"},
        {"code": "b", "asylum_task": "100", "asylum_regular": "50", "asylum_emergency": "30", "asylum_municipal": "15"},
        {"code": "c", "asylum_task": "0", "asylum_regular": "9", "asylum_emergency": "0", "asylum_municipal": "0"},
    ]
    assert maker.by_task_left(rows) == {"a": 900, "b": 10, "c": 10}
