"""What an offer or a promise must say to be taken (section 5.5 and the words of firmness). Pure; every fault at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from piket.places.rules import FIRM, PlaceTerms, Terms
from piket.words import Text, say

MOST_PLACES = 10_000
MOST_HOURS = 24 * 365
FIRMNESS = ("inView", *FIRM)
AGREED_WITH = ("mayor", "executive", "owner")
HOURS = ("night", "aroundTheClock")
KINDS = ("piket", "cno", "nightShelter", "other")
LONGEST_SITE, LONGEST_TEXT, LONGEST_GROUP, MOST_GROUPS = 200, 1000, 40, 10


class Wrong(NamedTuple):
    """One thing that is wrong: the field as the API names it, and a sentence that says what would be right."""

    field: str
    detail: Text


def wrong_with_site(
    province: str, municipality: str, site: str, provinces: Mapping[str, str], name_of: Mapping[str, str]
) -> Iterator[Wrong]:
    """Where it is. `provinces` gives the province of every known municipality, `name_of` its name."""
    if province not in provinces.values():
        yield Wrong("province", say("{code} is not a province. Use a code such as nl-ov.", code=province))
    if municipality not in provinces:
        yield Wrong(
            "municipality", say("{code} is not a known municipality. Use a code such as gm0150.", code=municipality)
        )
    elif province in provinces.values() and provinces[municipality] != province:
        yield Wrong(
            "municipality",
            say(
                "{name} ({code}) lies in {other}, not in {province}.",
                name=name_of[municipality],
                code=municipality,
                other=provinces[municipality],
                province=province,
            ),
        )
    if not site.strip():
        yield Wrong("site", say("Give the name by which the site is known."))
    elif len(site) > LONGEST_SITE:
        yield Wrong("site", say("Use at most {most} characters.", most=LONGEST_SITE))


def wrong_with_terms(terms: Terms, now: datetime) -> Iterator[Wrong]:
    """What is said of a site: numbers, words, consent and times. One that is over already is refused too."""
    if isinstance(terms.places, bool) or not isinstance(terms.places, int) or not 1 <= terms.places <= MOST_PLACES:
        yield Wrong("places", say("Give a whole number from 1 to {most}.", most=MOST_PLACES))
    yield from _not_one_of("firmness", terms.firmness, FIRMNESS)
    yield from _not_one_of("hours", terms.hours, HOURS)
    if terms.agreed_with is not None:
        yield from _not_one_of("agreedWith", terms.agreed_with, AGREED_WITH)
    elif terms.is_firm:
        yield Wrong(
            "agreedWith",
            say("Say who agreed: mayor, executive or owner. Without that, the places are only in view (inView)."),
        )
    yield from _wrong_times(terms, now)
    yield from _wrong_groups(terms.groups)


def wrong_with_place(terms: PlaceTerms, now: datetime) -> Iterator[Wrong]:
    """`wrong_with_terms`, and what only a standing offer says."""
    yield from wrong_with_terms(terms, now)
    if not 0 <= terms.notice_hours <= MOST_HOURS:
        yield Wrong("noticeHours", say("Give a whole number of hours from 0 to {most}.", most=MOST_HOURS))
    if terms.max_stay_hours is not None and not 1 <= terms.max_stay_hours <= MOST_HOURS:
        yield Wrong("maxStayHours", say("Give a whole number of hours from 1 to {most}.", most=MOST_HOURS))
    yield from _not_one_of("kind", terms.kind, KINDS)
    if terms.note is not None and len(terms.note) > LONGEST_TEXT:
        yield Wrong("note", say("Use at most {most} characters.", most=LONGEST_TEXT))


def _wrong_times(terms: Terms, now: datetime) -> Iterator[Wrong]:
    if terms.available_until is None:
        return
    if terms.available_until <= terms.available_from:
        yield Wrong("availableUntil", say("The places end before they begin. Give a moment after availableFrom."))
    elif terms.available_until <= now:
        yield Wrong("availableUntil", say("This moment has passed. Give a later one, or leave it out."))


def _wrong_groups(groups: tuple[str, ...]) -> Iterator[Wrong]:
    if len(groups) > MOST_GROUPS:
        yield Wrong("groups", say("Name at most {most} groups.", most=MOST_GROUPS))
    for number, group in enumerate(groups):
        if not group.strip() or len(group) > LONGEST_GROUP:
            yield Wrong(
                f"groups.{number}", say("Name a group in 1 to {most} characters, such as families.", most=LONGEST_GROUP)
            )


def _not_one_of(field: str, value: str, allowed: tuple[str, ...]) -> Iterator[Wrong]:
    if value not in allowed:
        yield Wrong(
            field, say("{value} is not known here. Use one of: {allowed}.", value=value, allowed=", ".join(allowed))
        )
