"""Choosing a password by a link that was handed over: for a new account, and for whoever forgot theirs.

Mail programs and scanners open links: opening changes nothing, however often. Only the form sets the password, once. The page is
kept by nobody and names itself to nobody.
"""

from __future__ import annotations

from flask import Response, g

from piket.board.account import faults_by_field, read_new_password
from piket.board.door import open_to_all
from piket.board.frame import blp, deps, go_to, page
from piket.errors import Invalid
from piket.organisations import accounts, passwords
from piket.organisations import service as organisations
from piket.organisations.accounts import AccountInfo


@blp.get("/password/<token>")
@open_to_all
def ask_password(token: str) -> Response:
    """The form in which the person chooses a password. Raises `NotFound` for a link that is used, over or unknown."""
    return _form(token, _whose(token))


@blp.post("/password/<token>")
@open_to_all
def choose_password(token: str) -> Response:
    """Take the password that was chosen. It signs nobody in: the person does that next, by name and password."""
    account = _whose(token)
    try:
        chosen = read_new_password(account.id)
    except Invalid as error:
        return _form(token, account, error)
    made = passwords.make_hash(chosen)
    with deps().writing(ring=False) as session:
        accounts.choose_password(session, g.now, token, made)
    return go_to("/sign-in?chosen=1")


def _whose(token: str) -> AccountInfo:
    with deps().reading() as session:
        return accounts.account_of_link(session, g.now, token)


def _form(token: str, account: AccountInfo, error: Invalid | None = None) -> Response:
    with deps().looking() as session:
        organisation = organisations.find(session, account.organisation).name
    response = page(
        "password_link.html",
        400 if error else 200,
        token_in_path=token,
        account=account,
        organisation=organisation,
        wrong=faults_by_field(error, "new_password"),
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
