"""What the service says of itself: its API document, and whom to tell of a hole in it. All without a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, render_template

from piket.api.kit_call import deps
from piket.api.kit_problems import words
from piket.api.reference import chapters, schemas, wording
from piket.clock import as_text
from piket.words import Words

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
