"""Why somebody is on duty, as a sentence; and a definition that survives being written down."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from piket.rota.definitions import basis_from_json, basis_to_json, from_json, to_json
from piket.rota.explain import OverrideReason, named, why
from piket.rota.rules import Basis, Definition, Exemption
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
        "r", (("a",), ("b", "c")), date(2024, 1, 3), "months", 2, "monday", time(2, 30), 2, 2, 100, exemptions
    )
    assert from_json(to_json(definition)) == definition
    assert [basis_from_json(basis_to_json(basis)) for basis in (BASIS, Basis((), 0, None, {}))] == [
        BASIS,
        Basis((), 0, None, {}),
    ]
