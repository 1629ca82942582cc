"""The plan of days: which public counts are replayed, when each is posted, and how those who are called answer.

The counts are public, with their source beside them; everything about answers is made up. Moments of the day are local.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from piket.words import LOCAL, Text, Words, say

DATA = Path(__file__).parent / "data" / "ter_apel_counts.csv"
SPRING = (date(2024, 3, 1), date(2024, 4, 15))
AUTUMN = (date(2024, 9, 10), date(2024, 9, 17))
DEFINITIONS = {"site_night_beds": "nightBeds", "site_present_by_day": "present", "sleeping_outside": "withoutBed"}

OBSERVED = time(7, 0)
POSTED = time(8, 5)
BEFORE_POSTING = time(8, 1)
NIGHT = date(2024, 9, 16)
# What was promised in spring ends long before September; what is promised in September outlives the night.
SPRING_ENDS = date(2024, 7, 1)
AUTUMN_ENDS = date(2024, 9, 30)


@dataclass(frozen=True)
class PublicCount:
    """One row of the public counts."""

    day: date
    moment: str
    people: int
    scope: str
    precision: str
    dating: str
    source: str

    @property
    def definition(self) -> str | None:
        """By which definition it counts at the centre; None for other places, which count nowhere."""
        return DEFINITIONS.get(self.scope)

    @property
    def place(self) -> str:
        """Of another place: its name."""
        return self.scope.partition(":")[2]

    def note(self, words: Words) -> str:
        """What is written beside the count."""
        said = {
            "exact": say("Public count, published as this number."),
            "approx": say("Public count, published as about this number."),
            "derived": say("Public count, worked out from published numbers."),
        }[self.precision]
        dated = (
            say("The source states the day.")
            if self.dating == "date_stated"
            else say("The day was worked out from the day of publication.")
        )
        return words(say("{first} {second}", first=said, second=dated))


@dataclass(frozen=True)
class Reply:
    """How one called organisation answers, `after` minutes. `places` None is all that was asked, `more` comes on top.

    `how`: `promise`, `telephone` (entered by COA), `decline`, or `silent` (nothing until the deadline has passed). Whoever
    takes longer than a quarter of an hour says first that it has read the call-up.
    """

    how: str = "promise"
    places: int | None = None
    after: int = 12
    more: int = 0


# In the order in which organisations are called on that day; who they are is for the rota to say.
REPLIES: Mapping[date, Sequence[Reply]] = {
    date(2024, 3, 9): (
        Reply(places=30, after=26),
        Reply("silent"),
        Reply("decline", after=11),
        Reply("telephone", after=12),
    ),
    date(2024, 3, 11): (Reply(places=10), Reply()),
    date(2024, 3, 12): (Reply(places=100, after=35), Reply(places=25), Reply()),
    date(2024, 4, 4): (Reply(more=17),),
    date(2024, 9, 10): (Reply(places=60), Reply()),
}

# In each province two municipalities that could host; which do is made up, and so are the halls.
HOSTS: Mapping[str, Sequence[str]] = {
    "nl-dr": ("gm0106", "gm0118"),
    "nl-fl": ("gm0034", "gm0303"),
    "nl-fr": ("gm0074", "gm0072"),
    "nl-ge": ("gm0200", "gm0222"),
    "nl-gr": ("gm0037", "gm1979"),
    "nl-li": ("gm0983", "gm0935"),
    "nl-nb": ("gm0758", "gm0855"),
    "nl-nh": ("gm0394", "gm0405"),
    "nl-ov": ("gm0164", "gm0150"),
    "nl-ut": ("gm0307", "gm0344"),
    "nl-ze": ("gm0664", "gm0677"),
    "nl-zh": ("gm0505", "gm0513"),
}
HALLS = (
    "Sporthal Noord", "Sporthal Zuid", "Evenementenhal", "Sporthal Oost",
    "Congreshal", "Sporthal West", "Beurshal", "Buurthuis",
)  # fmt: skip


def local(day: date, at: time) -> datetime:
    """A moment of that day by the clock on the wall, in UTC so that hours can be added to it."""
    return datetime.combine(day, at, LOCAL).astimezone(UTC)


def read_counts(path: Path = DATA) -> list[PublicCount]:
    """The public counts, in the order of the file. Rows that name no day (only a month) cannot be replayed."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            PublicCount(
                date.fromisoformat(row["date"]),
                row["moment"],
                int(row["count"]),
                row["scope"],
                row["precision"],
                row["dating"],
                row["source"],
            )
            for row in csv.DictReader(file)
            if len(row["date"]) == 10
        ]


def of_period(counts: Sequence[PublicCount], period: tuple[date, date]) -> dict[date, list[PublicCount]]:
    """The counts of a period, by day."""
    found: dict[date, list[PublicCount]] = {}
    for count in counts:
        if period[0] <= count.day <= period[1]:
            found.setdefault(count.day, []).append(count)
    return found


def reply_of(day: date, number: int) -> Reply:
    """How the organisation that is called as the `number`-th on that day (from 0) answers; otherwise in full."""
    planned = REPLIES.get(day, ())
    return planned[number] if number < len(planned) else Reply()


def ends(day: date) -> datetime:
    """Until when a promise of that day holds."""
    return local(SPRING_ENDS if day <= SPRING[1] else AUTUMN_ENDS, time(12))


def opens(day: date) -> datetime:
    """From when places promised on that day can be used."""
    return local(day, time(17))


def decline_reason() -> Text:
    """Why a province of the demo cannot."""
    return say("No municipality can open a hall today (made up for this demo).")
