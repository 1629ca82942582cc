"""What is written into the fields of a decision on a rota is read back as the same; what is wrong names its line. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from piket.board.questions import understand
from piket.board.rota_asking import Asked, asked_of, place_of, questions, read
from piket.board.rota_lines import Known, NotRight, read_exemptions, read_further, read_weights
from piket.rota.rules import Definition, Exemption, Weight

NAMES = {
    "nl-dr": "Drenthe",
    "nl-fl": "Flevoland",
    "nl-ut": "Utrecht",
    "gm0373": "Bergen",
    "gm0893": "Bergen",
    "coa": "COA",
}
KINDS = {code: {"nl": "province", "gm": "municipality"}.get(code[:2], "coa") for code in NAMES}
KNOWN = Known(NAMES, "nl")
NOW = datetime(2024, 9, 16, 12, tzinfo=UTC)
WHOLE = Definition(
    name="Proef; met een punt",
    members=(("nl-ut",), ("gm0893", "nl-dr"), ("nl-fl",)),
    starts_on=date(2024, 1, 3),
    turn_unit="months",
    turn_length=1,
    slots=2,
    places_target=0,
    exemptions=(
        Exemption("nl-dr", "een;twee; 2024-01-01"),
        Exemption("nl-ut", "feest", date(2025, 1, 1), date(2025, 1, 31)),
        Exemption("nl-ut", "-", None, date(2026, 1, 1)),
    ),
    strategy="weighted",
    weights=(
        Weight("nl-dr", 7),
        Weight("nl-ut", 494_000, date(2024, 9, 1)),
        Weight("nl-fl", 1),
        Weight("nl-dr", 8, date(2025, 1, 1)),
    ),
    spread_holidays=True,
)  # fmt: skip


def asked(given: Definition, names: dict[str, str] = NAMES, language: str = "nl") -> Asked:
    kinds = {code: KINDS.get(code, "municipality") for code in names}
    return asked_of("piket", None, given, kinds, names, language)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_is_given_is_meant_when_nothing_is_changed(language: str) -> None:
    form = asked(WHOLE, language=language)
    asks = tuple(questions(form, NOW))
    meant = understand(asks, {**{one.name: one.given for one in asks}, "decision_by": "x"})
    assert meant.wrong == {} and read(form, meant.values) == (WHOLE, {})


def test_a_rota_of_many_members_is_asked_on_lines_beyond_the_first() -> None:
    many = {f"gm{number:04}": f"Gemeente {number}" for number in range(100)}
    given = Definition("Veel", tuple((code,) for code in sorted(many, reverse=True)), date(2024, 1, 3))
    form = asked(given, many)
    asks = tuple(questions(form, NOW))
    typed = {one.name: one.given for one in asks}
    assert len(form.rows) == 60 and typed["further"].count("\n") == 39
    assert read(form, understand(asks, typed).values)[0] == given


def test_who_has_no_number_is_no_member_and_the_same_number_is_one_turn_together() -> None:
    form = asked(WHOLE)
    asks = tuple(questions(form, NOW))
    typed = {one.name: one.given for one in asks}
    typed |= {place_of("nl-ut"): "", place_of("nl-fl"): "1", place_of("nl-dr"): "3", "further": "1; gm0373"}
    assert read(form, understand(asks, typed).values)[0].members == (("nl-fl", "gm0373"), ("gm0893",), ("nl-dr",))


@pytest.mark.parametrize(
    ("reading", "typed", "said"),
    [
        (read_weights, "Drenthe", "Line 1: write the organisation"),
        (read_weights, "\nDrenthe; 0", "Line 2: “0” is not a whole number"),
        (read_weights, "Drenthe; 5; gisteren", "Line 1: “gisteren” is not a day"),
        (read_weights, "Bergen; 5\nnl-dr; x", "Line 1: More than one organisation has the name Bergen: give the code. Line 2:"),
        (read_exemptions, "Drenthe;", "Line 1: write the organisation; why"),
        (read_exemptions, "Drenthe; ziek; 32-01-2024", "Line 1: “32-01-2024” is not a day"),
        (read_further, "401; nl-dr", "Line 1: give a place from 1 to 400."),
        (read_further, "nl-dr", "Line 1: write the place"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_its_line(reading: object, typed: str, said: str) -> None:
    with pytest.raises(NotRight) as error:
        reading(typed, KNOWN)  # type: ignore[operator]
    assert error.value.sentence.startswith(said)
