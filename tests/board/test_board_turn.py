"""The page of a turn with its two forms, and the emergency card as a page and as a PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pypdf
import pytest
from flask import Flask

from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
HAND_OVER = datetime(2024, 9, 25, 10, tzinfo=UTC)


@pytest.fixture
def turn(client: Clients) -> str:
    """The turn of Overijssel, under way."""
    found: str = client("coa").get("rotas/piket/on-duty").expect(200)["id"]
    return found


@pytest.fixture
def handed_over(
    client: Clients, clock: FakeClock, contact: Callable[..., Any], tick: Callable[[], Any], count: Callable[..., Any]
) -> str:
    """The turn of Utrecht, which has just begun in the middle of an overflow."""
    contact("nl-ov", channel="telephone")
    clock.set(HAND_OVER - timedelta(minutes=10))
    count(2129)
    clock.set(HAND_OVER)
    tick()
    found: str = client("coa").get("rotas/piket/on-duty").expect(200)["id"]
    return found


def test_a_province_confirms_its_places_on_the_page(browser: Browsers, client: Clients, turn: str) -> None:
    visitor = browser("nl-ov")
    page = visitor.get(f"/turns/{turn}").expect(200)
    assert page.sentence == "Piketdienst van Overijssel"
    assert "nog niet gezegd: onbekend" in page.text
    assert "Het rooster is een voorstel" in page.text
    assert remarks(page.html) == []
    answer = visitor.post(
        f"/turns/{turn}/confirmations", visitor.token(f"/turns/{turn}"), places="1.200", note="Zwolle"
    )
    assert answer.expect(303).headers["Location"] == f"/turns/{turn}"
    assert client("coa").get("situation")["duty"]["confirmedPlaces"] == 1200
    page = visitor.get(f"/turns/{turn}")
    assert "1.200 plekken" in page.text and "Zwolle" in page.text
    assert remarks(page.html) == []
    visitor.post(f"/turns/{turn}/confirmations", visitor.token(f"/turns/{turn}"), places="0").expect(303)
    assert "geen plekken" in visitor.get(f"/turns/{turn}").text


@pytest.mark.parametrize("typed", ["", "-1", "veel", "1e3", "9999999999", "٣"])
def test_what_is_no_number_is_said_beside_the_field_and_kept_in_it(browser: Browsers, turn: str, typed: str) -> None:
    visitor = browser("nl-ov")
    page = visitor.post(f"/turns/{turn}/confirmations", visitor.token(f"/turns/{turn}"), places=typed).expect(400)
    assert "Vul een aantal van 0 of meer in." in page.text
    assert f'value="{typed}"' in page.html and 'aria-invalid="true"' in page.html
    assert remarks(page.html) == []


def test_others_read_and_get_no_form(browser: Browsers, client: Clients, turn: str) -> None:
    for code in ("coa", "nl-ut", "vng"):
        visitor = browser(code)
        assert "Deze plekken bevestigen" not in visitor.get(f"/turns/{turn}").expect(200).text
        visitor.post(f"/turns/{turn}/confirmations", visitor.token("/"), places="5").expect(403)
    reader = browser("nl-ov", read_only=True)
    assert "Deze plekken bevestigen" not in reader.get(f"/turns/{turn}").text
    reader.post(f"/turns/{turn}/confirmations", reader.token("/"), places="5").expect(403)
    assert client("coa").get("situation")["duty"]["confirmedPlaces"] is None


def test_who_is_not_signed_in_is_asked_to(browser: Browsers, turn: str) -> None:
    visitor = browser()
    for path in (f"/turns/{turn}", "/rotas/piket/emergency-card", "/rotas/piket/emergency-card.pdf"):
        assert visitor.get(path).expect(303).headers["Location"].startswith("/sign-in?next=")
    sent = visitor.post(f"/turns/{turn}/confirmations", visitor.token("/sign-in"), places="5").expect(303)
    assert sent.headers["Location"] == f"/sign-in?next=%2Fturns%2F{turn}"
    visitor.post(f"/turns/{turn}/confirmations", None, places="5").expect(400)


def test_a_turn_or_a_rota_that_is_not_there_is_a_friendly_page(browser: Browsers) -> None:
    visitor = browser("coa")
    for path in ("/turns/none", "/rotas/none/emergency-card", "/rotas/none/emergency-card.pdf"):
        assert remarks(visitor.get(path).expect(404).html) == []


def test_both_sides_sign_the_note_off_on_the_page(browser: Browsers, client: Clients, handed_over: str) -> None:
    coming, leaving = browser("nl-ut"), browser("nl-ov")
    page = coming.get(f"/turns/{handed_over}").expect(200)
    assert "Overijssel draagt over aan Utrecht" in page.text
    assert "Overijssel: 179 gevraagd, 0 toegezegd" in page.text
    assert "+31 592 000000" in page.text
    assert remarks(page.html) == []
    note = client("nl-ut").get(f"turns/{handed_over}/hand-over-notes").items[0]
    address = f"/hand-over-notes/{note['id']}/sign-offs"
    for visitor, by in ((coming, "piketdesk"), (leaving, "")):
        visitor.post(address, visitor.token(f"/turns/{handed_over}"), by=by, remark="Alles gezien").expect(303)
    page = coming.get(f"/turns/{handed_over}")
    assert "(piketdesk): Alles gezien" in page.text
    assert "Wij hebben dit samen doorgenomen" not in page.text
    assert client("vng").get(f"hand-over-notes/{note['id']}")["waitingFor"] == []
    stranger = browser("nl-dr")
    assert "+31 592 000000" not in stranger.get(f"/turns/{handed_over}").text
    stranger.post(address, stranger.token("/")).expect(403)


def test_the_situation_says_what_is_confirmed_and_that_the_standby_was_warned(
    browser: Browsers, client: Clients, handed_over: str
) -> None:
    visitor = browser("coa")
    panel = visitor.get().expect(200).section("who-acts")
    assert (
        "Bevestigd voor deze piketdienst onbekend Utrecht heeft het niet gezegd; de achterwacht is gewaarschuwd"
        in panel
    )
    client("nl-ut").post(f"turns/{handed_over}/confirmations", {"places": 60}).expect(201)
    panel = visitor.get().section("who-acts")
    assert "Bevestigd voor deze piketdienst 60" in panel and "niet gezegd" not in panel
    assert "/rotas/piket/emergency-card" in visitor.get().html


def test_the_card_is_a_page_and_one_printed_page_with_numbers_for_who_is_on_the_list(
    browser: Browsers, handed_over: str
) -> None:
    page = browser("nl-dr").get("/rotas/piket/emergency-card").expect(200)
    for part in (
        "Noodkaart: Landelijk opvang piket",
        "Utrecht, tot wo 9 okt 2024 12.00 uur",
        "+31 592 000000",
        "niemand anders",
    ):
        assert part in page.text
    assert remarks(page.html) == []
    visitor = browser("nl-dr")
    answer = visitor.http.get("/rotas/piket/emergency-card.pdf", base_url=visitor.base)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Cache-Control"] == "no-store"
    document = pypdf.PdfReader(BytesIO(answer.data))
    assert len(document.pages) == 1 and "+31 592 000000" in document.pages[0].extract_text()
    town = browser("gm1950").get("/rotas/piket/emergency-card").expect(200)
    assert "+31" not in town.text and "alleen voor wie op de lijst" in town.text
    assert remarks(town.html) == []


def test_the_pages_speak_english_and_stay_where_the_language_was_chosen(
    app: Flask, browser: Browsers, turn: str
) -> None:
    for path in (f"/turns/{turn}", "/rotas/piket/emergency-card"):
        visitor = browser("nl-ov")
        answer = visitor.post("/language", visitor.token(path), language="en", back=path)
        assert answer.expect(303).headers["Location"] == path
        page = visitor.get(path).expect(200)
        assert '<html lang="en">' in page.html and "Piketdienst" not in page.text
        assert remarks(page.html) == []
