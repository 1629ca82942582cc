"""What became of promised places over time: how many were delivered, and how many people slept in them. Only reads.

Drills are left out: nothing of them is carried by anybody.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from piket.places.models import Commitment, CommitmentState


@dataclass(frozen=True)
class Delivered:
    """That at `at` so many places more were delivered on a call-up (below 0: fewer), by `version` of a commitment."""

    commitment: str
    version: int
    call_up: str
    at: datetime
    places: int


@dataclass(frozen=True)
class Slept:
    """How many people were in the places of a commitment, at most, in some span of time."""

    commitment: str
    call_up: str
    people: int


def delivered(session: Session, call_ups: Collection[str]) -> list[Delivered]:
    """Every change of what these call-ups delivered, oldest first.

    Places that a newer promise withdraws were not delivered; those that ended in time or that COA released were.
    """
    rows = _states(session, Commitment.call_up.in_(call_ups))
    found = []
    for commitment, states in _by_commitment(rows):
        before = 0
        for state in states:
            after = 0 if state.end_reason == "withdrawn" else state.places
            if after != before:
                found.append(Delivered(commitment.id, state.version, commitment.call_up, state.at, after - before))
            before = after
    return sorted(found, key=lambda one: (one.at, one.commitment, one.version))


def slept(session: Session, since: datetime, until: datetime) -> list[Slept]:
    """For each commitment with people in it at some moment from `since` until `until` the most that there were, as recorded."""
    newest = select(CommitmentState.commitment).join(Commitment, Commitment.id == CommitmentState.commitment)
    touched = newest.where(
        CommitmentState.version == Commitment.version,
        Commitment.created_at < until,
        or_(CommitmentState.state == "committed", CommitmentState.at > since),
    )
    rows = _states(session, Commitment.id.in_(touched), CommitmentState.at < until)
    found = []
    for commitment, states in _by_commitment(rows):
        people = max((state.occupied for state in _held(states, since, until)), default=0)
        if people:
            found.append(Slept(commitment.id, commitment.call_up, people))
    return found


def first_promise(session: Session) -> datetime | None:
    """When the first commitment was made; None while there is none."""
    query = select(Commitment.created_at).where(Commitment.drill.is_(False)).order_by(Commitment.created_at)
    return session.scalars(query.limit(1)).first()


def _held(states: Sequence[CommitmentState], since: datetime, until: datetime) -> Iterable[CommitmentState]:
    """The states that held for some time in that span; one that has ended, or is over its end, holds nobody."""
    for state, following in itertools.zip_longest(states, states[1:]):
        ends = min([until, *([following.at] if following else []), *([state.until] if state.until else [])])
        if state.state == "committed" and max(state.at, since) < ends:
            yield state


def _states(session: Session, *wanted: object) -> list[tuple[Commitment, CommitmentState]]:
    query = select(Commitment, CommitmentState).join(CommitmentState, CommitmentState.commitment == Commitment.id)
    chosen = query.where(Commitment.drill.is_(False), *wanted)  # type: ignore[arg-type]
    rows = session.execute(chosen.order_by(Commitment.created_at, Commitment.id, CommitmentState.version))
    return [(commitment, state) for commitment, state in rows]


def _by_commitment(
    rows: Iterable[tuple[Commitment, CommitmentState]],
) -> Iterable[tuple[Commitment, list[CommitmentState]]]:
    for commitment, listed in itertools.groupby(rows, key=lambda row: row[0]):
        yield commitment, [state for _, state in listed]
