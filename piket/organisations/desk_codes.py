"""The code of a desk: six digits that the people at one desk know, for what a forwarded mail alone must not be able to do.

A mail link proves that somebody has the mail. Promising or declining places by it asks for this code too. A code is short, so
it is kept like a password and may be tried in vain only five times an hour (`guessing.desk_subject`), from wherever.

How to ask for it (the board's `desk_code.require` does it): begin the try in a transaction of its own, compare without one,
and take the try back in the transaction that acts. A try that is undone with its transaction would not count.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Fault, Invalid
from piket.organisations import passwords
from piket.organisations.account_models import DeskCode
from piket.organisations.members import find
from piket.organisations.password_rules import CODE_LENGTH, code_fault
from piket.pages import Page, PageRequest, read_page
from piket.words import say


@dataclass(frozen=True)
class DeskCodeInfo:
    """That a desk had a code, without the code. `ended_at` None: it holds."""

    organisation: str
    requested_by: str
    created_at: datetime
    ended_at: datetime | None


def set_code(
    session: Session, now: datetime, actor: Actor, organisation: str, code: str | None = None
) -> tuple[DeskCodeInfo, str]:
    """Give the desk this code, or one that is made here: what is known of it, and the code, which nobody can read again.

    The former ends at this moment. Raises `NotFound`, and `Invalid` for a code that is none or is tried first.
    """
    find(session, organisation)
    wrong = code_fault(code) if code is not None else None
    if wrong:
        raise Invalid(wrong, [Fault("body", "code", wrong)])
    chosen = code or _made()
    for former in session.scalars(_holding(organisation).with_for_update()):
        former.ended_at = now
    row = DeskCode(
        organisation=organisation,
        code_hash=passwords.make_hash(chosen),
        requested_by=actor.organisation,
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(session, now, actor, "set_desk_code", f"organisation:{organisation}")
    return _info(row), chosen


def current(session: Session, organisation: str) -> DeskCodeInfo | None:
    """Since when the desk has its code, and who set it; None: it has none yet."""
    row = session.scalars(_holding(organisation)).first()
    return _info(row) if row is not None else None


def codes_paged(session: Session, organisation: str, page: PageRequest) -> Page[DeskCodeInfo]:
    """The codes that a desk had, without the codes, newest first."""
    query = select(DeskCode).where(DeskCode.organisation == organisation)
    return read_page(session, query, page, [DeskCode.created_at, DeskCode.id]).map(_info)


def kept_hash(session: Session, organisation: str) -> str | None:
    """What a code is compared with by `passwords.fits`; None: the desk has none, and nothing fits."""
    row = session.scalars(_holding(organisation)).first()
    return row.code_hash if row is not None else None


def wrong_code() -> Invalid:
    """The error for a code that is not the desk's, also when it has none: the same sentence, naming the field."""
    wrong = say("This is not the code of your desk. Ask your desk for it, or sign in.")
    return Invalid(wrong, [Fault("body", "code", wrong)], "wrong-desk-code")


def _holding(organisation: str) -> Select[DeskCode]:
    newest_first = DeskCode.created_at.desc(), DeskCode.id
    return (
        select(DeskCode)
        .where(DeskCode.organisation == organisation, DeskCode.ended_at.is_(None))
        .order_by(*newest_first)
    )


def _made() -> str:
    """Six random digits that are not tried first."""
    while True:
        code = "".join(secrets.choice("0123456789") for _ in range(CODE_LENGTH))
        if code_fault(code) is None:
            return code


def _info(row: DeskCode) -> DeskCodeInfo:
    return DeskCodeInfo(row.organisation, row.requested_by, row.created_at, row.ended_at)
