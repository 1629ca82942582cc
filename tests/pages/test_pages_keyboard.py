"""A whole task by keyboard alone: signing in and answering a call-up, without touching a mouse or a screen."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.board.conftest import PASSWORD
from tests.pages.conftest import Visit
from tests.pages.office import Office

MOST_STOPS = 80


def go_to(page: Page, there: Locator) -> None:
    """Press Tab until it is reached."""
    expect(there).to_have_count(1)
    for _ in range(MOST_STOPS):
        if there.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{there} is not reached by Tab")


def write(page: Page, label: str, text: str) -> None:
    """Go to a field and type; in a list the first letters choose."""
    go_to(page, page.get_by_label(label, exact=True))
    page.keyboard.type(text)


def test_a_duty_officer_signs_in_and_answers_by_keyboard_alone(office: Office, visit: Visit) -> None:
    office.person("nl-ov", "jo@overijssel.example")
    office.count(2129)
    page = visit(office)
    page.goto("/")
    write(page, "Uw e-mailadres of naam", "jo@overijssel.example")
    write(page, "Wachtwoord", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("U handelt voor Overijssel").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    go_to(page, page.get_by_role("link", name=re.compile("^U wordt om 179 plekken gevraagd")))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Aan Overijssel zijn 179 plekken gevraagd")
    write(page, "Hoeveel plekken", "179")
    write(page, "Gemeente", "Zwolle")
    write(page, "Naam van de locatie, zonder straat", "Sporthal Noord")
    write(page, "Wanneer mensen er kunnen blijven", "Dag")
    go_to(page, page.get_by_role("button", name="Deze plekken toezeggen"))
    page.keyboard.press("Enter")
    missing = page.get_by_label("Hoe zeker", exact=True)
    expect(missing).to_have_attribute("aria-invalid", "true")
    expect(missing).to_be_focused()
    page.keyboard.type("Toegezegd")
    go_to(page, page.get_by_role("button", name="Deze plekken toezeggen"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Overijssel heeft 179 plekken toegezegd: 14.00 uur.")
    assert (office.call("nl-ov")["state"], office.call("nl-ov")["committed"]) == ("met", 179)
