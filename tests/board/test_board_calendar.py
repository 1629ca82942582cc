"""Calendars as a programme reads them: with an independent reader, over years, and through every change."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from piket.board.calendar_feed import zone
from tests.client import Client
from tests.fakes import START, FakeClock

Calls = Callable[..., Client]
HAND_OVER = datetime(2024, 9, 25, 10, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = timedelta(days=1)


@pytest.fixture
def read(app: Flask) -> Callable[..., Any]:
    """`read(address)`: what a calendar programme gets, as it came."""

    def ask(address: str, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client().get("/" + address.split("/", 3)[3], headers=sent)

    return ask


def made(client: Client, code: str, **body: Any) -> str:
    address: str = client.post(f"organisations/{code}/calendars", body).expect(201)["address"]
    return address


def events(answer: Any) -> list[Any]:
    """The entries, read by vobject, in order of time."""
    assert answer.status_code == 200, answer.status_code
    calendar = vobject.readOne(answer.get_data(as_text=True))
    return sorted(calendar.contents.get("vevent", []), key=lambda event: event.dtstart.value.astimezone(UTC))


def shown(answer: Any) -> list[tuple[str, int, str]]:
    return [(e.summary.value, int(e.sequence.value), e.status.value) for e in events(answer)]


def override(client: Calls, since: datetime, until: datetime, who: str = "nl-fl") -> str:
    body = {"from": since, "until": until, "organisation": who, "reason": "nodig"}
    made: str = client("ministry").post("rotas/piket/overrides", body).expect(201)["id"]
    return made


def test_an_organisation_reads_its_own_turns_and_anybody_the_whole_rota(
    client: Calls, read: Callable[..., Any]
) -> None:
    own = events(read(made(client("nl-ut"), "nl-ut")))
    assert {event.summary.value for event in own} == {"Voorstel: Piketdienst: Utrecht"}
    assert own[0].dtstart.value.astimezone(UTC) == HAND_OVER
    assert own[0].dtend.value.astimezone(UTC) == HAND_OVER + 14 * DAY
    assert (own[0].status.value, own[0].sequence.value) == ("TENTATIVE", "0")
    assert "Achterwacht: Zeeland." in own[0].description.value
    assert "Het rooster is een voorstel" in own[0].description.value
    whole = events(read(made(client("vng"), "vng", rota="piket", language="en")))
    listed = client("vng").get("rotas/piket/turns", from_=START - 90 * DAY, pageSize=500).items
    assert [e.dtstart.value.astimezone(UTC) for e in whole] == [datetime.fromisoformat(turn["from"]) for turn in listed]
    assert whole[0].summary.value.startswith("Proposed: Duty: ")


def test_own_entries_have_alarms_a_week_and_a_day_before(client: Calls, read: Callable[..., Any]) -> None:
    answer = read(made(client("nl-ut"), "nl-ut", rota="piket"))
    for event in events(answer):
        alarms = [alarm.trigger.value for alarm in event.contents.get("valarm", [])]
        assert alarms == ([-7 * DAY, -DAY] if "Utrecht" in event.summary.value else [])


def test_times_are_local_with_their_zone_and_right_on_both_sides_of_a_change_of_clocks(
    client: Calls, read: Callable[..., Any]
) -> None:
    answer = read(made(client("nl-dr"), "nl-dr", rota="piket"))
    text = answer.get_data(as_text=True)
    assert "DTSTART;TZID=Europe/Amsterdam:20241106T120000" in text
    begins = {event.dtstart.value.astimezone(UTC).hour for event in events(answer)}
    assert begins == {10, 11}, "summer and winter"
    assert {event.dtstart.value.hour for event in events(answer)} == {12}


def test_an_hour_that_the_clock_shows_twice_is_not_mixed_up(client: Calls, read: Callable[..., Any]) -> None:
    """27 October 2024: 02.30 hours comes at 00:30 and at 01:30 UTC."""
    first, second = datetime(2024, 10, 27, 0, 30, tzinfo=UTC), datetime(2024, 10, 27, 1, 30, tzinfo=UTC)
    override(client, first, second)
    spans = [
        (e.dtstart.value.astimezone(UTC), e.dtend.value.astimezone(UTC))
        for e in events(read(made(client("nl-fl"), "nl-fl")))
    ]
    assert (first, second) in spans


@given(st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)))  # noqa: DTZ001 - times on the wall
def test_the_zone_in_the_calendar_reckons_as_the_real_one_for_decades(wall: datetime) -> None:
    text = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//\r\n" + zone().to_ical() + b"END:VCALENDAR\r\n"
    reckoned = vobject.readOne(text.decode()).vtimezone.tzinfo
    real = wall.replace(tzinfo=AMSTERDAM)
    is_missing_or_double = real.utcoffset() != real.replace(fold=1).utcoffset()
    assert is_missing_or_double or wall.replace(tzinfo=reckoned).utcoffset() == real.utcoffset()


def test_an_entry_keeps_its_uid_and_its_sequence_rises_with_every_change(
    client: Calls, read: Callable[..., Any], clock: FakeClock
) -> None:
    address = made(client("nl-ut"), "nl-ut")
    first = events(read(address))[0]
    clock.advance(hours=1)
    cut = override(client, HAND_OVER + 10 * DAY, HAND_OVER + 14 * DAY)
    second = events(read(address))[0]
    assert second.uid.value == first.uid.value
    assert second.sequence.value == "1"
    assert second.dtend.value.astimezone(UTC) == HAND_OVER + 10 * DAY
    assert second.dtstamp.value == START + timedelta(hours=1)
    assert [e.sequence.value for e in events(read(address))] == ["1", *["0"] * (len(events(read(address))) - 1)]
    clock.advance(hours=1)
    client("ministry").delete(f"overrides/{cut}").expect(204)
    third = events(read(address))[0]
    assert (third.uid.value, third.sequence.value) == (first.uid.value, "2")
    assert third.dtend.value == first.dtend.value


def test_what_was_moved_is_cancelled_for_a_while_and_stands_with_who_has_it_now(
    client: Calls, read: Callable[..., Any], clock: FakeClock
) -> None:
    before, after = made(client("nl-ut"), "nl-ut"), made(client("nl-fl"), "nl-fl")
    [kept, *_] = shown(read(before))
    assert kept == ("Voorstel: Piketdienst: Utrecht", 0, "TENTATIVE")
    made_id = override(client, HAND_OVER, HAND_OVER + 14 * DAY)
    assert shown(read(before))[0] == ("Vervallen: Piketdienst: Utrecht", 1, "CANCELLED")
    assert events(read(before))[0].contents.get("valarm", []) == []
    assert shown(read(after))[1] == ("Voorstel: Piketdienst: Flevoland", 0, "TENTATIVE")
    client("ministry").delete(f"overrides/{made_id}").expect(204)
    assert shown(read(before))[0] == ("Voorstel: Piketdienst: Utrecht", 2, "TENTATIVE")
    assert shown(read(after))[1] == ("Vervallen: Piketdienst: Flevoland", 1, "CANCELLED")
    clock.advance(days=91)
    assert "CANCELLED" not in {status for _, _, status in shown(read(after))}


def test_a_turn_that_is_interrupted_is_two_entries(client: Calls, read: Callable[..., Any]) -> None:
    address = made(client("nl-ut"), "nl-ut")
    uid = events(read(address))[0].uid.value
    override(client, HAND_OVER + 2 * DAY, HAND_OVER + 4 * DAY)
    first, second = events(read(address))[:2]
    assert (first.uid.value, first.dtend.value.astimezone(UTC)) == (uid, HAND_OVER + 2 * DAY)
    assert second.uid.value != uid
    assert second.dtstart.value.astimezone(UTC) == HAND_OVER + 4 * DAY


def test_a_decision_makes_every_entry_certain(client: Calls, read: Callable[..., Any]) -> None:
    address = made(client("nl-ut"), "nl-ut")
    read(address)
    ministry = client("ministry")
    rota = ministry.get("rotas/piket")
    kept = "name members exemptions slots turnLength handOver startsOn line placesTarget".split()
    body = {**{key: rota[key] for key in kept}, "decision": {"by": "de minister", "on": "2024-09-16"}}
    ministry.put("rotas/piket", body, etag=rota.headers["ETag"]).expect(200)
    assert shown(read(address))[0] == ("Piketdienst: Utrecht", 1, "CONFIRMED")


def test_an_unchanged_calendar_is_not_sent_again(client: Calls, read: Callable[..., Any], clock: FakeClock) -> None:
    address = made(client("nl-ut"), "nl-ut")
    first = read(address)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert first.headers["Last-Modified"] == "Mon, 16 Sep 2024 12:00:00 GMT"
    clock.advance(minutes=5)
    again = read(address, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert read(address).data == first.data, "the same bytes"
    assert read(address, If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    override(client, HAND_OVER, HAND_OVER + DAY)
    assert read(address, If_None_Match=first.headers["ETag"]).status_code == 200


def test_a_token_that_is_unknown_or_revoked_shows_nothing(client: Calls, read: Callable[..., Any]) -> None:
    province = client("nl-ut")
    body = province.post("organisations/nl-ut/calendars", {}).expect(201).body
    assert read(body["address"]).status_code == 200
    province.delete(f"calendars/{body['id']}").expect(204)
    province.delete(f"calendars/{body['id']}").expect(204)
    gone = read(body["address"])
    assert (gone.status_code, gone.data) == (410, b"")
    for spoilt in (
        body["address"].replace(".ics", "x.ics"),
        "http://h/calendar/piketcal_x.ics",
        "http://h/calendar/x.ics",
    ):
        never = read(spoilt)
        assert (never.status_code, never.data) == (404, b"")
    assert province.get(f"calendars/{body['id']}").expect(200)["revokedAt"] is not None


def test_long_and_strange_names_are_folded_and_escaped_so_that_they_come_through(
    client: Calls, read: Callable[..., Any]
) -> None:
    name = "Piket; met, tekens \\ en é: " + "zeer lang " * 12 + "einde"
    ministry = client("ministry")
    body = {
        "name": name, "members": ["nl-dr", "nl-ut"], "turnLength": {"unit": "weeks", "count": 1},
        "handOver": {"weekday": "wednesday", "time": "12:00"}, "startsOn": "2024-09-18",
        "decision": {"by": "de minister", "on": "2024-09-16"},
    }  # fmt: skip
    ministry.put("rotas/lang", body, headers={"If-None-Match": "*"}).expect(201)
    answer = read(made(client("nl-dr"), "nl-dr", rota="lang"))
    assert max(len(line) for line in answer.data.split(b"\r\n")) <= 75
    assert b"\n" not in answer.data.replace(b"\r\n", b"")
    assert f"Rooster: {name}." in events(answer)[0].description.value.split("\n")[0]


def test_no_line_in_the_log_holds_the_token(
    client: Calls, read: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    address = made(client("nl-ut"), "nl-ut")
    with caplog.at_level(logging.DEBUG):
        read(address)
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    assert re.fullmatch(r"piketcal_[A-Za-z0-9_-]{43}", token)
    assert [line for line in map(str, (vars(record) for record in caplog.records)) if token in line] == []


def test_calendars_are_ones_own_and_the_address_is_shown_once(client: Calls) -> None:
    province = client("nl-ut")
    key = {"Idempotency-Key": "once"}
    first = province.post("organisations/nl-ut/calendars", {"label": "Outlook"}, headers=key).expect(201)
    again = province.post("organisations/nl-ut/calendars", {"label": "Outlook"}, headers=key).expect(201)
    assert (again["id"], again["address"]) == (first["id"], None)
    [listed] = province.get("organisations/nl-ut/calendars").items
    assert "address" not in listed and listed["label"] == "Outlook"
    client("operator").get("organisations/nl-ut/calendars").expect(200)
    for code in ("nl-dr", "coa"):
        client(code).get("organisations/nl-ut/calendars").expect(403)
        client(code).get(f"calendars/{first['id']}").expect(403)
        client(code).delete(f"calendars/{first['id']}").expect(403)


def test_a_calendar_that_would_be_empty_or_of_nothing_is_refused(client: Calls) -> None:
    assert client("coa").post("organisations/coa/calendars", {}).faults == {"rota"}
    assert client("coa").post("organisations/coa/calendars", {"rota": "none"}).faults == {"rota"}
    assert client("coa").post("organisations/coa/calendars", {"language": "fr"}).faults == {"language"}
