"""Emergency places and what is promised of them, as lines for people. Knows no database and no Flask.

What an organisation may not know of a place (`sees_site`) is None in its line, and never reaches a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.board.answering_forms import FIRMNESS, HOURS
from piket.places.service import CommitmentInfo, PlaceInfo, PlaceTerms, Summary, Sums
from piket.words import Text, nsay, say

KINDS: Mapping[str, Text] = {
    "piket": say("for the duty office"),
    "cno": say("crisis emergency reception"),
    "nightShelter": say("night shelter"),
    "other": say("something else"),
}
"""What a place was offered as."""


@dataclass(frozen=True)
class Names:
    """The names of provinces and municipalities by code; a code that is not known stands for itself."""

    provinces: Mapping[str, str]
    municipalities: Mapping[str, str]

    def province(self, code: str) -> str:
        """The name of a province."""
        return self.provinces.get(code, code)

    def municipality(self, code: str) -> str:
        """The name of a municipality."""
        return self.municipalities.get(code, code)


@dataclass(frozen=True)
class SumsRow:
    """The sums of one province."""

    code: str
    name: str
    sums: Sums

    @property
    def empty(self) -> bool:
        """Whether nothing is offered and nothing in view."""
        return self.sums == Sums()


@dataclass(frozen=True)
class PlaceRow:
    """One emergency place. `site`, `municipality` and `note` None: not for this reader. `until` None: until it is withdrawn.

    `acts`: whether this reader may change it now; `withdraws`: whether it may also be taken back, for nothing of it is promised.
    """

    id: str
    site: str | None
    municipality: str | None
    province: str
    kind: Text
    note: str | None
    terms: PlaceTerms
    firmness: Text
    hours: Text
    state: Text
    committed: int
    occupied: int
    acts: bool
    withdraws: bool


@dataclass(frozen=True)
class PromiseRow:
    """Places promised on a call-up at one site. `until` None: until they are released. `acts`: this reader may change it."""

    id: str
    call_up: str
    site: str | None
    municipality: str | None
    province: str
    places: int
    occupied: int
    available_from: datetime
    until: datetime | None
    acts: bool


def sums_rows(summary: Summary, names: Names) -> list[SumsRow]:
    """Every province by name, also those that offer nothing."""
    rows = [SumsRow(code, name, summary.provinces.get(code, Sums())) for code, name in names.provinces.items()]
    return sorted(rows, key=lambda row: row.name)


def in_words(total: Sums, at: datetime | None) -> Text:
    """The sums of the country in one sentence; `at` is a moment in the past, None for now."""
    if at is not None:
        return nsay(
            "{n} place was offered at {at}, {free} of them free", "{n} places were offered at {at}, {free} of them free",
            total.offered, free=total.free, at=at,
        )  # fmt: skip
    if not total.offered:
        return say("No places are offered now")
    return nsay(
        "{n} place is offered, {free} of them free now", "{n} places are offered, {free} of them free now",
        total.offered, free=total.free,
    )  # fmt: skip


def place_row(info: PlaceInfo, names: Names, at: datetime, *, sees: bool, acts: bool) -> PlaceRow:
    """The line of one place as it stands at `at`."""
    open_yet = info.state == "offered"
    return PlaceRow(
        id=info.id,
        site=info.site if sees else None,
        municipality=names.municipality(info.municipality) if sees else None,
        province=names.province(info.province),
        kind=KINDS[info.terms.kind],
        note=(info.reason or info.terms.note) if sees else None,
        terms=info.terms,
        firmness=FIRMNESS[firm_word(info.terms)],
        hours=HOURS[info.terms.hours],
        state=standing(info, at),
        committed=info.committed,
        occupied=info.occupied,
        acts=acts and open_yet,
        withdraws=acts and open_yet and not info.committed,
    )


def promise_row(info: CommitmentInfo, names: Names, *, sees: bool, acts: bool) -> PromiseRow:
    """The line of one commitment that runs."""
    return PromiseRow(
        info.id, info.call_up, info.site if sees else None, names.municipality(info.municipality) if sees else None,
        names.province(info.province), info.places, info.occupied, info.available_from, info.until, acts,
    )  # fmt: skip


def firm_word(terms: PlaceTerms) -> str:
    """How certain it is, with who agreed, as the choice in a form names it."""
    return f"{terms.firmness}:{terms.agreed_with}" if terms.is_firm else "inView"


def standing(info: PlaceInfo, at: datetime) -> Text:
    """How a place stands at `at`: what of it can be opened, and when (as the sums count it)."""
    terms, left = info.terms, info.terms.places - info.committed
    if info.state == "withdrawn":
        return say("withdrawn")
    if info.state == "expired":
        return say("over since {at}", at=terms.available_until)
    if not terms.is_firm:
        return say("in view: nobody has agreed yet")
    if left <= 0:
        return say("all promised")
    if terms.available_from > at:
        return nsay("{n} place free from {at}", "{n} places free from {at}", left, at=terms.available_from)
    if terms.notice_hours:
        return nsay("{n} place free, on notice", "{n} places free, on notice", left)
    return nsay("{n} place free now", "{n} places free now", left)


def arranged(rows: Sequence[PlaceRow]) -> list[PlaceRow]:
    """By what this reader may see: province, municipality, site. The order gives away nothing that is hidden."""
    return sorted(rows, key=lambda row: (row.province, row.municipality or "", (row.site or "").casefold()))
