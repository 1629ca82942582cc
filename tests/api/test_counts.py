"""Counts over HTTP: what comes back, and what is refused with nothing stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.client import Client
from tests.fakes import FakeClock

COUNTS = "centres/ter-apel/counts"
Clients = Callable[..., Client]


def count(people: Any = 2129, at: str = "2024-09-16T12:00:00Z", **more: Any) -> dict[str, Any]:
    return {"observedAt": at, "definition": "nightBeds", "people": people, **more}


def test_count_is_answered_with_its_outcome(client: Clients) -> None:
    answer = client("coa").post(COUNTS, count(1982)).expect(201)
    assert answer.headers["Location"] == f"/v1/counts/{answer['id']}"
    assert answer["outcome"] == {
        "judged": True, "held": False, "reason": None, "previousLevel": "unknown", "level": "high", "overNorm": 0,
        "overflow": None, "onDuty": "nl-ov", "alerts": 0,
    }  # fmt: skip
    keys = "id centre observedAt receivedAt definition people reportedBy supersedes supersededBy outcome"
    assert set(keys.split()) <= set(answer.body)


def test_alerts_in_the_outcome_are_the_deliveries_written(client: Clients, contact: Callable[..., Any]) -> None:
    for code in ("coa", "nl-ov", "cdk-nl-ov", "ministry"):
        contact(code, "desk@nl-ov.example" if code.endswith("nl-ov") else None)
    assert client("coa").post(COUNTS, count()).expect(201)["outcome"]["alerts"] == 3, "a shared desk is told once"


def test_same_count_again_is_200_with_the_first_outcome(client: Clients) -> None:
    coa = client("coa")
    first = coa.post(COUNTS, count()).expect(201)
    again = coa.post(COUNTS, count(at="2024-09-16T14:00:00+02:00")).expect(200)
    assert again.body == first.body
    assert len(client("vng").get(COUNTS).items) == 1


def test_other_number_for_the_same_moment_is_a_conflict(client: Clients) -> None:
    coa = client("coa")
    coa.post(COUNTS, count()).expect(201)
    refused = coa.post(COUNTS, count(2130)).expect(409)
    assert refused["code"] == "count-differs"
    assert "corrections" in refused["detail"]


@pytest.mark.parametrize("people", [-1, 12.5, True, "2129", None, 20_001, 10**30, [2129]])
def test_people_that_are_no_number_of_people_are_refused(client: Clients, people: Any) -> None:
    coa = client("coa")
    assert coa.post(COUNTS, count(people)).faults == {"people"}
    assert coa.get(COUNTS).items == []


@pytest.mark.parametrize(
    "at",
    [
        "2024-09-16T12:00:00",
        "2024-09-16",
        "yesterday",
        1726488000,
        None,
        "2024-09-16T12:05:01Z",
        "2024-02-30T12:00:00Z",
    ],
)
def test_moment_that_is_naive_future_or_none_is_refused(client: Clients, at: Any) -> None:
    coa = client("coa")
    assert coa.post(COUNTS, count(at=at)).faults == {"observedAt"}
    assert coa.get(COUNTS).items == []


def test_every_fault_is_named_at_once(client: Clients) -> None:
    wrong = {"observedAt": "2024-09-16T12:00:00", "definition": "beds", "people": -1, "colour": "red"}
    assert client("coa").post(COUNTS, wrong).faults == {"observedAt", "definition", "people", "colour"}
    assert client("coa").post(COUNTS, {}).faults == {"observedAt", "definition", "people"}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"\xff\xfe", 400),
        (b'{"people": NaN}', 400),
        (b'{"people": 1, "people": 2}', 400),
        (b"[" * 5000, 400),
        (b'{"note": "' + b"a" * 1_100_000 + b'"}', 413),
    ],
)
def test_body_that_is_no_count_is_one_clear_problem(client: Clients, data: bytes, status: int) -> None:
    answer = client("coa").post(COUNTS, data=data, content_type="application/json")
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= set(answer.body)


def test_unknown_centre_is_404_and_names_those_there_are(client: Clients) -> None:
    refused = client("coa").post("centres/budel/counts", count()).expect(404)
    assert (refused["code"], "ter-apel" in refused["detail"]) == ("unknown-centre", True)


@pytest.mark.parametrize("code", ["vng", "ministry", "operator", "nl-ov", "cdk-nl-ov", "gm1950"])
def test_only_coa_counts(client: Clients, code: str) -> None:
    client(code).post(COUNTS, count()).expect(403)
    client(None).post(COUNTS, count()).expect(401)


def test_drill_count_without_a_drill_is_refused(client: Clients) -> None:
    assert client("coa").post(COUNTS, count(drill=True)).expect(409)["code"] == "no-open-drill"


def test_counts_are_listed_latest_observed_first_with_filters(client: Clients, clock: FakeClock) -> None:
    coa = client("coa")
    for hour in (9, 11, 10):
        coa.post(COUNTS, count(1700 + hour, f"2024-09-16T{hour:02}:00:00Z")).expect(201)
    coa.post(COUNTS, count(1650, "2024-09-16T10:30:00Z", definition="present")).expect(201)
    assert [item["people"] for item in coa.get(COUNTS).items] == [1711, 1650, 1710, 1709]
    ten = coa.get(COUNTS, from_="2024-09-16T10:00:00Z", to="2024-09-16T11:00:00Z", definition="nightBeds")
    assert [item["people"] for item in ten.items] == [1710]
    assert coa.get(COUNTS, from_="2024-09-16T12:00:00 02:00").status == 200, "a lost plus in a query is read as one"


def test_pages_of_counts_neither_repeat_nor_skip(client: Clients) -> None:
    coa = client("coa")
    for minute in range(7):
        coa.post(COUNTS, count(1700, f"2024-09-16T11:{minute:02}:00Z")).expect(201)
    seen, where = [], f"{COUNTS}?pageSize=3"
    while where:
        page = coa.get(where).expect(200)
        seen += [item["observedAt"] for item in page["items"]]
        where = page["next"]
        coa.post(COUNTS, count(1700, f"2024-09-16T11:{20 + len(seen)}:00Z")).expect(201)
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 7


def test_correction_supersedes_and_both_stay_readable(client: Clients) -> None:
    coa = client("coa")
    wrong = coa.post(COUNTS, count()).expect(201)
    right = coa.post(f"counts/{wrong['id']}/corrections", {"people": 1829, "reason": "mistyped"}).expect(201)
    assert (right["supersedes"], right["reason"], right["outcome"]["level"]) == (wrong["id"], "mistyped", "watch")
    assert coa.get(f"counts/{wrong['id']}").expect(200)["supersededBy"] == right["id"]
    assert [item["people"] for item in coa.get(COUNTS).items] == [1829]
    assert len(coa.get(COUNTS, includeSuperseded="true").items) == 2
    assert [item["id"] for item in coa.get(f"counts/{wrong['id']}/corrections").items] == [right["id"]]
    refused = coa.post(f"counts/{wrong['id']}/corrections", {"people": 1830, "reason": "again"}).expect(409)
    assert right["id"] in refused["detail"]


def test_held_count_is_confirmed_once(client: Clients, clock: FakeClock) -> None:
    coa = client("coa")
    coa.post(COUNTS, count(1700)).expect(201)
    clock.advance(hours=1)
    held = coa.post(COUNTS, count(2129, "2024-09-16T13:00:00Z")).expect(201)
    assert (held["outcome"]["held"], held["outcome"]["overNorm"], held["outcome"]["alerts"]) == (True, None, 0)
    assert coa.get("situation")["centres"][0]["counts"]["nightBeds"]["people"] == 1700
    confirmed = coa.post(f"counts/{held['id']}/confirmations").expect(201)
    assert (confirmed["outcome"]["level"], confirmed["confirmation"]["by"]) == ("overflow", "coa")
    assert coa.post(f"counts/{held['id']}/confirmations").expect(409)["code"] == "count-not-held"
    assert len(coa.get(f"counts/{held['id']}/confirmations").items) == 1


def test_import_takes_semicolons_and_a_byte_order_mark(client: Clients) -> None:
    coa = client("coa")
    text = "\ufeffobservedAt;definition;people;note\r\n2024-03-09T07:00:00+01:00;nightBeds;2002;x\r\nwrong;nightBeds;1;\r\n"
    done = coa.post("centres/ter-apel/count-imports", data=text.encode(), content_type="text/csv").expect(201)
    assert (done["accepted"], done["duplicates"], done["rejected"][0]["line"]) == (1, 0, 3)
    assert coa.get(f"count-imports/{done['id']}").expect(200).body == done.body
    (stored,) = coa.get(COUNTS).items
    assert (stored["imported"], stored["outcome"]["judged"], stored["outcome"]["reason"]) == (True, False, "imported")


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "observedAt,definition,people\n", "   "])
def test_import_of_another_table_is_refused_whole(client: Clients, text: str) -> None:
    coa = client("coa")
    coa.post("centres/ter-apel/count-imports", data=text.encode(), content_type="text/csv").expect(400)
    assert coa.get("centres/ter-apel/count-imports").items == []


def test_import_that_is_no_csv_is_415_and_not_utf8_is_400(client: Clients) -> None:
    coa = client("coa")
    coa.post("centres/ter-apel/count-imports", {"a": 1}).expect(415)
    coa.post("centres/ter-apel/count-imports", data=b"\xff\xfe\x00", content_type="text/csv").expect(400)


def test_idempotency_key_acts_once(client: Clients) -> None:
    coa, key = client("coa"), {"Idempotency-Key": "one"}
    first = coa.post(COUNTS, count(), headers=key).expect(201)
    again = coa.post(COUNTS, count(), headers=key).expect(201)
    assert (again.body, again.headers["Idempotency-Replayed"]) == (first.body, "true")
    coa.post(COUNTS, count(2130), headers=key).expect(409)
