"""Read emergency places and commitments one by one or page by page, as they stand at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from piket.errors import NotFound
from piket.pages import Page, PageRequest, read_page
from piket.places.models import Commitment, EmergencyPlace, EmergencyPlaceState
from piket.places.records import (
    CommitmentInfo,
    PlaceInfo,
    commitment_info,
    commitment_rows,
    in_use,
    is_offered,
    is_running,
    lock_places,
    place_info,
    place_rows,
)
from piket.words import say


def find(session: Session, at: datetime, place_id: str, lock: bool = False) -> PlaceInfo:
    """One place as it stands at `at`, now or in the past. Raises `NotFound`, also when it was not there yet.

    With `lock` nobody else changes it until this transaction ends.
    """
    if lock:
        lock_places(session, [place_id])
    found = session.execute(place_rows(at).where(EmergencyPlace.id == place_id)).one_or_none()
    if found is None:
        raise NotFound(say("There is no emergency place {id}.", id=place_id))
    place, row = found
    return place_info(place, row, at, in_use(session, at, [place.id]).get(place.id, (0, 0)))


def places_paged(
    session: Session,
    at: datetime,
    page: PageRequest,
    *,
    drill: bool = False,
    province: str | None = None,
    state: str | None = None,
    firmness: str | None = None,
    kind: str | None = None,
) -> Page[PlaceInfo]:
    """Emergency places as they stand at `at`, the newest offered first. None: whichever."""
    wanted = [EmergencyPlace.drill == drill]
    if province is not None:
        wanted.append(EmergencyPlace.province == province)
    if state is not None:
        wanted.append(_state_is(state, at))
    if firmness is not None:
        wanted.append(EmergencyPlaceState.firmness == firmness)
    if kind is not None:
        wanted.append(EmergencyPlaceState.kind == kind)
    query = place_rows(at).with_only_columns(EmergencyPlace).where(*wanted)
    found = read_page(session, query, page, [EmergencyPlace.created_at, EmergencyPlace.id])
    infos = _places(session, at, [place.id for place in found.items])
    return found.map(lambda place: infos[place.id])


def _state_is(state: str, at: datetime) -> ColumnElement[bool]:
    """`offered` and `expired` by the clock as well as by the row, for a late pass must make no difference."""
    if state == "offered":
        return is_offered(at)
    if state == "withdrawn":
        return EmergencyPlaceState.state == "withdrawn"
    return ~is_offered(at) & (EmergencyPlaceState.state != "withdrawn")


def _places(session: Session, at: datetime, ids: Sequence[str]) -> dict[str, PlaceInfo]:
    """Many places at once with what is committed on them, in two queries."""
    used = in_use(session, at, ids)
    rows = session.execute(place_rows(at).where(EmergencyPlace.id.in_(ids)))
    return {place.id: place_info(place, row, at, used.get(place.id, (0, 0))) for place, row in rows}


def find_commitment(session: Session, at: datetime, commitment_id: str) -> CommitmentInfo:
    """One commitment as it stands at `at`. Raises `NotFound`, also when it was not made yet."""
    found = session.execute(commitment_rows(at).where(Commitment.id == commitment_id)).one_or_none()
    if found is None:
        raise NotFound(say("There is no commitment {id}.", id=commitment_id))
    commitment, row, place = found
    return commitment_info(commitment, row, place, at)


def commitments_paged(
    session: Session,
    at: datetime,
    page: PageRequest,
    *,
    drill: bool = False,
    centre: str | None = None,
    call_up: str | None = None,
    overflow: str | None = None,
    province: str | None = None,
    state: str | None = None,
) -> Page[CommitmentInfo]:
    """Commitments as they stand at `at`, the newest first. None: whichever; `state` is `committed` or `ended`."""
    asked = (
        (Commitment.centre, centre),
        (Commitment.call_up, call_up),
        (Commitment.overflow, overflow),
        (EmergencyPlace.province, province),
    )
    wanted = [Commitment.drill == drill, *(column == value for column, value in asked if value is not None)]
    if state is not None:
        wanted.append(is_running(at) if state == "committed" else ~is_running(at))
    query = commitment_rows(at).with_only_columns(Commitment).where(*wanted)
    found = read_page(session, query, page, [Commitment.created_at, Commitment.id])
    rows = session.execute(commitment_rows(at).where(Commitment.id.in_([row.id for row in found.items])))
    infos = {commitment.id: commitment_info(commitment, row, place, at) for commitment, row, place in rows}
    return found.map(lambda commitment: infos[commitment.id])
