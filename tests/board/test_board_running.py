"""What runs now on the front page, the list of overflows, what each may do first, and a deployer's own look."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from piket.board.panels import People
from piket.board.running import MOST_ROWS, of_now, running, time_left
from piket.words import Words
from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock
from tests.rules.call_examples import NOW, call, overflow

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
LONG_AGO = NOW - timedelta(days=40)


def test_an_overflow_of_months_shows_what_waits_first_then_the_newest_and_counts_the_rest() -> None:
    old = [call(id=f"old-{n}", made_at=LONG_AGO + timedelta(days=n), state="met", committed=10) for n in range(12)]
    new = [call(id=f"new-{n}", made_at=NOW - timedelta(hours=n + 1), state="declined") for n in range(3)]
    waits = [
        call(id="later", respond_by=NOW + timedelta(hours=1)),
        call(id="sooner", respond_by=NOW + timedelta(minutes=9)),
    ]
    found = running(overflow(*[*old, *waits, *new]), People({}), NOW)
    assert [row.id for row in found.rows] == ["sooner", "later", "new-0", "new-1", "new-2"]
    assert (found.earlier, found.earlier_promised) == (12, 120)
    assert [row.left and Words("nl")(row.left) for row in found.rows[:3]] == ["nog 9 minuten", "nog 60 minuten", None]


def test_all_that_wait_are_shown_however_many_there_are() -> None:
    found = running(overflow(*[call(id=str(n)) for n in range(MOST_ROWS + 3)]), People({}), NOW)
    assert (len(found.rows), found.earlier) == (MOST_ROWS + 3, 0)


def test_the_last_one_is_shown_when_all_are_long_ago() -> None:
    old = [call(id=str(n), made_at=LONG_AGO + timedelta(days=n), state="met") for n in range(3)]
    found = running(overflow(*old), People({}), NOW)
    assert ([row.id for row in found.rows], found.earlier) == (["2"], 2)


def test_the_map_forgets_what_was_said_long_ago_and_keeps_what_still_counts() -> None:
    silent = call(id="silent", made_at=LONG_AGO, state="expired")
    counts = call(id="counts", made_at=LONG_AGO, state="met", committed=60)
    assert [one.id for one in of_now(overflow(*[silent, counts, call(id="waits", made_at=LONG_AGO)]), NOW)] == [
        "counts",
        "waits",
    ]


@pytest.mark.parametrize(
    ("left", "said"),
    [(timedelta(0), "de tijd is voorbij"), (timedelta(seconds=59), "nog geen minuut"), (timedelta(seconds=60), "nog 1 minuut"),
     (timedelta(minutes=119), "nog 119 minuten"), (timedelta(hours=2), "nog 2 uur")],
)  # fmt: skip
def test_a_clock_that_runs_says_what_is_left_in_whole_minutes(left: timedelta, said: str) -> None:
    assert Words("nl")(time_left(NOW + left, NOW)) == said


def test_who_is_called_can_answer_from_the_panel_and_others_see_no_such_button(
    browser: Browsers, count: Callable[..., Any]
) -> None:
    count(2129)
    own, other = browser("nl-ov").get("/"), browser("nl-ut").get("/")
    assert "De afroep beantwoorden" in own.section("who-acts") and 'class="act"' in own.html
    assert "De afroep beantwoorden" not in other.text and 'class="act"' not in other.html


def test_overflows_are_listed_with_how_they_ended(
    browser: Browsers, client: Clients, count: Callable[..., Any]
) -> None:
    visitor = browser("vng")
    assert "Er is nog geen overloop geweest." in visitor.get("/episodes").expect(200).text
    count(2129)
    page = visitor.get("/episodes")
    assert "Ter Apel, vanaf 14.00 uur open 2.129 179 0 1" in page.text
    assert remarks(page.html) == []
    id = client("coa").get("situation")["overflow"]["id"]
    client("coa").post(f"overflows/{id}/closures", {"reason": "genoeg"}).expect(201)
    assert "beëindigd 14.00 uur ; met de hand beëindigd" in visitor.get("/episodes").text
    assert "2.129" not in visitor.get("/episodes?drill=1").text


def test_an_overflow_offers_what_can_be_done_in_it_to_who_may_and_while_it_is_open(
    browser: Browsers, client: Clients, count: Callable[..., Any]
) -> None:
    count(2129)
    id = client("coa").get("situation")["overflow"]["id"]
    link = f'href="/overflows/{id}/closure"'
    assert link in browser("coa").get(f"/episodes/{id}").html
    assert link not in browser("nl-ov").get(f"/episodes/{id}").html
    client("coa").post(f"overflows/{id}/closures", {"reason": "genoeg"}).expect(201)
    assert link not in browser("coa").get(f"/episodes/{id}").html


def test_a_deployers_own_sheet_comes_after_ours_and_a_new_one_is_seen_at_once(
    app: Flask, browser: Browsers, clock: FakeClock, tmp_path: Path
) -> None:
    there = app.extensions["piket"]
    there.settings = dataclasses.replace(there.settings, config_folder=tmp_path)
    visitor = browser()
    assert "look.css" not in visitor.get("/sign-in").html
    (tmp_path / "board.css").write_text(":root { --action: #123456; }")
    page = visitor.get("/sign-in")
    assert page.html.index("board.css") < page.html.index("/look.css?v=")
    first = page.html.partition("/look.css?v=")[2][:12]
    sheet = visitor.get(f"/look.css?v={first}").expect(200)
    assert "#123456" in sheet.html and sheet.headers["Content-Type"].startswith("text/css")
    assert "immutable" in sheet.headers["Cache-Control"]
    (tmp_path / "board.css").write_text(":root { --action: #654321; }")
    assert first not in visitor.get("/sign-in").html


def test_a_count_that_waits_is_the_first_thing_that_coa_can_do(
    browser: Browsers, count: Callable[..., Any], clock: FakeClock
) -> None:
    count(1742)
    clock.advance(minutes=1)
    count(2129)
    full = browser("coa").get("/").section("how-full")
    assert "De telling die wacht bevestigen of verbeteren" in full and "doorgeven" not in full
    assert "die wacht" not in browser("nl-ov").get("/").section("how-full")
