"""What can stand on a picture, as plain values: decided before anything is drawn, so that it can be tested without drawing.

Every text on a sheet is already in its reader's language. Whatever the pen needs is on the sheet, so a sheet's content is
its picture's name: the same sheet is the same picture, down to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

# Another one as soon as the code that draws is another one, so that nobody sees a picture of the old hand.
HAND = sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()[:12]

# The forms of a picture for pages: a wide and a narrow one, on light and on dark ground; and the one for mails.
SCREEN = ("wide-light.svg", "wide-dark.svg", "narrow-light.svg", "narrow-dark.svg")
MAIL = ("mail.png",)
FORMS = frozenset((*SCREEN, *MAIL))


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what is written at it; without a label only a line is drawn."""

    at: float
    label: str


@dataclass(frozen=True)
class Level:
    """A horizontal line: the agreed maximum (`norm`) or a threshold (`watch`, `high`, `overflow`), in people."""

    kind: str
    people: int
    label: str


@dataclass(frozen=True)
class Series:
    """The counts of one definition. `runs` are stretches without a hole: only inside one a line may join the points.

    `mark` is `dot` or `diamond`, so that definitions differ by more than colour.
    """

    label: str
    mark: str
    runs: tuple[tuple[tuple[float, int], ...], ...]


@dataclass(frozen=True)
class Stretch:
    """Something that lasts from `start` to `end` on the axis; without a label it speaks by its look."""

    start: float
    end: float
    label: str = ""


@dataclass(frozen=True)
class Remark:
    """A figure that is written beside its point."""

    at: float
    people: int
    label: str


@dataclass(frozen=True)
class OccupancySheet:
    """People over days. The axis counts days: day 0 lies between 0 and 1, so a count of it is drawn at 0.5.

    `gaps` are days of which nothing is known. `without_bed` has its own scale beneath, from 0; None when none was reported.
    """

    days: int
    low: int
    high: int
    people: tuple[Tick, ...]
    dates: tuple[Tick, ...]
    levels: tuple[Level, ...]
    series: tuple[Series, ...]
    gaps: tuple[Stretch, ...]
    episodes: tuple[Stretch, ...]
    remarks: tuple[Remark, ...]
    without_bed: Series | None = None
    kind: str = "occupancy"

    @property
    def panels(self) -> int:
        """How many scales lie one above the other."""
        return 1 if self.without_bed is None else 2


@dataclass(frozen=True)
class Lane:
    """One call-up on its own line: what it lasted, how it stands (`open`, `met`, `partly`, `declined`, `expired`, `released`)."""

    name: str
    start: float
    end: float
    state: str
    label: str


@dataclass(frozen=True)
class EpisodeSheet:
    """Places needed and promised over the hours of an episode, and beneath it a lane for each call-up.

    The axis counts hours from the beginning; both series are steps: (hours, places) from then on. None is unknown.
    """

    hours: float
    high: int
    places: tuple[Tick, ...]
    moments: tuple[Tick, ...]
    needed: tuple[tuple[float, int | None], ...]
    promised: tuple[tuple[float, int | None], ...]
    needed_label: str
    promised_label: str
    lanes: tuple[Lane, ...]
    kind: str = "episode"

    @property
    def panels(self) -> int:
        """Lanes take room like scales do."""
        return 1 + len(self.lanes)


Sheet = OccupancySheet | EpisodeSheet


def written(sheet: Sheet, forms: tuple[str, ...] = SCREEN) -> str:
    """What the child reads: the sheet and the forms that are wanted, always in the same order."""
    return json.dumps({"hand": HAND, "forms": forms, **asdict(sheet)}, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=128)
def name_of(sheet: Sheet, forms: tuple[str, ...] = SCREEN) -> str:
    """The name of the picture: 32 hexadecimal digits made of all that is on it."""
    return sha256(written(sheet, forms).encode()).hexdigest()[:32]


def size_of(sheet: Sheet, form: str) -> tuple[int, int]:
    """Width and height of a form, in units of which one is a pixel where the picture has its own width."""
    width = {"wide": 840, "narrow": 360, "mail": 600}[form.split(".")[0].split("-")[0]]
    if isinstance(sheet, EpisodeSheet):
        return width, 260 + 30 * len(sheet.lanes)
    first, more = (300, 100) if width == 360 else (360, 100)
    return width, first + more * (sheet.panels - 1)


def read(text: str) -> tuple[Sheet, tuple[str, ...]]:
    """The sheet and its forms again, in the child. Raises `ValueError` for anything that `written` did not write."""
    found: dict[str, Any] = json.loads(text)
    if found.pop("hand", None) != HAND:
        raise ValueError("this sheet is for another hand")
    forms = tuple(found.pop("forms"))
    return _READERS[found["kind"]](found), forms


def _occupancy(found: Mapping[str, Any]) -> OccupancySheet:
    below = found["without_bed"]
    return OccupancySheet(
        days=found["days"], low=found["low"], high=found["high"], people=_all(Tick, found["people"]),
        dates=_all(Tick, found["dates"]), levels=_all(Level, found["levels"]),
        series=tuple(_series(one) for one in found["series"]), gaps=_all(Stretch, found["gaps"]),
        episodes=_all(Stretch, found["episodes"]), remarks=_all(Remark, found["remarks"]),
        without_bed=None if below is None else _series(below),
    )  # fmt: skip


def _episode(found: Mapping[str, Any]) -> EpisodeSheet:
    return EpisodeSheet(
        hours=found["hours"], high=found["high"], places=_all(Tick, found["places"]), moments=_all(Tick, found["moments"]),
        needed=_pairs(found["needed"]), promised=_pairs(found["promised"]), needed_label=found["needed_label"],
        promised_label=found["promised_label"], lanes=_all(Lane, found["lanes"]),
    )  # fmt: skip


_READERS: Mapping[str, Any] = {"occupancy": _occupancy, "episode": _episode}


def _series(found: Mapping[str, Any]) -> Series:
    return Series(found["label"], found["mark"], tuple(_pairs(run) for run in found["runs"]))


def _all(kind: Any, found: list[Any]) -> tuple[Any, ...]:
    return tuple(kind(**one) for one in found)


def _pairs(found: list[Any]) -> tuple[Any, ...]:
    return tuple((at, value) for at, value in found)
