"""COA reports, corrects and confirms counts by form: what will happen is said before, and who did it after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.board.acting import confirmation, do
from tests.board.browser import Browser, remarks
from tests.board.conftest import PASSWORD
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
COUNT = "/centres/ter-apel/count"


def test_coa_reports_a_count_and_sees_before_what_it_would_do(
    browser: Browsers, client: Clients, contact: Callable[..., Any]
) -> None:
    contact("nl-ov")
    visitor = browser("coa")
    page = visitor.get(COUNT).expect(200)
    assert remarks(page.html) == []
    assert 'value="2024-09-16T14:00"' in page.html, "local time"
    token = visitor.token(COUNT)
    typed = {"definition": "nightBeds", "people": "2.129", "observed_at": "2024-09-16T13:30"}
    preview = visitor.post(COUNT, token, **typed).expect(200)
    assert remarks(preview.html) == []
    assert "Dat is 129 boven het afgesproken maximum." in preview.text
    assert "Er begint een overloop: er zijn 179 plekken nodig." in preview.text
    assert "Overijssel krijgt een afroep voor 179 plekken, en moet antwoorden vóór 15.00 uur." in preview.text
    assert "Ter Apel gaat van “onbekend” naar “boven het maximum”." in preview.text
    assert "Melding: Afroep: 179 plekken nodig" in preview.text and "Aan Overijssel" in preview.text
    coa = client("coa")
    assert coa.get("centres/ter-apel/counts").items == [] and coa.get("alerts").items == []
    assert coa.get("situation")["overflow"] is None, "nothing of the rehearsal stays"
    done = visitor.post(COUNT, token, **confirmation(preview)).expect(303)
    (count,) = coa.get("centres/ter-apel/counts").items
    assert (count["people"], count["observedAt"]) == (2129, "2024-09-16T11:30:00Z")
    assert coa.get("situation")["overflow"]["needed"] == 179
    page = visitor.get(done.headers["Location"]).expect(200)
    assert page.sentence == "COA heeft een telling doorgegeven."
    assert "Gedaan door COA, 14.00 uur." in page.text and "2.129" in page.text
    assert remarks(page.html) == []


def test_what_was_foretold_is_what_happens(browser: Browsers, client: Clients, contact: Callable[..., Any]) -> None:
    for code in ("coa", "nl-ov", "ministry", "vng"):
        contact(code)
    visitor = browser("coa")
    token = visitor.token(COUNT)
    typed = {"definition": "present", "people": "1870", "observed_at": "2024-09-16T13:30"}
    preview = visitor.post(COUNT, token, **typed).expect(200)
    visitor.post(COUNT, token, **confirmation(preview)).expect(303)
    titles = [one["title"] for one in client("coa").get("alerts").items]
    assert titles and all(f"Melding: {title}." in preview.text for title in titles)
    assert preview.text.count("Melding:") == len(titles)


def test_a_double_tap_or_a_step_back_does_it_once(browser: Browsers, client: Clients, clock: FakeClock) -> None:
    visitor = browser("coa")
    token = visitor.token(COUNT)
    typed = {"definition": "nightBeds", "people": "1700", "observed_at": "2024-09-16T13:30"}
    sent = confirmation(visitor.post(COUNT, token, **typed))
    first = visitor.post(COUNT, token, **sent).expect(303).headers["Location"]
    clock.advance(minutes=1)
    assert visitor.post(COUNT, token, **sent).expect(303).headers["Location"] == first
    assert len(client("coa").get("centres/ter-apel/counts").items) == 1
    again = visitor.post(COUNT, token, **typed).expect(200)
    assert "Deze telling is al bekend: er verandert niets." in again.text
    assert visitor.post(COUNT, token, **confirmation(again)).expect(303).headers["Location"] == "/"
    visitor.post(COUNT, token, **{**sent, "people": "1800"}).expect(409)
    visitor.post(COUNT, token, **{**sent, "once": ""}).expect(400)


def test_all_that_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(browser: Browsers) -> None:
    visitor = browser("coa")
    page = visitor.post(COUNT, visitor.token(COUNT), people="veel", observed_at="straks", note="bij de <poort>")
    page.expect(400)
    assert "Vul een aantal van 0 of meer in." in page.text
    assert "Vul een dag en een tijd in" in page.text
    assert "Kies een van deze." in page.text
    assert 'value="veel"' in page.html and "bij de &lt;poort&gt;" in page.html
    assert page.html.count('aria-invalid="true"') == 3 and page.html.count("autofocus") == 1
    assert remarks(page.html) == []


@pytest.mark.parametrize("typed", ["-1", "1e3", "20001", "٣", "2,5"])
def test_what_is_no_number_of_people_is_not_taken(browser: Browsers, client: Clients, typed: str) -> None:
    visitor = browser("coa")
    given = {"definition": "nightBeds", "observed_at": "2024-09-16T13:30", "people": typed}
    visitor.post(COUNT, visitor.token(COUNT), **given).expect(400)
    visitor.post(COUNT, visitor.token(COUNT), step="do", once="x", **given).expect(400)
    assert client("coa").get("centres/ter-apel/counts").items == []


def test_what_the_rules_refuse_stands_beside_its_field(browser: Browsers, count: Callable[..., Any]) -> None:
    count(1700, ago=timedelta(minutes=30))
    visitor = browser("coa")
    typed = {"definition": "nightBeds", "people": "1800", "observed_at": "2024-09-16T13:30"}
    page = visitor.post(COUNT, visitor.token(COUNT), **typed).expect(400)
    assert "Er is al een telling van dat moment, met een ander aantal." in page.text
    assert 'aria-describedby="observed_at-hint observed_at-wrong"' in page.html
    page = visitor.post(COUNT, visitor.token(COUNT), **{**typed, "observed_at": "2024-09-16T15:30"}).expect(400)
    assert 'id="observed_at-wrong"' in page.html


def test_a_count_is_corrected_and_the_overflow_it_would_take_back_is_said(
    browser: Browsers, client: Clients, count: Callable[..., Any], person: Callable[..., Any]
) -> None:
    wrong = count(2129)["id"]
    person("coa", "an@coa.example")
    visitor = browser()
    visitor.sign_in_as("an@coa.example", PASSWORD).expect(303)
    path = f"/counts/{wrong}/correction"
    assert "2.129 mensen" in visitor.get(path).text
    preview = visitor.post(path, visitor.token(path), people="1912", reason="tikfout").expect(200)
    assert "De overloop eindigt." in preview.text
    assert "De afroep van Overijssel vervalt: er wordt niets meer gevraagd." in preview.text
    page = do(visitor, path, people="1912", reason="tikfout")
    assert "Gedaan door Jo de Vries, voor COA, 14.00 uur." in page.text and "tikfout" in page.text
    assert client("coa").get("situation")["overflow"] is None
    assert [one["people"] for one in client("coa").get(f"counts/{wrong}/corrections").items] == [1912]
    page = visitor.post(path, visitor.token(path), people="1900", reason="nog eens").expect(409)
    assert "nog eens" in page.html and remarks(page.html) == []


def test_a_count_that_waits_is_confirmed(
    browser: Browsers, client: Clients, count: Callable[..., Any], clock: FakeClock
) -> None:
    count(1700)
    clock.advance(minutes=5)
    held = count(2129)["id"]
    visitor = browser("coa")
    listed = visitor.get("/acts").expect(200)
    assert f'href="/counts/{held}/confirmation"' in listed.html and remarks(listed.html) == []
    page = do(visitor, f"/counts/{held}/confirmation")
    assert page.sentence == "COA heeft een telling bevestigd."
    assert client("coa").get("situation")["overflow"]["needed"] == 179
    assert f'href="/counts/{held}/confirmation"' not in visitor.get("/acts").html
    visitor.post(f"/counts/{held}/confirmation", visitor.token("/")).expect(409)


def test_others_and_who_may_only_look_get_no_form_and_are_refused(
    browser: Browsers, client: Clients, count: Callable[..., Any]
) -> None:
    made = count(1700)["id"]
    paths = [COUNT, f"/counts/{made}/correction", f"/counts/{made}/confirmation"]
    for visitor in (browser("nl-ov"), browser("ministry"), browser("coa", read_only=True)):
        assert "/centres/ter-apel/count" not in visitor.get("/acts").html
        for path in paths:
            visitor.get(path).expect(403)
            typed = {"definition": "nightBeds", "people": "5", "observed_at": "2024-09-16T13:30", "reason": "x"}
            visitor.post(path, visitor.token("/"), step="do", once="1", **typed).expect(403)
    assert [one["people"] for one in client("coa").get("centres/ter-apel/counts").items] == [1700]


def test_the_line_of_who_did_it_is_for_who_may_read_the_record(
    browser: Browsers, client: Clients, person: Callable[..., Any]
) -> None:
    person("coa", "an@coa.example")
    visitor = browser()
    visitor.sign_in_as("an@coa.example", PASSWORD).expect(303)
    token = visitor.token(COUNT)
    typed = {"definition": "nightBeds", "people": "1700", "observed_at": "2024-09-16T13:30"}
    sent = confirmation(visitor.post(COUNT, token, **typed))
    there = visitor.post(COUNT, token, **sent).expect(303).headers["Location"]
    seen = browser("ministry").get(there).expect(200).text
    assert "Gedaan door COA" in seen and "Jo de Vries" not in seen, "a person's name stays in the organisation"
    browser("nl-ov").get(there).expect(404)
    browser("coa").get("/acts/none").expect(404)


def test_something_is_changed_once_more_before_it_is_done(browser: Browsers, client: Clients) -> None:
    visitor = browser("coa")
    token = visitor.token(COUNT)
    typed = {"definition": "present", "people": "1700", "observed_at": "2024-09-16T13:30", "note": "a\nb"}
    sent = confirmation(visitor.post(COUNT, token, **typed))
    page = visitor.post(COUNT, token, **{**sent, "step": "change"}).expect(200)
    assert 'value="1700"' in page.html and '<option value="present" selected>' in page.html and "a\nb" in page.html
    assert client("coa").get("centres/ter-apel/counts").items == []
