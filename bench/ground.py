"""Folders, ports, processes and percentiles. Everything started here ends with its `with`, also on Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.client import Client

HERE = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 4.0


class BenchFailed(Exception):
    """What was measured is not what should have been: a figure of it would say nothing."""


def require(holds: bool, sentence: str) -> None:
    if not holds:
        raise BenchFailed(sentence)


@dataclass
class Figures:
    """What was measured: one number for each figure, subject and round."""

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def note(self, figure: str, subject: str, value: float) -> None:
        self.values.setdefault((figure, subject), []).append(value)

    def of(self, figure: str, subject: str) -> list[float]:
        return self.values.get((figure, subject), [])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def own_environment(**more: str) -> dict[str, str]:
    """That of this process without any PIKET_ or proxy of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PIKET_") and not k.lower().endswith("_proxy")}
    return {**kept, **more}


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, seconds: float = 300) -> str:
    """One command to its end; its standard output. Raises `BenchFailed` with what it said."""
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False
    )
    require(done.returncode == 0, f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


@contextmanager
def process(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own; asked to end, and made to end, on leaving."""
    with log.open("ab") as output:
        started = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield started
    finally:
        end(started)


def end(started: subprocess.Popen[Any]) -> None:
    with suppress(ProcessLookupError):
        started.terminate()
    with suppress(subprocess.TimeoutExpired):
        started.wait(STOP_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def wait_until_ready(started: subprocess.Popen[bytes], port: int, path: str, log: Path) -> float:
    """Ask `path` until it answers 200; seconds that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < START_SECONDS and started.poll() is None:
        with suppress(OSError, EOFError), Client(port) as client:
            if client.get(path)[0] == 200:
                return time.monotonic() - begun
        time.sleep(0.005)
    said = log.read_text(encoding="utf-8", errors="replace").strip()[-1500:]
    raise BenchFailed(f"{started.args!r} did not become ready: {said}")


@dataclass(frozen=True)
class Load:
    """What a burst of requests gave. `latencies` in milliseconds; `asked` how many were answered well."""

    rate: float
    p50: float
    p99: float
    asked: int
    judged: int


def load(port: int, request: Mapping[str, Any], seconds: float, connections: int = 8) -> Load:
    """Requests over `connections` connections at once, each waiting for its answer, by a process of its own."""
    told = {"port": port, "seconds": seconds, "connections": connections, **request}
    command = [sys.executable, "-m", "bench.loader", json.dumps(told)]
    said = json.loads(run(command, own_environment(), seconds + 60))
    require(not said["refused"], f"under load: {said['refused']}")
    return Load(said["rate"], said["p50"], said["p99"], said["asked"], said["judged"])
