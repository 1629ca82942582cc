"""A call-up for people: what is asked, what was answered, and for who was called the form that answers it.

Others read. The form acts at once: what will happen stands above its button.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, g, url_for
from sqlalchemy.orm import Session

from piket.board.answering_call import Wrong, give, make_form, said, take_back, typed_now, wants_more
from piket.board.answering_forms import FIRMNESS, HOURS
from piket.board.deeds import said_by_telephone
from piket.board.door import visitor
from piket.board.frame import blp, deps, go_to, page, words
from piket.board.panels import People
from piket.board.place_steps import call_steps
from piket.board.running import state_of
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import CallUpInfo
from piket.words import Text, say

TAKEN_BACK = say("taken back by the desk")


@blp.get("/call-ups/<id>")
def show_call_up(id: str) -> Response:
    """The call-up, for who is signed in. Raises `NotFound`."""
    with deps().reading() as session:
        return _page(session, visitor().caller, overflows.call_up(session, g.now, id))


@blp.post("/call-ups/<id>/answers")
def answer_call_up(id: str) -> Response:
    """Take the answer of who was called; what is wrong stands beside its field, and what was typed is kept."""
    caller, call = _own_call(id)
    more = wants_more()
    wrong = None if more else give(call, caller.actor())
    if not more and wrong is None:
        return go_to(url_for("board.show_call_up", id=id))
    with deps().reading() as session:
        now = overflows.call_up(session, g.now, id)
        return _page(session, caller, now, wrong, more or typed_now(), wrong.status if wrong else 200)


@blp.post("/call-ups/<id>/take-backs")
def take_back_answer(id: str) -> Response:
    """Take back what was promised by the link of a mail, within ten minutes."""
    caller, call = _own_call(id)
    wrong = take_back(call, caller.actor(), words()(TAKEN_BACK))
    if wrong is None:
        return go_to(url_for("board.show_call_up", id=id))
    with deps().reading() as session:
        return _page(session, caller, call, wrong, status=wrong.status)


def _own_call(id: str) -> tuple[Caller, CallUpInfo]:
    """Who asks, and the call-up; raises `Refused` for who was not called."""
    caller = visitor().caller
    with deps().reading() as session:
        call = overflows.call_up(session, g.now, id)
    access.require(caller, "respond", own=call.organisation == caller.organisation)
    return caller, call


def _page(
    session: Session, caller: Caller, call: CallUpInfo, wrong: Wrong | None = None,
    typed: Mapping[str, str] | None = None, status: int = 200,
) -> Response:  # fmt: skip
    """The page as this organisation may see it."""
    own = call.organisation == caller.organisation
    may_answer = own and not caller.read_only and call.state != "released"
    action = url_for("board.answer_call_up", id=call.id)
    people = People(organisations.names(session, [call.organisation]))
    answer = said(session, call)
    return page(
        "answer_call.html",
        status,
        call=call,
        state=state_of(call, g.now),
        name=people.name(call.organisation),
        said=answer,
        sees_sites=access.may(caller, "see-site", own=own),
        places_of={m.code: m.name for m in deps().settings.municipalities.values()},
        take_back=url_for("board.take_back_answer", id=call.id)
        if may_answer and answer and answer.take_back_until
        else None,
        form=make_form(session, call, action, wrong=wrong, typed=typed or kept_fields()) if may_answer else None,
        firmness=FIRMNESS,
        hours=HOURS,
        steps=_steps(session, call, caller, str(people.name(call.organisation))),
        whole=wrong.whole if wrong else None,
    )


def _steps(session: Session, call: CallUpInfo, caller: Caller, name: str) -> list[tuple[str, Text]]:
    """What this reader may do with the call-up of another: enter what was said by telephone, take its surplus, release it."""
    entered = [(step.address, step.words) for step in said_by_telephone(session, call, caller, name)]
    return entered + call_steps(call, caller, name)


def kept_fields() -> dict[str, str] | None:
    """What they had typed here before they had to sign in again; None: nothing."""
    kept = g.get("kept")
    return {name: str(value) for name, value in kept.items()} if kept else None
