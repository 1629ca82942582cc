"""What goes along at a hand-over: the note of the leaving, frozen and signed off; the emergency card to everybody on the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Delivery, Recipient
from piket.audit.service import Actor, OnBehalf
from piket.deps import Deps
from piket.errors import Refused
from piket.occupancy import service as occupancy
from piket.organisations import service as organisations
from piket.overflows import service as overflows
from piket.pages import PageRequest
from piket.places import service as places
from piket.rota import service as rota
from piket.rota.service import ConfirmationWish, NoteInfo, Pressing
from tests.fakes import FakeChannel, FakeClock
from tests.service.desk import Night, commitments

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HAND_OVER = datetime(2024, 9, 25, 10, tzinfo=UTC)  # Overijssel to Utrecht


def told(session: Session, kind: str) -> dict[str, Any]:
    """The newest alert of a kind."""
    alert = session.scalars(select(Alert).where(Alert.kind == kind).order_by(Alert.seq.desc())).first()
    assert alert is not None
    whom = session.scalars(select(Recipient.organisation).where(Recipient.alert == alert.id)).all()
    return {"id": alert.id, "details": alert.details, "told": set(whom)}


def hand_over(night: Night, at: datetime = HAND_OVER) -> NoteInfo:
    """The pass at the hand-over, and the note that it wrote."""
    night.clock.set(at)
    rota.announce(night.session, at, night.settings, occupancy.pressing_now(night.session, at))
    note = told(night.session, "handOver")["details"]["note"]
    return rota.find_note(night.session, note["id"])


@pytest.fixture
def busy(night: Night) -> Night:
    """An overflow just before the hand-over: Overijssel promised a part, and 30 people sleep there."""
    night.clock.set(HAND_OVER - HOUR)
    night.count(2129)
    night.answer(night.calls[0].id, 120)
    [made] = commitments(night.session, night.clock(), state="committed")
    with night.at("coa") as desk:
        places.change_commitment(night.session, desk.now, desk.actor, made.id, occupied=30)
    return night


def test_the_note_holds_open_calls_places_that_go_on_contacts_and_what_the_coming_confirmed(
    busy: Night, contact: Callable[..., Any]
) -> None:
    contact("nl-ov", channel="telephone", session=busy.session)
    turn = rota.turn_at(busy.session, busy.clock(), HAND_OVER).id
    rota.confirm(busy.session, busy.clock(), busy.settings, Pressing, Actor("nl-ut"), turn, ConfirmationWish(75))
    note = hand_over(busy)
    assert (note.leaving, note.coming, note.turn, note.at) == (("nl-ov",), ("nl-ut",), turn, HAND_OVER)
    [episode] = note.content["episodes"]
    assert (episode["needed"], episode["committed"], episode["shortfall"]) == (179, 120, 59)
    assert [(call["organisation"], call["state"]) for call in episode["callUps"]][:2] == [
        ("nl-ov", "partly"),
        ("nl-ut", "open"),
    ]
    [place] = note.content["places"]
    assert (place["municipality"], place["places"], place["occupied"]) == ("gm0193", 120, 30)
    assert note.content["contacts"][:2] == [
        {"organisation": "nl-ov", "telephone": "+31 592 000000"},
        {"organisation": "nl-ut", "telephone": None},
    ]
    assert note.content["confirmedPlaces"] == [{"organisation": "nl-ut", "places": 75}]
    details = told(busy.session, "handOver")["details"]
    assert details["note"] == {
        "id": note.id,
        "address": f"http://127.0.0.1:8000/turns/{turn}",
        "openCallUps": 1,
        "places": 120,
        "occupied": 30,
    }
    assert details["confirmedPlaces"] == 75


def test_there_is_a_note_also_when_nothing_is_open(night: Night) -> None:
    note = hand_over(night)
    assert (note.content["episodes"], note.content["places"], note.content["remarks"]) == ([], [], [])
    assert note.content["confirmedPlaces"] == [{"organisation": "nl-ut", "places": None}], "not said is not none"


def test_what_was_noted_in_an_open_overflow_goes_along(busy: Night) -> None:
    with busy.at("coa") as desk:
        overflows.note(desk, busy.opened.id, "Bus komt om 15.00 uur")
    note = hand_over(busy)
    assert [(one["by"], one["text"]) for one in note.content["remarks"]] == [("coa", "Bus komt om 15.00 uur")]


def test_the_note_is_as_it_was_at_the_hand_over_whatever_comes_later(busy: Night) -> None:
    note = hand_over(busy)
    busy.clock.advance(hours=1)
    busy.answer(busy.calls[1].id, 59)
    assert rota.find_note(busy.session, note.id).content == note.content
    assert hand_over_again(busy) == 0


def hand_over_again(night: Night) -> int:
    at = night.clock()
    return rota.announce(night.session, at, night.settings, occupancy.pressing_now(night.session, at))


def test_a_late_pass_writes_one_note_for_the_newest_hand_over_only(night: Night) -> None:
    hand_over(night, HAND_OVER + 30 * DAY)
    now = rota.turn_at(night.session, night.clock(), night.clock())
    notes = rota.notes_paged(night.session, now.id, PageRequest()).items
    assert [(note.leaving, note.coming) for note in notes] == [(("nl-ze",), ("nl-zh",))]
    missed = rota.turn_at(night.session, night.clock(), HAND_OVER)
    assert rota.notes_paged(night.session, missed.id, PageRequest()).items == []


def test_both_sides_sign_it_off_each_once_and_nobody_else(night: Night) -> None:
    note = hand_over(night)
    assert note.waiting_for == ["nl-ov", "nl-ut"]
    first, new = rota.sign_off(
        night.session, HAND_OVER, Actor("nl-ov"), note.id, "piketdesk", "sleutel bij de beheerder"
    )
    assert new
    assert rota.find_note(night.session, note.id).waiting_for == ["nl-ut"]
    again, new = rota.sign_off(night.session, HAND_OVER + HOUR, Actor("nl-ov"), note.id, "ander", None)
    assert (again, new) == (first, False)
    behalf = Actor("coa", on_behalf=OnBehalf("nl-ut", "desk", "telephone"))
    rota.sign_off(night.session, HAND_OVER + HOUR, behalf, note.id)
    signed = rota.find_note(night.session, note.id)
    assert signed.waiting_for == []
    assert [(one.organisation, one.by, one.remark) for one in signed.sign_offs] == [
        ("nl-ov", "piketdesk", "sleutel bij de beheerder"),
        ("nl-ut", None, None),
    ]
    with pytest.raises(Refused):
        rota.sign_off(night.session, HAND_OVER, Actor("nl-dr"), note.id)


def test_everybody_on_the_list_gets_the_card_at_the_hand_over_each_desk_once(
    night: Night, contact: Callable[..., Any]
) -> None:
    for code in ("nl-ut", "cdk-nl-ut", "nl-gr", "vng", "operator", "gm1950"):
        contact(code, "een@desk.example" if "nl-ut" in code else None, session=night.session)
    hand_over(night)
    card = told(night.session, "emergencyCard")
    provinces = {one.code for one in organisations.listed(night.session, "province")}
    commissioners = {one.code for one in organisations.listed(night.session, "commissioner")}
    assert card["told"] == (provinces | commissioners | {"coa", "vng", "ministry", "operator"}) - {"nl-ov", "nl-ut"}
    assert "nl-gr" in card["told"], "the exempt are on the list too"
    desks = night.session.scalars(select(Delivery.organisation).order_by(Delivery.organisation)).all()
    assert desks == ["nl-gr", "nl-ut", "operator", "vng"]
    assert hand_over_again(night) == 0


def test_the_card_says_who_has_duty_whom_to_ring_and_what_stands_ready(
    night: Night, contact: Callable[..., Any]
) -> None:
    contact("nl-ut", "+31 30 123 45 67", session=night.session, channel="telephone")
    hand_over(night)
    card = told(night.session, "emergencyCard")["details"]["card"]
    assert card["onDuty"] == {"organisations": ["nl-ut"], "until": "2024-10-09T10:00:00Z", "confirmedPlaces": None}
    assert (card["standby"], card["proposed"], card["madeAt"]) == ("nl-ze", True, "2024-09-25T10:00:00Z")
    assert [turn["organisations"] for turn in card["turns"]] == [["nl-ze"], ["nl-zh"], ["nl-dr"]]
    assert card["telephones"]["nl-ut"] == "+31 30 123 45 67"
    assert card["telephones"]["nl-ov"] is None
    assert {"coa", "ministry", "nl-gr"} < card["telephones"].keys()


def test_the_mail_has_the_card_as_one_page_and_as_text(
    deps: Deps, client: Any, contact: Callable[..., Any], tick: Callable[[], Any], clock: FakeClock,
    channels: dict[str, FakeChannel],
) -> None:  # fmt: skip
    contact("nl-dr")
    contact("nl-ut", language="en")
    contact("nl-dr", channel="webhook")
    contact("nl-ut", "+31 30 123 45 67", channel="telephone")
    clock.set(HAND_OVER)
    tick()
    sent = {mail.organisation: mail for mail in channels["email"].sent if mail.kind in ("emergencyCard", "handOver")}
    assert {code: mail.kind for code, mail in sent.items()} == {"nl-dr": "emergencyCard", "nl-ut": "handOver"}
    [file] = sent["nl-dr"].attachments
    assert file.name == "noodkaart.pdf"
    document = pypdf.PdfReader(BytesIO(file.content))
    text = document.pages[0].extract_text()
    assert len(document.pages) == 1
    for part in (
        "Noodkaart: Landelijk opvang piket",
        "Utrecht, tot wo 9 okt 2024 12.00 uur",
        "+31 30 123 45 67",
        "Fryslân",
    ):
        assert part in text
    assert "Utrecht: +31 30 123 45 67" in sent["nl-dr"].text
    assert sent["nl-ut"].attachments[0].name == "emergency-card.pdf"
    event = next(one for one in channels["webhook"].sent if one.kind == "emergencyCard").event
    assert event["type"] == "nl.opvangpiket.emergency-card.v1"
    assert "card" not in event["data"]["details"]


def test_who_is_not_told_does_not_read_numbers_in_the_api(
    client: Any, contact: Callable[..., Any], tick: Callable[[], Any], clock: FakeClock
) -> None:
    contact("nl-ut", "+31 30 123 45 67", channel="telephone")
    clock.set(HAND_OVER)
    tick()
    for code, seen in (("gm1950", False), ("nl-dr", True), ("coa", True)):
        alert = client(code).get("alerts", kind="emergencyCard").items[0]
        assert ("+31 30 123 45 67" in str(alert)) == seen, code
