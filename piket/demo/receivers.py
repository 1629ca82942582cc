"""Where the messages of the demo arrive: a real mail server and a real webhook receiver on this machine.

Both write down what came in and when, by the monotonic clock of this process, under the id of the delivery: it is in the
`Message-ID` of a mail and in the `webhook-id` of a webhook.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Any

from aiosmtpd.controller import Controller

HERE = "127.0.0.1"
SECRET_SECONDS = 5.0


@dataclass(frozen=True)
class Arrival:
    """One message as it came in. `at` is a moment of the monotonic clock; `content` a mail, or the event of a webhook."""

    delivery: str
    channel: str
    address: str
    at: float
    content: Any


class Arrivals:
    """Everything that came in, in that order. Filled by the threads of the receivers, read by the story."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._all: list[Arrival] = []

    def add(self, arrival: Arrival) -> None:
        """Write one down."""
        with self._changed:
            self._all.append(arrival)
            self._changed.notify_all()

    def all(self) -> list[Arrival]:
        """All so far."""
        with self._changed:
            return list(self._all)

    def wait_until_quiet(self, since: float, quiet: float, first: float) -> None:
        """Wait at most `first` seconds for something after `since`, then until nothing has come for `quiet` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._all) and self._all[-1].at > since, first):
                return
            before = -1
            while before != len(self._all):
                before = len(self._all)
                self._changed.wait(quiet)

    def wait_for(self, deliveries: Collection[str], seconds: float) -> dict[str, Arrival]:
        """The first arrival of each of these deliveries; waits at most `seconds` and gives what is there then."""
        with self._changed:
            self._changed.wait_for(lambda: not set(deliveries) - {one.delivery for one in self._all}, seconds)
            return {one.delivery: one for one in reversed(self._all) if one.delivery in deliveries}


class _Mails:
    """What aiosmtpd calls for each mail."""

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Write down one mail for each of its recipients; it is under way from now on when this answers 250."""
        at = time.monotonic()
        mail: Message = message_from_bytes(envelope.content, policy=policy.default)
        identity = str(mail["Message-ID"]).strip("<> ").partition("@")[0]
        for address in envelope.rcpt_tos:
            self._arrivals.add(Arrival(identity, "email", address, at, mail))
        return "250 OK"


@contextmanager
def mail_catcher(arrivals: Arrivals) -> Iterator[str]:
    """A mail server that keeps what it gets; yields its address as `PIKET_SMTP_URL` takes it."""
    port = free_port()
    controller = Controller(_Mails(arrivals), hostname=HERE, port=port)
    controller.start()
    try:
        yield f"smtp://{HERE}:{port}"
    finally:
        controller.stop()


class Hooks:
    """The webhooks that are known here, by path, with the secret that signs what they get."""

    def __init__(self, url: str, arrivals: Arrivals) -> None:
        self.url = url
        self.arrivals = arrivals
        self.refused: list[str] = []
        self._secrets: dict[str, bytes] = {}
        self._changed = threading.Condition()

    def address(self, path: str) -> str:
        """The address to register for `path`."""
        return f"{self.url}/{path}"

    def trust(self, path: str, secret: str) -> None:
        """From now on messages to `path` must be signed with this secret."""
        with self._changed:
            self._secrets[f"/{path}"] = base64.b64decode(secret.removeprefix("whsec_"))
            self._changed.notify_all()

    def take(self, path: str, headers: Any, body: bytes, at: float) -> int:
        """Check one request and write it down; the HTTP status it gets.

        The test event is under way before the answer that brings the secret has been read, so it waits for that a moment.
        """
        with self._changed:
            self._changed.wait_for(lambda: path in self._secrets, SECRET_SECONDS)
            secret = self._secrets.get(path)
        if secret is None or not is_signed(secret, headers, body):
            self.refused.append(path)
            return 401
        self.arrivals.add(Arrival(headers["webhook-id"], "webhook", self.url + path, at, json.loads(body)))
        return 204


def is_signed(secret: bytes, headers: Any, body: bytes) -> bool:
    """Whether one of the signatures is right for this id, moment and body (Standard Webhooks, `v1`)."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    given = str(headers["webhook-signature"]).split()
    return any(hmac.compare_digest(f"v1,{right}", one) for one in given)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up while the demo ends is nothing to print."""


@contextmanager
def webhook_receiver(arrivals: Arrivals) -> Iterator[Hooks]:
    """A web server that takes signed webhooks; yields what it knows."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(hooks.take(self.path, self.headers, body, time.monotonic()))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: the terminal belongs to the story."""

    server = _Server((HERE, 0), Handler)
    hooks = Hooks(f"http://{HERE}:{server.server_port}", arrivals)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hooks
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        return int(probe.getsockname()[1])


def plain_text(mail: EmailMessage) -> str:
    """The text part of a mail."""
    part = mail.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""
