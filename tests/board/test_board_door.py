"""The door: every page asks who it is, every form proves where it comes from, and what was typed is not lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.routing import Rule

from piket.audit.models import AuditEntry
from piket.organisations.account_models import KeptForm
from piket.organisations.accounts import AccountInfo
from tests.board.browser import Browser, Page, remarks
from tests.board.conftest import PASSWORD
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Persons = Callable[..., AccountInfo]
JO = "jo@overijssel.example"
OURS = {"Sec-Fetch-Site": "same-origin"}
# What may be seen without signing in: it is about nobody, or its address is the proof.
OPEN = {"static", "set_language", "ask_who", "sign_in", "show_alert", "acknowledge", "answer_by_link", "take_back_by_link",
        "ask_password", "choose_password", "show_calendar", "own_look", "show_accessibility"}  # fmt: skip
# Forms that need no proof by a cookie, because no other site can know their address.
PROVEN_OTHERWISE = {"acknowledge", "answer_by_link", "take_back_by_link"}
# What somebody who may only look can send: it concerns nothing but themselves.
OWN = {"sign_out", "change_password", "end_sign_in", "sign_out_everywhere"}


def views(app: Flask, method: str) -> Iterator[tuple[str, str]]:
    """The name and an address of every view of the board that takes this method."""
    for rule in app.url_map.iter_rules():
        name = str(rule.endpoint).removeprefix("board.")
        if name != rule.endpoint and method in (rule.methods or ()):
            yield name, _address(rule)


def _address(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "none", rule.rule)


def typed_again(page: Page, field: str) -> str:
    found = re.findall(rf'<input[^>]* name="{field}"[^>]* value="([^"]*)"', page.html)
    return str(found[0]) if found else ""


@pytest.fixture
def turn(browser: Browsers, app: Flask, client: Callable[..., Any]) -> str:
    """The address of the turn of Overijssel, on which there is a form."""
    now = client("coa").get("rotas/piket/on-duty")
    return f"/turns/{now['id']}"


@pytest.fixture
def jo(browser: Browsers, person: Persons) -> Browser:
    """Somebody of Overijssel, signed in."""
    person()
    visitor = browser()
    visitor.sign_in_as(JO, PASSWORD).expect(303)
    return visitor


def test_every_page_asks_who_it_is_but_those_that_are_named_here(app: Flask, browser: Browsers) -> None:
    stranger = browser()
    for name, path in views(app, "GET"):
        if name not in OPEN:
            answer = stranger.get(path)
            assert answer.status == 303, name
            assert answer.headers["Location"].startswith("/sign-in"), name


def test_no_form_is_taken_from_who_is_not_signed_in(app: Flask, browser: Browsers) -> None:
    stranger, before = browser(), written(app)
    token = stranger.token("/sign-in")
    for name, path in views(app, "POST"):
        if name not in OPEN:
            answer = stranger.post(path, token)
            assert answer.status == 303, name
            assert answer.headers["Location"].startswith("/sign-in"), name
    assert written(app) == before


def test_every_form_needs_its_token(app: Flask, jo: Browser, browser: Browsers) -> None:
    other = browser().token("/sign-in")
    before = written(app)
    for name, path in views(app, "POST"):
        if name not in PROVEN_OTHERWISE:
            for token in (None, "made up", other):
                page = jo.post(path, token).expect(400)
                assert "Dit formulier is verlopen" in page.text, name
                assert remarks(page.html) == [], name
                jo.post(path, token, sent_with={"Sec-Fetch-Site": "cross-site"}).expect(400)
    assert written(app) == before


def test_who_may_only_look_can_send_nothing_but_what_is_their_own(
    app: Flask, browser: Browsers, person: Persons
) -> None:
    person(role="reader")
    reader = browser()
    reader.sign_in_as(JO, PASSWORD).expect(303)
    before = written(app)
    token = reader.token("/account")
    for name, path in views(app, "POST"):
        if name not in OPEN | OWN:
            page = reader.post(path, token).expect(403)
            assert "Met uw account mag u kijken, maar niets doen." in page.text, name
    assert written(app) == before


def test_a_key_that_may_only_read_sends_nothing_either(app: Flask, browser: Browsers) -> None:
    reader = browser("nl-ov", read_only=True)
    token = reader.token("/account")
    for name, path in views(app, "POST"):
        if name not in OPEN | OWN:
            reader.post(path, token).expect(403)


def written(app: Flask) -> set[str]:
    """The ids of what is in the record."""
    with app.extensions["piket"].reading() as session:
        return set(session.scalars(select(AuditEntry.id)))


def kept(app: Flask) -> list[KeptForm]:
    with app.extensions["piket"].reading() as session:
        return list(session.scalars(select(KeptForm)))


def test_a_form_that_comes_after_the_sign_in_ended_is_found_again_with_what_was_typed(
    jo: Browser, turn: str, clock: FakeClock
) -> None:
    token = jo.token(turn)
    clock.advance(hours=2)
    sent = jo.post(f"{turn}/confirmations", token, places="37", note="Sporthal & kerk").expect(303)
    asked = urlsplit(sent.headers["Location"])
    assert asked.path == "/sign-in"
    back = parse_qs(asked.query)["next"][0]
    assert "wat u had ingevuld is bewaard" in jo.get(sent.headers["Location"]).text
    assert jo.sign_in_as(JO, PASSWORD, next=back).expect(303).headers["Location"] == back
    page = jo.get(back).expect(200)
    assert "is nog niet verstuurd" in page.text
    assert (typed_again(page, "places"), typed_again(page, "note")) == ("37", "Sporthal &amp; kerk")
    assert remarks(page.html) == []
    assert "not said yet" not in page.text
    again = jo.get(turn)
    assert typed_again(again, "places") == "", "only where it was asked for"
    jo.post(f"{turn}/confirmations", jo.token(back), places="37").expect(303)
    assert "37 plekken" in jo.get(turn).text


def test_nothing_is_done_with_what_was_typed_until_it_is_sent_again(
    app: Flask, jo: Browser, turn: str, clock: FakeClock
) -> None:
    token = jo.token(turn)
    clock.advance(hours=2)
    before = written(app)
    jo.post(f"{turn}/confirmations", token, places="37").expect(303)
    assert written(app) == before
    assert "37 plekken" not in jo.get(turn).text


def test_what_one_person_typed_is_shown_to_nobody_else_at_that_machine(
    jo: Browser, turn: str, clock: FakeClock, person: Persons
) -> None:
    person(name="anne@overijssel.example")
    token = jo.token(turn)
    clock.advance(hours=2)
    sent = jo.post(f"{turn}/confirmations", token, places="37").expect(303)
    back = parse_qs(urlsplit(sent.headers["Location"]).query)["next"][0]
    jo.sign_in_as("anne@overijssel.example", PASSWORD, next=back).expect(303)
    page = jo.get(back).expect(200)
    assert typed_again(page, "places") == ""
    assert "is nog niet verstuurd" not in page.text


def test_a_form_of_another_tab_survives_a_new_sign_in(jo: Browser, turn: str) -> None:
    """Signed out and in again in one tab, then sent in the other: its proof no longer counts, but it came from our page."""
    token = jo.token(turn)
    jo.post("/sign-out", jo.token("/account")).expect(303)
    jo.sign_in_as(JO, PASSWORD).expect(303)
    sent = jo.post(f"{turn}/confirmations", token, sent_with=OURS, places="37").expect(303)
    assert sent.headers["Location"].startswith(f"{turn}?kept=")
    page = jo.get(sent.headers["Location"])
    assert typed_again(page, "places") == "37"
    assert "37 plekken" not in page.text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_form_that_another_site_sends_is_refused_and_nothing_of_it_is_kept(
    app: Flask, jo: Browser, turn: str, site: str
) -> None:
    jo.post(f"{turn}/confirmations", "made up", sent_with={"Sec-Fetch-Site": site}, places="37").expect(400)
    assert kept(app) == []


def test_a_stranger_makes_the_service_keep_nothing(app: Flask, browser: Browsers, turn: str) -> None:
    stranger = browser()
    token = stranger.token("/sign-in")
    stranger.post(f"{turn}/confirmations", token, sent_with=OURS, places="37").expect(303)
    with stranger.http.session_transaction() as held:
        held["sign_in"] = "made up"
    stranger.post(f"{turn}/confirmations", token, sent_with=OURS, places="37").expect(303)
    assert kept(app) == []


def test_passwords_codes_and_tokens_are_never_kept(app: Flask, jo: Browser, turn: str, clock: FakeClock) -> None:
    token = jo.token(turn)
    clock.advance(hours=2)
    jo.post(f"{turn}/confirmations", token, places="37", code="482915", password="x", new_password="y", key="z")
    (form,) = kept(app)
    assert form.fields == {"places": ["37"]}
    assert form.page == turn


def test_a_password_form_that_comes_too_late_brings_back_to_its_page_and_keeps_nothing(
    app: Flask, jo: Browser, clock: FakeClock
) -> None:
    token = jo.token("/account")
    clock.advance(hours=2)
    sent = jo.post(
        "/account/password", token, password=PASSWORD, new_password="a b c d e f g", password_again="x"
    ).expect(303)
    assert parse_qs(urlsplit(sent.headers["Location"]).query)["next"] == ["/account"]
    assert kept(app) == []


def test_a_store_that_cannot_be_written_keeps_nobody_from_looking(
    app: Flask, jo: Browser, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OperationalError("", {}, Exception("disk full"))

    clock.advance(minutes=5)
    monkeypatch.setattr(app.extensions["piket"].store, "writing", full)
    jo.get("/").expect(200)
