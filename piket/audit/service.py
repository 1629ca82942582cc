"""Write down who did what, in the transaction that did it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, func, insert, or_, select
from sqlalchemy.orm import Session

from piket.audit.models import AuditEntry
from piket.db import marks_of, new_id
from piket.pages import Page, PageRequest, read_page


@dataclass(frozen=True)
class OnBehalf:
    """What another organisation said by telephone: which one, who said it, by which way."""

    organisation: str
    said_by: str
    via: str


@dataclass(frozen=True)
class Actor:
    """Who acts: an organisation by its code, or `engine`. `key` or `account` is the id of that with which it signed in."""

    organisation: str
    key: str | None = None
    on_behalf: OnBehalf | None = None
    account: str | None = None

    @property
    def speaks_for(self) -> str:
        """The organisation whose word it is."""
        return self.on_behalf.organisation if self.on_behalf else self.organisation


def newest(session: Session) -> int:
    """The number of the last entry; 0 while there is none."""
    return session.scalar(select(func.max(AuditEntry.seq))) or 0


_MARKS = marks_of(AuditEntry.seq)


def marks(session: Session) -> tuple[int, int]:
    """Two numbers of which one changes with every entry."""
    last, entries = session.execute(_MARKS).one()
    return last, entries


def newest_deed(session: Session, since: int, actor: str, action: str) -> str | None:
    """The id of the last entry after entry `since` by which this organisation did this; None: there is none."""
    wanted = select(AuditEntry.id).where(AuditEntry.seq > since, AuditEntry.actor == actor, AuditEntry.action == action)
    return session.scalars(wanted.order_by(AuditEntry.seq.desc()).limit(1)).first()


@dataclass(frozen=True)
class Entry:
    """One entry as it is shown; `on_behalf` has `organisation`, `said_by` and `via`, or is None."""

    id: str
    at: datetime
    actor: str
    on_behalf: Mapping[str, Any] | None
    action: str
    subject: str
    details: Mapping[str, Any]


def find(session: Session, entry_id: str) -> Entry | None:
    """One entry; None: there is none with this id."""
    row = session.scalars(select(AuditEntry).where(AuditEntry.id == entry_id)).first()
    if row is None:
        return None
    return _entry(row)


def _entry(row: AuditEntry) -> Entry:
    return Entry(row.id, row.at, row.actor, row.on_behalf, row.action, row.subject, row.details)


@dataclass(frozen=True)
class Listed:
    """An entry in a list, with its number `seq`: the order of writing."""

    seq: int
    entry: Entry


def listed(session: Session, page: PageRequest, concerning: str | None = None) -> Page[Listed]:
    """One page of the record, newest first: all of it, or what the organisation `concerning` did or was done for it."""
    query = select(AuditEntry)
    if concerning is not None:
        for_it = AuditEntry.on_behalf["organisation"].as_string() == concerning
        query = query.where(or_(AuditEntry.actor == concerning, for_it))
    return read_page(session, query, page, [AuditEntry.seq]).map(lambda row: Listed(row.seq, _entry(row)))


def last_touched(session: Session, since: int, subjects: tuple[str, ...]) -> int | None:
    """The number of the last entry after entry `since` about what begins with one of these, as `rota:`; None: there is none."""
    return session.scalar(_last_touched(subjects), {"since": since})


@cache
def _last_touched(subjects: tuple[str, ...]) -> Select[int]:
    """Asked by every pass, so put together once."""
    wanted = or_(*(AuditEntry.subject.startswith(subject) for subject in subjects))
    return select(func.max(AuditEntry.seq)).where(AuditEntry.seq > bindparam("since"), wanted)


ENGINE = Actor("engine")
_ENTRY = insert(cast(Table, AuditEntry.__table__)).inline()


def record(session: Session, now: datetime, actor: Actor, action: str, subject: str, **details: Any) -> None:
    """Add one entry. `action` is a verb such as `record_count`, `subject` what it was done to, as `count:<id>`."""
    # Nothing else in a transaction looks at its entry, so it is a plain row and no object of the session.
    session.connection().execute(
        _ENTRY,
        {
            "id": new_id(),
            "at": now,
            "actor": actor.organisation,
            "on_behalf": asdict(actor.on_behalf) if actor.on_behalf else None,
            "action": action,
            "subject": subject,
            "details": {"key": actor.key, **({"account": actor.account} if actor.account else {}), **details},
        },
    )
