"""The API document (OpenAPI 3.1): every operation with its words, headers, problems, and who may do it.

Made from what the views promised when they were registered, so it cannot say anything else than they do; a test holds every
answer against it. Paths stand without `/v1`, which `servers` has.
"""

from __future__ import annotations

import http
import inspect
from email.utils import parseaddr
from typing import Any

import flask_smorest
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from flask_smorest.spec.plugins import FlaskPlugin

from piket.api import kit_fields as fields
from piket.api.kit_call import Operation
from piket.api.kit_problems import CONTENT_TYPE, TITLES
from piket.api.kit_schemas import Answer, camel, page_of
from piket.organisations.access import PERMISSIONS, Who
from piket.words import LANGUAGES

API_VERSION = "1.0.0"
"""Of the API, not of the program; goes up by semantic versioning."""
BASE = "/v1"


class FaultOut(Answer):
    """One thing wrong with a request."""

    in_ = fields.Choice("body", "query", "header", "path", data_key="in")
    field = fields.Str(metadata={"description": "Such as sites.0.places; empty for the whole."})
    detail = fields.Str(metadata={"description": "What would be right."})


class Problem(Answer):
    """What went wrong (RFC 9457). `code` is stable, `title` and `detail` follow Accept-Language."""

    sometimes = frozenset({"errors", "requestId"})

    type = fields.Str()
    title = fields.Str()
    status = fields.Int()
    detail = fields.Str()
    code = fields.Str()
    errors = fields.List(fields.Nested(FaultOut), metadata={"description": "Only with 400: everything that is wrong."})
    request_id = fields.Str(metadata={"description": "Only with 500: under which the log knows it."})


_HEADERS: dict[str, Any] = {
    "API-Version": {
        "description": "The full version of this API.",
        "schema": {"type": "string", "example": API_VERSION},
    },
}

_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "Accept-Language": (
        "header",
        {
            "name": "Accept-Language",
            "description": "The language of texts and problems; Dutch when it is not given.",
            "schema": {"type": "string", "enum": list(LANGUAGES), "default": "nl"},
        },
    ),
    "Idempotency-Key": (
        "header",
        {
            "name": "Idempotency-Key",
            "description": "The same bytes with the same key within 24 hours act once: the first answer comes again, with "
            "Idempotency-Replayed. Other bytes: 409.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        },
    ),
    "If-Match": (
        "header",
        {"name": "If-Match", "description": "The ETag of the version that is changed.", "schema": {"type": "string"}},
    ),
    "If-None-Match": (
        "header",
        {"name": "If-None-Match", "description": "`*`: only when there is none yet.", "schema": {"type": "string"}},
    ),
    "pageSize": (
        "query",
        {
            "name": "pageSize",
            "description": "At most so many items.",
            "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50},
        },
    ),
    "cursor": (
        "query",
        {
            "name": "cursor",
            "description": "From `next` of the page before; use `next` as it is.",
            "schema": {"type": "string"},
        },
    ),
}


class _Paths(FlaskPlugin):  # type: ignore[misc] # flask-smorest has no types
    """Paths without the base, which `servers` holds already; a client would otherwise call /v1/v1."""

    def path_helper(self, rule: Any, operations: Any, parameters: Any, **more: Any) -> str:
        """The path of a rule."""
        path = str(super().path_helper(rule, operations, parameters, **more))
        for parameter in parameters:
            parameter.setdefault("description", f"The `{parameter['name']}` of this address.")
            parameter["schema"] = {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"}
        return path.removeprefix(BASE)


class _Converter(OpenAPIConverter):
    """Says what our fields hold others to, and that an answer always has all its keys."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """One object of the document."""
        described: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        kind = schema if isinstance(schema, type) else type(schema)
        described["description"] = inspect.cleandoc(kind.__doc__ or "")
        if issubclass(kind, Answer):
            described["required"] = sorted(described["properties"].keys() - kind.sometimes)
        return described


def _limits(_: Any, field: Any, **more: Any) -> dict[str, Any]:
    """What comes in is held to these; what goes out may be longer than anybody could have sent."""
    said = {} if isinstance(field.root, Answer) else dict(getattr(field, "limits", {}))
    if isinstance(field, fields.Choice):
        said["enum"] = [*field.words, None] if field.allow_none else list(field.words)
    return said


class _Schemas(MarshmallowPlugin):
    """apispec's, with our converter."""

    Converter = _Converter

    def __init__(self) -> None:
        super().__init__(
            schema_name_resolver=lambda schema: (schema if isinstance(schema, type) else type(schema)).__name__
        )

    def init_spec(self, spec: Any) -> None:
        """Begin a document."""
        super().init_spec(spec)
        assert self.converter is not None
        self.converter.add_attribute_function(_limits)  # type: ignore[no-untyped-call]


class Api(flask_smorest.Api):  # type: ignore[misc] # flask-smorest has no types
    """flask-smorest's, with our problems in the place of its errors and without pages of its own."""

    def __init__(self, app: Flask) -> None:
        app.config.update(API_TITLE="piket", API_VERSION=API_VERSION, OPENAPI_VERSION="3.1.0")
        super().__init__(app, spec_kwargs={**_about(app), "flask_plugin": _Paths(), "marshmallow_plugin": _Schemas()})
        self.spec.components.security_scheme(
            "key", {"type": "http", "scheme": "bearer", "description": "A key of your organisation."}
        )
        for name, (place, parameter) in _PARAMETERS.items():
            self.spec.components.parameter(name, place, dict(parameter))

    def register(self, blueprint: Any) -> None:
        """Serve a blueprint under /v1 and describe it."""
        self.register_blueprint(blueprint, url_prefix=BASE)

    def _register_error_handlers(self) -> None:
        """`kit_problems` answers errors."""

    def _register_pagination_header(self) -> None:
        """`kit_lists` makes lists."""

    def _register_responses(self) -> None:
        """Every 4xx and 5xx is a problem."""
        for status in http.HTTPStatus:
            title = str(TITLES.get(status, status.phrase))
            response: dict[str, Any] = {"description": title, "headers": _HEADERS}
            if status >= 400:
                response["content"] = {CONTENT_TYPE: {"schema": Problem}}
            self.spec.components.response(status.name, response, lazy=True)


def _about(app: Flask) -> dict[str, Any]:
    """Who runs it is whoever set it up: the contact is made of the settings, and of nothing that we do not know."""
    settings = app.extensions["piket"].settings
    contact = {
        "name": "Operator of this service",
        "url": f"{settings.base_url}/.well-known/security.txt",
        "email": parseaddr(settings.mail_from)[1],
    }
    return {
        "info": {
            "description": "The duty office of the *landelijk opvang piket*: counts, levels, call-ups, places and alerts.",
            "contact": contact,
            "license": {"name": "EUPL-1.2", "url": "https://joinup.ec.europa.eu/collection/eupl"},
        },
        "servers": [{"url": BASE}],
        "security": [{"key": []}],
    }


def describe(operation: Operation, blueprint: str, view: str) -> dict[str, Any]:
    """What the document says of an operation beyond the words of its view."""
    doc: dict[str, Any] = {
        "operationId": camel(f"{blueprint.replace('-', '_')}_{view}"),
        "parameters": _parameters(operation),
        "responses": {**_successes(operation), **_problems(operation)},
        "security": [{"key": []}],
        "x-who-may": _who_may(PERMISSIONS[operation.action]),
    }
    content_type, schema = ("application/json", operation.body)
    if operation.text:
        content_type, schema = operation.text, None
    if schema is not None or operation.text:
        doc["requestBody"] = {
            "required": operation.body_required,
            "content": {content_type: {"schema": schema or {"type": "string"}}},
        }
    return doc


def _parameters(operation: Operation) -> list[Any]:
    """What may be sent beside the body: headers, the query's own fields, and those of a list."""
    parameters: list[Any] = ["Accept-Language"]
    if operation.method == "POST":
        parameters.append("Idempotency-Key")
    if operation.edits:
        parameters += ["If-Match", "If-None-Match"] if operation.creates else ["If-Match"]
    if operation.query:
        parameters.append({"in": "query", "schema": operation.query})
    return parameters + (["pageSize", "cursor"] if operation.listed else [])


def _successes(operation: Operation) -> dict[str, Any]:
    """The 2xx answers with their schema; 204 has none."""
    schema = page_of(operation.answers) if operation.answers and operation.listed else operation.answers
    doc: dict[str, Any] = {}
    for status in (operation.status, *operation.also):
        doc[str(status)] = {"description": http.HTTPStatus(status).phrase, "headers": _HEADERS}
        if schema is not None and status != 204:
            doc[str(status)]["content"] = {"application/json": {"schema": schema}}
    return doc


def _problems(operation: Operation) -> dict[str, str]:
    """The 4xx and 5xx that this operation can give, by its method and what it promised."""
    statuses = [400, 401, 403, 404, 406, 500, 503]
    if not operation.reads:
        statuses += [409]
    if operation.method in ("POST", "PUT", "PATCH"):
        statuses += [413, 415]
    if operation.edits:
        statuses += [412, 428]
    return {str(status): http.HTTPStatus(status).name for status in sorted(statuses)}


def _who_may(who: Who) -> dict[str, Any]:
    """For readers of the document: which kinds of organisation may do this to anything, and which to what is theirs."""
    return {"anything": sorted(who.kinds), "own": sorted(who.own), "onBehalf": who.on_behalf}
