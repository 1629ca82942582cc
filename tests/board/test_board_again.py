"""An open board asks every two seconds: no page is made while nothing is different, and nothing that is different is missed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from piket.board.again import turns_at
from piket.occupancy import service as occupancy
from tests.board.browser import Browser, Page
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every page that was made."""
    import piket.board.situation as situation  # noqa: PLC0415

    pages: list[int] = []
    whole = situation._situation

    def counted(*arguments: Any) -> Any:
        pages.append(1)
        return whole(*arguments)[0], True

    monkeypatch.setattr(situation, "_situation", counted)
    return pages


def first_tag(visitor: Browser) -> str:
    """The tag of the page, loaded with the cookie that the first page of a sign-in sets."""
    visitor.get("/")
    return visitor.get("/").headers["ETag"]


def ask(visitor: Browser, tag: str) -> Page:
    return visitor.get("/", Piket_Again="1", If_None_Match=tag)


def test_a_board_that_asks_again_costs_no_page_while_nothing_is_different(
    browser: Browsers, count: Callable[..., Any], made: list[int]
) -> None:
    count(1742)
    visitor = browser("coa")
    tag = first_tag(visitor)
    assert [ask(visitor, tag).expect(304).html for _ in range(3)] == [""] * 3
    assert len(made) == 2
    again = ask(visitor, tag)
    assert again.headers["ETag"] == tag and again.headers["Cache-Control"] == "private, no-cache"
    assert again.headers["Content-Security-Policy"].startswith("default-src 'self'")


def test_what_anybody_does_is_seen_at_the_next_question(
    browser: Browsers, client: Callable[..., Client], count: Callable[..., Any], clock: FakeClock, contact: Any
) -> None:
    """A count, an acknowledgement, a note in the record, the end of a sign-in: each makes the page anew."""
    contact("nl-ov")
    visitor = browser("nl-ov")
    tag = first_tag(visitor)
    count(2129)
    changed = ask(visitor, tag).expect(200)
    assert "129 boven het maximum" in changed.text
    tag = changed.headers["ETag"]
    ask(visitor, tag).expect(304)
    alert = next(one for one in client("nl-ov").get("alerts").items if one["kind"] == "callUp")
    client("nl-ov").post(f"alerts/{alert['id']}/acknowledgements", {}).expect(201)
    assert ask(visitor, tag).expect(200).headers["ETag"] != tag


def test_a_board_whose_sign_in_was_ended_is_not_told_that_nothing_changed(
    browser: Browsers, person: Callable[..., Any], app: Flask
) -> None:
    person()
    visitor, other = browser(), browser()
    for one in (visitor, other):
        one.sign_in_as("jo@overijssel.example", "vier losse gewone woorden").expect(303)
    tag = first_tag(visitor)
    ask(visitor, tag).expect(304)
    other.post("/account/sign-out-everywhere", other.token("/account")).expect(303)
    assert ask(visitor, tag).expect(303).headers["Location"].startswith("/sign-in")


def test_another_browser_or_language_is_not_answered_with_what_this_one_was_sent(browser: Browsers) -> None:
    visitor, stranger = browser("coa"), browser()
    tag = first_tag(visitor)
    ask(stranger, tag).expect(303)
    visitor.headers["Accept-Language"] = "en"
    ask(visitor, tag).expect(200)


def test_a_page_stands_a_minute_at_most_and_never_past_the_moment_at_which_it_turns(
    browser: Browsers, count: Callable[..., Any], clock: FakeClock, made: list[int]
) -> None:
    count(2129)
    visitor = browser("coa")
    tag = first_tag(visitor)
    clock.advance(seconds=39)
    ask(visitor, tag).expect(304)
    assert len(made) == 2
    clock.advance(seconds=22)
    tag = ask(visitor, tag).expect(200).headers["ETag"]
    assert "1 minuut oud" in visitor.get("/").text
    clock.advance(minutes=58, seconds=58)
    tag = ask(visitor, tag).expect(200).headers["ETag"]
    clock.advance(seconds=2)
    assert "de tijd is voorbij" in ask(visitor, tag).expect(200).text


def test_a_count_that_grows_too_old_turns_the_page_just_after_the_moment_to_which_it_counts(
    app: Flask, count: Callable[..., Any], clock: FakeClock
) -> None:
    count(1742)
    there = app.extensions["piket"]
    with there.reading() as session:
        found = occupancy.situation(session, clock(), there.settings)
        turn = turns_at(found)
        assert turn is not None
        assert found.centres[0].counts["nightBeds"] is not None
        clock.advance(seconds=(turn - clock()).total_seconds())
        later = occupancy.situation(session, clock(), there.settings)
    stale = later.centres[0].counts["nightBeds"]
    assert stale is not None and stale.stale


def test_who_loads_the_page_gets_it_made_also_when_nothing_is_different(browser: Browsers, made: list[int]) -> None:
    visitor = browser("coa")
    tag = first_tag(visitor)
    visitor.get("/", If_None_Match=tag).expect(304)
    assert len(made) == 3


def test_the_country_is_read_once_for_all_who_look_and_anew_after_every_word(
    browser: Browsers, count: Callable[..., Any], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    whole = occupancy.situation

    def counted(*arguments: Any, **more: Any) -> Any:
        looks.append(1)
        return whole(*arguments, **more)

    count(1742)
    visitors = [browser(code) for code in ("coa", "nl-ov", "cdk-nl-ov")]
    monkeypatch.setattr(occupancy, "situation", counted)
    pages = [visitor.get("/") for visitor in visitors]
    assert len(looks) == 1
    names = ("COA", "Overijssel", "Commissaris van de Koning in Overijssel")
    assert all(f"U handelt voor {name}" in page.text for page, name in zip(pages, names, strict=True))
    clock.advance(seconds=1)
    count(2030)
    assert [visitor.get("/").sentence[:16] for visitor in visitors] == ["2.030 mensen in "] * 3
    assert len(looks) == 2
    clock.advance(seconds=6)
    visitors[0].get("/")
    assert len(looks) == 3


def test_who_loads_the_page_sees_what_they_did_through_another_process(
    app: Flask, browser: Browsers, count: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what another process writes this one hears nothing; its own counting of commits stands still."""
    monkeypatch.setattr("piket.board.again.MARKS_HOLD", 60.0)
    visitor = browser("coa")
    first_tag(visitor)
    store = app.extensions["piket"].store
    written = store.commits
    count(1742)
    monkeypatch.setattr(store, "commits", written)
    assert "1.742 mensen" in visitor.get("/").sentence
