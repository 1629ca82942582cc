"""The example of docs/examples as a process, between the real webhook channel and a gateway."""

from __future__ import annotations

import ast
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from piket.alerts import service as alerts
from piket.alerts.channels.webhook import WebhookChannel
from piket.alerts.models import Attempt
from piket.alerts.retry_rules import URGENT_KINDS
from piket.alerts.rules import Fact
from piket.audit.service import ENGINE
from piket.deps import Deps
from piket.organisations import service as organisations
from tests.conftest import ROOT
from tests.fakes import FakeClock
from tests.stories.receivers import Handler, Receiver, Request, answer, receiver

EXAMPLE = ROOT / "docs" / "examples" / "webhook_to_sms.py"
NUMBERS = ["+31612345678", "+31687654321"]
Start = Callable[..., tuple[subprocess.Popen[str], str]]


class Gateway:
    """Takes texts, unless told to fail for a number."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.taken: list[tuple[str, str]] = []

    def __call__(self, handler: Handler, request: Request) -> None:
        given = json.loads(request.body)
        if given["to"] in self.failing:
            return answer(handler, 500)
        self.taken.append((given["to"], given["text"]))
        return answer(handler, 202)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def line(gateway: Gateway) -> Iterator[Receiver]:
    with receiver(behave=gateway) as running:
        yield running


@pytest.fixture
def start(line: Receiver, tmp_path: Path) -> Iterator[Start]:
    """Start the example; its address."""
    running: list[subprocess.Popen[str]] = []

    def begin(secret: str, port: int = 0) -> tuple[subprocess.Popen[str], str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PIKET_WEBHOOK_SECRET": secret,
            "GATEWAY_URL": line.url,
            "GATEWAY_NUMBERS": ", ".join(NUMBERS),
        }
        command = [sys.executable, str(EXAMPLE), "--port", str(port), "--kept", str(tmp_path / "kept.txt")]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        found = re.search(r"\d+", process.stdout.readline())
        assert found
        return process, f"http://127.0.0.1:{found.group()}/"

    yield begin
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def hook(deps: Deps, seeded: object, start: Start) -> organisations.ContactPointInfo:
    """The example, registered as a webhook of Overijssel."""
    deps.channels = {"webhook": WebhookChannel(deps.settings.webhook_allowed_networks)}
    with deps.writing(ring=False) as session:
        made = organisations.add_contact_point(
            session, deps.now(), ENGINE, "nl-ov", channel="webhook", address="http://127.0.0.1:9/"
        )
        organisations.set_contact_point_state(session, deps.now(), made.id, "active", "test")
    secret = organisations.secret_of(made, deps.settings.secret_key)
    _, address = start(secret)
    with deps.writing(ring=False) as session:
        session.connection().exec_driver_sql(f"UPDATE contact_points SET address = '{address}' WHERE id = '{made.id}'")
    with deps.reading() as session:
        return organisations.find_contact_point(session, made.id)


def tell(deps: Deps, kind: str, tick: Callable[[], Any], **more: Any) -> list[str]:
    """Tell it, let the engine look, and say how every attempt so far ended."""
    fact = Fact(kind, centre="ter-apel", details={"organisation": "nl-ov", "places": 179}, **more)
    with deps.writing(ring=False) as session:
        alerts.enqueue(session, deps.now(), deps.settings, fact, {"nl-ov": ()})
    tick()
    return outcomes(deps)


def outcomes(deps: Deps) -> list[str]:
    with deps.reading() as session:
        return list(session.scalars(select(Attempt.outcome).order_by(Attempt.at, Attempt.id)))


def test_a_call_up_becomes_a_text_to_every_number_and_the_rest_stays_silent(
    deps: Deps, hook: object, gateway: Gateway, tick: Callable[[], Any]
) -> None:
    assert tell(deps, "callUp", tick, level="overflow") == ["delivered"]
    assert [number for number, _ in gateway.taken] == NUMBERS
    assert "179" in gateway.taken[0][1]
    assert tell(deps, "handOver", tick) == ["delivered"] * 2
    assert tell(deps, "callUp", tick, level="overflow", drill=True) == ["delivered"] * 3
    assert len(gateway.taken) == 2


def test_a_gateway_that_fails_is_tried_again_and_nobody_is_woken_twice(
    deps: Deps, hook: object, gateway: Gateway, clock: FakeClock, tick: Callable[[], Any]
) -> None:
    gateway.failing = {NUMBERS[1]}
    assert tell(deps, "callUp", tick) == ["failed"]
    gateway.failing = set()
    clock.advance(seconds=2)
    tick()
    assert outcomes(deps) == ["failed", "delivered"]
    assert sorted(number for number, _ in gateway.taken) == sorted(NUMBERS)


def test_a_repeat_after_a_restart_wakes_nobody(
    deps: Deps, hook: organisations.ContactPointInfo, gateway: Gateway, line: Receiver, start: Start, tick: Any
) -> None:
    with receiver() as copy:
        _at(deps, hook, copy.url)
        tell(deps, "callUp", tick)
        (request,) = copy.requests
    secret = organisations.secret_of(hook, deps.settings.secret_key)
    for _ in range(2):
        process, address = start(f"whsec_{'A' * 43}= {secret}")
        assert requests.post(address, request.body, headers=request.headers, timeout=10).status_code == 204
        assert len(gateway.taken) == 2
        process.send_signal(signal.SIGKILL)


def test_what_is_not_genuine_is_refused(
    deps: Deps, hook: organisations.ContactPointInfo, gateway: Gateway, tick: Callable[[], Any]
) -> None:
    with receiver() as copy:
        _at(deps, hook, copy.url)
        tell(deps, "callUp", tick)
        (request,) = copy.requests
    headers = dict(request.headers)
    for spoilt in (
        {"headers": headers, "data": request.body + b" "},
        {"headers": headers | {"webhook-id": "another"}, "data": request.body},
        {"headers": headers | {"webhook-timestamp": "1726488000"}, "data": request.body},
        {"headers": headers | {"webhook-signature": "v1,AAAA"}, "data": request.body},
        {"headers": {}, "data": request.body},
    ):
        given: dict[str, Any] = dict(spoilt)
        given["headers"].pop("content-length", None)
        assert requests.post(hook.address, timeout=10, **given).status_code == 401
    assert gateway.taken == []


def _at(deps: Deps, hook: organisations.ContactPointInfo, address: str) -> None:
    with deps.writing(ring=False) as session:
        session.connection().exec_driver_sql(f"UPDATE contact_points SET address = '{address}' WHERE id = '{hook.id}'")


def test_the_example_uses_only_what_python_brings() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:import|from) ([a-z0-9_]+)", text, re.MULTILINE))
    assert named <= sys.stdlib_module_names | {"__future__"}


def test_the_example_wakes_for_all_that_asks_somebody_to_act() -> None:
    (kinds,) = re.findall(r"^URGENT_KINDS = (\{.*?\})", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert ast.literal_eval(kinds) == URGENT_KINDS | {"test"}
