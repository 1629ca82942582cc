"""Accounts, links for passwords and codes of desks as other systems use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from piket.idempotency import KeptAnswer
from tests.client import Answer, Client
from tests.fakes import FakeClock

Clients = Callable[..., Client]
PERSON = {"signInName": "J.deVries@drenthe.example", "name": "Jo de Vries", "role": "officer"}


@pytest.fixture
def operator(client: Clients) -> Client:
    return client("operator")


@pytest.fixture
def drenthe(client: Clients) -> Client:
    return client("nl-dr")


@pytest.fixture
def made(drenthe: Client) -> Answer:
    return drenthe.post("organisations/nl-dr/accounts", PERSON).expect(201)


def test_an_account_comes_with_a_link_that_is_shown_once(drenthe: Client, made: Answer) -> None:
    assert made["signInName"] == "j.devries@drenthe.example"
    assert made["link"].startswith("http://127.0.0.1:8000/password/")
    assert made["linkExpiresAt"] == "2024-09-19T12:00:00Z"
    shown = drenthe.get(made.headers["Location"]).expect(200)
    assert "link" not in shown.body
    assert {name: made[name] for name in shown.body} == shown.body
    assert (shown["passwordSetAt"], shown["signedInAt"], shown["endedAt"]) == (None, None, None)
    (link,) = drenthe.get(f"accounts/{made['id']}/password-links").items
    assert (link["requestedBy"], link["usedAt"], link["voided"]) == ("nl-dr", None, False)
    assert made["link"].rsplit("/", 1)[1] not in str(link)


def test_an_organisation_manages_its_own_accounts_and_so_does_the_operator(
    operator: Client, made: Answer, client: Clients
) -> None:
    path = f"accounts/{made['id']}"
    for stranger in (client("coa"), client("ministry"), client("nl-ov"), client("cdk-nl-dr")):
        stranger.get("organisations/nl-dr/accounts").expect(403)
        stranger.post("organisations/nl-dr/accounts", PERSON).expect(403)
        stranger.get(path).expect(403)
        stranger.patch(path, {"role": "reader"}, etag='"1"').expect(403)
        stranger.delete(path).expect(403)
        stranger.get(f"{path}/password-links").expect(403)
        stranger.post(f"{path}/password-links").expect(403)
        stranger.get("organisations/nl-dr/desk-codes").expect(403)
        stranger.post("organisations/nl-dr/desk-codes").expect(403)
    assert [one["id"] for one in operator.get("organisations/nl-dr/accounts").items] == [made["id"]]
    operator.get("organisations/gm9999/accounts").expect(404)
    operator.get("organisations/gm9999/desk-codes").expect(404)
    operator.post("organisations/gm9999/accounts", PERSON).expect(404)


def test_a_name_is_given_once_in_the_whole_service(operator: Client, made: Answer) -> None:
    again = operator.post("organisations/nl-ov/accounts", {**PERSON, "signInName": "J.DEVRIES@drenthe.example"})
    assert again.expect(409)["code"] == "account-exists"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"signInName", "name", "role"}),
        ({"signInName": "j", "name": "", "role": "boss", "password": "x"}, {"signInName", "name", "role", "password"}),
        ({**PERSON, "signInName": "jan de vries"}, {"signInName"}),
    ],
)
def test_an_account_that_cannot_be_is_refused_with_all_that_is_wrong(
    drenthe: Client, body: Any, fields: set[str]
) -> None:
    assert drenthe.post("organisations/nl-dr/accounts", body).faults == fields


def test_name_and_role_are_changed_by_who_read_them_last(drenthe: Client, made: Answer) -> None:
    path = f"accounts/{made['id']}"
    etag = drenthe.get(path).headers["ETag"]
    drenthe.patch(path, {"role": "reader"}).expect(428)
    changed = drenthe.patch(path, {"role": "reader"}, etag=etag).expect(200)
    assert (changed["role"], changed["name"]) == ("reader", "Jo de Vries")
    drenthe.patch(path, {"name": "Jo"}, etag=etag).expect(412)
    assert drenthe.patch(path, {"name": "Jo"}, etag=changed.headers["ETag"]).expect(200)["name"] == "Jo"


def test_an_account_that_ended_is_read_when_it_is_asked_for(drenthe: Client, made: Answer, clock: FakeClock) -> None:
    clock.advance(minutes=5)
    for _ in range(2):
        drenthe.delete(f"accounts/{made['id']}").expect(204)
    assert drenthe.get("organisations/nl-dr/accounts").items == []
    (ended,) = drenthe.get("organisations/nl-dr/accounts", includeEnded="true").items
    assert ended["endedAt"] == "2024-09-16T12:05:00Z"
    assert drenthe.post(f"accounts/{made['id']}/password-links").expect(409)["code"] == "account-ended"


def test_a_new_link_makes_the_one_before_void(operator: Client, drenthe: Client, made: Answer) -> None:
    again = operator.post(f"accounts/{made['id']}/password-links").expect(201)
    assert again["link"] != made["link"]
    links = drenthe.get(f"accounts/{made['id']}/password-links").items
    assert sorted((one["requestedBy"], one["voided"]) for one in links) == [("nl-dr", True), ("operator", False)]


def test_what_is_shown_once_is_in_no_answer_that_is_kept(app: Flask, drenthe: Client) -> None:
    for path, body, secret in (
        ("organisations/nl-dr/accounts", PERSON, "link"),
        ("organisations/nl-dr/desk-codes", {"code": "482915"}, "code"),
    ):
        first, again = (drenthe.post(path, body, headers={"Idempotency-Key": path}).expect(201) for _ in "12")
        assert first[secret]
        assert again[secret] is None
        with app.extensions["piket"].reading() as session:
            kept = "".join(row.body for row in session.query(KeptAnswer).all())
        assert first[secret] not in kept


def test_a_desk_code_is_given_or_made_and_the_former_ends(drenthe: Client, clock: FakeClock) -> None:
    given = drenthe.post("organisations/nl-dr/desk-codes", {"code": "482915"}).expect(201)
    assert (given["code"], given["requestedBy"], given["endedAt"]) == ("482915", "nl-dr", None)
    clock.advance(minutes=1)
    made = drenthe.post("organisations/nl-dr/desk-codes").expect(201)
    assert made["code"].isdigit()
    assert len(made["code"]) == 6
    listed = drenthe.get("organisations/nl-dr/desk-codes").items
    assert [one["endedAt"] for one in listed] == [None, "2024-09-16T12:01:00Z"]
    assert "code" not in listed[0]


@pytest.mark.parametrize("code", ["123456", "1234", "abcdef", 482915])
def test_a_code_that_is_none_or_is_tried_first_is_refused(drenthe: Client, code: Any) -> None:
    assert drenthe.post("organisations/nl-dr/desk-codes", {"code": code}).faults == {"code"}


def test_a_key_that_may_only_read_makes_no_account_and_no_code(client: Clients) -> None:
    reading = client("nl-dr", read_only=True)
    reading.get("organisations/nl-dr/accounts").expect(200)
    assert reading.post("organisations/nl-dr/accounts", PERSON).expect(403)["code"] == "read-only-key"
    reading.post("organisations/nl-dr/desk-codes").expect(403)
