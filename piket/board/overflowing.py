"""An overflow by form: COA and the ministry declare it, state the need, begin a round, write a note, end it (sections 3 to 5)."""

from __future__ import annotations

from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Values, serve
from piket.board.desks import at_centre
from piket.board.frame import blp
from piket.board.questions import Question
from piket.errors import Conflict
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import OverflowInfo
from piket.words import Text, say

LONGEST_NOTE = 4000
_REASON = Question("reason", say("Reason"), "lines", say("Everybody who is told reads this."))
_NEEDED = Question("needed", say("How many places are needed"), "number")


@blp.route("/centres/<code>/overflow", methods=["GET", "POST"])
def declare_overflow(code: str) -> Response:
    """COA or the ministry declares an overflow."""
    return serve(partial(_declaring, code))


@blp.route("/overflows/<id>/need", methods=["GET", "POST"])
def state_need(id: str) -> Response:
    """State how many places are needed."""
    return serve(partial(_stating, id))


@blp.route("/overflows/<id>/need/taking-back", methods=["GET", "POST"])
def take_need_back(id: str) -> Response:
    """Take the stated need back, so that it is computed from the counts again."""
    return serve(partial(_taking_back, id))


@blp.route("/overflows/<id>/closure", methods=["GET", "POST"])
def close_overflow(id: str) -> Response:
    """End an overflow by hand."""
    return serve(partial(_closing, id))


@blp.route("/overflows/<id>/round", methods=["GET", "POST"])
def begin_round(id: str) -> Response:
    """Begin a new round along the rota."""
    return serve(partial(_rounding, id))


@blp.route("/overflows/<id>/note", methods=["GET", "POST"])
def write_note(id: str) -> Response:
    """Write a note into the course of an overflow."""
    return serve(partial(_noting, id))


def _declaring(code: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "declare-overflow")
    centre = occupancy.thresholds(session, code).centre
    return Form(
        heading=say("Declare an overflow"),
        button=say("Declare this overflow"),
        deed="declare_overflow",
        act=partial(_declare, centre, caller),
        questions=(_NEEDED, _REASON),
        notes=[say("It ends by hand, unless a count has reached the level for it since.")],
    )


def _declare(centre: str, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, centre) as desk:
        pressure = occupancy.pressure_now(session, centre, g.now)
        overflows.declare(desk, values["needed"], values["reason"], pressure)
    return Done()


def _stating(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "adjust-need")
    episode = _open_one(session, id)
    return Form(
        heading=say("State how many places are needed"),
        button=say("State this need"),
        deed="adjust_need",
        act=partial(_adjust, episode, caller),
        questions=(_NEEDED, _REASON),
        notes=[_need(episode), say("What you state takes the place of the computed number, until it is taken back.")],
        home=f"/episodes/{id}",
    )


def _taking_back(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "adjust-need")
    episode = _open_one(session, id)
    if episode.stated_needed is None:
        raise Conflict(say("Nobody stated the need, so there is nothing to take back."), "nothing-to-take-back")
    return Form(
        heading=say("Take the stated need back"),
        button=say("Take it back"),
        deed="adjust_need",
        act=partial(_adjust, episode, caller),
        questions=(_REASON,),
        notes=[_need(episode), say("After it the need is computed from the counts again.")],
        home=f"/episodes/{id}",
    )


def _adjust(episode: OverflowInfo, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, episode.centre) as desk:
        overflows.adjust(desk, episode.id, values.get("needed"), values["reason"])
    return Done()


def _closing(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "close-overflow")
    episode = _open_one(session, id)
    return Form(
        heading=say("End the overflow"),
        button=say("End this overflow"),
        deed="close_overflow",
        act=partial(_close, episode, caller),
        questions=(_REASON,),
        notes=[_need(episode), say("It begins again at the next count that reaches the level for it.")],
        home=f"/episodes/{id}",
    )


def _close(episode: OverflowInfo, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, episode.centre) as desk:
        overflows.close(desk, episode.id, values["reason"])
    return Done()


def _rounding(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "begin-round")
    episode = _open_one(session, id)
    return Form(
        heading=say("Begin a new round"),
        button=say("Begin this round"),
        deed="begin_round",
        act=partial(_begin, episode, caller),
        questions=(_REASON,),
        notes=[_need(episode), say("In a new round everybody on the rota can be called up again.")],
        home=f"/episodes/{id}",
    )


def _begin(episode: OverflowInfo, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, episode.centre) as desk:
        overflows.begin_round(desk, episode.id, values["reason"])
    return Done()


def _noting(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "add-note")
    episode = overflows.overflow(session, g.now, id)
    return Form(
        heading=say("Write a note"),
        button=say("Write this down"),
        deed="add_note",
        act=partial(_note, episode, caller),
        questions=(
            Question(
                "text", say("What is to be known"), "lines",
                say("For example what somebody said by telephone. Everybody who is signed in can read it."),
                longest=LONGEST_NOTE,
            ),
        ),
        home=f"/episodes/{id}",
        at_once=True,
    )  # fmt: skip


def _note(episode: OverflowInfo, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, episode.centre) as desk:
        overflows.note(desk, episode.id, values["text"])
    return Done()


def _open_one(session: Session, id: str) -> OverflowInfo:
    """The episode. Raises `NotFound`, and `Conflict` when it has ended."""
    episode = overflows.overflow(session, g.now, id)
    if episode.state == "closed":
        raise Conflict(say("This overflow was closed at {at}.", at=episode.closed_at), "overflow-closed")
    return episode


def _need(episode: OverflowInfo) -> Text:
    """How the need stands, with where the number comes from."""
    figures = {"needed": episode.needed, "committed": episode.committed}
    if episode.stated_needed is not None:
        return say("Now: {needed} places needed (as stated), {committed} promised.", **figures)
    return say("Now: {needed} places needed (computed from the counts), {committed} promised.", **figures)
