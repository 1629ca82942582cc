"""Real receivers on this machine: a web server and a mail server that can be told how to behave."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server

Handler = http.server.BaseHTTPRequestHandler


def until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether it becomes true before anybody would call it stuck."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A web server; `behave` answers a request and may do with the connection what it wants."""

    url: str
    requests: list[Request] = field(default_factory=list)
    behave: Callable[[Handler, Request], None] = lambda handler, request: answer(handler, 204)


def answer(handler: Handler, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


class _Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up is part of some tests."""


@contextmanager
def receiver(
    host: str = "127.0.0.1",
    behave: Callable[[Handler, Request], None] | None = None,
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Iterator[Receiver]:
    class Answering(Handler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                # Its sender was killed in the middle of it: nobody could read that, so it has not arrived.
                self.close_connection = True
                return
            request = Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            running.requests.append(request)
            running.behave(self, request)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            pass

    server = _Quiet((host, port), Answering)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    running = Receiver(f"http://{host}:{server.server_port}/hook")
    if behave is not None:
        running.behave = behave
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mailbox:
    """A mail server. `refuse` maps a command (`MAIL`, `RCPT`, `DATA`) or a recipient to the answer it gets instead."""

    host: str = "127.0.0.1"
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    drop_after_data: int = 0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if "MAIL" in self.refuse:
            return self.refuse["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        refusal = self.refuse.get("RCPT") or self.refuse.get(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if "DATA" in self.refuse:
            return self.refuse["DATA"]
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        if self.drop_after_data:
            self.drop_after_data -= 1
            server.transport.abort()
        return "250 OK"


class _Controller(Controller):
    def factory(self) -> Server:
        return Server(self.handler, enable_SMTPUTF8=True)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = _Controller(box, hostname="127.0.0.1", port=0)
    # Port 0 cannot be asked for through the public start, which connects to the port it was given.
    controller.port = _free_port()
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def _free_port() -> int:
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_port
    server.server_close()
    return port
