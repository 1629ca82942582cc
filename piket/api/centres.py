"""Centres and their thresholds."""

from __future__ import annotations

from datetime import date, datetime
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
    deps,
    fields,
)
from piket.occupancy import service as occupancy
from piket.occupancy.service import CentreInfo, ThresholdsInfo
from piket.pages import slice_page

blp = Blueprint("centres", description="The reception centres that are watched, and the thresholds they are judged by.")

DEFINITIONS = ("nightBeds", "present", "withoutBed")
LEVELS = ("normal", "watch", "high", "overflow", "acute", "unknown")


class NormOut(Answer):
    """The agreed maximum."""

    people = fields.Int()
    basis = fields.Str(metadata={"description": "What it rests on."})
    on = fields.Date(metadata={"description": "Since when."})


class CentreOut(Answer):
    """A centre and its level now."""

    code = fields.Code()
    name = fields.Str()
    municipality = fields.Code()
    province = fields.Code(allow_none=True)
    norm = fields.Nested(NormOut)
    level = fields.Choice(*LEVELS)
    level_since = fields.Moment(allow_none=True)


class LevelPart(Schema):
    """One rung: reached at `at` people, left below `clearBelow`."""

    level = fields.Choice("watch", "high", "overflow", required=True)
    at = fields.Int(0, 20_000, required=True)
    clear_below = fields.Int(0, 20_000, required=True)


class DefinitionPart(Schema):
    """How one definition is judged. `withoutBed` has no levels: anyone without a bed is acute."""

    definition = fields.Choice(*DEFINITIONS, required=True)
    levels = fields.List(fields.Nested(LevelPart), 0, 3, load_default=list)
    stale_after_minutes = fields.Int(1, 100_000, required=True)


class DecisionPart(Schema):
    """By whom, on which day, and why it was decided."""

    by = fields.Str(1, 200, required=True)
    on = fields.Date(required=True)
    note = fields.Str(0, 2000, lines=True, load_default="")


class ThresholdsIn(Schema):
    """A new set. A definition that is left out stays as it is; `aim` null means one below the overflow's clearBelow."""

    definitions = fields.List(fields.Nested(DefinitionPart), 1, 3, required=True)
    aim = fields.Int(0, 20_000, allow_none=True, load_default=None)
    hold_above = fields.Int(1, 20_000, load_default=None)
    decision = fields.Nested(DecisionPart, required=True)


class DecisionOut(Answer):
    """By whom, on which day, and why it was decided."""

    by = fields.Str()
    on = fields.Str()
    note = fields.Str(0, 2000)


class ThresholdsOut(Answer):
    """One version of a centre's thresholds."""

    centre = fields.Code()
    version = fields.Int()
    definitions = fields.List(fields.Raw())
    aim = fields.Int(allow_none=True)
    hold_above = fields.Int()
    decision = fields.Nested(DecisionOut)
    recorded_by = fields.Code()
    recorded_at = fields.Moment()


@blp.get("/centres", action="read", query=DrillQuery, answers=CentreOut, listed=True)
def list_centres(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[CentreInfo]:
    """List the centres, by code."""
    settings = deps().settings
    found = [occupancy.centre(session, now, settings, code, query["drill"]) for code in occupancy.centres(session)]
    return slice_page(found, page, lambda centre: (centre.code,), oldest_first=True)


@blp.get("/centres/<code>", action="read", query=DrillQuery, answers=CentreOut)
def get_centre(session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any]) -> CentreInfo:
    """Read one centre and its level now."""
    return occupancy.centre(session, now, deps().settings, code, query["drill"])


@blp.get("/centres/<code>/thresholds", action="read", answers=ThresholdsOut)
def get_thresholds(session: Session, now: datetime, caller: Caller, code: str) -> Reply:
    """Read the thresholds in force."""
    found = occupancy.thresholds(session, code)
    return Reply(found, etag=found.version)


@blp.put("/centres/<code>/thresholds", action="change-thresholds", body=ThresholdsIn, answers=ThresholdsOut, edits=True)
def put_thresholds(
    session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Decide new thresholds.

    They are judged at once against the newest counts that are not stale. The former ones stay readable under versions.
    """
    with desks.at_centre(session, now, caller.actor(), code) as desk:
        precondition.require(occupancy.thresholds(session, code).version)
        definitions = [_definition(entry) for entry in body["definitions"]]
        found = occupancy.decide_thresholds(
            desk, definitions, body["aim"], body["hold_above"], _decision(body["decision"])
        )
    return Reply(found, etag=found.version)


@blp.get("/centres/<code>/thresholds/versions", action="read", answers=ThresholdsOut, listed=True)
def list_versions(
    session: Session, now: datetime, caller: Caller, code: str, page: PageRequest
) -> Page[ThresholdsInfo]:
    """List all versions of the thresholds with their decisions, newest first."""
    return occupancy.thresholds_versions(session, code, page)


def _definition(entry: dict[str, Any]) -> dict[str, Any]:
    """A definition under the names in which it is kept."""
    levels = [{"level": rung["level"], "at": rung["at"], "clearBelow": rung["clear_below"]} for rung in entry["levels"]]
    return {"definition": entry["definition"], "levels": levels, "staleAfterMinutes": entry["stale_after_minutes"]}


def _decision(entry: dict[str, Any]) -> dict[str, Any]:
    """A decision as it is kept: its day as text."""
    on: date = entry["on"]
    return {"by": entry["by"], "on": on.isoformat(), "note": entry["note"]}
