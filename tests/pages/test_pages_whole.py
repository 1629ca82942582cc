"""Every page, in both languages, both colour schemes and four sizes: axe finds nothing, the keyboard suffices, it fits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response
from werkzeug.exceptions import NotFound

from tests.pages.conftest import Visit
from tests.pages.looking import NARROW, ZOOMED, axe, keyboard, look, sideways
from tests.pages.office import Office
from tests.pages.ways import NO_PAGES, WAYS, Way

Shown = Callable[[str], Office]


def opened(office: Office, way: Way, page: Page) -> Response:
    """The page on the screen: opened, and its form sent when the way says so."""
    answer = page.goto(office.base + way.path.format(**office.ids))
    if way.press is not None:
        assert answer is not None and answer.ok, f"{way.path} cannot be opened"
        first = next(iter(way.typed), None)
        form = page.locator(f"main form:has([name='{first}'])" if first else f"main form:has({way.press})").first
        for name, value in way.typed.items():
            field = form.locator(f"[name='{name}']").first
            field.select_option(value) if field.evaluate("one => one.tagName") == "SELECT" else field.fill(value)
        with page.expect_navigation() as sent:
            form.locator(way.press).first.click()
        answer = sent.value
    assert answer is not None
    return answer


def endpoint(office: Office, answer: Response) -> str:
    """The view that answered."""
    path = answer.url.removeprefix(office.base).partition("?")[0]
    try:
        found, _ = office.app.url_map.bind("").match(path, method=answer.request.method)
    except NotFound:
        return ""
    return str(found)


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("way", WAYS, ids=[f"{number}-{way.name}" for number, way in enumerate(WAYS)])
def test_a_page_is_whole(shown: Shown, glance: Visit, way: Way, lang: str) -> None:
    office = shown(way.office)
    page = glance(office, way.who.format(**office.ids) if way.who else None, lang)
    answer = opened(office, way, page)
    assert answer.status == way.status, page.locator("body").inner_text()[:500]
    assert endpoint(office, answer) == way.endpoint
    assert page.locator("html").get_attribute("lang") == lang
    faults = look(page)
    assert not faults, "\n".join(faults)


def test_the_page_of_the_api_is_whole(shown: Shown, glance: Visit) -> None:
    """Once, as it has no forms; by axe two chapters of it, as all are made alike and it is long."""
    page = glance(shown("unknown"), None, "en")
    page.goto(shown("unknown").base + "/docs")
    faults = [*sideways(page, NARROW), *sideways(page, ZOOMED), *keyboard(page)]
    page.evaluate("() => document.querySelectorAll('main > section:nth-of-type(n+3)').forEach(one => one.remove())")
    faults += axe(page)
    assert not faults, "\n".join(faults)


def test_every_page_of_the_board_is_in_the_table(shown: Shown) -> None:
    asked = {rule.endpoint for rule in shown("unknown").app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    pages = {one for one in asked if one.startswith("board.")}
    looked_at = {way.endpoint for way in WAYS}
    missing = sorted(pages - looked_at - set(NO_PAGES))
    assert missing == [], "add a line for each to WAYS in tests/pages/ways.py (no page? then to NO_PAGES, with why)"
    known = {rule.endpoint for rule in shown("unknown").app.url_map.iter_rules()}
    assert sorted((looked_at | set(NO_PAGES)) - known - {""}) == [], "these are in the table, and gone"
