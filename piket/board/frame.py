"""What surrounds every page: its language, the protection of its forms, its headers, and the words in its templates."""

from __future__ import annotations

import gzip
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFProtect, generate_csrf
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from piket.board.menu import menu
from piket.deps import Deps
from piket.errors import Invalid, NotFound
from piket.words import DEFAULT_LANGUAGE, LANGUAGES, Text, Words, say, spoken

blp = Blueprint("board", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
csrf = CSRFProtect()

REMEMBERED_FOR = timedelta(days=365)
OWN_LOOK = "board.css"
"""A deployer's own sheet, in the folder of the settings: it may give the named colours and sizes other values."""
_STATIC = Path(__file__).parent / "static"


def deps() -> Deps:
    """What this process holds: settings, store, clock, channels, bell."""
    held: Deps = current_app.extensions["piket"]
    return held


@blp.before_app_request
def choose_language() -> None:
    """Outside /v1: `?lang=`, else as chosen before, else by `Accept-Language`, else Dutch. Errors follow it too."""
    if request.path.startswith("/v1"):
        return
    chosen = [request.args.get("lang"), request.cookies.get(cookie_name("language"))]
    by_browser = spoken(tag for tag, quality in request.accept_languages if quality > 0)
    g.language = next((language for language in chosen if language in LANGUAGES), by_browser)


@blp.before_request
def begin() -> None:
    """Look at the clock once; who comes in is asked next (`door.py`)."""
    if request.endpoint != "board.static":
        g.now = deps().now()


def cookie_name(name: str) -> str:
    """One of our cookies; where people come by https it is one that no other machine of that name can set (`__Host-`)."""
    return ("__Host-piket_" if current_app.config["SESSION_COOKIE_SECURE"] else "piket_") + name


def remember(response: Response, name: str, value: str) -> None:
    """Let the browser keep this for a year; no script can read it."""
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=REMEMBERED_FOR,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


@blp.after_request
def keep_static(response: Response) -> Response:
    """A file that is asked for by its content may be kept for a year; asked for by name alone it is looked at anew."""
    if request.endpoint == "board.static" and response.status_code in (200, 304):
        of_this_content = request.args.get("v") == version_of(str((request.view_args or {})["filename"]))
        kept = "public, max-age=31536000, immutable" if of_this_content else "public, no-cache"
        response.headers["Cache-Control"] = kept
        _compress(response, str((request.view_args or {})["filename"]))
    return response


def _compress(response: Response, name: str) -> None:
    """Send one of our files small to who can read that. Pages are not compressed: what they hold for one reader alone, the
    token of their forms, could be guessed from how well it packs beside what somebody else made it say.
    """
    response.vary.add("Accept-Encoding")
    if response.status_code == 200 and request.method == "GET" and request.accept_encodings["gzip"] > 0:
        response.direct_passthrough = False
        response.set_data(_packed(name))
        response.headers["Content-Encoding"] = "gzip"


@cache
def _packed(name: str) -> bytes:
    return gzip.compress((_STATIC / name).read_bytes(), mtime=0)


@cache
def version_of(name: str) -> str:
    """A short name for the content of one of our files."""
    return _short((_STATIC / name).read_bytes())


def static_address(name: str) -> str:
    """Where a browser finds one of our files, with its content's name, so that a new one is seen at once."""
    return url_for("board.static", filename=name, v=version_of(name))


@blp.get("/look.css")
def own_look() -> Response:
    """The deployer's own sheet; it comes after ours."""
    sheet = _own_look()
    if sheet is None:
        raise NotFound(say("There is no own look here."))
    kept = "public, max-age=31536000, immutable" if request.args.get("v") == _short(sheet) else "public, no-cache"
    return Response(sheet, mimetype="text/css", headers={"Cache-Control": kept})


def _own_look() -> bytes | None:
    """Read anew each time, as it is small, and so that a change shows without a restart."""
    path = deps().settings.config_folder / OWN_LOOK
    return path.read_bytes() if path.is_file() else None


def _own_look_address() -> str | None:
    sheet = _own_look()
    return None if sheet is None else url_for("board.own_look", v=_short(sheet))


def _short(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]


def words() -> Words:
    """The language of this page, with the one look at the clock."""
    return Words(g.get("language", DEFAULT_LANGUAGE), g.get("now"))


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page from `templates/board/`. It is not kept by anybody unless the view says otherwise.

    In the template `_("…", name=value)` and `nsay("…", "…", n)` say a sentence, `t` a `Text`, `v` a value, `when` a moment;
    `token()` is for forms; `visitor` is who looks (None on a page that is open to all); `kept` is what they had typed here
    before they had to sign in again, for the fields of a form: `kept.get("places", "")`.
    """
    tell = words()
    html = render_template(
        f"board/{template}",
        **_spoken(tell),
        token=generate_csrf,
        static_address=static_address,
        own_look=_own_look_address(),
        menu=menu(request.path) if g.get("visitor") else (),
        base_address=deps().settings.base_url,
        test_clock=deps().settings.test_clock is not None,
        **{"visitor": g.get("visitor"), "kept": g.get("kept") or MultiDict(), **values},
    )
    response = Response(html, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = tell.language
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def fragment(template: str, tell: Words, **values: Any) -> Markup:
    """A piece of a page that holds nothing of who looks and no form, so that it may be kept and put into many pages."""
    return Markup(render_template(f"board/{template}", **_spoken(tell), **values))


def _spoken(tell: Words) -> dict[str, Any]:
    """What a template speaks with."""
    return {
        "_": lambda message, **about: tell(Text.of(message, None, about)),
        "nsay": lambda one, many, n, **about: tell(Text.of(one, many, {"n": n, **about})),
        "t": tell,
        "v": tell.value,
        "when": lambda at: _when(tell, at),
        "lang": tell.language,
    }


def _when(tell: Words, at: Any) -> Markup:
    """A moment as people read it, with the exact one for machines."""
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), tell.moment(at))


def problem_page(status: int, title: str, detail: str) -> Response:
    """An error for people. It asks nothing of the store, which may be what is wrong."""
    return page("problem.html", status, title=title, detail=detail)


@blp.post("/language")
def set_language() -> Response:
    """Remember the language for a year, and go back to the page where it was chosen."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        raise Invalid(say("Choose nl or en as the language."))
    response = go_to(own_page(request.form.get("back", "/")))
    remember(response, "language", wanted)
    return response


def own_page(address: str) -> str:
    """The address, path and query, when it is that of a page of ours that can be opened; else the front page.

    So nobody is led away from here by a link that somebody else made.
    """
    parts = urlsplit(address)
    plain = address.isascii() and address.isprintable() and "\\" not in address and len(address) <= 1000
    if not plain or parts.scheme or parts.netloc or not address.startswith("/") or address.startswith("//"):
        return "/"
    try:
        endpoint, _ = current_app.url_map.bind("").match(parts.path, method="GET")
    except HTTPException:
        return "/"
    return address if str(endpoint).startswith("board.") and endpoint != "board.static" else "/"


def in_query(address: str, **values: str | None) -> str:
    """The address with these in its query; what is None is left out."""
    given = {name: value for name, value in values.items() if value is not None}
    if not given:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(given)}"


def go_to(address: str) -> Response:
    """Send the browser on to a page of ours, by GET."""
    response = redirect(address, 303, Response)
    assert isinstance(response, Response)
    response.headers["Cache-Control"] = "no-store"
    return response
