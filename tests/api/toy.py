"""A small noun that uses everything the kit offers, so that the kit can be tested before and apart from the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from piket.api.kit import (
    Answer,
    Blueprint,
    Caller,
    DrillQuery,
    OnBehalf,
    PageRequest,
    Precondition,
    Reply,
    Schema,
    fields,
    permit,
    speaker,
)
from piket.api.kit import deps as held
from piket.errors import Conflict
from piket.organisations import service as organisations
from piket.organisations.service import Info
from piket.pages import Page, slice_page
from piket.words import say


@dataclass(frozen=True)
class Wheel:
    """What a nested schema makes."""

    size: int
    spare: bool = False


class WheelIn(Schema):
    """A wheel."""

    into = Wheel
    size = fields.Int(1, 40, required=True)
    spare = fields.Bool(load_default=False)


class ToyIn(Schema):
    """A toy."""

    name = fields.Str(1, 20, required=True)
    made_at = fields.Moment()
    colour = fields.Choice("red", "blue")
    wheels = fields.List(fields.Nested(WheelIn), max=3, load_default=list)
    on_behalf = fields.Nested(OnBehalf)


class ToyOut(Answer):
    """A toy."""

    name = fields.Str()
    wheels = fields.Int()
    made_at = fields.Moment(allow_none=True)
    why = fields.Str()
    secret = fields.Secret(allow_none=True)


class Shelf(DrillQuery):
    """Which toys."""

    from_ = fields.Moment()
    most = fields.Int(1, 100)
    colour = fields.List(fields.Choice("red", "blue"))


@dataclass(frozen=True)
class Version:
    """What can be edited."""

    number: int


class VersionOut(Answer):
    """What can be edited."""

    number = fields.Int()


class VersionIn(Schema):
    """The new number."""

    number = fields.Int(0, required=True)


blp = Blueprint("toys", description="Toys.")
current: dict[str, int] = {}


def out(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": body["name"],
        "wheels": sum(wheel.size for wheel in body["wheels"]),
        "made_at": body.get("made_at"),
        "why": say("unknown"),
        "secret": "geheim",
    }


@blp.post("/toys", action="record-count", body=ToyIn, answers=ToyOut, also=(200,))
def make_toy(session: Session, now: datetime, caller: Caller, body: dict[str, Any]) -> Reply:
    """Make a toy.

    It adds a municipality too, so that a test can see what was stored.
    """
    organisations.add(
        session,
        now,
        caller.actor(),
        held().settings,
        code="gm1680",
        kind="municipality",
        name=body["name"],
        province=None,
    )
    if body["name"] == "broken":
        raise Conflict(say("There is no such moment in the calendar."), "toy-broken")
    if body["name"] == "bug":
        raise ZeroDivisionError("a secret detail")
    return Reply(out(body), location="/v1/toys/x", status=200 if body["name"] == "old" else None)


@blp.get("/toys", action="read", query=Shelf, answers=ToyOut, listed=True)
def list_toys(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[dict[str, Any]]:
    """List toys by name, first name last."""
    names = [f"toy{number:02}" for number in range(query.get("most", 10))]
    found = slice_page(names, page, lambda name: (name,))
    return found.map(lambda name: out({"name": name, "wheels": [], "made_at": query.get("from_")}))


@blp.get("/toys/<name>", action="read", answers=VersionOut)
def show_toy(session: Session, now: datetime, caller: Caller, name: str) -> Reply:
    """Show a toy."""
    return Reply(Version(current[name]), etag=current[name])


@blp.put("/toys/<name>", action="put-rota", body=VersionIn, answers=VersionOut, edits=True, creates=True)
def put_toy(
    session: Session, now: datetime, caller: Caller, name: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Replace a toy."""
    precondition.require(current.get(name))
    current[name] = body["number"]
    return Reply(Version(body["number"]), etag=body["number"])


@blp.patch("/toys/<name>", action="put-rota", body=VersionIn, answers=VersionOut, edits=True)
def patch_toy(
    session: Session, now: datetime, caller: Caller, name: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Change a toy."""
    precondition.require(current.get(name))
    current[name] = body["number"]
    return Reply(Version(body["number"]), etag=body["number"])


@blp.post("/toys/<name>/responses", action="respond", body=ToyIn, answers=ToyOut)
def respond(session: Session, now: datetime, caller: Caller, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Answer for a toy; `name` is whose it is."""
    actor = speaker(session, caller, "respond", body)
    permit(caller, "respond", of=name, actor=actor)
    return {**out(body), "name": actor.speaks_for}


@blp.post("/toys/<name>/forgetful", action="respond", answers=ToyOut)
def forgetful(session: Session, now: datetime, caller: Caller, name: str) -> dict[str, Any]:
    """Answer for a toy and forget to ask whose it is."""
    return out({"name": name, "wheels": []})


@blp.post("/toys/<name>/texts", action="record-count", text="text/csv", answers=ToyOut)
def text_body(session: Session, now: datetime, caller: Caller, name: str, text: str) -> dict[str, Any]:
    """Take text."""
    return out({"name": text, "wheels": []})


@blp.delete("/toys/<name>", action="put-rota")
def drop_toy(session: Session, now: datetime, caller: Caller, name: str) -> None:
    """Drop a toy."""
    current.pop(name, None)


@blp.get("/breaks/<name>", action="read", answers=VersionOut)
def breaks(session: Session, now: datetime, caller: Caller, name: str) -> Any:
    """Break in the store."""
    return session.execute(text("SELECT 1 FROM there_is_no_such_table WHERE x = :secret"), {"secret": "geheim"})


def municipality(session: Session) -> Info | None:
    """What `make_toy` added."""
    return organisations.known(session, "gm1680")
