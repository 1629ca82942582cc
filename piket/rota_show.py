"""What `piket rota show` prints: a calendar of turns, and the ledger, with who had which public holiday."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from babel.numbers import format_decimal
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from piket.configfile import refuse
from piket.errors import Fault, Misconfigured
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.public_holidays import ORDER
from piket.rota.rules import organisations_of
from piket.rota.service import Coverage, Foreseen, Hole, Ledger, TurnView
from piket.settings import SeedRota, Settings
from piket.startup import read_rotas
from piket.words import Text, Words, listed, say

SHOWN_AHEAD = timedelta(weeks=12)
PARTS = 100_000
# Where nobody looks at a terminal, lines are long enough not to be cut.
WIDTH = 200


@dataclass(frozen=True)
class Shown:
    """One rota to be printed: its name, whether it is only proposed, the rows of its calendar, its ledger and its holes."""

    name: str
    proposed: bool
    rows: Sequence[Sequence[str]]
    ledger: Ledger
    names: Mapping[str, str]
    coverage: Coverage | None = None


CALENDAR = (say("from"), say("until"), say("on duty"), say("standby"), say("confirmed"), say("origin"), say("why"))
FORESEEN = CALENDAR[:4]
LEDGER = (
    say("organisation"), say("turns"), say("duty days"), say("share"), say("difference"), say("weekend days"),
    say("public holidays"), say("call-ups"), say("places asked"), say("places delivered"), say("nights hosted"),
    say("swaps given/taken"), say("overrides given/taken"),
)  # fmt: skip
FORESEEN_LEDGER = LEDGER[:7]
_ORIGINS = {"rota": say("rota"), "override": say("override"), "swap": say("swap")}


def stored(
    session: Session,
    now: datetime,
    settings: Settings,
    said: Words,
    code: str,
    since: datetime | None,
    until: datetime | None,
) -> Shown:
    """A rota as it is written down. Without a period: twelve weeks from now, and the ledger from the first turn until now.

    Raises `NotFound` for an unknown rota, `Invalid` for a period that ends before it begins.
    """
    begins = since or now
    ends = until or begins + SHOWN_AHEAD
    asked = since is not None or until is not None
    ledger = rota.ledger(session, now, code, begins if asked else None, ends if asked else None)
    turns = rota.calendar(session, now, begins, ends, code)
    found = rota.find_rota(session, code)
    codes = {one for turn in turns for slot in turn.slots for one in slot.organisations}
    codes |= {turn.standby for turn in turns if turn.standby} | {one.organisation for one in ledger.accounts}
    cover = rota.coverage(session, now, settings, code, begins, ends)
    names = organisations.names(session, codes | {code for hole in cover.holes for code in hole.organisations})
    rows = [_row(said, turn, names) for turn in turns]
    return Shown(found.definition.name, found.status == "proposed", rows, ledger, names, cover)


def from_file(settings: Settings, said: Words, path: Path, code: str | None, years: int) -> list[Shown]:
    """The rotas of a file in the form of `config/rotas.toml` (with `code` that one), as they would be; nothing is written down.

    Raises `Misconfigured`, naming everything that is wrong with them.
    """
    seeds = [seed for seed in read_rotas(path) if code in (None, seed.code)]
    if not seeds:
        raise Misconfigured(say("{path} has no rota with the code {code}.", path=str(path), code=code or "…"))
    refuse([_in_file(seed, fault) for seed in seeds for fault in rota.faults_of_seed(seed, settings.weights)], path)
    names = {code: known.name for code, known in settings.municipalities.items()}
    names |= {known.code: known.name for known in settings.organisations}
    return [_foreseen(said, rota.foresee(seed, settings.weights, years), names) for seed in seeds]


def _in_file(seed: SeedRota, fault: Fault) -> Fault:
    return Fault("config", f"rota {seed.code}.{fault.field}", fault.detail)


def _foreseen(said: Words, found: Foreseen, names: Mapping[str, str]) -> Shown:
    known = {code: names.get(code, code) for code in organisations_of(found.definition.members)}
    rows = [
        [
            said.moment(turn.span.from_at),
            said.moment(turn.span.until_at),
            _who(said, organisations_of(turn.holders), known),
            known[turn.standby] if turn.standby else "-",
        ]
        for turn in found.turns
    ]
    return Shown(found.definition.name, True, rows, found.ledger, known)


def _row(said: Words, turn: TurnView, names: Mapping[str, str]) -> list[str]:
    origins = dict.fromkeys([*(slot.origin for slot in turn.slots), *("override" for _ in turn.overrides)])
    confirmed = [slot.confirmed_places for slot in turn.slots if slot.confirmed_places is not None]
    return [
        said.moment(turn.from_at),
        said.moment(turn.until_at),
        _who(said, organisations_of([slot.organisations for slot in turn.slots]), names),
        names[turn.standby] if turn.standby else "-",
        said.number(sum(confirmed)) if confirmed else "-",
        ", ".join(said(_ORIGINS[origin]) for origin in origins),
        said(turn.why),
    ]


def _who(said: Words, codes: Sequence[str], names: Mapping[str, str]) -> str:
    return said(listed([names[code] for code in codes]))


def show(console: Console, said: Words, shown: Shown) -> None:
    """Print one rota: the calendar, the ledger, the public holidays, and where it has holes."""
    console.print(_table(said, _title(said, shown), CALENDAR if shown.coverage else FORESEEN, shown.rows, right=()))
    for hole in shown.coverage.holes if shown.coverage else ():
        console.print(said(_hole(hole, shown.names)))
    console.print(_ledger(said, shown))
    console.print(said(_imbalance(said, shown.ledger)))
    if shown.ledger.holidays:
        console.print(_holidays(said, shown))


def _title(said: Words, shown: Shown) -> Text:
    if shown.proposed:
        return say("{name}: a proposal, nobody has decided it yet", name=shown.name)
    return say("{name}: decided", name=shown.name)


def _table(
    said: Words, title: Text, columns: Iterable[Text | str], rows: Iterable[Sequence[str]], right: Sequence[int]
) -> Table:
    table = Table(title=said(title), title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(said(column), justify="right" if number in right else "left", no_wrap=number == 0)
    for row in rows:
        table.add_row(*row)
    return table


def _ledger(said: Words, shown: Shown) -> Table:
    """What each carried, its share and the difference, and all of them together."""
    ledger, columns = shown.ledger, LEDGER if shown.coverage else FORESEEN_LEDGER
    title = say("Ledger from {since} until {until}", since=ledger.since, until=ledger.until)
    rows = []
    for one in ledger.accounts:
        f = one.figures
        days = [_days(said, part) for part in (f.duty, f.share, f.difference, f.weekend, f.holiday)]
        counts = [said.number(n) for n in (f.call_ups, f.places_asked, f.places_delivered, f.nights_hosted)]
        pairs = [f"{f.swaps_given}/{f.swaps_taken}", f"{f.overrides_given}/{f.overrides_taken}"]
        rows.append([shown.names[one.organisation], said.number(f.turns), *days, *counts, *pairs][: len(columns)])
    return _table(said, title, columns, rows, right=range(1, len(columns)))


def _imbalance(said: Words, ledger: Ledger) -> Text:
    return say(
        "Imbalance: {imbalance} days for each unit of weight; the longest turn has {turn} days.",
        imbalance=_days(said, ledger.imbalance),
        turn=_days(said, ledger.longest_turn),
    )


def _holidays(said: Words, shown: Shown) -> Table:
    """Of each public holiday how many days each had duty on it."""
    there = {str(one.name) for one in shown.ledger.holidays}
    columns = [*(name for name in ORDER if str(name) in there), *sorted(there - set(map(str, ORDER)))]
    held: dict[tuple[str, str], int] = {}
    for one in shown.ledger.holidays:
        for code, part in one.held.items():
            held[code, str(one.name)] = held.get((code, str(one.name)), 0) + part
    rows = [
        [
            shown.names[one.organisation],
            *(_days(said, held.get((one.organisation, str(name)), 0)) for name in columns),
            _days(said, sum(held.get((one.organisation, str(name)), 0) for name in columns)),
        ]
        for one in shown.ledger.accounts
    ]
    title = say("Days of duty on public holidays")
    names = [say("organisation"), *columns, say("together")]
    return _table(said, title, names, rows, right=range(1, len(names)))


def _hole(hole: Hole, names: Mapping[str, str]) -> Text:
    values = {"since": hole.from_at, "until": hole.until_at}
    if hole.state == "nobody":
        return say("Hole: from {since} until {until} nobody has duty.", **values)
    return say(
        "Hole: {who} cannot be reached at all hours; first from {since} until {until}.",
        who=listed([names[code] for code in hole.organisations]),
        **values,
    )


def _days(said: Words, parts: int) -> str:
    """Days with at most two decimals, as this language writes them."""
    days = (Decimal(parts) / PARTS).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return str(format_decimal(days, format="#,##0.##", locale=said.language))
