"""One attempt to deliver an event to a webhook.

2xx within the time limit is success, 410 is permanent, everything else may be tried again. No redirect is followed, no
proxy is taken from the environment, at most a little of the answer is read and none of it kept. Every attempt makes a
new connection, so that the address is looked up and checked every time. Addresses, secrets and answers are never logged.
"""

from __future__ import annotations

import logging
import ssl
from contextlib import closing, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection

from piket.alerts.channels import DeliveryError, Message
from piket.alerts.channels.addresses import Networks, reach
from piket.alerts.channels.deadline import Deadline, LimitedSocket, LimitedTls, verified
from piket.alerts.channels.events import CONTENT_TYPE, body, signed_headers
from piket.clock import Clock, system_clock

ANSWER_BYTES = 16_384
ANSWER_SECONDS = 1.0
# What sending by the adapter may raise beside `DeliveryError`; `failure_of` says what it means.
FAULTS = (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError)

# urllib3 writes whole addresses, and a webhook's address is often its secret.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class WebhookChannel:
    """Sends to webhooks. `clock` is this machine's own, also under a test clock: a receiver compares it with its own."""

    def __init__(self, networks: Networks = (), clock: Clock = system_clock) -> None:
        self._networks = networks
        self._clock = clock

    def send(self, message: Message, *, time_limit: float) -> None:
        """One attempt within `time_limit` seconds in all. Raises `DeliveryError`."""
        content = message.body or body(message.event or {})
        headers = {
            "Content-Type": CONTENT_TYPE,
            "User-Agent": "piket",
            "Accept-Encoding": "identity",
            **signed_headers(message.delivery, self._clock(), content, message.secrets),
        }
        deadline = Deadline(time_limit)
        # The adapter alone, without a session around it: a session follows redirects, keeps cookies and reads proxies and
        # passwords from the environment.
        with closing(GuardedAdapter(self._networks, deadline)) as adapter:
            try:
                request = requests.PreparedRequest()
                request.method, request.url, request.body = "POST", _as_sent(message.address), content
                request.headers = CaseInsensitiveDict(headers)
                answer = adapter.send(request)
            except FAULTS as error:
                raise failure_of(error) from None
            _read_a_little(answer, deadline)
            self._judge(answer)

    def _judge(self, answer: requests.Response) -> None:
        """2xx is success; 410 ends the subscription; anything else is tried again, no sooner than the receiver asks."""
        status = answer.status_code
        if 200 <= status < 300:
            return
        wait = retry_after(answer.headers.get("Retry-After"), self._clock())
        raise DeliveryError(f"http-{status}", permanent=status == 410, retry_after=wait)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds asked for in a `Retry-After`, given as seconds or as an HTTP date; None when there is none to be read."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def failure_of(error: BaseException) -> DeliveryError:
    """Which refusal hides in what requests and urllib3 wrapped around it."""
    reasons: tuple[tuple[type[BaseException], str], ...] = (
        (DeliveryError, ""),
        (TimeoutError, "timed-out"),
        (urllib3.exceptions.TimeoutError, "timed-out"),
        (requests.Timeout, "timed-out"),
        (urllib3.exceptions.SSLError, "tls-failed"),
        (ssl.SSLError, "tls-failed"),
        (ConnectionRefusedError, "connection-refused"),
    )
    causes = _causes(error)
    for kind, reason in reasons:
        for cause in causes:
            if isinstance(cause, kind):
                return cause if isinstance(cause, DeliveryError) else DeliveryError(reason)
    return DeliveryError("connection-failed")


def _causes(error: BaseException) -> list[BaseException]:
    """The error and everything it was made of, by cause, context, argument or `reason`."""
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _read_a_little(answer: requests.Response, deadline: Deadline) -> None:
    """Take what a polite server says after its status, so that it is not cut off; whatever happens here changes nothing."""
    deadline.shorten(ANSWER_SECONDS)
    with suppress(urllib3.exceptions.HTTPError, OSError, ValueError):
        answer.raw.read(ANSWER_BYTES, decode_content=False)


class GuardedAdapter(BaseAdapter):
    """One request of requests over one connection of its own, which guards where it goes, all under one deadline.

    Its own adapter, because the one of requests keeps a pool of connections for each host, and none is ever used again.
    """

    def __init__(self, networks: Networks, deadline: Deadline) -> None:
        super().__init__()
        self._networks, self._deadline = networks, deadline
        self._connection: HTTPConnection | None = None

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Send it and read the head of the answer; its body is read from `raw`. Raises what `failure_of` understands."""
        scheme, host, port, target = _where(str(request.url))
        connection = self._connection = self._connect_to(scheme, host, port)
        # A receiver may answer, and close, before it has read everything.
        with suppress(BrokenPipeError):
            connection.request(
                str(request.method),
                target,
                request.body,
                request.headers,
                preload_content=False,
                decode_content=False,
            )
        raw = connection.getresponse()
        answer = requests.Response()
        answer.status_code, answer.headers, answer.raw = raw.status, CaseInsensitiveDict(raw.headers), raw
        return answer

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()

    def _connect_to(self, scheme: str, host: str, port: int | None) -> HTTPConnection:
        """Goes to a checked address; host name, `Host` and the name in the certificate stay as written."""
        guarded: _Plain | _Tls
        if scheme == "https":
            guarded = _Tls(host, port, timeout=self._deadline.left(), ssl_context=verified(), cert_reqs="CERT_REQUIRED")
        else:
            guarded = _Plain(host, port, timeout=self._deadline.left())
        guarded.networks, guarded.deadline = self._networks, self._deadline
        return guarded


class _Plain(HTTPConnection):
    networks: Networks
    deadline: Deadline

    def _new_conn(self) -> LimitedSocket:
        return reach(self._dns_host, self.port or 80, "http", self.networks, self.deadline)


class _Tls(HTTPSConnection):
    networks: Networks
    deadline: Deadline

    def _new_conn(self) -> LimitedSocket:
        return reach(self._dns_host, self.port or 443, "https", self.networks, self.deadline)

    def connect(self) -> None:
        super().connect()
        if isinstance(self.sock, LimitedTls):
            self.sock.deadline = self.deadline


@lru_cache(maxsize=2048)
def _as_sent(address: str) -> str:
    """The address as requests writes it: its name in ASCII, its path quoted."""
    return str(requests.Request("POST", address).prepare().url)


@lru_cache(maxsize=2048)
def _where(url: str) -> tuple[str, str, int | None, str]:
    """Scheme, host without brackets, port and target of an address; not where the name leads: that is looked up each time."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return parts.scheme, parts.hostname or "", parts.port, (parts.path or "/") + query
