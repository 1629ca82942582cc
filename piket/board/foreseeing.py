"""What would happen, before it is done: the deed itself is done in a transaction that is undone, and what it changed is told.

So what the page foretells is computed by the same services, of the same moment, as what then happens; nothing is calculated a
second time. What is due by the clock anyway is done first at every desk (`occupancy.at_centre`), and shows here too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import g
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.service import AlertInfo, Filters
from piket.alerts.wording import title
from piket.alerts.wording_levels import LEVELS
from piket.board.frame import deps, words
from piket.occupancy import service as occupancy
from piket.occupancy.service import Situation
from piket.organisations import service as organisations
from piket.overflows import service as overflows
from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.pages import PageRequest
from piket.words import Text, listed, nsay, say

T = TypeVar("T")
MOST_ALERTS = 100
_NOW_STANDS: dict[str, Text] = {
    "partly": say("The call-up of {name} stands as promised in part: {committed} of {places}."),
    "met": say("The call-up of {name} stands as promised whole: {committed} of {places}."),
    "declined": say("The call-up of {name} stands as: cannot deliver."),
    "released": say("The call-up of {name} is released: nothing more is asked."),
    "expired": say("The call-up of {name} stands as not answered in time."),
}


@dataclass(frozen=True)
class Told:
    """One message that would go out: its subject, and the names of whom it is for."""

    title: str
    to: str


@dataclass(frozen=True)
class Foreseen:
    """What a deed would do: `changes` as sentences, and who would be told what. Both empty: nothing more than the deed."""

    changes: Sequence[Text]
    told: Sequence[Told]


class _Undo(Exception):
    """Leaves a transaction so that nothing of it stays."""


@dataclass(frozen=True)
class _Look:
    """How things stand at one point of the transaction."""

    situation: Situation
    episodes: dict[str, OverflowInfo]
    alerts: Sequence[AlertInfo]


def rehearse(deed: Callable[[Session], T]) -> tuple[T, Foreseen]:
    """Do `deed` and undo it: what it gave, and what it would have changed. Raises what the deed raises; rings nobody."""
    kept: list[tuple[T, Foreseen]] = []
    try:
        with deps().writing(ring=False) as session:
            before = _look(session)
            given = deed(session)
            session.flush()
            kept.append((given, _compare(session, before, _look(session, tuple(before.episodes)))))
            raise _Undo
    except _Undo:
        return kept[0]


def _look(session: Session, also: Sequence[str] = ()) -> _Look:
    """The situation, the episodes that are open or in `also`, and the newest alerts."""
    found = occupancy.situation(session, g.now, deps().settings)
    episodes = {code: overflows.overflow(session, g.now, code) for code in (*found.overflows, *also)}
    return _Look(found, episodes, alerts.paged(session, PageRequest(MOST_ALERTS), Filters()).items)


def _compare(session: Session, before: _Look, after: _Look) -> Foreseen:
    new = [alert for alert in after.alerts if alert.id not in {known.id for known in before.alerts}]
    calls = [call for episode in after.episodes.values() for call in episode.call_ups]
    codes = {call.organisation for call in calls} | {code for alert in new for code in alert.told}
    codes |= set(after.situation.duty.organisations)
    names = organisations.names(session, codes)
    tell = words()
    told = [Told(title(one, None, tell), tell(listed([names[code] for code in one.told]))) for one in reversed(new)]
    changes = [*_levels(before, after), *_episodes(before, after), *_calls(before, calls, names)]
    return Foreseen([*changes, *_duty(before, after, names)], told)


def _levels(before: _Look, after: _Look) -> list[Text]:
    """The centres of which the level would be another."""
    was = {centre.code: centre.level for centre in before.situation.centres}
    return [
        say(
            "{centre} goes from “{before}” to “{level}”.",
            centre=centre.name, before=LEVELS[was[centre.code]], level=LEVELS[centre.level],
        )
        for centre in after.situation.centres
        if centre.level != was.get(centre.code, centre.level)
    ]  # fmt: skip


def _episodes(before: _Look, after: _Look) -> list[Text]:
    """Overflows that would begin or end, and needs that would be others."""
    found: list[Text] = []
    for code, episode in after.episodes.items():
        was = before.episodes.get(code)
        if was is None:
            found.append(say("An overflow begins: {needed} places are needed.", needed=episode.needed))
        elif episode.state == "closed":
            found.append(say("The overflow ends."))
            if episode.committed:
                found.append(_stays(episode.committed))
        elif (was.needed, was.shortfall) != (episode.needed, episode.shortfall):
            found.append(_need(was, episode))
    return found


def _stays(committed: int) -> Text:
    return nsay(
        "{n} place that is promised stays promised, until COA releases it.",
        "{n} places that are promised stay promised, until COA releases them.",
        committed,
    )


def _need(was: OverflowInfo, episode: OverflowInfo) -> Text:
    return say(
        "{needed} places are needed (it was {before}); {shortfall} are missing (it was {missed}).",
        needed=episode.needed, before=was.needed, shortfall=episode.shortfall, missed=was.shortfall,
    )  # fmt: skip


def _calls(before: _Look, calls: Sequence[CallUpInfo], names: dict[str, str]) -> list[Text]:
    """Who would be called up, and call-ups that would stand otherwise."""
    was = {call.id: call for episode in before.episodes.values() for call in episode.call_ups}
    found: list[Text] = []
    for call in calls:
        name, known = names[call.organisation], was.get(call.id)
        if known is None:
            found.append(
                nsay(
                    "{name} is called up for {n} place, and must answer before {by}.",
                    "{name} is called up for {n} places, and must answer before {by}.",
                    call.places, name=name, by=call.respond_by,
                )
            )  # fmt: skip
        elif (known.state, known.committed) != (call.state, call.committed) and call.state in _NOW_STANDS:
            pattern = _NOW_STANDS[call.state]
            found.append(
                Text.of(pattern.message, None, {"name": name, "committed": call.committed, "places": call.places})
            )
    return found


def _duty(before: _Look, after: _Look, names: dict[str, str]) -> list[Text]:
    now = after.situation.duty.organisations
    if now == before.situation.duty.organisations:
        return []
    return [say("{name} has duty from now on.", name=listed([names[code] for code in now]))]
