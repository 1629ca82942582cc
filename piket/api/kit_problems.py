"""Every 4xx and 5xx as `application/problem+json` (RFC 9457). The only place that knows which error has which number.

A room raises what is wrong in its own words; what the store raises is told apart here, because two that act at once (409) and
a store that is away (503) ask different things of the caller. Whatever else is raised is a mistake of ours: logged whole,
told without detail.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException

from piket import errors
from piket.words import Text, Words, say, spoken

log = logging.getLogger("piket.api")

CONTENT_TYPE = "application/problem+json"
SHOWN_FAULTS = 100
Page = Callable[[int, str, str], Response]

NUMBERS: Mapping[type[errors.PiketError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.PreconditionRequired: 428,
    errors.TooOften: 429,
    errors.Misconfigured: 503,
}

TITLES: Mapping[int, Text] = {
    400: say("What was sent cannot be taken"),
    401: say("A key is needed"),
    403: say("Not allowed"),
    404: say("Not found"),
    405: say("This cannot be done here"),
    406: say("This form of answer does not exist"),
    409: say("It cannot be done as things stand now"),
    412: say("It was changed since you read it"),
    413: say("Too much at once"),
    415: say("This form of request is not read here"),
    428: say("Say which version you change"),
    429: say("Tried too often"),
    500: say("A mistake of ours"),
    503: say("Not possible at this moment"),
}

_HTTP: Mapping[int, tuple[str, Text]] = {
    404: ("not-found", say("There is nothing at this address.")),
    413: ("too-large", say("This is more than one request may carry.")),
    414: ("too-long", say("This address is too long.")),
    431: ("too-long", say("The headers of this request are too long.")),
}


class Unanswerable(errors.PiketError):
    """The request cannot be dealt with as HTTP: its content type, its size, or the form of answer it wants."""

    def __init__(self, status: int, detail: Text, code: str) -> None:
        super().__init__(detail, code)
        self.status = status


def language() -> str:
    """The language of this request's texts: as chosen on the board, else by `Accept-Language`, else Dutch."""
    chosen: str | None = g.get("language")
    return chosen or spoken(tag for tag, quality in request.accept_languages if quality > 0)


def words() -> Words:
    """This request's language, with the request's one look at the clock."""
    now: datetime | None = g.get("now")
    return Words(language(), now)


def problem(
    status: int, code: str, detail: Text | str, faults: Sequence[errors.Fault] | None = None, **more: Any
) -> Response:
    """One problem in the caller's language. `faults` for a 400: everything that is wrong, at most a hundred of it."""
    tell = words()
    title = TITLES.get(status)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": tell(title) if title else HTTPStatus(status).phrase,
        "status": status,
        "detail": tell(detail),
        "code": code,
        **more,
    }
    if faults is not None:
        body["errors"] = [
            {"in": fault.place, "field": fault.field, "detail": tell(fault.detail)} for fault in faults[:SHOWN_FAULTS]
        ]
    answer = Response(json.dumps(body, ensure_ascii=False), status, content_type=CONTENT_TYPE)
    answer.headers["Content-Language"] = tell.language
    answer.vary.add("Accept-Language")
    return answer


def from_piket(error: errors.PiketError) -> Response:
    """What the rooms raised."""
    if isinstance(error, Unanswerable):
        return problem(error.status, error.code, error.detail)
    status = next((NUMBERS[kind] for kind in type(error).__mro__ if kind in NUMBERS), 500)
    if isinstance(error, errors.Invalid):
        return problem(status, error.code, error.detail, error.faults or [errors.Fault("body", "", error.detail)])
    answer = problem(status, error.code, error.detail)
    if isinstance(error, errors.TooOften):
        answer.headers["Retry-After"] = str(error.wait)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="piket"'
    return answer


def from_http(error: HTTPException) -> Response:
    """What Flask and Werkzeug raised: no such address, no such method, too large, and what they cannot read."""
    if error.response is not None or (error.code or 500) < 400:
        answer = error.get_response()
        return Response(answer.get_data(), answer.status_code, answer.headers)
    status = error.code or 500
    if status >= 500:
        return unexpected(error)
    if status == 405:
        return _not_this_method(error)
    code, detail = _HTTP.get(status, ("bad-request", say("This request cannot be read.")))
    answer = problem(status, code, detail, [errors.Fault("header", "", detail)] if status == 400 else None)
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answer.headers[name] = value
    return answer


def _not_this_method(error: HTTPException) -> Response:
    """405 with `Allow`, as HTTP asks, and the same list in words."""
    allowed = sorted(getattr(error, "valid_methods", None) or ())
    detail = say(
        "{method} cannot be done here; possible are {allowed}.", method=request.method, allowed=", ".join(allowed)
    )
    answer = problem(405, "method-not-allowed", detail)
    answer.headers["Allow"] = ", ".join(allowed)
    return answer


def from_store(error: exc.SQLAlchemyError) -> Response:
    """What the store raised: two that did the same at once (409), or a store that cannot take it now (503)."""
    if isinstance(error, exc.IntegrityError) and _is_unique(error):
        log.info("collision", extra={"error": type(error.orig).__name__})
        detail = say("Somebody else did the same at this moment. Read how it stands now, and try again.")
        return problem(409, "done-meanwhile", detail)
    if _is_out_of_order(error):
        log.error("store unavailable", extra={"error": type(error).__name__, "cause": _cause(error)})
        detail = say("Nothing was stored: the database cannot take it at this moment. Try again in a few seconds.")
        answer = problem(503, "store-unavailable", detail)
        answer.headers["Retry-After"] = "5"
        return answer
    return unexpected(error)


def _is_unique(error: exc.IntegrityError) -> bool:
    """Whether a unique index said no: PostgreSQL by its code, SQLite by its words."""
    state = getattr(error.orig, "sqlstate", None)
    return state == "23505" or str(error.orig).startswith("UNIQUE constraint failed")


def _is_out_of_order(error: exc.SQLAlchemyError) -> bool:
    """Locked, read-only, full, gone, or too busy; not a mistake in what was asked of it."""
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    state = str(getattr(error.orig, "sqlstate", None) or "")
    missing = re.search(r"no such (table|column)|syntax error", str(error.orig))
    return state == "25006" or (isinstance(error, exc.OperationalError) and not missing)


def _cause(error: exc.SQLAlchemyError) -> str:
    """What the driver said, without the statement and its values."""
    return str(getattr(error, "orig", error)).splitlines()[0][:200]


def unexpected(error: Exception) -> Response:
    """Our own mistake: logged whole, told without detail, with the id under which it is in the log."""
    if isinstance(error, exc.DBAPIError):  # PostgreSQL tells whole rows in what it says, so only where it was is logged
        trace = "".join(traceback.format_tb(error.__traceback__))
        log.error("unexpected error", extra={"error": type(error.orig).__name__, "trace": trace})
    else:
        log.error("unexpected error", exc_info=error, extra={"error": type(error).__name__})
    detail = say(
        "Something went wrong that should not. Tell the operator this request id: {id}.", id=g.get("request_id", "-")
    )
    return problem(500, "internal-error", detail, requestId=g.get("request_id"))


def register(app: Flask, page: Page | None = None) -> None:
    """Answer every error of `app` with a problem; outside /v1, who asks for HTML gets `page(status, title, detail)`."""

    def handle(error: Exception) -> Response:
        answer = _answer(error)
        wants_page = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
        if page is None or request.path.startswith("/v1") or not wants_page or answer.status_code < 400:
            return answer
        told = answer.get_json(force=True)
        return page(answer.status_code, told["title"], told["detail"])

    app.register_error_handler(Exception, handle)


def _answer(error: Exception) -> Response:
    """Which of the four sources an error comes from: a room, HTTP, the store, or a mistake of ours."""
    if isinstance(error, errors.PiketError):
        return from_piket(error)
    if isinstance(error, HTTPException):
        return from_http(error)
    if isinstance(error, exc.SQLAlchemyError):
        return from_store(error)
    return unexpected(error)
