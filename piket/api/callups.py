"""Call-ups: who is asked for places, what they answered, and what COA did with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api import desks
from piket.api.acts import ActOut, act, list_acts
from piket.api.kit import Answer as AnswerSchema
from piket.api.kit import (
    Blueprint,
    Caller,
    DrillQuery,
    OnBehalf,
    Page,
    PageRequest,
    Reply,
    Schema,
    fields,
    permit,
    speaker,
)
from piket.api.overflows import ReasonIn, ReasonOut
from piket.api.places import SiteTerms
from piket.overflows import service as overflows
from piket.overflows.service import Answer, CallUpInfo
from piket.places.service import SitePromise

blp = Blueprint("call-ups", description="Who is asked to open places, by when, and what they answered.")

STATES = ("open", "partly", "met", "declined", "expired", "released")


class CallUpOut(AnswerSchema):
    """A call-up. `committed` is what counts of its answer; the surplus is offered until COA takes it."""

    id = fields.Id()
    kind = fields.Choice("opening", "hold")
    centre = fields.Code()
    overflow = fields.Id()
    organisation = fields.Code()
    places = fields.Int()
    committed = fields.Int()
    in_view = fields.Int()
    surplus = fields.Int()
    promised = fields.Int(allow_none=True)
    state = fields.Choice(*STATES)
    late = fields.Bool()
    made_at = fields.Moment()
    made_by = fields.Str()
    round = fields.Int()
    respond_by = fields.Moment()
    needed_by = fields.Moment()
    until = fields.Moment(allow_none=True)
    paid_by = fields.Str(allow_none=True)
    answered_at = fields.Moment(allow_none=True)
    decline_reason = fields.Str(1, 1000, allow_none=True)
    released_at = fields.Moment(allow_none=True)
    release_reason = fields.Str(1, 1000, allow_none=True)
    alert = fields.Id(allow_none=True)
    drill = fields.Bool()


class CallUpQuery(DrillQuery):
    """Which call-ups."""

    overflow = fields.Id()
    organisation = fields.Code()
    state = fields.Choice(*STATES)


class CallUpIn(Schema):
    """An opening call-up by hand, in an open episode. Deadlines that are left out follow the rules."""

    kind = fields.Choice("opening", required=True)
    centre = fields.Code(required=True)
    overflow = fields.Id(load_default=None)
    organisation = fields.Code(required=True)
    places = fields.Int(1, 20_000, required=True)
    needed_by = fields.Moment(load_default=None)
    respond_by = fields.Moment(load_default=None)
    until = fields.Moment(load_default=None)
    paid_by = fields.Str(1, 200, load_default=None)


class SiteIn(SiteTerms):
    """A site of the promise. `agreed` and `ready` need to say who agreed."""

    emergency_place = fields.Id(allow_none=True, load_default=None)


class ResponseIn(Schema):
    """The whole promise as it now stands. `places` is the sum of the sites; 0 needs a declineReason."""

    places = fields.Int(0, 20_000, required=True)
    sites = fields.List(fields.Nested(SiteIn), 0, 100, load_default=list)
    decline_reason = fields.Str(1, 1000, lines=True, allow_none=True, load_default=None)
    reason = fields.Str(1, 1000, lines=True, allow_none=True, load_default=None)
    on_behalf = fields.Nested(OnBehalf)


class ResponseOut(ActOut):
    """An answer to a call-up, and what came of it."""

    places = fields.Int()
    counted = fields.Int(metadata={"description": "What counts of it."})
    in_view = fields.Int()
    surplus = fields.Int(metadata={"description": "Firm places beyond what counts; offered until COA takes them."})
    state = fields.Choice(*STATES)
    late = fields.Bool()
    sites = fields.List(fields.Raw())
    decline_reason = fields.Str(1, 1000, allow_none=True)
    reason = fields.Str(1, 1000, allow_none=True)


class AcceptanceIn(Schema):
    """How many places of the surplus COA takes."""

    places = fields.Int(1, 20_000, required=True)


class AcceptanceOut(ActOut):
    """Places of the surplus that COA took."""

    places = fields.Int()
    counted = fields.Int()
    surplus = fields.Int()


@blp.get("/call-ups", action="read", query=CallUpQuery, answers=CallUpOut, listed=True)
def list_call_ups(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[CallUpInfo]:
    """List call-ups, the latest made first."""
    chosen = {key: query.get(key) for key in ("overflow", "organisation", "state")}
    return overflows.call_ups(session, now, page, drill=query["drill"], **chosen)


@blp.get("/overflows/<id>/call-ups", action="read", answers=CallUpOut, listed=True)
def list_call_ups_of(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[CallUpInfo]:
    """List the call-ups of one episode, the latest made first."""
    drill = overflows.overflow(session, now, id).drill
    return overflows.call_ups(session, now, page, overflow=id, drill=drill)


@blp.get("/call-ups/<id>", action="read", answers=CallUpOut)
def get_call_up(session: Session, now: datetime, caller: Caller, id: str) -> CallUpInfo:
    """Read one call-up."""
    return overflows.call_up(session, now, id)


@blp.post("/call-ups", action="call-up", body=CallUpIn, answers=CallUpOut)
def call_up(session: Session, now: datetime, caller: Caller, body: dict[str, Any]) -> Reply:
    """Call an organisation by hand, outside the order of the rota."""
    with desks.at_centre(session, now, caller.actor(), body["centre"]) as desk:
        made = overflows.call_by_hand(
            desk, body["organisation"], body["places"], overflow=body["overflow"], respond=body["respond_by"],
            needed=body["needed_by"], until=body["until"], paid_by=body["paid_by"],
        )  # fmt: skip
    return Reply(overflows.call_up(session, now, made.id), location=f"/v1/call-ups/{made.id}")


@blp.post("/call-ups/<id>/responses", action="respond", body=ResponseIn, answers=ResponseOut)
def respond(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Answer a call-up, in whole or in part, or decline with a reason.

    It states the whole promise as it now stands and replaces the earlier answer; a site that is left out is withdrawn.
    After `respondBy` it is late and counts up to what is still missing.
    """
    centre, called = overflows.centre_of_call_up(session, id)
    actor = speaker(session, caller, "respond", body)
    permit(caller, "respond", of=called, actor=actor)
    sites = tuple(SitePromise(**{**site, "groups": tuple(site["groups"])}) for site in body["sites"])
    with desks.at_centre(session, now, actor, centre) as desk:
        return act(overflows.respond(desk, id, Answer(body["places"], sites, body["decline_reason"], body["reason"])))


@blp.post("/call-ups/<id>/acceptances", action="take-surplus", body=AcceptanceIn, answers=AcceptanceOut)
def take_surplus(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Take places beyond what was asked."""
    with desks.of_call_up(session, now, caller, id) as desk:
        return act(overflows.take_surplus(desk, id, body["places"]))


@blp.post("/call-ups/<id>/releases", action="release-call-up", body=ReasonIn, answers=ReasonOut)
def release(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """Release a call-up: unanswered, it ends; answered, the places promised on it are given back."""
    with desks.of_call_up(session, now, caller, id) as desk:
        return act(overflows.release(desk, id, body["reason"]))


_ACTS = (
    ("responses", "response", ResponseOut, "List the answers to a call-up, newest first."),
    ("acceptances", "acceptance", AcceptanceOut, "List what COA took of the surplus, newest first."),
    ("releases", "release", ReasonOut, "List how a call-up was released."),
)
list_acts(blp, "/call-ups/<id>", _ACTS, of_call_up=True)
