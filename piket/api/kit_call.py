"""One call, from the key it shows to the bytes it gets: who, may it, what exactly, in one transaction, in which words.

The clock is read once, at the very beginning. A change is admitted in a reading transaction and made in a writing one, so
that whoever may not do a thing, or sent nonsense, never waits in the queue of writers. A repeat of a POST is looked for
inside the writing transaction: the first one's answer is there, or nothing of it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Response, current_app, g, request
from sqlalchemy.orm import Session

from piket import idempotency
from piket.api import kit_lists, kit_reading
from piket.api.kit_fields import SecretText
from piket.api.kit_problems import words
from piket.api.kit_schemas import Answer, Nothing, Query, Schema, ready
from piket.deps import Deps
from piket.errors import Fault, Invalid, PreconditionFailed, PreconditionRequired, Unauthenticated
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import Page
from piket.words import Text, Words, say

View = Callable[..., Any]
REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True)
class Operation:
    """What a view promised when it was registered; the words are explained at the top of `kit.py`."""

    method: str
    rule: str
    action: str
    body: type[Schema] | None = None
    body_required: bool = True
    text: str | None = None
    query: type[Query] | None = None
    answers: type[Answer] | None = None
    status: int = 200
    also: tuple[int, ...] = ()
    listed: bool = False
    edits: bool = False
    creates: bool = False
    own: str | None = None

    @property
    def reads(self) -> bool:
        """Whether it only reads."""
        return self.method == "GET"


@dataclass(frozen=True)
class Reply:
    """What a view answers when the value alone does not say it. `etag` is any short version, `location` begins with /v1."""

    value: Any = None
    status: int | None = None
    etag: object = None
    location: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Precondition:
    """Which version the caller means to change: `If-Match`, or `If-None-Match: *` for something new."""

    match: tuple[str, ...] | None
    any_version: bool
    none_yet: bool

    def require(self, current: object | None) -> None:
        """Raise `PreconditionFailed` unless `current` (the version that is there now, None for nothing) is what was meant."""
        if self.none_yet and current is not None:
            raise PreconditionFailed(say("This exists already. Read it, and send its ETag as If-Match to change it."))
        fits = self.any_version or str(current) in (self.match or ())
        if not self.none_yet and (current is None or not fits):
            raise PreconditionFailed(
                say("This was changed since you read it. Read it again, and send its new ETag as If-Match.")
            )


def deps() -> Deps:
    """What this process holds: settings, store, clock, channels, bell."""
    held: Deps = current_app.extensions["piket"]
    return held


def secret_key() -> bytes:
    """The key with which cursors and links are sealed."""
    key = deps().settings.secret_key
    if key is None:
        raise ValueError("the settings hold no secret key: app.py gives them one")
    return key


def answer(operation: Operation, view: View, path: dict[str, Any]) -> Response:
    """Serve one call of `operation`. Reads in one transaction; a change is admitted in one and made in another."""
    now = g.now = deps().now()
    kit_reading.read_path(path)
    kit_reading.require_acceptable()
    if operation.reads:
        with deps().reading() as session:
            caller = admit(session, now, operation, path)
            return respond(operation, run(operation, view, session, now, caller, {**path, **read(operation)}))
    with deps().looking() as session:
        caller = admit(session, now, operation, path)
    given = {**path, **read(operation)}
    with deps().writing() as session:
        return once(operation, view, session, now, caller, given)


def admit(session: Session, now: datetime, operation: Operation, path: Mapping[str, Any]) -> Caller:
    """Who asks, by its key; raises `Unauthenticated`, or `Refused` when it may not do this to anything."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated(say("Send your key in the header Authorization, as: Bearer piket_…"))
    caller = organisations.authenticate(session, now, token.strip())
    g.organisation = caller.organisation
    if not operation.reads:
        access.require_writer(caller)
    if operation.own is not None:
        access.require(caller, operation.action, own=path[operation.own] == caller.organisation)
    elif not access.may_ever(caller, operation.action):
        raise access.refusal(operation.action)
    return caller


def read(operation: Operation) -> dict[str, Any]:
    """Everything the caller sent, checked; raises `Invalid` with all faults of body, query and headers at once."""
    faults: list[Fault] = []
    given: dict[str, Any] = {}
    if operation.text is not None:
        given["text"] = kit_reading.read_text(operation.text, faults)
    elif operation.body is not None:
        given["body"] = kit_reading.read_body(operation.body, faults, operation.body_required)
    elif operation.method in ("POST", "PUT", "PATCH"):
        kit_reading.read_body(Nothing, faults, required=False)
    own_keys = kit_lists.OWN_KEYS if operation.listed else frozenset()
    query = kit_reading.read_query(operation.query or Query, faults, own_keys)
    if operation.query is not None:
        given["query"] = query
    if operation.listed:
        given["page"] = kit_lists.read_page_request(secret_key(), faults)
    if operation.method == "POST":
        kit_reading.read_idempotency_key(faults)
    if faults:
        raise Invalid(say("This request has mistakes; `errors` names each of them."), faults)
    if operation.edits:
        given["precondition"] = read_precondition(operation.creates)
    return given


def read_precondition(creates: bool) -> Precondition:
    """The version named by the headers; raises `PreconditionRequired` when none is."""
    match = request.if_match if "If-Match" in request.headers else None
    none_yet = creates and request.if_none_match.star_tag
    if match is None and not none_yet:
        if creates:
            raise PreconditionRequired(
                say("Send the ETag that you read as If-Match, or If-None-Match: * for a new one.")
            )
        raise PreconditionRequired(say("Send the ETag that you read as If-Match."))
    tags = tuple(match.as_set()) if match is not None else None
    return Precondition(tags, bool(match and match.star_tag), none_yet)


def run(
    operation: Operation, view: View, session: Session, now: datetime, caller: Caller, given: dict[str, Any]
) -> Reply:
    """Let the view do it. A view that forgot to ask whose the thing is, where that matters, is stopped: nothing is done."""
    result = view(session, now, caller, **given)
    if access.needs_owner(caller, operation.action) and operation.action not in caller.asked:
        raise RuntimeError(f"{operation.method} {operation.rule} did not ask `permit` for {operation.action}")
    session.flush()
    if isinstance(result, Page):
        following = kit_lists.next_address(secret_key(), result.next)
        return Reply({"items": result.items, "next": following})
    return result if isinstance(result, Reply) else Reply(result)


def once(
    operation: Operation, view: View, session: Session, now: datetime, caller: Caller, given: dict[str, Any]
) -> Response:
    """Do it, unless this is the repeat of a POST that was done: then what was answered before."""
    key = kit_reading.read_idempotency_key([]) if operation.method == "POST" else None
    if key is None:
        return respond(operation, run(operation, view, session, now, caller, given))
    scope = idempotency.Scope(caller.organisation, operation.method, request.path, key)
    kept = idempotency.begin(session, now, scope, request.query_string + b"\n" + kit_reading.raw_body())
    if kept is not None:
        return Response(kept.body, kept.status, {**(kept.headers or {}), REPLAYED: "true"})
    reply = run(operation, view, session, now, caller, given)
    response = respond(operation, reply)
    without_secrets = respond(operation, reply, secrets=False)
    kept_headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
    idempotency.keep(session, scope, response.status_code, kept_headers, without_secrets.get_data(as_text=True))
    return response


def respond(operation: Operation, reply: Reply, secrets: bool = True) -> Response:
    """The bytes of an answer, in the caller's language."""
    status = reply.status or operation.status
    headers = dict(reply.headers)
    if reply.etag is not None:
        headers["ETag"] = f'"{reply.etag}"'
    if reply.location:
        headers["Location"] = reply.location
    if operation.reads and reply.etag is not None and request.if_none_match.contains_weak(str(reply.etag)):
        return Response(status=304, headers=headers)
    if operation.answers is None or status == 204:
        return Response(status=status, headers=headers)
    tell = words()
    body = json.dumps(render(_dump(operation, reply.value), tell, secrets), ensure_ascii=False)
    response = Response(body, status, headers, content_type="application/json")
    response.headers["Content-Language"] = tell.language
    response.vary.add("Accept-Language")
    return response


def _dump(operation: Operation, value: Any) -> Any:
    """The value through its schema; a list page by page."""
    assert operation.answers is not None
    if not operation.listed:
        return ready(operation.answers).dump(value)
    return {"items": ready(operation.answers, many=True).dump(value["items"]), "next": value["next"]}


def render(value: Any, tell: Words, secrets: bool = True) -> Any:
    """The same JSON with every `Text` in it in one language, and without secrets when it is to be kept."""
    if isinstance(value, Mapping):
        return {name: render(inside, tell, secrets) for name, inside in value.items()}
    if isinstance(value, list | tuple):
        return [render(inside, tell, secrets) for inside in value]
    if isinstance(value, SecretText) and not secrets:
        return None
    return tell(value) if isinstance(value, Text) else value
