"""Judge: from a count, a correction, a confirmation or new thresholds to a level, an episode and who is told.

One walk for all four: the definition's own level is judged and kept, the picture of the centre is looked at again, the
episode opens, follows or closes, and last a crossing is told, measured from what people were told before. The call-up of an
episode goes first, because it takes the place of the crossing's alert for who is called (section 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from piket.db import UtcDateTime
from piket.occupancy.models import Announced, Count, Standing
from piket.occupancy.rules import HEAD_COUNTS, is_stale, judge, over_norm, rank, rises_from
from piket.occupancy.sight import CentreDesk
from piket.occupancy.standing import Picture, pressure, thresholds_in_force
from piket.overflows import service as overflows
from piket.overflows.service import Followed, Judgement

# Asked by every count, so put together once.
_HERE = (Count.centre == bindparam("centre"), Count.drill == bindparam("drill"))
_HELD_LONG_ENOUGH = (
    select(Count.id)
    .where(*_HERE, Count.state == "held", Count.judge_at <= bindparam("now", type_=UtcDateTime()))
    .order_by(Count.observed_at)
)
_NEWEST = (
    select(Count.observed_at)
    .where(*_HERE, Count.definition == bindparam("definition"))
    .order_by(Count.observed_at.desc())
    .limit(1)
)


def judge_count(desk: CentreDesk, count: Count, *, level_from: str | None = None, chain: Sequence[str] = ()) -> None:
    """Judge one count and do everything that follows from it. `level_from` and `chain` are those of a correction."""
    before = desk.picture
    ladder = next(ladder for ladder in before.ladders if ladder.definition == count.definition)
    standing = desk.standing(count.definition)
    count.level_before = level_from or (standing.level if standing else "normal")
    count.level_after = judge(ladder, count.level_before, count.people)
    count.state, count.why_not, count.judge_at = "judged", None, None
    _keep(desk, count, standing)
    rung = ladder.rung("overflow")
    reaches = count.people >= rung.at if rung else count.people > 0
    after = follow(desk, before.level, reaches=reaches, count=count.id, chain=chain)
    own = count.people if count.definition in HEAD_COUNTS else after.how_full.people
    count.outcome = outcome(
        before.level,
        after,
        judged=True,
        over=over_norm(own, desk.norm),
        on_duty=on_duty(desk),
        overflow=open_id(desk),
        alerts=desk.deliveries,
    )


def _keep(desk: CentreDesk, count: Count, standing: Standing | None) -> None:
    """Remember what the next count of this definition is judged from."""
    if standing is None:
        standing = Standing(centre=desk.centre, drill=desk.drill, definition=count.definition)
        desk.session.add(standing)
        desk.picture.rows.standings.append(standing)
    standing.level, standing.count = str(count.level_after), count.id
    standing.people, standing.observed_at = count.people, count.observed_at


def follow(
    desk: CentreDesk, shown: str, *, reaches: bool, count: str | None = None, chain: Sequence[str] = ()
) -> Picture:
    """After every judgement: the episode opens, follows or closes, and a crossing of level is told.

    `shown`: the level before it. `reaches`: a count that was just judged is itself at the overflow; after new thresholds
    none was. `chain`: the counts that a correction supersedes. Gives the picture as it is afterwards.
    """
    found = desk.look_again()
    desk.how_full, told = found.how_full, desk.level
    level = desk.shows = _without_shortfall(found)
    start = rises_from(shown, told, level)
    if rank(level) > rank(start):
        desk.crossing = (start, level)
    judgement = Judgement(level, lambda: pressure(desk.session, found), reaches, count, tuple(chain))
    followed = overflows.on_judged(desk, judgement)
    desk.crossing = desk.shows = None
    after = found if followed.what == "none" else desk.look_again()
    _tell_judged(desk, (told, shown), after, followed, corrected=bool(chain))
    return after


def _without_shortfall(picture: Picture) -> str:
    """The level by the counts alone; a shortfall past its hour is the episode's to say."""
    if picture.level != "acute" or any(
        j.definition == "withoutBed" and j.people > 0 and not j.stale for j in picture.judged
    ):
        return picture.level
    heads = [j.level for j in picture.judged if j.definition in HEAD_COUNTS and not j.stale]
    return max(heads, key=rank) if heads else "unknown"


def _tell_judged(
    desk: CentreDesk, before: tuple[str, str], after: Picture, followed: Followed, *, corrected: bool
) -> None:
    """One alert for one crossing: a fall from what people were last told, a rise from what was shown (`before` has both).

    Unknown tells nobody that it is fine.
    """
    (told, shown), level = before, after.level
    desk.measured = level
    closed = followed.episode if followed.what == "closed" else None
    if level == "unknown":
        return
    move_level(desk, level, counted=True)
    start = rises_from(shown, told, level)
    if closed is not None or rank(level) < rank(told):
        all_clear = closed is not None and closed.closure == "allClear"
        kind = "allClear" if all_clear else "countCorrected" if corrected else "levelLowered"
        left = max(told, "overflow" if closed else told, key=rank)
        overflows.tell_fall(desk, kind, left, level, closed)
    elif rank(level) > rank(start):
        overflows.tell_crossing(desk, start, level)
    elif followed.what == "opened":
        overflows.tell_opening(desk, level, again=True)


def move_level(desk: CentreDesk, level: str, *, counted: bool) -> None:
    """Keep what people are being told now, and since when. `counted`: a count says so, so none is overdue."""
    row = desk.picture.rows.announced
    if row is None:
        row = Announced(centre=desk.centre, drill=desk.drill, level=level, since=desk.now)
        desk.session.add(row)
        desk.picture.rows.announced = row
    elif row.level != level:
        row.level, row.since = level, desk.now
    if counted:
        row.overdue_told_at = None
    desk.level = level


def announce_change(desk: CentreDesk) -> None:
    """Tell a change of level that no count made: a shortfall past its hour, or its end.

    It is measured within this transaction at one moment, so a count that merely grew old changes nothing here.
    """
    after = desk.look_again()
    if after.level in (desk.measured, "unknown"):
        return
    desk.how_full, told = after.how_full, after.announced
    start = rises_from(desk.measured, told, after.level)
    move_level(desk, after.level, counted=False)
    if rank(after.level) < rank(told):
        if not desk.closed:
            overflows.tell_fall(desk, "levelLowered", told, after.level, None)
    elif rank(after.level) > rank(start):
        overflows.tell_crossing(desk, start, after.level)


def judge_held_due(desk: CentreDesk) -> None:
    """1.3: a held count that nobody confirmed is judged 15 minutes after it came."""
    here = {"centre": desk.centre, "drill": desk.drill, "now": desk.now}
    for held in desk.session.connection().scalars(_HELD_LONG_ENOUGH, here).all():
        release_held(desk, desk.session.get_one(Count, held))


def release_held(desk: CentreDesk, count: Count) -> None:
    """Judge a held count, unless a newer one of its definition has come since: then it is late and changes nothing."""
    if is_overtaken(desk, count.definition, count.observed_at) or count.superseded_by:
        count.state, count.why_not, count.judge_at = "kept", "late", None
        count.outcome = {**count.outcome, "held": False, "reason": "late"}
        return
    judge_count(desk, count)


def is_overtaken(desk: CentreDesk, definition: str, observed_at: datetime) -> bool:
    """Whether there is a count of this definition, judged or not, that was taken later."""
    newest = newest_observed(desk, definition)
    return newest is not None and newest > observed_at


def newest_observed(desk: CentreDesk, definition: str) -> datetime | None:
    """The moment of the newest count of a definition, judged or not; None when there is none."""
    here = {"centre": desk.centre, "drill": desk.drill, "definition": definition}
    desk.session.flush()
    newest: datetime | None = desk.session.connection().scalar(_NEWEST, here)
    return newest


def tell_overdue(desk: CentreDesk) -> None:
    """2.4: COA and the ministry are told once when nothing fresh is left to say how many people there are."""
    row = desk.picture.rows.announced
    found = desk.picture
    if row is None or row.overdue_told_at is not None or found.level != "unknown":
        return
    row.overdue_told_at = desk.now
    desk.how_full = found.how_full
    heads = [j for j in found.judged if j.definition in HEAD_COUNTS]
    last = max(heads, key=lambda j: j.observed_at) if heads else None
    overflows.tell(
        desk, "countOverdue", overflows.who_is_who(desk), level="unknown", previous=row.level,
        people=last.people if last else None, definition=last.definition if last else None,
        observedAt=last.observed_at if last else None,
    )  # fmt: skip


def rejudge(desk: CentreDesk) -> Picture:
    """2.5: new thresholds are judged at once against the newest counts that are not stale."""
    shown = desk.picture.level
    desk.picture.rows.thresholds = thresholds_in_force(desk.session, desk.centre)
    found = desk.look_again()
    for ladder in found.ladders:
        standing = desk.standing(ladder.definition)
        if standing and ladder.rungs and not is_stale(standing.observed_at, ladder.stale_after, desk.now):
            standing.level = judge(ladder, standing.level, standing.people)
    desk.session.flush()
    return follow(desk, shown, reaches=False) if found.judged else found


def outcome(
    previous: str, after: Picture, *, judged: bool, over: int | None, on_duty: str | None, overflow: str | None, alerts: int,
    held: bool = False, why: str | None = None,
) -> dict[str, object]:  # fmt: skip
    """The outcome of a count as the API answers it, kept under its names so that a repeat gives the very same.

    `over` is people above the norm (None when not judged or not known), `alerts` the number of deliveries written.
    """
    return {
        "judged": judged, "held": held, "reason": why, "previousLevel": previous, "level": after.level, "overNorm": over,
        "overflow": overflow, "onDuty": on_duty, "alerts": alerts,
    }  # fmt: skip


def on_duty(desk: CentreDesk) -> str | None:
    """The first on duty now; None when nobody is."""
    # The rota does not hang on what this transaction has still to write: a count is then written once, with its outcome.
    with desk.session.no_autoflush:
        holders = desk.holders
    return holders[0] if holders else None


def open_id(desk: CentreDesk) -> str | None:
    """The open episode of this centre, if there is one."""
    return desk.episode.id if desk.episode else None
