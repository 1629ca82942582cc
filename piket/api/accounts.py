"""Accounts of persons, the links by which they choose a password, and the codes of desks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    Page,
    PageRequest,
    Precondition,
    Query,
    Reply,
    Schema,
    deps,
    fields,
    permit,
)
from piket.organisations import accounts, desk_codes, service
from piket.organisations.accounts import AccountInfo, LinkInfo
from piket.organisations.desk_codes import DeskCodeInfo
from piket.organisations.password_rules import ROLES

blp = Blueprint("accounts", description="Persons who sign in on the board for an organisation, and the codes of desks.")

_ROLE = "reader looks; officer also acts; administrator also manages accounts, keys and contact points."


class AccountIn(Schema):
    """A person who may sign in."""

    sign_in_name = fields.Str(2, 254, required=True, metadata={"description": "An e-mail address, or as j.devries."})
    name = fields.Str(1, 100, required=True, metadata={"description": "As colleagues say it."})
    role = fields.Choice(*ROLES, required=True, metadata={"description": _ROLE})


class AccountChange(Schema):
    """What is to be different."""

    name = fields.Str(1, 100)
    role = fields.Choice(*ROLES, metadata={"description": _ROLE})


class PersonalAccountOut(Answer):
    """An account. `passwordSetAt` null: no password was chosen yet."""

    id = fields.Id()
    organisation = fields.Code()
    sign_in_name = fields.Str()
    name = fields.Str()
    role = fields.Choice(*ROLES)
    password_set_at = fields.Moment(allow_none=True)
    signed_in_at = fields.Moment(allow_none=True, metadata={"description": "The last time; null: never."})
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_none=True)


class NewPersonalAccountOut(PersonalAccountOut):
    """A new account, with the link by which its person chooses a password: shown this once."""

    link = fields.Secret(allow_none=True)
    link_expires_at = fields.Moment()


class AccountQuery(Query):
    """Which accounts."""

    include_ended = fields.Bool(load_default=False)


class PasswordLinkOut(Answer):
    """A link for choosing a password, without the link. `voided`: another one, or a new password, came first."""

    account = fields.Id()
    requested_by = fields.Code()
    created_at = fields.Moment()
    expires_at = fields.Moment()
    used_at = fields.Moment(allow_none=True)
    voided = fields.Bool()


class NewPasswordLinkOut(PasswordLinkOut):
    """A new link: `link` is shown this once."""

    link = fields.Secret(allow_none=True)


class DeskCodeIn(Schema):
    """The new code, or nothing to have one made."""

    code = fields.Str(6, 6, metadata={"description": "Six digits that are not tried first, as 123456 is."})


class DeskCodeOut(Answer):
    """That a desk has or had a code, without the code."""

    organisation = fields.Code()
    requested_by = fields.Code()
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_none=True)


class NewDeskCodeOut(DeskCodeOut):
    """A new code: `code` is shown this once."""

    code = fields.Secret(allow_none=True)


@blp.get(
    "/organisations/<code>/accounts",
    action="manage-accounts",
    own="code",
    query=AccountQuery,
    answers=PersonalAccountOut,
    listed=True,
)
def list_accounts(
    session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any], page: PageRequest
) -> Page[AccountInfo]:
    """List the accounts of an organisation, newest first."""
    service.find(session, code)
    return accounts.accounts_paged(session, code, page, query["include_ended"])


@blp.post(
    "/organisations/<code>/accounts",
    action="manage-accounts",
    own="code",
    body=AccountIn,
    answers=NewPersonalAccountOut,
)
def add_account(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Give a person an account.

    The person chooses a password by `link`, which is shown in this answer only and works once, for three days (a setting).
    Nothing is mailed: hand it over yourself, after being sure who that is.
    """
    made = accounts.add_account(session, now, caller.actor(), code, **body)
    info, link = _make_link(session, now, caller, made.id)
    return Reply({**vars(made), "link": link, "link_expires_at": info.expires_at}, location=f"/v1/accounts/{made.id}")


@blp.get("/accounts/<id>", action="manage-accounts", answers=PersonalAccountOut)
def show_account(session: Session, now: datetime, caller: Caller, id: str) -> Reply:
    """Show one account, ended or not."""
    found = _own_account(session, caller, id)
    return Reply(found, etag=found.version)


@blp.patch("/accounts/<id>", action="manage-accounts", body=AccountChange, answers=PersonalAccountOut, edits=True)
def change_account(
    session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Change the name or the role of an account, from its next page on."""
    precondition.require(_own_account(session, caller, id).version)
    changed = accounts.change_account(session, now, caller.actor(), id, **body)
    return Reply(changed, etag=changed.version)


@blp.delete("/accounts/<id>", action="manage-accounts")
def end_account(session: Session, now: datetime, caller: Caller, id: str) -> None:
    """End an account: nobody signs in with it any more, and whoever is signed in is out at the next page.

    It stays readable, because the record names it.
    """
    _own_account(session, caller, id)
    accounts.end_account(session, now, caller.actor(), id)


@blp.get("/accounts/<id>/password-links", action="manage-accounts", answers=PasswordLinkOut, listed=True)
def list_password_links(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[LinkInfo]:
    """List the links that were made for an account, newest first, without the links."""
    return accounts.password_links(session, _own_account(session, caller, id).id, page)


@blp.post("/accounts/<id>/password-links", action="manage-accounts", answers=NewPasswordLinkOut)
def make_password_link(session: Session, now: datetime, caller: Caller, id: str) -> dict[str, Any]:
    """Make a link for whoever forgot a password.

    It is shown in this answer only, works once, and lasts an hour (a setting). The one before is void. The old password holds
    until a new one is chosen; then every sign-in of the account ends.
    """
    info, link = _make_link(session, now, caller, _own_account(session, caller, id).id)
    return {**vars(info), "link": link}


@blp.get("/organisations/<code>/desk-codes", action="manage-desk-code", own="code", answers=DeskCodeOut, listed=True)
def list_desk_codes(
    session: Session, now: datetime, caller: Caller, code: str, page: PageRequest
) -> Page[DeskCodeInfo]:
    """List the codes that a desk had, newest first, without the codes. The one without `endedAt` holds."""
    service.find(session, code)
    return desk_codes.codes_paged(session, code, page)


@blp.post(
    "/organisations/<code>/desk-codes",
    action="manage-desk-code",
    own="code",
    body=DeskCodeIn,
    body_required=False,
    answers=NewDeskCodeOut,
)
def set_desk_code(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> dict[str, Any]:
    """Give the desk of an organisation another code: the one given, or one that is made.

    Whoever promises or declines places by the link of a mail is asked for it. The former ends at once. It is shown in this
    answer only.
    """
    info, chosen = desk_codes.set_code(session, now, caller.actor(), code, body.get("code"))
    return {**vars(info), "code": chosen}


def _own_account(session: Session, caller: Caller, id: str) -> AccountInfo:
    """An account, after asking whether the caller may manage it."""
    found = accounts.find_account(session, id)
    permit(caller, "manage-accounts", of=found.organisation)
    return found


def _make_link(session: Session, now: datetime, caller: Caller, account: str) -> tuple[LinkInfo, str]:
    """A link for choosing a password, and where it leads."""
    return accounts.link_to_hand_over(session, now, deps().settings, caller.actor(), account)
