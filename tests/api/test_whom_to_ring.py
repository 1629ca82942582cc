"""A message that was given up is told to three, each with the number to ring, from the row to the mail; nobody else sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from piket.alerts.channels import DeliveryError
from piket.organisations.service import ContactPointInfo
from tests.client import Client
from tests.fakes import FakeChannel, FakeClock

NUMBER = "+31 38 4998899"


def test_three_are_told_whom_to_ring_with_the_number_and_nobody_else_sees_it(
    client: Callable[..., Client],
    contact: Callable[..., ContactPointInfo],
    channels: dict[str, FakeChannel],
    clock: FakeClock,
    tick: Callable[[], Any],
) -> None:
    for code in ("coa", "ministry", "operator"):
        contact(code, language="en")
        contact(code, channel="webhook")
    point = contact("nl-ov")
    contact("nl-ov", channel="telephone", address=NUMBER)
    channels["email"].failing = lambda message: (
        DeliveryError("smtp-550", permanent=True) if message.organisation == "nl-ov" else None
    )
    body = {"observedAt": clock(), "definition": "nightBeds", "people": 2129}
    client("coa").post("centres/ter-apel/counts", body).expect(201)
    tick()
    tick()
    mails = [message for message in channels["email"].sent if message.kind == "deliveryFailed"]
    assert sorted(mail.organisation for mail in mails) == ["coa", "ministry", "operator"]
    for mail in mails:
        assert mail.subject == "An alert to Overijssel was not delivered"
        assert f"Ring Overijssel: {NUMBER}." in mail.text
        assert NUMBER in mail.html
        assert point.address not in mail.text
    events = [message.event["data"] for message in channels["webhook"].sent if message.kind == "deliveryFailed"]
    assert [event["details"]["telephone"] for event in events] == [NUMBER] * 3
    (failed,) = client("coa").get("alerts", kind="deliveryFailed").items
    for code in ("coa", "ministry", "operator"):
        assert client(code).get(f"alerts/{failed['id']}")["details"]["telephone"] == NUMBER
    for code in ("nl-ut", "vng", "gm1950", "nl-ov"):
        shown = client(code).get(f"alerts/{failed['id']}").expect(200)
        assert NUMBER not in str(shown.body)
        client(code).get(f"alerts/{failed['id']}/deliveries").expect(403)
