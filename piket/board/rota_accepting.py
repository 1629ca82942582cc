"""A member accepts the rota as decided; the ministry takes back that it gave duty to another: by form, foretold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Values, serve
from piket.board.frame import blp
from piket.board.panels import People
from piket.board.questions import Question
from piket.errors import Conflict
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.rota import service as rota
from piket.rota.rules import organisations_of
from piket.rota.service import OverrideInfo, RotaInfo, TurnView
from piket.words import Text, say


@blp.route("/rotas/<code>/acceptance", methods=["GET", "POST"])
def accept_rota(code: str) -> Response:
    """A member accepts the rota as decided."""
    return serve(partial(_accepting, code))


@blp.route("/overrides/<id>/undoing", methods=["GET", "POST"])
def undo_override(id: str) -> Response:
    """The ministry takes an override back."""
    return serve(partial(_undoing, id))


def _accepting(code: str, session: Session, caller: Caller) -> Form:
    found = rota.find_rota(session, code)
    access.require(caller, "accept-rota", own=caller.organisation in organisations_of(found.definition.members))
    if found.decision is None or found.status == "proposed":
        raise Conflict(
            say("This rota is a proposal. It can be accepted when the ministry has decided it."), "rota-not-decided"
        )
    notes = [say("Decided by {by}, on {on}.", by=found.decision.by, on=found.decision.on)]
    known = next((one for one in found.acceptances if one.organisation == caller.organisation), None)
    if known:
        notes.append(say("Your organisation accepted it, {at}. Once more changes nothing.", at=known.created_at))
    return Form(
        heading=say("Accept the rota “{name}”", name=found.definition.name),
        button=say("We accept this rota"),
        deed="accept_rota",
        act=partial(_accept, found, caller),
        questions=(
            Question(
                "by", say("Who says so"), hint=say("A desk or a function, and no name."), needed=False, longest=200
            ),
            Question("note", say("What is to be known of it"), "lines", needed=False),
        ),
        notes=notes,
        home="/rota",
    )


def _accept(found: RotaInfo, caller: Caller, session: Session, values: Values) -> Done:
    _, new = rota.accept(session, g.now, caller.actor(), found.code, values["by"], values["note"])
    if not new:
        return Done([say("Your organisation has accepted it already: nothing changes.")])
    accepted = len(found.acceptances) + 1
    members = len(organisations_of(found.definition.members))
    return Done([say("Then {n} of the {members} members have accepted it.", n=accepted, members=members)])


def _undoing(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "override-duty")
    found = rota.find_override(session, g.now, id)
    people = People(organisations.names(session, {found.organisation, found.decided_by}))
    return Form(
        heading=say("Take back that {name} has duty", name=people.name(found.organisation)),
        button=say("Take it back"),
        deed="end_override",
        act=partial(_undo, found, caller),
        notes=[
            say(
                "{name} has duty from {since} until {until}. Decided by {by}: {reason}",
                name=people.name(found.organisation), since=found.from_at, until=found.until_at,
                by=people.name(found.decided_by), reason=found.reason,
            ),
            say("What has been stays as it was. Both sides are told."),
        ],
        home="/rota",
    )  # fmt: skip


def _undo(found: OverrideInfo, caller: Caller, session: Session, _values: Values) -> Done:
    """Take it back; who has duty then is read from what is written down after it."""
    if found.ended_at is not None:
        return Done([say("It was taken back already, {at}: nothing changes.", at=found.ended_at)])
    rota.end_override(session, g.now, caller.actor(), found.id)
    since = max(found.from_at, g.now)
    turns = rota.calendar(session, g.now, since, found.until_at, found.rota)
    people = People(
        organisations.names(
            session,
            {code for turn in turns for code in _holders(turn)} | {found.organisation, *filter(None, [found.replaces])},
        )
    )
    return Done(list(_back(found, turns, people)))


def _back(found: OverrideInfo, turns: list[TurnView], people: People) -> Iterator[Text]:
    """Each turn that the override lay in, and whose it is without it."""
    for turn in turns:
        span = {
            "since": max(turn.from_at, found.from_at, g.now),
            "until": min(turn.until_at, found.until_at),
        }
        holders = [found.replaces] if found.replaces else _holders(turn)
        if found.organisation in holders:
            own = people.name(found.organisation)
            yield say("{name} keeps duty from {since} until {until}: it is its own turn.", name=own, **span)
            continue
        yield say(
            "{name} has duty again from {since} until {until}, and {other} has not.",
            name=people.named(holders), other=people.name(found.organisation), **span,
        )  # fmt: skip


def _holders(turn: TurnView) -> list[str]:
    return [code for slot in turn.slots for code in slot.organisations]
