"""The three panels as plain values: how full, who acts by when, are there enough places. Pure: no Flask, no database.

A value that is None is unknown, and is shown as the word, never as 0 or as an older figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from piket.alerts.wording_answers import DEFINITIONS, age
from piket.occupancy.rules import HEAD_COUNTS, rank
from piket.occupancy.service import CentreNow, CountNow, Situation
from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.words import Text, listed, nsay, say

Value = Text | str | int | datetime | None


@dataclass(frozen=True)
class Row:
    """One line under a figure: what it is, the value, what is to be said with it, and a telephone that can be dialled.

    `part`: it is counted in the line above it.
    """

    label: Text | str
    value: Value
    note: Text | None = None
    telephone: str | None = None
    part: bool = False


@dataclass(frozen=True)
class Panel:
    """One question: the large figure, the line that says what it is, and the rest. `level` is set for how full.

    `pressing`: the figure is set larger than others: `most` for people without a bed, `more` for places that are missing.
    """

    figure: Value
    line: Text
    rows: Sequence[Row]
    notes: Sequence[Text] = ()
    level: str | None = None
    level_since: datetime | None = None
    others: Sequence[CentreNow] = ()
    why: Text | None = None
    pressing: str | None = None

    @property
    def in_words(self) -> bool:
        """Whether the figure is a word, which is set smaller."""
        return not isinstance(self.figure, int)


@dataclass(frozen=True)
class People:
    """The names that a page needs, by code, and the telephones that this reader may see."""

    names: Mapping[str, str]
    telephones: Mapping[str, str | None] = field(default_factory=dict)

    def name(self, code: str | None) -> str | Text:
        """The name of an organisation; nobody when there is none."""
        return self.names.get(code, code) if code else say("nobody")

    def named(self, codes: Sequence[str]) -> str:
        """*a, b and c*; nobody when there are none."""
        return listed([self.name(code) for code in codes])


def pressing(found: Situation) -> list[CentreNow]:
    """The centres, where it presses most in front: the one of the overflow, then by level."""
    episode = found.overflow
    return sorted(
        found.centres,
        key=lambda centre: (episode is not None and centre.code == episode.centre, rank(centre.level)),
        reverse=True,
    )


def how_full(found: Situation) -> Panel:
    """Question 1, of the centre where it presses most; others are named beneath it."""
    centres = pressing(found)
    if not centres:
        return Panel(None, say("No centre is watched."), ())
    centre = centres[0]
    figure, line = _figure(centre)
    rows = [_count(definition, count, found.at) for definition, count in centre.counts.items()]
    return Panel(
        figure, line, rows, _notes(centre, found.overflow), centre.level, centre.level_since, centres[1:],
        pressing="most" if centre.without_bed else None,
    )  # fmt: skip


def _figure(centre: CentreNow) -> tuple[Value, Text]:
    """People without a bed come first, then everybody; unknown is said as such."""
    if centre.without_bed:
        return centre.without_bed, nsay(
            "person at {centre} has no bed tonight", "people at {centre} have no bed tonight",
            centre.without_bed, centre=centre.name,
        )  # fmt: skip
    if centre.people is None:
        return None, say("how many people there are at {centre}", centre=centre.name)
    return centre.people, nsay("person at {centre}", "people at {centre}", centre.people, centre=centre.name)


def _notes(centre: CentreNow, episode: OverflowInfo | None) -> list[Text]:
    """What must be said beside the figure: the maximum, that nothing was counted, that places are late, that a count waits."""
    notes = [_against_norm(centre)]
    if not any(centre.counts.values()):
        notes.append(say("Nothing has been counted yet. As soon as COA reports a count, it stands here."))
    if centre.people is not None and centre.people <= centre.norm and episode and episode.centre == centre.code:
        notes.append(say("Below the maximum; the overflow is not closed yet."))
    if centre.level == "acute" and not centre.without_bed:
        notes.append(say("The hour at which places were needed has passed, and there are not enough."))
    if centre.held:
        notes.append(
            nsay("{n} count waits until COA confirms it.", "{n} counts wait until COA confirms them.", centre.held)
        )
    return notes


def _against_norm(centre: CentreNow) -> Text:
    """By people > norm, whatever the level (2.5)."""
    if centre.people is None:
        return say("The agreed maximum is {norm}.", norm=centre.norm)
    if centre.people > centre.norm:
        over = centre.people - centre.norm
        return say(
            "{people} people: {over} above the agreed maximum of {norm}.",
            people=centre.people, over=over, norm=centre.norm,
        )  # fmt: skip
    return say("The agreed maximum is {norm}; this is not above it.", norm=centre.norm)


def _count(definition: str, count: CountNow | None, now: datetime) -> Row:
    """One definition's newest count with its age. One that is too old is shown as unknown, with the old figure beside it."""
    label = DEFINITIONS[definition]
    if count is None:
        return Row(label, None, say("not counted yet") if definition in HEAD_COUNTS else say("nothing reported yet"))
    if count.stale:
        return Row(
            label, None,
            say("last count: {people}, {at}; too old to count", people=count.people, at=count.observed_at),
        )  # fmt: skip
    return Row(label, count.people, say("{at}, {age}", at=count.observed_at, age=age(count.observed_at, now)))


def waiting(found: Situation) -> list[CallUpInfo]:
    """The call-ups that wait for an answer, the first to end in front."""
    return found.overflow.waiting if found.overflow else []


def to_ring(found: Situation, kind: str, organisation: str) -> list[str]:
    """Whom this reader may have to ring: COA and the ministry who must act, on duty and standby; all others COA."""
    if kind not in ("coa", "ministry"):
        return ["coa"]
    duty = found.duty
    codes = [*(call.organisation for call in waiting(found)), *duty.organisations, duty.standby]
    codes += ["coa"] if kind == "ministry" else []
    return [code for code in dict.fromkeys(codes) if code and code != organisation]


def who_acts(found: Situation, people: People, ring: Sequence[str]) -> Panel:
    """Question 2: who must answer first and by when, else who is on duty; and who comes after."""
    duty, open_calls = found.duty, waiting(found)
    figure, line = _who(found, people, open_calls)
    rows = [_must_answer(call, people, found.at) for call in open_calls]
    rows += [
        Row(
            say("On duty"),
            people.named(duty.organisations),
            say("until {at}", at=duty.until_at) if duty.until_at else None,
        ),
        _confirmed(found, people),
        Row(say("Standby"), people.name(duty.standby)),
        Row(say("Next turn"), people.name(duty.next)),
    ]
    rows += [_ring(code, people) for code in ring]
    status = say("proposed, not decided yet") if duty.status == "proposed" else say("decided")
    rows.append(Row(say("Rota"), status))
    return Panel(figure, line, rows, why=duty.why)


def _confirmed(found: Situation, people: People) -> Row:
    """What those on duty said they can open; unknown is not none, and who was warned of it is said."""
    ready = found.readiness
    if not ready.silent:
        return Row(say("Confirmed for this duty"), ready.places)
    name = people.named(ready.silent)
    note = say("{name} has not said it", name=name)
    if ready.warned_at is not None:
        note = say("{name} has not said it; the standby was warned {at}", name=name, at=ready.warned_at)
    return Row(say("Confirmed for this duty"), ready.places, note)


def _who(found: Situation, people: People, open_calls: Sequence[CallUpInfo]) -> tuple[Value, Text]:
    """Who must act first, and the line that says by when or until when."""
    episode, duty = found.overflow, found.duty
    if open_calls:
        first = open_calls[0]
        line = say("must answer before {by}", by=first.respond_by)
        if first.respond_by <= found.at:
            line = say("has not answered yet; asked before {by}", by=first.respond_by)
        return people.name(first.organisation), line
    if episode and episode.shortfall and episode.list_ended:
        return say("COA and the ministry"), say("decide: nobody on the list is left to call")
    if not duty.organisations:
        return say("Nobody"), say("has duty now")
    if duty.until_at is None:
        return people.named(duty.organisations), say("on duty now")
    return people.named(duty.organisations), say("on duty until {at}", at=duty.until_at)


def _must_answer(call: CallUpInfo, people: People, now: datetime) -> Row:
    """One call-up that waits; its time may be over before the engine has looked."""
    over = call.respond_by <= now
    line = (
        say("no answer yet; asked before {by}", by=call.respond_by) if over else say("before {by}", by=call.respond_by)
    )
    asked = nsay("asked for {n} place: {line}", "asked for {n} places: {line}", call.places, line=line)
    return Row(say("Must answer"), people.name(call.organisation), asked)


def _ring(code: str, people: People) -> Row:
    """Whom to ring, with the number as a link; without one it is said that none is known."""
    number = people.telephones.get(code)
    return Row(say("Ring"), people.name(code), None if number else say("no telephone number is known"), number)


def enough(found: Situation) -> Panel:
    """Question 3: what is missing; on a calm day what stands ready."""
    episode, places = found.overflow, found.places
    figure, line = _enough(episode, places.free)
    stock = [
        Row(say("Offered"), places.offered),
        Row(say("of which free now"), places.free, part=True),
        Row(say("of which on notice"), places.on_notice, part=True),
        Row(say("of which promised"), places.committed, part=True),
        Row(say("In use"), places.occupied),
        Row(say("In view"), places.in_view, say("not agreed yet, so they do not count") if places.in_view else None),
    ]
    missing = bool(episode and episode.shortfall)
    return Panel(figure, line, [*_need(episode), *stock], pressing="more" if missing else None)


def _enough(episode: OverflowInfo | None, free: int) -> tuple[Value, Text]:
    """The large figure: what is missing, else that it is enough, else what stands ready."""
    if episode is None:
        return free, nsay("place stands ready", "places stand ready", free)
    if episode.needed is None or episode.shortfall is None:
        return None, say("how many places are needed")
    if episode.shortfall:
        return episode.shortfall, nsay("place is missing", "places are missing", episode.shortfall)
    if episode.needed == 0:
        return say("Enough"), say("no places are needed now")
    return say("Enough"), say(
        "{committed} of {needed} places are promised", committed=episode.committed, needed=episode.needed
    )


def _need(episode: OverflowInfo | None) -> list[Row]:
    """What is needed, promised and missing in the open overflow."""
    if episode is None:
        return [Row(say("Needed"), say("none: no overflow is open"))]
    rows = [
        Row(say("Needed"), episode.needed, say("as stated by COA") if episode.stated_needed is not None else None),
        Row(say("Promised"), episode.committed),
        Row(say("Missing"), episode.shortfall),
    ]
    return [*rows, Row(say("Asked, no answer yet"), episode.asked)] if episode.asked else rows
