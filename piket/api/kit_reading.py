"""Read a request strictly, and gather everything that is wrong with it before anything is said.

What JSON lets somebody write and two programs read differently (a key twice, NaN, numbers without end) is refused, so
that what is stored is what was meant. Only what makes the rest unreadable, such as another content type, is said at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from flask import current_app, request
from marshmallow import ValidationError
from marshmallow import fields as marshmallow_fields
from werkzeug.exceptions import RequestEntityTooLarge

from piket.api.kit_problems import Unanswerable
from piket.api.kit_schemas import Query, Schema, ready
from piket.errors import Fault, NotFound
from piket.words import Text, say

DEEPEST = 32
_PATH_VALUE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class _NotPlain(ValueError):
    """Something that JSON allows to be written and that has no one meaning."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def read_path(path: dict[str, Any]) -> None:
    """Raise `NotFound` for a path that no identifier of ours could make."""
    if not all(_PATH_VALUE.fullmatch(str(value)) for value in path.values()):
        raise NotFound(say("There is nothing at this address."))


def require_acceptable(kind: str = "application/json") -> None:
    """Raise 406 when the caller takes no JSON."""
    accepted = request.accept_mimetypes
    if accepted and not accepted.best_match([kind, "application/problem+json"]):
        raise Unanswerable(
            406, say("Answers here are {kind}: say so in Accept, or leave it out.", kind=kind), "not-acceptable"
        )


def raw_body() -> bytes:
    """The bytes of the body; raises 413 when there are more than a request may carry.

    Where no length is announced, Werkzeug cuts the body off at its limit without a word. So its limit is one byte beyond
    ours (`app.py`): a body that reaches it was too large, and is not taken for a whole one.
    """
    raw = request.get_data(cache=True)
    if len(raw) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge
    return raw


def read_body(schema: type[Schema], faults: list[Fault], required: bool) -> Any:
    """The JSON body as `schema` makes it; what is wrong is added to `faults`. Without a body and not `required`: as `{}`."""
    raw = raw_body()
    if not raw and not required:
        return load(ready(schema), {}, "body", faults)
    if not raw:
        faults.append(Fault("body", "", say("The body is empty: send a JSON object.")))
        return None
    _require_content_type("application/json")
    try:
        value = parse_json(raw)
    except _NotPlain as error:
        faults.append(Fault("body", "", error.sentence))
        return None
    return load(ready(schema), value, "body", faults)


def read_text(kind: str, faults: list[Fault]) -> str:
    """A body of another kind, such as `text/csv`, in UTF-8; a byte order mark is taken off."""
    _require_content_type(kind)
    raw = raw_body()
    if not raw.strip():
        faults.append(Fault("body", "", say("The body is empty.")))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault("body", "", say("The body is not UTF-8 text.")))
        return ""


def _require_content_type(kind: str) -> None:
    """Raise 415 unless the body says that it is of this kind, in UTF-8."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != kind or charset not in ("utf-8", "utf8", "us-ascii"):
        sentence = say("Send the body as {kind} in UTF-8, and say so in Content-Type.", kind=kind)
        raise Unanswerable(415, sentence, "unsupported-media-type")


def parse_json(raw: bytes) -> Any:
    """JSON with one meaning: no key twice, no NaN, not nested deeper than 32. Raises `_NotPlain` with the sentence."""
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise _NotPlain(say("The body is not UTF-8 text.")) from None
    except RecursionError:
        raise _NotPlain(_too_deep()) from None
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise _NotPlain(say("The body is not JSON: see line {line}, character {column}.", **where)) from None
    except _NotPlain:
        raise
    except ValueError:
        raise _NotPlain(say("The body holds a number that is too long.")) from None
    if _depth_exceeds(value, DEEPEST):
        raise _NotPlain(_too_deep())
    return value


def _too_deep() -> Text:
    """Python's own limit and ours say the same."""
    return say("The body is nested too deep: at most {most} levels.", most=DEEPEST)


def _no_constant(name: str) -> Any:
    """NaN and Infinity are no numbers in JSON; `json.loads` would take them."""
    raise _NotPlain(say("{name} is not a number in JSON.", name=name))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with every key once; `json.loads` would keep the last of two without a word."""
    whole = dict(pairs)
    if len(whole) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotPlain(say("The field {name} is there twice.", name=twice[:60]))
    return whole


def _depth_exceeds(value: Any, most: int) -> bool:
    """Walk level by level, without recursion."""
    level = [value]
    for _ in range(most + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True


def read_query(schema: type[Query], faults: list[Fault], own: frozenset[str] = frozenset()) -> Any:
    """The query string as `schema` makes it; the keys in `own` are read elsewhere."""
    loader = ready(schema)
    lists = {field.data_key for field in loader.load_fields.values() if isinstance(field, marshmallow_fields.List)}
    values: dict[str, Any] = {}
    for name, given in request.args.lists():
        if name in own:
            continue
        if name not in lists and len(given) > 1:
            faults.append(Fault("query", name[:60], say("Give this once.")))
        values[name] = given if name in lists else given[0]
    return load(loader, values, "query", faults)


def read_idempotency_key(faults: list[Fault]) -> str | None:
    """The `Idempotency-Key` of this request, or None."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        faults.append(Fault("header", "Idempotency-Key", say("Give 1 to 200 visible characters without spaces.")))
        return None
    return key


def load(schema: Schema, value: Any, place: str, faults: list[Fault]) -> Any:
    """`value` as `schema` makes it; every complaint becomes a fault."""
    try:
        return schema.load(value)
    except ValidationError as error:
        faults.extend(Fault(place, field, sentence) for field, sentence in _flat(error.messages, ()))
        return None


def _flat(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every complaint with the path of its field: `sites.0.places`."""
    if isinstance(messages, dict):
        for name, inside in messages.items():
            yield from _flat(inside, path if name == "_schema" else (*path, str(name)[:60]))
    elif isinstance(messages, list | tuple):
        for message in messages:
            yield from _flat(message, path)
    else:
        yield ".".join(path), messages
