"""Value types of this room, and reading and adding its rows: the newest state, or the one that held at a moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from piket.errors import NotFound
from piket.places.models import Commitment, CommitmentState, EmergencyPlace, EmergencyPlaceState
from piket.places.rules import PlaceTerms, has_passed
from piket.words import say


@dataclass(frozen=True)
class PlaceInfo:
    """An emergency place as it stands at one moment. `version` grows with every change; `reason` is why it was withdrawn."""

    id: str
    province: str
    municipality: str
    site: str
    drill: bool
    terms: PlaceTerms
    state: str
    reason: str | None
    committed: int
    occupied: int
    created_at: datetime
    changed_at: datetime
    version: int

    @property
    def stamp(self) -> str:
        """Names what is shown and may change, also by what is committed on it: who changes it says which one they saw."""
        return f"{self.version}-{self.state}-{self.committed}-{self.occupied}"


@dataclass(frozen=True)
class Pledge:
    """What one state row of a commitment says. `until` None: until it is ended."""

    places: int
    occupied: int
    firmness: str
    hours: str
    available_from: datetime
    until: datetime | None


@dataclass(frozen=True)
class CommitmentInfo(Pledge):
    """Places promised at one site on one call-up, as they stand at one moment. `state`: `committed` or `ended`.

    `end_reason`: `until` (its time passed), `withdrawn` (by the province's newer promise) or `released` (by COA).
    """

    id: str
    call_up: str
    overflow: str | None
    centre: str
    drill: bool
    province: str
    municipality: str
    site: str
    emergency_place: str
    state: str
    end_reason: str | None
    created_at: datetime
    ended_at: datetime | None
    version: int

    @property
    def stamp(self) -> str:
        """Names what is shown and may change: who changes it says which one they saw."""
        return f"{self.version}-{self.state}"


def place_rows(at: datetime | None = None) -> Select[EmergencyPlace, EmergencyPlaceState]:
    """Places with their newest state, or with the one that held at `at` (those made later are then left out)."""
    query = (
        select(EmergencyPlace, EmergencyPlaceState)
        .select_from(EmergencyPlace)
        .join(EmergencyPlaceState, EmergencyPlaceState.place == EmergencyPlace.id)
    )
    if at is None:
        return query.where(EmergencyPlaceState.version == EmergencyPlace.version)
    past = aliased(EmergencyPlaceState)
    newest = select(func.max(past.version)).where(past.place == EmergencyPlace.id, past.at <= at).scalar_subquery()
    return query.where(EmergencyPlaceState.version == newest)


def commitment_rows(
    at: datetime | BindParameter[datetime] | None = None,
) -> Select[Commitment, CommitmentState, EmergencyPlace]:
    """Commitments with their newest state, or with the one that held at `at`, and the place they are on."""
    query = (
        select(Commitment, CommitmentState, EmergencyPlace)
        .select_from(Commitment)
        .join(CommitmentState, CommitmentState.commitment == Commitment.id)
        .join(EmergencyPlace, EmergencyPlace.id == Commitment.emergency_place)
    )
    if at is None:
        return query.where(CommitmentState.version == Commitment.version)
    past = aliased(CommitmentState)
    newest = select(func.max(past.version)).where(past.commitment == Commitment.id, past.at <= at).scalar_subquery()
    return query.where(CommitmentState.version == newest)


def is_offered(at: datetime) -> ColumnElement[bool]:
    """Offered at `at`, and not over: the end is read from the column, so a late pass of the engine makes no difference."""
    until = EmergencyPlaceState.available_until
    return (EmergencyPlaceState.state == "offered") & or_(until.is_(None), until > at)


def is_running(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Committed at `at`, and not over."""
    return (CommitmentState.state == "committed") & or_(CommitmentState.until.is_(None), CommitmentState.until > at)


def lock_places(session: Session, ids: Collection[str]) -> dict[str, tuple[EmergencyPlace, EmergencyPlaceState]]:
    """The newest state of these places, which nobody else changes until this transaction ends.

    Locked in the order of their ids, and read again afterwards: what was read before the lock may have been overtaken.
    """
    wanted = select(EmergencyPlace).where(EmergencyPlace.id.in_(ids)).order_by(EmergencyPlace.id).with_for_update()
    session.scalars(wanted.execution_options(populate_existing=True)).all()
    found = session.execute(place_rows().where(EmergencyPlace.id.in_(ids)))
    return {place.id: (place, state) for place, state in found}


def lock_place(session: Session, id: str) -> tuple[EmergencyPlace, EmergencyPlaceState]:
    """One place, as `lock_places`. Raises `NotFound`."""
    found = lock_places(session, [id]).get(id)
    if found is None:
        raise NotFound(say("There is no emergency place {id}.", id=id))
    return found


def in_use(session: Session, at: datetime, places: Collection[str] | None = None) -> dict[str, tuple[int, int]]:
    """For each place that has any: how much is committed and occupied on it at `at`, of all call-ups together."""
    sums = (
        commitment_rows(at)
        .with_only_columns(
            Commitment.emergency_place, func.sum(CommitmentState.places), func.sum(CommitmentState.occupied)
        )
        .where(is_running(at))
        .group_by(Commitment.emergency_place)
    )
    if places is not None:
        sums = sums.where(Commitment.emergency_place.in_(places))
    return {place: (int(committed), int(occupied)) for place, committed, occupied in session.execute(sums)}


def terms_of(row: EmergencyPlaceState) -> PlaceTerms:
    """What a state row says, as a plain value."""
    return PlaceTerms(
        places=row.places,
        firmness=row.firmness,
        agreed_with=row.agreed_with,
        hours=row.hours,
        available_from=row.available_from,
        available_until=row.available_until,
        groups=tuple(row.groups),
        notice_hours=row.notice_hours,
        max_stay_hours=row.max_stay_hours,
        kind=row.kind,
        note=row.note,
        by_hand=row.by_hand,
    )


def pledge_of(row: CommitmentState) -> Pledge:
    """What a state row says, as a plain value."""
    return Pledge(row.places, row.occupied, row.firmness, row.hours, row.available_from, row.until)


def add_place_state(
    session: Session,
    at: datetime,
    by: str,
    place: EmergencyPlace,
    terms: PlaceTerms,
    state: str = "offered",
    reason: str | None = None,
) -> EmergencyPlaceState:
    """What holds for a place from `at` on."""
    place.version += 1
    said = asdict(terms) | {"groups": list(terms.groups)}
    row = EmergencyPlaceState(place=place.id, version=place.version, at=at, by=by, state=state, reason=reason, **said)
    session.add(row)
    return row


def add_commitment_state(
    session: Session, at: datetime, by: str, commitment: Commitment, pledge: Pledge, end_reason: str | None = None
) -> CommitmentState:
    """What holds for a commitment from `at` on; with an `end_reason` it has ended."""
    commitment.version += 1
    state = "committed" if end_reason is None else "ended"
    row = CommitmentState(
        commitment=commitment.id,
        version=commitment.version,
        at=at,
        by=by,
        state=state,
        end_reason=end_reason,
        **asdict(pledge),
    )
    session.add(row)
    return row


def place_info(place: EmergencyPlace, row: EmergencyPlaceState, at: datetime, used: tuple[int, int]) -> PlaceInfo:
    """The place as it stands at `at`; one whose end has passed is expired, whether the engine wrote that down yet or not."""
    over = row.state == "offered" and has_passed(row.available_until, at)
    return PlaceInfo(
        id=place.id,
        province=place.province,
        municipality=place.municipality,
        site=place.site,
        drill=place.drill,
        terms=terms_of(row),
        state="expired" if over else row.state,
        reason=row.reason,
        committed=used[0],
        occupied=used[1],
        created_at=place.created_at,
        changed_at=row.at,
        version=row.version,
    )


def commitment_info(
    commitment: Commitment, row: CommitmentState, place: EmergencyPlace, at: datetime
) -> CommitmentInfo:
    """The commitment as it stands at `at`; one whose `until` has passed has ended, whether that was written down or not."""
    over = row.state == "committed" and has_passed(row.until, at)
    ended_at = row.until if over else row.at if row.state == "ended" else None
    return CommitmentInfo(
        **asdict(pledge_of(row)),
        id=commitment.id,
        call_up=commitment.call_up,
        overflow=commitment.overflow,
        centre=commitment.centre,
        drill=commitment.drill,
        province=place.province,
        municipality=place.municipality,
        site=place.site,
        emergency_place=place.id,
        state="ended" if over else row.state,
        end_reason="until" if over else row.end_reason,
        created_at=commitment.created_at,
        ended_at=ended_at,
        version=row.version,
    )
