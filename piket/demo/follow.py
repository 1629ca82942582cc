"""Follows every alert from the API to where it arrives: who was told, by how many messages, after how many milliseconds."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from piket.demo.api_client import Client
from piket.demo.receivers import Arrival, Arrivals
from piket.demo.world import DemoFailed
from piket.words import say

ARRIVE_SECONDS = 15.0
ENGINE_SECONDS = 15.0
LOOK_AGAIN = 0.2
# A first message is waited for this long, and after the last one this long for another.
FIRST_SECONDS, QUIET_SECONDS = 2.0, 0.03
FEW = 4
# What goes beside the story of the overflow: it comes whenever the clock reaches its moment, and is told and timed by nobody.
BESIDE = frozenset({"confirmationAsked", "emergencyCard"})


@dataclass(frozen=True)
class Told:
    """One alert with its deliveries and their arrivals. `started`: when what caused it was posted, or fell due."""

    alert: dict[str, Any]
    deliveries: Sequence[dict[str, Any]]
    arrivals: dict[str, Arrival]
    started: float
    by_clock: bool

    @property
    def kind(self) -> str:
        """The kind of the alert."""
        return str(self.alert["kind"])

    @property
    def organisations(self) -> list[str]:
        """Who had to be told."""
        return list(self.alert["told"])

    @property
    def milliseconds(self) -> list[float]:
        """From the cause to each arrival, fastest first."""
        return sorted((arrival.at - self.started) * 1000 for arrival in self.arrivals.values())


@dataclass
class Follower:
    """What has been told so far. `reader` is the operator, who may see every delivery."""

    reader: Client
    arrivals: Arrivals
    seen: set[str] = field(default_factory=set)
    told: list[Told] = field(default_factory=list)

    def news(self, started: float, *, by_clock: bool = False) -> list[Told]:
        """The alerts since the last look, oldest first, each with every message of it arrived.

        It asks the service only when nothing comes in any more: asking takes from the service what sending needs, and the
        milliseconds would be those of the asking. Raises `DemoFailed` when a message does not arrive.
        """
        self.arrivals.wait_until_quiet(started, QUIET_SECONDS, FIRST_SECONDS)
        fresh = [self._follow(alert, started, by_clock) for alert in reversed(self._unseen())]
        self.told += fresh
        return [told for told in fresh if told.kind not in BESIDE]

    def wait(self, started: float, kinds: Collection[str]) -> list[Told]:
        """As `news`, as soon as the engine has found what fell due: an alert of each of these kinds."""
        until = time.monotonic() + ENGINE_SECONDS
        self.arrivals.wait_until_quiet(started, QUIET_SECONDS, FIRST_SECONDS)
        while time.monotonic() < until:
            if set(kinds) <= {str(alert["kind"]) for alert in self._unseen()}:
                return self.news(started, by_clock=True)
            self.arrivals.wait_until_quiet(time.monotonic(), QUIET_SECONDS, LOOK_AGAIN)
        raise DemoFailed(
            say("The engine did not tell within {seconds} seconds: {kinds}.", seconds=ENGINE_SECONDS,
                kinds=", ".join(sorted(set(kinds))))
        )  # fmt: skip

    def _unseen(self) -> list[dict[str, Any]]:
        """Alerts that were not seen yet, newest first."""
        found: list[dict[str, Any]] = []
        page = self.reader.get("alerts", pageSize=FEW)
        while True:
            for alert in page["items"]:
                if alert["id"] in self.seen:
                    return found
                found.append(alert)
            if page["next"] is None:
                return found
            page = self.reader.call("GET", page["next"].removeprefix("/v1/")).body

    def _follow(self, alert: dict[str, Any], started: float, by_clock: bool) -> Told:
        """An alert with its deliveries, when every one of them has arrived."""
        deliveries = self.reader.items(f"alerts/{alert['id']}/deliveries")
        wanted = {str(one["id"]) for one in deliveries}
        arrived = self.arrivals.wait_for(wanted, ARRIVE_SECONDS)
        missing = [one for one in deliveries if one["id"] not in arrived]
        if missing:
            raise DemoFailed(
                say(
                    "{n} messages of the alert {title} did not arrive within {seconds} seconds.",
                    n=len(missing), title=alert["title"], seconds=ARRIVE_SECONDS,
                )
            )  # fmt: skip
        self.seen.add(str(alert["id"]))
        return Told(alert, deliveries, arrived, started, by_clock)
