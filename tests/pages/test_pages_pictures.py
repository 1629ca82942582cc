"""The main pages as pictures, for a person to look at: in `PIKET_SCREENSHOTS`, else in `tests/pages/screenshots/` (not in git).

Tests cannot see whether a page looks good. They see that it is there, that its pictures are, and that nothing is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from piket.drawing.gallery import Gallery
from tests.conftest import SCREENSHOTS
from tests.pages.conftest import SIZES, Visit
from tests.pages.office import Office
from tests.pages.test_pages_whole import opened
from tests.pages.ways import COUNT, SEND, Way

FOLDER = Path(os.environ.get(SCREENSHOTS) or Path(__file__).parent / "screenshots")
Shot = tuple[str, str, str]
SHOTS: dict[str, Shot] = {"desktop": ("desktop", "light", "screen"), "phone": ("phone", "light", "screen")}
# Of what is looked at for long, is printed, or hangs on a wall.
MORE_SHOTS: dict[str, Shot] = {
    "dark": ("desktop", "dark", "screen"),
    "tablet": ("tablet", "light", "screen"),
    "print": ("tablet", "light", "print"),
}
MAIN = {
    "situation": Way("board.show_situation", "/"),
    "situation-calm": Way("board.show_situation", "/", office="calm"),
    "situation-unknown": Way("board.show_situation", "/", office="unknown"),
    "occupancy": Way("board.show_occupancy", "/occupancy"),
    "rota": Way("board.show_rota", "/rota", "nl-ov"),
    "episode": Way("board.show_episode", "/episodes/{overflow}"),
    "call-up": Way("board.show_call_up", "/call-ups/{waiting}", "{asked}"),
    "mail": Way("board.show_alert", "{link_waiting}", None),
    "sign-in": Way("board.ask_who", "/sign-in", None),
    "count-wrong": Way("board.report_count", "/centres/ter-apel/count", typed={"people": "veel"}, press=SEND),
    "count-preview": Way("board.report_count", "/centres/ter-apel/count", typed=COUNT, press=SEND),
}
FORMS = ("mail", "sign-in", "count-wrong", "count-preview")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """One that draws for real, as the service does."""
    return Gallery(tmp_path_factory.mktemp("drawn"), children=1)


def drawn(gallery: Gallery, office: Office, page: Page, way: Way) -> None:
    """The page, once its pictures are drawn; asked for again when they were not."""
    opened(office, way, page)
    if page.locator("picture img").count() == 0 and way.press is None:
        for name in [*gallery._drawing, *gallery._waiting]:
            assert gallery.wait(name, 60)
        page.reload()


def printed(page: Page) -> None:
    """On paper stands everything that is said, and nothing to click."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for figure in page.locator(".figure").all():
        expect(figure).to_be_visible()
    for hidden in (page.locator("nav"), page.locator(".language"), page.locator("a.skip")):
        expect(hidden.locator("visible=true")).to_have_count(0)


@pytest.mark.parametrize("name", MAIN)
def test_a_main_page_is_photographed(
    shown: Callable[[str], Office], visit: Visit, gallery: Gallery, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    way = MAIN[name]
    office = shown(way.office)
    monkeypatch.setattr(office.deps, "gallery", gallery)
    page = visit(office, way.who.format(**office.ids) if way.who else None)
    drawn(gallery, office, page, way)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for shot, (size, scheme, media) in (SHOTS if name in FORMS else {**SHOTS, **MORE_SHOTS}).items():
        page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
        page.emulate_media(color_scheme=scheme, media=media)  # type: ignore[arg-type]
        for picture in page.locator("picture img").all():
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("async one => { await one.decode(); return one.naturalWidth; }") > 0
        if media == "print":
            printed(page)
        page.screenshot(path=FOLDER / f"{name}-{shot}.png", full_page=True)
