"""The situation: the whole picture in one answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.callups import STATES
from piket.api.centres import LEVELS
from piket.api.kit import Answer, Blueprint, Caller, DrillQuery, deps, fields
from piket.api.places import SumsOut
from piket.occupancy import service as occupancy

blp = Blueprint("situation", description="The three questions in one answer: how full, who acts, enough places.")


class CountNowOut(Answer):
    """The newest count of one definition."""

    id = fields.Id()
    people = fields.Int()
    observed_at = fields.Moment()
    age_minutes = fields.Int()
    stale = fields.Bool()


class CountsNowOut(Answer):
    """By definition; null when there is none."""

    night_beds = fields.Nested(CountNowOut, allow_none=True)
    present = fields.Nested(CountNowOut, allow_none=True)
    without_bed = fields.Nested(CountNowOut, allow_none=True)


class CentreNowOut(Answer):
    """One centre. `overNorm` is null when the number of people is unknown."""

    code = fields.Code()
    name = fields.Str()
    level = fields.Choice(*LEVELS)
    level_since = fields.Moment(allow_none=True)
    norm = fields.Int()
    over_norm = fields.Int(allow_none=True)
    people = fields.Int(allow_none=True, metadata={"description": "The highest head count that is not stale."})
    without_bed = fields.Int(allow_none=True)
    counts = fields.Nested(CountsNowOut)


class DutyOut(Answer):
    """Who is on duty, and why. While the rota is `proposed` nobody has decided it."""

    rota = fields.Code()
    status = fields.Choice("proposed", "decided")
    turn = fields.Id(allow_none=True)
    on_duty = fields.Code(allow_none=True)
    standby = fields.Code(allow_none=True)
    next = fields.Code(allow_none=True)
    until = fields.Moment(allow_none=True)
    confirmed_places = fields.Int(allow_none=True)
    why = fields.Str(1, 2000)


class CallUpNowOut(Answer):
    """A call-up of the open episode."""

    id = fields.Id()
    organisation = fields.Code()
    places = fields.Int()
    committed = fields.Int()
    state = fields.Choice(*STATES)
    respond_by = fields.Moment()
    needed_by = fields.Moment()


class OverflowNowOut(Answer):
    """The open episode with the largest shortfall."""

    id = fields.Id()
    needed = fields.Int(allow_none=True)
    committed = fields.Int()
    asked = fields.Int()
    shortfall = fields.Int(allow_none=True)
    call_ups = fields.List(fields.Nested(CallUpNowOut))


class SituationOut(Answer):
    """The whole picture at one moment."""

    at = fields.Moment()
    sentence = fields.Str(1, 1000, metadata={"description": "The three questions answered in one sentence."})
    centres = fields.List(fields.Nested(CentreNowOut))
    duty = fields.Nested(DutyOut)
    places = fields.Nested(SumsOut)
    overflow = fields.Nested(OverflowNowOut, allow_none=True)
    overflows = fields.List(fields.Id())
    undelivered = fields.Int()


@blp.get("/situation", action="read", query=DrillQuery, answers=SituationOut)
def get_situation(session: Session, now: datetime, caller: Caller, query: dict[str, Any]) -> dict[str, Any]:
    """Read the situation: how full each centre is, who is on duty, which places there are, what is open."""
    found = occupancy.situation(session, now, deps().settings, query["drill"])
    duty = found.duty
    return {
        **vars(found),
        "centres": [{**vars(centre), "counts": _by_definition(centre.counts)} for centre in found.centres],
        "duty": {**vars(duty), "on_duty": duty.organisations[0] if duty.organisations else None, "until": duty.until_at,
                 "confirmed_places": found.confirmed_places},
    }  # fmt: skip


def _by_definition(counts: dict[str, Any]) -> dict[str, Any]:
    """Under the names of the schema; every definition is there, null without a count."""
    return {"night_beds": counts["nightBeds"], "present": counts["present"], "without_bed": counts["withoutBed"]}
