"""Signing in with an account: who gets in, how long, what ends it, and that nobody learns who has one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from piket.audit.models import AuditEntry
from piket.audit.service import ENGINE
from piket.organisations import accounts, passwords
from piket.organisations.account_models import Account, SignIn
from piket.organisations.accounts import AccountInfo
from tests.board.browser import Browser, remarks
from tests.board.conftest import HASH, PASSWORD
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
Persons = Callable[..., AccountInfo]
JO = "jo@overijssel.example"


def rows(app: Flask, kind: Any) -> list[Any]:
    with app.extensions["piket"].reading() as session:
        return list(session.scalars(select(kind)))


def test_the_form_is_well_made_in_both_languages(browser: Browsers) -> None:
    for accept, words in (("nl", "Uw e-mailadres of naam"), ("en", "Your e-mail address or name")):
        for path in ("/sign-in", "/sign-in?ended=1", "/sign-in?chosen=1"):
            page = browser(accept=accept).get(path).expect(200)
            assert words in page.text
            assert remarks(page.html) == []


def test_a_person_sees_who_they_are_and_for_whom_they_act(browser: Browsers, person: Persons) -> None:
    person()
    visitor = browser()
    answer = visitor.sign_in_as(f" {JO.upper()} ", PASSWORD).expect(303)
    assert answer.headers["Location"] == "/"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    for path in ("/", "/account"):
        page = visitor.get(path).expect(200)
        assert "Jo de Vries · U handelt voor Overijssel" in page.text
        assert remarks(page.html) == []


def test_only_a_hash_of_what_the_browser_holds_is_stored(app: Flask, browser: Browsers, person: Persons) -> None:
    person()
    visitor = browser()
    visitor.sign_in_as(JO, PASSWORD)
    token = visitor.held()["sign_in"]
    (row,) = rows(app, SignIn)
    assert token not in str(vars(row))
    assert len(token) >= 43


@pytest.mark.parametrize(
    "name", [JO, "nobody@overijssel.example", "ended@overijssel.example", "new@overijssel.example"]
)
def test_a_wrong_password_an_unknown_name_and_an_account_without_one_are_answered_alike(
    app: Flask, browser: Browsers, person: Persons, clock: FakeClock, name: str
) -> None:
    person()
    ended = person(name="ended@overijssel.example")
    with app.extensions["piket"].writing() as session:
        accounts.end_account(session, clock(), ENGINE, ended.id)
        accounts.add_account(
            session, clock(), ENGINE, "nl-ov", sign_in_name="new@overijssel.example", name="X", role="reader"
        )
    visitor = browser()
    page = visitor.sign_in_as(name, "vier andere gewone woorden" if name == JO else PASSWORD).expect(400)
    assert "De naam of het wachtwoord klopt niet." in page.text
    assert "Nog niet goed: Aanmelden" in page.html
    assert PASSWORD not in page.html
    assert "andere gewone" not in page.html
    assert remarks(page.html) == []
    visitor.get("/").expect(303)


def test_whether_there_is_such_an_account_costs_the_same(
    app: Flask, browser: Browsers, person: Persons, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the clock of a busy machine, but by what is done: one comparison of the same price, the same statements."""
    person()
    with app.extensions["piket"].writing() as session:
        session.get_one(Account, rows(app, Account)[0].id).password_hash = passwords.make_hash(PASSWORD)
    compared: list[str] = []
    real = type(passwords._hasher).verify
    monkeypatch.setattr(
        type(passwords._hasher), "verify", lambda self, kept, word: (compared.append(kept), real(self, kept, word))[1]
    )
    before = []
    for name in (JO, "nobody@overijssel.example"):
        visitor, written = browser(), len(rows(app, AuditEntry))
        visitor.sign_in_as(name, "vier andere gewone woorden").expect(400)
        before.append(len(rows(app, AuditEntry)) - written)
    assert before == [1, 1]
    assert [kept.split("$")[3] for kept in compared] == ["m=32768,t=3,p=1"] * 2


@pytest.mark.parametrize(("name", "password"), [("", PASSWORD), (JO, ""), (" ", PASSWORD)])
def test_an_empty_field_is_told_and_is_no_try(
    app: Flask, browser: Browsers, person: Persons, name: str, password: str
) -> None:
    person()
    assert "Vul uw naam en uw wachtwoord in." in browser().sign_in_as(name, password).expect(400).text
    assert [entry.action for entry in rows(app, AuditEntry)].count("refuse_sign_in") == 0


def test_who_guesses_waits_and_is_told_how_long(browser: Browsers, person: Persons, clock: FakeClock) -> None:
    person()
    stranger = browser()
    for _ in range(5):
        stranger.sign_in_as(JO, "vier andere gewone woorden").expect(400)
    page = stranger.sign_in_as(JO, PASSWORD).expect(429)
    assert "Dat ging te vaak fout. Wacht 30 seconden en probeer het dan opnieuw." in page.text
    assert page.headers["Retry-After"] == "30"
    assert remarks(page.html) == []
    clock.advance(seconds=30)
    stranger.sign_in_as(JO, PASSWORD).expect(303)


def test_a_name_that_nobody_has_is_held_up_in_the_same_way(browser: Browsers) -> None:
    stranger = browser()
    answers = [stranger.sign_in_as("nobody@overijssel.example", PASSWORD).status for _ in range(7)]
    assert answers == [400] * 5 + [429] * 2


def test_a_browser_that_is_known_gets_in_while_strangers_guess_at_the_name(browser: Browsers, person: Persons) -> None:
    person()
    own, stranger = browser(), browser()
    own.sign_in_as(JO, PASSWORD).expect(303)
    own.post("/sign-out", own.token("/account")).expect(303)
    for _ in range(5):
        stranger.sign_in_as(JO, "vier andere gewone woorden").expect(400)
    stranger.sign_in_as(JO, PASSWORD).expect(429)
    own.sign_in_as(JO, PASSWORD).expect(303)


def test_a_note_of_a_known_browser_that_was_written_by_hand_is_none(browser: Browsers, person: Persons) -> None:
    someone = person()
    stranger = browser()
    for forged in ("x", "Im5vbmUi.x", f'["b",["{someone.id}"]]'):
        stranger.http.set_cookie("piket_browser", forged)
        stranger.sign_in_as(JO, "vier andere gewone woorden").expect(400)
    stranger.sign_in_as(JO, "vier andere gewone woorden").expect(400)
    stranger.sign_in_as(JO, "vier andere gewone woorden").expect(400)
    stranger.sign_in_as(JO, PASSWORD).expect(429)


def test_who_guesses_at_many_names_waits_by_where_they_come_from(browser: Browsers) -> None:
    stranger = browser()
    answers = [stranger.sign_in_as(f"name{number}", PASSWORD).status for number in range(22)]
    assert answers == [400] * 20 + [429] * 2


def test_behind_a_trusted_proxy_each_place_waits_for_itself(app: Flask, browser: Browsers) -> None:
    app.extensions["piket"].settings = _with_proxy(app)
    stranger = browser()
    token = stranger.token("/sign-in")

    def guess(number: int, place: str) -> int:
        sent = {"X-Forwarded-For": f"203.0.113.9, {place}"}
        return stranger.post("/sign-in", token, sent_with=sent, name=f"name{number}", password=PASSWORD).status

    assert [guess(number, "192.0.2.7") for number in range(21)][-1] == 429
    assert guess(99, "192.0.2.8") == 400


def _with_proxy(app: Flask) -> Any:
    return dataclasses.replace(app.extensions["piket"].settings, trusted_proxies=(ip_network("127.0.0.1/32"),))


def test_a_hash_of_lower_parameters_is_made_anew_at_the_sign_in(app: Flask, browser: Browsers, person: Persons) -> None:
    someone = person()
    assert rows(app, Account)[0].password_hash == HASH
    browser().sign_in_as(JO, PASSWORD).expect(303)
    (row,) = rows(app, Account)
    assert row.password_hash.startswith(f"$argon2id$v=19$m={passwords.MEMORY_KIB},t={passwords.PASSES},p=1$")
    assert row.signed_in_at is not None
    assert row.id == someone.id
    browser().sign_in_as(JO, PASSWORD).expect(303)


def test_the_id_changes_at_the_sign_in_and_the_one_before_opens_nothing(browser: Browsers, person: Persons) -> None:
    """A cookie that somebody planted before is worth nothing after it."""
    person()
    visitor, thief = browser(), browser()
    visitor.sign_in_as(JO, PASSWORD)
    token, first = visitor.token("/account"), visitor.held()
    visitor.post("/sign-in", token, name=JO, password=PASSWORD).expect(303)
    second = visitor.held()
    assert first["sign_in"] != second["sign_in"]
    assert first.get("csrf_token") != second.get("csrf_token")
    with thief.http.session_transaction() as held:
        held.update(first)
    thief.get("/").expect(303)
    visitor.get("/").expect(200)


def test_a_cookie_that_was_changed_or_made_up_opens_nothing(app: Flask, browser: Browsers, person: Persons) -> None:
    person()
    visitor = browser()
    visitor.sign_in_as(JO, PASSWORD)
    cookie = visitor.http.get_cookie("piket")
    assert cookie is not None
    for value in (cookie.value[:-2] + "xx", cookie.value.split(".", 1)[1], "e30.x.y", ""):
        thief = browser()
        thief.http.set_cookie("piket", value)
        thief.get("/").expect(303)
    forger = browser()
    with forger.http.session_transaction() as held:
        held["sign_in"] = "made up"
    forger.get("/").expect(303)
    with forger.http.session_transaction() as held:
        held["sign_in"] = ["not", "text"]
    forger.get("/").expect(303)


def test_an_hour_without_use_ends_it_and_use_keeps_it_for_twelve(
    browser: Browsers, person: Persons, clock: FakeClock
) -> None:
    person()
    idle, busy = browser(), browser()
    for visitor in (idle, busy):
        visitor.sign_in_as(JO, PASSWORD)
    for _ in range(13):
        clock.advance(minutes=55)
        busy.get("/").expect(200)
    assert idle.get("/").expect(303).headers["Location"] == "/sign-in?ended=1"
    clock.advance(minutes=5)
    assert busy.get("/").expect(303).headers["Location"] == "/sign-in?ended=1"
    assert "U bent niet meer aangemeld" in busy.get("/sign-in?ended=1").text


def test_an_unchanged_page_counts_as_use_and_is_written_down_once_a_minute(
    app: Flask, browser: Browsers, person: Persons, clock: FakeClock
) -> None:
    person()
    visitor = browser()
    visitor.sign_in_as(JO, PASSWORD)
    writes = app.extensions["piket"].store.commits
    etag = visitor.get("/").headers["ETag"]
    for _ in range(12):
        clock.advance(seconds=10)
        visitor.get("/", If_None_Match=etag)
    assert app.extensions["piket"].store.commits - writes == 2
    assert rows(app, SignIn)[0].seen_at == clock()


def test_signing_out_ends_it_on_the_server(browser: Browsers, person: Persons) -> None:
    """Who copied the cookie is out too."""
    person()
    visitor, thief = browser(), browser()
    visitor.sign_in_as(JO, PASSWORD)
    with thief.http.session_transaction() as held:
        held.update(visitor.held())
    thief.get("/").expect(200)
    answer = visitor.post("/sign-out", visitor.token("/account")).expect(303)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert visitor.held() == {}
    thief.get("/").expect(303)


def test_an_account_that_ends_or_becomes_a_readers_does_so_at_the_next_page(
    app: Flask, browser: Browsers, person: Persons, clock: FakeClock
) -> None:
    someone = person()
    visitor = browser()
    visitor.sign_in_as(JO, PASSWORD)
    with app.extensions["piket"].writing() as session:
        accounts.change_account(session, clock(), ENGINE, someone.id, role="reader")
    assert "(alleen kijken)" in visitor.get("/").text
    with app.extensions["piket"].writing() as session:
        accounts.end_account(session, clock(), ENGINE, someone.id)
    visitor.get("/").expect(303)


def test_what_a_person_does_is_written_down_with_the_account_and_never_the_name(
    app: Flask, browser: Browsers, person: Persons, clock: FakeClock
) -> None:
    someone = person(role="administrator")
    visitor = browser()
    visitor.sign_in_as(JO, PASSWORD)
    visitor.post("/account/desk-code", visitor.token("/account"), code="482915").expect(303)
    entries = {entry.action: entry for entry in rows(app, AuditEntry)}
    for action in ("sign_in", "set_desk_code"):
        assert entries[action].actor == "nl-ov"
        assert entries[action].details["account"] == someone.id
    assert "Vries" not in str([entry.details for entry in entries.values()])


def test_an_account_opens_no_door_of_the_api(browser: Browsers, person: Persons) -> None:
    person()
    visitor = browser()
    visitor.sign_in_as(JO, PASSWORD)
    visitor.get("/v1/situation").expect(401)


@pytest.mark.parametrize(
    "there",
    [
        "//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)", "elsewhere", "",
        "/v1/situation", "/nothing", "/sign-out", "/static/board.css", "/%2f/elsewhere.example", "/account\r\nX: y",
        "/" + "a" * 2000,
    ],
)  # fmt: skip
def test_nobody_is_led_away_from_here_after_signing_in(browser: Browsers, person: Persons, there: str) -> None:
    person()
    visitor = browser()
    answer = visitor.sign_in_as(JO, PASSWORD, next=there).expect(303)
    assert answer.headers["Location"] == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(browser: Browsers, person: Persons) -> None:
    person()
    visitor = browser()
    asked = visitor.get("/account?done=code").expect(303).headers["Location"]
    assert asked == "/sign-in?next=%2Faccount%3Fdone%3Dcode"
    page = visitor.get(asked)
    assert 'name="next" value="/account?done=code"' in page.html
    answer = visitor.sign_in_as(JO, PASSWORD, next="/account?done=code").expect(303)
    assert answer.headers["Location"] == "/account?done=code"


def test_many_sign_ins_at_the_same_moment_are_all_their_own(
    app: Flask, browser: Browsers, person: Persons, clock: FakeClock
) -> None:
    person()
    visitors = [browser() for _ in range(4)]
    for visitor in visitors:
        visitor.sign_in_as(JO, PASSWORD).expect(303)
    assert len({visitor.held()["sign_in"] for visitor in visitors}) == 4
    with app.extensions["piket"].reading() as session:
        assert session.scalar(select(func.count()).select_from(SignIn)) == 4
    clock.advance(minutes=59)
    assert all(visitor.get("/").status == 200 for visitor in visitors)
    assert clock() - rows(app, SignIn)[0].seen_at == timedelta(0)
