"""Holds up who guesses, over all processes: what was tried in vain is in the database, under its row's lock.

A try is written down before its secret is looked at, in a transaction of its own. Then it is compared, which is slow and
needs no lock; and when it was right the try is taken back in the transaction that lets somebody in. So a crash in
between counts as a try in vain, and any number at the same time are as many tries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import digest
from math import ceil

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from piket.clock import as_text
from piket.errors import TooOften
from piket.organisations.account_models import Guess
from piket.organisations.guessing_rules import (
    ACCOUNT,
    DESK_CODE,
    NONE,
    SOURCE,
    Doubling,
    PerPeriod,
    Tries,
    after_a_try,
    longest_wait,
    opens_in,
    taken_back,
)
from piket.words import nsay

_FORGOTTEN_AFTER = max(ACCOUNT.forgotten_after, SOURCE.forgotten_after, DESK_CODE.forgotten_after)


@dataclass(frozen=True)
class Subject:
    """What is tried, and how fast it may be. `name` is a keyed hash. `starts_anew`: success forgets every earlier try."""

    name: str
    limit: Doubling | PerPeriod
    starts_anew: bool = False


@dataclass(frozen=True)
class Try:
    """A try that was written down, to be taken back when it succeeds."""

    subjects: tuple[Subject, ...]
    at: datetime


def account_subject(secret_key: bytes | None, sign_in_name: str, browser: str | None = None) -> Subject:
    """Guessing at one name, known or not. With `browser`, from a browser in which that account signed in before.

    Such a browser has tries of its own, so that strangers who guess at a name do not hold up whose name it is.
    """
    return Subject(_sealed(secret_key, "account", sign_in_name, browser or ""), ACCOUNT, starts_anew=True)


def source_subject(secret_key: bytes | None, source: str) -> Subject:
    """Guessing from one address. Success takes back its own try only: else an account of one's own would wipe the slate."""
    return Subject(_sealed(secret_key, "source", source), SOURCE)


def desk_subject(secret_key: bytes | None, organisation: str) -> Subject:
    """Guessing at the code of a desk, from wherever."""
    return Subject(_sealed(secret_key, "desk", organisation), DESK_CODE)


def begin_try(session: Session, now: datetime, subjects: Sequence[Subject]) -> Try:
    """Write down that a try begins; raises `TooOften`, and writes nothing, while any of `subjects` has to wait.

    For a transaction of its own, that is committed before the secret is compared.
    """
    # Always in one order, so that two never wait for each other.
    ordered = sorted(subjects, key=lambda subject: subject.name)
    _forget_old(session, now)
    known = {subject.name: _locked(session, now, subject) for subject in ordered}
    wait = longest_wait([opens_in(subject.limit, _tries(known[subject.name]), now) for subject in ordered])
    if wait:
        raise too_often(wait)
    for subject in ordered:
        _keep(known[subject.name], after_a_try(subject.limit, _tries(known[subject.name]), now))
    session.flush()
    return Try(tuple(ordered), now)


def take_back(session: Session, made: Try) -> None:
    """The try was right after all: forget it, and where success starts anew everything before it."""
    for subject in made.subjects:
        row = session.get(Guess, subject.name, with_for_update=True, populate_existing=True)
        if row is not None:
            _keep(row, NONE if subject.starts_anew else taken_back(_tries(row), made.at))
    session.flush()


def too_often(wait: timedelta) -> TooOften:
    """The error that says in one sentence how long to wait, rounded up."""
    seconds = max(1, ceil(wait.total_seconds()))
    if seconds < 60:
        sentence = nsay(
            "That was wrong too often. Wait {n} second, then try again.",
            "That was wrong too often. Wait {n} seconds, then try again.",
            seconds,
        )
    else:
        sentence = nsay(
            "That was wrong too often. Wait {n} minute, then try again.",
            "That was wrong too often. Wait {n} minutes, then try again.",
            ceil(seconds / 60),
        )
    return TooOften(sentence, seconds)


def _sealed(secret_key: bytes | None, *parts: str) -> str:
    """A name for a subject from which it cannot be read: what is typed as a name may be a password in the wrong field."""
    if secret_key is None:
        raise ValueError("the settings hold no secret key: app.py gives them one")
    return f"{parts[0]}:{digest(secret_key, chr(0).join(('guess', *parts)).encode(), 'sha256').hex()}"


def _forget_old(session: Session, now: datetime) -> None:
    """Delete a handful of rows from which nothing follows any more; those that another looks at stay for the next time."""
    old = (
        select(Guess.subject).where(Guess.last_at <= now - _FORGOTTEN_AFTER).limit(50).with_for_update(skip_locked=True)
    )
    gone = delete(Guess).where(Guess.subject.in_(old.scalar_subquery()))
    session.execute(gone, execution_options={"synchronize_session": False})


def _locked(session: Session, now: datetime, subject: Subject) -> Guess:
    """The row of a subject, made when it is missing, and ours until the transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"subject": subject.name, "failures": 0, "last_at": now, "recent": []}
    session.execute(insert(Guess).values(fresh).on_conflict_do_nothing())
    query = select(Guess).where(Guess.subject == subject.name).with_for_update()
    return session.execute(query.execution_options(populate_existing=True)).scalar_one()


def _tries(row: Guess) -> Tries:
    return Tries(row.failures, row.last_at, tuple(map(datetime.fromisoformat, row.recent))) if row.failures else NONE


def _keep(row: Guess, tries: Tries) -> None:
    row.failures, row.recent = tries.failures, [as_text(at) for at in tries.recent]
    row.last_at = tries.last_at or row.last_at
