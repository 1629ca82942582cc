"""What the service says of itself, without a key."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy
from flask import Flask
from openapi_spec_validator import validate

from piket.engine.pulse import Pulse, Pulses
from tests.client import Client
from tests.fakes import START, FakeClock


@pytest.fixture
def nobody(app: Flask, client: Callable[..., Client]) -> Client:
    return client(None)


@pytest.fixture
def document(nobody: Client) -> Any:
    return nobody.get("openapi.json").expect(200).body


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def test_the_document_is_sound_and_readable_from_any_origin(nobody: Client, document: Any) -> None:
    validate(document)
    answer = nobody.get("openapi.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in nobody.get("overflows").headers


def test_the_base_stands_in_servers_and_not_in_the_paths(document: Any) -> None:
    assert document["servers"] == [{"url": "/v1"}]
    assert not any(path.startswith("/v1") or path.endswith("/") for path in document["paths"])
    assert document["info"]["version"] == "1.0.0"


def test_every_operation_says_what_it_does_who_may_and_what_can_go_wrong(document: Any) -> None:
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["summary"].endswith((".", "?")), where
        assert operation["security"] == [{"key": []}], where
        assert {"400", "401", "403", "404", "500", "503"} <= operation["responses"].keys(), where
        assert "default" not in operation["responses"], where
        assert any(status.startswith("2") for status in operation["responses"]), where
        assert operation["x-who-may"]["anything"] or operation["x-who-may"]["own"], where


def test_every_problem_is_documented_as_one(document: Any) -> None:
    for name, response in document["components"]["responses"].items():
        assert response["content"].keys() == {"application/problem+json"}, name
        assert response["headers"].keys() == {"API-Version"}


def test_operations_have_names_of_their_own(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_names_keep_to_the_rules_of_the_government(document: Any) -> None:
    for path in document["paths"]:
        assert re.fullmatch(r"(/[a-z0-9]+(-[a-z0-9]+)*|/\{[a-z][A-Za-z]*\})+", path), path
    for name, schema in document["components"]["schemas"].items():
        for key in schema.get("properties", {}):
            assert re.fullmatch(r"[a-z][A-Za-z0-9]*", key), f"{name}.{key}"


def test_every_post_takes_an_idempotency_key(document: Any) -> None:
    for path, method, operation in operations(document):
        names = [parameter.get("$ref", "").rsplit("/", 1)[-1] for parameter in operation["parameters"]]
        assert ("Idempotency-Key" in names) == (method == "post"), path


def test_every_sub_resource_that_is_posted_is_listed_too(document: Any) -> None:
    # A preview is stored nowhere, so there is nothing to list.
    posted = {path for path, method, _ in operations(document) if method == "post" and not path.endswith("/previews")}
    read = {path for path, method, _ in operations(document) if method == "get"}
    assert posted - read == set()


def test_every_schema_is_described(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"].endswith("."), name


def test_the_page_for_people_has_every_call_in_the_callers_language(nobody: Client, document: Any) -> None:
    page = nobody.get("/docs").expect(200)
    for path, method, _ in operations(document):
        assert f'<span class="method">{method.upper()}</span> /v1{path}<' in page.body
    assert '<html lang="nl">' in page.body
    assert '<html lang="en">' in nobody.get("/docs", headers={"Accept-Language": "en"}).body


def test_the_page_for_people_needs_no_script_and_nothing_from_elsewhere(nobody: Client) -> None:
    page = nobody.get("/docs").body
    assert "<script" not in page
    assert "style=" not in page
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
    assert loaded == ["/docs/static/reference.css"]
    assert nobody.get(loaded[0]).expect(200).headers["Content-Type"].startswith("text/css")


def test_the_page_for_people_leads_nowhere_that_is_not_there(nobody: Client) -> None:
    page = nobody.get("/docs").body
    there = re.findall(r' id="([^"]+)"', page)
    assert len(there) == len(set(there))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(there)


def test_health_says_only_that_it_answers(nobody: Client) -> None:
    assert nobody.get("/healthz").expect(200).body == {"status": "ok"}


def beat(app: Flask, *failed: str) -> None:
    """An engine somewhere makes a pass."""
    deps = app.extensions["piket"]
    with deps.writing(ring=False) as session:
        Pulses().write(session, Pulse(deps.now(), 12, failed))


def test_it_is_ready_when_an_engine_makes_its_passes(nobody: Client, app: Flask, clock: FakeClock) -> None:
    beat(app)
    assert nobody.get("/readyz").expect(200).body == {
        "status": "ok", "database": "ok", "lastPassAgeSeconds": 0, "findings": [], "testClock": False,
    }  # fmt: skip
    clock.advance(seconds=60)
    assert nobody.get("/readyz").expect(200)["lastPassAgeSeconds"] == 60
    clock.advance(seconds=1)
    assert nobody.get("/readyz", headers={"Accept-Language": "en"}).expect(503).body == {
        "status": "unwell", "database": "ok", "lastPassAgeSeconds": 61, "testClock": False,
        "findings": [{"code": "no-pass", "detail": "No engine has made a pass for 61 seconds."}],
    }  # fmt: skip


def test_a_count_is_taken_also_while_it_is_unwell(nobody: Client, client: Callable[..., Client]) -> None:
    assert nobody.get("/readyz").expect(503)["status"] == "unwell"
    body = {"observedAt": START, "definition": "nightBeds", "people": 1700}
    client("coa").post("centres/ter-apel/counts", body).expect(201)


def test_the_figures_say_what_readiness_says(
    nobody: Client, app: Flask, client: Callable[..., Client], clock: FakeClock
) -> None:
    body = {"observedAt": START, "definition": "nightBeds", "people": 1700}
    client("coa").post("centres/ter-apel/counts", body).expect(201)
    beat(app, "hand-overs")
    clock.advance(seconds=30)
    codes = {finding["code"] for finding in nobody.get("/readyz").expect(503)["findings"]}
    figures = nobody.get("/metrics").expect(200).body
    assert codes == {"failing-steps"} == set(re.findall(r'piket_findings{code="([^"]+)"} 1.0', figures))
    assert 'piket_findings{code="no-pass"} 0.0' in figures
    for line in (
        'piket_count_age_seconds{centre="ter-apel",definition="nightBeds"} 30.0', "piket_last_pass_age_seconds 30.0",
        "piket_pass_seconds 0.012", "piket_engines 1.0", "piket_oldest_due_delivery_seconds 0.0",
        'piket_attempts_last_hour{outcome="delivered"} 0.0',
    ):  # fmt: skip
        assert line in figures


def test_it_is_not_ready_when_the_tables_are_of_another_version(nobody: Client, app: Flask) -> None:
    with app.extensions["piket"].writing() as session:
        session.execute(sqlalchemy.text("UPDATE alembic_version SET version_num = 'of another time'"))
    assert nobody.get("/readyz").expect(503)["database"] == "of another version"


def test_figures_count_requests_by_route_and_say_how_it_stands(nobody: Client, client: Callable[..., Client]) -> None:
    coa = client("coa")
    coa.get("organisations/nl-dr").expect(200)
    coa.post("centres/ter-apel/counts", {"observedAt": START, "definition": "nightBeds", "people": 1700}).expect(201)
    figures = nobody.get("/metrics").expect(200).body
    assert 'piket_requests_total{method="GET",route="/v1/organisations/<code>",status="200"} 1.0' in figures
    assert 'piket_people{centre="ter-apel",definition="nightBeds"} 1700.0' in figures
    assert "piket_undelivered 0.0" in figures
    assert "nl-dr" not in figures


def test_a_hole_can_be_reported(nobody: Client) -> None:
    lines = dict(line.split(": ", 1) for line in nobody.get("/.well-known/security.txt").expect(200).body.splitlines())
    assert lines["Contact"].startswith("mailto:")
    assert datetime.fromisoformat(lines["Expires"]) == START + timedelta(days=180)


def test_a_log_line_names_the_route_and_never_the_address(
    nobody: Client, client: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "piket.request")
    client("coa").get("organisations/nl-dr", headers={"X-Request-Id": "night-17"}).expect(200)
    (record,) = [record for record in caplog.records if record.name == "piket.request"]
    line = vars(record)
    assert (line["route"], line["status"], line["organisation"]) == ("/v1/organisations/<code>", 200, "coa")
    assert "nl-dr" not in str(line)
