"""The hand-over note: what the leaving leave to the coming, frozen at the hand-over, and signed off by both.

Written in the transaction that tells the hand-over, so that nobody comes on duty without one. Its facts do not follow what
happens later; what is to be added stands with the signatures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.clock import as_text
from piket.errors import NotFound, Refused
from piket.organisations import service as organisations
from piket.pages import Page, PageRequest, read_page
from piket.rota import written
from piket.rota.confirmed import confirmed
from piket.rota.hand_over_rules import HandOver
from piket.rota.models import Turn
from piket.rota.note_models import HandOverNote, SignOff
from piket.rota.upstairs import LooseEnds
from piket.words import say

DIRECTION = ("coa", "ministry")


@dataclass(frozen=True)
class SignOffInfo:
    """That an organisation went through a note with the other side: who said so, and what it adds."""

    id: str
    note: str
    organisation: str
    by: str | None
    remark: str | None
    on_behalf: Mapping[str, Any] | None
    created_at: datetime


@dataclass(frozen=True)
class NoteInfo:
    """A hand-over note. `content` is plain JSON: episodes, places, remarks, contacts, confirmedPlaces (see `write`).

    `waiting_for`: who still has to sign it off.
    """

    id: str
    rota: str
    turn: str | None
    at: datetime
    leaving: tuple[str, ...]
    coming: tuple[str, ...]
    content: Mapping[str, Any]
    created_at: datetime
    sign_offs: Sequence[SignOffInfo]

    @property
    def waiting_for(self) -> list[str]:
        """Who leaves or comes and has not signed yet."""
        signed = {one.organisation for one in self.sign_offs}
        return [code for code in (*self.leaving, *self.coming) if code not in signed]


def write(session: Session, now: datetime, code: str, hand_over: HandOver, loose: LooseEnds) -> NoteInfo:
    """Write the note of a hand-over of rota `code`. One that is there stays as it is, and is given back."""
    kept = session.scalars(
        select(HandOverNote).where(HandOverNote.rota == code, HandOverNote.at == hand_over.at)
    ).first()
    if kept is not None:
        return _info(session, kept)
    turn = next(
        (one for one in written.turns_from(session, code, hand_over.at, 1) if one.from_at <= hand_over.at), None
    )
    row = HandOverNote(
        rota=code,
        turn=turn.id if turn else None,
        at=hand_over.at,
        leaving=list(hand_over.leaving),
        coming=list(hand_over.coming),
        content={
            "episodes": list(loose.episodes),
            "places": list(loose.places),
            "remarks": list(loose.remarks),
            "contacts": _contacts(session, hand_over),
            "confirmedPlaces": _confirmed(session, turn.id if turn else None, hand_over.coming),
        },
        created_at=now,
    )
    session.add(row)
    session.flush()
    return _info(session, row)


def told(note: NoteInfo, base_url: str) -> dict[str, Any]:
    """What the alert of the hand-over says of its note: where it is, and how much goes on."""
    calls = [call for one in note.content["episodes"] for call in one["callUps"]]
    return {
        "id": note.id,
        "address": f"{base_url}/turns/{note.turn}" if note.turn else None,
        "openCallUps": sum(call["state"] == "open" for call in calls),
        "places": sum(one["places"] for one in note.content["places"]),
        "occupied": sum(one["occupied"] for one in note.content["places"]),
    }


def _contacts(session: Session, hand_over: HandOver) -> list[dict[str, Any]]:
    """Whom to ring: the two sides, COA and the ministry. A number that is not known is null."""
    codes = dict.fromkeys((*hand_over.leaving, *hand_over.coming, *DIRECTION))
    return [{"organisation": code, "telephone": organisations.telephone(session, code)} for code in codes]


def _confirmed(session: Session, turn: str | None, coming: Sequence[str]) -> list[dict[str, Any]]:
    """What those who come said they can open; null is: not said."""
    known = confirmed(session, [turn]) if turn else None
    return [{"organisation": code, "places": known.of(turn, code) if known and turn else None} for code in coming]


def find_note(session: Session, note_id: str) -> NoteInfo:
    """One note with its signatures. Raises `NotFound`."""
    return _info(session, _row(session, note_id))


def notes_paged(session: Session, turn: str, page: PageRequest) -> Page[NoteInfo]:
    """The notes of the hand-overs within a turn, newest first. Raises `NotFound` for an unknown turn."""
    if session.get(Turn, turn) is None:
        raise NotFound(say("There is no turn with this id."))
    query = select(HandOverNote).where(HandOverNote.turn == turn)
    rows = read_page(session, query, page, [HandOverNote.at, HandOverNote.id])
    return rows.map(lambda row: _info(session, row))


def sign_off(
    session: Session, now: datetime, actor: Actor, note_id: str, by: str | None = None, remark: str | None = None
) -> tuple[SignOffInfo, bool]:
    """Write down that one side has gone through the note with the other, and whether that is new.

    A repeat leaves the first word. Raises `Refused` for who is neither leaving nor coming, `NotFound`.
    """
    row = session.get(HandOverNote, note_id, with_for_update=True)
    if row is None:
        raise NotFound(say("There is no hand-over note with this id."))
    if actor.speaks_for not in (*row.leaving, *row.coming):
        raise Refused(say("Only the two sides of a hand-over can sign off its note."), "not-in-hand-over")
    kept = session.scalars(_signed(note_id).where(SignOff.organisation == actor.speaks_for)).first()
    if kept is not None:
        return _sign_off(kept), False
    behalf = actor.on_behalf
    made = SignOff(
        note=note_id,
        organisation=actor.speaks_for,
        signed_by=by,
        remark=remark,
        on_behalf={"organisation": behalf.organisation, "saidBy": behalf.said_by, "via": behalf.via}
        if behalf
        else None,
        created_at=now,
    )
    session.add(made)
    session.flush()
    record(session, now, actor, "sign_off_hand_over", f"hand-over-note:{note_id}", at=as_text(row.at))
    return _sign_off(made), True


def sign_offs_paged(session: Session, note_id: str, page: PageRequest) -> Page[SignOffInfo]:
    """Who signed a note off, newest first. Raises `NotFound`."""
    _row(session, note_id)
    return read_page(session, _signed(note_id), page, [SignOff.created_at, SignOff.id]).map(_sign_off)


def find_sign_off(session: Session, sign_off_id: str) -> SignOffInfo:
    """One signature. Raises `NotFound`."""
    row = session.get(SignOff, sign_off_id)
    if row is None:
        raise NotFound(say("There is no signature with this id."))
    return _sign_off(row)


def _signed(note_id: str) -> Any:
    return select(SignOff).where(SignOff.note == note_id)


def _row(session: Session, note_id: str) -> HandOverNote:
    row = session.get(HandOverNote, note_id)
    if row is None:
        raise NotFound(say("There is no hand-over note with this id."))
    return row


def _info(session: Session, row: HandOverNote) -> NoteInfo:
    signed = session.scalars(_signed(row.id).order_by(SignOff.created_at, SignOff.id))
    return NoteInfo(
        id=row.id,
        rota=row.rota,
        turn=row.turn,
        at=row.at,
        leaving=tuple(row.leaving),
        coming=tuple(row.coming),
        content=row.content,
        created_at=row.created_at,
        sign_offs=[_sign_off(one) for one in signed],
    )


def _sign_off(row: SignOff) -> SignOffInfo:
    return SignOffInfo(row.id, row.note, row.organisation, row.signed_by, row.remark, row.on_behalf, row.created_at)
