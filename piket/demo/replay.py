"""What the replay holds and does at each step: move the clock, post a count, see what it does, check that it is right.

What the story counts on is checked as it goes; the first thing that is otherwise ends it with a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from piket.demo.api_client import Client
from piket.demo.desks import Desks
from piket.demo.follow import Follower, Told
from piket.demo.places_in_time import PublicCount
from piket.demo.telling import Teller
from piket.demo.world import DemoFailed, World
from piket.words import Text, Words, nsay, say

CENTRE = "ter-apel"
# What desks type is Dutch, whoever watches: it goes into the mails of others.
TYPED = Words("nl")
AIM = 1950


def expect(condition: object, sentence: Text) -> None:
    """Raise `DemoFailed` with the sentence unless it is so."""
    if not condition:
        raise DemoFailed(sentence)


def moment(text: str) -> datetime:
    """A moment as the API writes it."""
    return datetime.fromisoformat(text)


def level_of(people: int, before: str) -> str:
    """The level the story expects of a head count (the ladder of the rules, as far as the public counts need it)."""
    if people >= 2001 or (people >= 1951 and before in ("overflow", "acute")):
        return "overflow"
    return "high" if people >= 1900 else "normal"


@dataclass
class Replay:
    """The story so far."""

    world: World
    desks: Desks
    teller: Teller
    follower: Follower
    posted: int = 0
    level: str = "normal"
    observed: datetime | None = None
    duty: str | None = None
    episode: str | None = None
    halls: dict[str, int] = field(default_factory=dict)
    calls_told: set[str] = field(default_factory=set)

    def client(self, code: str) -> Client:
        """The door of the service as this organisation."""
        return self.world.client(self.desks.keys[code], self.teller.language)

    def name(self, code: str) -> str:
        """An organisation as the terminal names it."""
        return self.desks.short(code, self.teller.words)

    @property
    def now(self) -> datetime:
        """Where the clock was set last."""
        return self.world.clock.at

    def situation(self) -> dict[str, Any]:
        """The whole picture, as COA reads it."""
        found: dict[str, Any] = self.client("coa").get("situation")
        return found

    def count(self, people: int, definition: str, observed: datetime, source: PublicCount, note: str) -> dict[str, Any]:
        """COA posts a count, now; what came of it, and who was told. Nothing may have been held or set aside."""
        body = {"observedAt": observed.isoformat(), "definition": definition, "people": people}
        started = self.world.clock.set(self.now)
        made = self.client("coa").post(f"centres/{CENTRE}/counts", {**body, "source": source.source, "note": note})
        self.posted += 1
        outcome: dict[str, Any] = made["outcome"]
        expect(outcome["judged"], say("The count of {people} was not judged.", people=people))
        if definition == "nightBeds":
            self.observed = observed
        return {"outcome": outcome, "news": self.news(started) if outcome["alerts"] else []}

    def news(self, started: float) -> list[Told]:
        """What was told since `started`, checked."""
        return self.checked(self.follower.news(started))

    def wait(self, started: float, *kinds: str) -> list[Told]:
        """What the engine found due, checked."""
        return self.checked(self.follower.wait(started, kinds))

    def checked(self, news: list[Told]) -> list[Told]:
        """Nobody untold, and no desk told the same twice. An organisation may share its address with another one."""
        reached = {arrival.address for told in news for arrival in told.arrivals.values()}
        for told in news:
            untold = [code for code in told.organisations if not self.desks.addresses[code] & reached]
            expect(not untold, say("Nobody told {who}: {title}", who=", ".join(untold), title=told.alert["title"]))
            addresses = [arrival.address for arrival in told.arrivals.values()]
            twice = {one for one in addresses if addresses.count(one) > 1}
            expect(not twice, say("Told twice: {who}: {title}", who=", ".join(twice), title=told.alert["title"]))
        return news

    def check_level(self, outcome: dict[str, Any], expected: str) -> None:
        """The level after a count, and that an overflow stays the one episode it is."""
        found = outcome["level"]
        wrong = say("The level is {found}, expected was {expected}.", found=found, expected=expected)
        expect(found == expected, wrong)
        if expected in ("overflow", "acute"):
            self.episode = self.episode or outcome["overflow"]
            expect(outcome["overflow"] == self.episode, say("There is another episode than the one that opened."))
        else:
            expect(outcome["overflow"] is None, say("An episode is open below the maximum."))
        self.level = expected

    def tell_duty(self, situation: dict[str, Any], *, again: bool = False) -> None:
        """Who is on duty, when it is another one than told before or `again`; and why, the first time and `again`."""
        duty = situation["duty"]
        if duty["onDuty"] == self.duty and not again:
            return
        why = say(". {why}", why=duty["why"]) if again or self.duty is None else ""
        self.duty = duty["onDuty"]
        standby = self.name(duty["standby"]) if duty["standby"] else say("nobody")
        who = self.name(duty["onDuty"]) if duty["onDuty"] else say("nobody")
        self.teller.say(None, say("on duty: {who}, standby {standby}{why}", who=who, standby=standby, why=why))

    def tell_calls(self, day: datetime) -> list[dict[str, Any]]:
        """The call-ups that wait for an answer, oldest first; those that are new are told."""
        if self.episode is None:
            return []
        waiting = list(reversed(self.client("coa").items(f"overflows/{self.episode}/call-ups")))
        waiting = [call for call in waiting if call["state"] == "open"]
        for call in waiting:
            if call["id"] not in self.calls_told:
                self.calls_told.add(call["id"])
                self.teller.say(day, self._called(call), style="cyan", mark="→")
        return waiting

    def _called(self, call: dict[str, Any]) -> Text:
        """The line about one call-up, with both its deadlines."""
        return nsay(
            "{who} is called up for {n} place: answer before {answer}, open by {needed}",
            "{who} is called up for {n} places: answer before {answer}, open by {needed}",
            n=call["places"],
            who=self.name(call["organisation"]),
            answer=self.teller.clock_time(moment(call["respondBy"])),
            needed=self.teller.clock_time(moment(call["neededBy"])),
        )

    def enough(self) -> Text:
        """Places needed, promised, missing: what is still to be done."""
        found = self.situation()["overflow"]
        if found is None:
            return say("no places are needed")
        if found["shortfall"]:
            return nsay(
                "{n} place missing ({committed} of {needed} promised)",
                "{n} places missing ({committed} of {needed} promised)",
                n=found["shortfall"], committed=found["committed"], needed=found["needed"],
            )  # fmt: skip
        return say(
            "enough places: {committed} for {needed} needed", committed=found["committed"], needed=found["needed"]
        )

    def check_enough(self) -> None:
        """At the end of a day nothing is missing and nobody waits for an answer."""
        found = self.situation()["overflow"]
        expect(found is not None and found["shortfall"] == 0, say("At the end of the day places are missing."))
        expect(found["asked"] == 0, say("At the end of the day a call-up has no answer."))


def kinds(news: Sequence[Told]) -> list[str]:
    """The kinds of these alerts."""
    return [told.kind for told in news]
