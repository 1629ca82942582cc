"""One turn for people: who has duty, what was confirmed, and the hand-over note; its two forms confirm and sign off.

What mails about a turn point at. Only who has the duty, or hands it over, sees a form; all others read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Response, g, request, url_for
from sqlalchemy.orm import Session

from piket.alerts.frozen import moment_of
from piket.board.door import visitor
from piket.board.frame import blp, deps, go_to, page
from piket.board.panels import People
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.service import ConfirmationInfo, ConfirmationWish, NoteInfo, TurnView
from piket.words import Text, say

MOST_PLACES = 100_000


@dataclass(frozen=True)
class Wrong:
    """What stands beside a field: which one, and what would be right."""

    field: str
    detail: str


@blp.get("/turns/<id>")
def show_turn(id: str) -> Response:
    """The turn, for who is signed in."""
    with deps().reading() as session:
        return _page(session, visitor().caller, id)


@blp.post("/turns/<id>/confirmations")
def confirm_turn(id: str) -> Response:
    """Take what this organisation can open in the turn; beside the field what is wrong, with what was typed."""
    with deps().writing() as session:
        caller = visitor().caller
        access.require(caller, "confirm-turn", own=caller.organisation in rota.holders(session, id))
        places = _number(request.form.get("places", ""))
        if places is None:
            wrong = Wrong("places", say("Fill in a number of 0 or more."))
            return _page(session, caller, id, wrong, 400)
        note = request.form.get("note", "").strip()[:1000] or None
        pressing = partial(occupancy.pressing_now, session, g.now)
        wish = ConfirmationWish(places, note=note)
        rota.confirm(session, g.now, deps().settings, pressing, caller.actor(), id, wish)
    return go_to(url_for("board.show_turn", id=id))


@blp.post("/hand-over-notes/<id>/sign-offs")
def sign_note(id: str) -> Response:
    """Write down that this side has gone through the note."""
    with deps().writing() as session:
        caller, note = visitor().caller, rota.find_note(session, id)
        access.require(caller, "sign-off-hand-over", own=caller.organisation in (*note.leaving, *note.coming))
        by, remark = (request.form.get(name, "").strip() for name in ("by", "remark"))
        rota.sign_off(session, g.now, caller.actor(), id, by[:200] or None, remark[:2000] or None)
    return go_to(url_for("board.show_turn", id=note.turn) if note.turn else "/")


def _number(typed: str) -> int | None:
    """A whole number of 0 or more, with or without a point for thousands; None when it is none."""
    plain = typed.strip().replace(".", "")
    return int(plain) if plain.isascii() and plain.isdigit() and int(plain[:9]) <= MOST_PLACES else None


@dataclass(frozen=True)
class NoteView:
    """A hand-over note as this reader may see it."""

    note: NoteInfo
    leaving: str
    coming: str
    calls: Sequence[Mapping[str, Any]]
    places: Sequence[Mapping[str, Any]]
    contacts: Sequence[tuple[str | Text, str | None]]
    may_sign: bool


def _page(session: Session, caller: Caller, id: str, wrong: Wrong | None = None, status: int = 200) -> Response:
    """The page as this organisation may see it."""
    turn = rota.find_turn(session, g.now, id)
    said = [one for one in rota.confirmations_paged(session, id, PageRequest(50)).items if one.holds]
    notes = rota.notes_paged(session, id, PageRequest(10)).items
    holders = rota.holders(session, id)
    people = _people(session, caller, turn, holders, notes)
    return page(
        "turn.html",
        status,
        turn=turn,
        people=people,
        holders=holders,
        said=_said(holders, said),
        may_confirm=_may_confirm(caller, turn, holders),
        notes=[_note(caller, people, note) for note in notes],
        typed=request.form.get("places", "") if wrong else "",
        wrong=wrong,
        organisation=people.name(caller.organisation),
    )


def _people(
    session: Session, caller: Caller, turn: TurnView, holders: Sequence[str], notes: Sequence[NoteInfo]
) -> People:
    """The names on the page."""
    codes = {caller.organisation, *holders, *([turn.standby] if turn.standby else [])}
    for note in notes:
        codes |= {*note.leaving, *note.coming, *(str(one["organisation"]) for one in note.content["contacts"])}
        codes |= {str(remark["by"]) for remark in note.content["remarks"]}
        codes |= {str(call["organisation"]) for one in note.content["episodes"] for call in one["callUps"]}
    return People(organisations.names(session, codes))


def _said(holders: Sequence[str], said: Sequence[ConfirmationInfo]) -> list[tuple[str, ConfirmationInfo | None]]:
    """What each of those with duty said; None is unknown."""
    newest = {one.organisation: one for one in said}
    return [(code, newest.get(code)) for code in holders]


def _may_confirm(caller: Caller, turn: TurnView, holders: Sequence[str]) -> bool:
    over = turn.superseded_at is not None or turn.until_at <= g.now
    return caller.organisation in holders and not over and not caller.read_only


def _note(caller: Caller, people: People, note: NoteInfo) -> NoteView:
    """One note; sites and numbers only for who may see them."""
    sides = caller.organisation in (*note.leaving, *note.coming) or caller.kind in access.MAY_SPEAK_FOR_OTHERS
    contacts = [
        (people.name(one["organisation"]), one["telephone"] if sides else None) for one in note.content["contacts"]
    ]
    return NoteView(
        note=note,
        leaving=people.named(note.leaving),
        coming=people.named(note.coming),
        calls=[
            {**call, "needed": moment_of(call["neededBy"])}
            for one in note.content["episodes"]
            for call in one["callUps"]
        ],
        places=[_place(caller, one) for one in note.content["places"]],
        contacts=contacts if sides else [],
        may_sign=caller.organisation in note.waiting_for and not caller.read_only,
    )


def _place(caller: Caller, place: Mapping[str, Any]) -> dict[str, Any]:
    own = caller.organisation in (place["province"], place["municipality"])
    seen = access.may(caller, "see-site", own=own)
    return {**place, "site": place["site"] if seen else None, "until": moment_of(place["until"])}
