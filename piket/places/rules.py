"""Sections 3.3, 4.2 and 5.5 of the rules, and the sums of emergency places: what counts, what is free, where a promise goes.

Pure: no clock, no database, no settings.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

FIRM = ("agreed", "ready")


@dataclass(frozen=True)
class Terms:
    """What is said about a site. `available_until` None: until it is withdrawn. `agreed_with`: who of the municipality agreed.

    Only `agreed` and `ready` places count; `inView` is a place somebody has in mind.
    """

    places: int
    firmness: str
    agreed_with: str | None
    hours: str
    available_from: datetime
    available_until: datetime | None
    groups: tuple[str, ...] = ()

    @property
    def is_firm(self) -> bool:
        """Whether the municipality has agreed, so that the places count."""
        return self.firmness in FIRM


@dataclass(frozen=True)
class PlaceTerms(Terms):
    """What holds for an emergency place from one moment to the next.

    `by_hand` of the `places` were offered by themselves; they stay when a promise on a call-up is taken back.
    """

    notice_hours: int = 0
    max_stay_hours: int | None = None
    kind: str = "piket"
    note: str | None = None
    by_hand: int = 0


@dataclass(frozen=True)
class SitePromise(Terms):
    """One site of a promise on a call-up. Known by municipality and name, or by the id of an emergency place."""

    municipality: str = ""
    site: str = ""
    emergency_place: str | None = None


def site_key(site: str) -> str:
    """The name of a site for comparing: capitals, spaces and the way accents are typed make no difference (5.5)."""
    return " ".join(unicodedata.normalize("NFKC", site).casefold().split())


class Claim(NamedTuple):
    """One firm site of a promise: how many places it promises, and how many of them are committed on this call-up already."""

    promised: int
    existing: int


def allocate(claims: Sequence[Claim], limit: int) -> tuple[int, ...]:
    """5.5: how many places of each site count, in the order listed, up to `limit` in all.

    What a site had already is kept first, as far as it is still promised and even above the limit: only COA releases
    what is committed (5.3). What is left over of a site is surplus.
    """
    kept = [min(claim.promised, claim.existing) for claim in claims]
    left = max(0, limit - sum(kept))
    filled = []
    for claim, have in zip(claims, kept, strict=True):
        more = min(claim.promised - have, left)
        left -= more
        filled.append(have + more)
    return tuple(filled)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; None never ends."""
    return None if one is None or other is None else max(one, other)


def has_passed(end: datetime | None, at: datetime) -> bool:
    """Whether something that lasts until `end` is over at `at`; at the minute of the end it is."""
    return end is not None and end <= at


def place_for_promise(promise: SitePromise) -> PlaceTerms:
    """The place that a promise makes when its site was not known yet."""
    return _as_promised(PlaceTerms(0, "", None, "", promise.available_from, None), promise)


def place_after_promise(
    place: PlaceTerms, promise: SitePromise, before: int, elsewhere: int, counted: int
) -> PlaceTerms:
    """What a known place becomes when a call-up's promise names it, of which `counted` places count.

    `before` is what this call-up's promise named here until now, `elsewhere` what is committed here on other call-ups.
    The place grows only when it cannot hold both, so that one bed never counts twice; what was offered by hand stays.
    A place in view of which some are now agreed becomes those, so that none gets firm unsaid. The other way round the
    promise is taken back, and what was offered by hand or is committed elsewhere stays firm.
    """
    if place.is_firm != promise.is_firm:
        if place.is_firm and (place.by_hand or elsewhere):
            return place_without_promise(place, before, elsewhere)
        return replace(_as_promised(place, promise), by_hand=0)
    places = max(_stretched(place, promise.places, before, elsewhere), elsewhere + counted)
    if not place.by_hand and not elsewhere:
        return replace(_as_promised(place, promise), places=places)
    return replace(
        place,
        places=places,
        firmness=promise.firmness,
        agreed_with=promise.agreed_with,
        available_from=min(place.available_from, promise.available_from),
        available_until=later(place.available_until, promise.available_until),
    )


def place_without_promise(place: PlaceTerms, before: int, elsewhere: int) -> PlaceTerms:
    """What a place becomes when a promise no longer names it: 0 places means that nothing of it is left to offer."""
    return replace(place, places=_stretched(place, 0, before, elsewhere))


def _stretched(place: PlaceTerms, promised: int, before: int, elsewhere: int) -> int:
    """How many places a site has when this promise names `promised` instead of `before`, as far as nobody else needs them.

    More is added only as far as the site cannot hold it already; less never goes below what was offered by hand or is
    committed elsewhere.
    """
    if promised == before:
        return place.places
    if promised > before:
        return min(place.places + promised - before, max(place.places, elsewhere + promised))
    return max(place.by_hand, place.places + promised - before, elsewhere + promised)


def _as_promised(place: PlaceTerms, promise: SitePromise) -> PlaceTerms:
    """The place with everything as this promise says it; what a promise does not speak of stays."""
    return replace(
        place,
        places=promise.places,
        firmness=promise.firmness,
        agreed_with=promise.agreed_with,
        hours=promise.hours,
        available_from=promise.available_from,
        available_until=promise.available_until,
        groups=promise.groups or place.groups,
    )


@dataclass(frozen=True)
class Stock:
    """One emergency place at one moment: what is said of it, and what is committed and occupied on it."""

    province: str
    terms: PlaceTerms
    committed: int = 0
    occupied: int = 0


@dataclass(frozen=True)
class Sums:
    """Places, added up. Always offered = committed + on_notice + free; `occupied` is part of `committed`, `in_view` apart."""

    offered: int = 0
    committed: int = 0
    occupied: int = 0
    on_notice: int = 0
    free: int = 0
    in_view: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.offered + other.offered,
            self.committed + other.committed,
            self.occupied + other.occupied,
            self.on_notice + other.on_notice,
            self.free + other.free,
            self.in_view + other.in_view,
        )


@dataclass(frozen=True)
class Summary:
    """The sums of all provinces together, and of each that has places."""

    total: Sums
    provinces: dict[str, Sums]


def count(stock: Stock, at: datetime, ahead: timedelta) -> Sums:
    """What one place adds at `at`: it counts when something on it is committed, or when it opens within `ahead`.

    Of what is not committed, `free` can be opened now; for `on_notice` it is not open yet, or asks for notice. A place
    over its end adds nothing (at that very minute neither), one in view only to `in_view`.
    """
    terms = stock.terms
    if has_passed(terms.available_until, at) or (terms.available_from > at + ahead and not stock.committed):
        return Sums()
    if not terms.is_firm:
        return Sums(in_view=terms.places)
    rest = terms.places - stock.committed
    at_once = terms.available_from <= at and terms.notice_hours == 0
    return Sums(
        terms.places, stock.committed, stock.occupied, on_notice=0 if at_once else rest, free=rest if at_once else 0
    )


def summarise(stocks: Iterable[Stock], at: datetime, ahead: timedelta) -> Summary:
    """The sums at `at`, in total and of each province."""
    provinces: dict[str, Sums] = {}
    for stock in stocks:
        provinces[stock.province] = provinces.get(stock.province, Sums()) + count(stock, at, ahead)
    return Summary(sum(provinces.values(), Sums()), dict(sorted(provinces.items())))
