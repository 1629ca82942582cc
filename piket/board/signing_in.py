"""Signing in: with the account of a person, or with a key of the organisation (a screen on a wall, a machine's owner).

Three steps, so that nobody waits for a slow comparison: the try is written down (`guessing`), the password is compared without
a transaction, and then the browser is let in under a new token, or it is written down that it was not. Whether there is such an
account changes neither what is said nor how long it takes.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Response, g, request
from flask import session as cookie

from piket.board import browsers
from piket.board.door import TOKEN, look_who, open_to_all, own_matter, visitor
from piket.board.frame import blp, deps, go_to, own_page, page
from piket.errors import TooOften, Unauthenticated
from piket.organisations import guessing, passwords, sign_ins
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.organisations.guessing import Subject, Try
from piket.organisations.password_rules import LONGEST
from piket.organisations.password_rules import sign_in_name as settled_name
from piket.organisations.sign_ins import Candidate
from piket.web_address import source_of
from piket.words import Text, say

_NOT_RIGHT = say("The name or the password is not right.")


@blp.get("/sign-in")
@open_to_all
def ask_who() -> Response:
    """The form for signing in; who is signed in already is sent on."""
    there = own_page(request.args.get("next", "/"))
    return go_to(there) if look_who() is not None else _form(there=there)


@blp.post("/sign-in")
@open_to_all
def sign_in() -> Response:
    """Take name and password, or the key; forget what this browser held before, and go to the page that was asked for."""
    there = own_page(request.form.get("next", "/"))
    try:
        return _with_key(there) if "key" in request.form else _with_account(there)
    except TooOften as held:
        response = _form(429, held.detail, there, by_key="key" in request.form)
        response.headers["Retry-After"] = str(held.wait)
        return response


@blp.post("/sign-out")
@own_matter
def sign_out() -> Response:
    """End it on the server, and forget who this was, also what the browser kept of the pages."""
    with deps().writing(ring=False) as session:
        sign_ins.end(session, g.now, visitor().caller, visitor().sign_in)
    return forget_all()


def forget_all() -> Response:
    """To the form for signing in, with nothing left in the browser that says who this was."""
    cookie.clear()
    response = go_to("/sign-in")
    # Not "cookies": that would also clear those of other services under the same registered name.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def compare(subjects: list[Subject], kept: str | None, typed: str) -> tuple[Try, bool]:
    """Write a try down, and compare: the try, to be taken back, and whether it was right. Raises `TooOften`.

    For what is typed by hand and can be guessed. No transaction may be open here.
    """
    with deps().writing(ring=False) as session:
        made = guessing.begin_try(session, g.now, subjects)
    # Nobody has one longer than this, and its length must not cost anything.
    return made, passwords.fits(kept, typed[: LONGEST + 1])


def source() -> Subject:
    """Where this request comes from, as what may guess only so fast."""
    settings, said = deps().settings, request.headers.get("X-Forwarded-For", "")
    place = source_of(request.remote_addr or "", said, settings.trusted_proxies)
    return guessing.source_subject(settings.secret_key, place)


def _with_account(there: str) -> Response:
    """By name and password."""
    name, typed = settled_name(request.form.get("name", "")), request.form.get("password", "")
    if not name or not typed:
        return _form(400, say("Fill in your name and your password."), there)
    with deps().looking() as session:
        found = sign_ins.candidate(session, name)
    made, right = compare(_subjects(name, found), found.password_hash, typed)
    if not right or found.account is None:
        with deps().writing(ring=False) as session:
            sign_ins.note_refused(session, g.now, found)
        return _form(400, _NOT_RIGHT, there)
    try:
        return _let_in_person(there, found.account, made, _made_anew(found, typed))
    except Unauthenticated:  # it ended while the password was compared
        return _form(400, _NOT_RIGHT, there)


def _subjects(name: str, found: Candidate) -> list[Subject]:
    """By what this try is held up: the name and the address; from a browser that is known, that browser's own tries."""
    secret_key, browser = deps().settings.secret_key, browsers.known_as(found.account)
    by_name = guessing.account_subject(secret_key, name, browser)
    return [by_name] if browser else [by_name, source()]


def _made_anew(found: Candidate, typed: str) -> str | None:
    """The password's hash by the parameters of now, when it was made by lower ones."""
    outdated = found.password_hash is not None and passwords.is_outdated(found.password_hash)
    return passwords.make_hash(typed) if outdated else None


def _let_in_person(there: str, account: str, made: Try, made_anew: str | None) -> Response:
    lasts = timedelta(hours=deps().settings.signing_in.hours)
    former = look_who()
    with deps().writing(ring=False) as session:
        caller = sign_ins.caller_of_account(session, account)
        guessing.take_back(session, made)
        if former is not None:
            sign_ins.end(session, g.now, former.caller, former.sign_in)
        _, token = sign_ins.begin(session, g.now, caller, _device(), lasts, made_anew)
    response = _let_in(there, caller, token)
    browsers.make_known(response, account)
    return response


def _with_key(there: str) -> Response:
    """By a key. It cannot be guessed, but who tries is held up by where they come from."""
    key = request.form.get("key", "").strip()
    if not key:
        return _form(400, say("Fill in the key of your organisation."), there, by_key=True)
    with deps().writing(ring=False) as session:
        made = guessing.begin_try(session, g.now, [source()])
    former = look_who()
    try:
        with deps().writing(ring=False) as session:
            caller = organisations.authenticate(session, g.now, key)
            guessing.take_back(session, made)
            if former is not None:
                sign_ins.end(session, g.now, former.caller, former.sign_in)
            _, token = sign_ins.begin(session, g.now, caller, _device(), _key_lasts(caller))
    except Unauthenticated as error:
        return _form(400, error.detail, there, by_key=True)
    return _let_in(there, caller, token)


def _key_lasts(caller: Caller) -> timedelta:
    """A key that may only read is for a screen on a wall, where nobody signs in every night."""
    limits = deps().settings.signing_in
    return timedelta(days=limits.screen_days) if caller.read_only else timedelta(hours=limits.hours)


def _device() -> str:
    return browsers.device(request.headers.get("User-Agent", ""))


def _let_in(there: str, caller: Caller, token: str) -> Response:
    """What the browser held before is gone, so that nobody can have put it there."""
    cookie.clear()
    cookie[TOKEN] = token
    g.organisation = caller.organisation
    return go_to(there)


def _form(status: int = 200, wrong: Text | None = None, there: str = "/", by_key: bool = False) -> Response:
    """The form, with what was wrong beside the field. A password or key that was typed is never shown again."""
    return page(
        "sign_in.html",
        status,
        wrong=wrong,
        by_key=by_key,
        there=there,
        name=request.form.get("name", ""),
        ended=request.args.get("ended") is not None,
        chosen=request.args.get("chosen") is not None,
    )
