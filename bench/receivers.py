"""The receivers as the figures see them: their addresses, and what arrived when."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.ground import ROOT, end, free_port, own_environment, require

MOST = 1000
SETTLE = 0.15
PATIENCE = 40.0


@dataclass(frozen=True)
class Arrival:
    """One webhook as it came in: when, to which receiver, and its `webhook-id` where the sender gives one."""

    at: float
    address: str
    identifier: str


class Receivers:
    """A thousand receivers, each on an address of its own, as a thousand organisations would be."""

    def __init__(self, port: int, started: subprocess.Popen[str]) -> None:
        self.port, self._process = port, started

    def urls(self, number: int, kind: str = "instant") -> list[str]:
        return [f"http://{host(n)}:{self.port}/{kind}" for n in range(number)]

    def take(self, least: int, seconds: float = PATIENCE, settle: float = SETTLE, ignore: str = "") -> list[Arrival]:
        """Wait until `least` have come, and a little longer for what should not have; forget them here."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = {"least": least, "seconds": seconds, "settle": settle, "ignore": ignore}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return [Arrival(*one) for one in json.loads(self._process.stdout.readline())]


def host(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


def once_each(arrivals: Sequence[Arrival], urls: Sequence[str], times: int = 1) -> None:
    """Everything arrived at every receiver, exactly so many times, and no id twice."""
    came = Counter(one.address for one in arrivals)
    expected = {url.split("//")[1].split(":")[0] + "/" + url.rpartition("/")[2]: times for url in urls}
    wrong = {address: came.get(address, 0) for address in expected if came.get(address, 0) != times}
    require(not wrong, f"{len(wrong)} receivers did not get it exactly {times} times: {dict(list(wrong.items())[:5])}")
    require(set(came) <= set(expected), "something arrived where nothing should")
    identifiers = [one.identifier for one in arrivals if one.identifier]
    require(len(identifiers) == len(set(identifiers)), "a delivery arrived twice")


@contextmanager
def receivers() -> Iterator[Receivers]:
    port = free_port()
    addresses = ",".join(host(number) for number in range(MOST))
    started = subprocess.Popen(
        [sys.executable, "-m", "bench.receiver", str(port), addresses], cwd=ROOT, env=own_environment(),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert started.stdout is not None
        require(started.stdout.readline() == "ready\n", "the receivers did not start")
        yield Receivers(port, started)
    finally:
        end(started)
