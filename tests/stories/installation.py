"""An installation as it runs for real: its database, its processes, a clock that can be moved, and who is told."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from piket.alerts.models import Alert, Delivery
from piket.audit.service import ENGINE
from piket.clock import FileClock
from piket.db import Store
from piket.organisations import service as organisations
from tests.conftest import ROOT
from tests.fakes import START
from tests.stories.receivers import until

PATIENCE = 60.0


@dataclass
class Process:
    """One process of piket. `address` is where it answers, `status` how it ended (None while it runs)."""

    pid: int
    address: str | None = None
    status: int | None = None

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        assert until(lambda: self.status is not None, PATIENCE), "it does not end"
        assert self.status is not None
        return self.status

    def kill(self) -> None:
        """kill -9; returns when nothing of it is left."""
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """As a service manager does; it must end well."""
        self.signal(signal.SIGTERM)
        assert self.wait() == 0


class Forker:
    """Starts processes quickly, see `forker.py`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stories.forker"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.known: dict[int, Process] = {}
        self.orders: dict[int, Process] = {}
        self.changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told = json.loads(line)
            with self.changed:
                child = self.known.setdefault(told["pid"], Process(told["pid"]))
                if "order" in told:
                    self.orders[told["order"]] = child
                if "ready" in told:
                    child.address = told["ready"]
                if "exit" in told:
                    # The number may be given to another process from now on.
                    child.status = told["exit"]
                    del self.known[told["pid"]]
                self.changed.notify_all()

    def start(self, kind: str, environment: dict[str, str], log: Path) -> Process:
        """Run it; returns when it is ready."""
        number = uuid.uuid4().int
        assert self.process.stdin is not None
        order = {"number": number, "kind": kind, "environment": environment, "log": str(log)}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        with self.changed:
            assert self.changed.wait_for(lambda: number in self.orders, PATIENCE)
            child = self.orders.pop(number)
            self.changed.wait_for(lambda: child.address is not None or child.status is not None, PATIENCE)
        assert child.status is None and child.address is not None, "it did not start: " + log.read_text()[-3000:]
        return child

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Site:
    """One database with everything around it. `changes` are keys of `config/piket.toml` with other values.

    A key that stands in several tables is named with its own: `delivery__time_limit_seconds`.
    """

    forker: Forker
    url: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    running: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Store(self.url, pool_size=2)
        self.clock_file = self.folder / "clock"
        self.jump_to(START)
        self.clock = FileClock(self.clock_file)
        config = self.folder / "config"
        shutil.copytree(ROOT / "config", config)
        # What a thousand messages in a minute are gathered into is another test's business.
        self._write_config(config / "piket.toml", {"gather_above": 1_000_000, **self.changes})
        self.environment = {
            "PATH": os.environ["PATH"],
            "PIKET_CONFIG": str(config),
            "PIKET_DATABASE_URL": self.url,
            "PIKET_SECRET_KEY": "a fixed key for tests only, of more than 32 bytes",
            "PIKET_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "PIKET_TEST_CLOCK": str(self.clock_file),
            **self.environment,
        }
        with self.store.writing(ring=False) as session:
            _, self.key = organisations.issue_key(session, START, ENGINE, "coa")

    @staticmethod
    def _write_config(path: Path, changes: dict[str, Any]) -> None:
        text = path.read_text(encoding="utf-8")
        for key, value in changes.items():
            table, _, name = key.rpartition("__")
            pattern = rf"(?ms)^(\[{table or '[a-z_]+'}\]\n[^\[]*?^{name} = )\S+"
            text, found = re.subn(pattern, rf"\g<1>{value}", text)
            assert found == 1, key
        path.write_text(text, encoding="utf-8")

    def jump_to(self, moment: datetime) -> None:
        """Set the clock of every process. Written whole and then put in place, so that nobody reads half of it."""
        written = self.folder / "clock.new"
        written.write_text(moment.isoformat())
        written.replace(self.clock_file)

    def start(self, kind: str = "serve") -> Process:
        """`serve` (`serve:8123` at that port), `engine`, or `web` alone; returns when it is ready."""
        process = self.forker.start(kind, self.environment, self.folder / "log")
        self.running.append(process)
        return process

    def tell(self, organisation: str, *addresses: str, channel: str = "webhook", **more: Any) -> None:
        """Give an organisation contact points that are active at once."""
        with self.store.writing(ring=False) as session:
            for address in addresses:
                point = organisations.add_contact_point(
                    session, START, ENGINE, organisation, channel=channel, address=address, **more
                )
                if point.state == "pending":
                    organisations.set_contact_point_state(session, START, point.id, "active", "test")

    def post(self, process: Process, people: int, key: str | None = None, **more: Any) -> requests.Response:
        """Send one count, once."""
        body = {"observedAt": self.clock().isoformat(), "definition": "nightBeds", "people": people, **more}
        return self.send(process, body, key or str(uuid.uuid4()))

    def send(self, process: Process, body: dict[str, Any], key: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": key}
        where = f"{process.address}/v1/centres/ter-apel/counts"
        return requests.post(where, json=body, headers=headers, timeout=PATIENCE)

    def deliveries(self) -> list[Delivery]:
        with self.store.reading() as session:
            return list(session.scalars(select(Delivery)))

    def of_kind(self, kind: str) -> list[Delivery]:
        with self.store.reading() as session:
            return list(session.scalars(select(Delivery).join(Alert, Alert.id == Delivery.alert).filter_by(kind=kind)))

    def states(self) -> Counter[str]:
        return Counter(row.state for row in self.deliveries())

    def in_state(self, state: str) -> set[str]:
        return {row.id for row in self.deliveries() if row.state == state}

    def all_delivered(self) -> bool:
        return set(self.states()) == {"delivered"}

    def close(self) -> None:
        for process in self.running:
            if process.status is None:
                process.kill()
        self.store.close()


@contextmanager
def poster(send: Callable[[int], None]) -> Iterator[threading.Event]:
    """Calls `send` with 0, 1, 2 … in a thread until the event is set; what it raises is raised here."""
    enough, faults = threading.Event(), []

    def run() -> None:
        number = 0
        try:
            while not enough.is_set():
                send(number)
                number += 1
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield enough
    finally:
        enough.set()
        thread.join()
    if faults:
        raise faults[0]


def accepted(site: Site, where: Callable[[], Process], people: int) -> int:
    """Send a count until it is answered with 2xx, under one Idempotency-Key; how many deliveries it says it made."""
    key = str(uuid.uuid4())
    body = {"observedAt": site.clock().isoformat(), "definition": "nightBeds", "people": people}
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            answer = site.send(where(), body, key)
        except requests.RequestException:
            # Killed while it was asked. Whether it was stored nobody knows; the key makes asking again harmless.
            time.sleep(0.005)
            continue
        assert answer.status_code in (200, 201), answer.text
        alerts: int = answer.json()["outcome"]["alerts"]
        return alerts
    raise AssertionError("it is never accepted")
