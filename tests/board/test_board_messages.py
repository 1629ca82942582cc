"""The messages of an organisation: which it was told, which it has read, which arrived; acknowledging; trying again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from piket.alerts import service as alerts
from piket.alerts.channels import DeliveryError
from piket.alerts.rules import Fact
from piket.deps import Deps
from tests.board.acting import do
from tests.board.browser import Browser, Page, remarks
from tests.client import Client
from tests.fakes import FakeChannel, FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
Count = Callable[..., Any]
Contact = Callable[..., Any]
Channels = dict[str, FakeChannel]
Tick = Callable[[], Any]


@pytest.fixture
def failing(contact: Contact, count: Count, channels: Channels, tick: Tick) -> None:
    """Overijssel is called up, and its only mailbox refuses for good; COA and the ministry are reached."""
    for code in ("coa", "ministry", "operator"):
        contact(code)
    contact("nl-ov")
    contact("nl-ov", channel="telephone", address="+31 38 4998899")
    refused = DeliveryError("smtp-550-5.1.1", permanent=True)
    channels["email"].failing = lambda message: refused if message.organisation == "nl-ov" else None
    count(2129)
    tick()
    tick()


def call_up(client: Clients) -> str:
    found: str = client("coa").get("alerts", kind="callUp").items[0]["id"]
    return found


def rows(page: Page) -> int:
    return page.expect(200).html.count('role="row"') - 1


def test_the_list_shows_what_was_told_read_and_delivered_and_its_filters_do_what_they_say(
    browser: Browsers, client: Clients, failing: None, clock: FakeClock
) -> None:
    province, alert = browser("nl-ov"), call_up(client)
    page = province.get("/messages").expect(200)
    assert remarks(page.html) == []
    assert f'href="/messages/{alert}"' in page.html and "Afroep: 179 plekken nodig" in page.text
    assert "niet aangekomen" in page.text and "nog niet" in page.text
    assert "whose=all" not in page.html
    assert rows(province.get("/messages?show=undelivered")) == rows(province.get("/messages?show=unread")) > 0
    clock.advance(minutes=5)
    client("nl-ov").post(f"alerts/{alert}/acknowledgements").expect(201)
    assert "14.05 uur" in province.get("/messages").text
    for shown in ("unread", "undelivered"):
        assert alert not in province.get(f"/messages?show={shown}").expect(200).html
    coa = browser("coa", accept="en")
    own, everything = coa.get("/messages"), coa.get("/messages?whose=all")
    assert 'href="/messages?whose=all"' in own.html and remarks(everything.html) == []
    assert rows(everything) > rows(own) and re.search(r"0 of \d+", everything.text)
    assert "not arrived" in coa.get("/messages?whose=all&show=undelivered").text
    assert "not arrived" not in own.text
    assert rows(browser("nl-ov").get("/messages?whose=all")) == rows(province.get("/messages")), (
        "only who sees deliveries"
    )


def test_a_long_list_is_read_page_by_page_and_nothing_is_lost_or_twice(
    browser: Browsers, client: Clients, deps: Deps, contact: Contact, clock: FakeClock
) -> None:
    point = contact("coa")
    with deps.writing(ring=False) as session:
        for _ in range(33):
            alerts.enqueue_test(session, clock.advance(minutes=1), deps.settings, point, "coa")
    coa = browser("coa")
    seen: list[str] = []
    page = coa.get("/messages").expect(200)
    seen += links(page)
    assert "Nieuwste" not in page.text
    older = next(one for one in addresses(page) if "before=" in one)
    page = coa.get(older).expect(200)
    assert remarks(page.html) == []
    seen += links(page)
    assert len(seen) == len(set(seen)) == 33
    assert "Nieuwste" in page.text and "Ouder" not in page.text
    for nonsense in ("x", "2024-09-16~1", "2024-09-16T12:00:00Z~y", "~"):
        assert links(coa.get(f"/messages?before={nonsense}&show=x")) == seen[:30]


def links(page: Page) -> list[str]:
    return [one for one in addresses(page) if len(one) == len("/messages/") + 36]


def addresses(page: Page) -> list[str]:
    return [part.split('"')[0].replace("&amp;", "&") for part in page.html.split('href="')[1:]]


def test_one_message_says_it_whole_and_is_acknowledged_once(
    browser: Browsers, client: Clients, failing: None, clock: FakeClock
) -> None:
    alert = call_up(client)
    province, path = browser("nl-ov"), f"/messages/{alert}"
    page = province.get(path).expect(200)
    assert remarks(page.html) == []
    for part in (
        "Afroep: 179 plekken nodig vóór 21.00 uur",
        "2.129 mensen in Ter Apel",
        "Er zijn 179 plekken te weinig",
    ):
        assert part in page.text
    assert "mail: piket@nl-ov.example" in page.section("deliveries")
    assert "voorgoed geweigerd: de mailserver nam het niet aan" in page.section("deliveries")
    token = province.token(path)
    clock.advance(minutes=7)
    for _ in range(2):
        province.post(f"{path}/acknowledgements", token).expect(303)
        clock.advance(minutes=1)
    page = province.get(path)
    assert "Overijssel heeft dit bevestigd om 14.07 uur." in page.text and "Overijssel 14.07 uur" in page.section(
        "told"
    )
    assert len(client("coa").get(f"alerts/{alert}/acknowledgements").items) == 1
    assert "Opnieuw proberen" not in page.text, "what was read needs no further attempt"
    assert remarks(page.html) == []


def test_who_was_not_told_reads_it_and_cannot_acknowledge_or_see_deliveries(
    browser: Browsers, client: Clients, failing: None
) -> None:
    alert = call_up(client)
    other, path = browser("nl-ze", accept="en"), f"/messages/{alert}"
    page = other.get(path).expect(200)
    assert remarks(page.html) == [] and "Your organisation was not told of this" in page.text
    assert 'id="deliveries"' not in page.html and "piket@" not in page.text and "Whom to ring" not in page.text
    other.post(f"{path}/acknowledgements", other.token("/")).expect(403)
    reader = browser("nl-ov", read_only=True)
    assert "vraag iemand van uw organisatie die dat wel mag" in reader.get(path).text
    assert "<form" not in reader.get(path).section("deliveries")
    reader.post(f"{path}/acknowledgements", reader.token("/")).expect(403)
    assert client("coa").get(f"alerts/{alert}/acknowledgements").items == []
    other.get("/messages/nothing").expect(404)
    assert browser().get(path).status == 303


def test_coa_sees_all_deliveries_masked_tries_again_and_reads_what_came_of_it(
    browser: Browsers, client: Clients, failing: None, channels: Channels, tick: Tick, clock: FakeClock
) -> None:
    alert = call_up(client)
    coa, path = browser("coa"), f"/messages/{alert}"
    page = coa.get(path).expect(200)
    assert "p…@nl-ov.example" in page.section("deliveries") and "piket@nl-ov" not in page.text
    assert remarks(page.html) == []
    (row,) = [one for one in client("coa").get(f"alerts/{alert}/deliveries").items if one["organisation"] == "nl-ov"]
    again = f"/messages/deliveries/{row['id']}/retries"
    assert again in page.html
    clock.advance(minutes=3)
    channels["email"].failing = None
    sent = coa.post(again, coa.token(path), page=path).expect(303)
    assert sent.headers["Location"] == f"{path}?tried={row['id']}#tried"
    coa.post(again, coa.token("/account"), page=path).expect(303)
    page = coa.get(f"{path}?tried={row['id']}").expect(200)
    assert "COA vroeg om dit opnieuw naar Overijssel te verzenden, 14.03 uur. Nu is de stand: " in page.text
    assert len(client("coa").get(f"deliveries/{row['id']}/retries").items) == 1
    tick()
    assert "Nu is de stand: aangekomen, 14.03 uur" in coa.get(f"{path}?tried={row['id']}").text
    assert "vroeg om" not in browser("nl-ze").get(f"{path}?tried={row['id']}").text
    other = browser("nl-ze")
    other.post(again, other.token("/account")).expect(403)
    coa.post("/messages/deliveries/nothing/retries", coa.token("/account")).expect(404)


def test_the_undelivered_are_those_of_the_figure_with_whom_to_ring(
    browser: Browsers, client: Clients, failing: None
) -> None:
    coa = browser("coa")
    figure = client("coa").get("situation")["undelivered"]
    page = coa.get("/messages/undelivered").expect(200)
    assert remarks(page.html) == []
    assert rows(page) == figure > 1
    assert f"{figure} berichten zijn in de afgelopen 24 uur of in deze overloop niet aangekomen" in page.sentence
    assert 'href="tel:+31384998899"' in page.html and "de mailserver nam het niet aan" in page.text
    assert "er is niets verzonden: er is geen mailadres en geen webhook bekend" in page.text
    assert "geen telefoonnummer bekend" in page.text
    own = browser("nl-ov", accept="en").get("/messages/undelivered").expect(200)
    assert remarks(own.html) == [] and 0 < rows(own) < figure
    assert "tel:" not in own.html and "for your organisation" in own.sentence
    quiet = browser("nl-ze").get("/messages/undelivered").expect(200)
    assert rows(quiet) == -1 and "is aangekomen of onderweg" in quiet.sentence
    operator = browser("operator", read_only=True).get("/messages/undelivered")
    assert "tel:" in operator.html and "/retries" not in operator.html and "read-by" not in operator.html


def test_what_was_told_by_telephone_no_longer_stands_among_the_undelivered(
    browser: Browsers, client: Clients, failing: None
) -> None:
    coa, alert = browser("coa"), call_up(client)
    path = f"/alerts/{alert}/read-by/nl-ov"
    before = coa.get("/messages/undelivered").expect(200)
    assert path in before.html
    do(coa, path, said_by="piketdesk", via="telefoon")
    after = coa.get("/messages/undelivered")
    assert path not in after.html
    assert rows(after) == client("coa").get("situation")["undelivered"]
    assert "ingevuld door COA: gezegd door piketdesk, via telefoon" in coa.get(f"/messages/{alert}").section("told")


def test_trying_again_from_the_undelivered_comes_back_there(browser: Browsers, client: Clients, failing: None) -> None:
    coa, path = browser("ministry"), "/messages/undelivered"
    page = coa.get(path)
    again = page.html.split('action="/messages/deliveries/')[1].split('"')[0]
    sent = coa.post(f"/messages/deliveries/{again}", coa.token(path), page=path).expect(303)
    page = coa.get(sent.headers["Location"].removesuffix("#tried")).expect(200)
    assert "vroeg om dit opnieuw naar Overijssel te verzenden" in page.text and remarks(page.html) == []
    sent = coa.post(f"/messages/deliveries/{again}", coa.token(path), page="//elsewhere.example").expect(303)
    assert sent.headers["Location"].startswith("/messages/")


def test_the_store_is_asked_the_same_number_of_questions_however_many_there_are(
    browser: Browsers, client: Clients, deps: Deps, failing: None, clock: FakeClock
) -> None:
    asked: list[str] = []
    event.listen(deps.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    coa = browser("coa")
    paths = ("/messages/undelivered", "/messages?whose=all", f"/messages/{call_up(client)}")

    def questions(path: str) -> int:
        coa.get(path).expect(200)
        asked.clear()
        coa.get(path)
        return len(asked)

    before = [questions(path) for path in paths[:2]]
    told = dict.fromkeys(("nl-ze", "nl-ut", "nl-nb", "nl-li", "nl-ov"), ())
    with deps.writing(ring=False) as session:
        for _ in range(4):
            alerts.enqueue(session, clock(), deps.settings, Fact("levelRaised", level="overflow"), told)
    assert rows(coa.get(paths[0])) > 20
    assert [questions(path) for path in paths[:2]] == before
    assert questions(paths[2]) < 40
