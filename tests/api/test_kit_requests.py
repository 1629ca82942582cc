"""Bad requests: each gets one clear problem that names everything, and nothing is stored."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from piket.db import Store
from tests.api import toy
from tests.client import Client

GOOD = {"name": "car"}
PROBLEM = "application/problem+json"


@pytest.fixture
def coa(toys: Flask, client: Callable[..., Client]) -> Client:
    return client("coa")


def send(client: Client, data: Any, content_type: str = "application/json") -> Any:
    return client.post("toys", data=data, content_type=content_type)


def test_every_fault_of_body_query_and_headers_comes_at_once(coa: Client) -> None:
    body = {"name": "", "colour": "green", "wheels": [{"size": 1}, {"size": 99, "flat": True}, "x"], "price": 3}
    answer = coa.post("/v1/toys?x=1", body, headers={"Idempotency-Key": "with spaces"})
    found = {(error["in"], error["field"]) for error in answer.expect(400)["errors"]}
    assert found == {
        ("body", "name"), ("body", "colour"), ("body", "wheels.1.size"), ("body", "wheels.1.flat"), ("body", "wheels.2"),
        ("body", "price"), ("query", "x"), ("header", "Idempotency-Key"),
    }  # fmt: skip
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer["code"] == "invalid"
    assert answer["status"] == 400
    assert all(error["detail"] for error in answer["errors"])


@pytest.mark.parametrize(
    "data",
    [
        b"", b"   ", b"{", b"[1]", b"null", b"3", b'"x"', b'{"name": NaN}', b'{"name": "a", "name": "b"}', b"\xff\xfe",
        b"{'a': 1}",
        b'{"name": "a"} x', b'{"name": ' + b"9" * 5000 + b"}", b'{"name": 1e999}', b'{"name": "\\ud800"}',
        b'{"name": ' + b"[" * 40 + b"]" * 40 + b"}", b"[" * 100_000, b'{"a":' * 20_000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_plain_json_object_is_a_400_with_one_sentence(coa: Client, store: Store, data: bytes) -> None:
    answer = send(coa, data).expect(400)
    assert [error["in"] for error in answer["errors"]] == ["body"] * len(answer["errors"])
    assert answer["errors"][0]["detail"]
    with coa_store(coa).reading() as session:
        assert toy.municipality(session) is None


def coa_store(client: Client) -> Store:
    held: Store = client.http.application.extensions["piket"].store
    return held


def test_a_body_with_a_byte_order_mark_is_read(coa: Client) -> None:
    send(coa, b"\xef\xbb\xbf" + json.dumps(GOOD).encode()).expect(201)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json; charset=latin1"]
)
def test_a_body_of_another_kind_is_a_415(coa: Client, kind: str) -> None:
    answer = send(coa, json.dumps(GOOD).encode(), kind).expect(415)
    assert answer["code"] == "unsupported-media-type"


def test_a_body_that_is_too_large_is_a_413(coa: Client, toys: Flask) -> None:
    toys.config["MAX_CONTENT_LENGTH"] = 100
    answer = send(coa, json.dumps({"name": "x" * 200}).encode()).expect(413)
    assert answer["code"] == "too-large"


def test_a_body_without_a_length_is_never_taken_when_it_was_cut_off(coa: Client, toys: Flask) -> None:
    toys.config["MAX_CONTENT_LENGTH"] = 101
    for length, status in ((100, 201), (101, 413), (5000, 413)):
        reply = coa.http.post(
            "/v1/toys/x/texts",
            input_stream=io.BytesIO(b"x" * length),
            content_type="text/csv",
            environ_overrides={"wsgi.input_terminated": True},
            headers={"Authorization": f"Bearer {coa.token}"},
        )
        assert reply.status_code == status, length


def test_what_cannot_be_accepted_is_a_406(coa: Client) -> None:
    assert coa.get("toys", headers={"Accept": "text/csv"}).expect(406)["code"] == "not-acceptable"
    coa.get("toys", headers={"Accept": "text/html, */*;q=0.1"}).expect(200)
    coa.get("toys", headers={"Accept": "application/json"}).expect(200)


def test_a_query_key_is_known_and_given_once(coa: Client) -> None:
    assert coa.get("toys", most=200, drill="maybe", unknown=1).faults == {"most", "drill", "unknown"}
    assert coa.get("/v1/toys?most=1&most=2").faults == {"most"}
    coa.get("/v1/toys?colour=red&colour=blue").expect(200)
    assert coa.get("/v1/toys?colour=red&colour=green").faults == {"colour.1"}


def test_a_plus_that_was_not_encoded_is_read_as_one(coa: Client) -> None:
    answer = coa.get("/v1/toys?from=2024-09-16T22:00:00+02:00&most=1").expect(200)
    assert answer["items"][0]["madeAt"] == "2024-09-16T20:00:00Z"


def test_an_address_that_does_not_exist_is_a_404_problem_also_with_a_trailing_slash(coa: Client) -> None:
    for path in ("/v1/nothing", "/v1/toys/", "/v1//toys", "/v1/toys/a%00b", "/v1/toys/" + "x" * 100, "/nothing"):
        answer = coa.get(path)
        assert (answer.status, answer.headers["Content-Type"]) == (404, PROBLEM), path


def test_a_method_that_does_not_exist_is_a_405_that_names_those_that_do(coa: Client) -> None:
    answer = coa.delete("toys").expect(405)
    assert answer.headers["Content-Type"] == PROBLEM
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_without_a_key_or_with_a_wrong_one_it_is_a_401(toys: Flask, client: Callable[..., Client]) -> None:
    nobody = client(None)
    for headers in (
        {},
        {"Authorization": "Bearer piket_wrong"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer"},
    ):
        answer = nobody.get("toys", headers=headers).expect(401)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.headers["Content-Type"] == PROBLEM


def test_a_key_is_asked_for_before_anything_is_said_of_the_body(toys: Flask, client: Callable[..., Client]) -> None:
    assert send(client(None), b"{").status == 401
    assert send(client("vng"), b"{").status == 403


def test_a_key_that_may_only_read_reads_and_writes_nothing(toys: Flask, client: Callable[..., Client]) -> None:
    reader = client("coa", read_only=True)
    reader.get("toys").expect(200)
    assert reader.post("toys", GOOD).expect(403)["code"] == "read-only-key"


def test_who_may_not_is_told_who_may(toys: Flask, client: Callable[..., Client]) -> None:
    answer = client("vng").post("toys", GOOD, headers={"Accept-Language": "en"}).expect(403)
    assert answer["detail"] == "Only COA may do this."


def test_an_error_leaves_nothing_behind(coa: Client) -> None:
    assert coa.post("toys", {"name": "broken"}).expect(409)["code"] == "toy-broken"
    with coa_store(coa).reading() as session:
        assert toy.municipality(session) is None


def test_a_mistake_of_ours_is_a_500_that_says_nothing_but_an_id(coa: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = coa.post("toys", {"name": "bug"}, headers={"X-Request-Id": "abc-1"}).expect(500)
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer["requestId"] == answer.headers["X-Request-Id"] == "abc-1"
    assert "secret detail" not in answer.data.decode()
    assert "ZeroDivisionError" in caplog.text
    with coa_store(coa).reading() as session:
        assert toy.municipality(session) is None


def test_a_mistake_in_sql_is_a_500_and_its_values_are_not_logged(coa: Client, caplog: pytest.LogCaptureFixture) -> None:
    coa.get("breaks/x").expect(500)
    assert "geheim" not in caplog.text


def test_text_reaches_a_view_that_asks_for_it(coa: Client) -> None:
    taken = coa.post("toys/x/texts", data=b"\xef\xbb\xbfa;b", content_type="text/csv; charset=utf-8").expect(201)
    assert taken["name"] == "a;b"
    coa.post("toys/x/texts", data=b"\xff", content_type="text/csv").expect(400)
    coa.post("toys/x/texts", data=b" ", content_type="text/csv").expect(400)
    coa.post("toys/x/texts", {"a": 1}).expect(415)


def test_a_post_without_a_body_takes_an_empty_object_and_nothing_else(
    toys: Flask, client: Callable[..., Client]
) -> None:
    ministry = client("operator")
    key = ministry.post("organisations/coa/keys", {}).expect(201)["id"]
    ministry.delete(f"keys/{key}").expect(204)
    ministry.post("organisations/coa/keys").expect(201)
    assert ministry.post("organisations/coa/keys", {"colour": 1}).faults == {"colour"}
