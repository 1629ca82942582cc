"""`piket serve` as a process: it starts, says where, sends, stops gently, and says in one sentence why it cannot."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from piket.alerts import service as alerts
from piket.alerts.rules import Fact
from piket.audit.service import ENGINE
from piket.db import Store
from piket.organisations import service as organisations
from tests.conftest import ROOT, make_settings
from tests.fakes import START
from tests.stories.receivers import Mailbox, Receiver, mailbox, receiver, until

Piket = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PIKET_CONFIG": str(ROOT / "config"),
        "PIKET_DATABASE_URL": f"sqlite:///{tmp_path}/piket.db",
        "PIKET_SECRET_KEY": "a fixed key for tests only",
        "PIKET_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
    }


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from piket.cli import main; main()", *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The service at a free port, from the moment it says that it is ready."""
    process = start(environment, "serve", "--port", "0")
    lines = []
    assert process.stderr is not None
    for line in process.stderr:
        lines.append(line)
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            break
    else:
        pytest.fail("it did not start: " + "".join(lines))
    try:
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


def refused(environment: dict[str, str], *arguments: str) -> str:
    """What it says when it cannot start."""
    process = start(environment, *arguments)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    return err


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


def _tell(environment: dict[str, str], hook: Receiver) -> None:
    """From another process's point of view: contact points and an alert, written to the store."""
    settings = make_settings(environment["PIKET_DATABASE_URL"])
    store = Store(settings.database_url, pool_size=1)
    with store.writing() as session:
        for channel, address in (("email", "desk@nl-ov.example"), ("webhook", hook.url)):
            point = organisations.add_contact_point(session, START, ENGINE, "nl-ov", channel=channel, address=address)
            organisations.set_contact_point_state(session, START, point.id, "active", "test")
        alerts.enqueue(session, START, settings, Fact("levelRaised", centre="ter-apel", level="acute"), {"nl-ov": ()})
    store.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_sends_what_another_process_wrote_and_stops_gently(
    number: signal.Signals, environment: dict[str, str], hook: Receiver, box: Mailbox
) -> None:
    with serving(environment | {"PIKET_SMTP_URL": f"smtp://127.0.0.1:{box.port}"}) as (process, address):
        answer = requests.get(f"{address}/healthz", timeout=10)
        assert answer.status_code == 200
        assert "gunicorn" not in str(answer.headers).lower()
        _tell(environment, hook)
        assert until(lambda: bool(hook.requests) and bool(box.mails))
        process.send_signal(number)
        assert process.wait(timeout=30) == 0
    assert box.mails[0]["To"] == "desk@nl-ov.example"
    assert [request.headers["content-type"] for request in hook.requests] == ["application/cloudevents+json"]


def test_a_kill_leaves_nothing_behind_and_the_next_start_sends_what_was_left(
    environment: dict[str, str], hook: Receiver
) -> None:
    with serving(environment) as (process, address):
        port = int(address.rsplit(":", 1)[1])
        process.kill()
        process.wait(timeout=10)
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))
    _tell(environment, hook)
    with serving(environment):
        assert until(lambda: bool(hook.requests))


def test_an_engine_alone_sends_too(environment: dict[str, str], hook: Receiver) -> None:
    with serving(environment):
        pass
    process = start(environment, "engine")
    try:
        _tell(environment, hook)
        assert until(lambda: bool(hook.requests))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_port_in_use_is_said_in_one_sentence(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refused(environment, "serve", "--port", port)


def test_a_host_that_is_not_this_machine_is_said_in_one_sentence(environment: dict[str, str]) -> None:
    assert "203.0.113.7" in refused(environment, "serve", "--host", "203.0.113.7", "--port", "0")


@pytest.mark.parametrize("command", ["serve", "engine"])
def test_a_database_that_cannot_be_reached_is_said_in_one_sentence(command: str, environment: dict[str, str]) -> None:
    refused(environment | {"PIKET_DATABASE_URL": "postgresql+psycopg://piket@127.0.0.1:1/piket"}, command)
    refused(environment | {"PIKET_DATABASE_URL": "sqlite:////nowhere/at/all/piket.db"}, command)
