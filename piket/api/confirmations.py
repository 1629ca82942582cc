"""What a province can open in its turn: said beforehand, replaced by saying it again, never forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    OnBehalf,
    OnBehalfOut,
    Page,
    PageRequest,
    Reply,
    Schema,
    deps,
    fields,
    permit,
    speaker,
)
from piket.clock import as_text
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.rota import service
from piket.rota.service import ConfirmationInfo, ConfirmationWish

blp = Blueprint("turn-confirmations", description="How many places a province can open in its turn, and where.")

FIRMNESS = ("inView", "agreed", "ready")
HOURS = ("night", "aroundTheClock")
SITE_KEYS = ("site", "municipality", "emergency_place")


class ConfirmedSiteIn(Schema):
    """A site that can be opened, as far as it is known. Places in view are kept and do not count."""

    municipality = fields.Code(required=True)
    site = fields.Str(1, 200)
    places = fields.Int(0, 100_000, required=True)
    firmness = fields.Choice(*FIRMNESS)
    agreed_with = fields.Choice("mayor", "executive", "owner")
    hours = fields.Choice(*HOURS)
    available_from = fields.Moment()
    available_until = fields.Moment()
    emergency_place = fields.Id()
    groups = fields.List(fields.Str(1, 100), 0, 20)


class TurnConfirmationIn(Schema):
    """How many places can be opened in this turn. 0 is an answer: none. Without an answer it is unknown."""

    places = fields.Int(0, 100_000, required=True)
    sites = fields.List(fields.Nested(ConfirmedSiteIn), 0, 200, load_default=list)
    note = fields.Str(1, 1000, lines=True)
    on_behalf = fields.Nested(OnBehalf)


class ConfirmedSiteOut(Answer):
    """A site; municipality and site are null for who may not see them."""

    municipality = fields.Code(allow_none=True)
    site = fields.Str(allow_none=True)
    places = fields.Int()
    firmness = fields.Choice(*FIRMNESS, allow_none=True)
    agreed_with = fields.Str(allow_none=True)
    hours = fields.Choice(*HOURS, allow_none=True)
    available_from = fields.Str(allow_none=True)
    available_until = fields.Str(allow_none=True)
    emergency_place = fields.Id(allow_none=True)
    groups = fields.List(fields.Str(), allow_none=True)


class TurnConfirmationOut(Answer):
    """What was said. `holds` is true for the newest of a turn and organisation: the one that counts."""

    id = fields.Id()
    turn = fields.Id()
    organisation = fields.Code()
    places = fields.Int()
    sites = fields.List(fields.Nested(ConfirmedSiteOut))
    note = fields.Str(allow_none=True)
    given_by = fields.Code()
    on_behalf = fields.Nested(OnBehalfOut, allow_none=True)
    created_at = fields.Moment()
    holds = fields.Bool()


@blp.get("/turns/<id>/confirmations", action="read", answers=TurnConfirmationOut, listed=True)
def list_turn_confirmations(
    session: Session, now: datetime, caller: Caller, id: str, page: PageRequest
) -> Page[dict[str, Any]]:
    """List what was confirmed for a turn, newest first, also what a later confirmation replaced."""
    return service.confirmations_paged(session, id, page).map(partial(_seen, caller))


@blp.post(
    "/turns/<id>/confirmations",
    action="confirm-turn",
    body=TurnConfirmationIn,
    answers=TurnConfirmationOut,
    also=(200,),
)
def confirm_turn(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> Reply:
    """Say how many places can be opened in a turn, and where.

    For who has duty in it, by the rota, an override or a swap; COA and the ministry may enter it on behalf. A later one
    takes the place of an earlier one, before and during the turn. The same again answers 200.
    """
    actor = speaker(session, caller, "confirm-turn", body)
    permit(caller, "confirm-turn", of=service.holders(session, id), actor=actor)
    wish = ConfirmationWish(body["places"], tuple(_kept(site) for site in body["sites"]), body.get("note"))
    pressing = partial(occupancy.pressing_now, session, now)
    made, new = service.confirm(session, now, deps().settings, pressing, actor, id, wish)
    return Reply(_seen(caller, made), status=201 if new else 200, location=f"/v1/turn-confirmations/{made.id}")


@blp.get("/turn-confirmations/<id>", action="read", answers=TurnConfirmationOut)
def show_turn_confirmation(session: Session, now: datetime, caller: Caller, id: str) -> dict[str, Any]:
    """Show one confirmation."""
    return _seen(caller, service.find_confirmation(session, id))


def _kept(site: Mapping[str, Any]) -> dict[str, Any]:
    """A site as it is kept in JSON: moments as text, what was left out left out."""
    return {key: as_text(value) if isinstance(value, datetime) else value for key, value in site.items()}


def _seen(caller: Caller, info: ConfirmationInfo) -> dict[str, Any]:
    """A confirmation as `caller` may see it."""
    own = caller.organisation == info.organisation
    sites = [_site(caller, site, own) for site in info.sites]
    behalf = info.on_behalf and {**info.on_behalf, "said_by": info.on_behalf["saidBy"]}
    return {**vars(info), "sites": sites, "on_behalf": behalf}


def _site(caller: Caller, site: Mapping[str, Any], own: bool) -> dict[str, Any]:
    """A site, without its name and municipality for who may not see it."""
    seen = access.may(caller, "see-site", own=own or caller.organisation == site["municipality"])
    return {key: value for key, value in site.items() if seen or key not in SITE_KEYS}
