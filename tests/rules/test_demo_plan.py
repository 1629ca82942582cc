"""The plan of the demo: what it replays is what was public, and what it makes up could be."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, time

import pytest
from standardwebhooks.webhooks import Webhook

from piket.demo.desks import ONE_DESK, mail_address
from piket.demo.places_in_time import (
    AUTUMN,
    DATA,
    HALLS,
    HOSTS,
    REPLIES,
    SPRING,
    Reply,
    local,
    of_period,
    read_counts,
    reply_of,
)
from piket.demo.receivers import is_signed
from piket.demo.replay import TYPED, level_of
from piket.startup import read_settings

SETTINGS = read_settings({})


def at_centre(period: tuple[date, date]) -> list[tuple[date, int]]:
    days = of_period(read_counts(), period).values()
    return [(count.day, count.people) for day in days for count in day if count.definition]


def test_every_row_names_its_source() -> None:
    with DATA.open(encoding="utf-8") as file:
        assert all(row["source"].startswith("https://") for row in csv.DictReader(file))


def test_it_replays_the_published_night_beds_of_both_periods() -> None:
    spring = at_centre(SPRING)
    assert (spring[0], spring[1], spring[-1]) == (
        (date(2024, 3, 1), 1982), (date(2024, 3, 9), 2002), (date(2024, 4, 15), 2219),
    )  # fmt: skip
    assert [people for _, people in at_centre(AUTUMN)] == [2062, 2073, 2129, 2200, 2200]


def test_other_places_count_nowhere() -> None:
    others = [count for count in read_counts() if ":" in count.scope]
    assert others
    assert {count.definition for count in others} == {None}


def test_an_approximate_count_says_so_beside_it() -> None:
    notes = {count.precision: count.note(TYPED) for count in read_counts() if count.dating == "date_stated"}
    assert "ongeveer" in notes["approx"]
    assert "ongeveer" not in notes["exact"]


@pytest.mark.parametrize("province", sorted(HOSTS))
def test_hosts_lie_in_their_own_province(province: str) -> None:
    assert {SETTINGS.municipalities[code].province for code in HOSTS[province]} == {province}


def test_every_province_of_the_rota_has_hosts() -> None:
    assert set(SETTINGS.rotas[0].members) <= HOSTS.keys()


def test_a_hall_is_not_named_twice_for_one_municipality() -> None:
    named = [(number % 2, HALLS[number % len(HALLS)]) for number in range(len(HALLS))]
    assert len(set(named)) == len(HALLS)


def test_whoever_is_not_in_the_plan_answers_in_full() -> None:
    assert reply_of(date(2024, 3, 10), 0) == Reply()
    assert reply_of(date(2024, 3, 9), 1).how == "silent"
    assert reply_of(date(2024, 3, 9), len(REPLIES[date(2024, 3, 9)])) == Reply()


@pytest.mark.parametrize(
    ("people", "before", "level"),
    [
        (1982, "normal", "high"), (2000, "high", "high"), (2001, "high", "overflow"),
        (1951, "overflow", "overflow"), (1950, "overflow", "high"), (1899, "high", "normal"),
    ],
)  # fmt: skip
def test_the_story_expects_the_level_of_the_rules(people: int, before: str, level: str) -> None:
    assert level_of(people, before) == level


def test_hours_are_added_in_real_time_over_a_change_of_clocks() -> None:
    assert local(date(2024, 3, 30), time(7)) == datetime(2024, 3, 30, 6, tzinfo=UTC)
    assert local(date(2024, 3, 31), time(7)) == datetime(2024, 3, 31, 5, tzinfo=UTC)


def test_a_province_and_its_commissioner_share_a_desk_where_the_plan_says_so() -> None:
    shared = [code for code in HOSTS if mail_address(f"cdk-{code}", code) == mail_address(code, code)]
    assert sorted(shared) == sorted(ONE_DESK)


def test_a_signature_is_checked_as_standard_webhooks_does() -> None:
    secret, body, now = "whsec_" + "c2VjcmV0" * 4, b'{"a":1}', datetime(2026, 1, 1, tzinfo=UTC)
    signature = Webhook(secret).sign("id-1", now, body.decode())
    headers = {"webhook-id": "id-1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    key = b"secret" * 4
    assert is_signed(key, headers, body)
    assert not is_signed(key, headers, body + b" ")
    assert not is_signed(key, {**headers, "webhook-id": "id-2"}, body)
    assert not is_signed(b"another", headers, body)
