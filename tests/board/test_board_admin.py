"""The administration on the board: who sees what of whom, contact points with their tests, and that a secret is shown once."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from piket.organisations.accounts import AccountInfo
from tests.board.acting import confirmation, do
from tests.board.browser import Browser, Page, remarks
from tests.board.conftest import PASSWORD
from tests.client import Client
from tests.fakes import FakeChannel, FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
Persons = Callable[..., AccountInfo]
HOME = "/administration"
OVERIJSSEL = f"{HOME}/organisations/nl-ov"
PAGES = (HOME, f"{HOME}/organisations", OVERIJSSEL, f"{OVERIJSSEL}?ended=1", f"{HOME}/settings", f"{HOME}/record")
POINT = {"hours": "always", "minimum_level": "watch", "language": "nl", "purpose": ""}
DESK = "piket@overijssel.example"


def once(visitor: Browser, path: str, **typed: Any) -> Page:
    """Do it without a preview: the token of the page that asks is sent along."""
    page = visitor.get(path).expect(200)
    assert remarks(page.html) == []
    token = re.findall(r'name="once" value="([^"]+)"', page.html)[0]
    return visitor.post(path, visitor.token(path), once=token, **typed)


def secret(page: Page) -> str:
    """What a page shows once; it is kept by nobody."""
    assert remarks(page.expect(200).html) == []
    assert page.headers["Cache-Control"] == "no-store"
    return unescape(re.findall(r'<code id="secret">([^<]+)</code>', page.html)[0])


def made(visitor: Browser, path: str, **typed: Any) -> tuple[Page, dict[str, str]]:
    """Fill in a form that gives a secret, and confirm it: the page with the secret, and what was sent for it."""
    sent = confirmation(visitor.post(path, visitor.token(path), **typed))
    return visitor.post(path, visitor.token(path), **sent), sent


def links(page: Page, ending: str) -> list[str]:
    return [one for one in re.findall(r'href="([^"]+)"', page.html) if one.endswith(ending)]


@pytest.mark.parametrize("accept", ["nl", "en"])
def test_every_page_is_well_made_for_who_may_and_who_may_only_look(
    browser: Browsers, contact: Callable[..., Any], accept: str
) -> None:
    for channel in ("email", "webhook", "telephone"):
        contact("nl-ov", channel=channel)
    for visitor in (browser("operator", accept), browser("nl-ov", accept, read_only=True), browser("coa", accept)):
        for path in PAGES:
            page = visitor.get(path).expect(200)
            assert remarks(page.html) == [], path
            assert page.headers["Cache-Control"] == "no-store"


def test_each_sees_of_an_organisation_what_is_theirs_to_see(
    browser: Browsers, person: Persons, contact: Callable[..., Any]
) -> None:
    contact("nl-ov", DESK)
    contact("nl-ov", channel="telephone")
    person(role="officer")
    officer, coa = browser(), browser("coa")
    officer.sign_in_as("jo@overijssel.example", PASSWORD).expect(303)
    own = officer.get(OVERIJSSEL).expect(200)
    assert DESK in own.text and "Alleen een beheerder van uw organisatie mag dit doen." in own.text
    assert "Jo de Vries" not in own.section("contact-points") and "Sleutels" not in own.text
    assert not re.search(r'href="/administration/[^"]*/(new|end|tests|secret|change)"', own.html)
    masked = coa.get(OVERIJSSEL).expect(200).text
    assert DESK not in masked and "p…@overijssel.example" in masked and "+31 592 000000" in masked
    assert "jo@overijssel.example" not in masked
    browser("nl-dr").get(OVERIJSSEL).expect(403)
    for path in ("contact-points/new", "keys/new", "accounts/new"):
        for visitor in (officer, coa, browser("nl-dr"), browser("nl-ov", read_only=True)):
            visitor.get(f"{OVERIJSSEL}/{path}").expect(403)
            visitor.post(f"{OVERIJSSEL}/{path}", visitor.token("/account"), name="x").expect(403)


def test_a_contact_point_is_added_tested_and_ended_and_the_test_says_what_came_back(
    browser: Browsers, tick: Callable[[], Any], channels: dict[str, FakeChannel], clock: FakeClock
) -> None:
    visitor = browser("nl-ov")
    path = f"{OVERIJSSEL}/contact-points/new"
    assert "Niemand van Overijssel kan een bericht krijgen" in visitor.get(OVERIJSSEL).text
    wrong = visitor.post(path, visitor.token(path), channel="email", address="geen adres", **POINT).expect(400)
    assert 'id="address-wrong"' in wrong.html and 'value="geen adres"' in wrong.html and remarks(wrong.html) == []
    done = do(visitor, path, channel="email", address=DESK, **POINT)
    assert done.sentence == "Overijssel heeft een contactpunt toegevoegd."
    page = visitor.get(OVERIJSSEL)
    assert "Niemand van Overijssel" not in page.text and DESK in page.text
    test = links(page, "/tests")[0]
    channels["email"].fail("smtp-450")
    sent = once(visitor, test).expect(303).headers["Location"]
    waiting = visitor.get(sent).expect(200)
    assert waiting.sentence == "Er is nog niets van de test teruggekomen" and "Kijk opnieuw" in waiting.text
    assert remarks(waiting.html) == []
    tick()
    failed = visitor.get(sent)
    assert "de mailserver vraagt om het later te proberen (code 450)" in failed.text and "nieuwe poging" in failed.text
    assert remarks(failed.html) == []
    assert "nieuwe poging, 14.00 uur" in visitor.get(OVERIJSSEL).section("contact-points")
    channels["email"].failing = None
    clock.advance(seconds=5)
    tick()
    arrived = visitor.get(sent)
    assert arrived.sentence == "De test is aangekomen" and "Kijk opnieuw" not in arrived.text
    assert remarks(arrived.html) == []
    assert "aangekomen, 14.00 uur" in visitor.get(OVERIJSSEL).section("contact-points")
    browser("nl-dr").get(sent).expect(403)
    assert "Dit is het laatste" in visitor.get(test.removesuffix("tests") + "end").text
    ended = once(visitor, test.removesuffix("tests") + "end").expect(303)
    assert "contactpunt beëindigd" in visitor.get(ended.headers["Location"]).sentence
    assert DESK not in visitor.get(OVERIJSSEL).text and DESK in visitor.get(f"{OVERIJSSEL}?ended=1").text
    visitor.post(test, visitor.token("/account"), once="x").expect(409)


def test_a_test_is_sent_once_whatever_is_tapped_twice(
    browser: Browsers, contact: Callable[..., Any], tick: Callable[[], Any], channels: dict[str, FakeChannel]
) -> None:
    contact("nl-ov", DESK)
    visitor = browser("operator")
    path = links(visitor.get(OVERIJSSEL), "/tests")[0]
    token = re.findall(r'name="once" value="([^"]+)"', visitor.get(path).html)[0]
    sent = [visitor.post(path, visitor.token(path), once=token).expect(303).headers["Location"] for _ in range(2)]
    assert sent[0] == sent[1]
    tick()
    assert len(channels["email"].sent) == 1


def test_an_address_that_is_none_any_more_is_said_to_fail_wherever_it_is_listed(
    browser: Browsers, contact: Callable[..., Any], tick: Callable[[], Any], channels: dict[str, FakeChannel]
) -> None:
    tested = contact("nl-ov", DESK)
    visitor, operator = browser("nl-ov"), browser("operator", "en")
    channels["email"].fail("smtp-550-5.1.1", permanent=True)
    sent = once(visitor, f"{HOME}/contact-points/{tested.id}/tests").expect(303).headers["Location"]
    tick()
    page = visitor.get(sent)
    assert (
        page.sentence == "De test is niet aangekomen"
        and "voorgoed geweigerd: de mailserver nam het niet aan (code 550-5.1.1)" in page.text
    )
    assert remarks(page.html) == []
    assert "werkt niet: het laatste bericht is opgegeven" in visitor.get(OVERIJSSEL).section("contact-points")
    assert "1 werkt niet" in visitor.get(HOME).section("own")
    assert "Overijssel nl-ov 1 fails not known" in operator.get(f"{HOME}/organisations").text
    english = operator.get(sent)
    assert "refused for good: the mail server refused it (code 550-5.1.1)" in english.text and "p…@" not in english.text
    assert "p…@overijssel.example" in browser("coa").get(sent).text


def test_the_secret_of_a_webhook_is_shown_once_when_it_is_made_and_when_it_is_replaced(
    browser: Browsers, client: Clients, tick: Callable[[], Any]
) -> None:
    visitor = browser("nl-ov")
    path = f"{OVERIJSSEL}/contact-points/new"
    typed = {**POINT, "channel": "webhook", "address": "http://127.0.0.1:9/overijssel"}
    inside = visitor.post(path, visitor.token(path), **{**typed, "address": "https://10.0.0.1/x"}, step="do", once="1")
    assert 'id="address-wrong"' in inside.expect(400).html
    first, sent = made(visitor, path, **typed)
    shown = secret(first)
    assert shown.startswith("whsec_")
    again = visitor.post(path, visitor.token(path), **sent).expect(303).headers["Location"]
    assert shown not in visitor.get(again).html and "één keer getoond" in visitor.get(again).text
    page = visitor.get(OVERIJSSEL)
    assert "onderweg" in page.section("contact-points") and shown not in page.html
    tick()
    assert "aangekomen" in visitor.get(OVERIJSSEL).section("contact-points")
    replaced = secret(once(visitor, links(page, "/secret")[0]))
    assert replaced.startswith("whsec_") and replaced != shown
    point = client("nl-ov").get("organisations/nl-ov/contact-points").items[0]
    assert point["state"] == "active"
    assert len(client("nl-ov").get(f"contact-points/{point['id']}/secrets").items) == 2


def test_all_organisations_are_read_by_as_many_queries_as_a_few(
    browser: Browsers, client: Clients, contact: Callable[..., Any], app: Flask
) -> None:
    visitor, path = browser("operator"), f"{HOME}/organisations"
    queries: list[str] = []
    engine = app.extensions["piket"].store.engine
    event.listen(engine, "before_cursor_execute", lambda *call: queries.append(call[2]))
    visitor.get(path).expect(200)
    few, codes = len(queries), sorted(app.extensions["piket"].settings.municipalities)[:60]
    for code in codes:
        client("operator").post("organisations", {"code": code, "kind": "municipality", "name": f"Gemeente {code}"})
    contact(codes[-1], "x@gemeente.example")
    queries.clear()
    page = visitor.get(path).expect(200)
    assert len(queries) == few
    assert page.text.index(f"Gemeente {codes[-1]}") < page.text.index(f"Gemeente {codes[0]}")
    assert "niemand kan een bericht krijgen" in page.section("kind-municipality")
    assert f"Gemeente {codes[-2]}" not in page.text
    part = visitor.get(f"{path}?kind=municipality&part=2").expect(200)
    assert f"Gemeente {codes[-2]}" in part.text and 'aria-current="page">Deel 2' in part.html
    assert remarks(part.html) == []
    other = browser("nl-dr").get(path).expect(200)
    assert f"Gemeente {codes[-1]}" not in other.text, "the order tells nobody else who can be reached"
    assert "kan een bericht krijgen" not in other.text and "Dit is alleen voor de beheerder." in other.text


def test_the_operator_adds_an_organisation_and_nobody_else(browser: Browsers, client: Clients) -> None:
    visitor, path = browser("operator"), f"{HOME}/organisations/new"
    typed = {"kind": "municipality", "code": "gm9999", "name": "Nergens", "province": ""}
    wrong = visitor.post(path, visitor.token(path), **typed).expect(400)
    assert 'id="code-wrong"' in wrong.html and 'value="Nergens"' in wrong.html
    sent = confirmation(visitor.post(path, visitor.token(path), **{**typed, "code": "gm0114", "name": "Emmen"}))
    there = [visitor.post(path, visitor.token(path), **sent).expect(303).headers["Location"] for _ in range(2)]
    assert set(there) == {f"{HOME}/organisations/gm0114"}
    assert "Niemand van Emmen kan een bericht krijgen" in visitor.get(there[0]).expect(200).text
    assert client("coa").get("organisations/gm0114")["province"] == "nl-dr"
    browser("ministry").get(path).expect(403)
