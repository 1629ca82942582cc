"""The ministry decides thresholds and gives duty to another, by form; each page says what would change before it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from tests.board.acting import confirmation, do
from tests.board.browser import Browser, Page, remarks
from tests.client import Client

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
THRESHOLDS = "/centres/ter-apel/thresholds"
OVERRIDE = "/rotas/piket/override"


def filled(page: Page) -> dict[str, str]:
    """What stands in the fields of a form."""
    inputs = re.findall(r'<input[^>]* name="([a-z0-9_]+)"[^>]* value="([^"]*)"', page.expect(200).html)
    return {name: unescape(value) for name, value in inputs if name not in ("csrf_token", "back", "once")}


def test_other_thresholds_are_decided_and_what_they_change_is_said_before(
    browser: Browsers, client: Clients, count: Callable[..., Any]
) -> None:
    count(1960)
    visitor = browser("ministry")
    page = visitor.get(THRESHOLDS)
    assert remarks(page.html) == []
    typed = {**filled(page), "definitions_0_levels_2_at": "1950", "definitions_0_levels_2_clear_below": "1930",
             "decision_by": "directeur", "aim": ""}  # fmt: skip
    preview = visitor.post(THRESHOLDS, visitor.token(THRESHOLDS), **typed).expect(200)
    assert "vanaf 1.950 (dat was 2.001), voorbij onder 1.930 (dat was 1.951)" in preview.text
    assert "Er begint een overloop" in preview.text
    assert "Overijssel krijgt een afroep" in preview.text
    assert client("coa").get("centres/ter-apel/thresholds")["version"] == 1
    page = do(visitor, THRESHOLDS, **typed)
    assert page.sentence.endswith("heeft andere grenzen vastgesteld.")
    found = client("coa").get("centres/ter-apel/thresholds")
    assert found["version"] == 2 and found["decision"]["by"] == "directeur" and found["decision"]["on"] == "2024-09-16"
    assert found["definitions"][0]["levels"][2] == {"level": "overflow", "at": 1950, "clearBelow": 1930}
    assert client("coa").get("situation")["overflow"]["needed"] == 31


def test_thresholds_that_lie_upside_down_are_said_beside_their_field(browser: Browsers, client: Clients) -> None:
    visitor = browser("ministry")
    typed = {**filled(visitor.get(THRESHOLDS)), "definitions_0_levels_2_clear_below": "2100", "decision_by": "x"}
    page = visitor.post(THRESHOLDS, visitor.token(THRESHOLDS), **typed).expect(400)
    assert 'id="definitions_0_levels_2_clear_below-wrong"' in page.html
    assert remarks(page.html) == []
    assert client("coa").get("centres/ter-apel/thresholds")["version"] == 1


def test_thresholds_that_somebody_else_changed_meanwhile_are_not_overrun(browser: Browsers, client: Clients) -> None:
    visitor, other = browser("ministry"), browser("ministry")
    typed = {**filled(visitor.get(THRESHOLDS)), "decision_by": "een"}
    sent = confirmation(visitor.post(THRESHOLDS, visitor.token(THRESHOLDS), **typed))
    do(other, THRESHOLDS, **{**typed, "decision_by": "twee"})
    visitor.post(THRESHOLDS, visitor.token(THRESHOLDS), **sent).expect(409)
    assert client("coa").get("centres/ter-apel/thresholds")["decision"]["by"] == "twee"


def test_duty_goes_to_another_province_and_the_turns_it_takes_are_said_before(
    browser: Browsers, client: Clients
) -> None:
    visitor = browser("ministry")
    page = visitor.get(OVERRIDE).expect(200)
    assert remarks(page.html) == []
    typed = {"organisation": "nl-ut", "from": "", "until": "2024-09-18T12:00", "reason": "hoog water"}
    preview = visitor.post(OVERRIDE, visitor.token(OVERRIDE), **typed).expect(200)
    assert "Utrecht heeft piketdienst van 14.00 uur tot wo 18 sep 12.00 uur, in plaats van Overijssel." in preview.text
    assert "Utrecht heeft vanaf nu piketdienst." in preview.text
    assert client("coa").get("situation")["duty"]["onDuty"] == "nl-ov"
    page = do(visitor, OVERRIDE, **typed)
    assert "heeft de piketdienst aan een andere organisatie gegeven" in page.sentence
    assert "Utrecht" in page.text
    assert client("coa").get("situation")["duty"]["onDuty"] == "nl-ut"


def test_an_override_that_cannot_be_is_said_beside_its_field(browser: Browsers) -> None:
    visitor = browser("ministry")
    typed = {"organisation": "nl-ut", "until": "2024-09-15T12:00", "reason": "x"}
    page = visitor.post(OVERRIDE, visitor.token(OVERRIDE), **typed).expect(400)
    assert 'id="until-wrong"' in page.html and remarks(page.html) == []


def test_only_the_ministry_decides(browser: Browsers) -> None:
    for visitor in (browser("coa"), browser("nl-ov"), browser("ministry", read_only=True)):
        listed = visitor.get("/acts").html
        for path in (THRESHOLDS, OVERRIDE):
            assert path not in listed
            visitor.get(path).expect(403)
            visitor.post(path, visitor.token("/"), step="do", once="1").expect(403)
