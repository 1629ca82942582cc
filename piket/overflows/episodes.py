"""An episode opens, follows the counts, and closes; COA and the ministry state, declare and close (sections 3 and 4).

`on_judged` is the one door for judgements; everything below it is COA's or the ministry's word. What closes an
episode does not touch promises: they outlive it until COA releases them or their time is over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select

from piket.alerts.rules import rank
from piket.audit import service as audit
from piket.audit.service import ENGINE, Actor
from piket.errors import Conflict, NotFound
from piket.overflows.calls import frozen_policy, release_unanswered, settle
from piket.overflows.desk import Desk
from piket.overflows.models import Act, Overflow
from piket.overflows.reading import ActInfo, act_info
from piket.overflows.rules import Pressure, closes, may_open, needed
from piket.overflows.telling import committed, missing, tell_fall, tell_opening
from piket.words import say


@dataclass(frozen=True)
class Judgement:
    """What `occupancy` judged: the centre's level (`level`, before any shortfall), and what the counts say, when asked.

    `reaches`: the count just judged is itself at the overflow, or people are without a bed by it. `chain`: when it is a
    correction, the counts it supersedes, so that an overflow that never was can be taken back.
    """

    level: str
    press: Callable[[], Pressure]
    reaches: bool
    count: str | None = None
    chain: tuple[str, ...] = ()

    @cached_property
    def pressure(self) -> Pressure:
        """People and beds by the counts; read only when an episode is open or opens."""
        return self.press()


@dataclass(frozen=True)
class Followed:
    """What became of the episode by a judgement: `opened`, `closed`, `followed` or `none`."""

    what: str
    episode: Overflow | None


def on_judged(desk: Desk, judgement: Judgement) -> Followed:
    """Sections 3.1, 3.2 and 4.1 after a judgement: open, follow or close, then call whom the need asks for."""
    episode = desk.episode
    if episode is None:
        return _open_if_due(desk, judgement)
    _follow(desk, episode, judgement)
    acute = acute_by_shortfall(desk, episode)
    level = "acute" if acute else judgement.level
    episode.level = level
    if episode.opened_by_count in judgement.chain and judgement.level in ("normal", "watch", "high"):
        return _closed(desk, episode, "corrected")
    if closes(level, judgement.pressure, declared=episode.declared, reached=episode.reached):
        return _closed(desk, episode, "allClear")
    settle(desk, episode)
    return Followed("followed", episode)


def _open_if_due(desk: Desk, judgement: Judgement) -> Followed:
    """3.1: no episode is open. After a closure by hand the last one is remembered, so that the same count does not reopen it."""
    if not may_open(judgement.level, closed_by_hand=False, reaches=judgement.reaches):
        return Followed("none", None)
    last = (
        select(Overflow)
        .where(Overflow.centre == desk.centre, Overflow.drill == desk.drill)
        .order_by(Overflow.opened_at.desc())
    )
    before = desk.session.scalars(last.limit(1)).first()
    by_hand = before is not None and before.closure == "byHand"
    if not may_open(judgement.level, closed_by_hand=by_hand, reaches=judgement.reaches):
        return Followed("none", None)
    episode = _open(desk, judgement.level, judgement.pressure, count=judgement.count, reached=judgement.reaches)
    settle(desk, episode)
    return Followed("opened", episode)


def _open(
    desk: Desk,
    level: str,
    pressure: Pressure,
    *,
    count: str | None = None,
    reached: bool = False,
    stated: int | None = None,
    reason: str | None = None,
) -> Overflow:
    """Write the episode down with the numbers it freezes. `stated` and `reason` make it a declared one."""
    declared = reason is not None
    episode = Overflow(
        centre=desk.centre, drill=desk.drill, level=level, opened_at=desk.now, opened_by_count=count, declared=declared,
        declared_by=desk.actor.organisation if declared else None, declared_reason=reason, reached=reached,
        computed_needed=needed(pressure), stated_needed=stated, people=pressure.people, occupied=pressure.occupied,
        peak=pressure.people, policy=frozen_policy(desk.settings.policy), duty_since=desk.duty.since,
    )  # fmt: skip
    desk.session.add(episode)
    desk.session.flush()
    desk.begin(episode)
    desk.act(
        episode,
        "opened",
        declared=declared,
        reason=reason,
        level=level,
        people=pressure.people,
        needed=episode.needed,
        count=count,
    )
    return episode


def _follow(desk: Desk, episode: Overflow, judgement: Judgement) -> None:
    """Take the new figures; the need changes here and nowhere else between statements of COA."""
    pressure, before = judgement.pressure, episode.needed
    computed = needed(pressure)
    if computed is not None:
        episode.computed_needed = computed
    if pressure.people is not None:
        episode.people, episode.occupied = pressure.people, pressure.occupied
        episode.peak = max(episode.peak or 0, pressure.people)
    episode.reached = episode.reached or judgement.reaches
    desk.act(episode, "judged", people=pressure.people, withoutBed=pressure.without_bed, level=judgement.level,
             needed=episode.needed, neededBefore=before, count=judgement.count)  # fmt: skip


def acute_by_shortfall(desk: Desk, episode: Overflow | None) -> bool:
    """2.3: whether a call-up's neededBy passed with a shortfall that is still there. Ends by itself when it is 0."""
    if episode is None or episode.acute_since is None:
        return False
    if missing(desk, episode) == 0:
        episode.acute_since = None
        desk.act(episode, "acuteEnded", by=ENGINE)
        return False
    return True


def is_acute(desk: Desk) -> bool:
    """2.3, only read: whether the open episode is acute by a shortfall past its hour, which is still there."""
    episode = desk.episode
    return episode is not None and episode.acute_since is not None and bool(missing(desk, episode))


def _closed(desk: Desk, episode: Overflow, closure: str, reason: str | None = None, by: Actor = ENGINE) -> Followed:
    """Close: release what is unanswered, freeze the figures. Promises stay until COA releases them."""
    episode.final_committed = committed(desk, episode)
    episode.state, episode.closed_at, episode.closure = "closed", desk.now, closure
    episode.close_reason, episode.closed_by, episode.acute_since = reason, by.organisation, None
    desk.closed = True
    release_unanswered(desk, episode, "closed")
    desk.act(episode, "closed", by=by, closure=closure, reason=reason)
    desk.session.flush()
    return Followed("closed", episode)


def close(desk: Desk, overflow: str, reason: str) -> ActInfo:
    """COA or the ministry ends an episode by hand; everyone told of it is told. Raises `Conflict` when it is closed."""
    episode = find_episode(desk, overflow)
    _closed(desk, episode, "byHand", reason, desk.actor)
    audit.record(desk.session, desk.now, desk.actor, "close_overflow", f"overflow:{episode.id}", reason=reason)
    tell_fall(
        desk,
        "allClear",
        max(desk.seen, "overflow", key=rank),
        desk.seen,
        episode,
        reason=reason,
        by=desk.actor.organisation,
    )
    return act_info(_last_act(desk, episode, "closed"))


def declare(desk: Desk, stated: int, reason: str, pressure: Pressure) -> Overflow:
    """3.1: COA or the ministry declares an episode with the places needed. Raises `Conflict` when one is open."""
    standing = desk.episode
    if standing is not None:
        raise Conflict(
            say(
                "An overflow is open at {centre} already: {id}. State the need there (…/adjustments).",
                centre=desk.centre,
                id=standing.id,
            ),
            "overflow-open",
        )
    episode = _open(desk, desk.seen, pressure, stated=stated, reason=reason)
    audit.record(
        desk.session, desk.now, desk.actor, "declare_overflow", f"overflow:{episode.id}", needed=stated, reason=reason
    )
    settle(desk, episode)
    tell_opening(desk, desk.seen, declared=True, reason=reason, by=desk.actor.organisation)
    return episode


def adjust(desk: Desk, overflow: str, stated: int | None, reason: str) -> ActInfo:
    """4.1: COA's stated need replaces the computed one; None takes it back.

    Raises `Conflict` when no count was ever judged, so that there is nothing to go back to.
    """
    episode = find_episode(desk, overflow)
    if stated is None and episode.computed_needed is None:
        raise Conflict(say("There is no count to compute the need from; state a number."), "nothing-to-compute")
    before, episode.stated_needed = episode.needed, stated
    act = desk.act(episode, "adjustment", needed=stated, neededBefore=before, neededNow=episode.needed, reason=reason)
    audit.record(
        desk.session, desk.now, desk.actor, "adjust_need", f"overflow:{episode.id}", needed=stated, reason=reason
    )
    settle(desk, episode)
    acute_by_shortfall(desk, episode)
    return act_info(act)


def begin_round(desk: Desk, overflow: str, reason: str) -> ActInfo:
    """5.2: on COA's word everybody is eligible again."""
    episode = find_episode(desk, overflow)
    act = next_round(desk, episode, desk.actor, reason)
    audit.record(desk.session, desk.now, desk.actor, "begin_round", f"overflow:{episode.id}", reason=reason)
    settle(desk, episode)
    return act_info(act)


def next_round(desk: Desk, episode: Overflow, by: Actor, reason: str) -> Act:
    """Begin the next pass along the rota."""
    episode.round += 1
    return desk.act(episode, "round", by=by, round=episode.round, reason=reason)


def note(desk: Desk, overflow: str, text: str) -> ActInfo:
    """Write a note into the timeline, of a closed episode too."""
    episode = find_episode(desk, overflow, closed_too=True)
    audit.record(desk.session, desk.now, desk.actor, "add_note", f"overflow:{episode.id}")
    return act_info(desk.act(episode, "note", text=text))


def find_episode(desk: Desk, overflow: str, *, closed_too: bool = False) -> Overflow:
    """An episode of this desk's centre, locked. Raises `NotFound`, and `Conflict` when it is closed."""
    episode = desk.session.get(Overflow, overflow, with_for_update=True)
    if episode is None or episode.centre != desk.centre:
        raise NotFound(say("There is no overflow {id}.", id=overflow))
    if episode.state == "closed" and not closed_too:
        raise Conflict(say("This overflow was closed at {at}.", at=episode.closed_at), "overflow-closed")
    return episode


def _last_act(desk: Desk, episode: Overflow, kind: str) -> Act:
    made = select(Act).where(Act.overflow == episode.id, Act.kind == kind).order_by(Act.seq.desc()).limit(1)
    return desk.session.scalars(made).one()
