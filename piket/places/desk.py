"""One call-up's promise on the table: what it named, what counts of it, what is committed elsewhere at the same places.

A promise may name places that others have promised too, or that were offered by hand. All of them are locked first, in one
order; then it is worked out how many of its places count, so that one bed never counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit import service as audit
from piket.db import new_id
from piket.errors import Conflict
from piket.places.commitments import CommitmentChange, end
from piket.places.models import Commitment, CommitmentState, EmergencyPlace, EmergencyPlaceState, Promise
from piket.places.records import (
    Pledge,
    add_commitment_state,
    commitment_info,
    commitment_rows,
    in_use,
    is_running,
    lock_places,
    pledge_of,
    terms_of,
)
from piket.places.rules import (
    FIRM,
    SitePromise,
    has_passed,
)
from piket.words import say

Own = tuple[Commitment, CommitmentState, EmergencyPlace]
Known = tuple[EmergencyPlace, EmergencyPlaceState]


@dataclass(frozen=True)
class Committed:
    """What stands on a call-up: places that count, firm places left over, places in view, and what changed for hosts."""

    counted: int
    surplus: int
    in_view: int
    changes: list[CommitmentChange]


@dataclass(frozen=True)
class Said:
    """One site of a promise as it was written down, with the emergency place that it names."""

    place: str
    places: int
    firmness: str
    hours: str
    available_from: datetime
    available_until: datetime | None

    @classmethod
    def of(cls, place: str, promise: SitePromise) -> Said:
        """What a promise says of that place."""
        start, until = promise.available_from.astimezone(UTC), promise.available_until
        until = until.astimezone(UTC) if until else None
        return cls(place, promise.places, promise.firmness, promise.hours, start, until)

    @classmethod
    def read(cls, row: dict[str, Any]) -> Said:
        """Out of the store."""
        start, until = row["available_from"], row["available_until"]
        moments = {
            "available_from": datetime.fromisoformat(start),
            "available_until": datetime.fromisoformat(until) if until else None,
        }
        return cls(**(row | moments))

    def write(self) -> dict[str, Any]:
        """Into the store."""
        until = self.available_until.isoformat() if self.available_until else None
        return vars(self) | {"available_from": self.available_from.isoformat(), "available_until": until}

    @property
    def is_firm(self) -> bool:
        """Whether its places can count."""
        return self.firmness in FIRM

    def pledge(self, places: int, occupied: int = 0) -> Pledge:
        """What it says of a commitment of that many places."""
        return Pledge(places, occupied, self.firmness, self.hours, self.available_from, self.available_until)


@dataclass
class Desk:
    """What lies on the table while one call-up's promise is worked out.

    `known` are places it may name, locked; `said` what it named before, `own` its running commitments, `elsewhere` what
    other call-ups have committed, each by place.
    """

    session: Session
    now: datetime
    actor: audit.Actor
    call_up: str
    overflow: str | None
    centre: str
    drill: bool
    number: int
    said: dict[str, Said]
    own: dict[str, Own] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    elsewhere: dict[str, int] = field(default_factory=dict)
    changes: list[CommitmentChange] = field(default_factory=list)

    def lay_out(self, places: Sequence[str]) -> None:
        """Lock these places and those of the promise until now, and read what is committed on them."""
        self.known = lock_places(self.session, {*places, *self.said})
        self.own = own_of(self.session, self.now, self.call_up)
        used = in_use(self.session, self.now, self.known)
        for place in self.known:
            own = self.own[place][1].places if place in self.own else 0
            self.elsewhere[place] = used.get(place, (0, 0))[0] - own

    def is_open(self, place: str) -> bool:
        """Whether a place is still offered."""
        row = self.known[place][1]
        return row.state == "offered" and not has_passed(row.available_until, self.now)

    def room(self, place: str) -> int:
        """How many more of what the promise names at a place could be committed on this call-up."""
        said, own = self.said[place], self.own.get(place)
        if not said.is_firm or not self.is_open(place) or not terms_of(self.known[place][1]).is_firm:
            return 0
        mine = own[1].places if own else 0
        return max(0, min(said.places - mine, self.known[place][1].places - self.elsewhere[place] - mine))

    def commit(self, said: Said, counted: int) -> None:
        """Make, change or end this call-up's commitment on a place, so that `counted` places count."""
        own = self.own.get(said.place)
        if own is None and counted:
            self._begin(said, counted)
        elif own is not None and counted:
            self._adapt(own, said.pledge(counted, own[1].occupied))
        elif own is not None:
            self.end(own, "withdrawn")

    def _begin(self, said: Said, counted: int) -> None:
        """The first commitment of this call-up on a place."""
        place = self.known[said.place][0]
        commitment = Commitment(
            id=new_id(),
            emergency_place=place.id,
            call_up=self.call_up,
            overflow=self.overflow,
            centre=self.centre,
            drill=self.drill,
            created_at=self.now,
            version=0,
        )
        self.session.add(commitment)
        self.session.flush()
        row = add_commitment_state(self.session, self.now, self.actor.organisation, commitment, said.pledge(counted))
        self.own[place.id] = (commitment, row, place)
        self.changes.append(CommitmentChange(commitment_info(commitment, row, place, self.now), "agreed"))

    def _adapt(self, own: Own, after: Pledge) -> None:
        """Change a running commitment; the host hears of it when more than its firmness changed."""
        commitment, row, place = own
        before = pledge_of(row)
        refuse_below_occupied(own, after.places)
        if after == before:
            return
        row = add_commitment_state(self.session, self.now, self.actor.organisation, commitment, after)
        self.own[place.id] = (commitment, row, place)
        if replace(after, firmness=before.firmness) != before:
            self.changes.append(CommitmentChange(commitment_info(commitment, row, place, self.now), "moved"))

    def end(self, own: Own, reason: Literal["withdrawn", "released"]) -> None:
        """End a commitment of this call-up. Raises `Conflict` while people are in."""
        refuse_below_occupied(own, 0)
        self.changes.append(end(self.session, self.now, self.actor, own, reason))
        del self.own[own[2].id]

    def state(self, said: Sequence[Said]) -> None:
        """Write down the whole promise as it now stands; the same again writes nothing."""
        if list(self.said.values()) == list(said) and (said or self.number):
            return
        self.number += 1
        self.said = {one.place: one for one in said}
        self.session.add(
            Promise(
                call_up=self.call_up,
                number=self.number,
                at=self.now,
                by=self.actor.organisation,
                overflow=self.overflow,
                centre=self.centre,
                drill=self.drill,
                sites=[one.write() for one in said],
            )
        )

    def result(self) -> Committed:
        """What now stands."""
        self.session.flush()
        counted = sum(row.places for _, row, _ in self.own.values())
        in_view = sum(said.places for said in self.said.values() if not said.is_firm)
        return Committed(counted, sum(map(self.room, self.said)), in_view, self.changes)


def refuse_below_occupied(own: Own, places: int) -> None:
    """Raise `Conflict` when fewer places would be committed at a site than people are in."""
    _, row, place = own
    if places < row.occupied:
        raise Conflict(
            say(
                "{occupied} people are in the places at {site}. Keep at least that many, or record that they left.",
                occupied=row.occupied,
                site=place.site,
            ),
            "places-occupied",
        )


def own_of(session: Session, now: datetime, call_up: str) -> dict[str, Own]:
    """The running commitments of a call-up, by place."""
    rows = session.execute(commitment_rows().where(is_running(now), Commitment.call_up == call_up))
    return {place.id: (commitment, row, place) for commitment, row, place in rows}


def standing(session: Session, call_up: str) -> Promise | None:
    """The promise on a call-up as it was stated last; None when there was none."""
    stated = select(Promise).where(Promise.call_up == call_up).order_by(Promise.number.desc()).limit(1)
    return session.scalars(stated).one_or_none()
