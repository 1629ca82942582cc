"""The door of the board: who comes in, asked before every page, and what becomes of a form that comes too late.

Every page is for who has signed in, unless its view says `@open_to_all`. A form must carry the proof that this service handed it
to this browser. A person who may only look can send no form, unless it is about themselves (`@own_matter`). The views find who
is there in `visitor()`.

What was typed is not lost when a sign-in ended meanwhile, or when somebody signed in anew in another tab: it is kept for that
person (`organisations.kept_forms`), who comes back to the form with it filled in. Nothing is done with it until they send it
again: the situation may have changed in between. A form is sent to the address of the page it stands on, or to one beneath it
(`/turns/<id>/confirmations`); else it names that page in its field `page`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from flask import Response, g, request
from flask import session as cookie
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import MultiDict

from piket.board.again import still_the_same
from piket.board.frame import blp, csrf, deps, go_to, in_query, own_page
from piket.errors import Invalid, Unauthenticated
from piket.organisations import access, kept_forms, sign_ins
from piket.organisations.sign_ins import SEEN_EVERY, Visitor
from piket.words import say

V = TypeVar("V", bound=Callable[..., Any])
TOKEN = "sign_in"
"""Under this name the cookie holds the token of the sign-in."""

_OPEN: set[str] = {"board.static", "board.set_language", "board.own_look"}
_OWN: set[str] = set()
_PROVEN_OTHERWISE: set[str] = set()
_NEVER_KEPT = frozenset({"csrf_token", "page", "code", "key"})


def open_to_all(view: V) -> V:
    """Let this view be seen without signing in. It finds nobody in `visitor()`."""
    _OPEN.add(f"board.{view.__name__}")
    return view


def own_matter(view: V) -> V:
    """Let also who may only look send this form: it concerns nothing but themselves."""
    _OWN.add(f"board.{view.__name__}")
    return view


def proven_otherwise(view: V) -> V:
    """Let this form be sent without the proof of a cookie, because its address is one that no other site can know.

    Mail programs keep no cookie, and some machines only know the link.
    """
    _PROVEN_OTHERWISE.add(f"board.{view.__name__}")
    return view


# In this order: a board that asks again whether anything changed is answered before anything else is asked.
blp.before_request(still_the_same)


@blp.before_request
def come_in() -> Response | None:
    """Ask who it is, and whether they may; None lets them in. It runs after the one look at the clock."""
    endpoint = str(request.endpoint)
    if endpoint == "board.static":
        return None
    g.visitor = None if endpoint in _OPEN else look_who()
    late = _check_proof(endpoint)
    if late is not None or endpoint in _OPEN:
        return late
    if g.visitor is None:
        return _ask_to_sign_in()
    g.organisation = g.visitor.caller.organisation
    if request.method == "POST" and endpoint not in _OWN:
        access.require_writer(g.visitor.caller)
    g.kept = _kept(g.visitor)
    return None


def visitor() -> Visitor:
    """Who looks at this page. Only for views that are not `@open_to_all`."""
    found = g.get("visitor")
    assert isinstance(found, Visitor), "this view is open to all, and does not know who looks"
    return found


def look_who() -> Visitor | None:
    """Who this browser says it is, when that still holds; and note that it is in use, once a minute."""
    token = cookie.get(TOKEN)
    if not isinstance(token, str):
        return None
    try:
        with deps().looking() as session:
            found = sign_ins.visitor(session, g.now, token, idle())
    except Unauthenticated:
        return None
    if g.now - found.seen_at >= SEEN_EVERY:
        _note_seen(found)
    return found


def idle() -> timedelta:
    """How long a sign-in may lie unused."""
    return timedelta(minutes=deps().settings.signing_in.idle_minutes)


def _note_seen(found: Visitor) -> None:
    """A store that cannot be written just now keeps nobody from looking."""
    with suppress(SQLAlchemyError), deps().writing(ring=False) as session:
        sign_ins.note_seen(session, g.now, found.sign_in)


def _check_proof(endpoint: str) -> Response | None:
    """Refuse a form that this service did not hand to this browser. None: it did.

    One that comes from a page of ours (browsers say so in a header that no page can set) and from who has signed in was handed
    out before they did so in another tab: back to it, with what was typed.
    """
    if endpoint in _PROVEN_OTHERWISE:
        return None
    try:
        csrf.protect()
    except CSRFError:
        ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
        if not ours or g.visitor is None or endpoint in _OWN:
            raise Invalid(
                say("This form has expired. Open the page again, then send it once more."), code="form-expired"
            ) from None
        return go_to(_keep_form(_holder(g.visitor)))
    return None


def _ask_to_sign_in() -> Response:
    """To the form for signing in, and back to this page afterwards; with what was typed, for who is known by an old sign-in."""
    ended = "1" if TOKEN in cookie else None
    there = request.full_path.rstrip("?")
    if request.method == "POST":
        with deps().looking() as session:
            holder = sign_ins.holder_of(session, str(cookie.get(TOKEN)))
        there = _keep_form(holder) if holder else _page_of_form()
    return go_to(in_query("/sign-in", ended=ended, next=there if there != "/" else None))


def _keep_form(holder: str) -> str:
    """Keep what was typed for `holder`: the page of the form, with the name of what is kept."""
    page = _page_of_form()
    typed = {name: values for name, values in request.form.lists() if _may_be_kept(name)}
    if not typed:
        return page
    with deps().writing(ring=False) as session:
        form = kept_forms.keep(session, g.now, holder, page.partition("?")[0], typed)
    return in_query(page, kept=form)


def _page_of_form() -> str:
    """The page on which the form stands."""
    given = own_page(request.form.get("page", "/"))
    path = request.path if given == "/" else given
    while path and own_page(path) == "/":
        path = path.rpartition("/")[0]
    return path or "/"


def _may_be_kept(name: str) -> bool:
    return name not in _NEVER_KEPT and "password" not in name


def _kept(found: Visitor) -> Mapping[str, str]:
    """What this visitor had typed on this page before they signed in again; empty when nothing."""
    form = request.args.get("kept")
    if not form or request.method == "POST":
        return MultiDict()
    with deps().looking() as session:
        return MultiDict(kept_forms.kept(session, g.now, _holder(found), request.path, form) or {})


def _holder(found: Visitor) -> str:
    """The id of the account, or of the key."""
    return str(found.caller.account or found.caller.key)
