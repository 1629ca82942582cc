"""A process that only receives: webhooks on many loopback addresses, one for each receiver, in one thread.

`/instant` is answered at once, `/slow` after 100 ms, `/hang` never. It notes when each request was whole, by the
monotonic clock, which all processes of the machine share. It is told what to do on standard input (see `receivers.py`).
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import Any

SLOW_SECONDS = 0.1
ANSWER = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


class Book:
    """Everything that came in since it was last read."""

    def __init__(self) -> None:
        self.arrivals: list[tuple[float, str, str]] = []
        self.changed = asyncio.Event()

    def add(self, host: str, path: str, identifier: str) -> None:
        self.arrivals.append((time.monotonic(), host + path, identifier))
        self.changed.set()

    async def wait(self, least: int, seconds: float, settle: float, ignore: str) -> list[tuple[float, str, str]]:
        """Until `least` have come, apart from what goes to paths that begin with `ignore`; then `settle` seconds more."""
        until = time.monotonic() + seconds
        while self._counted(ignore) < least and time.monotonic() < until:
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), 0.25)
            except TimeoutError:
                continue
        await asyncio.sleep(settle)
        taken, self.arrivals = self.arrivals, []
        return taken

    def _counted(self, ignore: str) -> int:
        return sum(1 for _, address, _ in self.arrivals if not ignore or ignore not in address)


class Hook(asyncio.Protocol):
    def __init__(self, book: Book) -> None:
        self._book, self._received = book, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._received = rest[length:]
        path = lines[0].split(" ")[1]
        self._book.add(headers.get("host", "").partition(":")[0], path, headers.get("webhook-id", ""))
        if path.startswith("/slow"):
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self._answer)
        elif not path.startswith("/hang"):
            self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)


async def serve(port: int, addresses: list[str]) -> None:
    book, loop = Book(), asyncio.get_running_loop()
    for address in addresses:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        await loop.create_server(lambda: Hook(book), sock=listener, backlog=256)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("ready", flush=True)
    while line := await reader.readline():
        print(json.dumps(await book.wait(**json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2].split(",")))
