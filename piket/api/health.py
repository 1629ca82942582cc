"""How the service is: whether it answers, whether all is well, and the figures. All without a key, nothing personal."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from piket.api.kit_call import deps
from piket.api.kit_problems import words
from piket.api.watch import figures
from piket.occupancy import service as occupancy

log = logging.getLogger(__name__)
blp = Blueprint("health", __name__)


@blp.get("/healthz")
def healthz() -> Response:
    """Whether this process answers at all."""
    return _json({"status": "ok"}, 200)


@blp.get("/readyz")
def readyz() -> Response:
    """Whether the service does its work: the database is there and of this version, and nothing that was due is undone.

    503 when not: `unavailable` (nothing works), or `unwell`, with `findings` that name what was found; a count that is
    posted meanwhile is still taken and kept. `lastPassAgeSeconds` is that of the newest pass of any engine, null before
    the first.
    """
    told: dict[str, Any] = {
        "status": "unavailable",
        "database": _database(),
        "lastPassAgeSeconds": None,
        "findings": [],
    }
    if told["database"] == "ok":
        try:
            told |= _looked()
        except SQLAlchemyError:
            told["database"] = "unavailable"
    told["testClock"] = deps().settings.test_clock is not None
    return _json(told, 200 if told["status"] == "ok" else 503)


def _looked() -> dict[str, Any]:
    found, tell = _look(deps().now()), words()
    age = found.last_pass_age_seconds
    return {
        "status": "ok" if found.is_well else "unwell",
        "lastPassAgeSeconds": None if age is None else round(age),
        "findings": [{"code": one.code, "detail": tell(one.detail)} for one in found.findings],
    }


def _look(now: datetime) -> Any:
    """The auditor's look. The engine stands beside this room, so app.py hands it in."""
    return current_app.extensions["piket-auditor"](deps(), now)


def _database() -> str:
    """`ok`, `of another version` (run `piket init`), or `unavailable`."""
    try:
        is_current = current_app.extensions["piket-schema"]  # migrations stand beside this room, so app.py hands it in
        return "ok" if is_current(deps().store.engine) else "of another version"
    except SQLAlchemyError:
        return "unavailable"


@blp.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus: requests of this process, and how things stand by the database. Nothing personal."""
    now = CollectorRegistry()
    try:
        at = deps().now()
        _occupancy(now, at)
        _sending(now, at)
    except SQLAlchemyError:
        log.warning("figures without the database")
    return Response(generate_latest(figures().registry) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


def _occupancy(registry: CollectorRegistry, at: datetime) -> None:
    """People by the newest counts and how old these are, what is missing, what did not come over. Unknown is left out."""
    by = ["centre", "definition"]
    people = Gauge("piket_people", "The newest count.", by, registry=registry)
    age = Gauge("piket_count_age_seconds", "Since the newest count was observed.", by, registry=registry)
    undelivered = Gauge("piket_undelivered", "Deliveries that do not come over.", registry=registry)
    shortfall = Gauge("piket_shortfall", "Places missing in the overflow that misses most.", registry=registry)
    with deps().reading() as session:
        found = occupancy.situation(session, at, deps().settings)
    undelivered.set(found.undelivered)
    shortfall.set((found.overflow.shortfall or 0) if found.overflow else 0)
    for centre in found.centres:
        for definition, count in centre.counts.items():
            if count is not None:
                people.labels(centre.code, definition).set(count.people)
                age.labels(centre.code, definition).set((at - count.observed_at).total_seconds())


def _sending(registry: CollectorRegistry, at: datetime) -> None:
    """What `/readyz` says, as figures: by the auditor's look. What is not known is left out."""
    found = _look(at)
    findings = Gauge("piket_findings", "What the auditor found, by its code.", ["code"], registry=registry)
    attempts = Gauge("piket_attempts_last_hour", "Attempts to deliver, by outcome.", ["outcome"], registry=registry)
    engines = Gauge("piket_engines", "Engines that made a pass lately.", registry=registry)
    oldest = Gauge("piket_oldest_due_delivery_seconds", "How long the oldest due delivery waits.", registry=registry)
    for code, number in found.by_code.items():
        findings.labels(code).set(number)
    for outcome in ("delivered", "failed", "refused", "stopped"):
        attempts.labels(outcome).set(found.attempts.get(outcome, 0))
    engines.set(found.engines)
    oldest.set(found.oldest_due_seconds)
    for name, what, value in (
        ("piket_last_pass_age_seconds", "Since an engine last made a pass.", found.last_pass_age_seconds),
        ("piket_pass_seconds", "How long that pass took.", found.last_pass_seconds),
    ):
        if value is not None:
            Gauge(name, what, registry=registry).set(value)


def _json(value: dict[str, Any], status: int) -> Response:
    """Plain JSON that nobody keeps."""
    return Response(json.dumps(value), status, content_type="application/json", headers={"Cache-Control": "no-store"})
