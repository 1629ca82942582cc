"""Keys, accounts, settings and the record on the board: a key or link is shown once, and each reads what is theirs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Flask

from piket.organisations.accounts import AccountInfo
from piket.policy_decision import PolicyDecision
from tests.board.acting import do
from tests.board.browser import Browser, remarks
from tests.board.conftest import PASSWORD
from tests.board.test_board_admin import OVERIJSSEL, links, made, once, secret
from tests.client import Client

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
Persons = Callable[..., AccountInfo]
RECORD, SETTINGS = "/administration/record", "/administration/settings"
JO = "jo@overijssel.example"


def test_a_key_is_shown_once_opens_what_it_may_and_is_ended(browser: Browsers, app: Flask) -> None:
    visitor, path = browser("operator"), f"{OVERIJSSEL}/keys/new"
    typed = {"label": "scherm in de gang", "may": "read", "expires_at": "2020-01-01T12:00"}
    past = visitor.post(path, visitor.token(path), **typed).expect(400)
    assert 'id="expires_at-wrong"' in past.html and "scherm in de gang" in past.html and remarks(past.html) == []
    page, sent = made(visitor, path, **{**typed, "expires_at": "2024-10-01T12:00"})
    token = secret(page)
    again = visitor.post(path, visitor.token(path), **sent).expect(303)
    assert token not in visitor.get(again.headers["Location"]).html
    screen = Browser(app)
    screen.sign_in(token).expect(303)
    assert "(alleen kijken)" in screen.get("/").text
    listed = visitor.get(OVERIJSSEL)
    assert token not in listed.html
    assert "scherm in de gang Wat ermee mag" not in listed.text
    keys = listed.section("keys")
    assert (
        "scherm in de gang kijken" in keys and "werkt tot di 1 okt 12.00 uur" in keys and keys.count("14.00 uur") >= 2
    )
    end = once(visitor, links(listed, "/end")[0]).expect(303)
    assert "sleutel beëindigd" in visitor.get(end.headers["Location"]).sentence
    screen.get("/").expect(303)
    assert "beëindigd" in visitor.get(f"{OVERIJSSEL}?ended=1").section("keys")
    assert "scherm in de gang" not in visitor.get(OVERIJSSEL).text


def test_an_administrator_makes_changes_and_ends_an_account(browser: Browsers, person: Persons, app: Flask) -> None:
    person(role="administrator")
    visitor, path = browser(), f"{OVERIJSSEL}/accounts/new"
    visitor.sign_in_as(JO, PASSWORD).expect(303)
    page, _ = made(visitor, path, sign_in_name="s.bakker", name="Sam Bakker", role="reader")
    link = secret(page)
    assert re.fullmatch(r"http://127.0.0.1:8000/password/[\w-]+", link)
    chosen = Browser(app)
    where = link.removeprefix("http://127.0.0.1:8000")
    fields = {"new_password": "weer vier andere woorden", "password_again": "weer vier andere woorden"}
    chosen.post(where, chosen.token(where), **fields).expect(303)
    chosen.sign_in_as("s.bakker", "weer vier andere woorden").expect(303)
    taken = visitor.post(path, visitor.token(path), sign_in_name="s.bakker", name="Sam", role="reader").expect(409)
    assert "al een account met deze naam" in taken.text and 'value="Sam"' in taken.html
    listed = visitor.get(OVERIJSSEL)
    assert "Sam Bakker" in listed.section("accounts") and link not in listed.html
    row = next(row for row in listed.html.split("<tr") if "Sam Bakker" in row)
    change, end = (re.findall(rf'href="([^"]+{ending})"', row)[0] for ending in ("/change", "/end"))
    version = re.findall(r'name="version" value="(\d+)"', visitor.get(change).html)[0]
    done = do(visitor, change, name="Sam Bakker", role="officer", version=version)
    assert done.sentence == "Overijssel heeft een account gewijzigd."
    assert "(alleen kijken)" not in chosen.get("/").expect(200).text
    late = visitor.post(change, visitor.token(change), name="Anders", role="reader", version=version).expect(409)
    assert "Open de pagina opnieuw" in late.text
    renewed = secret(once(visitor, change.removesuffix("change") + "password-link"))
    assert renewed != link
    once(visitor, end).expect(303)
    chosen.get("/").expect(303)
    assert "Sam Bakker" not in visitor.get(OVERIJSSEL).text
    visitor.get(change).expect(409)
    browser("nl-dr").get(change).expect(403)


def test_the_settings_are_there_for_all_with_who_decided_them(browser: Browsers, client: Clients, app: Flask) -> None:
    page = browser("vng", read_only=True).get(SETTINGS).expect(200)
    assert "Aanname: niemand heeft nog over deze grenzen besloten." in page.section("centre-ter-apel")
    assert "Aanname" in page.section("policy") and "20 minuten" in page.section("policy")
    assert "een voorstel" in page.section("rotas") and "18.00 uur" in page.text
    deps = app.extensions["piket"]
    decision = PolicyDecision("de minister", date(2024, 9, 1), "brief 12")
    app.extensions["piket"] = dataclasses.replace(
        deps, settings=dataclasses.replace(deps.settings, policy_decision=decision)
    )
    found = client("coa").get("centres/ter-apel/thresholds")
    body = {
        "definitions": found["definitions"], "aim": 1940, "holdAbove": 200,
        "decision": {"by": "de minister", "on": "2024-09-12", "note": "na overleg"},
    }  # fmt: skip
    client("ministry").put("centres/ter-apel/thresholds", body, etag=found.headers["ETag"].strip('"')).expect(200)
    page = browser("nl-ov").get(SETTINGS).expect(200)
    assert "besloten door de minister op 12 september 2024. na overleg" in page.section("centre-ter-apel")
    assert "2 versies" in page.text and "1.940 mensen" in page.text
    assert "Besloten door de minister op 1 september 2024. brief 12" in page.section("policy")
    assert remarks(page.html) == []


def test_the_record_is_read_newest_first_and_by_each_what_is_theirs(
    browser: Browsers, client: Clients, count: Callable[..., Any], person: Persons
) -> None:
    count(1750)
    person(role="administrator")
    for _ in range(30):
        client("operator").post("organisations/nl-ov/keys", {}).expect(201)
    jo = browser()
    jo.sign_in_as(JO, PASSWORD).expect(303)
    own = jo.get(RECORD).expect(200)
    assert "Jo de Vries" in own.text and "meldde zich aan" in own.text
    assert "gaf een telling door" not in own.text and "Ouder" not in own.text
    visitor = browser("ministry")
    page = visitor.get(RECORD).expect(200)
    assert remarks(page.html) == [] and "Jo de Vries" not in page.text and "maakte een sleutel" in page.text
    older = visitor.get(links(page, re.findall(r"\?before=\d+", page.html)[0])[0]).expect(200)
    assert "gaf een telling door" in older.text and "gaf een telling door" not in page.text
    assert remarks(older.html) == []
    visitor.get(f"{RECORD}?before=x").expect(200)
