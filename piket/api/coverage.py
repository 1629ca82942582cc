"""How duty is covered for a year ahead: from when until when somebody who can be reached has it, and the holes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import Answer, Blueprint, Caller, Query, deps, fields
from piket.rota import service
from piket.rota.coverage_rules import STATES

blp = Blueprint(
    "coverage", description="Whether somebody who can be reached has duty at every moment of the year to come."
)


class CoverageQuery(Query):
    """The span: from `from` (left out: now) to just before `to` (left out: a year ahead). The past is not looked at."""

    from_ = fields.Moment()
    to = fields.Moment()


class CoverOut(Answer):
    """One stretch. `nobodyReachable`: none of those in a slot has a mailbox or webhook that is read at all hours.

    `coveredUnconfirmed`: they were asked how many places they can open and have not said.
    """

    from_ = fields.Moment(attribute="from_at")
    until = fields.Moment(attribute="until_at")
    state = fields.Choice(*STATES)
    turn = fields.Id(allow_none=True)
    organisations = fields.List(fields.Code())
    unreachable = fields.List(fields.Code())
    unconfirmed = fields.List(fields.Code())


class HoleOut(Answer):
    """A hole that was noticed: since when, the alert that told of it, and when it was seen to be gone (null: it is there).

    `from` and `until` are of its first stretch, as it was when it appeared.
    """

    id = fields.Id()
    state = fields.Choice("nobody", "nobodyReachable")
    organisations = fields.List(fields.Code())
    from_ = fields.Moment(attribute="from_at")
    until = fields.Moment(attribute="until_at")
    appeared_at = fields.Moment()
    alert = fields.Id(allow_none=True)
    gone_at = fields.Moment(allow_none=True)


class CoverageOut(Answer):
    """Stretches end to end from `from` to `to`, and every hole that the engine noticed, the newest first."""

    rota = fields.Code()
    status = fields.Choice("proposed", "decided")
    from_ = fields.Moment()
    to = fields.Moment()
    items = fields.List(fields.Nested(CoverOut))
    holes = fields.List(fields.Nested(HoleOut))


@blp.get("/rotas/<code>/coverage", action="read", query=CoverageQuery, answers=CoverageOut)
def show_coverage(session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any]) -> dict[str, Any]:
    """Show how duty is covered from now up to a year ahead, and which holes were noticed.

    The states, best first: covered, coveredUnconfirmed, nobodyReachable, nobody. In a rota with several slots the worst slot
    counts. A hole is told to COA, the ministry and the operator when it appears, once.
    """
    found = service.coverage(session, now, deps().settings, code, query.get("from_"), query.get("to"))
    return {
        "rota": code,
        "status": found.status,
        "from_": found.since,
        "to": found.until,
        "items": found.covers,
        "holes": service.holes_of(session, code),
    }
