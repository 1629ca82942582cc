"""What surrounds every page: its language, the protection of its forms, its headers, and the words in its templates."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup

from piket.deps import Deps
from piket.errors import Invalid
from piket.words import DEFAULT_LANGUAGE, LANGUAGES, Text, Words, say, spoken

blp = Blueprint("board", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
csrf = CSRFProtect()

LANGUAGE_COOKIE = "piket_language"
_REMEMBERED_FOR = timedelta(days=365)
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
    chosen = [request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE)]
    by_browser = spoken(tag for tag, quality in request.accept_languages if quality > 0)
    g.language = next((language for language in chosen if language in LANGUAGES), by_browser)


@blp.before_request
def begin() -> None:
    """Look at the clock once, and refuse a form that this service did not hand to this browser.

    The link of a mail needs no such proof: its token is one that no other site can know, and it is opened in mail programs
    that keep no cookie, or by a machine that only knows the link.
    """
    if request.endpoint == "board.static":
        return
    g.now = deps().now()
    if request.endpoint == "board.acknowledge":
        return
    try:
        csrf.protect()
    except CSRFError:
        raise Invalid(
            say("This form has expired. Open the page again, then send it once more."), code="form-expired"
        ) from None


@blp.after_request
def keep_static(response: Response) -> Response:
    """A file that is asked for by its content may be kept for a year; asked for by name alone it is looked at anew."""
    if request.endpoint == "board.static" and response.status_code in (200, 304):
        of_this_content = request.args.get("v") == version_of(str((request.view_args or {})["filename"]))
        kept = "public, max-age=31536000, immutable" if of_this_content else "public, no-cache"
        response.headers["Cache-Control"] = kept
    return response


@cache
def version_of(name: str) -> str:
    """A short name for the content of one of our files."""
    return sha256((_STATIC / name).read_bytes()).hexdigest()[:12]


def static_address(name: str) -> str:
    """Where a browser finds one of our files, with its content's name, so that a new one is seen at once."""
    return url_for("board.static", filename=name, v=version_of(name))


def words() -> Words:
    """The language of this page, with the one look at the clock."""
    return Words(g.get("language", DEFAULT_LANGUAGE), g.get("now"))


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A page from `templates/board/`. It is not kept by anybody unless the view says otherwise.

    In the template `_("…", name=value)` and `nsay("…", "…", n)` say a sentence, `t` a `Text`, `v` a value, `when` a moment;
    `token()` is for forms.
    """
    tell = words()
    html = render_template(
        f"board/{template}",
        _=lambda message, **about: tell(Text.of(message, None, about)),
        nsay=lambda one, many, n, **about: tell(Text.of(one, many, {"n": n, **about})),
        t=tell,
        v=tell.value,
        when=lambda at: _when(tell, at),
        lang=tell.language,
        token=generate_csrf,
        static_address=static_address,
        test_clock=deps().settings.test_clock is not None,
        **values,
    )
    response = Response(html, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = tell.language
    response.vary.update(("Cookie", "Accept-Language"))
    return response


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
    response = go_to(_own_page(request.form.get("back", "/")))
    response.set_cookie(
        LANGUAGE_COOKIE,
        wanted,
        max_age=_REMEMBERED_FOR,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def _own_page(path: str) -> str:
    """The path when it is one of our pages that can be opened, else the front page: nobody is led away from here."""
    return path if re.fullmatch(r"/sign-in|/r/[^/]+|/turns/[^/]+|/rotas/[^/]+/emergency-card", path) else "/"


def go_to(address: str) -> Response:
    """Send the browser on to a page of ours, by GET."""
    response = redirect(address, 303, Response)
    assert isinstance(response, Response)
    response.headers["Cache-Control"] = "no-store"
    return response
