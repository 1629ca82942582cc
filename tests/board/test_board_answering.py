"""A province answers its call-up on the board: in whole, in part, not, and once more; everything wrong is said at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.board.browser import Browser, Page, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
SITE = {
    "rows": "1",
    "sites-0-places": "100",
    "sites-0-municipality": "gm0193",
    "sites-0-site": "Sporthal",
    "sites-0-firmness": "agreed:mayor",
    "sites-0-hours": "night",
    "sites-0-from": "2024-09-17T18:00",
    "sites-0-until": "",
}


@pytest.fixture
def call(client: Clients, count: Callable[..., Any]) -> dict[str, Any]:
    """The call-up of Overijssel: 179 places."""
    count(2129)
    found: dict[str, Any] = client("coa").get("call-ups").items[0]
    return found


def send(visitor: Browser, call: dict[str, Any], **fields: str) -> Page:
    """Fill in the form as it stands on the page, and press the button."""
    path = f"/call-ups/{call['id']}"
    html = visitor.get(path).expect(200).html
    seen = html.split('name="seen" value="')[1].split('"')[0]
    return visitor.post(f"{path}/answers", visitor.token(path), **{"seen": seen, "answer": "promise", **fields})


def now(client: Clients, call: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client("coa").get(f"call-ups/{call['id']}").expect(200).body
    return found


def answers(client: Clients, call: dict[str, Any]) -> list[Any]:
    items: list[Any] = client("nl-ov").get(f"call-ups/{call['id']}/responses").items
    return items


def test_the_page_says_what_is_asked_and_what_the_button_does(browser: Browsers, call: dict[str, Any]) -> None:
    page = browser("nl-ov").get(f"/call-ups/{call['id']}").expect(200)
    assert page.sentence == "Aan Overijssel zijn 179 plekken gevraagd, vóór 21.00 uur"
    assert "Antwoord vóór 15.00 uur." in page.text and "Met deze knop zegt u deze plekken toe." in page.text
    assert remarks(page.html) == []


def test_a_promise_in_part_counts_and_says_who_made_it_and_when(
    browser: Browsers, client: Clients, call: dict[str, Any]
) -> None:
    visitor = browser("nl-ov")
    assert send(visitor, call, **SITE).expect(303).headers["Location"] == f"/call-ups/{call['id']}"
    found = now(client, call)
    assert (found["state"], found["committed"]) == ("partly", 100)
    [given] = answers(client, call)
    assert given["sites"][0]["availableFrom"] == "2024-09-17T16:00:00Z"
    page = visitor.get(f"/call-ups/{call['id']}")
    assert "Overijssel heeft 100 plekken toegezegd: 14.00 uur." in page.text
    assert "Sporthal, Zwolle" in page.text and "100 plekken; Toegezegd: de burgemeester zei ja" in page.text
    assert remarks(page.html) == []


def test_a_decline_says_why(browser: Browsers, client: Clients, call: dict[str, Any]) -> None:
    visitor = browser("nl-ov")
    page = send(visitor, call, answer="decline", decline=" ").expect(400)
    assert "Zeg in een paar woorden waarom u geen plekken kunt openen." in page.text
    assert "<details open>" in page.html and remarks(page.html) == []
    send(visitor, call, answer="decline", decline="Alles vol").expect(303)
    assert (now(client, call)["state"], now(client, call)["declineReason"]) == ("declined", "Alles vol")
    assert "Reden: Alles vol" in visitor.get(f"/call-ups/{call['id']}").text


def test_everything_wrong_is_said_at_once_beside_its_field_and_what_was_typed_is_kept(
    browser: Browsers, client: Clients, call: dict[str, Any]
) -> None:
    wrong = {
        **SITE,
        "sites-0-places": "veel",
        "sites-0-municipality": "gm0014",
        "sites-0-firmness": "",
        "sites-0-from": "straks",
        "sites-0-until": "2024-01-01T10:00",
    }
    page = send(browser("nl-ov"), call, **wrong).expect(400)
    for sentence in (
        "Vul een heel getal van 1 of meer in.",
        "Groningen (gm0014) ligt in nl-gr, niet in nl-ov.",
        "Kies hoe zeker deze plekken zijn.",
        "Vul een datum en een tijd in.",
    ):
        assert sentence in page.text
    assert page.html.count('aria-invalid="true"') == 5 and page.html.count(" autofocus") == 1
    assert 'value="veel"' in page.html and 'value="Sporthal"' in page.html
    assert remarks(page.html) == []
    assert answers(client, call) == []


def test_an_empty_form_says_what_would_be_right(browser: Browsers, call: dict[str, Any]) -> None:
    page = send(browser("nl-ov"), call, rows="1").expect(400)
    assert "Vul bij een of meer locaties in hoeveel plekken u toezegt, of zeg dat het niet kan." in page.text


def test_a_double_tap_answers_once(browser: Browsers, client: Clients, call: dict[str, Any]) -> None:
    visitor = browser("nl-ov")
    path = f"/call-ups/{call['id']}"
    token = visitor.token(path)
    for _ in range(2):
        visitor.post(f"{path}/answers", token, seen="", answer="promise", **SITE).expect(303)
    assert len(answers(client, call)) == 1


def test_an_answer_that_came_between_is_not_overwritten_unseen(
    browser: Browsers, client: Clients, call: dict[str, Any]
) -> None:
    visitor = browser("nl-ov")
    send(visitor, call, **SITE).expect(303)
    other = {**SITE, "sites-0-places": "60", "reason": "minder"}
    page = visitor.post(f"/call-ups/{call['id']}/answers", visitor.token("/"), seen="", answer="promise", **other)
    assert "Er is intussen een ander antwoord gegeven" in page.expect(409).text
    assert 'value="60"' in page.html and len(answers(client, call)) == 1


def test_a_changed_answer_asks_why_when_it_is_less(browser: Browsers, client: Clients, call: dict[str, Any]) -> None:
    visitor = browser("nl-ov")
    send(visitor, call, **SITE).expect(303)
    less = {**SITE, "sites-0-places": "60"}
    page = send(visitor, call, **less).expect(400)
    assert 'id="reason-wrong"' in page.html and remarks(page.html) == []
    send(visitor, call, **less, reason="een hal valt af").expect(303)
    assert now(client, call)["committed"] == 60


def test_a_site_that_is_offered_already_takes_one_number(
    browser: Browsers, client: Clients, clock: FakeClock, call: dict[str, Any]
) -> None:
    place = {
        "province": "nl-ov", "municipality": "gm0193", "site": "Hal 4", "places": 90, "firmness": "ready",
        "agreedWith": "mayor", "hours": "night", "availableFrom": clock(),
    }  # fmt: skip
    known = client("nl-ov").post("emergency-places", place).expect(201).body["id"]
    visitor = browser("nl-ov")
    assert "Hal 4: 90 plekken" in visitor.get(f"/call-ups/{call['id']}").text
    page = send(visitor, call, **{f"known-{known}": "negentig"}).expect(400)
    assert f'id="known-{known}-wrong"' in page.html
    send(visitor, call, **{f"known-{known}": "80"}).expect(303)
    assert now(client, call)["committed"] == 80
    page = visitor.get(f"/call-ups/{call['id']}")
    assert f'name="known-{known}"' in page.html and 'value="80"' in page.html
    assert remarks(page.html) == []


def test_a_second_site_can_be_added_without_script_and_nothing_is_lost_or_done(
    browser: Browsers, client: Clients, call: dict[str, Any]
) -> None:
    visitor = browser("nl-ov")
    page = send(visitor, call, **SITE, more="1").expect(200)
    assert 'value="Sporthal"' in page.html and 'id="sites-1-places"' in page.html
    assert remarks(page.html) == [] and answers(client, call) == []
    second = {key.replace("-0-", "-1-"): value for key, value in SITE.items()}
    both = {**SITE, **second, "rows": "2", "sites-1-site": "Kerk", "sites-1-places": "79"}
    send(visitor, call, **both).expect(303)
    assert now(client, call)["state"] == "met"


def test_others_read_without_sites_and_cannot_answer(browser: Browsers, client: Clients, call: dict[str, Any]) -> None:
    send(browser("nl-ov"), call, **SITE).expect(303)
    path = f"/call-ups/{call['id']}"
    for visitor in (browser("nl-ut"), browser("vng"), browser("nl-ov", read_only=True)):
        page = visitor.get(path).expect(200)
        assert "Deze plekken toezeggen" not in page.text and remarks(page.html) == []
        visitor.post(f"{path}/answers", visitor.token("/"), seen="", answer="promise", **SITE).expect(403)
    assert "Sporthal" not in browser("nl-ut").get(path).text
    assert "Sporthal" in browser("coa").get(path).text
    assert len(answers(client, call)) == 1


def test_a_released_call_up_asks_nothing_more(browser: Browsers, client: Clients, call: dict[str, Any]) -> None:
    client("coa").post(f"call-ups/{call['id']}/releases", {"reason": "niet meer nodig"}).expect(201)
    visitor = browser("nl-ov")
    page = visitor.get(f"/call-ups/{call['id']}").expect(200)
    assert "Deze afroep is vrijgegeven" in page.text and "Deze plekken toezeggen" not in page.text
    late = visitor.post(f"/call-ups/{call['id']}/answers", visitor.token("/"), seen="", answer="promise", **SITE)
    assert "vrijgegeven" in late.expect(409).text


def test_the_page_speaks_english(browser: Browsers, call: dict[str, Any]) -> None:
    page = browser("nl-ov", accept="en").get(f"/call-ups/{call['id']}").expect(200)
    assert page.sentence == "Overijssel is asked for 179 places, before 21:00" and "Zeg" not in page.text


def test_the_situation_leads_who_is_asked_to_the_form(browser: Browsers, call: dict[str, Any]) -> None:
    address = f'href="/call-ups/{call["id"]}"'
    page = browser("nl-ov").get().expect(200)
    assert "U wordt om 179 plekken gevraagd: antwoord vóór 15.00 uur" in page.text and address in page.html
    other = browser("nl-ut").get()
    assert "U wordt om" not in other.text and address in other.html
    assert "U wordt om" not in browser("nl-ov", read_only=True).get().text
    assert remarks(page.html) == []
