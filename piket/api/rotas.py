"""Rotas as they were decided, and which members accept them. Turns and overrides are in `turns.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    Page,
    PageRequest,
    Precondition,
    Reply,
    Schema,
    deps,
    fields,
    permit,
)
from piket.rota import service
from piket.rota.rules import WEEKDAYS, Definition, Exemption, organisations_of
from piket.rota.service import AcceptanceInfo, Decision, RotaInfo

blp = Blueprint("rotas", description="The order of duty: who takes turns, how long, and by whose decision.")

UNITS = ("days", "weeks", "months")
STATUSES = ("proposed", "decided")


class TurnLength(Schema):
    """How long a turn lasts."""

    unit = fields.Choice(*UNITS, required=True)
    count = fields.Int(1, 366, required=True)


class HandOver(Schema):
    """When one turn hands over to the next, in local time; the weekday counts for turns of weeks."""

    weekday = fields.Choice(*WEEKDAYS, load_default="wednesday")
    time = fields.TimeOfDay(required=True)


class ExemptionPart(Schema):
    """A member that takes no turn that touches these days (both included; left out: from ever, for good), and why."""

    into = Exemption
    organisation = fields.Code(required=True)
    reason = fields.Str(1, 500, required=True)
    starts_on = fields.Date(allow_none=True, load_default=None)
    ends_on = fields.Date(allow_none=True, load_default=None)


class RotaDecisionPart(Schema):
    """Who decided, on which day, and what is to be known of it."""

    into = Decision
    by = fields.Str(1, 200, required=True)
    on = fields.Date(required=True)
    note = fields.Str(1, 1000, lines=True, allow_none=True, load_default=None)


class RotaIn(Schema):
    """A rota with the decision on it. The order of `members` is the order of their turns."""

    name = fields.Str(1, 200, required=True)
    members = fields.List(fields.Code(), 1, 400, required=True)
    exemptions = fields.List(fields.Nested(ExemptionPart), 0, 400, load_default=list)
    slots = fields.Int(1, 50, load_default=1, metadata={"description": "How many members have duty at the same time."})
    turn_length = fields.Nested(TurnLength, required=True)
    hand_over = fields.Nested(HandOver, required=True)
    starts_on = fields.Date(required=True)
    line = fields.Int(1, 9, load_default=1, metadata={"description": "1 is called first."})
    places_target = fields.Int(0, 100_000, allow_none=True, load_default=None)
    effective_from = fields.Moment(
        metadata={
            "description": "From which moment to come turns follow this; left out: after the last published turn."
        }
    )
    decision = fields.Nested(RotaDecisionPart, required=True)


class TurnLengthOut(Answer):
    """How long a turn lasts."""

    unit = fields.Choice(*UNITS)
    count = fields.Int()


class HandOverOut(Answer):
    """When one turn hands over to the next, in local time."""

    weekday = fields.Choice(*WEEKDAYS)
    time = fields.TimeOfDay()


class ExemptionOut(Answer):
    """A member that takes no turn, and why."""

    organisation = fields.Code()
    reason = fields.Str()
    starts_on = fields.Date(allow_none=True)
    ends_on = fields.Date(allow_none=True)


class RotaDecisionOut(Answer):
    """Who decided, on which day, and what is to be known of it."""

    by = fields.Str()
    on = fields.Date()
    note = fields.Str(allow_none=True)


class RotaAcceptanceIn(Schema):
    """Who says so for the member, and what is to be known of it."""

    by = fields.Str(1, 200, metadata={"description": "A desk or a function."})
    note = fields.Str(1, 1000, lines=True)


class RotaAcceptanceOut(Answer):
    """That a member accepts the rota as decided. `edition` counts the definitions of the rota."""

    id = fields.Id()
    rota = fields.Code()
    edition = fields.Int()
    organisation = fields.Code()
    by = fields.Str(allow_none=True)
    note = fields.Str(allow_none=True)
    created_at = fields.Moment()


class RotaOut(Answer):
    """A rota as it was recorded last. Its turns follow this from `inForceFrom` on."""

    code = fields.Code()
    name = fields.Str()
    status = fields.Choice(*STATUSES)
    line = fields.Int()
    members = fields.List(fields.Code())
    exemptions = fields.List(fields.Nested(ExemptionOut))
    slots = fields.Int()
    turn_length = fields.Nested(TurnLengthOut)
    hand_over = fields.Nested(HandOverOut)
    starts_on = fields.Date()
    places_target = fields.Int(allow_none=True)
    edition = fields.Int()
    in_force_from = fields.Moment()
    published_until = fields.Moment(allow_none=True)
    decision = fields.Nested(RotaDecisionOut, allow_none=True)
    acceptances = fields.List(fields.Nested(RotaAcceptanceOut))


@blp.get("/rotas", action="read", answers=RotaOut, listed=True)
def list_rotas(session: Session, now: datetime, caller: Caller, page: PageRequest) -> Page[dict[str, Any]]:
    """List rotas, newest first."""
    return service.rotas_paged(session, page).map(_shown)


@blp.get("/rotas/<code>", action="read", answers=RotaOut)
def show_rota(session: Session, now: datetime, caller: Caller, code: str) -> Reply:
    """Show one rota, its decision, and which members accepted it."""
    rota = service.find_rota(session, code)
    return Reply(_shown(rota), etag=rota.version)


@blp.put("/rotas/<code>", action="put-rota", body=RotaIn, answers=RotaOut, also=(201,), edits=True, creates=True)
def put_rota(
    session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Record that a rota was decided so.

    A new rota is published from its first turn on. The same definition again, with a decision, makes a proposed rota decided
    and moves no turn. A changed one takes effect after the last published turn, or at `effectiveFrom`: turns that begin
    from then on and come out otherwise are superseded. What has begun never changes.
    """
    version = service.locked_version(session, code)
    precondition.require(version)
    horizon = deps().settings.engine.horizon_days
    service.put_rota(
        session, now, caller.actor(), code, _definition(body), body["decision"], horizon, body.get("effective_from")
    )
    rota = service.find_rota(session, code)
    return Reply(_shown(rota), status=201 if version is None else 200, etag=rota.version, location=f"/v1/rotas/{code}")


@blp.get("/rotas/<code>/acceptances", action="read", answers=RotaAcceptanceOut, listed=True)
def list_acceptances(
    session: Session, now: datetime, caller: Caller, code: str, page: PageRequest
) -> Page[AcceptanceInfo]:
    """List who accepted the rota, newest first, also its earlier editions."""
    return service.acceptances_paged(session, code, page)


@blp.post(
    "/rotas/<code>/acceptances",
    action="accept-rota",
    body=RotaAcceptanceIn,
    body_required=False,
    answers=RotaAcceptanceOut,
    also=(200,),
)
def accept_rota(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Accept the rota as decided, as one of its members.

    A proposed rota cannot be accepted yet. A repeat answers 200 with the first acceptance.
    """
    permit(caller, "accept-rota", of=organisations_of(service.find_rota(session, code).definition.members))
    accepted, new = service.accept(session, now, caller.actor(), code, body.get("by"), body.get("note"))
    return Reply(accepted, status=201 if new else 200, location=f"/v1/rota-acceptances/{accepted.id}")


@blp.get("/rota-acceptances/<id>", action="read", answers=RotaAcceptanceOut)
def show_acceptance(session: Session, now: datetime, caller: Caller, id: str) -> AcceptanceInfo:
    """Show one acceptance."""
    return service.find_acceptance(session, id)


def _definition(body: dict[str, Any]) -> Definition:
    """The definition in a body; every member is one organisation, sharing a turn is not offered here."""
    return Definition(
        name=body["name"],
        members=tuple((code,) for code in body["members"]),
        starts_on=body["starts_on"],
        turn_unit=body["turn_length"]["unit"],
        turn_length=body["turn_length"]["count"],
        hand_over_weekday=body["hand_over"]["weekday"],
        hand_over_time=body["hand_over"]["time"],
        slots=body["slots"],
        line=body["line"],
        places_target=body["places_target"],
        exemptions=tuple(body["exemptions"]),
    )


def _shown(rota: RotaInfo) -> dict[str, Any]:
    """A rota as it goes out: its definition beside what was decided of it."""
    definition = rota.definition
    return {
        **vars(definition),
        "code": rota.code,
        "status": rota.status,
        "members": organisations_of(definition.members),
        "turn_length": {"unit": definition.turn_unit, "count": definition.turn_length},
        "hand_over": {"weekday": definition.hand_over_weekday, "time": definition.hand_over_time},
        "edition": rota.edition,
        "in_force_from": rota.effective_from,
        "published_until": rota.published_until,
        "decision": rota.decision,
        "acceptances": rota.acceptances,
    }
