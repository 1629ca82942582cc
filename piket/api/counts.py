"""Counts: how many people there are, by which definition, observed when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api import desks
from piket.api.centres import DEFINITIONS, LEVELS
from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    DrillQuery,
    Nothing,
    Page,
    PageRequest,
    Reply,
    Schema,
    fields,
)
from piket.api.kit_problems import words
from piket.errors import Conflict
from piket.occupancy import service as occupancy
from piket.occupancy.service import CountFilter, CountInfo, NewCount
from piket.pages import slice_page
from piket.words import say

blp = Blueprint("counts", description="How many people there are: recorded, corrected, confirmed, imported.")


class CountIn(Schema):
    """A count. `withoutBed`: people who now have no bed for the coming night."""

    observed_at = fields.Moment(required=True, metadata={"description": "When people were counted; not in the future."})
    definition = fields.Choice(*DEFINITIONS, required=True)
    people = fields.Int(0, occupancy.MOST_PEOPLE, required=True)
    source = fields.Str(1, 400, allow_none=True, load_default=None)
    note = fields.Str(1, 1000, lines=True, allow_none=True, load_default=None)
    drill = fields.Bool(load_default=False)


class OutcomeOut(Answer):
    """What came of a count. `level` and `previousLevel` are the centre's; `alerts` the number of deliveries written."""

    judged = fields.Bool()
    held = fields.Bool()
    reason = fields.Str(
        allow_none=True, metadata={"description": "Why it was not judged: held, late, stale, imported."}
    )
    previous_level = fields.Choice(*LEVELS)
    level = fields.Choice(*LEVELS)
    over_norm = fields.Int(allow_none=True)
    overflow = fields.Id(allow_none=True)
    on_duty = fields.Code(allow_none=True)
    alerts = fields.Int()

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Kept as it is answered, under the names of the API."""
        return obj[self.fields[attr].data_key]


class CountOut(Answer):
    """A count and what came of it."""

    id = fields.Id()
    centre = fields.Code()
    observed_at = fields.Moment()
    received_at = fields.Moment()
    definition = fields.Choice(*DEFINITIONS)
    people = fields.Int()
    reported_by = fields.Code()
    supersedes = fields.Id(allow_none=True)
    superseded_by = fields.Id(allow_none=True)
    source = fields.Str(allow_none=True)
    note = fields.Str(allow_none=True)
    reason = fields.Str(allow_none=True, metadata={"description": "Of a correction: why."})
    imported = fields.Bool()
    drill = fields.Bool()
    outcome = fields.Nested(OutcomeOut)


class CountQuery(DrillQuery):
    """Which counts: by the moment of counting, `from` inclusive, `to` exclusive."""

    from_ = fields.Moment()
    to = fields.Moment()
    definition = fields.Choice(*DEFINITIONS)
    include_superseded = fields.Bool(load_default=False)


class CorrectionIn(Schema):
    """The right number, and why the former was wrong."""

    people = fields.Int(0, occupancy.MOST_PEOPLE, required=True)
    reason = fields.Str(1, 1000, lines=True, required=True)


class ConfirmationOut(Answer):
    """Who confirmed a held count, and when."""

    id = fields.Id()
    count = fields.Id()
    at = fields.Moment()
    by = fields.Code()


class ConfirmedOut(CountOut):
    """The count with its new outcome, and the confirmation."""

    confirmation = fields.Nested(ConfirmationOut)


class RejectedOut(Answer):
    """A line that was refused."""

    line = fields.Int()
    detail = fields.Str(1, 1000)


class ImportOut(Answer):
    """What became of a file."""

    id = fields.Id()
    centre = fields.Code()
    at = fields.Moment()
    by = fields.Code()
    accepted = fields.Int()
    duplicates = fields.Int()
    rejected = fields.List(fields.Nested(RejectedOut), max=1_000_000)


@blp.post("/centres/<code>/counts", action="record-count", body=CountIn, answers=CountOut, status=201, also=(200,))
def record_count(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Record a count.

    It is judged at once, held when it differs much from the last one, or kept when it comes late or is stale. The same
    count again answers 200 with the first outcome and changes nothing; another number for the same moment is a conflict.
    """
    if body.pop("drill"):
        raise Conflict(
            say("No drill is open at {centre}, so there is nothing that a drill count could belong to.", centre=code),
            "no-open-drill",
        )
    with desks.at_centre(session, now, caller.actor(), code) as desk:
        recorded = occupancy.record(desk, NewCount(**body))
    found = CountInfo.of(recorded.count)
    return Reply(found, status=201 if recorded.created else 200, location=f"/v1/counts/{found.id}")


@blp.get("/centres/<code>/counts", action="read", query=CountQuery, answers=CountOut, listed=True)
def list_counts(
    session: Session, now: datetime, caller: Caller, code: str, query: dict[str, Any], page: PageRequest
) -> Page[CountInfo]:
    """List counts, the latest observed first. Superseded ones only with `includeSuperseded`."""
    wanted = CountFilter(
        query.get("from_"), query.get("to"), query.get("definition"), query["include_superseded"], query["drill"]
    )
    return occupancy.counts(session, code, wanted, page)


@blp.get("/counts/<id>", action="read", answers=CountOut)
def get_count(session: Session, now: datetime, caller: Caller, id: str) -> CountInfo:
    """Read one count."""
    return occupancy.count(session, id)


@blp.post("/counts/<id>/corrections", action="record-count", body=CorrectionIn, answers=CountOut)
def correct_count(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> Reply:
    """Correct a count.

    The correction is a new count of the same moment. Of the newest one it is judged from the level that held before it;
    of an older one it is kept and changes nothing now.
    """
    centre = occupancy.count(session, id).centre
    with desks.at_centre(session, now, caller.actor(), centre) as desk:
        found = CountInfo.of(occupancy.correct(desk, id, body["people"], body["reason"]))
    return Reply(found, location=f"/v1/counts/{found.id}")


@blp.get("/counts/<id>/corrections", action="read", answers=CountOut, listed=True)
def list_corrections(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[CountInfo]:
    """List the corrections of a count, newest first."""
    return slice_page(occupancy.corrections(session, id), page, lambda count: (count.received_at, count.id))


@blp.post("/counts/<id>/confirmations", action="record-count", body=Nothing, body_required=False, answers=ConfirmedOut)
def confirm_count(session: Session, now: datetime, caller: Caller, id: str, body: Any = None) -> dict[str, Any]:
    """Confirm a held count: it is judged at once."""
    centre = occupancy.count(session, id).centre
    with desks.at_centre(session, now, caller.actor(), centre) as desk:
        count, confirmation = occupancy.confirm(desk, id)
    return {**vars(CountInfo.of(count)), "confirmation": confirmation}


@blp.get("/counts/<id>/confirmations", action="read", answers=ConfirmationOut, listed=True)
def list_confirmations(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[Any]:
    """List who confirmed a count."""
    return slice_page(occupancy.confirmations(session, id), page, lambda row: (row.at, row.id))


@blp.post("/centres/<code>/count-imports", action="record-count", text="text/csv", answers=ImportOut)
def import_counts(session: Session, now: datetime, caller: Caller, code: str, text: str) -> Reply:
    """Import past counts from CSV.

    Header: `observedAt,definition,people,note`. Imported counts are kept and change no level. What is not plain, or is
    recent enough to be judged, is refused line by line; the rest is taken.
    """
    with desks.at_centre(session, now, caller.actor(), code) as desk:
        found = occupancy.import_counts(desk, text, words())
    return Reply(found, location=f"/v1/count-imports/{found.id}")


@blp.get("/centres/<code>/count-imports", action="read", answers=ImportOut, listed=True)
def list_imports(session: Session, now: datetime, caller: Caller, code: str, page: PageRequest) -> Page[Any]:
    """List the files that were imported, newest first."""
    return occupancy.count_imports(session, code, page)


@blp.get("/count-imports/<id>", action="read", answers=ImportOut)
def get_import(session: Session, now: datetime, caller: Caller, id: str) -> Any:
    """Read what became of one file."""
    return occupancy.count_import(session, id)
