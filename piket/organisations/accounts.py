"""Accounts: the persons who sign in for an organisation, and how they get a password.

A person gets an account from an administrator of the organisation or from the operator, who hand over a link by which the
person chooses the password: so nobody else ever knows it. The same link helps whoever forgot theirs. This service mails
no such link: its messages go to desks, which are read by many. Who makes the link gives it to the person, after being sure who
that is. The link lasts an hour (a first one three days), works once, and changes nothing by being opened.

Who signs in by something else than a password (single sign-on) needs an account too: what a provider calls a person will
be joined to an account's id, and `sign_ins.begin` takes it from there.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.organisations import sign_ins
from piket.organisations.account_models import Account, PasswordLink
from piket.organisations.members import find
from piket.organisations.password_rules import ROLES, password_fault, sign_in_name_fault
from piket.organisations.password_rules import sign_in_name as settled_name
from piket.organisations.rules import token_hash
from piket.pages import Page, PageRequest, read_page
from piket.settings import Settings
from piket.words import say

VISITOR = Actor("visitor")
"""Who acts while nobody knows who it is: whoever tries to sign in, or holds a link for a password."""


@dataclass(frozen=True)
class AccountInfo:
    """An account, without its password. `password_set_at` None: none was chosen yet; `ended_at` None: it is in use."""

    id: str
    organisation: str
    sign_in_name: str
    name: str
    role: str
    password_set_at: datetime | None
    signed_in_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    version: int


@dataclass(frozen=True)
class LinkInfo:
    """A link for choosing a password, without what opens it."""

    account: str
    requested_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    voided: bool


def add_account(
    session: Session, now: datetime, actor: Actor, organisation: str, *, sign_in_name: str, name: str, role: str
) -> AccountInfo:
    """Give a person an account; it has no password yet. Raises `NotFound`, `Invalid`, or `Conflict` for a name in use."""
    find(session, organisation)
    settled = settled_name(sign_in_name)
    faults = [Fault("body", "signInName", wrong)] if (wrong := sign_in_name_fault(settled)) else []
    if role not in ROLES:
        faults.append(Fault("body", "role", say("Choose one of: {words}.", words=", ".join(ROLES))))
    if faults:
        raise Invalid(say("This account cannot be made."), faults)
    if session.scalars(select(Account.id).where(Account.sign_in_name == settled)).first():
        raise Conflict(say("There is already an account with this name. Choose another one."), "account-exists")
    row = Account(organisation=organisation, sign_in_name=settled, name=name, role=role, created_at=now)
    session.add(row)
    session.flush()
    record(session, now, actor, "add_account", f"account:{row.id}", organisation=organisation, role=role)
    return _info(row)


def find_account(session: Session, account: str) -> AccountInfo:
    """The account with this id, ended or not. Raises `NotFound`."""
    return _info(_row(session, account))


def account_named(session: Session, sign_in_name: str) -> AccountInfo:
    """The account by the name that its person types. Raises `NotFound`. Not for who is not known yet: it tells who has one."""
    row = session.scalars(select(Account).where(Account.sign_in_name == settled_name(sign_in_name))).first()
    if row is None:
        raise NotFound(say("There is no account with this name."))
    return _info(row)


def names_of(session: Session, identifiers: Collection[str]) -> dict[str, str]:
    """What the persons of these accounts are called; an id that is none is left out."""
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(identifiers)))
    return {row.id: row.name for row in rows}


def accounts_paged(session: Session, organisation: str, page: PageRequest, include_ended: bool) -> Page[AccountInfo]:
    """The accounts of an organisation, newest first."""
    query = select(Account).where(Account.organisation == organisation)
    if not include_ended:
        query = query.where(Account.ended_at.is_(None))
    return read_page(session, query, page, [Account.created_at, Account.id]).map(_info)


def change_account(
    session: Session, now: datetime, actor: Actor, account: str, *, name: str | None = None, role: str | None = None
) -> AccountInfo:
    """Another name or role, from the next page on. Raises `NotFound`, and `Conflict` for an account that ended."""
    row = _in_use(session, account)
    row.name, row.role, row.version = name or row.name, role or row.role, row.version + 1
    session.flush()
    record(session, now, actor, "change_account", f"account:{row.id}", role=row.role, renamed=name is not None)
    return _info(row)


def end_account(session: Session, now: datetime, actor: Actor, account: str) -> AccountInfo:
    """From now on nobody signs in with it, and who has is out. A repeat changes nothing. Raises `NotFound`."""
    row = _row(session, account)
    if row.ended_at is None:
        row.ended_at, row.password_hash, row.version = now, None, row.version + 1
        _void_links(session, now, account)
        sign_ins.end_all(session, now, account, "accountEnded")
        session.flush()
        record(session, now, actor, "end_account", f"account:{row.id}", organisation=row.organisation)
    return _info(row)


def make_password_link(
    session: Session, now: datetime, actor: Actor, account: str, first: timedelta, later: timedelta
) -> tuple[LinkInfo, str]:
    """A link by which the person chooses a password: what is known of it, and its token, which nobody can read again.

    It lasts `first` when there is no password yet, else `later`; the one before is void. The old password holds until the new
    one is chosen. Raises `NotFound`, and `Conflict` for an account that ended.
    """
    row = _in_use(session, account)
    _void_links(session, now, account)
    token, lasts = secrets.token_urlsafe(32), first if row.password_hash is None else later
    link = PasswordLink(
        account=account, token_hash=token_hash(token), requested_by=actor.organisation, created_at=now,
        expires_at=now + lasts,
    )  # fmt: skip
    session.add(link)
    session.flush()
    record(session, now, actor, "make_password_link", f"account:{row.id}", organisation=row.organisation)
    return _link_info(link), token


def link_to_hand_over(
    session: Session, now: datetime, settings: Settings, actor: Actor, account: str
) -> tuple[LinkInfo, str]:
    """A link as `make_password_link` makes it, lasting as the settings say: what is known of it, and its address."""
    limits = settings.signing_in
    first, later = timedelta(hours=limits.first_link_hours), timedelta(minutes=limits.link_minutes)
    info, token = make_password_link(session, now, actor, account, first, later)
    return info, f"{settings.base_url}/password/{token}"


def password_links(session: Session, account: str, page: PageRequest) -> Page[LinkInfo]:
    """The links that were made for an account, newest first."""
    query = select(PasswordLink).where(PasswordLink.account == account)
    return read_page(session, query, page, [PasswordLink.created_at, PasswordLink.id]).map(_link_info)


def account_of_link(session: Session, now: datetime, token: str) -> AccountInfo:
    """Whose link this is. Raises `NotFound`, always with the same sentence, when it was used, is void, over or unknown."""
    return _info(_row(session, _open_link(session, now, token).account))


def check_password(account: AccountInfo, password: str) -> None:
    """Raise `Invalid` naming the field `password` unless this person may choose it (docs/rules.md, passwords)."""
    wrong = password_fault(password, account.sign_in_name)
    if wrong:
        raise Invalid(wrong, [Fault("body", "password", wrong)])


def choose_password(session: Session, now: datetime, token: str, password_hash: str) -> AccountInfo:
    """Take the password that was chosen by a link, which is then used up. Raises `NotFound` as `account_of_link` does."""
    link = _open_link(session, now, token)
    link.used_at = now
    return set_password(session, now, VISITOR, link.account, password_hash)


def set_password(
    session: Session, now: datetime, actor: Actor, account: str, password_hash: str, keep: str | None = None
) -> AccountInfo:
    """Another password from now on. All sign-ins of the account end, except the one with the id `keep`, and links are void.

    Raises `NotFound`, and `Conflict` for an account that ended.
    """
    row = _in_use(session, account)
    row.password_hash, row.password_set_at, row.version = password_hash, now, row.version + 1
    _void_links(session, now, account)
    sign_ins.end_all(session, now, account, "passwordChanged", but=keep)
    session.flush()
    record(session, now, actor, "set_password", f"account:{row.id}", organisation=row.organisation)
    return _info(row)


def _void_links(session: Session, now: datetime, account: str) -> None:
    """No link of this account that is still open may be used any more."""
    mine = update(PasswordLink).where(PasswordLink.account == account, PasswordLink.used_at.is_(None))
    session.flush()
    session.execute(mine.values(used_at=now, voided=True))


def _open_link(session: Session, now: datetime, token: str) -> PasswordLink:
    query = select(PasswordLink).where(PasswordLink.token_hash == token_hash(token)).with_for_update()
    link = session.scalars(query).first()
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise NotFound(
            say("This link has been used or has ended. Ask your organisation or the operator for a new one.")
        )
    return link


def _row(session: Session, account: str) -> Account:
    row = session.get(Account, account)
    if row is None:
        raise NotFound(say("There is no such account."))
    return row


def _in_use(session: Session, account: str) -> Account:
    row = _row(session, account)
    if row.ended_at is not None:
        raise Conflict(say("This account has ended. Make a new one."), "account-ended")
    return row


def _info(row: Account) -> AccountInfo:
    return AccountInfo(**{name: getattr(row, name) for name in AccountInfo.__dataclass_fields__})


def _link_info(row: PasswordLink) -> LinkInfo:
    return LinkInfo(**{name: getattr(row, name) for name in LinkInfo.__dataclass_fields__})
