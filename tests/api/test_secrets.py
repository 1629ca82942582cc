"""A webhook's secret is made anew without a gap: both sign for a day. Read by the independent package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from piket.alerts.channels.webhook import WebhookChannel
from piket.clock import system_clock
from piket.deps import Deps
from tests.client import Answer, Client
from tests.fakes import FakeChannel, FakeClock
from tests.stories.receivers import Request, receiver

Tick = Callable[[], Any]


@pytest.fixture
def drenthe(client: Callable[..., Client]) -> Client:
    return client("nl-dr")


@pytest.fixture
def hook(drenthe: Client, tick: Tick) -> Answer:
    """An active webhook, with its first secret."""
    body = {"channel": "webhook", "address": "https://meldkamer.example/piket"}
    made = drenthe.post("organisations/nl-dr/contact-points", body).expect(201)
    tick()
    assert drenthe.get(f"contact-points/{made['id']}")["state"] == "active"
    return made


def rotate(client: Client, hook: Answer, **headers: str) -> Answer:
    return client.post(f"contact-points/{hook['id']}/secrets", headers=headers)


def sent(drenthe: Client, hook: Answer, channel: FakeChannel, tick: Tick) -> Request:
    """A test message of now, as it comes over the line."""
    drenthe.post(f"contact-points/{hook['id']}/tests").expect(201)
    tick()
    with receiver() as there:
        WebhookChannel([ip_network("127.0.0.0/8")], system_clock).send(
            replace(channel.sent[-1], address=there.url), time_limit=10
        )
        return there.requests[0]


def verifies(secret: str, request: Request) -> bool:
    try:
        Webhook(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


def test_both_sign_for_a_day_the_new_one_first(
    drenthe: Client, hook: Answer, channels: dict[str, FakeChannel], tick: Tick, clock: FakeClock
) -> None:
    assert len(sent(drenthe, hook, channels["webhook"], tick).headers["webhook-signature"].split()) == 1
    made = rotate(drenthe, hook).expect(201)
    old, new = hook["secret"], made["secret"]
    assert new.startswith("whsec_")
    assert new != old
    clock.advance(hours=23, minutes=59)
    request = sent(drenthe, hook, channels["webhook"], tick)
    first, second = request.headers["webhook-signature"].split(" ")
    assert first.startswith("v1,")
    assert second.startswith("v1,")
    assert verifies(new, request)
    assert verifies(old, request)
    alone = Request(request.path, {**request.headers, "webhook-signature": first}, request.body)
    assert verifies(new, alone)
    assert not verifies(old, alone)
    clock.advance(minutes=1)
    request = sent(drenthe, hook, channels["webhook"], tick)
    assert verifies(new, request)
    assert not verifies(old, request)
    assert " " not in request.headers["webhook-signature"]


def test_the_versions_are_listed_without_secrets(drenthe: Client, hook: Answer, clock: FakeClock) -> None:
    (first,) = drenthe.get(f"contact-points/{hook['id']}/secrets").items
    assert (first["version"], first["requestedBy"], first["signsUntil"]) == (1, None, None)
    clock.advance(hours=1)
    made = rotate(drenthe, hook).expect(201)
    versions = drenthe.get(f"contact-points/{hook['id']}/secrets").items
    assert [(one["version"], one["requestedBy"], one["signsUntil"]) for one in versions] == [
        (2, "nl-dr", None),
        (1, None, "2024-09-17T13:00:00Z"),
    ]
    assert versions[0] == {name: value for name, value in made.body.items() if name != "secret"}
    assert versions[1]["createdAt"] == "2024-09-16T12:00:00Z"
    page = drenthe.get(f"contact-points/{hook['id']}/secrets", pageSize=1).expect(200)
    assert drenthe.get(page["next"]).items == versions[1:]


def test_a_repeat_of_the_request_makes_no_other_and_shows_no_secret(drenthe: Client, hook: Answer) -> None:
    first, again = (rotate(drenthe, hook, **{"Idempotency-Key": "1"}).expect(201) for _ in "12")
    assert first["secret"]
    assert again["secret"] is None
    assert first["version"] == again["version"] == 2
    assert len(drenthe.get(f"contact-points/{hook['id']}/secrets").items) == 2


def test_it_is_the_business_of_its_owner_and_of_the_operator(
    client: Callable[..., Client], drenthe: Client, hook: Answer
) -> None:
    rotate(client("operator"), hook).expect(201)
    for code in ("coa", "ministry", "nl-ov", "cdk-nl-dr"):
        rotate(client(code), hook).expect(403)
        client(code).get(f"contact-points/{hook['id']}/secrets").expect(403)
    drenthe.post("contact-points/none/secrets").expect(404)


def test_what_is_no_webhook_or_has_ended_has_no_secret(drenthe: Client, hook: Answer) -> None:
    mail = drenthe.post("organisations/nl-dr/contact-points", {"channel": "email", "address": "a@b.example"}).expect(
        201
    )
    assert rotate(drenthe, mail).expect(409)["code"] == "contact-point-without-secret"
    assert drenthe.get(f"contact-points/{mail['id']}/secrets").items == []
    drenthe.delete(f"contact-points/{hook['id']}").expect(204)
    assert rotate(drenthe, hook).expect(409)["code"] == "contact-point-without-secret"


def test_a_secret_that_got_lost_can_be_made_anew_and_messages_do_not_grow_without_end(
    drenthe: Client, hook: Answer, channels: dict[str, FakeChannel], tick: Tick, clock: FakeClock
) -> None:
    for _ in range(2):
        rotate(drenthe, hook).expect(201)
    assert verifies(hook["secret"], sent(drenthe, hook, channels["webhook"], tick))
    assert rotate(drenthe, hook).expect(409)["code"] == "too-many-secrets"
    clock.advance(hours=24)
    rotate(drenthe, hook).expect(201)


def test_no_secret_is_stored_or_written_in_the_record(
    drenthe: Client, hook: Answer, deps: Deps, client: Callable[..., Client]
) -> None:
    secret = rotate(drenthe, hook).expect(201)["secret"]
    with deps.reading() as session:
        for table in ("contact_point_secrets", "audit_entries", "contact_points", "kept_answers"):
            stored = str(session.connection().exec_driver_sql(f"SELECT * FROM {table}").all())
            assert secret.removeprefix("whsec_") not in stored
