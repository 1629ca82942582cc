"""The pages of the pictures, and the pictures on the situation: there, on their way, failed, or switched off."""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from piket.board.pictures import pages
from piket.drawing.gallery import CHILD, Gallery
from tests.board.browser import Browser, Page, remarks
from tests.board.test_board_situation import answer
from tests.client import Client
from tests.fakes import FakeClock

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
Count = Callable[..., Any]

OBEDIENT = """
import base64, json, sys
given = json.load(sys.stdin)
svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>%s</text></svg>'
print(json.dumps({form: base64.b64encode((svg % form).encode()).decode() for form in given["forms"]}))
"""
SLOW = "import time\ntime.sleep(30)"


@pytest.fixture
def hang(app: Flask, tmp_path: Path) -> Callable[..., Gallery]:
    """`hang()`: this service draws, by a child that is quick; `hang(SLOW)`: by another one."""

    def put(script: str | None = OBEDIENT, folder: str = "pictures", **more: Any) -> Gallery:
        command = CHILD if script is None else (sys.executable, "-I", "-c", script)
        gallery = Gallery(tmp_path / folder, command=command, **more)
        app.extensions["piket"].gallery = gallery
        return gallery

    return put


def plain(text: str) -> str:
    """With a hyphen where nothing was counted."""
    return text.replace("\N{EN DASH}", "-")


def drawn(browser: Browser, path: str, gallery: Gallery) -> Page:
    """The page once its picture is there."""
    browser.get(path).expect(200)
    gallery.wait("", 0)
    for name in [*gallery._drawing, *gallery._waiting]:
        assert gallery.wait(name, 60)
    return browser.get(path).expect(200)


def addresses(page: Page) -> list[str]:
    found = re.findall(r'(?:srcset|src)="(/pictures/[^"]+)"', page.html)
    return [unescape(one) for one in found]


def episode_of(client: Clients) -> str:
    found: str = client("coa").get("overflows").items[0]["id"]
    return found


def test_the_situation_shows_sixty_days_with_one_sentence_and_a_table(
    browser: Browsers, count: Count, clock: FakeClock
) -> None:
    count(1990)
    clock.advance(days=2)
    count(2129)
    page = browser("coa").get().expect(200)
    past = plain(page.section("past"))
    assert "Afbeeldingen staan hier uit. In de tabel hieronder staan dezelfde cijfers." in past
    assert "Geteld op 2 van de 60 dagen van 21 juli 2024 tot en met 18 september 2024" in past
    assert "1 dag boven het maximum van 2.000; 58 dagen onbekend" in past
    assert "18 sep 2.129 - - 17 sep onbekend 16 sep 1.990 - -" in past
    assert remarks(page.html) == []


def test_a_fresh_installation_shows_unknown_and_no_zero(browser: Browsers) -> None:
    past = browser("coa").get().section("past")
    assert "Het is dus onbekend hoeveel mensen er waren." in past


def test_a_picture_appears_when_it_is_drawn(browser: Browsers, count: Count, hang: Callable[..., Gallery]) -> None:
    count(2129)
    gallery, visitor = hang(), browser("coa")
    first = visitor.get().expect(200)
    page = drawn(visitor, "/", gallery)
    if "wordt getekend" in first.text:
        assert first.headers["ETag"] != page.headers["ETag"]
    assert "wordt getekend" not in page.text
    sources = addresses(page)
    assert [re.findall(r"/(\w+-\w+)\.svg", one)[0] for one in sources] == [
        "wide-light", "narrow-dark", "narrow-light", "wide-dark", "wide-light",
    ]  # fmt: skip
    assert 'alt="Geteld op 1 van de 60 dagen' in page.html
    assert remarks(page.html) == []
    assert page.headers["ETag"] == visitor.get().headers["ETag"]


def test_a_picture_is_kept_for_a_year_and_is_only_for_who_is_signed_in(
    browser: Browsers, count: Count, hang: Callable[..., Gallery]
) -> None:
    count(2129)
    gallery, visitor = hang(), browser("coa")
    address = addresses(drawn(visitor, "/", gallery))[0]
    file = visitor.get(address).expect(200)
    assert file.headers["Content-Type"].startswith("image/svg+xml")
    assert file.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert file.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "<svg" in file.html
    assert browser().get(address).expect(303).headers["Location"].startswith("/sign-in")


def test_a_picture_is_compressed_for_who_can_read_that(
    browser: Browsers, count: Count, hang: Callable[..., Gallery]
) -> None:
    count(2129)
    gallery, visitor = hang(), browser("coa")
    address = addresses(drawn(visitor, "/", gallery))[0]
    reply = visitor.http.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert reply.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in reply.headers["Vary"]
    assert gzip.decompress(reply.get_data()).startswith(b"<svg")
    refused = visitor.http.get(address, headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in refused.headers


def test_another_count_is_another_picture(browser: Browsers, count: Count, hang: Callable[..., Gallery]) -> None:
    gallery, visitor = hang(), browser("coa")
    count(1990)
    before = addresses(drawn(visitor, "/", gallery))
    count(1995, "present")
    assert set(before) & set(addresses(drawn(visitor, "/", gallery))) == set()


def test_what_waits_for_confirmation_and_what_was_corrected_is_not_in_the_picture(
    browser: Browsers, count: Count, client: Clients, clock: FakeClock
) -> None:
    count(1990)
    wrong = count(1995, "present")
    client("coa").post(f"counts/{wrong['id']}/corrections", {"people": 1985, "reason": "tikfout"}).expect(201)
    clock.advance(hours=1)
    count(2900, "present")
    past = plain(browser("coa").get().section("past"))
    assert "16 sep 1.990 1.985 -" in past
    assert "2.900" not in past


@pytest.mark.parametrize(("script", "limit", "said"), [
    (SLOW, 0.2, "kon niet worden getekend"), ("import sys; sys.exit(3)", 5.0, "kon niet worden getekend"),
    (SLOW, 20.0, "wordt getekend"),
])  # fmt: skip
def test_a_child_that_hangs_or_fails_leaves_the_table_and_a_sentence(
    browser: Browsers, count: Count, hang: Callable[..., Gallery], script: str, limit: float, said: str
) -> None:
    count(2129)
    gallery, visitor = hang(script, time_limit=limit), browser("coa")
    visitor.get().expect(200)
    if limit < 20:
        for name in list(gallery._drawing):
            assert not gallery.wait(name, 30)
    page = visitor.get().expect(200)
    assert said in page.section("past")
    assert "16 sep 2.129" in page.section("past")
    assert addresses(page) == []
    assert remarks(page.html) == []


def test_another_process_draws_what_this_address_describes(
    browser: Browsers, count: Count, hang: Callable[..., Gallery]
) -> None:
    """The page came from one machine, the picture is asked of another one."""
    count(2129)
    visitor = browser("coa")
    address = addresses(drawn(visitor, "/", hang()))[0]
    there = hang(folder="other")
    assert "<svg" in visitor.get(address).expect(200).html
    assert list(there.folder().glob("*/wide-light.svg"))


def test_a_picture_of_figures_that_have_changed_is_not_drawn_again(
    browser: Browsers, count: Count, hang: Callable[..., Gallery]
) -> None:
    count(2129)
    visitor = browser("coa")
    address = addresses(drawn(visitor, "/", hang()))[0]
    count(2180, "present")
    there = hang(folder="other")
    visitor.get(address).expect(404)
    assert not list(there.folder().glob("*/wide-light.svg"))


@pytest.mark.parametrize("address", [
    "/pictures/" + "a" * 32 + "/wide-light.svg", "/pictures/x/wide-light.svg", "/pictures/" + "a" * 32 + "/..%2F..%2Fx.svg",
    "/pictures/" + "a" * 32 + "/wide-light.svg?of=days&centre=ter-apel&first=x&last=y",
    "/pictures/" + "a" * 32 + "/wide-light.svg?of=days&centre=nowhere&first=2024-01-01&last=2024-01-02",
    "/pictures/" + "a" * 32 + "/wide-light.svg?of=days&centre=ter-apel&first=9999-12-31&last=9999-12-31",
    "/pictures/" + "a" * 32 + "/wide-light.svg?of=days&centre=ter-apel&first=0001-01-01&last=0001-01-01",
    "/pictures/" + "a" * 32 + "/wide-light.svg?of=days&centre=ter-apel&first=2024-02-01&last=2024-01-01",
    "/pictures/" + "a" * 32 + "/wide-light.svg?of=episode&id=none", "/pictures/" + "a" * 32 + "/wide-light.svg?of=x",
])  # fmt: skip
def test_an_address_of_no_picture_is_not_found(browser: Browsers, hang: Callable[..., Gallery], address: str) -> None:
    hang()
    page = browser("coa").get(address).expect(404)
    assert remarks(page.html) == []


def test_not_everybody_may_wait_for_a_picture_at_once(
    browser: Browsers, count: Count, hang: Callable[..., Gallery], monkeypatch: pytest.MonkeyPatch
) -> None:
    count(2129)
    visitor = browser("coa")
    address = addresses(drawn(visitor, "/", hang()))[0]
    hang(folder="other")
    monkeypatch.setattr(pages._waiters, "acquire", lambda blocking: False)
    visitor.get(address).expect(404)


def test_the_map_says_who_has_duty_and_who_answered_what(
    browser: Browsers, client: Clients, count: Count, clock: FakeClock
) -> None:
    count(2129)
    overijssel = client("nl-ov")
    answer(overijssel, clock, 120)
    page = browser("coa").get()
    shown = page.section("map")
    assert "OV Overijssel: piketdienst , 0 vrij 120 van 179" in shown
    assert "UT Utrecht: achterwacht , 0 vrij afgeroepen" in shown
    assert "Overijssel piketdienst 0 120 van 179 toegezegd" in shown
    assert "Utrecht achterwacht 0 afgeroepen, nog geen antwoord" in shown
    clock.advance(hours=2)
    assert "UT Utrecht: achterwacht , 0 vrij geen antwoord" in browser("coa").get().section("map")
    assert re.findall(r'class="tile[^"]*".*?<span aria-hidden="true">(\w\w)</span>', page.html) == (
        "FR GR NH FL DR ZH UT OV ZE NB GE LI".split()
    )


def test_a_call_up_is_a_bar_that_fills(browser: Browsers, client: Clients, count: Count, clock: FakeClock) -> None:
    count(2129)
    answer(client("nl-ov"), clock, 120, in_view=20)
    html = browser("coa").get().html
    assert '<rect class="promised" x="0" y="0" width="670" height="10"></rect>' in html
    assert '<rect class="view" x="670" y="0" width="112" height="10"></rect>' in html


@pytest.mark.parametrize("accept", ["nl", "en"])
@pytest.mark.parametrize("path", ["/occupancy", "/occupancy?year=2024", "/occupancy?month=2024-09", "/occupancy?all=1",
                                  "/rota", "/rota?year=2023", "/rota?year=2030", "/episodes/"])  # fmt: skip
def test_every_page_of_pictures_reads_well(
    browser: Browsers,
    client: Clients,
    count: Count,
    clock: FakeClock,
    hang: Callable[..., Gallery],
    path: str,
    accept: str,
) -> None:
    count(1700, ago=timedelta(hours=20))
    count(2129, "present")
    answer(client("nl-ov"), clock, 120, in_view=20)
    whole = path + episode_of(client) if path.endswith("/") else path
    page = drawn(browser("nl-ov", accept), whole, hang())
    assert remarks(page.html) == []
    assert page.headers["Cache-Control"] == "no-store"
    assert "style=" not in page.html
    assert ("You act for" if accept == "en" else "U handelt voor") in page.text


@pytest.mark.parametrize("path", ["/occupancy", "/rota", "/episodes/x"])
def test_a_page_of_pictures_asks_to_sign_in(browser: Browsers, path: str) -> None:
    assert browser().get(path).expect(303).headers["Location"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/occupancy?year=24", 400), ("/occupancy?month=2024-13", 400), ("/rota?year=x", 400), ("/occupancy?centre=x", 404),
        ("/episodes/x", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_friendly_page(browser: Browsers, path: str, status: int) -> None:
    page = browser("coa").get(path).expect(status)
    assert remarks(page.html) == []


def test_months_and_years_show_imported_counts_and_say_what_they_are(
    browser: Browsers, client: Clients, count: Count
) -> None:
    lines = ["observedAt,definition,people,note", "2024-03-09T07:00:00+01:00,nightBeds,2002,openbaar"]
    lines += ["2022-05-24T07:00:00+02:00,nightBeds,2144,openbaar", "2022-08-24T23:30:00+02:00,withoutBed,700,openbaar"]
    client("coa").post("centres/ter-apel/count-imports", data="\n".join(lines), content_type="text/csv").expect(201)
    visitor = browser("coa")
    page = visitor.get("/occupancy?year=2022")
    assert "24 mei 2.144 - -" in plain(page.section("figures"))
    assert "24 aug - - 700" in plain(page.section("figures"))
    assert "onvolledig en geen officiële reeks" in page.text
    assert "Geteld op 1 van de 365 dagen" in page.section("picture")
    assert ">2022</a>" in page.html
    assert "9 mrt 2.002" in visitor.get("/occupancy?month=2024-03").section("figures")
    count(1990)
    assert "officiële reeks" not in visitor.get("/occupancy?month=2024-09").text


def test_the_overflows_of_a_period_lead_to_their_course(browser: Browsers, client: Clients, count: Count) -> None:
    count(2129)
    visitor = browser("coa")
    episode = episode_of(client)
    assert f'href="/episodes/{episode}"' in visitor.get("/occupancy").html
    page = visitor.get(f"/episodes/{episode}").expect(200)
    assert page.sentence == "Overloop in Ter Apel, vanaf 14.00 uur"
    assert "Er begon een overloop met 2.129 mensen. Nodig: 179 plekken." in page.section("course")
    assert "Overijssel is afgeroepen voor 179 plekken." in page.section("course")
    assert "nl-ov" not in page.section("course")
    assert "0 van de 179 plekken toegezegd, nog 179 te weinig" in page.section("need")
    assert "Overijssel 179 plekken gevraagd, nog niets toegezegd" in page.section("calls")


def test_the_year_of_the_rota_says_who_has_duty_when(browser: Browsers) -> None:
    page = browser("nl-ov").get("/rota").expect(200)
    assert "september Noord-Holland 1 t/m 10 sep Overijssel 11 t/m 24 sep nu Utrecht 25 t/m 30 sep" in page.section(
        "calendar"
    )
    assert "wo 11 sep 12.00 uur nu Overijssel Utrecht gevraagd, nog niet gezegd: onbekend volgens het rooster" in plain(
        page.section("turns")
    )
    assert "Het rooster is een voorstel" in page.text
    assert page.html.count(" own") == 2
    nothing = browser("nl-ov").get("/rota?year=2023")
    assert "Voor dit jaar zijn geen beurten vastgelegd." in nothing.section("turns")


def test_the_situation_with_its_pictures_weighs_little(
    browser: Browsers, client: Clients, count: Count, clock: FakeClock, hang: Callable[..., Gallery]
) -> None:
    """A busy evening after sixty days of counts, drawn for real: page, sheet and the one picture that a browser fetches."""
    lines = ["observedAt,definition,people,note"]
    for ago in range(3, 60):
        at = clock() - timedelta(days=ago)
        lines += [
            f"{at.isoformat()},nightBeds,{1900 + ago * 7 % 200},x",
            f"{at.isoformat()},present,{1950 + ago * 11 % 200},x",
        ]
    client("coa").post("centres/ter-apel/count-imports", data="\n".join(lines), content_type="text/csv").expect(201)
    count(2129)
    count(45, "withoutBed")
    answer(client("nl-ov"), clock, 60, in_view=20)
    visitor = browser("coa")
    page = drawn(visitor, "/", hang(None, time_limit=60.0))
    sheet = visitor.get(re.findall(r'href="(/static/board\.css[^"]+)"', page.html)[0])
    picture = visitor.http.get(addresses(page)[0], headers={"Accept-Encoding": "gzip"})
    weight = len(page.html.encode()) + len(sheet.html.encode()) + len(picture.get_data())
    assert weight < 60_000, weight
