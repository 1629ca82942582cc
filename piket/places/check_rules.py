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


def wrong_with_municipality(
    province: str | None, municipality: str | None, provinces: Mapping[str, str], names: Mapping[str, str]
) -> Iterator[Wrong]:
    """Where it is; None: not said. `provinces` gives the province of every known municipality, `names` its name."""
    if province is not None and province not in provinces.values():
        yield Wrong("province", say("{code} is not a province. Use a code such as nl-ov.", code=province))
        province = None
    if municipality is None:
        return
    if municipality not in provinces:
        wrong = say("{code} is not a known municipality. Use a code such as gm0150.", code=municipality)
        yield Wrong("municipality", wrong)
    elif province is not None and provinces[municipality] != province:
        wrong = say(
            "{name} ({code}) lies in {other}, not in {province}.",
            name=names[municipality],
            code=municipality,
            other=provinces[municipality],
            province=province,
        )
        yield Wrong("municipality", wrong)


def wrong_with_name(site: str) -> Iterator[Wrong]:
    """What people call the site."""
    if not site.strip():
        yield Wrong("site", say("Give the name by which the site is known."))
    elif len(site) > LONGEST_SITE:
        yield Wrong("site", say("Give text of at most {max} characters.", max=LONGEST_SITE))


def wrong_consent(firmness: str | None, agreed_with: str | None) -> Iterator[Wrong]:
    """The municipality decides: places that are agreed or ready say who of it agreed."""
    if firmness in FIRM and agreed_with is None:
        yield Wrong(
            "agreedWith",
            say("Say who agreed: mayor, executive or owner. Without that, the places are only in view (inView)."),
        )


def wrong_order(available_from: datetime | None, available_until: datetime | None) -> Iterator[Wrong]:
    """The end comes after the beginning; None: not said, or until it is withdrawn."""
    if available_from is not None and available_until is not None and available_until <= available_from:
        yield Wrong("availableUntil", say("The places end before they begin. Give a moment after availableFrom."))


def wrong_with_terms(terms: Terms, now: datetime) -> Iterator[Wrong]:
    """What is said of a site: numbers, words, consent and times. One that is over already is refused too."""
    if isinstance(terms.places, bool) or not isinstance(terms.places, int) or not 1 <= terms.places <= MOST_PLACES:
        yield Wrong("places", say("Give a whole number from {min} to {max}.", min=1, max=MOST_PLACES))
    yield from _not_one_of("firmness", terms.firmness, FIRMNESS)
    yield from _not_one_of("hours", terms.hours, HOURS)
    if terms.agreed_with is not None:
        yield from _not_one_of("agreedWith", terms.agreed_with, AGREED_WITH)
    yield from wrong_consent(terms.firmness, terms.agreed_with)
    yield from _wrong_times(terms, now)
    yield from _wrong_groups(terms.groups)


def wrong_with_place(terms: PlaceTerms, now: datetime) -> Iterator[Wrong]:
    """`wrong_with_terms`, and what only a standing offer says."""
    yield from wrong_with_terms(terms, now)
    if not 0 <= terms.notice_hours <= MOST_HOURS:
        yield Wrong("noticeHours", say("Give a whole number from {min} to {max}.", min=0, max=MOST_HOURS))
    if terms.max_stay_hours is not None and not 1 <= terms.max_stay_hours <= MOST_HOURS:
        yield Wrong("maxStayHours", say("Give a whole number from {min} to {max}.", min=1, max=MOST_HOURS))
    yield from _not_one_of("kind", terms.kind, KINDS)
    if terms.note is not None and len(terms.note) > LONGEST_TEXT:
        yield Wrong("note", say("Give text of at most {max} characters.", max=LONGEST_TEXT))


def _wrong_times(terms: Terms, now: datetime) -> Iterator[Wrong]:
    """The end after the beginning and after now; only the first of the two is said."""
    wrong = list(wrong_order(terms.available_from, terms.available_until))
    yield from wrong
    if not wrong and terms.available_until is not None and terms.available_until <= now:
        yield Wrong("availableUntil", say("This moment has passed. Give a later one, or leave it out."))


def _wrong_groups(groups: tuple[str, ...]) -> Iterator[Wrong]:
    """For whom a place is meant, in a few words; an empty list is for everybody."""
    if len(groups) > MOST_GROUPS:
        yield Wrong("groups", say("Name at most {most} groups.", most=MOST_GROUPS))
    for number, group in enumerate(groups):
        if not group.strip() or len(group) > LONGEST_GROUP:
            yield Wrong(
                f"groups.{number}", say("Name a group in 1 to {most} characters, such as families.", most=LONGEST_GROUP)
            )


def _not_one_of(field: str, value: str, allowed: tuple[str, ...]) -> Iterator[Wrong]:
    """A word that is not in its list."""
    if value not in allowed:
        yield Wrong(field, say("Choose one of: {words}.", words=", ".join(allowed)))
