"""Sign-ins: which browser is signed in for whom, on the server, so that ending one here ends it everywhere.

The browser holds a random token and nothing else. A sign-in ends when somebody signs out, when it was not used for a
while, at the latest after a fixed time, and with the account or key with which it began.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Unauthenticated
from piket.organisations.access import Caller
from piket.organisations.account_models import Account, SignIn
from piket.organisations.keys import caller_of_key
from piket.organisations.models import Organisation
from piket.organisations.password_rules import sign_in_name as settled_name
from piket.organisations.rules import token_hash
from piket.words import say

SEEN_EVERY = timedelta(minutes=1)
"""Use is written down at most this often, so that boards that ask every few seconds cost no writing."""


@dataclass(frozen=True)
class Visitor:
    """Who looks: as whom they act, by which sign-in, under which names; `person` None: with a key."""

    caller: Caller
    sign_in: str
    organisation: str
    person: str | None
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class SignInInfo:
    """One sign-in that has not ended. `device` is what its browser calls itself."""

    id: str
    device: str
    began_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Candidate:
    """What is kept under a name that somebody typed: both None when nobody may sign in by it."""

    account: str | None = None
    password_hash: str | None = None


_ALL = (
    select(
        SignIn.id, SignIn.account, SignIn.key, SignIn.seen_at, SignIn.expires_at, SignIn.ended_at,
        Organisation.code, Organisation.kind, Organisation.province, Organisation.name.label("organisation"),
        Account.name.label("person"), Account.role, Account.ended_at.label("account_ended_at"),
    )
    .join(Organisation, Organisation.code == SignIn.organisation)
    .outerjoin(Account, Account.id == SignIn.account)
    .where(SignIn.token_hash == bindparam("token"))
)  # fmt: skip


def candidate(session: Session, sign_in_name: str) -> Candidate:
    """What a password is compared with. It costs the same, and gives the same kind of answer, whether or not there is one."""
    query = select(Account.id, Account.password_hash).where(
        Account.sign_in_name == settled_name(sign_in_name), Account.ended_at.is_(None)
    )
    found = session.execute(query).first()
    return Candidate(*found) if found is not None else Candidate()


def begin(
    session: Session, now: datetime, caller: Caller, device: str, lasts: timedelta, outdated: str | None = None
) -> tuple[str, str]:
    """A browser signs in as `caller`: the id of the sign-in, and the token that the browser keeps.

    `outdated` is the password's new hash when the old one was made with lower parameters. Raises `Unauthenticated` when the
    account has ended meanwhile.
    """
    token = secrets.token_urlsafe(32)
    if caller.account is not None:
        _note_use(session, now, caller.account, outdated)
    row = SignIn(
        token_hash=token_hash(token), organisation=caller.organisation, account=caller.account, key=caller.key,
        device=device, began_at=now, seen_at=now, expires_at=now + lasts,
    )  # fmt: skip
    session.add(row)
    session.flush()
    record(session, now, caller.actor(), "sign_in", f"sign-in:{row.id}")
    return row.id, token


def caller_of_account(session: Session, account: str) -> Caller:
    """As whom the person of this account acts. Raises `Unauthenticated` when there is none, or it has ended."""
    query = (
        select(Account.role, Account.ended_at, Organisation.code, Organisation.kind, Organisation.province)
        .join(Organisation, Organisation.code == Account.organisation)
        .where(Account.id == account)
    )
    found = session.execute(query).first()
    if found is None or found.ended_at is not None:
        raise ended()
    return _caller(found.code, found.kind, found.province, account, found.role)


def visitor(session: Session, now: datetime, token: str, idle: timedelta) -> Visitor:
    """Who holds this token. Raises `Unauthenticated` when the sign-in is over: ended, unused for `idle`, or too old.

    A key that may only read is for a screen on a wall, which may be off for a week: it does not end by lying unused.
    What ends at a moment has ended at that moment. The account or key is asked anew every time.
    """
    found = session.execute(_ALL, {"token": token_hash(token)}).first()
    if found is None or found.ended_at or found.expires_at <= now:
        raise ended()
    if found.account is None:
        caller = caller_of_key(session, now, found.key)
    elif found.account_ended_at is not None:
        raise ended()
    else:
        caller = _caller(found.code, found.kind, found.province, found.account, found.role)
    if found.seen_at + idle <= now and not _is_screen(caller):
        raise ended()
    return Visitor(caller, found.id, found.organisation, found.person, found.seen_at, found.expires_at)


def holder_of(session: Session, token: str) -> str | None:
    """The account or key to which a token belongs or once belonged; None for one that was never given out."""
    found = session.execute(_ALL, {"token": token_hash(token)}).first()
    return (found.account or found.key) if found is not None else None


def note_seen(session: Session, now: datetime, sign_in: str) -> None:
    """It is in use. Never moves back, and nothing when it was noted within the last minute."""
    stale = update(SignIn).where(SignIn.id == sign_in, SignIn.seen_at <= now - SEEN_EVERY)
    session.execute(stale.values(seen_at=now))


def open_ones(session: Session, now: datetime, caller: Caller, idle: timedelta) -> list[SignInInfo]:
    """The sign-ins with the caller's account, or with its key, that have not ended, the newest first."""
    query = _own(select(SignIn), caller).where(SignIn.ended_at.is_(None), SignIn.expires_at > now)
    if not _is_screen(caller):
        query = query.where(SignIn.seen_at > now - idle)
    rows = session.scalars(query.order_by(SignIn.began_at.desc(), SignIn.id))
    return [SignInInfo(row.id, row.device, row.began_at, row.seen_at, row.expires_at) for row in rows]


def last_use_of_keys(session: Session, keys: Collection[str]) -> dict[str, datetime]:
    """When somebody was last signed in on the board with each of these keys; calls by the API are not written down."""
    seen = select(SignIn.key, func.max(SignIn.seen_at)).where(SignIn.key.in_(keys)).group_by(SignIn.key)
    return {str(key): at for key, at in session.execute(seen)}


def end(session: Session, now: datetime, caller: Caller, sign_in: str) -> None:
    """End one of the caller's own sign-ins. A repeat, or an id that is not theirs, changes nothing."""
    row = session.scalars(_own(select(SignIn), caller).where(SignIn.id == sign_in, SignIn.ended_at.is_(None))).first()
    if row is not None:
        row.ended_at, row.end_reason = now, "signedOut"
        session.flush()
        record(session, now, caller.actor(), "sign_out", f"sign-in:{row.id}")


def end_everywhere(session: Session, now: datetime, caller: Caller) -> None:
    """End all of the caller's sign-ins, this one too: of the account, or with that key."""
    owned = caller.account or caller.key
    if owned is not None:
        ended_now = end_all(session, now, owned, "everywhere")
        record(session, now, caller.actor(), "sign_out_everywhere", f"organisation:{caller.organisation}", n=ended_now)


def end_all(session: Session, now: datetime, holder: str, reason: str, but: str | None = None) -> int:
    """End the sign-ins with an account or key, except the one with the id `but`; how many."""
    mine = update(SignIn).where((SignIn.account == holder) | (SignIn.key == holder), SignIn.ended_at.is_(None))
    if but is not None:
        mine = mine.where(SignIn.id != but)
    done = session.execute(
        mine.values(ended_at=now, end_reason=reason), execution_options={"synchronize_session": False}
    )
    assert isinstance(done, CursorResult)
    return done.rowcount


def note_refused(session: Session, now: datetime, tried: Candidate) -> None:
    """Write down that somebody was not let in; the same for a name that nobody has, and without what was typed."""
    record(session, now, Actor("visitor"), "refuse_sign_in", f"account:{tried.account or 'unknown'}")


def ended() -> Unauthenticated:
    """The error that asks to sign in again."""
    return Unauthenticated(say("You are no longer signed in. Sign in again."), "signed-out")


def _note_use(session: Session, now: datetime, account: str, outdated: str | None) -> None:
    row = session.get(Account, account, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise ended()
    row.signed_in_at = now
    row.password_hash = outdated or row.password_hash


def _caller(code: str, kind: str, province: str | None, account: str, role: str) -> Caller:
    return Caller(code, kind, province, read_only=role == "reader", account=account, role=role)


def _is_screen(caller: Caller) -> bool:
    return caller.account is None and caller.read_only


def _own(query: Select[SignIn], caller: Caller) -> Select[SignIn]:
    """Only the caller's own."""
    if caller.account is not None:
        return query.where(SignIn.account == caller.account)
    return query.where(SignIn.key == caller.key, SignIn.account.is_(None))
