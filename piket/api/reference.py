"""The API document cut into chapters and rows for the page at /docs.

The page is plain HTML from our own templates: no script, nothing fetched, readable by a screen reader. Descriptions are those of
the document, in English; the words around them are in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piket.words import Text, say

METHODS = ("get", "post", "put", "patch", "delete")

_WORDING: Mapping[str, Text] = {
    "title": say("The interface of piket for other systems"),
    "intro": say(
        "Every call carries a key: Authorization: Bearer piket_… The machine-readable document is at /v1/openapi.json. "
        "The descriptions below are in English, like the names in the interface."
    ),
    "skip": say("To the calls"),
    "contents": say("Contents"),
    "parameters": say("Parameters"),
    "body": say("Body"),
    "answers": say("Answers"),
    "who": say("Who may"),
    "anything": say("always: {kinds}"),
    "own": say("for their own: {kinds}"),
    "behalf": say("COA and the ministry on behalf of the other (onBehalf)"),
    "schemas": say("Objects"),
    "field": say("Field"),
    "kind": say("Kind"),
    "meaning": say("Meaning"),
    "required": say("must be given"),
    "version": say("Version"),
    "name": say("Name"),
    "place": say("Place"),
}


def wording(tell: Any) -> dict[str, str]:
    """The words of the page, told by `tell` (a `Words`)."""
    return {name: tell(text) for name, text in _WORDING.items() if name not in ("anything", "own")}


def chapters(document: Mapping[str, Any], tell: Any) -> list[dict[str, Any]]:
    """Each noun with its calls, in the order in which they were registered."""
    found: dict[str, dict[str, Any]] = {
        tag["name"]: {"name": tag["name"], "description": tag.get("description", ""), "calls": []}
        for tag in document.get("tags", [])
    }
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                call = _call(document, path, method, item, tell)
                found[item[method]["tags"][0]]["calls"].append(call)
    return [chapter for chapter in found.values() if chapter["calls"]]


def schemas(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each object with its fields, by name."""
    return [
        {"name": name, "description": schema.get("description", ""), "fields": _fields(schema)}
        for name, schema in sorted(document["components"]["schemas"].items())
    ]


def _call(document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any], tell: Any) -> dict[str, Any]:
    """One operation as the page shows it."""
    operation = item[method]
    body = operation.get("requestBody")
    parameters = [
        _parameter(document, entry) for entry in [*item.get("parameters", []), *operation.get("parameters", [])]
    ]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": f"/v1{path}",
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": parameters,
        "body": [{"type": kind, **_kind(what["schema"])} for kind, what in (body or {}).get("content", {}).items()],
        "answers": [_answer(document, status, answer) for status, answer in sorted(operation["responses"].items())],
        "who": _who(operation["x-who-may"], tell),
    }


def _resolve(document: Mapping[str, Any], entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference points at; the document keeps shared parameters and answers under one name."""
    if "$ref" not in entry:
        return entry
    _, _, kind, name = entry["$ref"].split("/")
    found: Mapping[str, Any] = document["components"][kind][name]
    return found


def _parameter(document: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the table of parameters."""
    whole = _resolve(document, entry)
    return {
        "name": whole["name"],
        "place": whole["in"],
        "required": whole.get("required", False),
        "description": whole.get("description", ""),
        **_kind(whole["schema"]),
    }


def _answer(document: Mapping[str, Any], status: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the table of answers; one without content has no kind."""
    whole = _resolve(document, entry)
    content = whole.get("content", {})
    schema = next(iter(content.values()))["schema"] if content else None
    return {
        "status": status,
        "description": whole["description"],
        **(_kind(schema) if schema else {"kind": "", "object": None}),
    }


def _who(who: Mapping[str, Any], tell: Any) -> list[str]:
    """Who may do it, in the reader's language."""
    lines = []
    if who["anything"]:
        lines.append(tell(say("always: {kinds}", kinds=", ".join(who["anything"]))))
    if who["own"]:
        lines.append(tell(say("for their own: {kinds}", kinds=", ".join(who["own"]))))
    return [*lines, tell(_WORDING["behalf"])] if who["onBehalf"] else lines


def _fields(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of an object: each field with what it is and whether it must be given."""
    required = schema.get("required", [])
    return [
        {"name": name, "required": name in required, "description": field.get("description", ""), **_kind(field)}
        for name, field in schema.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a value is, in a few words, and the object that it names, if any."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return {"kind": name, "object": name}
    choices = schema.get("anyOf") or schema.get("allOf")
    if choices:
        inside = _kind(choices[0])
        null = any(choice.get("type") == "null" for choice in choices)
        return {**inside, "kind": inside["kind"] + (" | null" if null else "")}
    if "items" in schema:
        inside = _kind(schema["items"])
        return {**inside, "kind": f"[{inside['kind']}]"}
    kinds = schema.get("type", "any")
    words = " | ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if "enum" in schema:
        words = " | ".join("null" if value is None else str(value) for value in schema["enum"])
    return {"kind": words + _limits(schema), "object": None}


def _limits(schema: Mapping[str, Any]) -> str:
    """The bounds of a number, or the form of a text, in brackets."""
    low, high = schema.get("minimum"), schema.get("maximum")
    if schema.get("format"):
        return f" ({schema['format']})"
    if low is None and high is None:
        return ""
    return f" ({'' if low is None else low}…{'' if high is None else high})"
