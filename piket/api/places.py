"""Emergency places: offered, changed, withdrawn, and their sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

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
    ValidationError,
    deps,
    fields,
    permit,
    validates_schema,
)
from piket.places import service as places
from piket.places.check_rules import (
    AGREED_WITH,
    FIRMNESS,
    HOURS,
    KINDS,
    LONGEST_GROUP,
    MOST_GROUPS,
    MOST_HOURS,
    MOST_PLACES,
)
from piket.places.service import CommitmentInfo, PlaceInfo, PlaceTerms, Site, Sums
from piket.words import say

blp = Blueprint("emergency-places", description="Beds that can be opened at short notice.")


class SiteTerms(Schema):
    """What an offer and a promise say of a site alike."""

    municipality = fields.Code(required=True)
    site = fields.Str(
        required=True, metadata={"description": "The name by which the site is known; no street address."}
    )
    places = fields.Int(1, MOST_PLACES, required=True)
    firmness = fields.Choice(*FIRMNESS, required=True)
    agreed_with = fields.Choice(*AGREED_WITH, allow_none=True, load_default=None)
    hours = fields.Choice(*HOURS, required=True)
    available_from = fields.Moment(required=True)
    available_until = fields.Moment(
        allow_none=True, load_default=None, metadata={"description": "null: until it is withdrawn."}
    )
    groups = fields.List(fields.Str(1, LONGEST_GROUP), max=MOST_GROUPS, load_default=list)

    @validates_schema(skip_on_field_errors=False)
    def fits_together(self, data: Mapping[str, Any], **_: Any) -> None:
        """The province, the municipality, the consent and the times, beside what is wrong with single fields."""
        wrong = places.part_faults(deps().settings, data)
        if wrong:
            raise ValidationError({fault.field: [fault.detail] for fault in wrong})


class PlaceIn(SiteTerms):
    """A site that can be opened. Places that are `agreed` or `ready` say in `agreedWith` who of the municipality agreed."""

    province = fields.Code(required=True)
    notice_hours = fields.Int(0, MOST_HOURS, load_default=0)
    max_stay_hours = fields.Int(1, MOST_HOURS, allow_none=True, load_default=None)
    kind = fields.Choice(*KINDS, load_default="piket")
    note = fields.Str(1, 1000, lines=True, allow_none=True, load_default=None)


class PlaceChange(Schema):
    """What becomes different. `state: "withdrawn"` takes the place back and needs a `reason`."""

    places = fields.Int(1, MOST_PLACES)
    firmness = fields.Choice(*FIRMNESS)
    agreed_with = fields.Choice(*AGREED_WITH, allow_none=True)
    hours = fields.Choice(*HOURS)
    available_from = fields.Moment()
    available_until = fields.Moment(allow_none=True)
    notice_hours = fields.Int(0, MOST_HOURS)
    max_stay_hours = fields.Int(1, MOST_HOURS, allow_none=True)
    kind = fields.Choice(*KINDS)
    groups = fields.List(fields.Str(1, LONGEST_GROUP), max=MOST_GROUPS)
    note = fields.Str(1, 1000, lines=True, allow_none=True)
    state = fields.Choice("offered", "withdrawn")
    reason = fields.Str(1, 1000, lines=True)

    @validates_schema(skip_on_field_errors=False)
    def says_why(self, data: Mapping[str, Any], **_: Any) -> None:
        """A withdrawal has a reason, and nothing else has."""
        withdraws = data.get("state") == "withdrawn"
        if withdraws and "reason" not in data:
            raise ValidationError(say("Say why the places are withdrawn."), "reason")
        if "reason" in data and not withdraws:
            raise ValidationError(say("A reason goes with a withdrawal only; leave it out."), "reason")


class PlaceQuery(DrillQuery):
    """Which places."""

    province = fields.Code()
    state = fields.Choice("offered", "withdrawn", "expired")
    firmness = fields.Choice(*FIRMNESS)
    kind = fields.Choice(*KINDS)


class PlaceOut(Answer):
    """An emergency place as it stands. `municipality`, `site`, `note` and `reason` are null for who may not see the site."""

    id = fields.Id()
    province = fields.Code()
    municipality = fields.Code(allow_none=True)
    site = fields.Str(allow_none=True)
    places = fields.Int()
    firmness = fields.Choice(*FIRMNESS)
    agreed_with = fields.Choice(*AGREED_WITH, allow_none=True)
    hours = fields.Choice(*HOURS)
    available_from = fields.Moment()
    available_until = fields.Moment(allow_none=True)
    notice_hours = fields.Int()
    max_stay_hours = fields.Int(allow_none=True)
    kind = fields.Choice(*KINDS)
    groups = fields.List(fields.Str())
    note = fields.Str(1, 1000, allow_none=True)
    state = fields.Choice("offered", "withdrawn", "expired")
    reason = fields.Str(1, 1000, allow_none=True)
    committed = fields.Int()
    occupied = fields.Int()
    drill = fields.Bool()
    created_at = fields.Moment()
    changed_at = fields.Moment()


class SummaryQuery(DrillQuery):
    """At which moment; left out: now."""

    at = fields.Moment()


class SumsOut(Answer):
    """Firm places: offered = committed + onNotice + free. `occupied` is a part of `committed`; `inView` stands apart."""

    offered = fields.Int()
    committed = fields.Int()
    occupied = fields.Int()
    on_notice = fields.Int()
    free = fields.Int()
    in_view = fields.Int()


class ProvinceSumsOut(SumsOut):
    """The sums of one province."""

    province = fields.Code()


class SummaryOut(Answer):
    """The sums at one moment, in total and of every province."""

    at = fields.Moment()
    total = fields.Nested(SumsOut)
    provinces = fields.List(fields.Nested(ProvinceSumsOut))


def shown(caller: Caller, info: PlaceInfo | CommitmentInfo, values: dict[str, Any]) -> dict[str, Any]:
    """`values` without the site for who may not see it."""
    if places.sees_site(caller, info):
        return values
    return values | dict.fromkeys(("municipality", "site", "note", "reason"))


def place_out(caller: Caller, info: PlaceInfo) -> dict[str, Any]:
    """A place as `caller` may see it."""
    return shown(caller, info, {**asdict(info), **asdict(info.terms)})


@blp.get("/emergency-places", action="read", query=PlaceQuery, answers=PlaceOut, listed=True)
def list_places(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[dict[str, Any]]:
    """List emergency places, newest first.

    Everybody sees province, places and hours; municipality and site only COA, the ministry, the province and the host.
    """
    return places.places_paged(session, now, page, **query).map(lambda info: place_out(caller, info))


@blp.post("/emergency-places", action="offer-place", body=PlaceIn, answers=PlaceOut)
def offer_place(session: Session, now: datetime, caller: Caller, body: dict[str, Any]) -> Reply:
    """Offer an emergency place.

    A province offers its own; COA may enter one for any. In view only, it is shown but does not count.
    """
    site = Site(body.pop("province"), body.pop("municipality"), body.pop("site"))
    permit(caller, "offer-place", of=site.province)
    terms = PlaceTerms(**body | {"groups": tuple(body["groups"])})
    info = places.offer(session, now, caller.actor(), deps().settings, site, terms)
    return _reply(caller, info, location=f"/v1/emergency-places/{info.id}")


@blp.get("/emergency-places/summary", action="read", query=SummaryQuery, answers=SummaryOut)
def summarise_places(session: Session, now: datetime, caller: Caller, query: dict[str, Any]) -> dict[str, Any]:
    """Add up the emergency places at a moment.

    In total and for every province: offered = committed + onNotice + free. Every past moment can be asked.
    """
    at, settings = query.get("at", now), deps().settings
    summary = places.summary(session, at, settings.policy.places_ahead_hours, query["drill"])
    codes = sorted({municipality.province for municipality in settings.municipalities.values()})
    provinces = [{"province": code, **asdict(summary.provinces.get(code, Sums()))} for code in codes]
    return {"at": at, "total": summary.total, "provinces": provinces}


@blp.get("/emergency-places/<id>", action="read", answers=PlaceOut)
def get_place(session: Session, now: datetime, caller: Caller, id: str) -> Reply:
    """Read one emergency place."""
    info = places.find(session, now, id)
    return _reply(caller, info)


@blp.patch("/emergency-places/<id>", action="offer-place", body=PlaceChange, answers=PlaceOut, edits=True)
def change_place(
    session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Change or withdraw an emergency place.

    What is committed cannot be withdrawn, lowered or cut short (409): change the answer to the call-up instead.
    """
    info = places.find(session, now, id, lock=True)
    permit(caller, "offer-place", of=info.province)
    precondition.require(info.stamp)
    names = {field.name for field in fields_of(PlaceTerms)}
    changes = {name: tuple(value) if name == "groups" else value for name, value in body.items() if name in names}
    if changes or body.get("state") == "offered":
        info = places.change(session, now, caller.actor(), id, **changes)
    if body.get("state") == "withdrawn":
        info = places.withdraw(session, now, caller.actor(), id, body["reason"])
    return _reply(caller, info)


def _reply(caller: Caller, info: PlaceInfo, location: str | None = None) -> Reply:
    return Reply(place_out(caller, info), etag=info.stamp, location=location)
