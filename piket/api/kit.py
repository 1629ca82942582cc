"""The seam with Flask, flask-smorest and marshmallow. A view file imports from here and from the rooms, nothing else.

**A view file** `piket/api/<noun>.py` has schemas on top and views beneath, and exposes `blp`; `app.py` registers it::

    from piket.api.kit import Answer, Blueprint, DrillQuery, OnBehalf, Reply, Schema, fields, permit, speaker

    blp = Blueprint("call-ups", description="Who is asked for places, and what they answered.")

    class SiteIn(Schema):                       # a body: what it does not name is refused
        into = SitePromise                      # optional: the view gets this dataclass instead of a dict
        municipality = fields.Code(required=True)
        places = fields.Int(1, 5000, required=True)

    class ResponseIn(Schema):
        places = fields.Int(0, 5000, required=True)
        sites = fields.List(fields.Nested(SiteIn), load_default=list)
        on_behalf = fields.Nested(OnBehalf)     # the key is onBehalf; absent keys are absent: body.get("on_behalf")

    class CallUpQuery(DrillQuery):              # a query: `drill` (default False) is in it; plain ones extend `Query`
        state = fields.Choice("open", "met")
        from_ = fields.Moment()                 # the key is `from`

    class CallUpOut(Answer):                    # what goes out: from a dataclass, a row or a dict; every key always there
        id = fields.Id()
        respond_by = fields.Moment(allow_none=True)     # what may be null must say so (a test app raises otherwise)
        why = fields.Str()                      # a `Text` is put into the caller's language by the kit

    @blp.get("/call-ups", action="read", query=CallUpQuery, answers=CallUpOut, listed=True)
    def list_call_ups(session, now, caller, query, page):
        \"\"\"List call-ups, newest first.\"\"\"      # first line: summary in the API document; the rest: description
        return service.paged(session, page, drill=query["drill"], state=query.get("state"))

    @blp.post("/call-ups/<id>/responses", action="respond", body=ResponseIn, answers=CallUpOut, status=201, also=(200,))
    def respond(session, now, caller, id, body):
        call_up = service.find(session, id)
        actor = speaker(session, caller, "respond", body)                     # reads onBehalf, and who may do so
        permit(caller, "respond", of=call_up.organisation, actor=actor)       # 403 unless it is theirs
        return service.respond(session, now, actor, call_up, …)

**Fields**: Int, Str, Code, Id, Moment, Date, TimeOfDay, Choice, Bool, List, Nested; only for answers Secret, Raw, Map, Days.
A query reads the same fields from text. What is checked, and what is said, stands in `kit_fields.py`.

**Arguments of a view**: always `session, now, caller`, then by name the path's parameters, then what was asked for:
`body` (with `body=`), `text` (a str, with `text="text/csv"`), `query` (with `query=`), `page` (with `listed=True`),
`precondition` (with `edits=True`). Path: `<name>` only, no converters, no trailing slash, without `/v1`.

**Registering**: `blp.get/post/put/patch/delete(rule, action=…, …)` with
`action` a name of `organisations.access.PERMISSIONS`; `body`, `query`, `answers` classes as above; `body_required=False`
when every field is optional and an empty body will do; `status` (default 200, POST 201, DELETE 204) and `also` the other
2xx it may answer; `listed`; `edits` (needs If-Match: 428 without), with `creates=True` a PUT that also takes
`If-None-Match: *`; `own="code"`: the path parameter that is the code of the organisation whose thing it is.

**Who may**: the key is checked, and whether the caller may do the action to anything at all, before the view runs. Where
it depends on whose the thing is, the view must call `permit(caller, action, of=code_or_codes, actor=…)` (or give `own=`);
a view that forgets is stopped and nothing is stored. `caller` has `organisation, kind, province, read_only`.
`speaker(session, caller, action, body)` gives the `Actor`: of the caller, or on behalf when the body says so.

**What a view returns**: a value for `answers`; or `Reply(value, status=200, etag=version, location="/v1/…", headers={})`;
for a list a `piket.pages.Page` (the service makes it with `pages.read_page(session, select(Row), page, [Row.created_at,
Row.id])` or `pages.slice_page(values, page, key)`; `page` is a `PageRequest`); None with status 204.
A GET with an `etag` also answers If-None-Match (304). To edit: `precondition.require(row.version)` after reading the row
(for a new one `precondition.require(None)`), then answer with the new `etag`.

**Errors**: raise those of `piket.errors`; the kit knows their numbers. `Invalid(sentence, [Fault("body", "sites.0.places",
say(…))])` for what a schema cannot see. In a schema: `@validates_schema(skip_on_field_errors=False)` and
`raise ValidationError(say(…), "fieldInCamelCase")`; data in it has the Python names.

**Transactions** are the kit's: GET reads, all else writes; a POST with an Idempotency-Key acts once, in the same
transaction; leaving without an error commits and rings the engine. Settings: `deps().settings`; the
language of the caller: `words()`. Never call the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any, TypeVar

import flask_smorest
from flask import Response
from marshmallow import ValidationError, validates_schema
from sqlalchemy.orm import Session

from piket.api import kit_call, kit_document
from piket.api import kit_fields as fields
from piket.api.kit_call import Operation, Precondition, Reply, deps
from piket.api.kit_document import API_VERSION, Api, Problem
from piket.api.kit_problems import words
from piket.api.kit_schemas import Answer, DrillQuery, Nothing, OnBehalf, OnBehalfOut, Query, Schema
from piket.audit import service as audit
from piket.audit.service import Actor
from piket.errors import Fault, Invalid, Refused
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import Page, PageRequest
from piket.words import say

__all__ = [
    "API_VERSION",
    "Answer",
    "Api",
    "Blueprint",
    "Caller",
    "DrillQuery",
    "Nothing",
    "OnBehalf",
    "OnBehalfOut",
    "Page",
    "PageRequest",
    "Precondition",
    "Problem",
    "Query",
    "Reply",
    "Schema",
    "ValidationError",
    "deps",
    "fields",
    "permit",
    "speaker",
    "validates_schema",
    "words",
]

V = TypeVar("V", bound=Callable[..., Any])
_STATUS = {"POST": 201, "DELETE": 204}


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc] # flask-smorest has no types
    """The views of one noun. What may be said of a view is explained at the top of this file."""

    def __init__(self, name: str, *, description: str) -> None:
        super().__init__(name, f"piket.api.{name}", description=description)
        self._prepare_doc_cbks: list[Any] = []  # what they would add comes from decorators that are not used here

    def get(self, rule: str, **promises: Any) -> Callable[[V], V]:
        """A view that reads."""
        return self._operation("GET", rule, promises)

    def post(self, rule: str, **promises: Any) -> Callable[[V], V]:
        """A view that makes something."""
        return self._operation("POST", rule, promises)

    def put(self, rule: str, **promises: Any) -> Callable[[V], V]:
        """A view that replaces something whole."""
        return self._operation("PUT", rule, promises)

    def patch(self, rule: str, **promises: Any) -> Callable[[V], V]:
        """A view that changes a part."""
        return self._operation("PATCH", rule, promises)

    def delete(self, rule: str, **promises: Any) -> Callable[[V], V]:
        """A view that ends something."""
        return self._operation("DELETE", rule, promises)

    def _operation(self, method: str, rule: str, promises: dict[str, Any]) -> Callable[[V], V]:
        operation = Operation(method, rule, **{"status": _STATUS.get(method, 200), **promises})
        if operation.action not in access.PERMISSIONS:
            raise ValueError(f"{operation.action} is not in the table of permissions")

        def register(view: V) -> V:
            if not (view.__doc__ or "").strip():
                raise ValueError(f"{view.__name__} has no docstring to put in the API document")

            @wraps(view)
            def call(**path: Any) -> Response:
                return kit_call.answer(operation, view, path)

            call._apidoc = {"manual_doc": kit_document.describe(operation, self.name, view.__name__)}  # type: ignore[attr-defined]
            self.add_url_rule(rule, view.__name__, call, methods=[method])
            return view

        return register


def speaker(session: Session, caller: Caller, action: str, body: Mapping[str, Any] | None) -> Actor:
    """Who acts: the caller itself, or, when `body` has `on_behalf`, the caller for another organisation (rule 5.8).

    Raises `Refused` when the caller may not speak for others here, `Invalid` when that organisation is not known.
    """
    told = (body or {}).get("on_behalf")
    if told is None:
        return caller.actor()
    if caller.kind not in access.MAY_SPEAK_FOR_OTHERS or not access.PERMISSIONS[action].on_behalf:
        raise Refused(
            say("Only COA and the ministry may enter what another organisation said, and only where that is foreseen.")
        )
    if organisations.known(session, told["organisation"]) is None:
        wrong = say("There is no organisation with the code {code}.", code=told["organisation"])
        raise Invalid(wrong, [Fault("body", "onBehalf.organisation", wrong)])
    return caller.actor(audit.OnBehalf(**told))


def permit(caller: Caller, action: str, *, of: str | Collection[str] | None, actor: Actor | None = None) -> None:
    """Raise `Refused` unless `caller` may do `action` to what belongs to `of` (one organisation, several, or nobody).

    With an `actor` on behalf of another, it is that other's own thing that counts.
    """
    owners = {of} if isinstance(of, str) else set(of or ())
    on_behalf = actor is not None and actor.on_behalf is not None
    speaks_for = actor.speaks_for if actor is not None else caller.organisation
    access.require(caller, action, own=speaks_for in owners, on_behalf=on_behalf)
