"""Organisations, contact points and keys as other systems use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from piket.alerts.models import Delivery
from piket.organisations import service
from piket.organisations.models import ContactPoint
from tests.client import Client
from tests.fakes import FakeClock

EMAIL = {"channel": "email", "address": "piket@drenthe.example"}
HOOK = {"channel": "webhook", "address": "https://meldkamer.example/piket"}


@pytest.fixture
def operator(client: Callable[..., Client]) -> Client:
    return client("operator")


@pytest.fixture
def drenthe(client: Callable[..., Client]) -> Client:
    return client("nl-dr")


def rows(app: Flask, kind: Any) -> list[Any]:
    with app.extensions["piket"].reading() as session:
        return list(session.query(kind).all())


def test_organisations_are_read_by_everybody_and_added_by_the_operator(operator: Client, drenthe: Client) -> None:
    body = {"code": "vr03", "kind": "safetyRegion", "name": "Drenthe", "province": "nl-dr"}
    drenthe.post("organisations", body).expect(403)
    made = operator.post("organisations", body).expect(201)
    assert made.body == body
    assert drenthe.get(made.headers["Location"]).expect(200).body == body
    assert operator.post("organisations", body).expect(409)["code"] == "organisation-exists"


def test_organisations_are_filtered(drenthe: Client) -> None:
    assert len(drenthe.get("organisations", kind="province").items) == 12
    found = drenthe.get("organisations", province="nl-gr").items
    assert {organisation["code"] for organisation in found} == {"nl-gr", "cdk-nl-gr", "gm1950"}
    assert drenthe.get("organisations", kind="club").faults == {"kind"}
    drenthe.get("organisations/gm9999").expect(404)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"code", "kind", "name"}),
        ({"code": "gm9999", "kind": "municipality", "name": "Nergens"}, {"code"}),
        ({"code": "GM1680", "kind": "club", "name": ""}, {"code", "kind", "name"}),
        ({"code": "vr03", "kind": "safetyRegion", "name": "Drenthe"}, {"province"}),
    ],
)
def test_an_organisation_that_cannot_be_is_refused(operator: Client, body: Any, fields: set[str]) -> None:
    assert operator.post("organisations", body).faults == fields


def test_an_organisation_manages_its_own_contact_points_and_so_does_the_operator(
    operator: Client, drenthe: Client, client: Callable[..., Client]
) -> None:
    made = drenthe.post("organisations/nl-dr/contact-points", EMAIL).expect(201)
    assert (made["state"], made["hours"], made["minimumLevel"], made["language"]) == ("active", "always", "watch", "nl")
    assert (made["secret"], made["purpose"], made["endedAt"]) == (None, None, None)
    operator.post("organisations/nl-dr/contact-points", {**EMAIL, "address": "tweede@drenthe.example"}).expect(201)
    for stranger in (client("coa"), client("nl-ov"), client("cdk-nl-dr")):
        stranger.post("organisations/nl-dr/contact-points", EMAIL).expect(403)
        stranger.get("organisations/nl-dr/contact-points").expect(403)
        stranger.get(f"contact-points/{made['id']}").expect(403)
        stranger.delete(f"contact-points/{made['id']}").expect(403)
        stranger.post(f"contact-points/{made['id']}/tests").expect(403)
    assert len(drenthe.get("organisations/nl-dr/contact-points").items) == 2
    assert "secret" not in drenthe.get(f"contact-points/{made['id']}").expect(200).body
    operator.post("organisations/gm9999/contact-points", EMAIL).expect(404)
    operator.get("organisations/gm9999/contact-points").expect(404)


def test_an_ended_contact_point_is_read_when_it_is_asked_for(drenthe: Client, clock: FakeClock) -> None:
    made = drenthe.post("organisations/nl-dr/contact-points", EMAIL).expect(201)
    clock.advance(minutes=5)
    for _ in range(2):
        drenthe.delete(f"contact-points/{made['id']}").expect(204)
    assert drenthe.get("organisations/nl-dr/contact-points").items == []
    (ended,) = drenthe.get("organisations/nl-dr/contact-points", includeEnded="true").items
    assert (ended["state"], ended["endedAt"]) == ("ended", "2024-09-16T12:05:00Z")
    assert drenthe.get(f"contact-points/{made['id']}").expect(200).body == ended


def test_a_webhook_shows_its_secret_once_and_gets_a_test_at_once(drenthe: Client, app: Flask) -> None:
    made = drenthe.post("organisations/nl-dr/contact-points", HOOK).expect(201)
    assert made["state"] == "pending"
    assert made["secret"].startswith("whsec_")
    (delivery,) = rows(app, Delivery)
    assert (delivery.contact_point, delivery.state) == (made["id"], "pending")
    (test,) = drenthe.get(f"contact-points/{made['id']}/tests").items
    assert (test["alert"], test["requestedBy"]) == (delivery.alert, "nl-dr")
    assert "whsec_" not in str([vars(row) for row in rows(app, ContactPoint)])
    with app.extensions["piket"].reading() as session:
        known = service.find_contact_point(session, made["id"])
    assert service.secret_of(known, app.extensions["piket"].settings.secret_key) == made["secret"]


def test_a_repeat_of_a_registration_has_no_secret(drenthe: Client, app: Flask) -> None:
    first, again = (
        drenthe.post("organisations/nl-dr/contact-points", HOOK, headers={"Idempotency-Key": "1"}).expect(201)
        for _ in "12"
    )
    assert first["secret"]
    assert again["secret"] is None
    assert first["id"] == again["id"]
    assert len(rows(app, ContactPoint)) == len(rows(app, Delivery)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"channel": "webhook", "address": "http://93.184.216.34/"},
        {"channel": "webhook", "address": "https://10.0.0.1/"},
        {"channel": "webhook", "address": "https://u:p@meldkamer.example/"},
        {"channel": "webhook", "address": "file:///etc/passwd"},
        {"channel": "email", "address": "geen adres"},
        {"channel": "telephone", "address": "bel maar"},
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_nothing_is_stored(
    drenthe: Client, app: Flask, body: Any
) -> None:
    assert drenthe.post("organisations/nl-dr/contact-points", body).faults == {"address"}
    assert rows(app, ContactPoint) == rows(app, Delivery) == []


def test_every_wrong_choice_of_a_contact_point_is_named(drenthe: Client) -> None:
    body = {
        "channel": "fax",
        "address": "",
        "hours": "never",
        "minimumLevel": "normal",
        "language": "fy",
        "secret": "x",
    }
    assert drenthe.post("organisations/nl-dr/contact-points", body).faults == set(body)


def test_a_contact_point_is_there_once(drenthe: Client) -> None:
    drenthe.post("organisations/nl-dr/contact-points", EMAIL).expect(201)
    assert drenthe.post("organisations/nl-dr/contact-points", EMAIL).expect(409)["code"] == "contact-point-exists"


def test_a_test_message_is_an_alert_that_can_be_followed(drenthe: Client, app: Flask) -> None:
    made = drenthe.post("organisations/nl-dr/contact-points", EMAIL).expect(201)
    test = drenthe.post(f"contact-points/{made['id']}/tests").expect(201)
    assert drenthe.get(f"alerts/{test['alert']}").expect(200)["kind"] == "test"
    assert drenthe.get(f"contact-points/{made['id']}/tests").items == [test.body]
    assert [delivery.contact_point for delivery in rows(app, Delivery)] == [made["id"]]


def test_a_telephone_and_an_ended_contact_point_are_not_tested(drenthe: Client) -> None:
    telephone = {"channel": "telephone", "address": "+31 592 365 555"}
    for body in (telephone, EMAIL):
        made = drenthe.post("organisations/nl-dr/contact-points", body).expect(201)
        if body is EMAIL:
            drenthe.delete(f"contact-points/{made['id']}").expect(204)
        assert drenthe.post(f"contact-points/{made['id']}/tests").expect(409)["code"] == "contact-point-not-testable"


def test_a_key_is_shown_once_and_opens_until_it_is_revoked(drenthe: Client, app: Flask) -> None:
    made = drenthe.post("organisations/nl-dr/keys", {"label": "kantoor", "readOnly": True}).expect(201)
    with_it = Client(app, made["key"])
    shown = with_it.get(f"keys/{made['id']}").expect(200)
    assert "key" not in shown.body
    assert (shown["label"], shown["readOnly"], shown["expiresAt"], shown["revokedAt"]) == ("kantoor", True, None, None)
    with_it.post("organisations/nl-dr/keys").expect(403)
    drenthe.delete(f"keys/{made['id']}").expect(204)
    assert with_it.get("organisations").expect(401)["code"] == "key-revoked"
    assert drenthe.get(f"keys/{made['id']}").expect(200)["revokedAt"]


def test_a_key_expires_at_its_moment(drenthe: Client, app: Flask, clock: FakeClock) -> None:
    made = drenthe.post("organisations/nl-dr/keys", {"expiresAt": "2024-09-16T15:00:00+02:00"}).expect(201)
    with_it = Client(app, made["key"])
    clock.advance(minutes=59, seconds=59)
    with_it.get("organisations").expect(200)
    clock.advance(seconds=1)
    assert with_it.get("organisations").expect(401)["code"] == "key-expired"
    assert drenthe.post("organisations/nl-dr/keys", {"expiresAt": "2024-09-16T12:00:00Z"}).faults == {"expiresAt"}


def test_keys_of_others_are_the_operators_business_only(
    operator: Client, drenthe: Client, client: Callable[..., Client]
) -> None:
    made = operator.post("organisations/nl-dr/keys").expect(201)
    assert made["id"] in {key["id"] for key in drenthe.get("organisations/nl-dr/keys").items}
    for stranger in (client("coa"), client("ministry"), client("nl-ov")):
        stranger.get("organisations/nl-dr/keys").expect(403)
        stranger.post("organisations/nl-dr/keys").expect(403)
        stranger.get(f"keys/{made['id']}").expect(403)
        stranger.delete(f"keys/{made['id']}").expect(403)
    operator.get("organisations/gm9999/keys").expect(404)
    operator.get("keys/none").expect(404)
