"""A process that only asks: some connections, each sending its next request when it has its answer, in one thread.

Started by `ground.load` with one JSON argument; prints one JSON answer. In `path` and `body`, `@connection@` becomes the
number of the connection, `@n@` the number of the request and `@at@` a moment that moves on a millisecond with each.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from bench.client import HERE, Answer, request_bytes

WARM_SECONDS = 1.0
AGO = timedelta(hours=3)


@dataclass
class Talk:
    """One connection."""

    number: int
    socket: socket.socket
    answer: Answer = field(default_factory=Answer)
    sent_at: float = 0.0


class Loader:
    def __init__(self, told: dict[str, Any]) -> None:
        self._told, self._numbers = told, count()
        self._begins = datetime.now(UTC) - AGO
        self._until = time.monotonic() + WARM_SECONDS + told["seconds"]
        self._measured_from = time.monotonic() + WARM_SECONDS
        self.latencies: list[float] = []
        self.asked = self.judged = 0
        self.refused: list[str] = []

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            for number in range(self._told["connections"]):
                opened = socket.create_connection((HERE, self._told["port"]), 30)
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                talk = Talk(number, opened)
                selector.register(opened, selectors.EVENT_READ, talk)
                self._ask(talk)
            while selector.get_map():
                ready = selector.select(10)
                if not ready:
                    self.refused.append("no answer for ten seconds")
                    return
                for key, _ in ready:
                    self._hear(selector, key.data)

    def _hear(self, selector: selectors.BaseSelector, talk: Talk) -> None:
        more = talk.socket.recv(65536)
        if not more:
            self.refused.append("the server closed a connection")
            self._leave(selector, talk)
        elif talk.answer.feed(more):
            self._note(talk)
            if time.monotonic() < self._until and not self.refused:
                self._ask(talk)
            else:
                self._leave(selector, talk)

    def _leave(self, selector: selectors.BaseSelector, talk: Talk) -> None:
        selector.unregister(talk.socket)
        talk.socket.close()

    def _ask(self, talk: Talk) -> None:
        number = next(self._numbers)
        at = (self._begins + timedelta(milliseconds=number)).isoformat()
        names = {"@connection@": str(talk.number), "@n@": str(number), "@at@": at}
        path, body = self._told["path"], self._told["body"]
        for name, value in names.items():
            path, body = path.replace(name, value), body.replace(name, value)
        message = request_bytes("POST", path, self._told.get("headers", {}), body.encode())
        talk.answer, talk.sent_at = Answer(), time.monotonic()
        talk.socket.sendall(message)

    def _note(self, talk: Talk) -> None:
        at = time.monotonic()
        if talk.answer.status in (200, 201, 202):
            self.asked += 1
            self.judged += b'"judged": true' in talk.answer.received
        else:
            self.refused.append(talk.answer.received[-400:].decode(errors="replace"))
        if self._measured_from <= talk.sent_at and at <= self._until:
            self.latencies.append((at - talk.sent_at) * 1000)

    def report(self) -> dict[str, Any]:
        ordered = sorted(self.latencies) or [0.0]
        return {
            "rate": len(self.latencies) / self._told["seconds"],
            "p50": ordered[len(ordered) // 2],
            "p99": ordered[int(len(ordered) * 0.99)],
            "asked": self.asked,
            "judged": self.judged,
            "refused": self.refused[:3],
        }


if __name__ == "__main__":
    loader = Loader(json.loads(sys.argv[1]))
    loader.run()
    print(json.dumps(loader.report()))
