"""The page at /: what it says of people, duty and places, known and unknown, to whom, in which language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.board.browser import Browser, remarks
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
Count = Callable[..., Any]


def answer(province: Client, clock: FakeClock, places: int, in_view: int = 0) -> None:
    """The called province promises places in one sports hall, and has others in view."""
    call = province.get("call-ups", state="open", organisation=province.organisation).items[0]
    site = {"hours": "night", "availableFrom": clock(), "availableUntil": None}
    sites = [
        {**site, "municipality": "gm0193", "site": "Hal", "places": places, "firmness": "agreed", "agreedWith": "mayor"}
    ]
    if in_view:
        sites.append({**site, "municipality": "gm0153", "site": "Zaal", "places": in_view, "firmness": "inView"})
    province.post(f"call-ups/{call['id']}/responses", {"places": places + in_view, "sites": sites}).expect(201)


def test_a_fresh_installation_says_unknown_and_never_zero_people(browser: Browsers) -> None:
    page = browser("coa").get().expect(200)
    full = page.section("how-full")
    assert full.startswith("Hoe vol onbekend hoeveel mensen er in Ter Apel zijn Niveau: onbekend")
    assert "Er is nog niets geteld" in full
    assert full.count("onbekend nog niet geteld") == 2
    assert "mensen zonder bed onbekend nog niets gemeld" in full
    assert "0 mensen" not in page.text
    assert "0 plekken staan klaar" in page.section("enough")
    assert "Er is geen overloop open" in page.section("calls")
    assert "nog geen melding" in page.section("alerts")
    assert remarks(page.html) == []


def test_a_count_stands_with_its_definition_its_moment_and_its_age(browser: Browsers, count: Count) -> None:
    count(1742, ago=timedelta(minutes=35))
    full = browser("coa").get().section("how-full")
    assert "1.742 mensen in Ter Apel" in full
    assert "Niveau: normaal" in full
    assert "bedden waarin is geslapen, geteld in de ochtend 1.742 13.25 uur, 35 minuten oud" in full
    assert "mensen op het terrein onbekend" in full


def test_a_stale_count_is_unknown_with_the_last_one_beside_it(
    browser: Browsers, count: Count, clock: FakeClock
) -> None:
    count(2010)
    clock.advance(hours=26, seconds=1)
    full = browser("coa").get().section("how-full")
    assert full.startswith("Hoe vol onbekend hoeveel mensen")
    assert "Niveau: onbekend" in full
    assert "onbekend laatste telling: 2.010, ma 16 sep 14.00 uur; te oud om mee te tellen" in full


def test_an_overflow_shows_who_must_answer_by_when_and_what_is_missing(browser: Browsers, count: Count) -> None:
    count(2129)
    page = browser("coa").get()
    assert page.section("who-acts").startswith("Wie moet handelen Overijssel moet vóór 15.00 uur antwoorden")
    assert page.section("enough").startswith(
        "Genoeg plekken 179 plekken te weinig Zeggen hoeveel plekken er nodig zijn Nodig 179 Toegezegd 0 Tekort 179"
    )
    assert "Niveau: boven het maximum" in page.section("how-full")
    assert "Overijssel nog niets van 179 wacht op antwoord 15.00 uur nog 60 minuten 21.00 uur" in page.section("calls")
    assert remarks(page.html) == []


def test_people_without_a_bed_are_the_figure_when_there_are_any(browser: Browsers, count: Count) -> None:
    count(2129)
    count(45, "withoutBed")
    full = browser("coa").get().section("how-full")
    assert full.startswith("Hoe vol 45 mensen in Ter Apel hebben vannacht geen bed Niveau: mensen zonder bed")
    assert "2.129 mensen: 129 boven het afgesproken maximum van 2.000" in full


def test_a_promise_in_part_and_the_next_called_stand_in_the_table(
    browser: Browsers, client: Clients, count: Count, clock: FakeClock
) -> None:
    count(2129)
    answer(client("nl-ov"), clock, 120, in_view=10)
    page = browser("coa").get()
    calls = page.section("calls")
    assert "Overijssel 120 van 179 deels toegezegd ; 10 plekken in beeld tellen nog niet mee" in calls
    assert "Utrecht nog niets van 59 wacht op antwoord" in calls
    assert page.section("enough").startswith(
        "Genoeg plekken 59 plekken te weinig Zeggen hoeveel plekken er nodig zijn Nodig 179 Toegezegd 120 Tekort 59"
    )
    assert "In beeld 10 nog niet toegezegd" in page.section("enough")


def test_a_deadline_that_passed_says_so_before_the_engine_has_seen_it(
    browser: Browsers, count: Count, clock: FakeClock
) -> None:
    count(2129)
    clock.advance(minutes=61)
    page = browser("coa").get()
    assert "Overijssel heeft nog niet geantwoord; gevraagd vóór 15.00 uur" in page.section("who-acts")
    assert "nog geen antwoord, de tijd is voorbij" in page.section("calls")


def test_enough_places_is_said_in_words(browser: Browsers, client: Clients, count: Count, clock: FakeClock) -> None:
    count(2129)
    answer(client("nl-ov"), clock, 179)
    assert "Genoeg 179 van 179 plekken zijn toegezegd" in browser("coa").get().section("enough")


def test_a_rota_that_is_proposed_says_so(browser: Browsers) -> None:
    page = browser("vng").get()
    assert "Het rooster is een voorstel: er is nog niet over besloten." in page.text
    assert "voorstel, nog niet besloten" in page.section("who-acts")


def test_the_ministry_sees_duty_telephones_and_others_that_of_coa_only(browser: Browsers, contact: Any) -> None:
    for code, number in (("coa", "+31 88 000001"), ("nl-ov", "+31 88 000002"), ("nl-ut", "+31 88 000003")):
        contact(code, number, channel="telephone")
    ministry, province = browser("ministry").get().html, browser("nl-dr").get().html
    assert 'href="tel:+3188000002"' in ministry
    assert 'href="tel:+3188000003"' in ministry
    assert 'href="tel:+3188000001"' in province
    assert "000002" not in province
    assert "000003" not in province


def test_a_telephone_that_is_not_known_is_said_to_be_so(browser: Browsers) -> None:
    assert "Bellen COA geen telefoonnummer bekend" in browser("nl-dr").get().section("who-acts")


def test_an_organisation_sees_the_alerts_it_was_told_and_whether_it_read_them(
    browser: Browsers, client: Clients, count: Count, clock: FakeClock
) -> None:
    count(2129)
    coa = client("coa")
    told = [one for one in coa.get("alerts").items if "coa" in one["told"]]
    clock.advance(minutes=5)
    coa.post(f"alerts/{told[0]['id']}/acknowledgements").expect(201)
    assert "Ter Apel boven het maximum (2.129) 14.05 uur" in browser("coa").get().section("alerts")
    assert "Afroep: 179 plekken nodig" in browser("nl-ov").get().section("alerts")
    assert "nog niet" in browser("nl-ov").get().section("alerts")
    assert "nog geen melding" in browser("nl-dr").get().section("alerts")


def test_alerts_lead_to_their_page_and_never_to_an_address_that_lets_its_reader_write(
    browser: Browsers, count: Count
) -> None:
    """What stands on a screen on a wall can be copied from it."""
    count(2129)
    for visitor in (browser("coa"), browser("coa", read_only=True)):
        page = visitor.get()
        assert 'href="/messages/' in page.html and "/r/" not in page.html


def test_what_could_not_be_delivered_is_counted(browser: Browsers, count: Count) -> None:
    count(2129)
    page = browser("coa").get()
    assert "berichten zijn in de afgelopen 24 uur of in deze overloop niet aangekomen" in page.section("undelivered")


def test_what_somebody_typed_is_shown_as_text(browser: Browsers, client: Clients, count: Count) -> None:
    count(2129)
    province = client("nl-ov")
    call = province.get("call-ups", state="open").items[0]
    reason = '<b>geen</b> & "niets" {naam}'
    province.post(f"call-ups/{call['id']}/responses", {"places": 0, "declineReason": reason}).expect(201)
    page = browser("coa").get()
    assert f"kan niet leveren ; {reason}" in page.section("calls")
    assert "<b>" not in page.html
    assert remarks(page.html) == []


def test_the_foot_says_the_moment_and_for_whom_one_acts(browser: Browsers) -> None:
    text = browser("nl-ov").get().text
    assert "De situatie zoals bekend om 14.00 uur." in text
    assert text.count("U handelt voor Overijssel") == 2


def test_english_is_whole_when_the_browser_asks_for_it(browser: Browsers, count: Count) -> None:
    count(2129)
    page = browser("coa", accept="en-GB,en;q=0.9,nl;q=0.5").get()
    assert '<html lang="en">' in page.html
    assert page.headers["Content-Language"] == "en"
    assert page.sentence.startswith(
        "2,129 people at Ter Apel, 129 above the maximum. Overijssel must answer before 15:00."
    )
    assert "179 places are missing" in page.section("enough")
    assert remarks(page.html) == []


def test_a_switch_of_language_is_remembered_over_what_the_browser_asks(browser: Browsers) -> None:
    visitor = browser("coa")
    switched = visitor.post("/language", visitor.token("/"), language="en", back="/")
    assert switched.expect(303).headers["Location"] == "/"
    assert "HttpOnly" in switched.headers["Set-Cookie"]
    assert "SameSite=Lax" in switched.headers["Set-Cookie"]
    assert '<html lang="en">' in visitor.get().html
    assert "You act for COA" in visitor.get().text


def test_a_switch_of_language_leads_nowhere_else(browser: Browsers) -> None:
    visitor = browser()
    token = visitor.token("/sign-in")
    for elsewhere in ("//evil.example", "https://evil.example", "/r/../x", "/docs", "\\\\evil", ""):
        assert visitor.post("/language", token, language="en", back=elsewhere).expect(303).headers["Location"] == "/"
    assert visitor.post("/language", token, language="en", back="/sign-in").headers["Location"] == "/sign-in"
    visitor.post("/language", token, language="de").expect(400)
