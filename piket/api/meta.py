"""What the service says of itself: its API document, how it is, and whom to tell of a hole in it. All without a key."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from piket.api.kit_call import deps
from piket.api.kit_problems import words
from piket.api.reference import chapters, schemas, wording
from piket.api.watch import figures
from piket.clock import as_text
from piket.occupancy import service as occupancy
from piket.words import Words

log = logging.getLogger(__name__)
blp = Blueprint("meta", __name__, template_folder="templates", static_folder="static", static_url_path="/docs/static")


@blp.get("/v1/openapi.json")
def openapi() -> Response:
    """The API document, readable from any origin."""
    made = _once("document", lambda: json.dumps(document(), ensure_ascii=False, default=str))
    response = Response(made, content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blp.get("/docs")
def docs() -> Response:
    """The API document as a page for people: plain HTML, nothing fetched from elsewhere."""
    tell = words()
    response = Response(_once(tell.language, lambda: _page(tell)), content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = tell.language
    response.vary.add("Accept-Language")
    return response


def document() -> dict[str, Any]:
    """The API document."""
    made: dict[str, Any] = current_app.extensions["piket-api"].spec.to_dict()
    return made


def _page(tell: Words) -> str:
    """The page of the document in one language."""
    return render_template(
        "reference.html",
        document=document(),
        chapters=chapters(document(), tell),
        schemas=schemas(document()),
        say=wording(tell),
        lang=tell.language,
    )


def _once(name: str, make: Callable[[], str]) -> str:
    """What never changes while a process runs is made when it is first asked for."""
    made: dict[str, str] = current_app.extensions.setdefault("piket-made", {})
    if name not in made:
        made[name] = make()
    return made[name]


@blp.get("/healthz")
def healthz() -> Response:
    """Whether this process answers at all."""
    return _json({"status": "ok"}, 200)


@blp.get("/readyz")
def readyz() -> Response:
    """Whether it can do its work: the database answers and has the tables of this version. 503 when not.

    `lastPassAgeSeconds` is that of the engine in this process, null where there is none.
    """
    database, age = _database(), None
    if database == "ok" and (last := deps().last_pass_at) is not None:
        age = round((deps().now() - last).total_seconds())
    ready = database == "ok"
    told = {"status": "ok" if ready else "unavailable", "database": database, "lastPassAgeSeconds": age}
    return _json({**told, "testClock": deps().settings.test_clock is not None}, 200 if ready else 503)


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
        _figures_of_now(now)
    except SQLAlchemyError:
        log.warning("figures without the database")
    return Response(generate_latest(figures().registry) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)


def _figures_of_now(registry: CollectorRegistry) -> None:
    """How things stand: people by the newest counts, what is missing, what did not come over. An unknown count is left out."""
    people = Gauge("piket_people", "The newest count.", ["centre", "definition"], registry=registry)
    undelivered = Gauge("piket_undelivered", "Deliveries that do not come over.", registry=registry)
    shortfall = Gauge("piket_shortfall", "Places missing in the overflow that misses most.", registry=registry)
    at = deps().now()
    with deps().reading() as session:
        found = occupancy.situation(session, at, deps().settings)
    undelivered.set(found.undelivered)
    shortfall.set((found.overflow.shortfall or 0) if found.overflow else 0)
    for centre in found.centres:
        for definition, count in centre.counts.items():
            if count is not None:
                people.labels(centre.code, definition).set(count.people)
    if (last := deps().last_pass_at) is not None:
        age = Gauge(
            "piket_last_pass_age_seconds", "Since the engine of this process last made a pass.", registry=registry
        )
        age.set((at - last).total_seconds())


@blp.get("/.well-known/security.txt")
def security() -> Response:
    """Whom to tell of a hole (RFC 9116)."""
    settings = deps().settings
    expires = as_text((deps().now() + timedelta(days=180)).replace(microsecond=0))
    lines = [
        f"Contact: mailto:{settings.mail_from}",
        f"Expires: {expires}",
        "Preferred-Languages: nl, en",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _json(value: dict[str, Any], status: int) -> Response:
    """Plain JSON that nobody keeps."""
    return Response(json.dumps(value), status, content_type="application/json", headers={"Cache-Control": "no-store"})
