"""The ledger of a rota for people: what each organisation carried, its share and the difference, and the rows behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from flask import Response, g, request

from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.board.panels import People
from piket.errors import Invalid, NotFound
from piket.organisations import service as organisations
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.ledger_rules import PARTS, Entry, Figures
from piket.words import LOCAL, Text, nsay, say

ROWS = 200
PERIODS: Mapping[str, Text] = {
    "year": say("this year until now"),
    "months": say("the last 12 months"),
    "all": say("since the beginning"),
}


@dataclass(frozen=True)
class AccountRow:
    """One organisation of the ledger; days in tenths."""

    code: str
    name: str | Text
    figures: Figures
    days: Mapping[str, Decimal]
    difference: Text


@dataclass(frozen=True)
class EntryRow:
    """One row behind the figures: what it is, what it says, and where more is to be seen."""

    entry: Entry
    what: Text
    says: Text
    link: str | None


@blp.get("/rotas/<code>/ledger")
def show_ledger(code: str) -> Response:
    """The ledger of a period."""
    period, since = _period()
    with deps().reading() as session:
        found, name = rota.ledger(session, g.now, code, since, None), rota.find_rota(session, code).definition.name
        codes = {one.organisation for one in found.accounts} | {who for day in found.holidays for who in day.held}
        people = People(organisations.names(session, codes | {visitor().caller.organisation}))
    return page(
        "rota_ledger.html",
        code=code,
        name=name,
        period=period,
        periods=PERIODS,
        ledger=found,
        rows=[_account(one.organisation, one.figures, people) for one in found.accounts],
        apart=_tenths(found.imbalance),
        longest=_tenths(found.longest_turn),
        holidays=[(one, people.named(list(one.held))) for one in found.holidays],
    )


@blp.get("/rotas/<code>/ledger/<organisation>")
def show_ledger_rows(code: str, organisation: str) -> Response:
    """The rows behind the figures of one organisation."""
    period, since = _period()
    asked = PageRequest(ROWS, _after())
    with deps().reading() as session:
        found, name = rota.ledger(session, g.now, code, since, None), rota.find_rota(session, code).definition.name
        account = next((one for one in found.accounts if one.organisation == organisation), None)
        if account is None:
            raise NotFound(say("This organisation has nothing in this ledger."))
        rows = rota.ledger_entries_paged(session, g.now, code, asked, since, None, organisation)
        people = People(organisations.names(session, {organisation, visitor().caller.organisation}))
    return page(
        "rota_ledger_rows.html",
        code=code,
        name=name,
        period=period,
        periods=PERIODS,
        ledger=found,
        account=_account(organisation, account.figures, people),
        rows=[_entry(row.entry) for row in rows.items],
        more=rows.next[0] if rows.next else None,
    )


def _period() -> tuple[str, datetime | None]:
    """Which period is asked for, and when it begins; None: at the first turn. Raises `Invalid`."""
    asked = request.args.get("period", "year")
    today = g.now.astimezone(LOCAL).date()
    begins: Mapping[str, datetime | None] = {
        "year": datetime(today.year, 1, 1, tzinfo=LOCAL),
        "months": datetime.combine(_a_year_before(today) + timedelta(days=1), time(), LOCAL),
        "all": None,
    }
    if asked not in begins:
        raise Invalid(say("There is no such period. Choose one of those on the page."))
    return asked, begins[asked]


def _a_year_before(day: date) -> date:
    """The same day of the year before; of 29 February the 28th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _after() -> tuple[int] | None:
    """After which row the page begins. Raises `Invalid`."""
    asked = request.args.get("after")
    if asked is None:
        return None
    if not re.fullmatch(r"\d{1,7}", asked, re.ASCII):
        raise Invalid(say("There is no such page of these rows."))
    return (int(asked),)


def _tenths(parts: int) -> Decimal:
    """Parts of a day as days, rounded to a tenth."""
    return (Decimal(parts) / PARTS).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _account(code: str, figures: Figures, people: People) -> AccountRow:
    days = {name: _tenths(getattr(figures, name)) for name in ("duty", "share", "weekend", "holiday")}
    return AccountRow(code, people.name(code), figures, days, _difference(figures))


def _difference(figures: Figures) -> Text:
    """In words, because a sign is easily missed."""
    days = _tenths(figures.difference)
    if not figures.duty and not figures.share:
        return say("no duty and no share")
    if days == 0:
        return say("as much as its share")
    return say("{days} days more", days=days) if days > 0 else say("{days} days less", days=-days)


_KINDS: Mapping[str, Text] = {
    "duty": say("duty"),
    "share": say("share of a turn"),
    "override": say("override"),
    "swap": say("swap"),
    "callUp": say("call-up"),
    "released": say("call-up that was released"),
    "taken": say("taken beyond what was asked"),
    "delivery": say("places promised"),
    "night": say("a night of reception"),
}
_COUNTS: Mapping[str, Callable[[int], Text]] = {
    "turns": lambda n: nsay("{n} turn begun", "{n} turns begun", n),
    "call_ups": lambda n: nsay("{n} call-up", "{n} call-ups", n),
    "places_asked": lambda n: nsay("{n} place asked", "{n} places asked", n),
    "places_delivered": lambda n: nsay("{n} place delivered", "{n} places delivered", n),
    "nights_hosted": lambda n: nsay("{n} person for a night", "{n} people for a night", n),
    "swaps_given": lambda n: nsay("{n} turn given in a swap", "{n} turns given in a swap", n),
    "swaps_taken": lambda n: nsay("{n} turn taken in a swap", "{n} turns taken in a swap", n),
    "overrides_given": lambda n: nsay("{n} time another had its duty", "{n} times another had its duty", n),
    "overrides_taken": lambda n: nsay("{n} time it had the duty of another", "{n} times it had the duty of another", n),
}
_DAYS: Mapping[str, Callable[[Decimal], Text]] = {
    "duty": lambda n: say("days of duty: {n}", n=n),
    "weekend": lambda n: say("of which in weekends: {n}", n=n),
    "holiday": lambda n: say("of which on public holidays: {n}", n=n),
    "share": lambda n: say("days of share: {n}", n=n),
}


def _entry(entry: Entry) -> EntryRow:
    link = f"/turns/{entry.turn}" if entry.turn else f"/episodes/{entry.overflow}" if entry.overflow else None
    whole: Text | None = None
    for part in _said(entry.figures):
        whole = say("{first}, {second}", first=whole, second=part) if whole else part
    return EntryRow(entry, _KINDS[entry.kind], whole or say("nothing"), link)


def _said(figures: Figures) -> Iterator[Text]:
    """Each figure of a row that is not 0."""
    for name, days in _DAYS.items():
        if getattr(figures, name):
            yield days(_tenths(getattr(figures, name)))
    for name, count in _COUNTS.items():
        if getattr(figures, name):
            yield count(getattr(figures, name))
