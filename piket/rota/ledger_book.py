"""What members carry besides duty, as other rooms book it: each thing once, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from piket.db import new_id
from piket.rota import written
from piket.rota.duty import PIKET
from piket.rota.ledger_models import LedgerEntry, LedgerMark
from piket.rota.rules import organisations_of


@dataclass(frozen=True)
class Booking:
    """Something carried that another room books: `source` names what it is the record of, and is never booked twice.

    `kind`: `callUp` (places asked), `released` (taken back unanswered), `taken` (asked beyond it), `delivery` (places promised
    that count, or fewer) or `night`. Figures may be below 0: what is taken back is a booking of its own.
    """

    source: str
    kind: str
    organisation: str
    at: datetime
    overflow: str | None = None
    call_up: str | None = None
    commitment: str | None = None
    night: date | None = None
    call_ups: int = 0
    places_asked: int = 0
    places_delivered: int = 0
    nights_hosted: int = 0


def book(session: Session, now: datetime, bookings: Iterable[Booking]) -> int:
    """Write down what members carried; how many rows were new. What was booked before, by its source, is left as it is.

    Each goes into the first rota, by line, of which the organisation is a member at that moment; who is on none was called
    beyond every rota, and that stands in the `piket`.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = 0
    for booking in bookings:
        row = {"id": new_id(), "rota": _rota_of(session, booking), "recorded_at": now, **vars(booking)}
        fresh = insert(LedgerEntry).values(row).on_conflict_do_nothing(index_elements=["source"])
        made += len(session.execute(fresh.returning(LedgerEntry.source)).all())
    return made


def _rota_of(session: Session, booking: Booking) -> str:
    """In which ledger a booking stands."""
    codes = sorted(written.codes(session), key=lambda code: code != PIKET)
    for code in codes:
        if booking.organisation in organisations_of(written.definition_at(session, code, booking.at).members):
            return code
    return codes[0]


def marked(session: Session, name: str) -> date | None:
    """Up to and including which day something was booked that the engine books by itself; None: never yet."""
    return session.scalar(select(LedgerMark.until).where(LedgerMark.name == name))


def mark(session: Session, now: datetime, name: str, until: date) -> None:
    """Remember that it was booked up to and including that day."""
    row = session.get(LedgerMark, name, with_for_update=True)
    if row is None:
        session.add(LedgerMark(name=name, until=until, at=now))
    elif until > row.until:
        row.until, row.at = until, now
    session.flush()
