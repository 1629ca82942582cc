"""The page of one's own account: another password, other browsers, the code of the desk; and links for a password."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import select

from piket.audit.models import AuditEntry
from piket.board import desk_code
from piket.errors import Invalid, TooOften
from piket.organisations import desk_codes
from piket.organisations.accounts import AccountInfo
from tests.board.browser import Browser, remarks
from tests.board.conftest import PASSWORD
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Persons = Callable[..., AccountInfo]
Clients = Callable[..., Client]
JO, NEW = "jo@overijssel.example", "vier nieuwe losse woorden"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"


@pytest.fixture
def enter(browser: Browsers) -> Callable[..., Browser]:
    """`enter()`: a browser in which Jo is signed in."""

    def make(agent: str = FIREFOX, password: str = PASSWORD) -> Browser:
        visitor = browser()
        visitor.headers["User-Agent"] = agent
        visitor.sign_in_as(JO, password).expect(303)
        return visitor

    return make


@pytest.mark.parametrize("role", ["reader", "officer", "administrator"])
@pytest.mark.parametrize("accept", ["nl", "en"])
def test_the_page_is_well_made_for_everybody(browser: Browsers, person: Persons, role: str, accept: str) -> None:
    person(role=role)
    visitor = browser(accept=accept)
    visitor.sign_in_as(JO, PASSWORD)
    page = visitor.get("/account").expect(200)
    assert remarks(page.html) == []
    assert ('name="code"' in page.html) == (role == "administrator")


@pytest.mark.parametrize("read_only", [True, False])
def test_who_signed_in_with_a_key_has_no_password_to_change(browser: Browsers, read_only: bool) -> None:
    visitor = browser("nl-ov", read_only=read_only)
    page = visitor.get("/account").expect(200)
    assert remarks(page.html) == []
    assert 'name="password"' not in page.html
    assert ('name="code"' in page.html) != read_only
    visitor.post("/account/password", visitor.token("/account"), password="x").expect(400)


def test_the_password_is_changed_by_who_knows_it_and_the_others_are_out(
    person: Persons, enter: Callable[..., Browser]
) -> None:
    person()
    here, there = enter(), enter(PHONE)
    fields = {"password": PASSWORD, "new_password": NEW, "password_again": NEW}
    here.post("/account/password", here.token("/account"), **fields).expect(303)
    page = here.get("/account?done=password").expect(200)
    assert "Uw wachtwoord is veranderd." in page.text
    assert remarks(page.html) == []
    there.get("/").expect(303)
    assert there.sign_in_as(JO, PASSWORD).status == 400
    there.sign_in_as(JO, NEW).expect(303)


@pytest.mark.parametrize(
    ("fields", "id", "sentence"),
    [
        (
            {"password": "wrong", "new_password": NEW, "password_again": NEW},
            "password",
            "Dit is niet uw huidige wachtwoord.",
        ),
        ({"password": PASSWORD, "new_password": "kort", "password_again": "kort"}, "new_password", "12 tekens of meer"),
        (
            {"password": PASSWORD, "new_password": "wachtwoord1234", "password_again": "x"},
            "new_password",
            "proberen mensen die raden",
        ),
        ({"password": PASSWORD, "new_password": NEW, "password_again": NEW + "x"}, "password_again", "niet hetzelfde"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_no_password_is_shown_again(
    person: Persons, enter: Callable[..., Browser], fields: dict[str, str], id: str, sentence: str
) -> None:
    person()
    visitor = enter()
    page = visitor.post("/account/password", visitor.token("/account"), **fields).expect(400)
    wrong = re.findall(r'<p class="wrong" id="([a-z_]+)-wrong">(.*?)</p>', page.html)
    assert [name for name, _ in wrong] == [id]
    assert sentence in wrong[0][1]
    assert re.search(
        rf'<input[^>]* id="{id}"[^>]* aria-describedby="[^"]*{id}-wrong"[^>]* aria-invalid="true"', page.html
    )
    assert not any(value in page.html for value in fields.values() if len(value) > 5)
    assert remarks(page.html) == []
    enter().get("/").expect(200)


def test_guessing_the_password_in_a_browser_that_was_left_open_is_held_up(
    person: Persons, enter: Callable[..., Browser], clock: FakeClock
) -> None:
    person()
    left_open = enter()
    token = left_open.token("/account")
    fields = {"new_password": NEW, "password_again": NEW}
    for _ in range(5):
        left_open.post("/account/password", token, password="wrong", **fields).expect(400)
    page = left_open.post("/account/password", token, password=PASSWORD, **fields).expect(429)
    assert "Wacht 30 seconden" in page.text
    assert remarks(page.html) == []
    enter().get("/").expect(200)


def test_the_page_names_the_browsers_that_are_signed_in_and_ends_one(
    person: Persons, enter: Callable[..., Browser]
) -> None:
    person()
    here, phone = enter(), enter(PHONE)
    page = here.get("/account")
    assert "Firefox, Linux (deze)" in page.text
    assert "Safari, iPhone" in page.text
    ids = re.findall(r'action="/account/sign-ins/([0-9a-f-]+)/end"', page.html)
    theirs = re.findall(r'action="/account/sign-ins/([0-9a-f-]+)/end"', phone.get("/account").html)
    assert sorted(ids) == sorted(theirs)
    names = dict(zip(ids, re.findall(r'scope="row">(Firefox, Linux|Safari, iPhone)', page.html), strict=True))
    other = next(id for id, name in names.items() if name == "Safari, iPhone")
    here.post(f"/account/sign-ins/{other}/end", here.token("/account")).expect(303)
    phone.get("/").expect(303)
    assert "Safari" not in here.get("/account").text
    own = next(id for id in ids if id != other)
    answer = here.post(f"/account/sign-ins/{own}/end", here.token("/account")).expect(303)
    assert answer.headers["Location"] == "/sign-in"
    here.get("/").expect(303)


def test_nobody_ends_the_sign_in_of_another(person: Persons, enter: Callable[..., Browser], browser: Browsers) -> None:
    person()
    person(name="anne@overijssel.example", role="administrator")
    jo, anne = enter(), browser()
    anne.sign_in_as("anne@overijssel.example", PASSWORD)
    (own,) = re.findall(r'action="/account/sign-ins/([0-9a-f-]+)/end"', jo.get("/account").html)
    anne.post(f"/account/sign-ins/{own}/end", anne.token("/account")).expect(303)
    jo.get("/").expect(200)


def test_signing_out_everywhere_ends_all_at_once(person: Persons, enter: Callable[..., Browser]) -> None:
    person()
    here, there = enter(), enter(PHONE)
    answer = here.post("/account/sign-out-everywhere", here.token("/account")).expect(303)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    for visitor in (here, there):
        visitor.get("/").expect(303)


def test_an_administrator_sets_the_code_of_the_desk_and_nobody_else(
    app: Flask, browser: Browsers, person: Persons, enter: Callable[..., Browser]
) -> None:
    person(role="administrator")
    person(name="anne@overijssel.example")
    boss, officer = enter(), browser()
    officer.sign_in_as("anne@overijssel.example", PASSWORD)
    assert "Uw desk heeft nog geen code." in officer.get("/account").text
    officer.post("/account/desk-code", officer.token("/account"), code="482915").expect(403)
    page = boss.post("/account/desk-code", boss.token("/account"), code="123456").expect(400)
    assert "proberen mensen die raden het eerst" in page.text
    assert remarks(page.html) == []
    boss.post("/account/desk-code", boss.token("/account"), code=" 482915 ").expect(303)
    assert "De code van uw desk is veranderd." in boss.get("/account?done=code").text
    assert "482915" not in boss.get("/account?done=code").html
    assert "De code is ingesteld om 14.00 uur." in officer.get("/account").text
    with app.extensions["piket"].reading() as session:
        assert desk_codes.kept_hash(session, "nl-ov") is not None
        assert "482915" not in str([one.details for one in session.scalars(select(AuditEntry))])


def test_a_desks_code_is_asked_five_times_an_hour_and_a_right_one_counts_for_nothing(
    app: Flask, person: Persons, enter: Callable[..., Browser], clock: FakeClock, ask: Callable[[str, str], None]
) -> None:
    person(role="administrator")
    boss = enter()
    boss.post("/account/desk-code", boss.token("/account"), code="482915").expect(303)
    for _ in range(8):
        ask("nl-ov", " 482915 ")
    for _ in range(5):
        with pytest.raises(Invalid) as wrong:
            ask("nl-ov", "482916")
        assert {fault.field for fault in wrong.value.faults} == {"code"}
    with pytest.raises(TooOften) as held:
        ask("nl-ov", "482915")
    assert held.value.wait == 3600
    with pytest.raises(Invalid):
        ask("nl-dr", "482915")
    clock.advance(hours=1)
    ask("nl-ov", "482915")


def test_a_desk_without_a_code_takes_none_and_says_the_same(ask: Callable[[str, str], None]) -> None:
    for typed in ("", "482915"):
        with pytest.raises(Invalid) as wrong:
            ask("nl-ov", typed)
        assert wrong.value.code == "wrong-desk-code"


@pytest.fixture
def ask(app: Flask, clock: FakeClock) -> Callable[[str, str], None]:
    """Ask for the code as the page that a mail links to does."""

    def require(organisation: str, typed: str) -> None:
        with app.test_request_context("/r/token", method="POST"):
            g.now = clock()
            desk_code.require(organisation, typed)

    return require


@pytest.fixture
def link(client: Clients) -> str:
    """The link of a new account, without the host."""
    body = {"signInName": JO, "name": "Jo de Vries", "role": "officer"}
    made = client("nl-ov").post("organisations/nl-ov/accounts", body).expect(201)
    return str(made["link"]).removeprefix("http://127.0.0.1:8000")


def test_a_person_chooses_a_password_by_the_link_and_signs_in(browser: Browsers, link: str) -> None:
    visitor = browser()
    for _ in range(3):
        page = visitor.get(link).expect(200)
    assert "Voor Jo de Vries, die hier handelt voor Overijssel." in page.text
    assert remarks(page.html) == []
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    done = visitor.post(link, visitor.token(link), new_password=NEW, password_again=NEW).expect(303)
    assert done.headers["Location"] == "/sign-in?chosen=1"
    assert "Uw wachtwoord is ingesteld." in visitor.get("/sign-in?chosen=1").text
    visitor.get("/").expect(303)
    visitor.sign_in_as(JO, NEW).expect(303)


def test_the_link_works_once(browser: Browsers, link: str) -> None:
    visitor = browser()
    token = visitor.token(link)
    visitor.post(link, token, new_password=NEW, password_again=NEW).expect(303)
    for page in (visitor.get(link), visitor.post(link, token, new_password=NEW, password_again=NEW)):
        assert "Deze link is al gebruikt of is verlopen." in page.expect(404).text
        assert remarks(page.html) == []
        assert "Vries" not in page.html


@pytest.mark.parametrize(
    "fields", [{}, {"new_password": "kort", "password_again": "kort"}, {"new_password": NEW, "password_again": "x"}]
)
def test_a_password_that_cannot_be_leaves_the_link_open(browser: Browsers, link: str, fields: dict[str, Any]) -> None:
    visitor = browser()
    page = visitor.post(link, visitor.token(link), **fields).expect(400)
    assert "Nog niet goed: Kies een wachtwoord" in page.html
    assert remarks(page.html) == []
    visitor.post(link, visitor.token(link), new_password=NEW, password_again=NEW).expect(303)


def test_a_link_that_is_over_or_made_up_says_whom_to_ask(browser: Browsers, link: str, clock: FakeClock) -> None:
    visitor = browser()
    visitor.get("/password/made-up").expect(404)
    clock.advance(hours=72)
    assert "Vraag uw organisatie of de beheerder om een nieuwe." in visitor.get(link).expect(404).text
