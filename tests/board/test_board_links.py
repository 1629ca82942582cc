"""What a mail links to: opening shows and changes nothing, only the button acknowledges, and twice is once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from piket.alerts.links import make_link
from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]


@pytest.fixture
def call(client: Clients, count: Callable[..., Any]) -> dict[str, Any]:
    """The alert of the call-up of Overijssel."""
    count(2129)
    alert: dict[str, Any] = client("coa").get("alerts", kind="callUp").items[0]
    return alert


@pytest.fixture
def link(app: Flask, call: dict[str, Any]) -> str:
    """The address in the mail to Overijssel, without the host."""
    return make_link(app.extensions["piket"].settings.secret_key, "", call["id"], "nl-ov")


def acknowledgements(client: Clients, alert: str) -> list[Any]:
    items: list[Any] = client("coa").get(f"alerts/{alert}/acknowledgements").items
    return items


def test_a_link_shows_the_alert_without_a_sign_in(browser: Browsers, link: str) -> None:
    page = browser().get(link).expect(200)
    assert page.sentence == "Afroep: 179 plekken nodig vóór 21.00 uur. Overijssel is aan de beurt"
    for part in (
        "2.129 mensen in Ter Apel, 129 boven het maximum van 2.000",
        "Overijssel moet vóór 15.00 uur antwoorden",
        "Er zijn 179 plekken te weinig",
        "Het rooster is een voorstel",
        "Overijssel heeft dit nog niet bevestigd",
        "Wie dit ook heeft gehoord",
    ):
        assert part in page.text
    assert remarks(page.html) == []


def test_opening_a_link_changes_nothing_however_often(
    app: Flask, browser: Browsers, client: Clients, link: str, call: dict[str, Any]
) -> None:
    rings: list[str] = []
    app.extensions["piket"].bell.listen(lambda: rings.append("rung"))
    for _ in range(5):
        browser().get(link).expect(200)
    app.test_client().head(link)
    assert rings == []
    assert acknowledgements(client, call["id"]) == []


def test_the_button_acknowledges_once_and_rings_the_engine(
    app: Flask, browser: Browsers, client: Clients, clock: FakeClock, link: str, call: dict[str, Any]
) -> None:
    rings: list[str] = []
    app.extensions["piket"].bell.listen(lambda: rings.append("rung"))
    reader = browser()
    clock.advance(minutes=7)
    token = reader.token(link)
    assert reader.post(link, token).expect(303).headers["Location"] == link
    assert rings == ["rung"]
    clock.advance(minutes=1)
    reader.post(link, token).expect(303)
    page = reader.get(link)
    assert "Overijssel heeft dit bevestigd om 14.07 uur." in page.text
    assert "Ja, wij hebben dit gelezen" not in page.text
    assert remarks(page.html) == []
    assert [one["organisation"] for one in acknowledgements(client, call["id"])] == ["nl-ov"]


def test_an_acknowledgement_by_link_stops_the_reminder(
    browser: Browsers, client: Clients, clock: FakeClock, link: str, tick: Callable[[], Any]
) -> None:
    reader = browser()
    reader.post(link, reader.token(link)).expect(303)
    clock.advance(minutes=16)
    tick()
    assert client("coa").get("alerts", kind="callUpReminder").items == []


def test_without_it_the_reminder_comes(client: Clients, clock: FakeClock, link: str, tick: Callable[[], Any]) -> None:
    clock.advance(minutes=16)
    tick()
    assert len(client("coa").get("alerts", kind="callUpReminder").items) == 1


def test_a_post_to_the_link_acknowledges_without_cookie_or_form(
    browser: Browsers, client: Clients, link: str, call: dict[str, Any]
) -> None:
    """The token is the proof: mail programs keep no cookies, and no other site can know the address."""
    browser().post(link, None).expect(303)
    assert len(acknowledgements(client, call["id"])) == 1


@pytest.mark.parametrize("spoil", [lambda t: t[:-1], lambda t: t + "x", lambda t: "onzin", lambda t: t.split(".")[0]])
def test_a_broken_link_is_a_friendly_page_that_reveals_nothing(
    browser: Browsers, link: str, call: dict[str, Any], spoil: Callable[[str], str]
) -> None:
    address = "/r/" + spoil(link.removeprefix("/r/"))
    page = browser().get(address).expect(404)
    assert "Deze link werkt niet. Open de nieuwste mail, of meld u aan." in page.text
    assert "Overijssel" not in page.html
    assert call["id"] not in page.html
    assert page.headers["Cache-Control"] == "no-store"
    assert remarks(page.html) == []
    visitor = browser()
    visitor.post(address, visitor.token("/sign-in")).expect(404)


def test_a_link_for_who_was_not_told_shows_but_cannot_acknowledge(
    app: Flask, browser: Browsers, client: Clients, call: dict[str, Any]
) -> None:
    other = make_link(app.extensions["piket"].settings.secret_key, "", call["id"], "nl-ze")
    visitor = browser()
    visitor.post(other, visitor.token(other)).expect(403)
    assert acknowledgements(client, call["id"]) == []


def test_a_link_speaks_the_language_it_names_and_keeps_it_after_the_button(browser: Browsers, link: str) -> None:
    reader = browser()
    page = reader.get(f"{link}?lang=en").expect(200)
    assert '<html lang="en">' in page.html
    assert page.sentence.startswith("Call-up: 179 places")
    assert reader.post(f"{link}?lang=en", reader.token(link)).headers["Location"] == f"{link}?lang=en"
    assert '<html lang="nl">' in reader.get(link).html


def test_a_link_is_kept_by_nobody_and_found_by_no_search(browser: Browsers, link: str) -> None:
    page = browser().get(link)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in page.html


def test_no_line_in_the_log_holds_the_token(browser: Browsers, link: str, caplog: pytest.LogCaptureFixture) -> None:
    reader = browser()
    with caplog.at_level(logging.DEBUG):
        reader.post(link, reader.token(link))
        reader.get(link + "x")
    token = link.removeprefix("/r/")
    lines = [str(vars(record)) for record in caplog.records]
    assert any("/r/<token>" in line for line in lines)
    assert [line for line in lines if token in line] == []
