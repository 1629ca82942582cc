"""Signing in with a key: what the browser keeps, when it ends, and forms that were not ours. With an account: beside this."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from piket.audit.service import ENGINE
from piket.organisations import service as organisations
from piket.pages import PageRequest
from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]


def test_who_has_not_signed_in_is_asked_to(browser: Browsers) -> None:
    answer = browser().get("/").expect(303)
    assert answer.headers["Location"] == "/sign-in"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_form_is_well_made_in_both_languages(browser: Browsers) -> None:
    dutch, english = browser().get("/sign-in"), browser(accept="en").get("/sign-in")
    assert remarks(dutch.html) == remarks(english.html) == []
    assert "Sleutel van uw organisatie" in dutch.text
    assert "Key of your organisation" in english.text


def test_a_key_signs_in_and_the_browser_keeps_no_key(browser: Browsers, client: Clients) -> None:
    visitor, key = browser(), client("nl-ov").token or ""
    answer = visitor.sign_in(f"  {key}\n").expect(303)
    assert answer.headers["Location"] == "/"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert set(visitor.held()) == {"sign_in"}
    assert key not in str(visitor.held())
    assert "U handelt voor Overijssel" in visitor.get().text


def test_signing_in_again_while_signed_in_goes_to_the_situation(browser: Browsers) -> None:
    assert browser("coa").get("/sign-in").expect(303).headers["Location"] == "/"


def test_a_wrong_key_is_told_beside_the_field_and_not_shown_again(browser: Browsers) -> None:
    visitor = browser()
    page = visitor.sign_in("piket_wrong<x>").expect(400)
    assert page.text.count("Deze sleutel") == 1
    assert 'aria-describedby="key-hint key-wrong"' in page.html
    assert 'aria-invalid="true"' in page.html
    assert "Nog niet goed: Aanmelden" in page.html
    assert "piket_wrong" not in page.html
    assert remarks(page.html) == []
    visitor.get("/").expect(303)


def test_an_empty_key_is_told_what_to_do(browser: Browsers) -> None:
    assert "Vul de sleutel van uw organisatie in." in browser().sign_in(" ").expect(400).text


def test_signing_out_ends_it(browser: Browsers) -> None:
    visitor = browser("coa")
    answer = visitor.post("/sign-out", visitor.token("/")).expect(303)
    assert answer.headers["Location"] == "/sign-in"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    visitor.get("/").expect(303)


def test_signing_out_by_a_link_is_not_possible(browser: Browsers) -> None:
    visitor = browser("coa")
    visitor.get("/sign-out").expect(405)
    visitor.get("/").expect(200)


def test_a_key_that_is_revoked_ends_the_session_at_the_next_page(
    app: Flask, browser: Browsers, client: Clients, clock: FakeClock
) -> None:
    visitor = browser("nl-ov")
    visitor.get("/").expect(200)
    with app.extensions["piket"].writing() as session:
        (key,) = organisations.keys_paged(session, "nl-ov", PageRequest()).items
        organisations.revoke_key(session, clock(), ENGINE, key.id)
    assert visitor.get("/").expect(303).headers["Location"] == "/sign-in?ended=1"
    assert "U bent niet meer aangemeld" in visitor.get("/sign-in?ended=1").text


def test_a_key_that_expires_ends_the_session_at_that_moment(browser: Browsers, clock: FakeClock) -> None:
    visitor = browser("nl-ov", expires_at=clock() + timedelta(hours=1))
    clock.advance(minutes=59)
    visitor.get("/").expect(200)
    clock.advance(minutes=1)
    visitor.get("/").expect(303)


def test_a_screen_with_a_key_that_may_only_read_stays_for_a_month(browser: Browsers, clock: FakeClock) -> None:
    screen, writer = browser("nl-ov", read_only=True), browser("nl-ov")
    clock.advance(hours=12)
    writer.get("/").expect(303)
    clock.advance(days=29)
    assert "U handelt voor Overijssel (alleen kijken)" in screen.get("/").expect(200).text
    clock.advance(hours=12)
    screen.get("/").expect(303)


def test_a_form_without_its_token_is_refused_and_changes_nothing(browser: Browsers, client: Clients) -> None:
    visitor, key = browser("coa"), client("nl-ov").token or ""
    for path in ("/sign-in", "/sign-out", "/language"):
        page = visitor.post(path, None, key=key, language="en")
        assert "Dit formulier is verlopen" in page.expect(400).text
        assert remarks(page.html) == []
        visitor.post(path, "made-up", key=key, language="en").expect(400)
    assert "U handelt voor COA" in visitor.get().text


def test_a_token_of_another_browser_is_refused(browser: Browsers) -> None:
    stranger, visitor = browser(), browser("coa")
    visitor.post("/sign-out", stranger.token("/sign-in")).expect(400)
    visitor.get("/").expect(200)


def test_a_token_of_before_signing_in_does_not_hold_after_it(browser: Browsers, client: Clients) -> None:
    visitor = browser()
    before = visitor.token("/sign-in")
    visitor.post("/sign-in", before, key=client("coa").token or "").expect(303)
    visitor.post("/sign-out", before).expect(400)


def test_the_api_asks_no_token_of_a_form_and_takes_no_cookie(
    browser: Browsers, client: Clients, clock: FakeClock
) -> None:
    body = {"observedAt": clock(), "definition": "nightBeds", "people": 1700}
    client("coa").post("centres/ter-apel/counts", body).expect(201)
    browser("coa").get("/v1/situation").expect(401)
