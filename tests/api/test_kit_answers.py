"""What goes out: lists and their cursors, versions, repeats, who speaks, words, headers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy
from flask import Flask

from piket import idempotency
from piket.db import Store
from tests.api import toy
from tests.client import Answer, Client
from tests.fakes import FakeClock

GOOD = {"name": "car"}
KEYED = {"Idempotency-Key": "k-1"}


@pytest.fixture
def coa(toys: Flask, client: Callable[..., Client]) -> Client:
    return client("coa")


@pytest.fixture
def ministry(toys: Flask, client: Callable[..., Client]) -> Client:
    return client("ministry")


def store_of(client: Client) -> Store:
    held: Store = client.http.application.extensions["piket"].store
    return held


# lists


def test_a_list_is_read_page_by_page_and_next_holds_all_filters(coa: Client) -> None:
    answer = coa.get("/v1/toys?most=5&pageSize=2&from=2024-09-16T22:00:00%2B02:00&colour=red&colour=blue").expect(200)
    seen = [toy["name"] for toy in answer["items"]]
    while answer["next"]:
        assert answer["next"].startswith("/v1/toys?")
        answer = coa.get(answer["next"]).expect(200)
        assert answer["items"][0]["madeAt"] == "2024-09-16T20:00:00Z"
        seen += [toy["name"] for toy in answer["items"]]
    assert seen == ["toy04", "toy03", "toy02", "toy01", "toy00"]


def test_the_page_size_is_bounded(coa: Client) -> None:
    assert len(coa.get("toys", most=100).items) == 50
    assert len(coa.get("toys", most=100, pageSize=500).items) == 100
    for size in ("0", "501", "-1", "x", "1.5", ""):
        assert coa.get(f"/v1/toys?pageSize={size}").faults == {"pageSize"}


def cursor_of(answer: Answer) -> str:
    return str(answer["next"].rsplit("cursor=", 1)[1])


def test_a_cursor_that_is_broken_or_of_other_filters_is_a_400(coa: Client) -> None:
    cursor = cursor_of(coa.get("toys", most=5, pageSize=2))
    coa.get("toys", most=5, pageSize=3, cursor=cursor).expect(200)
    assert coa.get("toys", most=6, pageSize=2, cursor=cursor).faults == {"cursor"}
    assert coa.get("organisations", cursor=cursor).faults == {"cursor"}
    for broken in (cursor[:-4], cursor[4:], "A" + cursor[1:], "x", "é", "%00", ""):
        assert coa.get("toys", most=5, cursor=broken).faults == {"cursor"}, broken


def test_rows_that_come_meanwhile_neither_repeat_nor_skip(
    coa: Client, clock: FakeClock, client: Callable[..., Client]
) -> None:
    operator = client("operator")
    first = operator.get("organisations", pageSize=20).expect(200)
    clock.advance(minutes=1)
    operator.post("organisations", {"code": "gm1680", "kind": "municipality", "name": "Aa en Hunze"}).expect(201)
    second = operator.get(first["next"]).expect(200)
    codes = [organisation["code"] for organisation in first["items"] + second["items"]]
    assert len(codes) == len(set(codes)) == 29
    assert operator.get("organisations", pageSize=1)["items"][0]["code"] == "gm1680"


# versions


def test_something_new_is_put_once(ministry: Client) -> None:
    made = ministry.put("toys/a", {"number": 1}, headers={"If-None-Match": "*"}).expect(200)
    assert made.headers["ETag"] == '"1"'
    assert ministry.put("toys/a", {"number": 2}, headers={"If-None-Match": "*"}).expect(412)["code"] == "changed-since"


def test_a_change_must_name_the_version_that_is_there(ministry: Client) -> None:
    toy.current["a"] = 1
    etag = ministry.get("toys/a").expect(200).headers["ETag"]
    assert ministry.put("toys/a", {"number": 2}).expect(428)["code"] == "precondition-required"
    assert ministry.patch("toys/a", {"number": 2}).expect(428)["code"] == "precondition-required"
    assert ministry.patch("toys/a", {"number": 2}, headers={"If-None-Match": "*"}).status == 428
    for stale in ('"0"', 'W/"1"', "nonsense"):
        assert ministry.patch("toys/a", {"number": 2}, headers={"If-Match": stale}).status == 412
    assert (
        ministry.patch("toys/a", {"number": 2}, headers={"If-Match": f'"0", {etag}'}).expect(200).headers["ETag"]
        == '"2"'
    )
    assert ministry.patch("toys/a", {"number": 3}, headers={"If-Match": etag}).status == 412
    ministry.patch("toys/a", {"number": 4}, headers={"If-Match": "*"}).expect(200)
    assert ministry.patch("toys/none", {"number": 4}, headers={"If-Match": "*"}).status == 412


def test_a_reader_that_has_the_version_is_told_so_without_a_body(ministry: Client) -> None:
    toy.current["a"] = 1
    answer = ministry.get("toys/a", headers={"If-None-Match": '"1"'})
    assert (answer.status, answer.data) == (304, b"")
    ministry.get("toys/a", headers={"If-None-Match": '"2"'}).expect(200)


def test_a_delete_answers_without_a_body(ministry: Client) -> None:
    answer = ministry.delete("toys/a").expect(204)
    assert answer.data == b""


# repeats


def test_a_repeat_with_the_same_key_and_bytes_gets_the_first_answer_and_acts_once(coa: Client) -> None:
    first = coa.post("toys", GOOD, headers=KEYED).expect(201)
    again = coa.post("toys", GOOD, headers=KEYED).expect(201)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert {**first.body, "secret": None} == again.body
    assert first["secret"] == "geheim"


def test_a_secret_is_not_kept(coa: Client) -> None:
    coa.post("toys", GOOD, headers=KEYED).expect(201)
    with store_of(coa).reading() as session:
        kept = session.scalars(sqlalchemy.select(idempotency.KeptAnswer)).one()
        assert "geheim" not in str(vars(kept))


def test_the_status_that_a_view_chose_is_replayed(coa: Client) -> None:
    assert [coa.post("toys", {"name": "old"}, headers=KEYED).status for _ in range(2)] == [200, 200]


def test_a_key_with_other_bytes_is_a_conflict(coa: Client) -> None:
    coa.post("toys", GOOD, headers=KEYED).expect(201)
    assert coa.post("toys", {"name": "bus"}, headers=KEYED).expect(409)["code"] == "idempotency-key-reused"


def test_a_key_belongs_to_a_caller_and_a_path(coa: Client, client: Callable[..., Client]) -> None:
    coa.post("toys", GOOD, headers=KEYED).expect(201)
    assert (
        "Idempotency-Replayed"
        not in coa.post("toys/x/texts", data=b"x", content_type="text/csv", headers=KEYED).headers
    )
    operator = client("operator")
    assert "Idempotency-Replayed" not in operator.post("organisations/coa/keys", headers=KEYED).expect(201).headers


def test_a_failure_is_not_kept(coa: Client) -> None:
    coa.post("toys", {"name": "broken"}, headers=KEYED).expect(409)
    coa.post("toys", GOOD, headers=KEYED).expect(201)


def test_a_key_is_forgotten_after_a_day(coa: Client, clock: FakeClock) -> None:
    coa.post("toys", GOOD, headers=KEYED).expect(201)
    clock.advance(hours=23, minutes=59)
    assert coa.post("toys", {"name": "bus"}, headers=KEYED).status == 409
    with store_of(coa).writing() as session:
        assert idempotency.forget_old(session, clock()) == 0
        assert idempotency.forget_old(session, clock() + timedelta(minutes=1)) == 1


def test_a_key_that_is_a_day_old_counts_as_new_also_before_it_is_forgotten(coa: Client, clock: FakeClock) -> None:
    data: dict[str, Any] = {"data": b"x", "content_type": "text/csv", "headers": KEYED}
    coa.post("toys/x/texts", **data).expect(201)
    clock.advance(hours=24)
    assert "Idempotency-Replayed" not in coa.post("toys/x/texts", **data).expect(201).headers


def test_of_two_requests_at_once_with_one_key_one_acts_and_the_other_repeats_it(coa: Client) -> None:
    answers: list[Answer] = []
    gate = threading.Barrier(4)

    def post() -> None:
        gate.wait()
        answers.append(coa.post("toys", GOOD, headers=KEYED))

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status for answer in answers] == [201] * 4
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 3


# who speaks

SPOKEN = {"organisation": "nl-ov", "saidBy": "the duty desk", "via": "telephone"}


def test_the_owner_answers_and_another_does_not(toys: Flask, client: Callable[..., Client]) -> None:
    assert client("nl-ov").post("toys/nl-ov/responses", GOOD).expect(201)["name"] == "nl-ov"
    client("nl-dr").post("toys/nl-ov/responses", GOOD).expect(403)
    client("vng").post("toys/nl-ov/responses", GOOD).expect(403)


def test_coa_and_the_ministry_answer_for_the_owner_and_nobody_else_does(
    toys: Flask, client: Callable[..., Client]
) -> None:
    said = {**GOOD, "onBehalf": SPOKEN}
    for code in ("coa", "ministry"):
        assert client(code).post("toys/nl-ov/responses", said).expect(201)["name"] == "nl-ov"
        client(code).post("toys/nl-ov/responses", GOOD).expect(403)
        client(code).post("toys/nl-dr/responses", said).expect(403)
    for code in ("nl-ov", "nl-dr", "operator"):
        client(code).post("toys/nl-ov/responses", said).expect(403)


def test_on_behalf_of_whom_is_not_known_is_a_fault_of_that_field(coa: Client) -> None:
    said = {**GOOD, "onBehalf": {**SPOKEN, "organisation": "gm9999"}}
    assert coa.post("toys/gm9999/responses", said).faults == {"onBehalf.organisation"}


def test_a_view_that_forgets_to_ask_whose_it_is_does_nothing(toys: Flask, client: Callable[..., Client]) -> None:
    client("nl-ov").post("toys/nl-ov/forgetful").expect(500)


# words and headers


def test_texts_follow_the_caller_and_are_dutch_by_default(coa: Client) -> None:
    for wanted, language, word in [
        (None, "nl", "onbekend"), ("en", "en", "unknown"), ("en-GB,nl;q=0.5", "en", "unknown"), ("fr, nl", "nl", "onbekend"),
        ("de", "nl", "onbekend"),
    ]:  # fmt: skip
        answer = coa.get("toys", most=1, headers={"Accept-Language": wanted} if wanted else None).expect(200)
        assert (answer.headers["Content-Language"], answer["items"][0]["why"]) == (language, word)
        assert "Accept-Language" in answer.headers["Vary"]


def test_every_answer_says_the_version_and_is_not_kept_by_anybody(coa: Client, client: Callable[..., Client]) -> None:
    for answer in (
        coa.get("toys"),
        coa.get("nothing"),
        coa.delete("toys"),
        client(None).get("toys"),
        coa.post("toys", {}),
    ):
        assert answer.headers["API-Version"] == "1.0.0"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-Id"]


def test_a_request_id_that_came_along_is_kept_unless_it_is_strange(coa: Client) -> None:
    assert coa.get("toys", headers={"X-Request-Id": "night-17"}).headers["X-Request-Id"] == "night-17"
    assert coa.get("toys", headers={"X-Request-Id": 'x" evil'}).headers["X-Request-Id"] != 'x" evil'


def test_a_store_that_cannot_write_is_a_503_and_never_a_yes(coa: Client) -> None:
    store = store_of(coa)

    def refuse(*_: Any) -> None:
        raise sqlalchemy.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    sqlalchemy.event.listen(store.engine, "commit", refuse)
    answer = coa.post("toys", GOOD)
    sqlalchemy.event.remove(store.engine, "commit", refuse)
    assert answer.expect(503)["code"] == "store-unavailable"
    assert answer.headers["Retry-After"]
    with store.reading() as session:
        assert toy.municipality(session) is None


def test_two_that_write_the_same_at_once_are_told_so(coa: Client) -> None:
    def lose(*_: Any) -> None:
        raise sqlalchemy.exc.IntegrityError("INSERT", {}, Exception("UNIQUE constraint failed: x"))

    sqlalchemy.event.listen(store_of(coa).engine, "commit", lose)
    answer = coa.post("toys", GOOD)
    sqlalchemy.event.remove(store_of(coa).engine, "commit", lose)
    assert answer.expect(409)["code"] == "done-meanwhile"
