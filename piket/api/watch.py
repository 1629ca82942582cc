"""What surrounds every request: its id, its log line, its figures, and the headers that every answer carries.

An address may hold a token, so neither logs nor figures hold addresses: both name the route. The strict content policy
goes with every answer, also with JSON and errors.
"""

from __future__ import annotations

import logging
import re
import time
import uuid

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from piket.api.kit_document import API_VERSION, BASE
from piket.logs import request_id

log = logging.getLogger("piket.request")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_HEADERS = {
    "API-Version": API_VERSION,
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Figures:
    """What this process counted since it started, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "piket_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "piket_request_seconds", "How long an answer took.", ["method", "route"], registry=self.registry
        )

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(method, route).observe(seconds)


def register(app: Flask) -> None:
    """Watch every request of `app`."""
    app.extensions["piket-figures"] = Figures()
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    """The id of the request: the caller's own when it is a plain one, so that two systems' logs can be laid side by side."""
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _GIVEN_ID.fullmatch(given) else str(uuid.uuid4())
    g.begun = time.monotonic()
    request_id.set(g.request_id)


def _end(response: Response) -> Response:
    """The headers of every answer; what the API says is kept by no cache."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = g.get("request_id", "-")
    if request.path.startswith(BASE + "/"):
        response.headers.setdefault("Cache-Control", "no-store")
    _note(response)
    return response


def _note(response: Response) -> None:
    """Count it and log it: by its route, because an address may hold a token."""
    route = str(request.url_rule.rule) if request.url_rule else "(none)"
    seconds = time.monotonic() - g.get("begun", time.monotonic())
    method = (
        request.method if request.method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "(other)"
    )
    figures().note(method, route, response.status_code, seconds)
    log.info(
        "request",
        extra={
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "organisation": g.get("organisation"),
        },
    )


def figures() -> Figures:
    """The figures of this process."""
    held: Figures = current_app.extensions["piket-figures"]
    return held
