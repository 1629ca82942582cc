"""Take in a count, a correction, a confirmation (section 1 of the rules).

Whoever calls has opened the centre's desk, so two requests about one centre come here one after the other and the second
sees what the first stored. What changes something writes one audit entry; a repeat changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from piket.audit import service as audit
from piket.db import UtcDateTime, new_id
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.occupancy.judging import (
    is_overtaken,
    judge_count,
    newest_observed,
    on_duty,
    open_id,
    outcome,
    release_held,
)
from piket.occupancy.models import Confirmation, Count, Standing
from piket.occupancy.rules import Arrival, arrive, is_stale, judge
from piket.occupancy.sight import CentreDesk
from piket.overflows import service as overflows
from piket.words import say

AHEAD = timedelta(minutes=5)


# Asked by every count, so put together once.
_SAME_MOMENT = (
    select(Count)
    .where(Count.centre == bindparam("centre"), Count.drill == bindparam("drill"))
    .where(Count.definition == bindparam("definition"), Count.observed_at == bindparam("at", type_=UtcDateTime()))
    .order_by(Count.received_at, Count.superseded_by.is_(None))
)


@dataclass(frozen=True)
class NewCount:
    """A count as it was sent. `observed_at` is when people were counted, aware."""

    definition: str
    observed_at: datetime
    people: int
    source: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Recorded:
    """The count as it stands, and whether this request stored it."""

    count: Count
    created: bool


def record(desk: CentreDesk, new: NewCount) -> Recorded:
    """1.1 to 1.3: store a count and judge it, hold it, or keep it. The same again changes nothing.

    Raises `Invalid` for a moment more than five minutes ahead, `Conflict` when another number stands at that moment.
    """
    if new.observed_at > desk.now + AHEAD:
        raise Invalid(
            say("The count cannot be taken."),
            [
                Fault(
                    "body",
                    "observedAt",
                    say("{at} lies in the future; give the moment at which people were counted.", at=new.observed_at),
                )
            ],
        )
    newest = newest_observed(desk, new.definition)
    late = newest is not None and newest > new.observed_at
    if late or newest == new.observed_at:
        same = same_moment(desk, new.definition, new.observed_at)
        if same:
            return Recorded(_repeat(same, new), created=False)
    arrival = _arrival(desk, new, late=late)
    count = _store(desk, new)
    if arrival.act == "judge":
        judge_count(desk, count)
    else:
        _set_aside(desk, count, arrival)
    audit.record(
        desk.session,
        desk.now,
        desk.actor,
        "record_count",
        f"count:{count.id}",
        people=count.people,
        definition=count.definition,
    )
    desk.session.flush()
    return Recorded(count, created=True)


def same_moment(desk: CentreDesk, definition: str, observed_at: datetime) -> Sequence[Count]:
    """The chain of counts of one moment, oldest first; empty when there is none."""
    moment = {"centre": desk.centre, "drill": desk.drill, "definition": definition, "at": observed_at}
    return desk.session.scalars(_SAME_MOMENT, moment).all()


def _repeat(chain: Sequence[Count], new: NewCount) -> Count:
    """1.1: the record that stands, when the number is one its moment ever had. Raises `Conflict`, naming it, otherwise."""
    newest = next(count for count in chain if count.superseded_by is None)
    if new.people in {count.people for count in chain}:
        return newest
    raise Conflict(
        say(
            "At {at} there is a count of {people} already; correct it instead (POST /v1/counts/{id}/corrections).",
            at=new.observed_at,
            people=newest.people,
            id=newest.id,
        ),
        "count-differs",
    )


def _store(desk: CentreDesk, new: NewCount, *, imported: bool = False) -> Count:
    """The row as it came, `kept` until it is judged or held. What acts for COA is written down as COA's."""
    count = Count(
        id=new_id(), centre=desk.centre, definition=new.definition, drill=desk.drill,
        observed_at=new.observed_at, received_at=desk.now, people=new.people,
        reported_by=desk.actor.speaks_for, source=new.source, note=new.note, imported=imported,
        state="kept", outcome={},
    )  # fmt: skip
    desk.session.add(count)
    return count


def _arrival(desk: CentreDesk, count: NewCount, *, late: bool) -> Arrival:
    """1.2 and 1.3: what the rules make of a count that has come."""
    picture = desk.picture
    ladder = next(ladder for ladder in picture.ladders if ladder.definition == count.definition)
    standing = desk.standing(count.definition)
    return arrive(
        count.definition,
        count.people,
        late=late,
        stale=is_stale(count.observed_at, ladder.stale_after, desk.now),
        last_judged=standing.people if standing else None,
        hold_above=picture.rows.thresholds.body["holdAbove"],
    )


def _set_aside(desk: CentreDesk, count: Count, arrival: Arrival) -> None:
    """Keep a count that changes nothing, or hold one until COA or the clock releases it; only COA hears of that."""
    held = arrival.act == "hold"
    count.state, count.why_not = ("held" if held else "kept"), arrival.why
    picture = desk.picture
    count.outcome = outcome(
        picture.level,
        picture,
        judged=False,
        held=held,
        why=arrival.why,
        over=None,
        on_duty=on_duty(desk),
        overflow=open_id(desk),
        alerts=0,
    )
    if held:
        count.judge_at = desk.now + timedelta(minutes=desk.settings.policy.hold_minutes)
        standing = desk.standing(count.definition)
        overflows.tell(
            desk, "countHeld", overflows.who_is_who(desk), level=desk.level, count=count.id, people=count.people,
            definition=count.definition, observedAt=count.observed_at, lastJudged=standing.people if standing else None,
            judgeAt=count.judge_at,
        )  # fmt: skip


def keep_imported(desk: CentreDesk, new: NewCount) -> Count:
    """Store a past count from a file; it changes nothing."""
    count = _store(desk, new, imported=True)
    _set_aside(desk, count, Arrival("keep", "imported"))
    return count


def correct(desk: CentreDesk, count_id: str, people: int, reason: str) -> Count:
    """1.4: a new count of the same moment that supersedes the former.

    Of the newest count: judged from the level before it, and never held, for a correction is made on purpose. Of an older
    one: stored. Raises `Conflict` for one already superseded, naming the newest, and when the number is the same.
    """
    old = find_count(desk, count_id)
    if old.superseded_by is not None:
        newest = next(c for c in same_moment(desk, old.definition, old.observed_at) if c.superseded_by is None)
        raise Conflict(
            say("This count was corrected already; correct the newest, {id}.", id=newest.id), "count-superseded"
        )
    if old.people == people:
        raise Conflict(
            say("The count says {people} already; a correction gives another number.", people=people),
            "nothing-to-correct",
        )
    is_newest = not is_overtaken(desk, old.definition, old.observed_at)
    chain = [count.id for count in same_moment(desk, old.definition, old.observed_at)]
    count = _supersede(desk, old, people, reason)
    _judge_correction(desk, old, count, chain, is_newest=is_newest)
    audit.record(
        desk.session,
        desk.now,
        desk.actor,
        "correct_count",
        f"count:{count.id}",
        supersedes=old.id,
        people=people,
        reason=reason,
    )
    desk.session.flush()
    return count


def _supersede(desk: CentreDesk, old: Count, people: int, reason: str) -> Count:
    """Put a correction in the place of `old`. The unique index on standing counts allows one a moment, so the old one steps aside
    first, under a name that is no id, and gets the new one's id when there is one.
    """
    old.superseded_by = "pending"
    desk.session.flush()
    count = _store(desk, NewCount(old.definition, old.observed_at, people, old.source))
    count.supersedes, count.reason, old.superseded_by = old.id, reason, count.id
    if old.state == "held":
        old.state, old.why_not, old.judge_at = "kept", "superseded", None
    desk.session.flush()
    return count


def _judge_correction(desk: CentreDesk, old: Count, count: Count, chain: Sequence[str], *, is_newest: bool) -> None:
    """1.4: of the newest count it is judged from the level before that one; of an older or a stale one it is kept."""
    picture = desk.picture
    ladder = next(ladder for ladder in picture.ladders if ladder.definition == count.definition)
    if not is_newest:
        _set_aside(desk, count, Arrival("keep", "late"))
    elif is_stale(count.observed_at, ladder.stale_after, desk.now):
        standing = desk.standing(count.definition)
        if standing and standing.count == old.id:
            # Nothing changes now, but the next count must not be judged from a level that never was.
            _restand(standing, count, judge(ladder, str(old.level_before), count.people), str(old.level_before))
        _set_aside(desk, count, Arrival("keep", "stale"))
    else:
        judge_count(desk, count, level_from=old.level_before, chain=chain)


def _restand(standing: Standing, count: Count, level: str, before: str) -> None:
    """Let the next count be judged from the corrected number, without anything else following from it."""
    count.level_before, count.level_after = before, level
    standing.level, standing.count, standing.people = level, count.id, count.people


def confirm(desk: CentreDesk, count_id: str) -> tuple[Count, Confirmation]:
    """1.3: COA says that a held count is right, and it is judged at once. Raises `Conflict` when it is not held."""
    count = find_count(desk, count_id)
    if count.state != "held":
        raise Conflict(say("This count is not held; there is nothing to confirm."), "count-not-held")
    release_held(desk, count)
    confirmation = Confirmation(count=count.id, at=desk.now, by=desk.actor.organisation)
    desk.session.add(confirmation)
    audit.record(desk.session, desk.now, desk.actor, "confirm_count", f"count:{count.id}")
    desk.session.flush()
    return count, confirmation


def find_count(desk: CentreDesk, count_id: str) -> Count:
    """A count of this desk's centre. Raises `NotFound`."""
    # Read anew: the view looked at it before the centre was locked, and another may have corrected it since.
    count = desk.session.get(Count, count_id, populate_existing=True)
    if count is None or count.centre != desk.centre:
        raise NotFound(say("There is no count {id}.", id=count_id))
    return count
