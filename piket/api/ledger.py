"""The ledger of a rota: what each organisation carried, its share, and the rows that the figures are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import Answer, Blueprint, Caller, Page, PageRequest, Query, fields
from piket.rota import service
from piket.rota.service import Ledger, LedgerRow

blp = Blueprint("ledger", description="Who carried what of a rota, compared with its share; every figure has its rows.")

KINDS = ("duty", "share", "override", "swap", "callUp", "released", "taken", "delivery", "night")
DAYS = {"description": "Days; a part of a day in hundred-thousandths of it."}


class LedgerQuery(Query):
    """The period: from `from` (left out: the first turn) to just before `to` (left out: now)."""

    from_ = fields.Moment()
    to = fields.Moment()


class LedgerEntriesQuery(LedgerQuery):
    """The same period; of one organisation, or of all."""

    organisation = fields.Code()


class FiguresOut(Answer):
    """What was carried. `weekendDays` and `holidayDays` are part of `dutyDays`; a holiday in a weekend is in both."""

    turns = fields.Int(metadata={"description": "Turns that began in the period."})
    duty_days = fields.Days(attribute="duty", metadata=DAYS)
    weekend_days = fields.Days(attribute="weekend", metadata=DAYS)
    holiday_days = fields.Days(attribute="holiday", metadata=DAYS)
    call_ups = fields.Int()
    places_asked = fields.Int()
    places_delivered = fields.Int(metadata={"description": "Promised places that counted, less what was withdrawn."})
    nights_hosted = fields.Int(metadata={"description": "For each night the people who slept in its places."})
    swaps_given = fields.Int()
    swaps_taken = fields.Int()
    overrides_given = fields.Int(metadata={"description": "Overrides by which another had its duty."})
    overrides_taken = fields.Int(metadata={"description": "Overrides by which it had another's duty."})
    share = fields.Days(metadata={"description": "Days of duty that were its share, by weight; none while exempt."})


class AccountOut(FiguresOut):
    """What one organisation carried in the period, its share of the days of duty, and how much more it carried than that."""

    organisation = fields.Code()
    difference = fields.Days(metadata={"description": "dutyDays less share; below 0: carried less than its share."})


class HolidayOut(Answer):
    """A public holiday in the period, and who had duty on some part of it."""

    on = fields.Date()
    name = fields.Str()
    organisations = fields.List(fields.Code())


class LedgerOut(Answer):
    """The accounts of a period, members in the decided order. The difference of all together is 0."""

    rota = fields.Code()
    status = fields.Choice("proposed", "decided")
    from_ = fields.Moment()
    to = fields.Moment()
    imbalance = fields.Days(
        metadata={"description": "Between who carried most and least for its share, in days for each unit of weight."}
    )
    longest_turn = fields.Days(
        metadata={"description": "The longest turn, in days: the imbalance of whole turns is no more."}
    )
    holidays = fields.List(fields.Nested(HolidayOut))
    items = fields.List(fields.Nested(AccountOut))


class LedgerEntryOut(FiguresOut):
    """One row behind the figures, with the turn, override, swap, call-up or commitment that it comes from.

    `kind`: `duty` a stretch of duty, `share` the share in a turn, `override` and `swap` one that began; `callUp` a call-up,
    `released` one that was taken back unanswered, `taken` places taken beyond it, `delivery` a promise that counts (below 0:
    withdrawn), `night` a night hosted.
    """

    number = fields.Int(metadata={"description": "Its place among all rows of the period."})
    kind = fields.Choice(*KINDS)
    organisation = fields.Code()
    from_ = fields.Moment()
    until = fields.Moment(allow_none=True)
    turn = fields.Id(allow_none=True)
    override = fields.Id(allow_none=True)
    swap = fields.Id(allow_none=True)
    overflow = fields.Id(allow_none=True)
    call_up = fields.Id(allow_none=True)
    commitment = fields.Id(allow_none=True)
    night = fields.Date(allow_none=True, metadata={"description": "The date of the evening."})


@blp.get("/rotas/<code>/ledger", action="read", query=LedgerQuery, answers=LedgerOut)
def show_ledger(session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any]) -> dict[str, Any]:
    """Show what each organisation carried in a period, its share, and the difference.

    Duty counts as it really was: turns with the overrides and swaps in them. With a later `to` turns that are written down count
    too. Drills never count. What the figures are made of is at `…/ledger-entries`.
    """
    return _shown(service.ledger(session, now, code, query.get("from_"), query.get("to")))


@blp.get("/rotas/<code>/ledger-entries", action="read", query=LedgerEntriesQuery, answers=LedgerEntryOut, listed=True)
def list_ledger_entries(
    session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any], page: PageRequest
) -> Page[dict[str, Any]]:
    """List the rows behind the ledger of that period, oldest first: each figure there is the sum of its column here."""
    found = service.ledger_entries_paged(
        session, now, code, page, query.get("from_"), query.get("to"), query.get("organisation")
    )
    return found.map(_row)


def _shown(ledger: Ledger) -> dict[str, Any]:
    """The accounts as they go out."""
    accounts = [
        {"organisation": one.organisation, "difference": one.figures.difference, **one.figures._asdict()}
        for one in ledger.accounts
    ]
    holidays = [{"on": one.on, "name": one.name, "organisations": list(one.held)} for one in ledger.holidays]
    return {
        **vars(ledger),
        "from_": ledger.since,
        "to": ledger.until,
        "holidays": holidays,
        "items": accounts,
    }


def _row(row: LedgerRow) -> dict[str, Any]:
    """One entry as it goes out."""
    entry = row.entry
    return {**entry.figures._asdict(), **vars(entry), "number": row.number, "from_": entry.at, "until": entry.until_at}
