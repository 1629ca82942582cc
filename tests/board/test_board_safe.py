"""Headers, caching, pages for errors, and the sheet of the look: contrast, and nothing from elsewhere."""

from __future__ import annotations

import dataclasses
import gzip
import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.board.browser import Browser, remarks
from tests.board.conftest import PASSWORD
from tests.client import Client
from tests.fakes import FakeClock
from tests.house import PACKAGE

Browsers = Callable[..., Browser]
SHEET = (PACKAGE / "board" / "static" / "board.css").read_text(encoding="utf-8")


def test_a_page_brings_no_script_within_it_and_lets_nothing_in(browser: Browsers) -> None:
    page = browser("coa").get()
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert re.findall(r"<script[^>]*>", page.html) == re.findall(
        r'<script src="/static/board\.js\?v=\w+" defer>', page.html
    )
    assert "style=" not in page.html


def test_an_unchanged_situation_is_not_sent_again(
    browser: Browsers, count: Callable[..., Any], clock: FakeClock
) -> None:
    visitor = browser("coa")
    first = visitor.get()
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = visitor.get(If_None_Match=first.headers["ETag"]).expect(304)
    assert again.html == ""
    assert again.headers["Cache-Control"] == "private, no-cache"
    count(1742)
    visitor.get(If_None_Match=first.headers["ETag"]).expect(200)


def test_a_situation_in_another_language_or_of_another_is_another(browser: Browsers) -> None:
    seen = {browser(code, accept=accept).get().headers["ETag"] for code in ("coa", "nl-ov") for accept in ("nl", "en")}
    assert len(seen) == 4


def test_a_page_kept_from_an_earlier_session_is_sent_anew(browser: Browsers, client: Callable[..., Client]) -> None:
    """Its forms hold a token that no longer counts."""
    visitor, key = browser(), client("coa").token or ""
    visitor.sign_in(key)
    kept = visitor.get().headers["ETag"]
    visitor.post("/sign-out", visitor.token("/"))
    visitor.sign_in(key)
    visitor.get(If_None_Match=kept).expect(200)


def test_a_file_is_kept_for_a_year_by_its_content_only(browser: Browsers) -> None:
    visitor = browser()
    address = re.findall(r'href="(/static/board\.css\?v=[0-9a-f]+)"', visitor.get("/sign-in").html)[0]
    kept = visitor.get(address).expect(200)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert kept.headers["Content-Type"].startswith("text/css")
    assert visitor.get("/static/board.css").headers["Cache-Control"] == "public, no-cache"
    assert visitor.get("/static/board.css?v=old").headers["Cache-Control"] == "public, no-cache"
    assert "Set-Cookie" not in kept.headers
    visitor.get("/static/missing.css").expect(404)


@pytest.mark.parametrize(("accept", "title"), [("nl", "Niet gevonden"), ("en", "Not found")])
def test_a_person_gets_a_page_for_what_is_not_there(browser: Browsers, accept: str, title: str) -> None:
    page = browser(accept=accept).get("/nothing").expect(404)
    assert page.headers["Content-Type"].startswith("text/html")
    assert title in page.text
    assert remarks(page.html) == []


def test_a_machine_gets_a_problem_for_what_is_not_there(app: Flask) -> None:
    answer = app.test_client().get("/nothing", headers={"Accept": "application/json"})
    assert answer.content_type == "application/problem+json"
    assert (
        app.test_client().get("/v1/nothing", headers={"Accept": "text/html"}).content_type == "application/problem+json"
    )


def test_a_mistake_of_ours_is_a_page_with_the_id_of_the_request(
    browser: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = browser("coa")

    def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("piket.board.situation.how_full", broken)
    page = visitor.get("/", X_Request_Id="night-1").expect(500)
    assert "night-1" in page.text
    assert "secret detail" not in page.html
    assert remarks(page.html) == []


def test_the_language_that_was_chosen_holds_for_errors_and_never_for_the_api(browser: Browsers) -> None:
    visitor = browser()
    visitor.post("/language", visitor.token("/sign-in"), language="en", back="/")
    assert "Not found" in visitor.get("/nothing").text
    assert "Een sleutel is nodig" not in visitor.get("/nothing").text
    assert '"code": "unauthenticated"' in visitor.get("/v1/situation").html
    assert visitor.get("/v1/situation").headers["Content-Language"] == "nl"


def test_cookies_are_secure_when_people_come_by_https(
    app: Flask, clock: FakeClock, client: Callable[..., Client], person: Callable[..., Any]
) -> None:
    there = app.extensions["piket"]
    secure = dataclasses.replace(there.settings, base_url="https://piket.example.nl")
    served = importlib.import_module("piket.app").create_app(secure, clock, {}, there.store)
    visitor = Browser(served, https=True)
    answer = visitor.sign_in(client("coa").token or "").expect(303)
    switched = visitor.post("/language", visitor.token("/"), language="en").expect(303)
    person()
    known = visitor.post("/sign-in", visitor.token("/"), name="jo@overijssel.example", password=PASSWORD).expect(303)
    for sent in (answer, switched, known):
        for cookie in sent.headers.getlist("Set-Cookie"):  # type: ignore[attr-defined]
            assert cookie.startswith("__Host-piket"), "taken by a browser from this very host alone"
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
            assert "Domain" not in cookie


@pytest.mark.parametrize("accept", ["nl", "en"])
def test_every_page_and_error_brings_the_policy_and_nothing_from_elsewhere(
    app: Flask, browser: Browsers, person: Callable[..., Any], count: Callable[..., Any], accept: str
) -> None:
    """Each address of the board, as an administrator sees it, with what is not there and what is not allowed."""
    count(2129)
    person(role="administrator")
    visitor = browser(accept=accept)
    visitor.sign_in_as("jo@overijssel.example", PASSWORD).expect(303)
    paths = [
        re.sub(r"<[^>]+>", "none", rule.rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())
    ]
    pages = [visitor.get(path) for path in [*paths, "/nothing", "/sign-out", "/turns/none"] if path != "/metrics"]
    pages += [browser(accept=accept).get("/sign-in"), visitor.post("/sign-out", "made up"), visitor.post("/", None)]
    assert {200, 303, 400, 404, 405} <= {page.status for page in pages}
    for page in pages:
        assert page.headers["Content-Security-Policy"] == (
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
        )
        assert page.headers["X-Frame-Options"] == "DENY"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        if page.headers.get("Content-Type", "").startswith("text/html") and page.status != 303:
            assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page.html)
            fetched = re.findall(r"""(?:src|srcset|href|action|data|poster)=["']([^"']*)""", page.html)
            assert [one for one in fetched if re.match(r"[a-z]+:|//", one) and not one.startswith("tel:")] == []


def test_a_test_clock_is_named_on_every_page(app: Flask, browser: Browsers, tmp_path: Path) -> None:
    assert "Testklok" not in browser().get("/sign-in").text
    there = app.extensions["piket"]
    there.settings = dataclasses.replace(there.settings, test_clock=tmp_path / "clock")
    assert "Testklok" in browser().get("/sign-in").text
    page = browser("coa").get()
    assert "Testklok" in page.text
    assert remarks(page.html) == []


def schemes() -> list[dict[str, str]]:
    """The named colours of the light scheme and of the dark one."""
    return [
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)[:2]
    ]


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 computes it."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_in_both_schemes(scheme: int) -> None:
    colours = schemes()[scheme]
    texts = "ink quiet action wrong done drill normal watch high overflow acute unknown".split()
    pairs = [(text, ground) for text in texts for ground in ("paper", "ground")]
    pairs += [("ink", "notice"), ("on-action", "action")]
    assert [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []
    edges = [("control", "paper"), ("control", "ground"), ("notice-line", "notice")]
    assert [pair for pair in edges if contrast(colours[pair[0]], colours[pair[1]]) < 3] == []


def test_the_sheet_is_small_and_fetches_nothing() -> None:
    assert len(SHEET.encode()) < 24_000
    assert "url(" not in SHEET
    assert "@import" not in SHEET
    assert "@font-face" not in SHEET


def test_every_class_of_a_page_is_in_the_sheet() -> None:
    used = set()
    for path in (PACKAGE / "board" / "templates" / "board").glob("*.html"):
        for names in re.findall(r'class="([^"]*)"', re.sub(r"\{%.*?%\}", " ", path.read_text(encoding="utf-8"))):
            used |= {name for name in names.split() if not re.search(r"[{}]|part\.level", name)}
    unknown = {name for name in used - {"level-"} if f".{name}" not in SHEET and name not in ("panel", "answer")}
    assert unknown <= {"language"}


def test_our_files_are_sent_small_to_who_can_read_that_and_pages_never(browser: Browsers) -> None:
    visitor = browser()
    http, base = visitor.http, {"base_url": visitor.base}
    for name in ("board.css", "board.js"):
        small = http.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"}, **base)
        assert small.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in small.headers["Vary"]
        assert gzip.decompress(small.data) == (PACKAGE / "board" / "static" / name).read_bytes()
        assert "Content-Encoding" not in http.get(f"/static/{name}", **base).headers
    assert "Content-Encoding" not in http.get("/sign-in", headers={"Accept-Encoding": "gzip"}, **base).headers
