"""The gallery: asking never waits, a child that hangs or fails harms nobody, the same sheet is the same picture."""

from __future__ import annotations

import gzip
import os
import stat
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from piket.drawing import gallery as gallery_module
from piket.drawing.gallery import Gallery
from piket.drawing.paper import (
    MAIL,
    SCREEN,
    EpisodeSheet,
    Lane,
    Level,
    OccupancySheet,
    Remark,
    Series,
    Sheet,
    Stretch,
    Tick,
    name_of,
    read,
    size_of,
    written,
)

SHEET = OccupancySheet(
    days=10, low=1800, high=2200, people=(Tick(1800, "1.800"), Tick(2000, "2.000")), dates=(Tick(0, "7 sep"), Tick(8, "15 sep")),
    levels=(Level("norm", 2000, "maximum 2.000"), Level("high", 1900, "bijna vol 1.900")),
    series=(
        Series("geslapen", "dot", (((0.5, 1990), (1.5, 2010)), ((6.5, 2129),))),
        Series("op het terrein", "diamond", (((5.5, 2080),),)),
    ),
    gaps=(Stretch(2, 6, "onbekend"),), episodes=(Stretch(6.3, 10, "overloop"),), remarks=(Remark(6.5, 2129, "2.129"),),
    without_bed=Series("zonder bed", "dot", (((6.5, 45),),)),
)  # fmt: skip
EPISODE = EpisodeSheet(
    hours=12.0, high=200, places=(Tick(0, "0"), Tick(100, "100")), moments=(Tick(2.5, "22.00"),),
    needed=((0.0, None), (1.0, 179)), promised=((0.0, 0), (2.0, 120)), needed_label="nodig 179", promised_label="toegezegd 120",
    lanes=(Lane("Overijssel", 0.0, 1.2, "partly", "120 van 179"), Lane("Utrecht", 1.2, 1.2, "open", "wacht")),
)  # fmt: skip

# Stands in for the child: what it is told to do decides what comes back.
OBEDIENT = """
import base64, json, sys
given = json.load(sys.stdin)
print(json.dumps({form: base64.b64encode(f"{form} of {given['days']}".encode()).decode() for form in given["forms"]}))
"""
SLOW = "import time\ntime.sleep(60)"
BROKEN = "import sys\nsys.exit('no ink')"
CHATTERING = "print('this is no picture')"


def child(script: str) -> Sequence[str]:
    return (sys.executable, "-I", "-c", script)


@pytest.fixture
def hang(tmp_path: Path) -> Callable[..., Gallery]:
    """A gallery in a fresh folder whose children run this script."""
    return lambda script=OBEDIENT, **more: Gallery(tmp_path / "pictures", command=child(script), **more)


def shown(gallery: Gallery, sheet: Sheet, forms: tuple[str, ...] = SCREEN) -> bool:
    gallery.ask(sheet, forms)
    return gallery.wait(name_of(sheet, forms), 60)


def test_asking_never_waits_and_what_is_drawn_stays(hang: Callable[..., Gallery]) -> None:
    gallery = hang()
    begun = time.monotonic()
    assert gallery.ask(SHEET) == "drawing"
    assert time.monotonic() - begun < 0.5
    assert gallery.wait(name_of(SHEET), 30)
    assert gallery.ask(SHEET) == "ready"
    data = gallery.find(name_of(SHEET), "wide-light.svg")
    assert data is not None
    assert gzip.decompress(data) == b"wide-light.svg of 10"


def test_another_process_finds_what_one_has_drawn(hang: Callable[..., Gallery]) -> None:
    assert shown(hang(), SHEET)
    assert hang(BROKEN).ask(SHEET) == "ready"


def test_a_child_that_hangs_is_ended_and_not_tried_again_at_once(hang: Callable[..., Gallery]) -> None:
    gallery = hang(SLOW, time_limit=0.3)
    begun = time.monotonic()
    assert not shown(gallery, SHEET)
    assert time.monotonic() - begun < 10
    assert gallery.ask(SHEET) == "failed"
    assert gallery.find(name_of(SHEET), "wide-light.svg") is None


@pytest.mark.parametrize("script", [BROKEN, CHATTERING, "", "print('{\"wide-light.svg\": 3}')"])
def test_a_child_that_fails_leaves_nothing_behind(
    hang: Callable[..., Gallery], script: str, caplog: pytest.LogCaptureFixture
) -> None:
    gallery = hang(script)
    assert not shown(gallery, SHEET)
    assert gallery.ask(SHEET) == "failed"
    assert not list(gallery.folder().glob("*-light.svg"))
    assert "a picture was not drawn" in caplog.text


def test_a_program_that_is_not_there_fails_like_any_other(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "pictures", command=("/no/such/program",))
    assert not shown(gallery, SHEET)
    assert gallery.ask(SHEET) == "failed"


def test_what_failed_is_tried_again_after_a_while(
    hang: Callable[..., Gallery], monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = hang(BROKEN)
    assert not shown(gallery, SHEET)
    monkeypatch.setattr(gallery_module, "FAILED_SECONDS", 0.0)
    gallery._command = child(OBEDIENT)
    assert shown(gallery, SHEET)


def test_not_more_children_than_allowed_draw_at_once(tmp_path: Path) -> None:
    counting = f"""
import os, pathlib, sys, time, json, base64
here = pathlib.Path({str(tmp_path)!r}) / "running"
here.mkdir(exist_ok=True)
(here / str(os.getpid())).touch()
(here.parent / "most").open("a").write(f"{{len(list(here.iterdir()))}} ")
time.sleep(0.2)
(here / str(os.getpid())).unlink()
print(json.dumps({{"mail.png": base64.b64encode(b"x").decode()}}))
"""
    gallery = Gallery(tmp_path / "pictures", children=2, command=child(counting))
    sheets = [replace(SHEET, days=days) for days in range(20, 27)]
    assert {gallery.ask(sheet, MAIL) for sheet in sheets} == {"drawing"}
    assert all(gallery.wait(name_of(sheet, MAIL), 30) for sheet in sheets)
    seen = [int(number) for number in (tmp_path / "most").read_text().split()]
    assert len(seen) == len(sheets)
    assert max(seen) <= 2


def test_what_waits_is_bounded_and_the_newest_wish_stays(
    hang: Callable[..., Gallery], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_module, "MOST_WAITING", 2)
    gallery = hang(SLOW, children=1, time_limit=5)
    sheets = [replace(SHEET, days=days) for days in range(20, 25)]
    for sheet in sheets:
        gallery.ask(sheet)
    assert list(gallery._waiting) == [name_of(sheets[-2]), name_of(sheets[-1])]


def test_without_children_nothing_is_drawn_and_no_folder_is_made(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path / "pictures", children=0)
    assert gallery.ask(SHEET) == "off"
    assert not (tmp_path / "pictures").exists()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("../" + "a" * 29, "wide-light.svg"), ("a" * 32, "../../etc/passwd"), ("a" * 31, "wide-light.svg"),
        ("A" * 32, "mail.png"), ("", ""), ("a" * 32 + "\n", "mail.png"), ("fonts", "fontlist.json"),
    ],
)  # fmt: skip
def test_only_names_of_pictures_are_looked_for(hang: Callable[..., Gallery], name: str, form: str) -> None:
    assert hang().find(name, form) is None


def test_the_folder_is_ours_alone(hang: Callable[..., Gallery]) -> None:
    assert stat.S_IMODE(hang().folder().stat().st_mode) == 0o700


def test_a_folder_that_others_may_write_in_is_not_used(tmp_path: Path) -> None:
    theirs = tmp_path / "pictures"
    theirs.mkdir()
    theirs.chmod(0o777)
    gallery = Gallery(theirs, command=child(OBEDIENT))
    assert gallery.folder() != theirs
    (tmp_path / "link").symlink_to(tmp_path)
    assert Gallery(tmp_path / "link").folder() != tmp_path / "link"


def test_what_was_looked_at_longest_ago_goes_when_the_folder_is_full(hang: Callable[..., Gallery]) -> None:
    gallery = hang(keep_bytes=400)
    sheets = [replace(SHEET, days=days) for days in range(20, 26)]
    for age, sheet in enumerate(sheets):
        assert shown(gallery, sheet)
        os.utime(gallery.folder() / name_of(sheet), (age, age))
    there = [sheet.days for sheet in sheets if gallery.has(name_of(sheet))]
    assert there
    assert 20 not in there
    assert 25 in there


def test_the_child_knows_no_secret(hang: Callable[..., Gallery], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIKET_SECRET_KEY", "secret")
    assert not [key for key in hang()._environment() if key.startswith("PIKET")]


@pytest.mark.parametrize("sheet", [SHEET, EPISODE, replace(SHEET, without_bed=None)])
def test_a_sheet_is_read_as_it_was_written(sheet: Sheet) -> None:
    assert read(written(sheet, SCREEN)) == (sheet, SCREEN)


def test_the_name_is_of_everything_on_the_sheet_and_of_nothing_else() -> None:
    assert name_of(SHEET) == name_of(replace(SHEET))
    others = [replace(SHEET, days=11), replace(SHEET, gaps=()), replace(SHEET, remarks=(Remark(6.5, 2129, "2,129"),))]
    assert len({name_of(SHEET), name_of(SHEET, MAIL), *(name_of(other) for other in others)}) == 5


@pytest.mark.parametrize("sheet", [SHEET, EPISODE], ids=["occupancy", "episode"])
def test_a_real_child_draws_every_form_twice_the_same(tmp_path: Path, sheet: Sheet) -> None:
    """The one test that starts matplotlib: whole, readable, of the right size, and the same bytes for the same sheet."""
    forms = (*SCREEN, *MAIL)
    one, other = Gallery(tmp_path / "one"), Gallery(tmp_path / "other")
    assert shown(one, sheet, forms)
    assert shown(other, sheet, forms)
    name = name_of(sheet, forms)
    for form in forms:
        data = one.find(name, form)
        assert data is not None
        assert data == other.find(name, form)
        if form.endswith(".svg"):
            check_svg(gzip.decompress(data), sheet, form)
            assert len(data) < 6_000
        else:
            assert data.startswith(b"\x89PNG")
            assert len(data) < 40_000


def check_svg(data: bytes, sheet: Sheet, form: str) -> None:
    """Words are words, nothing is fetched or run, and no date is in it."""
    text = data.decode()
    whole = ET.fromstring(text)
    width, height = size_of(sheet, form)
    assert whole.get("viewBox") == f"0 0 {width} {height}"
    said = " ".join(part for part in whole.itertext())
    expected = (
        ["maximum", "2.000", "zonder bed", "2.129"] if isinstance(sheet, OccupancySheet) else ["nodig 179", "wacht"]
    )
    assert [word for word in expected if word not in said] == []
    assert "<script" not in text
    assert "DejaVu" not in text
    assert [tag for tag in ("<image", "<metadata", "<!--", "dc:date") if tag in text] == []
    assert not [
        part for part in whole.iter() for key, value in part.attrib.items() if "href" in key and value[:1] != "#"
    ]


def test_the_service_never_imports_matplotlib() -> None:
    script = (
        "import sys, piket.app, piket.serve, piket.cli; sys.exit('matplotlib' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
