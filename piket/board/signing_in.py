"""Signing in with a key. The browser keeps only the key's id, sealed; whether it still holds is asked at every page."""

from __future__ import annotations

from datetime import datetime

from flask import Response, g, request
from flask import session as cookie
from sqlalchemy.orm import Session

from piket.board.frame import blp, deps, go_to, page
from piket.errors import Unauthenticated
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.words import Text, say

_KEY = "key"


def signed_in(session: Session, now: datetime) -> Caller | None:
    """Who looks at this page, or None. A key that was revoked or has expired signs out."""
    if _KEY not in cookie:
        return None
    try:
        caller = organisations.caller_of_key(session, now, str(cookie[_KEY]))
    except Unauthenticated:
        cookie.clear()
        return None
    g.organisation = caller.organisation
    return caller


@blp.get("/sign-in")
def ask_key() -> Response:
    """The form that asks for a key; who is signed in already is sent on."""
    with deps().reading() as session:
        if signed_in(session, g.now) is not None:
            return go_to("/")
    return _form(ended=request.args.get("ended") is not None)


@blp.post("/sign-in")
def sign_in() -> Response:
    """Take the key, forget what this browser held before, and go to the situation."""
    key = request.form.get("key", "").strip()
    if not key:
        return _form(400, wrong=say("Fill in the key of your organisation."))
    try:
        with deps().reading() as session:
            caller = organisations.authenticate(session, g.now, key)
    except Unauthenticated as error:
        return _form(400, wrong=error.detail)
    cookie.clear()
    cookie[_KEY] = caller.key
    g.organisation = caller.organisation
    return go_to("/")


@blp.post("/sign-out")
def sign_out() -> Response:
    """Forget who this was, also what the browser kept of the pages."""
    cookie.clear()
    response = go_to("/sign-in")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def ask_to_sign_in(ended: bool) -> Response:
    """Where a page sends who is not signed in; `ended` when they were until now."""
    return go_to("/sign-in?ended=1" if ended else "/sign-in")


def _form(status: int = 200, wrong: Text | None = None, ended: bool = False) -> Response:
    """The form, with what was wrong beside the field. What was typed is never shown again."""
    return page("sign_in.html", status, wrong=wrong, ended=ended)
