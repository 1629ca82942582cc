"""What people come to do, as they do it: at a desk with script, and on a phone without; the most urgent in all four ways."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.conftest import Visit
from tests.pages.office import Office

AT_A_DESK_AND_ON_A_PHONE = pytest.mark.parametrize(
    "how", [{"size": "desktop"}, {"size": "phone", "script": False}], ids=["desktop", "phone-without-script"]
)
IN_EVERY_WAY = pytest.mark.parametrize(
    "how",
    [{"size": size, "script": script} for size in ("desktop", "phone") for script in (True, False)],
    ids=["desktop", "desktop-without-script", "phone", "phone-without-script"],
)
How = dict[str, Any]


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("link", name=name).first.click()


def heads(page: Page, text: str | re.Pattern[str]) -> None:
    """The page is about this."""
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def wrong(page: Page, label: str, because: str, kept: str) -> None:
    """What is wrong stands beside its field, which keeps what was typed and is where one can go on typing."""
    field = page.get_by_label(label, exact=True)
    expect(field).to_have_accessible_description(re.compile(re.escape(because)))
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value(kept)
    expect(field).to_be_focused()


def site(page: Page, places: str, name: str = "Sporthal Noord", number: int = 0) -> None:
    """One site in the form that answers a call-up."""
    page.get_by_label("Hoeveel plekken", exact=True).nth(number).fill(places)
    page.get_by_label("Gemeente").nth(number).select_option("Zwolle")
    page.get_by_label("Naam van de locatie, zonder straat").nth(number).fill(name)
    page.get_by_label("Hoe zeker").nth(number).select_option("Toegezegd: de burgemeester zei ja")
    page.get_by_label("Wanneer mensen er kunnen blijven").nth(number).select_option("Dag en nacht")


@IN_EVERY_WAY
def test_coa_reports_a_count_and_puts_right_what_was_wrong(office: Office, visit: Visit, how: How) -> None:
    page = visit(office, "coa", **how)
    page.goto("/")
    follow(page, "Een telling van Ter Apel doorgeven")
    page.get_by_label("Wat er is geteld").select_option("nightBeds")
    page.get_by_label("Hoeveel mensen").fill("veel")
    press(page, "Laten zien wat er gebeurt")
    wrong(page, "Hoeveel mensen", "Vul een aantal van 0 of meer in.", "veel")
    page.get_by_label("Hoeveel mensen").fill("2.129")
    press(page, "Laten zien wat er gebeurt")
    expect(page.get_by_text("Overijssel krijgt een afroep voor 179 plekken")).to_be_visible()
    assert office.api("coa").get("centres/ter-apel/counts").items == [], "nothing is done yet"
    page.get_by_role("button", name="Deze telling doorgeven").dblclick()
    heads(page, "COA heeft een telling doorgegeven.")
    expect(page.get_by_role("status")).to_contain_text("Gedaan door COA, 14.00 uur.")
    [made] = office.api("coa").get("centres/ter-apel/counts").items
    assert made["people"] == 2129
    assert office.call("nl-ov")["places"] == 179


@AT_A_DESK_AND_ON_A_PHONE
def test_coa_confirms_a_count_that_waits_and_corrects_it(office: Office, visit: Visit, how: How) -> None:
    office.count(1700)
    office.clock.advance(minutes=5)
    held = office.count(2129)
    page = visit(office, "coa", **how)
    page.goto("/acts")
    follow(page, re.compile(r"^De telling van 2\.129 bevestigen"))
    press(page, "Laten zien wat er gebeurt")
    expect(page.get_by_text("Er begint een overloop")).to_be_visible()
    press(page, "Ja, deze telling klopt")
    heads(page, "COA heeft een telling bevestigd.")
    assert office.api("coa").get("situation")["overflow"]["needed"] == 179
    page.goto("/acts")
    follow(page, re.compile(r"^De telling van 2\.129 verbeteren"))
    page.get_by_label("Hoeveel mensen").fill("1912")
    page.get_by_label("Waarom de telling wordt verbeterd").fill("tikfout")
    press(page, "Laten zien wat er gebeurt")
    expect(page.get_by_text("De overloop eindigt.")).to_be_visible()
    press(page, "Iets veranderen")
    expect(page.get_by_label("Waarom de telling wordt verbeterd")).to_have_value("tikfout")
    press(page, "Laten zien wat er gebeurt")
    press(page, "Deze telling verbeteren")
    heads(page, "COA heeft een telling verbeterd.")
    assert office.api("coa").get("situation")["overflow"] is None
    assert [one["people"] for one in office.api("coa").get(f"counts/{held}/corrections").items] == [1912]


@AT_A_DESK_AND_ON_A_PHONE
def test_coa_states_how_many_places_are_needed(office: Office, visit: Visit, how: How) -> None:
    office.count(2129)
    page = visit(office, "coa", **how)
    page.goto("/")
    follow(page, "Zeggen hoeveel plekken er nodig zijn")
    page.get_by_label("Hoeveel plekken er nodig zijn").fill("240")
    press(page, "Laten zien wat er gebeurt")
    wrong_reason = page.get_by_label("Reden")
    expect(wrong_reason).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Hoeveel plekken er nodig zijn")).to_have_value("240")
    wrong_reason.fill("Er komt nog een bus.")
    press(page, "Laten zien wat er gebeurt")
    press(page, "Dit aantal vastleggen")
    heads(page, "COA heeft gezegd hoeveel plekken er nodig zijn.")
    assert office.api("coa").get("situation")["overflow"]["needed"] == 240


@IN_EVERY_WAY
def test_a_province_answers_its_call_up_in_part_and_then_in_whole(office: Office, visit: Visit, how: How) -> None:
    office.count(2129)
    page = visit(office, "nl-ov", **how)
    page.goto("/")
    follow(page, re.compile("^U wordt om 179 plekken gevraagd"))
    site(page, "veel")
    press(page, "Deze plekken toezeggen")
    wrong(page, "Hoeveel plekken", "Vul een heel getal van 1 of meer in.", "veel")
    expect(page.get_by_label("Naam van de locatie, zonder straat")).to_have_value("Sporthal Noord")
    page.get_by_label("Hoeveel plekken", exact=True).fill("100")
    press(page, "Deze plekken toezeggen")
    expect(page.get_by_role("status")).to_contain_text("Overijssel heeft 100 plekken toegezegd: 14.00 uur.")
    assert (office.call("nl-ov")["state"], office.call("nl-ov")["committed"]) == ("partly", 100)
    press(page, "Eerst nog een locatie toevoegen")
    expect(page.get_by_label("Hoeveel plekken", exact=True)).to_have_count(2)
    site(page, "79", "IJsselhal", 1)
    press(page, "Deze plekken toezeggen")
    expect(page.get_by_role("status")).to_contain_text("Overijssel heeft 179 plekken toegezegd")
    assert (office.call("nl-ov")["state"], office.call("nl-ov")["committed"]) == ("met", 179)


@AT_A_DESK_AND_ON_A_PHONE
def test_a_province_says_that_it_cannot_and_why(office: Office, visit: Visit, how: How) -> None:
    office.count(2129)
    page = visit(office, "nl-ov", **how)
    page.goto("/")
    follow(page, re.compile("^U wordt om 179 plekken gevraagd"))
    page.get_by_text("Wij kunnen geen plekken openen").click()
    press(page, "Zeggen dat het niet kan")
    wrong(page, "Waarom het niet kan", "Zeg in een paar woorden waarom", "")
    page.get_by_label("Waarom het niet kan").fill("Alle hallen zijn in gebruik.")
    press(page, "Zeggen dat het niet kan")
    expect(page.get_by_text("Reden: Alle hallen zijn in gebruik.")).to_be_visible()
    assert office.call("nl-ov")["state"] == "declined"


@AT_A_DESK_AND_ON_A_PHONE
def test_a_province_confirms_its_turn(office: Office, visit: Visit, how: How) -> None:
    page = visit(office, "nl-ov", **how)
    page.goto(f"/turns/{office.api('coa').get('rotas/piket/on-duty')['id']}")
    page.get_by_label("Hoeveel plekken u kunt openen").fill("honderd")
    press(page, "Deze plekken bevestigen")
    wrong(page, "Hoeveel plekken u kunt openen", "0 of meer", "honderd")
    page.get_by_label("Hoeveel plekken u kunt openen").fill("120")
    press(page, "Deze plekken bevestigen")
    expect(page.get_by_text(re.compile("^120 plekken"))).to_be_visible()
    assert office.api("coa").get("situation")["duty"]["confirmedPlaces"] == 120


@AT_A_DESK_AND_ON_A_PHONE
def test_a_province_writes_down_how_many_people_are_in(office: Office, visit: Visit, how: How) -> None:
    office.count(2129)
    office.answer("nl-ov", 100)
    page = visit(office, "nl-ov", **how)
    page.goto(f"/call-ups/{office.call('nl-ov')['id']}")
    follow(page, "Plekken in gebruik")
    page.get_by_label("Mensen nu in Sporthal Noord").fill("101")
    press(page, "Dit aantal bewaren")
    wrong(page, "Mensen nu in Sporthal Noord", "100", "101")
    page.get_by_label("Mensen nu in Sporthal Noord").fill("38")
    press(page, "Dit aantal bewaren")
    expect(page.get_by_text("38 van 100 plekken in gebruik")).to_be_visible()
    assert office.api("coa").get("commitments").items[0]["occupied"] == 38


@AT_A_DESK_AND_ON_A_PHONE
def test_two_provinces_swap_their_turns(office: Office, visit: Visit, how: How) -> None:
    asking, asked = visit(office, "nl-ut", **how), visit(office, "nl-ze", **how)
    asking.goto("/swaps")
    asking.get_by_label("Uw dienst die u geeft").select_option(index=1)
    theirs = asking.get_by_label("De dienst die u neemt")
    theirs.select_option(theirs.locator("option", has_text="Zeeland").first.get_attribute("value"))
    press(asking, "Om deze ruil vragen")
    expect(asking.get_by_label("Waarom", exact=True)).to_have_attribute("aria-invalid", "true")
    asking.get_by_label("Waarom", exact=True).fill("Verbouwing van de hal.")
    press(asking, "Om deze ruil vragen")
    expect(asking.get_by_role("heading", name="Utrecht en Zeeland: wacht op antwoord")).to_be_visible()
    asked.goto("/swaps")
    expect(asked.get_by_text("Verbouwing van de hal.")).to_be_visible()
    press(asked, "Wij gaan akkoord")
    expect(asked.get_by_role("heading", name="Utrecht en Zeeland: afgesproken: de ruil geldt")).to_be_visible()
    assert office.api("coa").get("swaps").items[0]["state"] == "accepted"


@AT_A_DESK_AND_ON_A_PHONE
def test_a_commissioner_says_to_have_read_an_alert(office: Office, visit: Visit, how: How) -> None:
    office.contact("cdk-nl-ov")
    office.count(2129)
    page = visit(office, "cdk-nl-ov", **how)
    page.goto("/")
    told = page.get_by_role("region", name="Laatste meldingen")
    expect(told.get_by_text("nog niet")).to_be_visible()
    told.get_by_role("link").first.click()
    press(page, "Ja, wij hebben dit gelezen")
    expect(page.get_by_role("status")).to_contain_text("heeft dit bevestigd om 14.00 uur")
    follow(page, "Naar de situatie")
    expect(told.get_by_text("nog niet")).to_have_count(0)


@AT_A_DESK_AND_ON_A_PHONE
def test_the_ministry_decides_thresholds_and_sees_before_what_they_change(
    office: Office, visit: Visit, how: How
) -> None:
    office.count(1960)
    page = visit(office, "ministry", **how)
    page.goto("/acts")
    follow(page, "Andere grenzen vaststellen voor Ter Apel")
    begins = page.get_by_label("“boven het maximum” begint bij").first
    over = page.get_by_label("“boven het maximum” is voorbij onder").first
    begins.fill("1950")
    page.get_by_label("Wie het heeft besloten").fill("directeur")
    press(page, "Laten zien wat er gebeurt")
    expect(over).to_have_attribute("aria-invalid", "true")
    expect(begins).to_have_value("1950")
    over.fill("1930")
    press(page, "Laten zien wat er gebeurt")
    expect(page.get_by_text("vanaf 1.950 (dat was 2.001)")).to_be_visible()
    expect(page.get_by_text("Er begint een overloop")).to_be_visible()
    assert office.api("coa").get("centres/ter-apel/thresholds")["version"] == 1
    press(page, "Deze grenzen vaststellen")
    heads(page, re.compile("heeft andere grenzen vastgesteld"))
    assert office.api("coa").get("centres/ter-apel/thresholds")["decision"]["by"] == "directeur"


@AT_A_DESK_AND_ON_A_PHONE
def test_the_ministry_gives_duty_to_another_province(office: Office, visit: Visit, how: How) -> None:
    page = visit(office, "ministry", **how)
    page.goto("/")
    follow(page, "De piketdienst aan een andere organisatie geven")
    page.get_by_label("Welke provincie piketdienst krijgt").select_option("Utrecht")
    page.get_by_label("Tot", exact=True).fill("2024-09-18T12:00")
    page.get_by_label("Reden").fill("hoog water")
    press(page, "Laten zien wat er gebeurt")
    expect(page.get_by_text("in plaats van Overijssel")).to_be_visible()
    assert office.api("coa").get("situation")["duty"]["onDuty"] == "nl-ov"
    press(page, "De piketdienst geven")
    heads(page, re.compile("heeft de piketdienst aan een andere organisatie gegeven"))
    assert office.api("coa").get("situation")["duty"]["onDuty"] == "nl-ut"
