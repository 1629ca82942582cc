"""The emergency card: what stands on it, for whom, and that it is one page whatever the rota."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pypdf
import pytest

from piket.alerts.attachments import attachments
from piket.alerts.card import MOST_NUMBERS, read_card
from piket.alerts.card_pdf import draw, width, wrapped
from piket.alerts.show import as_data
from piket.alerts.wording import sentence, text
from piket.words import LANGUAGES, Words
from tests.rules.alert_examples import CARD, alert, reader

NL = Words("nl")


def page(content: dict[str, Any], with_numbers: bool = True, language: str = "nl") -> pypdf.PageObject:
    document = pypdf.PdfReader(BytesIO(draw(read_card(content, with_numbers), Words(language))))
    assert len(document.pages) == 1
    return document.pages[0]


def lowest(shown: pypdf.PageObject) -> float:
    """How far down the page the last line stands."""
    found: list[float] = []
    shown.extract_text(visitor_text=lambda said, _c, place, _f, _s: found.append(place[5]) if said.strip() else None)
    return min(found)


def big(members: int, turns: int) -> dict[str, Any]:
    """A rota with so many members, all with long names, and so many turns to come."""
    names = {f"vr{n:02}": f"Veiligheidsregio Noord- en Oost-Gelderland nummer {n}" for n in range(members)}
    turn = {**CARD["turns"][0], "organisations": list(names)[:4]}
    numbers = dict.fromkeys(names, "+31 55 123 45 67")
    return {**CARD, "names": names, "telephones": numbers, "turns": [turn] * turns}


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_how_many_whom_to_ring_and_how_without_the_system(language: str) -> None:
    said = page(CARD, language=language).extract_text()
    for part in ("Overijssel", "Utrecht", "120", "+31 38 000 00 02", Words(language)(read_card(CARD, True).steps[0])):
        assert part in said
    assert {"nl": "niemand anders", "en": "nobody else"}[language] in said


def test_numbers_are_left_out_and_said_to_be_for_who_is_not_on_the_list() -> None:
    said = page(CARD, with_numbers=False).extract_text()
    assert "+31" not in said
    assert "alleen voor wie op de lijst" in said
    assert "geen telefoonnummer bekend" not in said, "not shown is not: not known"
    assert "geen telefoonnummer bekend" in " ".join(page(CARD).extract_text().split())


def test_unknown_places_are_said_to_be_unknown_and_none_as_none() -> None:
    unknown = {**CARD, "onDuty": {**CARD["onDuty"], "confirmedPlaces": None}}
    assert NL(read_card(unknown, True).facts[1][1]) == "niet bevestigd: onbekend"
    none = {**CARD, "onDuty": {**CARD["onDuty"], "confirmedPlaces": 0}}
    assert NL(read_card(none, True).facts[1][1]) == "0 plekken"


@pytest.mark.parametrize(("members", "turns"), [(12, 4), (25, 12), (60, 12)])
def test_it_is_one_page_whatever_the_rota(members: int, turns: int) -> None:
    shown = page(big(members, turns))
    assert lowest(shown) > 20
    assert shown.extract_text().count("+31 55") == min(members, MOST_NUMBERS)


def test_nobody_on_duty_and_no_turns_are_said(caplog: pytest.LogCaptureFixture) -> None:
    empty = {
        **CARD,
        "onDuty": {"organisations": [], "until": None, "confirmedPlaces": None},
        "standby": None,
        "turns": [],
    }
    assert "niemand" in page(empty).extract_text()


def test_the_same_content_is_the_same_file_and_letters_with_accents_come_through() -> None:
    accents = {**CARD, "name": "Frysl\u00e2n (caf\u00e9) \\ \u2713"}
    first, second = (draw(read_card(accents, True), NL) for _ in range(2))
    assert first == second
    assert "Fryslân (café) \\ ?" in page(accents).extract_text()


def test_lines_are_as_wide_as_the_fonts_make_them_and_fit() -> None:
    assert width("WWW", "F1", 10) == pytest.approx(28.32)
    assert width("é", "F1", 10) == width("e", "F1", 10)
    assert width("ii", "F2", 10) > width("ii", "F1", 10)
    lines = wrapped("een twee " * 20 + "x" * 300, "F1", 10, 100)
    assert all(width(line, "F1", 10) <= 100 for line in lines)


def test_the_text_of_the_mail_says_what_the_attachment_shows() -> None:
    said = text(alert("emergencyCard", told=("nl-dr",)), reader("nl-dr"), NL)
    assert "COA: +31 70 000 00 01" in said
    assert "Overijssel: +31 38 000 00 02; klaar: 120 nu, 40 op termijn" in said
    assert "Utrecht: geen telefoonnummer bekend" in said
    stranger = text(alert("emergencyCard", told=("nl-dr",)), reader("gm1680"), NL)
    assert "+31" not in stranger


def test_the_card_is_no_detail_of_the_api_or_of_a_webhook() -> None:
    assert "card" not in as_data(alert("emergencyCard"), NL, reader("coa"))["details"]
    assert "card" not in as_data(alert("handOver", details={"card": CARD}), NL, reader("coa"))["details"]


def test_only_what_has_a_card_has_an_attachment() -> None:
    assert attachments(alert("callUp"), reader("coa"), "nl") == ()
    assert [one.name for one in attachments(alert("emergencyCard"), reader("coa"), "en")] == ["emergency-card.pdf"]


@pytest.mark.parametrize(
    ("note", "places", "said"),
    [
        (
            {"openCallUps": 0, "occupied": 0},
            None,
            "Er staat geen afroep open. Er slaapt niemand op plekken die doorlopen.",
        ),
        (
            {"openCallUps": 2, "occupied": 30},
            0,
            "2 afroepen staan nog open. 30 mensen slapen op plekken die doorlopen.",
        ),
    ],
)
def test_the_hand_over_says_what_goes_on(note: dict[str, int], places: int | None, said: str) -> None:
    given = alert("handOver", details={"moment": "now", "note": note, "confirmedPlaces": places})
    assert said in sentence(given, reader("nl-ov"), NL)
    assert ("niet bekend welke plekken" in sentence(given, None, NL)) == (places is None)
    assert ("geen plekken open kunnen" in sentence(given, None, NL)) == (places == 0)
