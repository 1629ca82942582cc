"""What moves by a decision, and for whom (rule 7.7): time and holders count, the reason does not."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

from hypothesis import given

from piket.rota.moved_rules import compare, in_its_place, whose
from piket.rota.rules import Basis, Definition, PlannedTurn
from tests.rules.rota_examples import PROVINCES, definitions, first

PLAN = first(Definition("a", PROVINCES[:4], date(2024, 1, 3)), 8)


def of(turn: PlannedTurn, *codes: str) -> PlannedTurn:
    """The same turn of others."""
    return dataclasses.replace(turn, holders=tuple((code,) for code in codes))


def test_a_turn_stays_when_only_its_reason_is_another() -> None:
    other = [dataclasses.replace(turn, basis=Basis((1,), 1, None, {"x": "y"})) for turn in PLAN]
    assert compare(other, PLAN).moved == ()
    assert compare(other, PLAN).stay == {number: number for number in range(8)}


def test_a_turn_moves_when_its_holder_its_beginning_or_its_end_is_another() -> None:
    changed = [
        of(PLAN[0], "nl-zh"),
        dataclasses.replace(PLAN[1], from_at=PLAN[1].from_at + timedelta(hours=1)),
        dataclasses.replace(PLAN[2], until_at=PLAN[2].until_at - timedelta(hours=1)),
        *PLAN[3:],
    ]
    assert compare(changed, PLAN).moved == (0, 1, 2)


@given(definitions(), definitions())
def test_what_stays_and_what_moves_are_all_that_was_published(one: Definition, other: Definition) -> None:
    published, plan = first(one, 12), first(dataclasses.replace(other, starts_on=one.starts_on), 12)
    compared = compare(plan, published)
    assert sorted((*compared.stay, *compared.moved)) == list(range(12))
    for number, place in compared.stay.items():
        assert dataclasses.replace(plan[place], basis=published[number].basis) == published[number]


def test_each_reads_what_it_has_no_more_and_what_it_has_instead() -> None:
    a, b = PLAN[0], PLAN[1]
    told = whose([a, b], [of(a, *b.holders[0]), of(b, *a.holders[0])], b.until_at)
    mine, yours = (a.from_at, a.until_at), (b.from_at, b.until_at)
    assert told == {"nl-dr": ([mine], [yours]), "nl-fl": ([yours], [mine])}


def test_who_only_has_another_beside_it_has_not_moved() -> None:
    told = whose([of(PLAN[0], "nl-dr", "nl-fl")], [of(PLAN[0], "nl-zh", "nl-dr")], PLAN[0].until_at)
    assert set(told) == {"nl-fl", "nl-zh"}


def test_what_begins_where_nothing_was_published_is_no_news() -> None:
    """The turn that begins just when the published ones end is new, not moved; one a second earlier is."""
    assert whose([], [PLAN[1]], PLAN[1].from_at) == {}
    assert set(whose([], [PLAN[1]], PLAN[1].from_at + timedelta(seconds=1))) == {"nl-fl"}


def test_in_the_place_of_a_turn_are_those_that_share_a_moment_with_it() -> None:
    half = timedelta(days=7)
    shifted = [dataclasses.replace(turn, from_at=turn.from_at + half, until_at=turn.until_at + half) for turn in PLAN]
    assert in_its_place(PLAN[3], shifted) == (shifted[2], shifted[3])
    assert in_its_place(PLAN[3], PLAN) == (PLAN[3],)
