"""Looking after keys by form: what another system, or a screen on a wall, shows to be let in. A key is shown once."""

from __future__ import annotations

from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Once, Values, serve
from piket.board.frame import blp
from piket.board.questions import Question
from piket.errors import Conflict
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.words import Text, say

_MAY: tuple[tuple[str, Text], ...] = (
    ("read", say("only look: for a screen on a wall, or a system that reads")),
    ("write", say("look and act: for a system that acts for the organisation")),
)


@blp.route("/administration/organisations/<code>/keys/new", methods=["GET", "POST"])
def issue_key(code: str) -> Response:
    """Make a key for an organisation."""
    return serve(partial(_issuing, code))


@blp.route("/administration/keys/<id>/end", methods=["GET", "POST"])
def end_key(id: str) -> Response:
    """Let a key open nothing any more."""
    return serve(partial(_ending, id))


def _home(organisation: str) -> str:
    return f"/administration/organisations/{organisation}#keys"


def _issuing(code: str, session: Session, caller: Caller) -> Form:
    name = organisations.find(session, code).name
    access.require(caller, "manage-keys", own=code == caller.organisation)
    return Form(
        heading=say("Make a key for {name}", name=name),
        button=say("Make this key"),
        deed="issue_key",
        act=partial(_issue, code, name, caller),
        questions=(
            Question(
                "label", say("What it is for"), hint=say("By which you know it again."), needed=False, longest=100
            ),
            Question("may", say("What it may do"), "choice", options=_MAY),
            Question(
                "expires_at", say("Until when"), "moment", say("Left empty: until somebody ends it."), needed=False
            ),
        ),
        notes=[
            say(
                "People sign in with an account of their own, so that it is known who did what. A key is for a machine."
            )
        ],
        home=_home(code),
    )


def _issue(code: str, name: str, caller: Caller, session: Session, values: Values) -> Done:
    _, token = organisations.issue_key(
        session, g.now, caller.actor(), code, read_only=values["may"] == "read", expires_at=values["expires_at"],
        label=values["label"],
    )  # fmt: skip
    once = Once(
        say("The key"), token,
        [
            say("Whoever has it acts as {name}. Do not send it by mail.", name=name),
            say("Of the key itself nothing is kept here. When it is lost, end it and make another."),
        ],
    )  # fmt: skip
    return Done([say("Whoever has the key acts as {name}. It is shown once, on the next page.", name=name)], once)


def _ending(id: str, session: Session, caller: Caller) -> Form:
    key = organisations.find_key(session, id)
    access.require(caller, "manage-keys", own=key.organisation == caller.organisation)
    if key.revoked_at is not None:
        raise Conflict(say("This key has ended already."), "key-revoked")
    name = organisations.find(session, key.organisation).name
    notes = [
        say("{label}, made at {at}.", label=key.label or say("A key without a name"), at=key.created_at),
        say("From now on it opens nothing, and whoever is signed in with it is out."),
    ]
    if key.id == caller.key:
        notes.append(say("You are signed in with this key yourself: you will be out as well."))
    return Form(
        heading=say("End a key of {name}", name=name),
        button=say("End this key"),
        deed="revoke_key",
        act=partial(_end, id, caller),
        notes=notes,
        home=_home(key.organisation),
        at_once=True,
    )


def _end(id: str, caller: Caller, session: Session, _: Values) -> Done:
    organisations.revoke_key(session, g.now, caller.actor(), id)
    return Done()
