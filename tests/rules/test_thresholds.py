"""What a set of thresholds must satisfy."""

from __future__ import annotations

from typing import Any

from piket.occupancy.threshold_rules import aim, clear_below, faults, ladders, with_standing

RUNGS = [("watch", 1800, 1750), ("high", 1900, 1850), ("overflow", 2001, 1951)]


def definition(rungs: list[tuple[str, int, int]], name: str = "nightBeds") -> dict[str, Any]:
    levels = [{"level": level, "at": at, "clearBelow": clear} for level, at, clear in rungs]
    return {"definition": name, "levels": levels, "staleAfterMinutes": 1560}


def fields(*definitions: dict[str, Any]) -> list[str]:
    return [wrong.field for wrong in faults(definitions)]


def test_a_rising_ladder_is_taken() -> None:
    assert fields(definition(RUNGS), definition([], "withoutBed")) == []
    assert fields(definition(list(reversed(RUNGS)))) == []


def test_rungs_that_do_not_rise_are_refused_at_their_place() -> None:
    assert fields(definition([("watch", 1900, 1750), ("high", 1900, 1850), ("overflow", 2001, 1951)])) == [
        "definitions.0.levels.0"
    ]
    assert fields(definition([("watch", 1800, 1790), ("high", 1900, 1780), ("overflow", 2001, 1951)])) == [
        "definitions.0.levels.0"
    ]


def test_a_rung_upside_down_is_refused() -> None:
    assert fields(definition([("overflow", 2001, 2002)])) == ["definitions.0.levels.0.clearBelow"]
    assert fields(definition([("overflow", 2001, 2001)])) == []


def test_every_fault_is_named_at_once() -> None:
    wrong = definition([("watch", 1800, 1801), ("high", 1700, 1690), ("overflow", 2001, 2002)])
    assert set(fields(wrong, definition([], "withoutBed"))) == {
        "definitions.0.levels.0.clearBelow", "definitions.0.levels.2.clearBelow", "definitions.0.levels.0",
    }  # fmt: skip


def test_no_overflow_doubles_and_levels_of_without_bed_are_refused() -> None:
    assert fields(definition([("watch", 1800, 1750)])) == ["definitions.0.levels"]
    assert fields(definition([*RUNGS, ("high", 1950, 1900)])) == ["definitions.0.levels"]
    assert fields(definition(RUNGS), definition(RUNGS)) == ["definitions.1.definition"]
    assert fields(definition(RUNGS, "withoutBed")) == ["definitions.0.levels"]


def test_aim_is_one_below_the_clearing_of_the_overflow_unless_it_is_set() -> None:
    body: dict[str, Any] = {"definitions": [definition(RUNGS)], "aim": None}
    assert (aim(body, "nightBeds"), clear_below(body, "nightBeds")) == (1950, 1951)
    assert aim({**body, "aim": 1900}, "nightBeds") == 1900
    assert aim({**body, "aim": 0}, "nightBeds") == 0


def test_a_definition_left_out_stays_as_it_is() -> None:
    standing = {"definitions": [definition(RUNGS), definition(RUNGS, "present"), definition([], "withoutBed")]}
    new = definition([("overflow", 2500, 2400)], "present")
    assert with_standing([new], standing) == [standing["definitions"][0], new, standing["definitions"][2]]


def test_rungs_are_read_lowest_first() -> None:
    (ladder,) = ladders({"definitions": [definition(list(reversed(RUNGS)))]})
    assert [rung.level for rung in ladder.rungs] == ["watch", "high", "overflow"]
