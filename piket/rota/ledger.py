"""The ledger: who carried what, from rows. Duty from turns, overrides and swaps; the rest as it was booked, here, by others.

Nothing is added up beforehand: every answer is the sum of entries, and the entries can be asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.errors import Fault, Invalid
from piket.organisations import service as organisations
from piket.pages import Page, PageRequest, slice_page
from piket.rota import duty_rules, ledger_rules, public_holidays, written
from piket.rota.definitions import from_json
from piket.rota.duty_rules import OverrideSpan, Stretch, TurnSpan
from piket.rota.ledger_models import LedgerEntry
from piket.rota.ledger_rules import Entry, Figures, Shares
from piket.rota.models import RotaEdition, Turn
from piket.rota.rules import Definition, organisations_of, to_local
from piket.words import Text, say


@dataclass(frozen=True)
class Account:
    """What one organisation carried in a period. Times are in hundred-thousandths of a day (`ledger_rules.PARTS`)."""

    organisation: str
    figures: Figures


@dataclass(frozen=True)
class Holiday:
    """A public holiday, and who had duty on it: organisation -> part of that day, in hundred-thousandths."""

    on: date
    name: str | Text
    held: Mapping[str, int]


@dataclass(frozen=True)
class Ledger:
    """The accounts of a rota from `since` (inclusive) until `until`: members in the decided order, then whoever else carried.

    `imbalance` is how far apart those are who carried most and least for their share, `turn` the length of the longest turn;
    both in hundred-thousandths of a day. `holidays` are the public holidays of that time in order.
    """

    rota: str
    status: str
    since: datetime
    until: datetime
    accounts: tuple[Account, ...]
    imbalance: int
    longest_turn: int
    holidays: tuple[Holiday, ...]


@dataclass(frozen=True)
class LedgerRow:
    """An entry with its number in the period, from 1: it says where a page ends."""

    number: int
    entry: Entry


@dataclass(frozen=True)
class Plan:
    """Turns, and what changes who has duty in them, of a period: from rows, or calculated and never written down."""

    turns: Sequence[TurnSpan]
    overrides: Sequence[OverrideSpan]
    shares_of: Callable[[TurnSpan], Shares]
    members: tuple[str, ...]
    booked: Sequence[Entry] = ()


def ledger(session: Session, now: datetime, code: str, since: datetime | None, until: datetime | None) -> Ledger:
    """The accounts of a period. `since` None: from the first turn; `until` None: until now.

    Later moments count the turns that are written down. Raises `NotFound` for an unknown rota, `Invalid` for a period that
    ends before it begins.
    """
    status = written.find_row(session, code).status
    since, until = _period(session, now, code, since, until)
    return account(code, status, read_plan(session, code, since, until), since, until)


def ledger_entries_paged(
    session: Session,
    now: datetime,
    code: str,
    page: PageRequest,
    since: datetime | None,
    until: datetime | None,
    organisation: str | None = None,
) -> Page[LedgerRow]:
    """The rows behind the ledger of the same period, oldest first, of one organisation or of all. Raises as `ledger`."""
    written.find_row(session, code)
    since, until = _period(session, now, code, since, until)
    found = sorted(
        entries(read_plan(session, code, since, until), since, until),
        key=lambda entry: (entry.at, entry.kind, entry.organisation),
    )
    numbered = [LedgerRow(number, entry) for number, entry in enumerate(found, 1)]
    chosen = [one for one in numbered if organisation in (None, one.entry.organisation)]
    return slice_page(chosen, page, lambda one: (one.number,), oldest_first=True)


def account(code: str, status: str, plan: Plan, since: datetime, until: datetime) -> Ledger:
    """The sums of a plan."""
    made, holidays = entries(plan, since, until), _holidays(since, until)
    sums, held = ledger_rules.totals(made, plan.members), ledger_rules.held_on(made, holidays)
    touched = [turn for turn in plan.turns if turn.from_at < until and turn.until_at > since]
    return Ledger(
        rota=code,
        status=status,
        since=since,
        until=until,
        accounts=tuple(Account(organisation, figures) for organisation, figures in sums.items()),
        imbalance=ledger_rules.imbalance(sums, map(plan.shares_of, touched)),
        longest_turn=max((ledger_rules.place(t.until_at) - ledger_rules.place(t.from_at) for t in touched), default=0),
        holidays=tuple(Holiday(day, name, held.get(day, {})) for day, name in holidays.items()),
    )


def entries(plan: Plan, since: datetime, until: datetime) -> list[Entry]:
    """Everything that makes up the accounts of a plan."""
    pieces: list[Stretch] = duty_rules.stretches(plan.turns, plan.overrides)
    carried = list(ledger_rules.duty(pieces, since, until, _holidays(since, until)))
    return [
        *carried,
        *ledger_rules.shares(carried, plan.turns, plan.shares_of),
        *ledger_rules.changes(plan.overrides, pieces, since, until),
        *plan.booked,
    ]


def read_plan(session: Session, code: str, since: datetime, until: datetime) -> Plan:
    """What is written down of a period: published turns, what held in them, and what was booked."""
    query = select(Turn).where(Turn.rota == code, Turn.superseded_at.is_(None))
    rows = session.scalars(query.where(Turn.until_at > since, Turn.from_at < until).order_by(Turn.from_at)).all()
    overrides = written.overrides_between(session, code, rows[0].from_at, rows[-1].until_at) if rows else []
    definitions = _definitions(session, code)
    by_turn = {row.id: definitions[row.edition] for row in rows}
    in_force = list(dict.fromkeys(row.edition for row in reversed(rows))) or [max(definitions)]
    return Plan(
        turns=written.turn_spans(rows),
        overrides=written.override_spans(overrides),
        shares_of=lambda turn: ledger_rules.shares_of(by_turn[turn.id], turn.from_at, turn.until_at),
        members=tuple(dict.fromkeys(one for edition in in_force for one in _members(definitions[edition]))),
        booked=_booked(session, code, since, until),
    )


def _members(definition: Definition) -> tuple[str, ...]:
    return organisations_of(definition.members)


def _definitions(session: Session, code: str) -> dict[int, Definition]:
    """Every definition that a rota had."""
    rows = session.scalars(select(RotaEdition).where(RotaEdition.rota == code))
    return {row.edition: from_json(row.definition) for row in rows}


def _booked(session: Session, code: str, since: datetime, until: datetime) -> list[Entry]:
    query = select(LedgerEntry).where(LedgerEntry.rota == code, LedgerEntry.at >= since, LedgerEntry.at < until)
    return [
        Entry(
            kind=row.kind,
            organisation=row.organisation,
            at=row.at,
            figures=Figures(
                call_ups=row.call_ups,
                places_asked=row.places_asked,
                places_delivered=row.places_delivered,
                nights_hosted=row.nights_hosted,
            ),
            overflow=row.overflow,
            call_up=row.call_up,
            commitment=row.commitment,
            night=row.night,
        )
        for row in session.scalars(query.order_by(LedgerEntry.at, LedgerEntry.source))
    ]


def _period(
    session: Session, now: datetime, code: str, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    """The period that is asked for; one that is left open begins with the first turn and ends now."""
    begins = since or min(written.beginning(session, code) or now, until or now)
    ends = until or max(now, begins)
    if ends < begins:
        raise Invalid(
            say("This period cannot be shown."),
            [Fault("query", "to", say("The period ends before it begins: give a later moment than from."))],
        )
    return begins, ends


def _holidays(since: datetime, until: datetime) -> dict[date, str | Text]:
    """The public holidays of which some part lies in the period."""
    last = until - timedelta.resolution if until > since else until
    return public_holidays.between(to_local(since).date(), to_local(last).date())


def names(session: Session, found: Ledger) -> dict[str, str]:
    """The organisations of a ledger by name."""
    return organisations.names(session, {one.organisation for one in found.accounts})
