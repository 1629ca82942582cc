"""Calendars for the programmes of people: their addresses are made here, shown once, and revoked here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import Answer, Blueprint, Caller, Page, PageRequest, Reply, Schema, deps, fields, permit
from piket.rota import service
from piket.rota.service import FeedInfo
from piket.words import LANGUAGES

blp = Blueprint("calendars", description="Addresses at which calendar programmes read turns, without a key.")


class CalendarIn(Schema):
    """Which turns, in which language."""

    rota = fields.Code(metadata={"description": "Everybody's turns of this rota; left out: the organisation's own."})
    language = fields.Choice(*LANGUAGES, load_default="nl")
    label = fields.Str(1, 100, metadata={"description": "By which you know it again."})


class CalendarOut(Answer):
    """A calendar, without its address. `rota` null: the organisation's own turns."""

    id = fields.Id()
    organisation = fields.Code()
    rota = fields.Code(allow_none=True)
    language = fields.Choice(*LANGUAGES)
    label = fields.Str(allow_none=True)
    created_at = fields.Moment()
    revoked_at = fields.Moment(allow_none=True)


class NewCalendarOut(CalendarOut):
    """A new calendar: `address` is shown this once. Whoever has it can read these turns."""

    address = fields.Secret(allow_none=True)


@blp.get("/organisations/<code>/calendars", action="manage-calendars", own="code", answers=CalendarOut, listed=True)
def list_calendars(session: Session, now: datetime, caller: Caller, code: str, page: PageRequest) -> Page[FeedInfo]:
    """List the calendars of an organisation, newest first, without their addresses."""
    return service.feeds_paged(session, code, page)


@blp.post(
    "/organisations/<code>/calendars",
    action="manage-calendars",
    own="code",
    body=CalendarIn,
    body_required=False,
    answers=NewCalendarOut,
)
def make_calendar(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Make a calendar that a calendar programme can subscribe to (iCalendar).

    Its `address` holds a token, is shown in this answer only, and works until it is revoked.
    """
    made, token = service.make_feed(
        session, now, caller.actor(), code, body.get("rota"), body.get("language", "nl"), body.get("label")
    )
    address = f"{deps().settings.base_url}/calendar/{token}.ics"
    return Reply({**vars(made), "address": address}, location=f"/v1/calendars/{made.id}")


@blp.get("/calendars/<id>", action="manage-calendars", answers=CalendarOut)
def show_calendar(session: Session, now: datetime, caller: Caller, id: str) -> FeedInfo:
    """Show one calendar, revoked or not."""
    found = service.find_feed(session, id)
    permit(caller, "manage-calendars", of=found.organisation)
    return found


@blp.delete("/calendars/<id>", action="manage-calendars")
def revoke_calendar(session: Session, now: datetime, caller: Caller, id: str) -> None:
    """Revoke a calendar: from now on its address shows nothing."""
    permit(caller, "manage-calendars", of=service.find_feed(session, id).organisation)
    service.revoke_feed(session, now, caller.actor(), id)
