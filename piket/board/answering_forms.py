"""The form for answering a call-up: what stands in it, and what was meant by what was typed. Knows no database.

Sites that the province offers already are one line with a number; other sites are a row `sites-0-…` with all that a promise says.
Everything that is wrong is found at once and named by the field beside which it is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from piket.errors import Fault
from piket.overflows.service import Answer
from piket.places.service import PlaceInfo, SitePromise
from piket.rota.wall_rules import to_local, wall_moment
from piket.words import Text, say

MOST_ROWS, MOST_PLACES = 20, 10_000
LONGEST = 1000
FIRMNESS: Mapping[str, Text] = {
    "agreed:mayor": say("Agreed: the mayor said yes"),
    "agreed:executive": say("Agreed: the mayor and aldermen said yes"),
    "agreed:owner": say("Agreed: the owner said yes, for the municipality"),
    "ready:mayor": say("Ready for use, with the mayor's yes"),
    "ready:executive": say("Ready for use, with the yes of mayor and aldermen"),
    "ready:owner": say("Ready for use, with the owner's yes, for the municipality"),
    "inView": say("Only in view: nobody has said yes yet"),
}
HOURS: Mapping[str, Text] = {"aroundTheClock": say("Day and night"), "night": say("Only at night")}
_PARTS = ("municipality", "site", "places", "firmness", "hours", "from", "until")
# What the promise calls a part, as the form calls it.
_FIELDS = {"agreedWith": "firmness", "availableFrom": "from", "availableUntil": "until", "emergencyPlace": "site"}
_NUMBER = say("Fill in a whole number of 1 or more.")


@dataclass(frozen=True)
class Typed:
    """What was meant. `prefixes` names for each site of the answer its fields; `wrong` what would be right, by field."""

    answer: Answer
    prefixes: Sequence[str]
    wrong: Mapping[str, str] = field(default_factory=dict)

    def placed(self, faults: Sequence[Fault]) -> dict[str, str]:
        """Faults of the rules (`sites.1.places`) beside the fields of this form; the first of a field is said."""
        found: dict[str, str] = {}
        for fault in faults:
            found.setdefault(self._field(fault.field), fault.detail)
        return found | dict(self.wrong)

    def _field(self, name: str) -> str:
        """*sites.1.availableFrom* is *sites-0-from* when that is where the second site was typed."""
        parts = name.split(".")
        if parts[0] != "sites" or len(parts) < 3:
            return {"declineReason": "decline", "reason": "reason"}.get(name, self._first())
        prefix = self.prefixes[int(parts[1])]
        return prefix if prefix.startswith("known-") else f"{prefix}-{_FIELDS.get(parts[2], parts[2])}"

    def _first(self) -> str:
        prefix = self.prefixes[0] if self.prefixes else "sites-0"
        return prefix if prefix.startswith("known-") else f"{prefix}-places"


def read_promise(typed: Mapping[str, str], known: Sequence[PlaceInfo], way: Literal["link"] | None = None) -> Typed:
    """A promise in whole or in part. What was left empty of a row is wrong, unless the whole row is empty."""
    sites, prefixes, wrong = list[SitePromise](), list[str](), dict[str, str]()
    for prefix, site in (*_known_sites(typed, known, wrong), *_rows(typed, wrong)):
        sites.append(site)
        prefixes.append(prefix)
    if not sites and not wrong:
        wrong["sites-0-places"] = say(
            "Fill in how many places you promise at one site or more, or say that you cannot."
        )
    reason = typed.get("reason", "").strip()[:LONGEST] or None
    answer = Answer(sum(site.places for site in sites), tuple(sites), reason=reason, way=way)
    return Typed(answer, prefixes, wrong)


def read_decline(typed: Mapping[str, str], way: Literal["link"] | None = None) -> Typed:
    """An answer of no places, with its reason."""
    reason = typed.get("decline", "").strip()[:LONGEST]
    wrong = {} if reason else {"decline": say("Say in a few words why you cannot open places.")}
    return Typed(Answer(0, decline_reason=reason or None, way=way), (), wrong)


def rows_in(typed: Mapping[str, str]) -> int:
    """How many rows for other sites the form had; one when it does not say."""
    given = typed.get("rows", "")
    return min(MOST_ROWS, max(1, int(given))) if given.isascii() and given.isdigit() and len(given) < 4 else 1


def as_field(at: datetime | None) -> str:
    """A moment as a field for moments holds it, by the clock on the wall; empty for none."""
    return to_local(at).strftime("%Y-%m-%dT%H:%M") if at else ""


def filled(now: datetime, last: Mapping[str, Any] | None, known: Sequence[PlaceInfo]) -> dict[str, str]:
    """What stands in the form at first: the last answer as it was given, and one empty row that begins now."""
    values, row = dict[str, str](), 0
    ids = {(place.municipality, place.site.casefold()): place.id for place in known}
    for site in (last or {}).get("sites", ()):
        place = site["emergencyPlace"] or ids.get((site["municipality"], site["site"].casefold()))
        if place in ids.values():
            values[f"known-{place}"] = str(site["places"])
        else:
            values |= _given(f"sites-{row}", site)
            row += 1
    return values | {f"sites-{row}-from": as_field(now), "rows": str(row + 1)}


def _given(prefix: str, site: Mapping[str, Any]) -> dict[str, str]:
    firm = f"{site['firmness']}:{site['agreedWith']}" if site["firmness"] != "inView" else "inView"
    times = {
        part: as_field(datetime.fromisoformat(site[key]) if site[key] else None)
        for part, key in (("from", "availableFrom"), ("until", "availableUntil"))
    }
    said = {key: str(site[key]) for key in ("municipality", "site", "places", "hours")}
    return {f"{prefix}-{part}": value for part, value in {**said, "firmness": firm, **times}.items()}


def _known_sites(
    typed: Mapping[str, str], known: Sequence[PlaceInfo], wrong: dict[str, str]
) -> Iterator[tuple[str, SitePromise]]:
    """Places at sites that are offered already, on the terms of the offer."""
    for place in known:
        name = f"known-{place.id}"
        given = typed.get(name, "").strip()
        if given in ("", "0"):
            continue
        number = read_number(given)
        if number is None:
            wrong[name] = _NUMBER
        terms = place.terms
        yield name, SitePromise(
            places=number or 1, firmness=terms.firmness, agreed_with=terms.agreed_with, hours=terms.hours,
            available_from=terms.available_from, available_until=terms.available_until, groups=terms.groups,
            municipality=place.municipality, site=place.site, emergency_place=place.id,
        )  # fmt: skip


def _rows(typed: Mapping[str, str], wrong: dict[str, str]) -> Iterator[tuple[str, SitePromise]]:
    """The sites that were typed in full. A row of which only the times and hours were given is empty."""
    for number in range(rows_in(typed)):
        prefix = f"sites-{number}"
        given = {part: typed.get(f"{prefix}-{part}", "").strip() for part in _PARTS}
        if any(given[part] for part in ("municipality", "site", "places", "firmness")):
            yield prefix, read_site(prefix, given, wrong)


def read_site(prefix: str, given: Mapping[str, str], wrong: dict[str, str]) -> SitePromise:
    """One site. What is missing is named in `wrong` and stands in for something right, so that the rest is looked at too."""
    number, begins, ends = read_number(given["places"]), read_moment(given["from"]), read_moment(given["until"])
    firmness, _, agreed_with = given["firmness"].partition(":")
    asked = {
        "municipality": (given["municipality"], say("Choose the municipality.")),
        "site": (given["site"], say("Give the name by which the site is known.")),
        "places": (number, _NUMBER),
        "firmness": (given["firmness"] in FIRMNESS, say("Choose how certain these places are.")),
        "hours": (given["hours"] in HOURS, say("Choose whether people can stay by day too.")),
        "from": (begins, say("Fill in a date and a time.")),
        "until": (ends or not given["until"], say("Fill in a date and a time, or leave it empty.")),
    }
    wrong |= {f"{prefix}-{part}": detail for part, (right, detail) in asked.items() if not right}
    return SitePromise(
        places=number or 1, firmness=firmness or "inView", agreed_with=agreed_with or None, hours=given["hours"] or "night",
        available_from=begins or datetime(2000, 1, 1, tzinfo=UTC), available_until=ends,
        municipality=given["municipality"], site=given["site"],
    )  # fmt: skip


def read_number(typed: str, least: int = 1) -> int | None:
    """A whole number from `least`, with or without a point for thousands; None when it is none."""
    plain = typed.strip().replace(".", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 6):
        return None
    return int(plain) if least <= int(plain) <= MOST_PLACES else None


def read_moment(typed: str) -> datetime | None:
    """A moment by the clock on the wall, as browsers send it; of an hour that comes twice the first. None when it is none."""
    try:
        shown = datetime.strptime(typed[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    return wall_moment(shown.date(), shown.time()) if 2000 <= shown.year < 2100 else None
