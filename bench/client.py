"""The one client of all that is measured: a connection that is kept, one write for each request, no library in the way."""

from __future__ import annotations

import json
import socket
from typing import Any

HERE = "127.0.0.1"


def request_bytes(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HERE}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Answer:
    """One answer as its bytes come in; `feed` says whether it is whole."""

    def __init__(self) -> None:
        self.received = b""
        self.status = 0
        self._whole = -1

    def feed(self, more: bytes) -> bool:
        self.received += more
        if self._whole < 0 and b"\r\n\r\n" in self.received:
            head, _, _ = self.received.partition(b"\r\n\r\n")
            self.status = int(head[9:12])
            if self.status in (204, 304):
                self._whole = len(head) + 4
                return True
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if length:
                self._whole = len(head) + 4 + int(length[0].split(b":")[1])
        chunked = self._whole < 0 and self.received.endswith(b"0\r\n\r\n")
        return chunked or 0 <= self._whole <= len(self.received)

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]

    def header(self, name: str) -> str | None:
        """One header of the answer; None: it has none of that name."""
        head = self.received.partition(b"\r\n\r\n")[0].decode("latin-1")
        found = [line.partition(":")[2].strip() for line in head.splitlines()[1:]]
        names = [line.partition(":")[0].lower() for line in head.splitlines()[1:]]
        return dict(zip(names, found, strict=True)).get(name.lower())


class Client:
    """One connection, opened anew when the server has closed it."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._port, self._headers = port, headers or {}
        self._socket: socket.socket | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def open(self) -> None:
        """A fresh connection, so that the opening is not measured with a request."""
        self.close()
        self._socket = socket.create_connection((HERE, self._port), 30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes) -> tuple[int, bytes]:
        answer = self.exchange(request)
        return answer.status, answer.body

    def ask(self, path: str) -> Answer:
        """The whole answer to a GET."""
        return self.exchange(request_bytes("GET", path, self._headers))

    def exchange(self, request: bytes) -> Answer:
        if self._socket is None:
            self.open()
        assert self._socket is not None
        self._socket.sendall(request)
        answer = Answer()
        while True:
            more = self._socket.recv(65536)
            if not more:
                self.close()
                raise EOFError("the server closed the connection")
            if answer.feed(more):
                if b"connection: close" in answer.received[:600].lower():
                    self.close()
                return answer

    def get(self, path: str) -> tuple[int, bytes]:
        return self.send(request_bytes("GET", path, self._headers))

    def post(self, path: str, body: Any) -> tuple[int, bytes]:
        return self.send(request_bytes("POST", path, self._headers, json.dumps(body).encode()))
