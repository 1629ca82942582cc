"""What is committed: sums at any moment, changes, and the end when its time has passed.

A sum asks what held at a moment, not what holds now: the need of an episode is computed from who was in the places when
people were counted (3.3). Callers hold the centre's lock; rows here are locked after it, never before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session

from piket.audit import service as audit
from piket.db import UtcDateTime
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.places.models import Commitment, CommitmentState, EmergencyPlace, EmergencyPlaceState
from piket.places.records import (
    CommitmentInfo,
    Pledge,
    add_commitment_state,
    add_place_state,
    commitment_info,
    commitment_rows,
    is_running,
    lock_place,
    place_rows,
    pledge_of,
    terms_of,
)
from piket.places.rules import has_passed, later
from piket.words import say


@dataclass(frozen=True)
class CommitmentChange:
    """What became of a commitment. `agreed`, `moved` (other places or times) and `ended` are told to the host.

    `occupied` (only the number of people changed) is told to nobody.
    """

    commitment: CommitmentInfo
    what: Literal["agreed", "moved", "ended", "occupied"]
    reason: str | None = None


# Every judgement asks these of every count, so they are put together once and not at each question.
_AT = bindparam("at", type_=UtcDateTime())
_OF_CENTRE = (Commitment.centre == bindparam("centre"), Commitment.drill == bindparam("drill"))
_ENDED = (CommitmentState.state == "committed", CommitmentState.until <= _AT)
_OVER = (EmergencyPlaceState.state == "offered", EmergencyPlaceState.available_until <= _AT)
_ANY_ENDED = commitment_rows().with_only_columns(Commitment.id).where(*_ENDED).limit(1)
_ANY_OVER = place_rows().with_only_columns(EmergencyPlace.id).where(*_OVER).limit(1)
_ANYTHING_OVER = select(or_(_ANY_ENDED.exists(), _ANY_OVER.exists()))


def _sum(column: Mapped[int]) -> Select[int]:
    """One figure of all running commitments of a centre at a moment, 0 when there are none."""
    sums = commitment_rows(_AT).with_only_columns(func.coalesce(func.sum(column), 0))
    return sums.where(is_running(_AT), *_OF_CENTRE)


_COMMITTED, _OCCUPIED = _sum(CommitmentState.places), _sum(CommitmentState.occupied)


def committed(session: Session, centre: str, drill: bool, at: datetime) -> int:
    """4.2: places committed for a centre at `at`, the occupied ones included, of all its episodes."""
    return int(session.execute(_COMMITTED, {"at": at, "centre": centre, "drill": drill}).scalar_one())


def committed_on(session: Session, call_ups: Collection[str], at: datetime) -> dict[str, int]:
    """Places committed at `at` on each of these call-ups; one on which nothing is committed is left out."""
    if not call_ups:
        return {}
    sums = commitment_rows(at).with_only_columns(Commitment.call_up, func.sum(CommitmentState.places))
    rows = session.execute(sums.where(is_running(at), Commitment.call_up.in_(call_ups)).group_by(Commitment.call_up))
    return {call_up: int(number) for call_up, number in rows}


def occupied_at(session: Session, centre: str, drill: bool, at: datetime) -> int:
    """3.3: people in committed places of a centre, as was recorded for `at`."""
    return int(session.execute(_OCCUPIED, {"at": at, "centre": centre, "drill": drill}).scalar_one())


def running_on(session: Session, at: datetime, place: str) -> list[Pledge]:
    """What is committed on one place at `at`, of all call-ups."""
    rows = session.execute(commitment_rows(at).where(is_running(at), Commitment.emergency_place == place))
    return [pledge_of(row) for _, row, _ in rows]


def change_commitment(
    session: Session, now: datetime, actor: audit.Actor, commitment_id: str, **changes: int | datetime | None
) -> CommitmentChange:
    """Record how many people are in (`occupied`), or until when the places are promised (`until`, None: until ended).

    An `until` that has passed ends it now; one later than the place itself prolongs the place. Raises `NotFound`,
    `Invalid` when it would end before it begins, and `Conflict` when it has ended or holds fewer places than people.
    The row of the centre is locked by the caller. Changing nothing adds nothing.
    """
    commitment, row, place = _locked(session, commitment_id)
    if row.state == "ended" or has_passed(row.until, now):
        raise Conflict(say("This commitment has ended and can no longer be changed."), "commitment-ended")
    before = pledge_of(row)
    after = replace(before, **changes)  # type: ignore[arg-type]
    if after == before:
        return CommitmentChange(commitment_info(commitment, row, place, now), "occupied")
    _refuse_pledge(after, place)
    ends = has_passed(after.until, now)
    if after.until != before.until and not ends:
        _prolong(session, now, actor, place, after.until)
    row = add_commitment_state(session, now, actor.organisation, commitment, after, "until" if ends else None)
    told = sorted(name for name in changes if getattr(before, name) != getattr(after, name))
    audit.record(
        session, now, actor, "change_commitment", f"commitment:{commitment.id}", changed=told, occupied=after.occupied
    )
    session.flush()
    what: Literal["ended", "moved", "occupied"] = "ended" if ends else "moved" if "until" in told else "occupied"
    return CommitmentChange(commitment_info(commitment, row, place, now), what, "until" if ends else None)


def _locked(session: Session, commitment_id: str) -> tuple[Commitment, CommitmentState, EmergencyPlace]:
    """A commitment with its newest state and its place, read again behind the lock. Raises `NotFound`."""
    found = session.execute(
        select(Commitment)
        .where(Commitment.id == commitment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(say("There is no commitment {id}.", id=commitment_id))
    commitment, row, place = session.execute(commitment_rows().where(Commitment.id == commitment_id)).one()
    return commitment, row, place


def _refuse_pledge(after: Pledge, place: EmergencyPlace) -> None:
    """Raise `Invalid` when it would end before it begins, `Conflict` when more people would be in than it has places."""
    if after.until is not None and after.until <= after.available_from:
        fault = Fault("body", "until", say("The commitment ends before it begins. Give a moment after availableFrom."))
        raise Invalid(say("This cannot be taken as it is; see what is wrong with each field."), [fault])
    if after.occupied > after.places:
        raise Conflict(
            say(
                "Only {places} places are committed at {site}; no more people can be in them.",
                places=after.places,
                site=place.site,
            ),
            "more-people-than-places",
        )


def _prolong(
    session: Session, now: datetime, actor: audit.Actor, place: EmergencyPlace, until: datetime | None
) -> None:
    """A commitment never lasts longer than its place, so the place goes along."""
    place, row = lock_place(session, place.id)
    terms = terms_of(row)
    longest = later(terms.available_until, until)
    if longest != terms.available_until:
        add_place_state(session, now, actor.organisation, place, replace(terms, available_until=longest))


def end_due(session: Session, now: datetime, centre: str | None = None, drill: bool = False) -> list[CommitmentChange]:
    """End the commitments whose `until` has passed (of one centre, or of all), and expire the places that are over.

    What is written says the moment it was over, however late the pass. A repeat finds nothing. Places that somebody else
    is changing right now are left for the next pass; until then they read as expired all the same.
    """
    # Nearly always nothing is over; on the bare connection that is known at a third of the price.
    session.flush()
    if not session.connection().scalar(_ANYTHING_OVER, {"at": now}):
        return []
    wanted = [CommitmentState.state == "committed", CommitmentState.until <= now, Commitment.drill == drill]
    if centre is not None:
        wanted.append(Commitment.centre == centre)
    rows = session.execute(commitment_rows().where(*wanted).order_by(Commitment.created_at, Commitment.id)).all()
    changes = [end(session, now, audit.ENGINE, (commitment, row, place), "until") for commitment, row, place in rows]
    _expire_places(session, now)
    session.flush()
    return changes


def end(
    session: Session,
    now: datetime,
    actor: audit.Actor,
    of: tuple[Commitment, CommitmentState, EmergencyPlace],
    reason: Literal["until", "withdrawn", "released"],
) -> CommitmentChange:
    """End one commitment: at its `until` when that is why, else now. What was occupied stays in its row."""
    commitment, row, place = of
    at = row.until if reason == "until" and row.until is not None else now
    row = add_commitment_state(session, at, actor.organisation, commitment, pledge_of(row), reason)
    audit.record(session, now, actor, "end_commitment", f"commitment:{commitment.id}", reason=reason, places=row.places)
    return CommitmentChange(commitment_info(commitment, row, place, now), "ended", reason)


def _expire_places(session: Session, now: datetime) -> None:
    """Write down that offers are over. Rows that somebody holds are passed over, so that a pass waits for nobody."""
    over = place_rows().where(EmergencyPlaceState.state == "offered", EmergencyPlaceState.available_until <= now)
    ids: Sequence[str] = session.scalars(over.with_only_columns(EmergencyPlace.id)).all()
    free = select(EmergencyPlace.id).where(EmergencyPlace.id.in_(ids)).with_for_update(skip_locked=True)
    for place_id in session.scalars(free).all() if ids else ():
        place, row = lock_place(session, place_id)
        if row.state == "offered" and row.available_until is not None and row.available_until <= now:
            add_place_state(session, row.available_until, audit.ENGINE.organisation, place, terms_of(row), "expired")
            audit.record(session, now, audit.ENGINE, "expire_place", f"place:{place.id}", places=row.places)
