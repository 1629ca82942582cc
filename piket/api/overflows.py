"""Overflows: episodes, what is stated and decided in them, and their timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api import desks
from piket.api.acts import ActOut, act, list_acts, seen
from piket.api.centres import LEVELS
from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    DrillQuery,
    Page,
    PageRequest,
    Reply,
    Schema,
    fields,
)
from piket.occupancy import service as occupancy
from piket.overflows import service as overflows
from piket.overflows.service import OverflowInfo

blp = Blueprint("overflows", description="One episode each, from opening to all-clear.")


class OverflowOut(Answer):
    """An episode. Figures of an open one are those of this moment; null is unknown."""

    id = fields.Id()
    centre = fields.Code()
    state = fields.Choice("open", "closed")
    declared = fields.Bool()
    reason = fields.Str(1, 1000, allow_none=True, metadata={
        "description": "Closed: allClear, corrected, or what was said by hand. Open and declared: why."})  # fmt: skip
    closure = fields.Choice("allClear", "corrected", "byHand", allow_none=True)
    closed_by = fields.Str(allow_none=True)
    level = fields.Choice(*LEVELS)
    peak = fields.Int(allow_none=True)
    people = fields.Int(allow_none=True)
    occupied = fields.Int(metadata={"description": "People in committed places, as recorded when they were counted."})
    opened_at = fields.Moment()
    closed_at = fields.Moment(allow_none=True)
    needed = fields.Int(allow_none=True)
    stated_needed = fields.Int(allow_none=True)
    computed_needed = fields.Int(allow_none=True)
    committed = fields.Int()
    asked = fields.Int()
    shortfall = fields.Int(allow_none=True)
    round = fields.Int()
    list_ended = fields.Bool()
    drill = fields.Bool()


class OverflowQuery(DrillQuery):
    """Which episodes."""

    state = fields.Choice("open", "closed")
    centre = fields.Code()


class DeclarationIn(Schema):
    """An overflow that is declared, with the places that are needed."""

    centre = fields.Code(required=True)
    needed = fields.Int(0, 20_000, required=True)
    reason = fields.Str(1, 1000, lines=True, required=True)


class ReasonIn(Schema):
    """Why."""

    reason = fields.Str(1, 1000, lines=True, required=True)


class AdjustmentIn(ReasonIn):
    """The places that COA says are needed; null takes the statement back."""

    needed = fields.Int(0, 20_000, required=True, allow_none=True)


class NoteIn(Schema):
    """A note for the timeline."""

    text = fields.Str(1, 4000, lines=True, required=True)


class AdjustmentOut(ActOut):
    """A statement of the need."""

    needed = fields.Int(allow_none=True)
    reason = fields.Str(1, 1000)


class ReasonOut(ActOut):
    """Something done for a reason."""

    reason = fields.Str(1, 1000, allow_none=True)


@blp.get("/overflows", action="read", query=OverflowQuery, answers=OverflowOut, listed=True)
def list_overflows(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[OverflowInfo]:
    """List episodes, the latest opened first."""
    return overflows.overflows(
        session, now, page, centre=query.get("centre"), state=query.get("state"), drill=query["drill"]
    )


@blp.get("/overflows/<id>", action="read", answers=OverflowOut)
def get_overflow(session: Session, now: datetime, caller: Caller, id: str) -> OverflowInfo:
    """Read one episode."""
    return overflows.overflow(session, now, id)


@blp.post("/overflows", action="declare-overflow", body=DeclarationIn, answers=OverflowOut)
def declare(session: Session, now: datetime, caller: Caller, body: dict[str, Any]) -> Reply:
    """Declare an overflow.

    It keeps the declared need, and closes by hand unless a count has reached the overflow since.
    """
    with desks.at_centre(session, now, caller.actor(), body["centre"]) as desk:
        pressure = occupancy.pressure_now(session, body["centre"], now)
        made = overflows.declare(desk, body["needed"], body["reason"], pressure)
    return Reply(overflows.overflow(session, now, made.id), location=f"/v1/overflows/{made.id}")


@blp.post("/overflows/<id>/closures", action="close-overflow", body=ReasonIn, answers=ReasonOut)
def close(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Close an episode by hand. What is promised stays until COA releases it; everyone who was told of it is told."""
    with desks.of_overflow(session, now, caller, id) as desk:
        return act(overflows.close(desk, id, body["reason"]))


@blp.post("/overflows/<id>/adjustments", action="adjust-need", body=AdjustmentIn, answers=AdjustmentOut)
def adjust(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """State how many places are needed, or take the statement back with null."""
    with desks.of_overflow(session, now, caller, id) as desk:
        return act(overflows.adjust(desk, id, body["needed"], body["reason"]))


@blp.post("/overflows/<id>/notes", action="add-note", body=NoteIn, answers=ActOut)
def note(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Write a note into the timeline."""
    with desks.of_overflow(session, now, caller, id) as desk:
        return act(overflows.note(desk, id, body["text"]))


@blp.post("/overflows/<id>/rounds", action="begin-round", body=ReasonIn, answers=ReasonOut)
def begin_round(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Begin a new round: everyone on the rota can be called again."""
    with desks.of_overflow(session, now, caller, id) as desk:
        return act(overflows.begin_round(desk, id, body["reason"]))


@blp.get("/overflows/<id>/timeline", action="read", answers=ActOut, listed=True)
def timeline(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[dict[str, Any]]:
    """List everything that was done or happened in an episode, newest first."""
    owners = {call.id: call.organisation for call in overflows.overflow(session, now, id).call_ups}
    return overflows.timeline(session, id, page).map(lambda info: seen(caller, info, owners.get(str(info.call_up))))


_ACTS = (
    ("closures", "closed", ReasonOut, "List how an episode was closed."),
    ("adjustments", "adjustment", AdjustmentOut, "List what was stated of the need, newest first."),
    ("notes", "note", ActOut, "List the notes, newest first."),
    ("rounds", "round", ReasonOut, "List the rounds after the first, newest first."),
)
list_acts(blp, "/overflows/<id>", _ACTS)
