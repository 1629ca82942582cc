"""COA and the ministry enter what somebody said by telephone: places or no, with a reason, and that an alert was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.board.acting import do
from tests.board.browser import Browser, remarks
from tests.client import Client

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
WHO = {"said_by": "piketdesk", "via": "telefoon"}


@pytest.fixture
def call(count: Callable[..., Any], client: Clients, contact: Callable[..., Any]) -> str:
    """Overijssel is called up for 179 places."""
    contact("nl-ov")
    count(2129)
    found: str = client("coa").get("situation")["overflow"]["callUps"][0]["id"]
    return found


def site(row: int, **other: str) -> dict[str, str]:
    """What is filled in of one site."""
    said = {"municipality": "gm0193", "site": "IJsselhal", "places": "120", "firmness": "agreed", "agreed_with": "mayor",
            "hours": "night", "available_from": "2024-09-16T20:00"}  # fmt: skip
    return {f"sites_{row}_{name}": value for name, value in {**said, **other}.items()}


def test_coa_enters_that_a_province_cannot_and_sees_who_is_called_next(
    browser: Browsers, client: Clients, call: str
) -> None:
    visitor, path = browser("coa"), f"/call-ups/{call}/by-telephone/decline"
    assert f"/call-ups/{call}/by-telephone/promise" in visitor.get("/").html
    typed = {**WHO, "decline_reason": "geen hal vrij"}
    preview = visitor.post(path, visitor.token(path), **typed).expect(200)
    assert "De afroep van Overijssel staat als: kan niet leveren." in preview.text
    assert "krijgt een afroep voor 179 plekken" in preview.text
    page = do(visitor, path, **typed)
    assert "Namens Overijssel: gezegd door piketdesk, via telefoon" in page.text
    found = client("coa").get(f"call-ups/{call}")
    assert (found["state"], found["declineReason"]) == ("declined", "geen hal vrij")


def test_places_that_were_promised_by_telephone_are_entered_with_their_sites(
    browser: Browsers, client: Clients, call: str
) -> None:
    visitor, path = browser("ministry"), f"/call-ups/{call}/by-telephone/promise"
    page = visitor.get(path).expect(200)
    assert remarks(page.html) == [] and "Zwolle" in page.text
    preview = visitor.post(path, visitor.token(path), **WHO, **site(1)).expect(200)
    assert "De afroep van Overijssel staat als deels toegezegd: 120 van 179." in preview.text
    do(visitor, path, **WHO, **site(1))
    assert client("coa").get(f"call-ups/{call}")["committed"] == 120
    (said,) = client("coa").get(f"call-ups/{call}/responses").items
    assert said["onBehalf"] == {"organisation": "nl-ov", "saidBy": "piketdesk", "via": "telefoon"}
    assert 'value="IJsselhal"' in visitor.get(path).html, "the whole promise stands in the form"


def test_all_that_is_missing_of_a_site_is_said_in_its_own_row(browser: Browsers, client: Clients, call: str) -> None:
    visitor, path = browser("coa"), f"/call-ups/{call}/by-telephone/promise"
    page = visitor.post(path, visitor.token(path), **WHO).expect(400)
    assert "Vul één of meer locaties in." in page.text
    page = visitor.post(path, visitor.token(path), **WHO, **site(1, firmness="", hours="")).expect(400)
    assert all(f'id="sites_1_{part}-wrong"' in page.html for part in ("firmness", "hours"))
    page = visitor.post(path, visitor.token(path), **WHO, **site(2, agreed_with="")).expect(400)
    assert 'id="sites_2_agreed_with-wrong"' in page.html and remarks(page.html) == []
    assert client("coa").get(f"call-ups/{call}")["answeredAt"] is None


def test_an_alert_that_was_read_is_entered_for_who_read_it(browser: Browsers, client: Clients, call: str) -> None:
    alert = client("coa").get(f"call-ups/{call}")["alert"]
    visitor, path = browser("coa"), f"/alerts/{alert}/read-by/nl-ov"
    assert path in visitor.get("/acts").html
    page = do(visitor, path, **WHO)
    assert page.sentence == "COA heeft ingevuld dat een melding is gelezen."
    (read,) = client("coa").get(f"alerts/{alert}/acknowledgements").items
    assert read["organisation"] == "nl-ov"
    assert path not in visitor.get("/acts").html
    visitor.get(f"/alerts/{alert}/read-by/nl-zh").expect(403)


def test_only_coa_and_the_ministry_speak_for_others(browser: Browsers, client: Clients, call: str) -> None:
    alert = client("coa").get(f"call-ups/{call}")["alert"]
    paths = [f"/call-ups/{call}/by-telephone/{name}" for name in ("promise", "decline")]
    for visitor in (browser("nl-ov"), browser("vng"), browser("coa", read_only=True)):
        for path in [*paths, f"/alerts/{alert}/read-by/nl-ov"]:
            visitor.get(path).expect(403)
            sent = {**WHO, "decline_reason": "x", "step": "do", "once": "1"}
            visitor.post(path, visitor.token("/"), **sent).expect(403)
    assert client("coa").get(f"call-ups/{call}")["answeredAt"] is None
