from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from piket.alerts.frozen import freeze, moment_of, plain, thaw
from piket.alerts.links import LinkTarget, make_link, read_link
from piket.alerts.rules import (
    LEVELS,
    Answers,
    EnoughPlaces,
    Fact,
    HowFull,
    OfficeHours,
    WhoActs,
    address_key,
    audience,
    compared_level,
    counting,
    host_of,
    masked,
    once,
    rank,
    told_levels,
    written,
)
from piket.errors import NotFound

OFFICE = OfficeHours(time(8), time(18))
MONDAY = datetime(2024, 9, 16, 12, tzinfo=UTC)
NIGHT = datetime(2024, 9, 16, 22, tzinfo=UTC)
TABLE = {
    "watch": ("coa", "duty"),
    "high": ("coa", "duty", "standby"),
    "overflow": ("coa", "vng", "duty", "standby"),
    "acute": ("coa", "vng", "duty", "standby", "allCommissioners"),
}
WHO = {
    "coa": ["coa"],
    "vng": ["vng"],
    "duty": ["nl-ov"],
    "standby": ["nl-ut"],
    "allCommissioners": ["cdk-nl-dr", "cdk-nl-ov"],
}


@dataclass(frozen=True)
class Point:
    id: str
    channel: str = "email"
    address: str = "piket@example.nl"
    hours: str = "always"
    minimum_level: str = "watch"
    state: str = "active"


def chosen(
    points: list[Point], level: str | None = "overflow", always: bool = False, at: datetime = MONDAY
) -> list[str]:
    return [point.id for point in counting(points, level, always, OFFICE, at)]


def test_levels_rise_in_the_order_of_the_ladder() -> None:
    assert [rank(level) for level in LEVELS] == [0, 1, 2, 3, 4]
    assert rank("unknown") == rank(None) == -1


def test_an_audience_is_in_order_and_without_doubles_when_roles_overlap() -> None:
    who = {"coa": ["coa"], "duty": ["nl-ov", "nl-ut"], "standby": ["nl-ut"], "dutyCommissioner": []}
    assert audience(("coa", "duty", "standby", "dutyCommissioner", "nobody"), who) == ("coa", "nl-ov", "nl-ut")


class TestToldLevels:
    def test_one_level_is_told_when_one_is_crossed(self) -> None:
        assert told_levels("normal", "watch", TABLE, WHO) == {"coa": ("watch",), "nl-ov": ("watch",)}

    def test_each_hears_only_of_levels_that_name_it_when_several_are_crossed(self) -> None:
        assert told_levels("normal", "overflow", TABLE, WHO) == {
            "coa": ("watch", "high", "overflow"),
            "vng": ("overflow",),
            "nl-ov": ("watch", "high", "overflow"),
            "nl-ut": ("high", "overflow"),
        }

    def test_what_was_told_before_is_not_told_again_when_it_rises_further(self) -> None:
        told = told_levels("overflow", "acute", TABLE, WHO)
        assert set(told.values()) == {("acute",)}
        assert list(told)[-2:] == ["cdk-nl-dr", "cdk-nl-ov"]

    def test_a_level_after_unknown_counts_as_risen_from_below(self) -> None:
        assert told_levels("unknown", "watch", TABLE, WHO) == told_levels("normal", "watch", TABLE, WHO)

    @given(some.sampled_from(LEVELS), some.sampled_from(LEVELS))
    def test_nobody_is_told_when_it_does_not_rise(self, before: str, after: str) -> None:
        told = told_levels(before, after, TABLE, WHO)
        assert bool(told) == (rank(after) > rank(before))
        crossed = set(LEVELS[rank(before) + 1 : rank(after) + 1])
        assert all(set(levels) <= crossed and levels for levels in told.values())


class TestContactPoints:
    def test_a_level_at_the_minimum_counts_and_one_below_does_not(self) -> None:
        points = [Point("low"), Point("same", minimum_level="overflow"), Point("high", minimum_level="acute")]
        assert chosen(points) == ["low", "same"]
        assert chosen(points, always=True) == ["low", "same", "high"]

    def test_nothing_is_reached_when_the_level_is_unknown(self) -> None:
        assert chosen([Point("a")], "unknown") == []
        assert chosen([Point("a")], None, always=True) == ["a"]

    def test_telephones_and_ended_ones_are_never_chosen(self) -> None:
        points = [Point("phone", channel="telephone"), Point("ended", state="ended"), Point("new", state="pending")]
        assert chosen(points, always=True) == ["new"]
        assert [point.id for point in written(points)] == ["new"]

    def test_an_office_gets_it_at_night_only_when_nobody_else_does(self) -> None:
        office, awake = Point("office", hours="office"), Point("awake", minimum_level="acute")
        assert chosen([office, awake], "overflow", at=NIGHT) == ["office"]
        assert chosen([office, awake], "acute", at=NIGHT) == ["awake"]
        assert chosen([office, awake], "acute", at=MONDAY) == ["office", "awake"]
        assert chosen([office, awake], "acute", always=True, at=NIGHT) == ["office", "awake"]

    @pytest.mark.parametrize(
        ("moment", "open_"),
        [
            ("2024-09-16T08:00:00+02:00", True),
            ("2024-09-16T07:59:59+02:00", False),
            ("2024-09-16T17:59:59+02:00", True),
            ("2024-09-16T18:00:00+02:00", False),
            ("2024-09-14T12:00:00+02:00", False),
            ("2024-12-16T07:30:00+00:00", True),
        ],
    )
    def test_office_hours_are_local_and_on_weekdays(self, moment: str, open_: bool) -> None:
        assert OFFICE.hold(datetime.fromisoformat(moment)) == open_

    def test_one_address_is_kept_once_whatever_its_capitals(self) -> None:
        points = [
            Point("a", address="Desk@example.nl"),
            Point("b", address="desk@Example.nl"),
            Point("c", address="c@x.nl"),
        ]
        assert [point.id for point in once(points, ())] == ["a", "c"]
        assert [point.id for point in once(points, {"email:desk@example.nl"})] == ["c"]
        assert address_key("webhook", "https://X.nl/A") != address_key("webhook", "https://X.nl/a")


@pytest.mark.parametrize("kind", ["levelLowered", "allClear", "countCorrected"])
def test_the_level_left_is_compared_when_it_falls(kind: str) -> None:
    assert compared_level(Fact(kind, level="watch", previous_level="overflow")) == "overflow"
    assert compared_level(Fact("levelRaised", level="overflow", previous_level="watch")) == "overflow"


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        ("email", "piket@example.nl", "p…@example.nl"),
        ("webhook", "https://user:secret@hook.example.nl:8443/token/abc?key=1", "https://hook.example.nl/…"),
        ("telephone", "+31 38 499 88 99", "…99"),
    ],
)
def test_an_address_is_masked_when_others_look(channel: str, address: str, shown: str) -> None:
    assert masked(channel, address) == shown


def test_deliveries_are_bounded_by_host() -> None:
    assert host_of("email", "a@example.nl") == host_of("email", "b@other.nl") == "mail"
    assert host_of("webhook", "https://user@Hook.example.nl:8443/a") == "hook.example.nl:8443"


def test_answers_come_back_as_they_were_when_frozen() -> None:
    answers = Answers(
        HowFull(2129, 45, "nightBeds", MONDAY, 2000, 129), WhoActs("nl-ov", MONDAY), EnoughPlaces(1, 0, 1), True
    )
    assert thaw(freeze(answers)) == answers
    assert thaw(freeze(Answers())) == Answers(HowFull(), WhoActs(), EnoughPlaces(), False)


def test_details_become_plain_json_values() -> None:
    assert plain({"at": NIGHT, "codes": ("a", "b"), "n": None}) == {
        "at": "2024-09-16T22:00:00Z",
        "codes": ["a", "b"],
        "n": None,
    }
    assert moment_of("2024-09-16T22:00:00Z") == NIGHT
    assert moment_of("soon") is moment_of(None) is moment_of(3) is None


class TestLinks:
    def test_a_link_names_the_alert_and_the_organisation(self) -> None:
        link = make_link(b"key", "https://piket.example", "alert-1", "nl-ov")
        assert link.startswith("https://piket.example/r/")
        assert read_link(b"key", link.rsplit("/", 1)[1]) == LinkTarget("alert-1", "nl-ov")

    @pytest.mark.parametrize(
        "spoil", [lambda t: t[:-1], lambda t: "x" + t, lambda t: "", lambda t: "é.ü", lambda t: t[::-1]]
    )
    def test_a_link_is_not_found_when_it_was_tampered_with(self, spoil: object) -> None:
        token = make_link(b"key", "", "alert-1", "nl-ov").rsplit("/", 1)[1]
        with pytest.raises(NotFound):
            read_link(b"key", spoil(token))  # type: ignore[operator]
        with pytest.raises(NotFound):
            read_link(b"another key", token)
