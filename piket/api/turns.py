"""The turns of a rota, who is on duty at a moment, and the overrides that change that for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import Answer, Blueprint, Caller, Page, PageRequest, Query, Reply, Schema, fields
from piket.rota import service
from piket.rota.service import OverrideInfo, OverrideWish, TurnView

blp = Blueprint(
    "turns", description="Who is on duty when, and why; published turns change only by a decision or an override."
)


class OverrideIn(Schema):
    """Give duty to another organisation for a while. Without `from` it begins now."""

    from_ = fields.Moment()
    until = fields.Moment(required=True)
    organisation = fields.Code(required=True)
    reason = fields.Str(1, 1000, required=True)
    replaces = fields.Code(
        metadata={"description": "Whose slot it takes, in a rota with several; left out: all of them."}
    )


class OverrideOut(Answer):
    """An override. `until` is when it was to end, `endedAt` when it was taken back, if it was."""

    id = fields.Id()
    rota = fields.Code()
    from_ = fields.Moment(attribute="from_at")
    until = fields.Moment(attribute="until_at")
    organisation = fields.Code()
    replaces = fields.Code(allow_none=True)
    reason = fields.Str()
    decided_by = fields.Code()
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_none=True)
    ended_by = fields.Code(allow_none=True)
    state = fields.Choice("coming", "current", "over", "cancelled")


class SlotOut(Answer):
    """Who fills one slot of a turn."""

    organisations = fields.List(fields.Code())
    origin = fields.Choice("rota", "override", "swap")
    confirmed_places = fields.Int(allow_none=True)
    state = fields.Choice("coming", "onDuty", "over", "superseded")
    swap = fields.Id(allow_none=True, metadata={"description": "By which swap, where it is one."})


class TurnOut(Answer):
    """One turn, from `from` (inclusive) until `until` (exclusive)."""

    id = fields.Id()
    rota = fields.Code()
    status = fields.Choice("proposed", "decided")
    from_ = fields.Moment(attribute="from_at")
    until = fields.Moment(attribute="until_at")
    slots = fields.List(fields.Nested(SlotOut))
    standby = fields.Code(allow_none=True)
    why = fields.Str()
    overrides = fields.List(fields.Nested(OverrideOut))
    superseded_at = fields.Moment(allow_none=True)


class TurnQuery(Query):
    """Turns of which some moment lies from `from` (inclusive) to `to` (exclusive)."""

    from_ = fields.Moment()
    to = fields.Moment()


class DutyQuery(Query):
    """The moment that is asked for; left out: now."""

    at = fields.Moment()


@blp.get("/rotas/<code>/turns", action="read", query=TurnQuery, answers=TurnOut, listed=True)
def list_turns(
    session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any], page: PageRequest
) -> Page[TurnView]:
    """List the published turns, oldest first, each with why it is whose it is."""
    return service.turns_paged(session, now, code, page, query.get("from_"), query.get("to"))


@blp.get("/turns/<id>", action="read", answers=TurnOut)
def show_turn(session: Session, now: datetime, caller: Caller, id: str) -> TurnView:
    """Show one turn, also one that a later decision superseded."""
    return service.find_turn(session, now, id)


@blp.get("/rotas/<code>/on-duty", action="read", query=DutyQuery, answers=TurnOut)
def show_on_duty(session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any]) -> TurnView:
    """Show the turn of a moment, its slots as in force then.

    The moment of a hand-over belongs to the coming turn. When nobody is on duty the answer is 404, `nobody-on-duty`.
    """
    return service.turn_at(session, now, query.get("at", now), code)


@blp.get("/rotas/<code>/overrides", action="read", answers=OverrideOut, listed=True)
def list_overrides(session: Session, now: datetime, caller: Caller, code: str, page: PageRequest) -> Page[OverrideInfo]:
    """List the overrides of a rota, newest first, also those that are over or were taken back."""
    return service.overrides_paged(session, now, code, page)


@blp.post("/rotas/<code>/overrides", action="override-duty", body=OverrideIn, answers=OverrideOut)
def make_override(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Give duty to another organisation for a whole turn or a part of it.

    Its beginning and its end are hand-overs, told like any other. It lies within the published turns and touches no other.
    """
    wish = OverrideWish(body["until"], body["organisation"], body["reason"], body.get("from_"), body.get("replaces"))
    made = service.override(session, now, caller.actor(), code, wish)
    return Reply(made, location=f"/v1/overrides/{made.id}")


@blp.get("/overrides/<id>", action="read", answers=OverrideOut)
def show_override(session: Session, now: datetime, caller: Caller, id: str) -> OverrideInfo:
    """Show one override."""
    return service.find_override(session, now, id)


@blp.delete("/overrides/<id>", action="override-duty")
def end_override(session: Session, now: datetime, caller: Caller, id: str) -> None:
    """Take an override back: one to come never holds, one under way ends now, one that is over stays (409)."""
    service.end_override(session, now, caller.actor(), id)
