"""piket as it is installed: `piket init` once, then `piket serve` on a copy of that database, for each figure anew."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import ground
from bench.client import Client
from bench.ground import HERE, ROOT, BenchFailed, own_environment, process, require, wait_until_ready
from bench.stores import Stores, add_webhooks, deliveries

PIKET = (sys.executable, "-c", "import sys; from piket.cli import main; sys.argv[0] = 'piket'; main()")
CENTRES = 8
NOTHING_GATHERED = {"gather_above": 1_000_000, "gather_minutes": 1}
BETWEEN = timedelta(milliseconds=20)


@dataclass
class Service:
    """One running service, and COA's key to it."""

    port: int
    pid: int
    key: str
    url: str
    seconds_to_ready: float
    client: Client
    _observed_at: datetime

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def count(self, people: int, centre: str = "ter-apel") -> dict[str, Any]:
        """Post one count that is newer than those before; its answer."""
        return self.answer(self.client.post(f"/v1/centres/{centre}/counts", self.body(people)))

    def body(self, people: int) -> dict[str, Any]:
        self._observed_at += BETWEEN
        return {"observedAt": self._observed_at.isoformat(), "definition": "nightBeds", "people": people}

    @staticmethod
    def answer(given: tuple[int, bytes]) -> dict[str, Any]:
        status, body = given
        require(status in (200, 201), f"piket answered {status}: {body[:400]!r}")
        found: dict[str, Any] = json.loads(body)
        return found

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


class Piket:
    """Starts services on copies of databases that were prepared once."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self._secret = secrets.token_urlsafe(32)
        self._templates: dict[tuple[str, int], tuple[str, str]] = {}

    @contextmanager
    def serve(self, kind: str = "sqlite", webhooks: Sequence[str] = (), centres: int = 1) -> Iterator[Service]:
        """A service on a fresh database; COA has these webhooks."""
        template, key = self.template(kind, centres)
        url = self.stores.fresh(kind, template)
        if webhooks:
            add_webhooks(url, "coa", webhooks)
        try:
            with self.on(url, key, centres) as service:
                yield service
        finally:
            self.stores.drop(url)

    @contextmanager
    def on(self, url: str, key: str, centres: int = 1) -> Iterator[Service]:
        """A service on the database that is there."""
        port = ground.free_port()
        environment = self._environment(url, port, centres)
        log = self.stores.folder / "piket.log"
        begun = time.monotonic()
        with process([*PIKET, "serve", "--host", HERE, "--port", str(port)], environment, log) as started:
            wait_until_ready(started, port, "/readyz", log)
            ready = time.monotonic() - begun
            with Client(port, {"Authorization": f"Bearer {key}"}) as client:
                begins = datetime.now(UTC) - timedelta(hours=3)
                try:
                    yield Service(port, started.pid, key, url, ready, client, begins)
                except BenchFailed as failed:
                    raise BenchFailed(f"{failed}. {_what_it_says(url, log)}") from failed

    def template(self, kind: str, centres: int = 1) -> tuple[str, str]:
        """A database as `piket init` leaves it, and a key of COA."""
        if (kind, centres) not in self._templates:
            url = self.stores.fresh(kind)
            environment = self._environment(url, 1, centres)
            ground.run([*PIKET, "init"], environment)
            key = ground.run([*PIKET, "keys", "issue", "coa"], environment).strip()
            self._templates[kind, centres] = (url, key)
        return self._templates[kind, centres]

    def key(self, service: Service, code: str) -> str:
        """A new key of an organisation of a running service."""
        return ground.run([*PIKET, "keys", "issue", code], self._environment(service.url, service.port, 1)).strip()

    def _environment(self, url: str, port: int, centres: int) -> Mapping[str, str]:
        return own_environment(
            PIKET_DATABASE_URL=url,
            PIKET_CONFIG=str(self._config(centres)),
            PIKET_BASE_URL=f"http://{HERE}:{port}",
            PIKET_WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8",
            PIKET_SECRET_KEY=self._secret,
            PYTHONPATH=str(ROOT),
        )

    def _config(self, centres: int) -> Path:
        """That of the repository, with two differences.

        Levels are crossed far more often here than in a night: nothing is gathered into one message. And where more
        centres are wanted there is Ter Apel again, under other names.
        """
        folder = self.stores.folder / f"config{centres}"
        if not folder.is_dir():
            shutil.copytree(ROOT / "config", folder)
            settings = (folder / "piket.toml").read_text(encoding="utf-8")
            for name, value in NOTHING_GATHERED.items():
                settings = re.sub(rf"(?m)^{name} = \d+", f"{name} = {value}", settings)
            (folder / "piket.toml").write_text(settings, encoding="utf-8")
            one = (folder / "centres.toml").read_text(encoding="utf-8")
            more = [one.replace('"ter-apel"', f'"centre-{number}"') for number in range(centres)]
            (folder / "centres.toml").write_text("\n".join(more) if centres > 1 else one, encoding="utf-8")
        return folder


def _what_it_says(url: str, log: Path) -> str:
    """For a failure that should be understood: deliveries by state, and the end of the log."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line for line in lines if '"level": "INFO"' not in line]
    return f"Deliveries: {deliveries(url)}. The log ends with: {' / '.join(told[-6:])[-1500:]}"


def load_of(service: Service, path: str = "/v1/centres/ter-apel/counts") -> dict[str, Any]:
    """What the loader sends to piket: a whole count each, that crosses no level."""
    body = '{"observedAt": "@at@", "definition": "nightBeds", "people": 1500, "source": "load @n@"}'
    return {"path": path, "body": body, "headers": service.headers}
