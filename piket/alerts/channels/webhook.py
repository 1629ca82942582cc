"""One attempt to deliver an event to a webhook.

2xx within the time limit is success, 410 is permanent, everything else may be tried again. No redirect is followed, no
proxy is taken from the environment, at most a little of the answer is read and none of it kept. Every attempt makes a
new connection, so that the address is looked up and checked every time. Addresses, secrets and answers are never logged.
"""

from __future__ import annotations

import logging
from contextlib import closing, suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from piket.alerts.channels import DeliveryError, Message
from piket.alerts.channels.addresses import Networks, reach
from piket.alerts.channels.deadline import Deadline, LimitedSocket, LimitedTls, verified
from piket.alerts.channels.events import CONTENT_TYPE, body, signed_headers
from piket.clock import Clock, system_clock

ANSWER_BYTES = 16_384
ANSWER_SECONDS = 1.0

# urllib3 writes whole addresses, and a webhook's address is often its secret.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class WebhookChannel:
    """Sends to webhooks. `clock` is this machine's own, also under a test clock: a receiver compares it with its own."""

    def __init__(self, networks: Networks = (), clock: Clock = system_clock) -> None:
        self._networks = networks
        self._clock = clock

    def send(self, message: Message, *, time_limit: float) -> None:
        """One attempt within `time_limit` seconds in all. Raises `DeliveryError`."""
        content = body(message.event or {})
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
                request = requests.Request("POST", message.address, headers, data=content).prepare()
                answer = adapter.send(request, stream=True, timeout=time_limit)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
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
        (requests.exceptions.SSLError, "tls-failed"),
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


class GuardedAdapter(HTTPAdapter):
    """Makes connections that guard where they go, all under one deadline."""

    def __init__(self, networks: Networks, deadline: Deadline) -> None:
        self._networks, self._deadline = networks, deadline
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        """As requests does, with our own two kinds of connection."""
        super().init_poolmanager(*arguments, **more)
        plain, tls = _connections(self._networks, self._deadline)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("_Plain", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_Tls", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """The host as requests finds it, and one TLS context for all connections of the process."""
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": verified()} if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        """Certificates are checked by the context; requests would load its list anew for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


def _connections(networks: Networks, deadline: Deadline) -> tuple[type[HTTPConnection], type[HTTPSConnection]]:
    """Connections that go to a checked address; host name, `Host` and the name in the certificate stay as written."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> LimitedSocket:
            return reach(self._dns_host, self.port or 80, "http", networks, deadline)

    class Tls(HTTPSConnection):
        def _new_conn(self) -> LimitedSocket:
            return reach(self._dns_host, self.port or 443, "https", networks, deadline)

        def connect(self) -> None:
            super().connect()
            if isinstance(self.sock, LimitedTls):
                self.sock.deadline = deadline

    return Plain, Tls
