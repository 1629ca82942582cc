"""The document of the API: valid, open to everybody, and after the Dutch design rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from piket.app import create_app
from tests.conftest import make_settings
from tests.fakes import FakeClock

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The service without a database: the document must not need one."""
    folder: Path = tmp_path_factory.mktemp("openapi")
    return create_app(make_settings(f"sqlite:///{folder}/none.db"), FakeClock(), {})


@pytest.fixture(scope="module")
def document(documented: Flask) -> dict[str, Any]:
    answer = documented.test_client().get("/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def resolved(document: dict[str, Any], part: Any) -> Any:
    while "$ref" in part:
        whole = document
        for step in part["$ref"].removeprefix("#/").split("/"):
            whole = whole[step]
        part = whole
    return part


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    faults = [
        f"{'/'.join(map(str, fault.path))}: {fault.message}"
        for fault in OpenAPIV31SpecValidator(document).iter_errors()
    ]
    assert faults == []


def test_anybody_may_read_the_document_from_any_origin(documented: Flask) -> None:
    answer = documented.test_client().get("/v1/openapi.json", headers={"Origin": "https://elsewhere.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert re.fullmatch(r"\d+\.\d+\.\d+", answer.headers["API-Version"])


def test_the_base_path_stands_in_the_server_and_not_in_the_paths(document: dict[str, Any]) -> None:
    assert [server["url"].endswith("/v1") for server in document["servers"]] == [True]
    assert [path for path in document["paths"] if path.startswith("/v1")] == []


def test_paths_are_kebab_case_without_a_trailing_stroke(document: dict[str, Any]) -> None:
    shape = re.compile(r"(/([a-z0-9]+(-[a-z0-9]+)*|\{[a-z][A-Za-z]*\}))+")
    assert [path for path in document["paths"] if not shape.fullmatch(path)] == []


def test_keys_are_lower_camel_case(document: dict[str, Any]) -> None:
    wrong = [
        f"{name}.{key}"
        for name, schema in document["components"]["schemas"].items()
        for key in schema.get("properties", {})
        if not re.fullmatch(r"[a-z][a-zA-Z0-9]*", key)
    ]
    assert wrong == []


def test_query_keys_are_lower_camel_case(document: dict[str, Any]) -> None:
    wrong = []
    for name, operation in operations(document):
        for given in operation.get("parameters", []):
            parameter = resolved(document, given)
            if parameter["in"] == "query" and not re.fullmatch(r"[a-z][a-zA-Z0-9]*", parameter["name"]):
                wrong.append(f"{name} {parameter['name']}")
    assert wrong == []


def test_every_operation_says_what_it_does_and_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation.get("operationId") for _, operation in operations(document)]
    assert None not in names
    assert len(names) == len(set(names))
    assert [name for name, operation in operations(document) if not operation.get("summary")] == []


def test_every_post_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    def headers(operation: dict[str, Any]) -> set[str]:
        return {resolved(document, one)["name"] for one in operation.get("parameters", [])}

    posts = [(name, headers(operation)) for name, operation in operations(document) if name.startswith("POST")]
    assert posts
    assert [name for name, names in posts if "Idempotency-Key" not in names] == []


def test_wrong_input_is_400_and_never_422(document: dict[str, Any]) -> None:
    assert [name for name, operation in operations(document) if "422" in operation["responses"]] == []
    assert [name for name, one in operations(document) if "requestBody" in one and "400" not in one["responses"]] == []


def test_every_error_is_a_problem(document: dict[str, Any]) -> None:
    wrong = []
    for name, operation in operations(document):
        for status, given in operation["responses"].items():
            if status[0] in "45" and list(resolved(document, given).get("content", {})) != ["application/problem+json"]:
                wrong.append(f"{name} {status}")
    assert wrong == []


def test_every_answer_names_the_version(document: dict[str, Any]) -> None:
    wrong = []
    for name, operation in operations(document):
        for status, given in operation["responses"].items():
            if "API-Version" not in resolved(document, given).get("headers", {}):
                wrong.append(f"{name} {status}")
    assert wrong == []


def test_every_collection_that_takes_a_post_also_lists(document: dict[str, Any]) -> None:
    """A preview stores nothing, so there is nothing to list."""
    alone = [path for path, item in document["paths"].items() if "post" in item and "get" not in item]
    assert alone == ["/rotas/{code}/previews"]
