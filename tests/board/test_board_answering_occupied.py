"""A province, the host and COA write down how many people are in the promised places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]


@pytest.fixture
def promised(client: Clients, clock: FakeClock, count: Callable[..., Any]) -> str:
    """Overijssel has promised 100 places in Zwolle; the id of the commitment."""
    count(2129)
    call = client("coa").get("call-ups").items[0]["id"]
    site = {
        "municipality": "gm0193", "site": "Sporthal", "places": 100, "firmness": "agreed", "agreedWith": "mayor",
        "hours": "night", "availableFrom": clock(),
    }  # fmt: skip
    client("nl-ov").post(f"call-ups/{call}/responses", {"places": 100, "sites": [site]}).expect(201)
    found: str = client("nl-ov").get("commitments").items[0]["id"]
    return found


def occupied(client: Clients) -> int:
    number: int = client("coa").get("commitments").items[0]["occupied"]
    return number


def test_a_province_writes_down_how_many_people_are_in(browser: Browsers, client: Clients, promised: str) -> None:
    visitor = browser("nl-ov")
    page = visitor.get("/in-use").expect(200)
    assert "Sporthal, Zwolle" in page.text and "0 van 100 plekken in gebruik" in page.text
    assert remarks(page.html) == []
    for _ in range(2):
        visitor.post(f"/in-use/{promised}", visitor.token("/in-use"), occupied="45").expect(303)
    assert occupied(client) == 45
    assert "45 van 100 plekken in gebruik" in visitor.get("/in-use").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Vul een aantal van 0 of meer in."), ("-3", "Vul een aantal van 0 of meer in."), ("101", "100 plekken")],
)
def test_what_is_wrong_stands_beside_its_field(
    browser: Browsers, client: Clients, promised: str, typed: str, said: str
) -> None:
    visitor = browser("nl-ov")
    page = visitor.post(f"/in-use/{promised}", visitor.token("/in-use"), occupied=typed).expect(400)
    assert said in page.text and f'value="{typed}"' in page.html and 'aria-invalid="true"' in page.html
    assert remarks(page.html) == [] and occupied(client) == 0


def test_others_see_no_site_and_cannot_write(browser: Browsers, client: Clients, promised: str) -> None:
    other = browser("nl-ut")
    assert "Sporthal" not in other.get("/in-use").expect(200).text
    other.post(f"/in-use/{promised}", other.token("/"), occupied="5").expect(403)
    reader = browser("nl-ov", read_only=True)
    assert "Dit aantal bewaren" not in reader.get("/in-use").text
    reader.post(f"/in-use/{promised}", reader.token("/"), occupied="5").expect(403)
    assert occupied(client) == 0
    coa = browser("coa")
    coa.post(f"/in-use/{promised}", coa.token("/in-use"), occupied="7").expect(303)
    assert occupied(client) == 7
