"""The week before a hand-over, by real mail: Utrecht is asked, reminded, silent; the standby is warned; it answers after all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pypdf
import pytest

from piket.alerts.channels.email import EmailChannel
from piket.settings import Smtp
from tests.client import Client
from tests.fakes import FakeChannel, FakeClock
from tests.stories.receivers import Mailbox, mailbox

HAND_OVER = datetime(2024, 9, 25, 10, tzinfo=UTC)  # Overijssel to Utrecht, 12.00 hours
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DESKS = ("nl-ov", "nl-ut", "nl-ze", "nl-dr", "cdk-nl-ut", "coa")


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
def channels(box: Mailbox) -> dict[str, Any]:
    """Mail goes to a real server; nobody has a webhook."""
    return {
        "email": EmailChannel(Smtp(box.host, box.port), "Piket <piket@dienst.example>", "https://piket.example.nl"),
        "webhook": FakeChannel(),
    }


def body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def subjects(mails: list[EmailMessage]) -> list[tuple[str, str]]:
    """To whom, and about what."""
    return sorted((str(mail["To"]).split("@")[1].removesuffix(".example"), str(mail["Subject"])) for mail in mails)


@pytest.fixture
def at(
    contact: Callable[..., Any], clock: FakeClock, tick: Callable[[], Any], box: Mailbox
) -> Callable[[datetime], list[EmailMessage]]:
    """`at(moment)`: two passes of two engines at this moment, and the mails that came of them."""
    for code in DESKS:
        contact(code)
    contact("nl-ut", "+31 30 123 45 67", channel="telephone")

    def pass_by(moment: datetime) -> list[EmailMessage]:
        read = len(box.mails)
        clock.set(moment)
        tick()
        tick()
        return box.mails[read:]

    return pass_by


Pass = Callable[[datetime], list[EmailMessage]]


def test_the_week_of_a_province_that_stays_silent(at: Pass) -> None:
    assert at(HAND_OVER - 7 * DAY - HOUR) == []
    [asked] = at(HAND_OVER - 7 * DAY)
    assert subjects([asked]) == [("nl-ut", "Welke plekken kunt u openen? Uw piketdienst begint wo 25 sep 12.00 uur")]
    assert "Zeg vóór di 24 sep 12.00 uur hoeveel plekken u kunt openen en waar" in body(asked)
    assert at(HAND_OVER - 6 * DAY) == []
    [reminded] = at(HAND_OVER - 5 * DAY)
    assert subjects([reminded])[0][1].startswith("Herinnering: welke plekken kunt u openen?")
    assert at(HAND_OVER - 2 * DAY) == []
    assert subjects(at(HAND_OVER - DAY)) == [
        ("cdk-nl-ut", "Nog geen antwoord van Utrecht op de vraag welke plekken er open kunnen"),
        ("nl-ov", "Uw piketdienst eindigt wo 25 sep 12.00 uur"),
        ("nl-ut", "Uw piketdienst begint wo 25 sep 12.00 uur"),
    ]
    assert subjects(at(HAND_OVER)) == [
        ("cdk-nl-ut", "Noodkaart: Utrecht heeft piketdienst"),
        ("coa", "Noodkaart: Utrecht heeft piketdienst"),
        ("nl-dr", "Noodkaart: Utrecht heeft piketdienst"),
        ("nl-ov", "Uw piketdienst is voorbij"),
        ("nl-ut", "Uw piketdienst is begonnen"),
        ("nl-ut", "Uw piketdienst is begonnen: welke plekken kunt u openen?"),
        ("nl-ze", "Nog geen antwoord van Utrecht op de vraag welke plekken er open kunnen"),
        ("nl-ze", "Noodkaart: Utrecht heeft piketdienst"),
    ]
    assert at(HAND_OVER + DAY) == []


def test_what_goes_along_at_the_hand_over_and_the_answer_that_comes_after_all(
    at: Pass, client: Callable[..., Client], clock: FakeClock
) -> None:
    at(HAND_OVER - DAY)
    mails = at(HAND_OVER)
    begun = next(mail for mail in mails if mail["Subject"] == "Uw piketdienst is begonnen")
    assert "Het is niet bekend welke plekken Utrecht kan openen." in body(begun)
    assert "Neem de overdrachtsnotitie samen door en teken die af" in body(begun)
    cards = [part for mail in mails for part in mail.iter_attachments()]
    assert [part.get_filename() for part in cards] == ["noodkaart.pdf"] * len(DESKS)
    for part in cards:
        document = pypdf.PdfReader(BytesIO(part.get_content()))
        assert len(document.pages) == 1
        assert "+31 30 123 45 67" in document.pages[0].extract_text()
    assert client("vng").get("situation")["duty"]["confirmedPlaces"] is None
    turn = client("coa").get("situation")["duty"]["turn"]
    clock.advance(hours=1)
    behalf = {"organisation": "nl-ut", "saidBy": "piketdesk", "via": "telephone"}
    client("coa").post(f"turns/{turn}/confirmations", {"places": 75, "onBehalf": behalf}).expect(201)
    told = "Utrecht kan 75 plekken openen"
    assert subjects(at(clock())) == [("cdk-nl-ut", told), ("nl-ut", told), ("nl-ze", told)]
    assert client("vng").get("situation")["duty"]["confirmedPlaces"] == 75
    [note] = client("nl-ut").get(f"turns/{turn}/hand-over-notes").items
    for code in note["waitingFor"]:
        client(code).post(f"hand-over-notes/{note['id']}/sign-offs", {"by": "piketdesk"}).expect(201)
    assert client("vng").get(f"hand-over-notes/{note['id']}")["waitingFor"] == []


def test_an_engine_that_was_away_all_week_tells_only_what_still_makes_sense(at: Pass) -> None:
    mails = at(HAND_OVER + 6 * HOUR)
    assert [told for told in subjects(mails) if told[0] in ("nl-ut", "cdk-nl-ut")] == [
        ("cdk-nl-ut", "Noodkaart: Utrecht heeft piketdienst"),
        ("nl-ut", "Uw piketdienst is begonnen"),
        ("nl-ut", "Uw piketdienst is begonnen: welke plekken kunt u openen?"),
    ]
