"""Hand-over notes: what the leaving leave to the coming, and that both have gone through it; and the emergency card."""

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
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.rota import service
from piket.rota.service import NoteInfo, SignOffInfo

blp = Blueprint("hand-over-notes", description="What goes along at a hand-over, signed off by both sides.")


class SignOffIn(Schema):
    """Who says so for this side, and what is to be added to the note."""

    by = fields.Str(1, 200, metadata={"description": "A desk or a function."})
    remark = fields.Str(1, 2000, lines=True)
    on_behalf = fields.Nested(OnBehalf)


class SignOffOut(Answer):
    """That one side has gone through the note with the other."""

    id = fields.Id()
    note = fields.Id()
    organisation = fields.Code()
    by = fields.Str(allow_none=True)
    remark = fields.Str(1, 2000, allow_none=True)
    on_behalf = fields.Nested(OnBehalfOut, allow_none=True)
    created_at = fields.Moment()


class NoteOut(Answer):
    """A hand-over note, as it was at the hand-over. `waitingFor` has still to sign it off.

    Sites are null for who may not see them, telephones for who is on neither side; COA and the ministry see both.
    """

    id = fields.Id()
    rota = fields.Code()
    turn = fields.Id(allow_none=True)
    at = fields.Moment()
    leaving = fields.List(fields.Code())
    coming = fields.List(fields.Code())
    episodes = fields.List(fields.Raw(), metadata={"description": "Open overflows, with what they still ask or hold."})
    places = fields.List(fields.Raw(), metadata={"description": "Places of the leaving that are promised beyond this."})
    remarks = fields.List(fields.Raw(), metadata={"description": "What was noted in those overflows."})
    contacts = fields.List(fields.Raw())
    confirmed_places = fields.List(fields.Raw(), metadata={"description": "Of the coming; null is not said."})
    sign_offs = fields.List(fields.Nested(SignOffOut))
    waiting_for = fields.List(fields.Code())
    created_at = fields.Moment()


class CardOut(Answer):
    """What stands on the emergency card now. `telephones` are null for who is not on the list of the card."""

    rota = fields.Code()
    name = fields.Str()
    proposed = fields.Bool()
    made_at = fields.Str()
    on_duty = fields.Raw()
    standby = fields.Code(allow_none=True)
    turns = fields.List(fields.Raw())
    telephones = fields.Raw(allow_none=True)
    names = fields.Raw()
    ready = fields.Raw(metadata={"description": "By province: places free now, and on notice."})
    ready_at = fields.Str(allow_none=True)


@blp.get("/turns/<id>/hand-over-notes", action="read", answers=NoteOut, listed=True)
def list_hand_over_notes(
    session: Session, now: datetime, caller: Caller, id: str, page: PageRequest
) -> Page[dict[str, Any]]:
    """List the notes of the hand-overs within a turn, newest first: the one with which it began is the last."""
    return service.notes_paged(session, id, page).map(partial(seen, caller))


@blp.get("/hand-over-notes/<id>", action="read", answers=NoteOut)
def show_hand_over_note(session: Session, now: datetime, caller: Caller, id: str) -> dict[str, Any]:
    """Show one hand-over note with who signed it off."""
    return seen(caller, service.find_note(session, id))


@blp.get("/hand-over-notes/<id>/sign-offs", action="read", answers=SignOffOut, listed=True)
def list_sign_offs(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[dict[str, Any]]:
    """List who signed a note off, newest first."""
    return service.sign_offs_paged(session, id, page).map(_signed)


@blp.post(
    "/hand-over-notes/<id>/sign-offs",
    action="sign-off-hand-over",
    body=SignOffIn,
    body_required=False,
    answers=SignOffOut,
    also=(200,),
)
def sign_off(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> Reply:
    """Say that this side has gone through the note with the other.

    For who leaves and who comes; COA and the ministry may enter it on behalf. A repeat answers 200 with the first.
    """
    note = service.find_note(session, id)
    actor = speaker(session, caller, "sign-off-hand-over", body)
    permit(caller, "sign-off-hand-over", of=(*note.leaving, *note.coming), actor=actor)
    made, new = service.sign_off(session, now, actor, id, body.get("by"), body.get("remark"))
    return Reply(_signed(made), status=201 if new else 200, location=f"/v1/sign-offs/{made.id}")


@blp.get("/sign-offs/<id>", action="read", answers=SignOffOut)
def show_sign_off(session: Session, now: datetime, caller: Caller, id: str) -> dict[str, Any]:
    """Show one signature."""
    return _signed(service.find_sign_off(session, id))


@blp.get("/rotas/<code>/emergency-card", action="read", answers=CardOut)
def show_emergency_card(session: Session, now: datetime, caller: Caller, code: str) -> dict[str, Any]:
    """Show what would stand on the emergency card now; it is mailed at every hand-over, and printed from the board."""
    settings = deps().settings
    card = service.card_content(session, now, settings, occupancy.ready(session, now), code)
    may_ring = caller.organisation in service.on_the_list(session, settings, code, now)
    named = {"made_at": card["madeAt"], "on_duty": card["onDuty"], "ready_at": card["readyAt"]}
    return {**card, **named, "telephones": card["telephones"] if may_ring else None}


def seen(caller: Caller, note: NoteInfo) -> dict[str, Any]:
    """A note as `caller` may see it."""
    content = note.content
    sides = caller.organisation in (*note.leaving, *note.coming) or caller.kind in access.MAY_SPEAK_FOR_OTHERS
    contacts = [one if sides else {**one, "telephone": None} for one in content["contacts"]]
    return {
        **vars(note),
        **content,
        "places": [_place(caller, one) for one in content["places"]],
        "contacts": contacts,
        "confirmed_places": content["confirmedPlaces"],
        "sign_offs": [_signed(one) for one in note.sign_offs],
        "waiting_for": note.waiting_for,
    }


def _place(caller: Caller, place: Mapping[str, Any]) -> dict[str, Any]:
    """Without municipality and site for who may not see them."""
    own = caller.organisation in (place["province"], place["municipality"])
    hidden = {} if access.may(caller, "see-site", own=own) else {"municipality": None, "site": None}
    return {**place, **hidden}


def _signed(info: SignOffInfo) -> dict[str, Any]:
    behalf = info.on_behalf and {**info.on_behalf, "said_by": info.on_behalf["saidBy"]}
    return {**vars(info), "on_behalf": behalf}
