"""A province asks for a swap of turns on the board, and another agrees, refuses, or lets it be withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.board.browser import Browser, Page, remarks
from tests.client import Client

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]


@pytest.fixture
def wish(client: Clients) -> dict[str, str]:
    """Utrecht gives its next turn for the next one of Zeeland."""
    turns = client("coa").get("rotas/piket/turns", **{"from": "2024-09-26T00:00:00Z"}).items
    mine, theirs = (
        next(turn for turn in turns if turn["from"] > "2024-09-26" and turn["slots"][0]["organisations"] == [code])
        for code in ("nl-ut", "nl-ze")
    )
    return {"offered": mine["id"], "requested": theirs["id"], "reason": "verbouwing"}


def swap(client: Clients) -> dict[str, Any]:
    [found] = client("coa").get("swaps").items
    return dict(found)


def ask(browser: Browsers, wish: dict[str, str]) -> Page:
    visitor = browser("nl-ut")
    return visitor.post("/swaps", visitor.token("/swaps"), **wish)


def test_a_swap_is_asked_and_agreed_and_twice_is_once(browser: Browsers, client: Clients, wish: dict[str, str]) -> None:
    ask(browser, wish).expect(303)
    other = browser("nl-ze")
    page = other.get("/swaps").expect(200)
    assert "Utrecht en Zeeland: wacht op antwoord" in page.text and "verbouwing" in page.text
    assert remarks(page.html) == []
    token = other.token("/swaps")
    for _ in range(2):
        other.post(f"/swaps/{swap(client)['id']}/answers", token, answer="yes").expect(303)
    assert swap(client)["state"] == "accepted"
    assert "afgesproken: de ruil geldt" in browser("nl-ut").get("/swaps").text


def test_a_refusal_says_why(browser: Browsers, client: Clients, wish: dict[str, str]) -> None:
    ask(browser, wish).expect(303)
    other, address = browser("nl-ze"), f"/swaps/{swap(client)['id']}/answers"
    page = other.post(address, other.token("/swaps"), answer="no", why=" ").expect(400)
    assert "Zeg waarom u weigert." in page.text and remarks(page.html) == []
    other.post(address, other.token("/swaps"), answer="no", why="feest").expect(303)
    assert swap(client)["state"] == "rejected"


def test_what_was_asked_can_be_withdrawn_by_who_asked(browser: Browsers, client: Clients, wish: dict[str, str]) -> None:
    ask(browser, wish).expect(303)
    visitor = browser("nl-ut")
    assert remarks(visitor.get("/swaps").html) == []
    visitor.post(f"/swaps/{swap(client)['id']}/withdrawals", visitor.token("/swaps")).expect(303)
    assert swap(client)["state"] == "withdrawn"


def test_everything_missing_is_said_at_once_and_a_second_request_is_refused(
    browser: Browsers, wish: dict[str, str]
) -> None:
    page = ask(browser, {"reason": ""}).expect(400)
    assert page.html.count('aria-invalid="true"') == 3 and remarks(page.html) == []
    ask(browser, wish).expect(303)
    assert remarks(ask(browser, wish).expect(409).html) == []


def test_others_cannot_answer(browser: Browsers, client: Clients, wish: dict[str, str]) -> None:
    ask(browser, wish).expect(303)
    for code in ("nl-dr", "nl-ut", "coa"):
        visitor = browser(code)
        visitor.post(f"/swaps/{swap(client)['id']}/answers", visitor.token("/"), answer="yes").expect(403)
    assert swap(client)["state"] == "proposed"
