"""The duty office once more, in plain lists: written from the rules alone, to hold the service against.

It knows one centre, no store and no clock of its own, and shares no code with the service. What it leaves out (late and
held counts, corrections, sites) has tests of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

RUNGS = {"watch": (1800, 1750), "high": (1900, 1850), "overflow": (2001, 1951)}
ORDER = ["normal", "watch", "high", "overflow", "acute"]
STALE = {"nightBeds": timedelta(hours=26), "present": timedelta(hours=12), "withoutBed": timedelta(hours=12)}
MEMBERS = ["nl-dr", "nl-fl", "nl-fr", "nl-ge", "nl-li", "nl-nb", "nl-nh", "nl-ov", "nl-ut", "nl-ze", "nl-zh"]
ZONE = ZoneInfo("Europe/Amsterdam")
FIRST = datetime(2024, 1, 3, 12, tzinfo=ZONE)


def turn_at(now: datetime) -> int:
    """The number of the turn: fourteen days of the calendar each, from noon to noon on the wall."""
    local = now.astimezone(ZONE).replace(tzinfo=None)
    return (local - FIRST.replace(tzinfo=None)) // timedelta(days=14)


@dataclass
class Call:
    organisation: str
    places: int
    made: datetime
    respond_by: datetime
    needed_by: datetime
    state: str = "open"
    counted: int = 0
    passed: bool = False


@dataclass
class Office:
    now: datetime
    counts: dict[str, tuple[int, datetime, str]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    is_open: bool = False
    needed: int | None = None
    acute: bool = False
    out: set[str] = field(default_factory=set)
    turn: int = 0
    ended: bool = False

    def fresh(self, definition: str) -> tuple[int, datetime, str] | None:
        found = self.counts.get(definition)
        return found if found and self.now - found[1] <= STALE[definition] else None

    @property
    def heads(self) -> list[tuple[int, datetime, str]]:
        return [found for name in ("nightBeds", "present") if (found := self.fresh(name))]

    @property
    def level(self) -> str:
        without = self.fresh("withoutBed")
        if (without and without[0] > 0) or self.acute:
            return "acute"
        return max((level for _, _, level in self.heads), key=ORDER.index) if self.heads else "unknown"

    @property
    def committed(self) -> int:
        return sum(call.counted for call in self.calls)

    @property
    def shortfall(self) -> int:
        return max(0, (self.needed or 0) - self.committed)

    def count(self, definition: str, people: int) -> None:
        own = self.counts[definition][2] if definition in self.counts else "normal"
        fits = ["normal"]
        if definition != "withoutBed":
            for level, (at, clear) in RUNGS.items():
                if people >= at or (ORDER.index(level) <= ORDER.index(own) and people >= clear):
                    fits.append(level)
        self.counts[definition] = (people, self.now, fits[-1])
        parts = [people - 1950 for people, _, _ in self.heads]
        if without := self.fresh("withoutBed"):
            parts.append(without[0])
        needed = max(0, *parts) if parts else None
        if self.is_open:
            self.needed = needed if needed is not None else self.needed
            self.acute = self.acute and self.shortfall > 0
            low = self.heads and max(p for p, _, _ in self.heads) < 1951
            if self.level in ORDER[:3] and low:
                self.close()
        elif self.level in ("overflow", "acute"):
            self.is_open, self.needed, self.out, self.turn, self.ended = True, needed, set(), turn_at(self.now), False
        self.settle()

    def close(self) -> None:
        self.is_open, self.acute = False, False
        for call in self.calls:
            call.state = "released" if call.state == "open" else call.state

    def settle(self) -> None:
        if not self.is_open:
            return
        waiting = [call for call in self.calls if call.state == "open"]
        if self.shortfall == 0:
            for call in waiting:
                call.state = "released"
            self.acute = False
            return
        missing = self.shortfall - sum(call.places for call in waiting)
        if missing <= 0:
            return
        start = turn_at(self.now) % len(MEMBERS)
        for code in MEMBERS[start:] + MEMBERS[:start]:
            if code not in self.out:
                self.call(code, missing)
                return
        self.ended = True

    def call(self, code: str, places: int) -> None:
        local = self.now.astimezone(ZONE)
        night = local.hour >= 18 or local.hour < 8
        needed_by = self.now + timedelta(hours=3)
        if local.hour < 18:
            needed_by = local.replace(hour=21, minute=0, second=0, microsecond=0)
        respond_by = self.now + timedelta(minutes=20 if night else 60)
        self.calls.append(Call(code, places, self.now, respond_by, needed_by))

    def answer(self, number: int, places: int) -> None:
        call = self.calls[number]
        limit = call.places
        if self.now > call.respond_by:
            limit = min(call.places, call.counted + self.shortfall)
        if not self.is_open:
            limit = call.counted
        call.counted = min(places, limit)
        call.state = "declined" if places == 0 else "met" if call.counted >= call.places else "partly"
        if call.state != "met":
            self.out.add(call.organisation)
        self.settle()

    def passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        if not self.is_open:
            return
        if turn_at(self.now) > self.turn:
            self.turn, self.out, self.ended = turn_at(self.now), set(), False
        for call in self.calls:
            if call.state == "open" and call.respond_by < self.now:
                call.state = "expired"
                self.out.add(call.organisation)
        for call in self.calls:
            if not call.passed and call.needed_by <= self.now and call.state != "released":
                call.passed = True
                self.acute = self.acute or self.shortfall > 0
        self.settle()
