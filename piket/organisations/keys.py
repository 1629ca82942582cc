"""Keys: what an organisation shows to prove that it is that organisation. Only hashes are kept.

A key is 256 random bits, so a plain hash cannot be guessed back and looking one up costs one query. A revoked or expired key
is refused with its own code, so that its owner knows what to ask for.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Fault, Invalid, NotFound, Unauthenticated
from piket.organisations.access import Caller
from piket.organisations.members import find
from piket.organisations.models import Key, Organisation
from piket.organisations.rules import TOKEN_PREFIX, token_hash
from piket.pages import Page, PageRequest, read_page
from piket.words import say


@dataclass(frozen=True)
class KeyInfo:
    """One key, without the key itself. `expires_at` None: it does not expire; `revoked_at` None: it was not revoked."""

    id: str
    organisation: str
    label: str | None
    read_only: bool
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


def issue_key(
    session: Session,
    now: datetime,
    actor: Actor,
    organisation: str,
    *,
    read_only: bool = False,
    expires_at: datetime | None = None,
    label: str | None = None,
) -> tuple[KeyInfo, str]:
    """Give an organisation a new key: what is known of it, and the key, which nobody can read again.

    Raises `NotFound` for an unknown organisation, `Invalid` when it would expire before it began.
    """
    find(session, organisation)
    if expires_at is not None and expires_at <= now:
        wrong = Fault("body", "expiresAt", say("Give a moment in the future, or leave it out."))
        raise Invalid(say("This key would be of no use."), [wrong])
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = Key(
        organisation=organisation,
        token_hash=token_hash(token),
        label=label,
        read_only=read_only,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    record(session, now, actor, "issue_key", f"key:{row.id}", organisation=organisation, read_only=read_only)
    return _info(row), token


def revoke_key(session: Session, now: datetime, actor: Actor, key: str) -> KeyInfo:
    """From now on this key is refused. A repeat changes nothing. Raises `NotFound`."""
    row = _row(session, key)
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        record(session, now, actor, "revoke_key", f"key:{row.id}", organisation=row.organisation)
    return _info(row)


def find_key(session: Session, key: str) -> KeyInfo:
    """The key with this id, revoked or not. Raises `NotFound`."""
    return _info(_row(session, key))


def keys_paged(session: Session, organisation: str, page: PageRequest) -> Page[KeyInfo]:
    """The keys of an organisation, also those that ended, newest first."""
    query = select(Key).where(Key.organisation == organisation)
    return read_page(session, query, page, [Key.created_at, Key.id]).map(_info)


def authenticate(session: Session, now: datetime, token: str) -> Caller:
    """Who shows this key. Raises `Unauthenticated` when it is unknown, revoked or expired (at `expires_at` it is)."""
    wanted = token_hash(token)
    found = session.execute(_BY_HASH, {"hash": wanted}).first()
    if found is None or not compare_digest(found.token_hash, wanted):
        raise Unauthenticated(say("This key is not known. Ask the operator for a key."))
    return _caller(found, now)


def caller_of_key(session: Session, now: datetime, key: str) -> Caller:
    """Who signed in with the key of this id, asked anew at every page. Raises `Unauthenticated` as `authenticate` does."""
    found = session.execute(_BY_ID, {"id": key}).first()
    if found is None:
        raise Unauthenticated(say("This key is not known. Ask the operator for a key."))
    return _caller(found, now)


# Every request asks one of these, so they are put together once, and ask for columns.
_WITH_OWNER = select(
    Key.id, Key.token_hash, Key.read_only, Key.expires_at, Key.revoked_at,
    Organisation.code, Organisation.kind, Organisation.province,
).join(Organisation, Organisation.code == Key.organisation)  # fmt: skip
_BY_HASH = _WITH_OWNER.where(Key.token_hash == bindparam("hash"))
_BY_ID = _WITH_OWNER.where(Key.id == bindparam("id"))


def _caller(key: Any, now: datetime) -> Caller:
    """Who holds the key. Raises `Unauthenticated` when it was revoked or has expired."""
    if key.revoked_at is not None:
        raise Unauthenticated(say("This key was revoked. Ask the operator for a new one."), "key-revoked")
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthenticated(say("This key has expired. Ask the operator for a new one."), "key-expired")
    return Caller(key.code, key.kind, key.province, key.id, key.read_only)


def _row(session: Session, key: str) -> Key:
    """The row. Raises `NotFound`."""
    row = session.get(Key, key)
    if row is None:
        raise NotFound(say("There is no such key."))
    return row


def _info(row: Key) -> KeyInfo:
    return KeyInfo(row.id, row.organisation, row.label, row.read_only, row.created_at, row.expires_at, row.revoked_at)
