"""The page of who is signed in: as whom they act, where else they are signed in, their password, the code of their desk."""

from __future__ import annotations

from flask import Response, g, request

from piket.board.browsers import device
from piket.board.door import idle, own_matter, visitor
from piket.board.frame import blp, deps, go_to, in_query, page
from piket.board.signing_in import compare, forget_all
from piket.errors import Fault, Invalid, TooOften
from piket.organisations import access, accounts, desk_codes, guessing, passwords, sign_ins
from piket.organisations.sign_ins import Visitor
from piket.words import Text, say

ROLE_WORDS: dict[str, Text] = {
    "reader": say("you may look"),
    "officer": say("you may look and act"),
    "administrator": say("you may look and act, and manage your organisation's accounts, keys and contact points"),
}
_DONE: dict[str, Text] = {
    "password": say("Your password has been changed. Everywhere else you are signed out."),
    "ended": say("That browser is signed out."),
    "code": say("The code of your desk has been changed. Tell the colleagues at your desk, and nobody else."),
}


@blp.get("/account")
def show_account() -> Response:
    """Who this is, and what they may change of it."""
    return _page()


@blp.post("/account/password")
@own_matter
def change_password() -> Response:
    """Take another password, given the one of now. Every other sign-in of the account ends."""
    found = visitor()
    if found.caller.account is None:
        raise Invalid(say("You signed in with a key, which has no password."))
    try:
        _require_password(found, request.form.get("password", ""))
        chosen = read_new_password(found.caller.account)
    except (Invalid, TooOften) as error:
        return _page(400 if isinstance(error, Invalid) else 429, error)
    made = passwords.make_hash(chosen)
    with deps().writing(ring=False) as session:
        accounts.set_password(session, g.now, found.caller.actor(), found.caller.account, made, keep=found.sign_in)
    return go_to("/account?done=password")


@blp.post("/account/sign-ins/<id>/end")
@own_matter
def end_sign_in(id: str) -> Response:
    """End another sign-in of this account, or with this key."""
    found = visitor()
    with deps().writing(ring=False) as session:
        sign_ins.end(session, g.now, found.caller, id)
    return forget_all() if id == found.sign_in else go_to("/account?done=ended")


@blp.post("/account/sign-out-everywhere")
@own_matter
def sign_out_everywhere() -> Response:
    """End every sign-in of this account, or with this key; this one too."""
    with deps().writing(ring=False) as session:
        sign_ins.end_everywhere(session, g.now, visitor().caller)
    return forget_all()


@blp.post("/account/desk-code")
def change_desk_code() -> Response:
    """Give the desk of this organisation another code."""
    caller = visitor().caller
    access.require(caller, "manage-desk-code", own=True)
    try:
        with deps().writing(ring=False) as session:
            desk_codes.set_code(
                session, g.now, caller.actor(), caller.organisation, request.form.get("code", "").strip()
            )
    except Invalid as error:
        return _page(400, error)
    return go_to(in_query("/account", done="code"))


def read_new_password(account: str) -> str:
    """The password that was chosen for this account, typed twice. Raises `Invalid`, naming `new_password` or `password_again`."""
    chosen, again = request.form.get("new_password", ""), request.form.get("password_again", "")
    with deps().looking() as session:
        info = accounts.find_account(session, account)
    try:
        accounts.check_password(info, chosen)
    except Invalid as error:
        raise Invalid(error.detail, [Fault("body", "new_password", error.detail)]) from None
    if chosen != again:
        wrong = say("This is not the same as the password above it. Type it again.")
        raise Invalid(wrong, [Fault("body", "password_again", wrong)])
    return chosen


def faults_by_field(error: Invalid | TooOften | None, whole: str) -> dict[str, str]:
    """What is wrong with which field; what names no field is said beside `whole`."""
    if error is None:
        return {}
    named = {fault.field: fault.detail for fault in error.faults} if isinstance(error, Invalid) else {}
    return named or {whole: error.detail}


def _require_password(found: Visitor, typed: str) -> None:
    """Raise unless this is the password of now, so that a browser that was left open does not give the account away."""
    account = str(found.caller.account)
    with deps().looking() as session:
        name = accounts.find_account(session, account).sign_in_name
        kept = sign_ins.candidate(session, name).password_hash
    by_name = guessing.account_subject(deps().settings.secret_key, name, f"signed-in:{found.sign_in}")
    made, right = compare([by_name], kept, typed)
    if not right:
        wrong = say("This is not your password of now.")
        raise Invalid(wrong, [Fault("body", "password", wrong)])
    with deps().writing(ring=False) as session:
        guessing.take_back(session, made)


def _page(status: int = 200, error: Invalid | TooOften | None = None) -> Response:
    """The page; with what was wrong beside its field."""
    found = visitor()
    caller = found.caller
    with deps().reading() as session:
        account = accounts.find_account(session, caller.account) if caller.account else None
        open_ones = sign_ins.open_ones(session, g.now, caller, idle())
        code = desk_codes.current(session, caller.organisation)
    response = page(
        "account.html",
        status,
        account=account,
        role=ROLE_WORDS[account.role] if account else None,
        sign_ins=open_ones,
        this_device=device(request.headers.get("User-Agent", "")),
        code=code,
        may_set_code=not caller.read_only and access.may(caller, "manage-desk-code", own=True),
        wrong=faults_by_field(error, "password"),
        done=_DONE.get(request.args.get("done", "")) if status == 200 else None,
    )
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(error.wait)
    return response
