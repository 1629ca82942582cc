"""Cover over HTTP, and that a hole is mailed by the pass right after it appears."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.client import Client
from tests.fakes import START, FakeChannel

Calls = Callable[..., Client]


def test_everybody_reads_how_the_year_is_covered_end_to_end(client: Calls, contact: Callable[..., Any]) -> None:
    contact("nl-ov")
    found = client("vng").get("rotas/piket/coverage").expect(200)
    assert (found["rota"], found["status"], found["from"], found["to"]) == (
        "piket", "proposed", "2024-09-16T12:00:00Z", "2025-09-16T12:00:00Z",
    )  # fmt: skip
    items = found["items"]
    assert [one["until"] for one in items[:-1]] == [one["from"] for one in items[1:]]
    assert (items[0]["from"], items[-1]["until"]) == (found["from"], found["to"])
    assert (items[0]["state"], items[0]["unconfirmed"]) == ("coveredUnconfirmed", ["nl-ov"])
    assert (items[1]["state"], items[1]["unreachable"]) == ("nobodyReachable", ["nl-ut"])
    assert client("vng").get(f"turns/{items[0]['turn']}").expect(200)


def test_a_span_can_be_asked_and_an_unknown_rota_is_not_found(client: Calls) -> None:
    coa = client("coa")
    asked: dict[str, Any] = {"from_": START + timedelta(days=5), "to": START + timedelta(days=6)}
    (one,) = coa.get("rotas/piket/coverage", **asked)["items"]
    assert (one["from"], one["until"]) == ("2024-09-21T12:00:00Z", "2024-09-22T12:00:00Z")
    assert coa.get("rotas/none/coverage").expect(404)["code"] == "not-found"
    assert coa.get("rotas/piket/coverage", at=START).faults == {"at"}


def test_a_hole_is_mailed_by_the_pass_after_it_appears_and_stands_in_the_answer_until_it_is_gone(
    client: Calls, contact: Callable[..., Any], channels: dict[str, FakeChannel], tick: Callable[[], object]
) -> None:
    for code in ("coa", "ministry", "operator"):
        contact(code)
    point = contact("nl-ze")
    tick()
    assert channels["email"].sent == []
    client("nl-ze").delete(f"contact-points/{point.id}").expect(204)
    for _ in range(2):
        tick()
    subjects = [message.subject for message in channels["email"].sent]
    assert subjects == ["Niet altijd bereikbaar: Zeeland"] * 3
    hole = next(one for one in client("coa").get("rotas/piket/coverage")["holes"] if one["organisations"] == ["nl-ze"])
    alert = client("coa").get(f"alerts/{hole['alert']}").expect(200)
    assert (alert["kind"], hole["goneAt"]) == ("coverageHole", None)
    assert "Zeeland heeft dienst van wo 9 okt 12.00 uur tot wo 23 okt 12.00 uur" in alert["text"]
    contact("nl-ze", "desk@nl-ze.example")
    tick()
    holes = client("coa").get("rotas/piket/coverage")["holes"]
    assert next(one for one in holes if one["organisations"] == ["nl-ze"])["goneAt"] == "2024-09-16T12:00:00Z"
    assert len(channels["email"].sent) == 3
