"""What holds for every operation of every room, read from the API document itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest
from flask import Flask

from tests.client import Answer, Client
from tests.fakes import START, FakeClock

PROBLEM = "application/problem+json"
EXISTING = {"centres": "ter-apel", "rotas": "piket", "organisations": "nl-dr"}
WRITES = ("post", "put", "patch")


def document(app: Flask) -> Any:
    return app.extensions["piket-api"].spec.to_dict()


def operations(app: Flask, *methods: str) -> Iterator[tuple[str, str, Any]]:
    for path, item in document(app)["paths"].items():
        for method in methods or ("get", "post", "put", "patch", "delete"):
            if method in item:
                yield re.sub(r"\{\w+\}", "none", path), method, item[method]


def call(client: Client, method: str, path: str, **how: Any) -> Answer:
    answer: Answer = getattr(client, method)(f"/v1{path}", **how)
    return answer


def conforms(app: Flask, answer: Answer, operation: Any) -> None:
    """The body is what the document promises for its status."""
    whole = document(app)
    response = operation["responses"][str(answer.status)]
    if "$ref" in response:
        response = whole["components"]["responses"][response["$ref"].rsplit("/", 1)[-1]]
    schema = response["content"][answer.headers["Content-Type"]]["schema"]
    jsonschema.validate(answer.body, {**schema, "components": whole["components"]})


@pytest.fixture
def everybody(client: Callable[..., Client]) -> list[Client]:
    return [client(code) for code in ("coa", "ministry", "operator", "nl-ov", "vng", "cdk-nl-ov", "gm1950")]


def test_without_a_key_nothing_is_answered(app: Flask, client: Callable[..., Client]) -> None:
    nobody = client(None)
    for path, method, operation in operations(app):
        answer = call(nobody, method, path)
        assert answer.status == 401, f"{method} {path}"
        conforms(app, answer, operation)


def test_what_does_not_exist_is_not_found_or_not_allowed_and_never_a_mistake_of_ours(
    app: Flask, everybody: list[Client]
) -> None:
    for client in everybody:
        for path, method, operation in operations(app, "get", "delete"):
            if "none" in path:
                answer = call(client, method, path)
                assert answer.status in (403, 404), (
                    f"{client.organisation} {method} {path}: {answer.status} {answer.body}"
                )
                conforms(app, answer, operation)


def test_an_unknown_query_key_is_refused_everywhere(app: Flask, client: Callable[..., Client]) -> None:
    for path, method, operation in operations(app, "get"):
        answer = call(client("ministry"), method, f"{path}?nonsense=1")
        if answer.status not in (403, 404):
            assert answer.faults == {"nonsense"}, path
            conforms(app, answer, operation)


@pytest.mark.parametrize("body", [{}, {"nonsense": 1}, {"drill": "x", "places": -1, "people": 1.5, "reason": "\x00"}])
def test_a_body_that_makes_no_sense_gets_a_problem_everywhere(app: Flask, everybody: list[Client], body: Any) -> None:
    for client in everybody:
        for path, method, operation in operations(app, *WRITES):
            answer = call(client, method, path, json=body, headers={"If-Match": '"0"'})
            assert answer.status < 500, f"{client.organisation} {method} {path}: {answer.body}"
            conforms(app, answer, operation)


def test_what_everybody_may_read_is_what_the_document_promises(
    app: Flask, everybody: list[Client], clock: FakeClock
) -> None:
    count = {"observedAt": START, "definition": "nightBeds", "people": 2129}
    everybody[0].post("centres/ter-apel/counts", count).expect(201)
    clock.advance(minutes=5)
    for client in everybody:
        for path, method, operation in operations(app, "get"):
            for noun, code in EXISTING.items():
                path = path.replace(f"/{noun}/none", f"/{noun}/{code}")
            if "none" not in path:
                answer = call(client, method, path)
                assert answer.status in (200, 403), f"{client.organisation} {path}: {answer.status} {answer.body}"
                conforms(app, answer, operation)


def test_every_id_that_a_list_shows_can_be_read(app: Flask, client: Callable[..., Client], clock: FakeClock) -> None:
    coa, paths = client("coa"), document(app)["paths"]
    count = {"observedAt": START, "definition": "nightBeds", "people": 2129}
    coa.post("centres/ter-apel/counts", count).expect(201)
    for path in [path for path in paths if "get" in paths[path] and "{" not in path]:
        one = next((other for other in paths if re.fullmatch(re.escape(path) + r"/\{\w+\}", other)), None)
        answer = coa.get(f"/v1{path}")
        for item in answer.body.get("items", []) if answer.status == 200 and one else []:
            shown = coa.get(f"/v1{path}/{item.get('id') or item['code']}").expect(200)
            conforms(app, shown, paths[one]["get"])
