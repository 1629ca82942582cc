"""Alerts, who has read them, and what became of each delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import rules, service
from piket.alerts.service import DeliveryInfo, Filters, Reader, RetryInfo, Viewer
from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    DrillQuery,
    OnBehalf,
    Page,
    PageRequest,
    Reply,
    Schema,
    deps,
    fields,
    permit,
    speaker,
    words,
)
from piket.api.kit_schemas import camel

blp = Blueprint("alerts", description="What was told to whom, who has read it, and what did not come over.")

_MOMENT = {"format": "date-time"}
_STATES = ("pending", "sending", "delivered", "failed", "gathered")


class _Data(Answer):
    """Reads JSON values that have their names already."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return obj.get(camel(attr))


class HowFullOut(_Data):
    """Who has no bed, and how full: by which count, observed when."""

    people = fields.Int(allow_none=True)
    without_bed = fields.Int(allow_none=True)
    definition = fields.Str(allow_none=True)
    observed_at = fields.Str(allow_none=True, metadata=_MOMENT)
    norm = fields.Int(allow_none=True)
    over_norm = fields.Int(allow_none=True)


class WhoActsOut(_Data):
    """Whose move it is, and before when; null is unknown, or nobody."""

    organisation = fields.Code(allow_none=True)
    by = fields.Str(allow_none=True, metadata=_MOMENT)


class EnoughPlacesOut(_Data):
    """Places needed, promised, and missing."""

    needed = fields.Int(allow_none=True)
    committed = fields.Int(allow_none=True)
    shortfall = fields.Int(allow_none=True)


class EnteredByOut(_Data):
    """Who entered it (`by`) for the organisation, who said it there, and by which way."""

    organisation = fields.Code()
    by = fields.Code()
    said_by = fields.Str()
    via = fields.Str()


class AcknowledgementOut(_Data):
    """That an organisation has read an alert."""

    id = fields.Id()
    alert = fields.Id()
    organisation = fields.Code()
    at = fields.Str(metadata=_MOMENT)
    on_behalf = fields.Nested(EnteredByOut, allow_none=True)


class AlertOut(_Data):
    """An alert, with what was known of the three questions at its moment. A webhook carries the same as `data`."""

    id = fields.Id()
    kind = fields.Str()
    at = fields.Str(metadata=_MOMENT)
    drill = fields.Bool()
    centre = fields.Code(allow_none=True)
    level = fields.Str(allow_none=True)
    previous_level = fields.Str(allow_none=True)
    overflow = fields.Id(allow_none=True)
    call_up = fields.Id(allow_none=True)
    title = fields.Str()
    text = fields.Str(lines=True)
    how_full = fields.Nested(HowFullOut)
    who_acts = fields.Nested(WhoActsOut)
    enough_places = fields.Nested(EnoughPlacesOut)
    rota_proposed = fields.Bool(metadata={"description": "Whether the rota was a proposal, not yet decided."})
    details = fields.Map(metadata={"description": "What belongs to this kind of alert."})
    told = fields.List(fields.Code())
    acknowledgements = fields.List(fields.Nested(AcknowledgementOut))


class AlertQuery(DrillQuery):
    """Which alerts."""

    kind = fields.Choice(*rules.ALL_KINDS)
    centre = fields.Code()
    overflow = fields.Id()
    call_up = fields.Id()


class AcknowledgementIn(Schema):
    """Nothing, or for whom it is entered."""

    on_behalf = fields.Nested(OnBehalf)


class AttemptOut(Answer):
    """One attempt: delivered, failed (tried again) or refused (for good), and the code of the reason."""

    at = fields.Moment()
    outcome = fields.Str()
    reason = fields.Str(allow_none=True)
    detail = fields.Str(allow_none=True)
    duration_ms = fields.Int()


class DeliveryOut(Answer):
    """An alert for one contact point. The address is whole for the organisation itself and the operator, else masked.

    `gathered`: too many of its kind came at once, so it is told together with them, by the delivery `gatheredIn`.
    """

    id = fields.Id()
    alert = fields.Id()
    organisation = fields.Code()
    contact_point = fields.Id()
    channel = fields.Str()
    address = fields.Str()
    state = fields.Choice(*_STATES)
    created_at = fields.Moment()
    next_attempt_at = fields.Moment(allow_none=True)
    delivered_at = fields.Moment(allow_none=True)
    gave_up_at = fields.Moment(allow_none=True)
    gathered_in = fields.Id(
        allow_none=True, metadata={"description": "The delivery that tells a gathered one; null until it is written."}
    )
    attempts = fields.List(fields.Nested(AttemptOut))


class RetryOut(Answer):
    """That a delivery was to be tried again, by whose word and when."""

    id = fields.Id()
    delivery = fields.Id()
    at = fields.Moment()
    by = fields.Code()


@blp.get("/alerts", action="read", query=AlertQuery, answers=AlertOut, listed=True)
def list_alerts(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[dict[str, Any]]:
    """List alerts, newest first.

    A site is named to COA, the ministry, its own province and its host only.
    """
    found = service.paged(session, page, Filters(**query))
    return found.map(lambda alert: service.as_data(alert, words(), _reader(caller)))


@blp.get("/alerts/<id>", action="read", answers=AlertOut)
def show_alert(session: Session, now: datetime, caller: Caller, id: str) -> dict[str, Any]:
    """Show one alert."""
    return service.as_data(service.find_alert(session, id), words(), _reader(caller))


@blp.get("/alerts/<id>/acknowledgements", action="read", answers=AcknowledgementOut, listed=True)
def list_acknowledgements(
    session: Session, now: datetime, caller: Caller, id: str, page: PageRequest
) -> Page[dict[str, Any]]:
    """List who has read an alert, newest first."""
    service.find_alert(session, id)
    return service.acknowledgements_of(session, id, page).map(service.read_data)


@blp.post(
    "/alerts/<id>/acknowledgements",
    action="acknowledge",
    body=AcknowledgementIn,
    body_required=False,
    answers=AcknowledgementOut,
    also=(200,),
)
def acknowledge(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> Reply:
    """Say that your organisation has read an alert.

    Only an organisation that was told can; COA and the ministry may enter it for another, which is told so. A repeat
    gives the first again, with 200.
    """
    alert = service.find_alert(session, id)
    actor = speaker(session, caller, "acknowledge", body)
    permit(caller, "acknowledge", of=alert.told, actor=actor)
    read = service.acknowledge_for(session, now, deps().settings, actor, id)
    return Reply(service.read_data(read), status=201 if read.fresh else 200)


@blp.get("/alerts/<id>/deliveries", action="read-deliveries", answers=DeliveryOut, listed=True)
def list_deliveries(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[DeliveryInfo]:
    """List the deliveries of an alert with every attempt, newest first.

    COA, the ministry and the operator see those to everybody, an organisation that was told its own.
    """
    permit(caller, "read-deliveries", of=service.find_alert(session, id).told)
    return service.deliveries_of(session, id, page, _viewer(caller))


@blp.get("/deliveries/<id>", action="read-deliveries", answers=DeliveryOut)
def show_delivery(session: Session, now: datetime, caller: Caller, id: str) -> DeliveryInfo:
    """Show one delivery with every attempt."""
    permit(caller, "read-deliveries", of=service.owner_of(session, id))
    return service.find_delivery(session, id, _viewer(caller))


@blp.get("/deliveries/<id>/retries", action="read-deliveries", answers=RetryOut, listed=True)
def list_retries(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[RetryInfo]:
    """List when this delivery was asked to be tried again, newest first."""
    permit(caller, "read-deliveries", of=service.owner_of(session, id))
    return service.retries_of(session, id, page)


@blp.post("/deliveries/<id>/retries", action="retry-delivery", answers=RetryOut)
def retry(session: Session, now: datetime, caller: Caller, id: str) -> RetryInfo:
    """Try a delivery that has failed again, at once."""
    permit(caller, "retry-delivery", of=service.owner_of(session, id))
    return service.retry(session, now, caller.actor(), id)


def _reader(caller: Caller) -> Reader:
    """The caller as the wording knows it."""
    return Reader(caller.organisation, caller.kind)


def _viewer(caller: Caller) -> Viewer:
    """The caller as the deliveries know it."""
    return Viewer(caller.organisation, caller.kind)
