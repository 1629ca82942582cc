"""The provinces as a map of twelve tiles: who has duty, who stands by, what is free, and what each said when called. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.overflows.service import CallUpInfo
from piket.places.service import Sums
from piket.words import Text, listed, nsay, say

# Row by row, as the country lies; the first row begins in the middle column, and the last province stands in the right one.
LAYOUT = ("FR", "GR", "NH", "FL", "DR", "ZH", "UT", "OV", "ZE", "NB", "GE", "LI")

ON_THE_MAP = tuple(f"nl-{letters.lower()}" for letters in LAYOUT)

_DUTY = {"duty": say("on duty"), "standby": say("standby")}
_SAID = {
    "waits": say("called up, no answer yet"),
    "silent": say("no answer, time is over"),
    "declined": say("cannot deliver"),
    "released": say("released"),
}
# As short as a tile on a phone; the whole of it is for who hears the page, and in the table.
_SHORT = {
    "waits": say("called"),
    "silent": say("silent"),
    "declined": say("cannot"),
    "released": say("released"),
}


@dataclass(frozen=True)
class Tile:
    """One province. `duty` is `duty`, `standby` or None; `said` how its newest call-up of the open overflow stands, or None.

    `free` places can be opened now. Of a call-up: how many places were `asked`, and how many count as `promised`.
    """

    letters: str
    name: str
    free: int
    duty: str | None = None
    said: str | None = None
    asked: int = 0
    promised: int = 0

    @property
    def duty_word(self) -> Text | None:
        """*on duty*, *standby*, or nothing."""
        return _DUTY[self.duty] if self.duty else None

    @property
    def said_word(self) -> Text | None:
        """What it said, in a word that fits on a tile."""
        if self.said == "answered":
            return say("{promised} of {asked}", promised=self.promised, asked=self.asked)
        return _SHORT[self.said] if self.said else None

    @property
    def said_whole(self) -> Text | None:
        """What it said, in full."""
        if self.said == "answered":
            return say("promised {promised} of {asked}", promised=self.promised, asked=self.asked)
        return _SAID[self.said] if self.said else None


def tiles(
    free: Mapping[str, Sums],
    on_duty: Collection[str],
    standby: str | None,
    calls: Sequence[CallUpInfo],
    names: Mapping[str, str],
    now: datetime,
) -> list[Tile]:
    """All twelve, in the order of the map. A province that offers nothing has 0 places free."""
    return [_tile(letters, free, on_duty, standby, calls, names, now) for letters in LAYOUT]


def _tile(
    letters: str,
    free: Mapping[str, Sums],
    on_duty: Collection[str],
    standby: str | None,
    calls: Sequence[CallUpInfo],
    names: Mapping[str, str],
    now: datetime,
) -> Tile:
    code = f"nl-{letters.lower()}"
    call = max((one for one in calls if one.organisation == code), key=lambda one: one.made_at, default=None)
    return Tile(
        letters=letters,
        name=names.get(code, letters),
        free=free.get(code, Sums()).free,
        duty="duty" if code in on_duty else "standby" if code == standby else None,
        said=_said(call, now) if call else None,
        asked=call.places if call else 0,
        promised=call.committed if call else 0,
    )


def _said(call: CallUpInfo, now: datetime) -> str:
    """How a call-up stands; a deadline that passed shows at once, not only after the engine's pass."""
    if call.state in ("partly", "met"):
        return "answered"
    if call.state == "expired" or (call.state == "open" and call.respond_by <= now):
        return "silent"
    return "waits" if call.state == "open" else call.state


def map_in_words(all_tiles: Sequence[Tile]) -> Text:
    """The map in one sentence."""
    duty = [tile.name for tile in all_tiles if tile.duty == "duty"]
    waits = [tile.name for tile in all_tiles if tile.said in ("waits", "silent")]
    whole = say("On duty: {names}", names=listed(duty)) if duty else say("No province has duty")
    whole = say(
        "{first}; {second}",
        first=whole,
        second=nsay("{n} place is free in all", "{n} places are free in all", sum(tile.free for tile in all_tiles)),
    )
    if waits:
        whole = say("{first}; {second}", first=whole, second=say("no answer yet from {names}", names=listed(waits)))
    return say("{whole}.", whole=whole)
