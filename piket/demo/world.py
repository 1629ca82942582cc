"""The world of the demo: a temporary folder, its clock, the receivers, and the real service as a process of its own.

Whatever happens, leaving `world()` ends the process and removes the folder.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from piket.demo.api_client import Client
from piket.demo.receivers import HERE, Arrivals, Hooks, free_port, mail_catcher, webhook_receiver
from piket.words import Text, say

START_SECONDS = 30.0
STOP_SECONDS = 8.0
PIKET = (sys.executable, "-c", "import sys; from piket.cli import main; sys.argv[0] = 'piket'; main()")
CONFIG = Path(__file__).resolve().parents[2] / "config"


class DemoFailed(Exception):
    """Something that the story counts on did not happen; the sentence says what."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class DemoClock:
    """The clock of the replayed days: a file that the service reads (`PIKET_TEST_CLOCK`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = datetime.fromtimestamp(0, UTC)

    def set(self, at: datetime) -> float:
        """It is `at` now, and time runs on from there. The moment of the monotonic clock at which it was set."""
        written = self.path.with_suffix(".new")
        written.write_text(at.astimezone(UTC).isoformat(), encoding="utf-8")
        moment = time.monotonic()
        written.replace(self.path)
        self.at = at
        return moment


@dataclass(frozen=True)
class World:
    """What the story holds in its hands."""

    folder: Path
    clock: DemoClock
    arrivals: Arrivals
    hooks: Hooks
    base_url: str
    operator_key: str
    service: subprocess.Popen[bytes]

    @property
    def log(self) -> Path:
        """What the service wrote on standard error."""
        return self.folder / "service.log"

    def client(self, key: str | None, language: str) -> Client:
        """The door of the service, with a key in hand."""
        return Client(self.base_url, key, language)


@contextmanager
def world(begins: datetime) -> Iterator[World]:
    """Everything in place and the service answering, at the moment `begins` of the replayed days."""
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="piket-demo-", ignore_cleanup_errors=True))
        )
        clock, arrivals = DemoClock(folder / "clock"), Arrivals()
        clock.set(begins)
        smtp = stack.enter_context(mail_catcher(arrivals))
        hooks = stack.enter_context(webhook_receiver(arrivals))
        port = free_port()
        environment = _environment(folder, clock, smtp, port)
        _run(environment, folder, "init")
        key = _run(environment, folder, "keys", "issue", "operator").strip()
        service = stack.enter_context(_served(environment, folder, port))
        found = World(folder, clock, arrivals, hooks, f"http://{HERE}:{port}", key, service)
        _wait_until_ready(found)
        yield found


def _environment(folder: Path, clock: DemoClock, smtp: str, port: int) -> dict[str, str]:
    """That of this process without any PIKET_ of its own, and the demo's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIKET_")}
    return {
        **kept,
        **({"PIKET_CONFIG": str(CONFIG)} if CONFIG.is_dir() else {}),
        "PIKET_DATABASE_URL": f"sqlite:///{folder / 'piket.db'}",
        "PIKET_BASE_URL": f"http://{HERE}:{port}",
        "PIKET_SMTP_URL": smtp,
        "PIKET_MAIL_FROM": "piket@piket.example",
        "PIKET_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
        "PIKET_SECRET_KEY": secrets.token_urlsafe(32),
        "PIKET_TEST_CLOCK": str(clock.path),
        # Pictures and whatever else it puts aside goes with the demo.
        "TMPDIR": str(folder),
    }


def _run(environment: Mapping[str, str], folder: Path, *arguments: str) -> str:
    """One command of piket to its end; its standard output."""
    done = subprocess.run(
        [*PIKET, *arguments], env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False
    )
    if done.returncode != 0:
        command = "piket " + " ".join(arguments)
        raise DemoFailed(say("{command} did not succeed: {why}", command=command, why=done.stderr.strip()[-600:]))
    return done.stdout


@contextmanager
def _served(environment: Mapping[str, str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`piket serve` in a session of its own, so that Ctrl-C reaches the story first and the whole group can be ended."""
    with (folder / "service.log").open("wb") as log:
        service = subprocess.Popen(
            [*PIKET, "serve", "--host", HERE, "--port", str(port)],
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            yield service
        finally:
            _end(service)


def _end(service: subprocess.Popen[bytes]) -> None:
    """Ask it to end, and make it end when it does not; its workers are in its group."""
    with suppress(ProcessLookupError):
        service.terminate()
    with suppress(subprocess.TimeoutExpired):
        service.wait(STOP_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(service.pid, signal.SIGKILL)
    service.wait()


def _wait_until_ready(found: World) -> None:
    """Until `/readyz` says so. Raises `DemoFailed` with the last lines of the log when it does not come up."""
    client, until = found.client(None, "en"), time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if found.service.poll() is not None:
            break
        with suppress(OSError):
            if client.raw("GET", "/readyz")[0] == 200:
                return
        time.sleep(0.05)
    said = found.log.read_text(encoding="utf-8", errors="replace").strip()[-600:]
    raise DemoFailed(say("The service did not start: {why}", why=said))
