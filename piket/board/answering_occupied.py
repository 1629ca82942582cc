"""How many people are in the places that were promised: one number for each site, updated by province, host or COA."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.board.answering_forms import read_number
from piket.board.door import visitor
from piket.board.frame import blp, deps, go_to, page
from piket.errors import Conflict
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.pages import PageRequest
from piket.places import service as places
from piket.places.service import CommitmentInfo
from piket.words import Text, say

SHOWN = 500
_NUMBER = say("Fill in a number of 0 or more.")


@blp.get("/in-use")
def show_in_use() -> Response:
    """The promised places that this organisation may say this of."""
    with deps().reading() as session:
        return _page(session, visitor().caller)


@blp.post("/in-use/<id>")
def set_in_use(id: str) -> Response:
    """Write down how many people are in. The same number again changes nothing."""
    caller = visitor().caller
    with deps().reading() as session:
        found = places.find_commitment(session, g.now, id)
    access.require(caller, "change-commitment", own=_own(caller, found))
    number = read_number(request.form.get("occupied", ""), 0)
    wrong = _NUMBER if number is None else _write(caller, found, number)
    if wrong is None:
        return go_to("/in-use")
    with deps().reading() as session:
        return _page(session, caller, {id: wrong}, 400)


def _write(caller: Caller, found: CommitmentInfo, number: int) -> Text | None:
    """Take the number as the API takes it; what is wrong with it, or None."""
    try:
        with (
            deps().writing() as session,
            occupancy.at_centre(session, g.now, deps().settings, found.centre, caller.actor(), found.drill) as desk,
        ):
            change = places.change_commitment(session, desk.now, caller.actor(), found.id, occupied=number)
            if change.what != "occupied":
                overflows.commitment_changed(desk, change)
    except Conflict as error:
        return error.detail
    return None


def _page(session: Session, caller: Caller, wrong: Mapping[str, Text] | None = None, status: int = 200) -> Response:
    """The page, with what is wrong beside its field."""
    all_now = places.commitments_paged(session, g.now, PageRequest(SHOWN), state="committed").items
    return page(
        "answer_in_use.html",
        status,
        sites=[one for one in all_now if access.may(caller, "change-commitment", own=_own(caller, one))],
        places_of={m.code: m.name for m in deps().settings.municipalities.values()},
        wrong=wrong or {},
        typed=request.form.get("occupied", ""),
        may_write=not caller.read_only,
    )


def _own(caller: Caller, found: CommitmentInfo) -> bool:
    return caller.organisation in (found.province, found.municipality)
