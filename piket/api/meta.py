"""What the service says of itself: its API document, how it is, and whom to tell of a hole in it. All without a key."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, g, render_template
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from piket.api.kit_call import deps
from piket.api.kit_problems import words
from piket.api.reference import chapters, schemas, wording

blp = Blueprint("meta", __name__, template_folder="templates", static_folder="static", static_url_path="/docs/static")


@blp.get("/v1/openapi.json")
def openapi() -> Response:
    """The API document, readable from any origin."""
    document = json.dumps(current_app.extensions["piket-api"].spec.to_dict(), ensure_ascii=False, default=str)
    response = Response(document, content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@blp.get("/docs")
def docs() -> str:
    """The API document as a page for people: plain HTML, nothing fetched from elsewhere."""
    document = current_app.extensions["piket-api"].spec.to_dict()
    tell = words()
    return render_template(
        "reference.html",
        document=document,
        chapters=chapters(document, tell),
        schemas=schemas(document),
        say=wording(tell),
        lang=tell.language,
    )


@blp.get("/healthz")
def healthz() -> Response:
    """Whether this process answers at all."""
    return _json({"status": "ok"}, 200)


@blp.get("/readyz")
def readyz() -> Response:
    """Whether it can do its work: the database answers and has the schema of this program. 503 when not."""
    checks: dict[str, Any] = {}
    try:
        g.now = deps().now()
        with deps().reading() as session:
            session.execute(text("SELECT count(*) FROM organisations")).scalar_one()
        checks["database"] = "ok"
    except SQLAlchemyError:
        checks["database"] = "unavailable"
    checks["testClock"] = deps().settings.test_clock is not None
    ready = checks["database"] == "ok"
    return _json({"status": "ok" if ready else "unavailable", **checks}, 200 if ready else 503)


@blp.get("/.well-known/security.txt")
def security() -> Response:
    """Whom to tell of a hole (RFC 9116)."""
    settings = deps().settings
    expires = (deps().now() + timedelta(days=180)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    lines = [
        f"Contact: mailto:{settings.mail_from}",
        f"Expires: {expires}",
        "Preferred-Languages: nl, en",
        f"Canonical: {settings.base_url}/.well-known/security.txt",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _json(value: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(value), status, content_type="application/json", headers={"Cache-Control": "no-store"})
