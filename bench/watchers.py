"""A process that is many open boards: each asks every two seconds, a little apart, whether something changed.

Started by `boards`. Reads one line with the port and the cookies, writes `open` when every board has its page; at the line `mark`
it notes when each board first gets another page, and writes the moment of the last, or what went wrong.
"""

from __future__ import annotations

import json
import random
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from bench.client import HERE, Answer, request_bytes

EVERY = 2.0
PATIENCE = 15.0


@dataclass
class Board:
    """One browser that stands open."""

    cookies: str
    socket: socket.socket
    tag: str = ""
    due: float = 0.0
    asking: bool = False
    changed_at: float = 0.0
    answer: Answer = field(default_factory=Answer)


class Watchers:
    def __init__(self, told: dict[str, Any]) -> None:
        self.faults: list[str] = []
        self.marked = False
        begun = time.monotonic()
        self.boards = [
            Board(cookies, _opened(told["port"]), due=begun + random.random()) for cookies in told["cookies"]
        ]

    def run(self) -> None:
        said_open = False
        with selectors.DefaultSelector() as selector:
            for board in self.boards:
                selector.register(board.socket, selectors.EVENT_READ, board)
            selector.register(sys.stdin, selectors.EVENT_READ, None)
            while not self.faults:
                for key, _ in selector.select(0.01):
                    self._hear(key.data)
                self._ask_who_is_due()
                if not said_open and all(board.tag for board in self.boards):
                    said_open = True
                    print("open", flush=True)
                if self.marked and all(board.changed_at for board in self.boards):
                    break
        print(
            json.dumps({"last": max(board.changed_at for board in self.boards), "faults": self.faults[:3]}), flush=True
        )

    def _ask_who_is_due(self) -> None:
        now = time.monotonic()
        for board in self.boards:
            if not board.asking and board.due <= now:
                headers = {"Cookie": board.cookies, "Piket-Again": "1", "Accept-Language": "nl"}
                if board.tag:
                    headers["If-None-Match"] = board.tag
                board.answer, board.asking, board.due = Answer(), True, now
                board.socket.sendall(request_bytes("GET", "/", headers))
            elif board.asking and now - board.due > PATIENCE:
                self.faults.append("no answer for fifteen seconds")

    def _hear(self, board: Board | None) -> None:
        if board is None:
            self.marked = self.marked or sys.stdin.readline().strip() == "mark"
            for one in self.boards if self.marked else ():
                one.changed_at = 0.0
            return
        more = board.socket.recv(65536)
        if not more:
            self.faults.append("the server closed a connection that was in use")
        elif board.answer.feed(more):
            self._note(board)

    def _note(self, board: Board) -> None:
        now = time.monotonic()
        if board.answer.status == 200:
            board.tag = board.answer.header("etag") or ""
            board.changed_at = board.changed_at or now
        elif board.answer.status != 304:
            self.faults.append(f"a board was given {board.answer.status}")
        board.asking, board.due = False, now + EVERY * (0.85 + 0.3 * random.random())


def _opened(port: int) -> socket.socket:
    opened = socket.create_connection((HERE, port), 30)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


if __name__ == "__main__":
    Watchers(json.loads(sys.stdin.readline())).run()
