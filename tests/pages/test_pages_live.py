"""Pages that stay open: what another does is seen within three seconds, and a service that restarts is noticed and outlived."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import make_seeded
from tests.databases import SqliteDatabases
from tests.pages.conftest import Visit
from tests.pages.office import Office
from tests.pages.test_pages_tasks import follow, press
from tests.pages.watching import Watch
from tests.stories.installation import Forker, Site

WITHIN = 3_000
"""Milliseconds after which another's deed must be seen."""
HEARD = re.compile("last heard from the server", re.IGNORECASE)
SILENT = re.compile("nothing was heard from the server since", re.IGNORECASE)

# Whatever is put into a part of the page that is read out by itself, one entry each time.
_LISTEN = """() => {
  window.readOut = [];
  window.sameDocument = true;
  for (const one of document.querySelectorAll('[aria-live]:not([aria-live=off]), [role=status], [role=alert]'))
    new MutationObserver(() => { if (one.textContent.trim()) window.readOut.push(one.textContent.trim()); })
      .observe(one, {childList: true, characterData: true, subtree: true});
}"""


def open_board(page: Page) -> None:
    """The situation, listened to."""
    page.goto("/")
    expect(page.get_by_text(HEARD)).to_be_visible()
    page.evaluate(_LISTEN)


def looked(page: Page) -> None:
    """The page has asked once more, and was answered."""
    with page.expect_response(lambda response: response.url.rstrip("/") == page.url.rstrip("/"), timeout=10_000):
        pass


def stays(page: Page) -> dict[str, Any]:
    """What must not be lost while a page is brought up to date."""
    found: dict[str, Any] = page.evaluate(
        """() => ({same: window.sameDocument === true, focus: document.activeElement.textContent.trim(), down: window.scrollY,
          open: [...document.querySelectorAll('details[open] > summary')].map(one => one.textContent.trim())})"""
    )
    return found


def test_what_another_does_is_seen_within_three_seconds_and_nothing_is_lost(office: Office, visit: Visit) -> None:
    office.count(1742)
    wall, coa = visit(office, "nl-ov", lang="en", size="tablet"), visit(office, "coa")
    open_board(wall)
    summary = wall.locator("main summary").first
    summary.click()
    wall.evaluate("() => window.scrollTo(0, 250)")
    before = stays(wall)
    assert before["open"] and before["focus"] == before["open"][0]
    coa.goto("/")
    follow(coa, "Een telling van Ter Apel doorgeven")
    coa.get_by_label("Wat er is geteld").select_option("withoutBed")
    coa.get_by_label("Hoeveel mensen").fill("45")
    press(coa, "Laten zien wat er gebeurt")
    press(coa, "Deze telling doorgeven")
    heading = wall.get_by_role("heading", level=1)
    expect(heading).to_contain_text("45 people have no bed tonight", timeout=WITHIN)
    expect(wall.get_by_role("link", name=re.compile("^You are asked for"))).to_be_visible()
    assert stays(wall) == before, "the same page, with focus, place and what was opened as they were"
    sentence = heading.inner_text()
    looked(wall)
    looked(wall)
    told = [one for one in wall.evaluate("() => window.readOut") if "45 people" in one]
    assert len(told) == 1, f"announced once, not {len(told)} times: {told} ({sentence})"
    assert stays(wall) == before


def test_an_open_page_costs_answers_without_a_body_while_nothing_changes(office: Office, visit: Visit) -> None:
    office.count(1742)
    wall = visit(office, "nl-ov", lang="en")
    open_board(wall)
    with wall.expect_response(lambda response: response.url.rstrip("/") == office.base) as asked:
        pass
    assert asked.value.status == 304
    assert wall.evaluate("() => window.readOut") == []


@pytest.fixture
def site(sqlite_databases: SqliteDatabases, forker: Forker, tmp_path: Path) -> Iterator[Site]:
    """A real `piket serve` that can be ended and started."""
    made = Site(forker, sqlite_databases.fresh("seeded", make_seeded), tmp_path)
    yield made
    made.close()


def sign_in(page: Page, key: str) -> None:
    page.goto("/sign-in")
    page.get_by_text("Sign in with a key of your organisation").click()
    page.get_by_label("Key of your organisation").fill(key)
    press(page, "Sign in with this key")
    expect(page.get_by_text("You act for COA").first).to_be_visible()


def test_a_page_outlives_a_restart_of_the_service(site: Site, visit: Visit) -> None:
    process = site.start()
    assert process.address is not None
    watch = Watch(process.address)
    page = visit(process.address, lang="en", watch=watch)
    sign_in(page, site.key)
    open_board(page)
    watch.away = True
    process.kill()
    expect(page.get_by_text(SILENT).first).to_be_visible(timeout=15_000)
    again = site.start(f"serve:{process.address.rpartition(':')[2]}")
    assert again.address == process.address
    expect(page.get_by_text(SILENT)).to_be_hidden(timeout=30_000)
    watch.away = False
    assert stays(page)["same"], "nobody had to load it again"
    follow(page, "Report a count of Ter Apel")
    expect(page.get_by_role("heading", level=1)).to_have_text("Report a count")
