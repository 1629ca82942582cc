"""The fourth floor: pages in a real browser, of a real service over HTTP on this machine.

A Chromium for each test process, a context of its own for each visitor. SQLite alone: what a store does differently is looked
at by the floors beneath, and a browser sees nothing of it. Without a Chromium one test says so, and nothing else here runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import make_seeded
from tests.databases import SqliteDatabases
from tests.pages import chromium, evenings
from tests.pages.looking import DESKTOP, PHONE
from tests.pages.office import Office
from tests.pages.watching import Watch
from tests.stories.installation import Forker

collect_ignore_glob = [] if chromium.where() else ["test_pages_[!c]*.py"]

SIZES = {"desktop": DESKTOP, "tablet": (820, 1180), "phone": PHONE}
LOCALES = {"nl": "nl-NL", "en": "en-GB"}
Visit = Callable[..., Page]
expect.set_options(timeout=10_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for this test process."""
    with chromium.running() as running:
        yield running


@pytest.fixture(scope="session")
def _offices(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []
    folder = tmp_path_factory.mktemp("pictures")

    def make(**how: Any) -> Office:
        made.append(Office(sqlite_databases.fresh("seeded", make_seeded), folder, **how))
        return made[-1]

    yield make
    for office in made:
        office.close()


@pytest.fixture
def make_office(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """`make_office(email=channel)`: an installation of this test alone."""
    made: list[Office] = []

    def make(**how: Any) -> Office:
        made.append(Office(sqlite_databases.fresh("seeded", make_seeded), tmp_path, **how))
        return made[-1]

    yield make
    for office in made:
        office.close()


@pytest.fixture
def office(make_office: Callable[..., Office]) -> Office:
    """An installation of this test alone, at Monday 16 September 2024, 14.00 hours; Overijssel is on duty."""
    return make_office()


@pytest.fixture(scope="session")
def shown(_offices: Callable[..., Office]) -> Callable[[str], Office]:
    """`shown("evening")`, `"calm"`, `"unknown"`: installations that are only looked at, shared by the tests of a process."""
    kept: dict[str, Office] = {}

    def show(name: str) -> Office:
        if name not in kept:
            kept[name] = _offices()
            getattr(evenings, name)(kept[name])
        return kept[name]

    return show


@pytest.fixture(scope="session")
def _kept_pages(browser: Browser) -> Iterator[Callable[[str], Page]]:
    kept: dict[str, Page] = {}

    def page(lang: str) -> Page:
        if lang not in kept:
            kept[lang] = browser.new_page(locale=LOCALES[lang])
        return kept[lang]

    yield page
    for one in kept.values():
        one.context.close()


@pytest.fixture
def glance(_kept_pages: Callable[[str], Page]) -> Iterator[Visit]:
    """`glance(office, "coa", "en")`: a page to look with, as of this visitor. Kept for the next test, because a new one costs
    more than what is looked at."""
    watches: list[tuple[Page, Watch]] = []

    def open_page(office: Office, code: str | None, lang: str) -> Page:
        page = _kept_pages(lang)
        page.goto("about:blank")
        page.context.clear_cookies()
        if code is not None:
            page.context.add_cookies([{"name": "piket", "value": office.cookie(code), "url": office.base}])
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        watches.append((page, Watch(office.base)))
        return watches[-1][1].over(page)

    yield open_page
    for page, watch in watches:
        watch.leave(page)
    assert [fault for _, watch in watches for fault in watch.faults] == []


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """`visit(office, "coa")`: a page of somebody of COA who has signed in; `size="phone"`, `script=False`, `lang="en"`.

    Whatever such a page complains of, or asks of others than this service, fails the test. `where` is the address of a service
    that is not an `Office`.
    """
    contexts, watches = [], []

    def open_page(
        office: Office | str, code: str | None = None, *, lang: str = "nl", size: str = "desktop", script: bool = True,
        watch: Watch | None = None, **more: Any,
    ) -> Page:  # fmt: skip
        base = office if isinstance(office, str) else office.base
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=base, locale=LOCALES[lang], viewport={"width": width, "height": height}, java_script_enabled=script,
            is_mobile=size == "phone", has_touch=size == "phone", **more,
        )  # fmt: skip
        contexts.append(context)
        if code is not None and isinstance(office, Office):
            context.add_cookies([{"name": "piket", "value": office.cookie(code), "url": base}])
        watches.append(watch or Watch(base))
        return watches[-1].over(context.new_page())

    yield open_page
    for context in contexts:
        context.close()
    assert [fault for watch in watches for fault in watch.faults] == []


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """Starts real processes, for the stories that end them."""
    running = Forker()
    yield running
    running.stop()
