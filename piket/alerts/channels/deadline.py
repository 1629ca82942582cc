"""Sockets with one limit for the whole conversation: a receiver that drips a byte a second cannot stretch it.

A time-out on a socket counts anew for every read. These count down to one moment of the monotonic clock, so a test clock
or a clock that jumps has no say in it. Looking up a name is the resolver's own affair and is not cut short.
"""

from __future__ import annotations

import socket
import ssl
import time
from functools import cache
from typing import Any

import certifi


class Deadline:
    """A moment of the monotonic clock, `seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def over(self) -> bool:
        """Whether it has passed."""
        return time.monotonic() >= self._at

    def shorten(self, seconds: float) -> None:
        """Leave at most `seconds` from now."""
        self._at = min(self._at, time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds left. Raises `TimeoutError` when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time limit of the attempt has passed")
        return left


class _Limited:
    """What both kinds of socket share: the time left is set before every read and write."""

    deadline: Deadline | None = None

    def recv_into(self, *arguments: Any, **more: Any) -> int:
        """Read, for no longer than is left. Raises `TimeoutError` when nothing is."""
        self._limit()
        received: int = super().recv_into(*arguments, **more)  # type: ignore[misc]
        return received

    def sendall(self, *arguments: Any, **more: Any) -> None:
        """Write, for no longer than is left."""
        self._limit()
        super().sendall(*arguments, **more)  # type: ignore[misc]

    def _limit(self) -> None:
        """Set the time-out of the next call to what is left of the whole."""
        if self.deadline is not None:
            self.settimeout(self.deadline.left())  # type: ignore[attr-defined]


class LimitedSocket(_Limited, socket.socket):
    """A plain socket that ends at its deadline."""


class LimitedTls(_Limited, ssl.SSLSocket):
    """The same under TLS. The deadline is set by whoever wrapped the plain socket."""


def connect(family: int, kind: int, protocol: int, address: Any, deadline: Deadline) -> LimitedSocket:
    """Connect to one address that `getaddrinfo` gave. Raises `OSError`."""
    connection = LimitedSocket(family, kind, protocol)
    try:
        connection.deadline = deadline
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(deadline.left())
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


@cache
def verified() -> ssl.SSLContext:
    """TLS with the other side's certificate checked, against the machine's own authorities and certifi's."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    context.sslsocket_class = LimitedTls
    return context


@cache
def unverified() -> ssl.SSLContext:
    """TLS without a check of the name: between mail servers, where the choice is this or plain text."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = LimitedTls
    return context
