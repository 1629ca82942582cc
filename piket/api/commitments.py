"""Commitments: places promised on a call-up, how many people are in, and until when."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api import desks
from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    DrillQuery,
    Page,
    PageRequest,
    Precondition,
    Reply,
    Schema,
    fields,
    permit,
)
from piket.api.places import shown
from piket.overflows import service as overflows
from piket.places import service as places
from piket.places.check_rules import HOURS, MOST_PLACES
from piket.places.service import CommitmentInfo

blp = Blueprint(
    "commitments", description="Places promised on a call-up. A commitment may outlive the turn and the overflow."
)


class CommitmentChange(Schema):
    """How many people are in, or until when the places are promised (null: until they are released)."""

    occupied = fields.Int(0, MOST_PLACES)
    until = fields.Moment(allow_none=True)


class CommitmentQuery(DrillQuery):
    """Which commitments."""

    overflow = fields.Id()
    centre = fields.Code()
    province = fields.Code()
    call_up = fields.Id()
    state = fields.Choice("committed", "ended")


class CommitmentOut(Answer):
    """Places promised at one site on one call-up. `municipality` and `site` are null for who may not see the site."""

    id = fields.Id()
    call_up = fields.Id()
    overflow = fields.Id(allow_none=True)
    centre = fields.Code()
    province = fields.Code()
    municipality = fields.Code(allow_none=True)
    site = fields.Str(allow_none=True)
    emergency_place = fields.Id()
    places = fields.Int()
    occupied = fields.Int()
    firmness = fields.Choice("agreed", "ready")
    hours = fields.Choice(*HOURS)
    available_from = fields.Moment()
    until = fields.Moment(allow_none=True)
    state = fields.Choice("committed", "ended")
    end_reason = fields.Choice("until", "withdrawn", "released", allow_none=True)
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_none=True)
    drill = fields.Bool()


def commitment_out(caller: Caller, info: CommitmentInfo) -> dict[str, Any]:
    """A commitment as `caller` may see it."""
    return shown(caller, info, asdict(info))


@blp.get("/commitments", action="read", query=CommitmentQuery, answers=CommitmentOut, listed=True)
def list_commitments(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[dict[str, Any]]:
    """List commitments, newest first."""
    return places.commitments_paged(session, now, page, **query).map(lambda info: commitment_out(caller, info))


@blp.get("/commitments/<id>", action="read", answers=CommitmentOut)
def get_commitment(session: Session, now: datetime, caller: Caller, id: str) -> Reply:
    """Read one commitment."""
    info = places.find_commitment(session, now, id)
    return _reply(caller, info)


@blp.patch("/commitments/<id>", action="change-commitment", body=CommitmentChange, answers=CommitmentOut, edits=True)
def change_commitment(
    session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Record how many people are in, or until when the places are promised.

    For COA, the province and the host. An `until` that has passed ends the commitment now; what is then missing is called
    up at once, and the host is told.
    """
    info = places.find_commitment(session, now, id)
    permit(caller, "change-commitment", of=(info.province, info.municipality))
    with desks.at_centre(session, now, caller.actor(), info.centre, info.drill) as desk:
        precondition.require(places.find_commitment(session, desk.now, id).stamp)
        change = places.change_commitment(session, desk.now, caller.actor(), id, **body)
        if change.what != "occupied":
            overflows.commitment_changed(desk, change)
    return _reply(caller, change.commitment)


def _reply(caller: Caller, info: CommitmentInfo) -> Reply:
    return Reply(commitment_out(caller, info), etag=info.stamp)
