"""Why somebody is on duty, as a sentence; and a definition that survives being written down."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from piket.rota.definitions import basis_from_json, basis_to_json, from_json, to_json, together
from piket.rota.explain import OverrideReason, named, why
from piket.rota.rules import Basis, Definition, Exemption, Weight
from piket.words import Words

NAMES = {"a": "Aa", "b": "Bee", "c": "Cee", "m": "Ministerie"}
SINCE, UNTIL = datetime(2024, 9, 16, 12, tzinfo=UTC), datetime(2024, 9, 17, 12, tzinfo=UTC)
BASIS = Basis((2,), 3, ("a",), {"c": "te klein."})


def told(holders: tuple[tuple[str, ...], ...], basis: Basis, *overrides: OverrideReason, proposed: bool = False) -> str:
    return Words("nl")(why(holders, basis, overrides, NAMES, proposed))


@pytest.mark.parametrize(
    ("holders", "basis", "sentence"),
    [
        ((("b",),), BASIS, "Bee is aan de beurt: de 2e van 3, na Aa; Cee is vrijgesteld (te klein)."),
        ((("a",),), Basis((1,), 3, None, {}), "Aa is aan de beurt: de 1e van 3."),
        ((("a",), ("b",)), Basis((1, 2), 3, ("c",), {}), "Aa en Bee zijn aan de beurt: 2 van 3 organisaties, na Cee."),
        ((), Basis((), 0, ("a",), {}), "Niemand is aan de beurt: iedereen op het rooster is vrijgesteld."),
    ],
)
def test_the_rota_explains_itself_with_its_numbers(
    holders: tuple[tuple[str, ...], ...], basis: Basis, sentence: str
) -> None:
    assert told(holders, basis) == sentence


WEIGHTS = {"a": 2691, "b": 2109, "c": 100, "d": 5382}


def weighed(holders: tuple[tuple[str, ...], ...], carried: dict[str, int], **more: Any) -> str:
    places = tuple(range(1, len(holders) + 1))
    return told(holders, Basis(places, 4, ("a",), more.pop("exempt", {}), carried=carried, weights=WEIGHTS, **more))


def test_in_proportion_it_says_what_each_had_carried_and_who_came_nearest() -> None:
    assert weighed((("b",),), {"a": 4000, "b": 1250, "c": 9000, "d": 6000}) == (
        "Bee is aan de beurt: die heeft naar rato het minst gedaan (beurten tot nu toe 1,25, gewicht 2.109); "
        "daarna komt d (beurten tot nu toe 6, gewicht 5.382)."
    )


def test_a_tie_in_proportion_goes_by_the_decided_order_and_says_so() -> None:
    said = weighed((("a",),), {"a": 3000, "b": 9000, "c": 9000, "d": 6000})
    assert said.endswith("gewicht 2.691); net zo weinig, maar later in de vastgestelde volgorde: d.")


def test_several_holders_in_proportion_are_named_with_their_figures() -> None:
    said = weighed((("a",), ("b",)), {"a": 1000, "b": 1000, "c": 9000, "d": 8000})
    assert said.startswith(
        "Aa en Bee zijn aan de beurt: zij hebben naar rato het minst gedaan (beurten tot nu toe 1, gewicht 2.691 en "
        "beurten tot nu toe 1, gewicht 2.109)"
    )


def test_who_was_passed_over_is_named_with_the_reason() -> None:
    said = weighed(
        (("b",),),
        {"a": 1000, "b": 3000, "c": 9000, "d": 9000},
        exempt={"c": "verkiezingen"},
        booked={"b": 1000, "c": 2000},
        rested=("a",),
        spared={"d": "kingsDay"},
    )
    assert "; Aa heeft minder gedaan (beurten tot nu toe 1, gewicht 2.691), maar had de vorige beurt" in said
    assert (
        "; Cee is vrijgesteld (verkiezingen); 2 beurten tellen als gedaan, zodat er later niets in te halen is" in said
    )
    assert said.endswith("; d is overgeslagen, want die had Koningsdag vorig jaar al.")
    assert "daarna" not in said and "net zo" not in said


def test_a_feast_that_nobody_else_could_have_and_a_turn_that_was_put_off_are_explained() -> None:
    repeated = Basis((2,), 3, ("a",), {}, repeats={"b": "christmas"})
    assert told((("b",),), repeated).endswith("Bee had Kerst vorig jaar ook, maar niemand anders kon.")
    assert told((("b",),), Basis((2,), 3, ("c",), {}, onward=("c",))) == (
        "Bee is aan de beurt: eerder overgeslagen, en nu als eerste."
    )


def test_an_override_names_its_author_and_reason_after_what_the_rota_says() -> None:
    override = OverrideReason("c", ("b",), SINCE, UNTIL, "m", "Overmacht")
    assert told((("b",),), Basis((2,), 3, ("a",), {}), override).endswith(
        "na Aa. Cee heeft piketdienst in plaats van Bee, van ma 16 sep 2024 14.00 uur tot di 17 sep 2024 14.00 uur, "
        "door een besluit van Ministerie: Overmacht."
    )
    assert "in plaats van" not in told((), BASIS, OverrideReason("c", (), SINCE, UNTIL, "m", "x"))


def test_a_proposal_says_so_last() -> None:
    assert told((("b",),), BASIS, proposed=True).endswith("Het rooster is een voorstel: er is nog niet over besloten.")


def test_names_are_listed_as_people_do_and_an_unknown_code_stands_for_itself() -> None:
    said = [Words("nl")(named(codes, NAMES)) for codes in ((), ("a",), ("a", "b"), ("a", "x", "c"))]
    assert said == ["niemand", "Aa", "Aa en Bee", "Aa, x en Cee"]


def test_a_definition_and_a_basis_come_back_as_they_were_written() -> None:
    exemptions = (Exemption("a", "x"), Exemption("b", "y", date(2024, 1, 1), date(2024, 2, 1)))
    definition = Definition(
        "r", (("a",), ("b", "c")), date(2024, 1, 3), "months", 2, "monday", time(2, 30), 2, 2, 100, exemptions,
        "America/Curacao", "weighted", (Weight("a", 3), Weight("b", 4, date(2025, 1, 1))), True,
    )  # fmt: skip
    assert from_json(json.loads(json.dumps(to_json(definition)))) == definition
    assert [basis_from_json(basis_to_json(basis)) for basis in (BASIS, Basis((), 0, None, {}))] == [
        BASIS,
        Basis((), 0, None, {}),
    ]


def test_a_definition_and_a_basis_that_were_written_before_there_was_more_to_say_are_read() -> None:
    old = {
        "name": "r", "members": [["a"]], "starts_on": "2024-01-03", "turn_unit": "weeks", "turn_length": 2,
        "hand_over_weekday": "wednesday", "hand_over_time": "12:00:00", "slots": 1, "line": 1, "places_target": None,
        "exemptions": [],
    }  # fmt: skip
    assert from_json(old) == Definition("r", (("a",),), date(2024, 1, 3))
    assert basis_from_json({"places": [2], "of": 3, "after": ["a"], "exempt": {}}) == Basis((2,), 3, ("a",), {})


def test_those_who_share_stand_in_the_place_of_the_first_of_them() -> None:
    assert together(["a", "b", "c", "d"], [["d", "b"]]) == (("a",), ("b", "d"), ("c",))
    assert together(["a", "b", "a"], []) == (("a",), ("b",), ("a",))
