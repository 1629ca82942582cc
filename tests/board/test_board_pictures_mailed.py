"""The picture inside a mail: the one that lies ready or none, never waited for, never in the way of a mail."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from piket.alerts.channels import Illustration, Message, PictureWish
from piket.alerts.channels.email import EmailChannel
from piket.app import open_deps
from piket.board.pictures import mailed
from piket.board.pictures.mailed import Painter
from piket.deps import Deps
from piket.drawing.gallery import Gallery
from piket.settings import Settings
from tests.board.test_board_pictures import OBEDIENT
from tests.fakes import START, FakeChannel, FakeClock

Count = Callable[..., Any]
SLOW = "import time\ntime.sleep(30)"


@pytest.fixture
def painter(app: Flask, tmp_path: Path) -> Callable[..., Painter]:
    """`painter()` draws by a quick child; `painter(script)` by another one."""

    def make(script: str = OBEDIENT, **more: Any) -> Painter:
        deps: Deps = app.extensions["piket"]
        deps.gallery = Gallery(tmp_path / "pictures", command=(sys.executable, "-I", "-c", script), **more)
        return Painter(deps)

    return make


def wish(clock: FakeClock, minutes: int = 20) -> PictureWish:
    return PictureWish("ter-apel", "nl", clock() - timedelta(minutes=minutes))


def settled(painter: Painter) -> None:
    """What was begun is done."""
    until = time.monotonic() + 30
    while painter._painting and time.monotonic() < until:
        time.sleep(0.01)
    assert not painter._painting


def test_the_first_mail_goes_without_and_the_next_one_has_the_picture(
    painter: Callable[..., Painter], count: Count, clock: FakeClock
) -> None:
    count(2129)
    paint = painter()
    begun = time.monotonic()
    assert paint(wish(clock), clock()) is None
    assert time.monotonic() - begun < 0.5
    settled(paint)
    found = paint(wish(clock), clock())
    assert found is not None
    assert b"mail.png" in found.content
    assert found.words.startswith("Geteld op 1 van de 60 dagen")
    assert found.words.endswith("Stand van ma 16 sep 2024 14.00 uur.")


def test_a_picture_of_before_the_count_is_not_sent_with_it(
    painter: Callable[..., Painter], count: Count, clock: FakeClock
) -> None:
    count(1990)
    paint = painter()
    paint(wish(clock), clock())
    settled(paint)
    clock.advance(minutes=5)
    count(2129, "present")
    assert paint(wish(clock, 0), clock()) is None
    settled(paint)
    found = paint(wish(clock, 0), clock())
    assert found is not None
    assert "2.129" in found.words


def test_a_picture_that_grew_old_is_drawn_anew(painter: Callable[..., Painter], count: Count, clock: FakeClock) -> None:
    count(1990)
    paint = painter()
    paint(wish(clock), clock())
    settled(paint)
    clock.advance(minutes=30)
    assert paint(wish(clock), clock()) is None
    settled(paint)
    assert paint(wish(clock), clock()) is not None


@pytest.mark.parametrize("script", ["import sys; sys.exit(1)", SLOW])
def test_a_child_that_fails_or_hangs_leaves_the_mail_without(
    painter: Callable[..., Painter], count: Count, clock: FakeClock, script: str
) -> None:
    count(2129)
    paint = painter(script, time_limit=0.2)
    for _ in range(3):
        assert paint(wish(clock), clock()) is None
        settled(paint)


def test_a_centre_that_is_not_there_or_a_store_in_trouble_harms_nobody(
    painter: Callable[..., Painter], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint = painter()
    nowhere = PictureWish("nowhere", "nl", clock())
    assert paint(nowhere, clock()) is None
    settled(paint)

    def broken(*_: Any) -> None:
        raise OSError("disk")

    monkeypatch.setattr(mailed, "read_occupancy", broken)
    assert paint(wish(clock), clock()) is None
    settled(paint)
    assert paint(wish(clock), clock()) is None


MESSAGE = Message(
    "d", "a", "callUpReminder", "coa", "email", "coa@example.nl", START, subject="x", text="x",
    html="<main><dl></dl><p>foot</p></main>", picture=PictureWish("ter-apel", "nl", START),
)  # fmt: skip


def composed(illustrate: Any, message: Message = MESSAGE) -> EmailMessage:
    channel = EmailChannel(None, "piket@example.nl", "https://piket.example.nl")
    channel.illustrate = illustrate
    return channel.compose(message)


def parts(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


def test_a_picture_stands_inside_the_html_and_the_words_beneath_it() -> None:
    mail = composed(lambda *_: Illustration(b"\x89PNG", 'Geteld <op> "1" dag.'))
    assert parts(mail) == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    html = next(part for part in mail.walk() if part.get_content_type() == "text/html").get_content()
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html
    assert "Geteld &lt;op&gt; &quot;1&quot; dag." in html
    assert html.index("</dl>") < html.index("<img") < html.index("foot")
    assert picture.get_payload(decode=True) == b"\x89PNG"


@pytest.mark.parametrize("illustrate", [None, lambda *_: None, lambda *_: 1 / 0])
def test_without_a_picture_the_mail_is_as_it_was(illustrate: Any) -> None:
    mail = composed(illustrate)
    assert parts(mail) == ["multipart/alternative", "text/plain", "text/html"]
    assert "<img" not in mail.as_string()


def test_a_mail_that_wants_none_asks_nobody() -> None:
    asked: list[Any] = []
    composed(lambda *given: asked.append(given), replace(MESSAGE, picture=None))
    assert asked == []


def test_mails_of_a_real_episode_say_which_picture_helps(
    count: Count,
    clock: FakeClock,
    contact: Callable[..., Any],
    tick: Callable[[], Any],
    channels: dict[str, FakeChannel],
) -> None:
    for code in ("coa", "nl-ov"):
        contact(code)
    count(2129)
    tick()
    clock.advance(minutes=16)
    tick()
    wishes = {message.kind: message.picture for message in channels["email"].sent}
    assert wishes["levelRaised"] == PictureWish("ter-apel", "nl", START)
    assert wishes["callUp"] == PictureWish("ter-apel", "nl", START)
    reminder = wishes["callUpReminder"]
    assert reminder is not None
    assert reminder.not_before < START


def test_the_mails_of_a_real_service_ask_its_painter(settings: Settings, tmp_path: Path) -> None:
    there = replace(settings, database_url=f"sqlite:///{tmp_path}/x.db")
    deps = open_deps(there)
    mail = deps.channels["email"]
    assert isinstance(mail, EmailChannel)
    assert isinstance(mail.illustrate, Painter)
    deps.store.close()
