"""Decisions on a rota: what moves, what never does, and what is refused with nothing stored."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.errors import Conflict, Invalid, NotFound, Refused
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.models import RotaEdition, Turn
from piket.rota.rules import Definition, Exemption, Weight
from piket.rota.service import Decision
from piket.settings import Settings
from piket.words import Words
from tests.conftest import make_settings
from tests.fakes import START

MINISTRY = Actor("ministry")
DECISION = Decision("de minister", date(2024, 9, 16), "brief van 16 september")
FOREVER = START + timedelta(days=800)
PROVINCES = "dr fl fr ge gr li nb nh ov ut ze zh"
SETTINGS = make_settings("sqlite://")


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def put(session: Session, definition: Definition, effective_from: datetime | None = None, code: str = "piket") -> int:
    return rota.put_rota(session, START, MINISTRY, code, definition, DECISION, SETTINGS, effective_from)


def seeded(session: Session) -> Definition:
    return rota.find_rota(session, "piket").definition


def listed(session: Session) -> list[rota.TurnView]:
    return rota.calendar(session, START, START - timedelta(days=400), FOREVER)


def holders(session: Session) -> list[str]:
    return [turn.slots[0].organisations[0] for turn in listed(session)]


def test_the_same_definition_with_a_decision_makes_it_decided_and_moves_nothing(session: Session) -> None:
    before = listed(session)
    assert put(session, seeded(session)) == 0
    found = rota.find_rota(session, "piket")
    assert (found.status, found.decision, found.edition, found.version) == ("decided", DECISION, 1, 2)
    assert [turn.id for turn in listed(session)] == [turn.id for turn in before]
    assert not rota.is_proposed(session)
    assert "proposal" not in rota.on_duty(session, START).why


def test_a_repeat_of_definition_and_decision_changes_nothing(session: Session) -> None:
    put(session, seeded(session))
    before = rota.find_rota(session, "piket")
    assert put(session, seeded(session)) == 0
    assert rota.find_rota(session, "piket") == before


def test_a_change_takes_effect_after_what_is_published_when_no_date_is_named(session: Session) -> None:
    before = listed(session)
    changed = dataclasses.replace(seeded(session), turn_length=1)
    assert put(session, changed) == 0
    assert [turn.id for turn in listed(session)] == [turn.id for turn in before]
    assert rota.find_rota(session, "piket").effective_from == before[-1].until_at
    rota.extend(session, START, 400)
    added = listed(session)[len(before) :]
    assert {turn.until_at - turn.from_at for turn in added} == {timedelta(weeks=1)}


def test_a_change_supersedes_only_later_turns_when_a_moment_is_named(session: Session) -> None:
    before = listed(session)
    boundary = next(turn.from_at for turn in before if turn.from_at > START + timedelta(days=30))
    backwards = dataclasses.replace(seeded(session), members=tuple(reversed(seeded(session).members)))
    moved = put(session, backwards, boundary)
    after = listed(session)
    kept = [turn.id for turn in before if turn.from_at < boundary]
    assert [turn.id for turn in after[: len(kept)]] == kept
    now_there = {turn.id for turn in after}
    gone = [turn for turn in before if turn.id not in now_there]
    assert moved == len(gone) > len(after) - len(kept) - 3
    same = {(turn.from_at, turn.slots) for turn in after[len(kept) :]} & {(t.from_at, t.slots) for t in before}
    assert len(gone) + len(same) == len(before) - len(kept)
    last_kept = after[len(kept) - 1].slots[0].organisations[0]
    order = [f"nl-{code}" for code in "zh ze ut ov nh nb li ge fr fl dr".split()]
    assert holders(session)[len(kept)] == order[(order.index(last_kept) + 1) % len(order)]
    old = rota.find_turn(session, START, before[-1].id)
    assert old.superseded_at == START and old.slots[0].state == "superseded"
    assert all(a.until_at == b.from_at for a, b in pairwise(after))


def test_turns_that_come_out_the_same_stay_when_only_the_name_changes(session: Session) -> None:
    before = listed(session)
    assert put(session, dataclasses.replace(seeded(session), name="Nieuw"), START + timedelta(days=1)) == 0
    assert [turn.id for turn in listed(session)] == [turn.id for turn in before]
    assert rota.find_rota(session, "piket").definition.name == "Nieuw"


def test_an_exemption_from_a_named_date_leaves_the_member_out_of_turns_and_calls(session: Session) -> None:
    exempt = (*seeded(session).exemptions, Exemption("nl-ut", "verkiezingen"))
    put(session, dataclasses.replace(seeded(session), exemptions=exempt), START + timedelta(days=1))
    assert "nl-ut" in rota.call_order(session, START)
    later = START + timedelta(days=30)
    assert "nl-ut" not in rota.call_order(session, later)
    assert "nl-ut" not in [
        code for turn in listed(session) if turn.from_at > START for code in turn.slots[0].organisations
    ]
    assert "Utrecht is exempt (verkiezingen)" in rota.on_duty(session, later).why


def test_the_former_definition_goes_on_until_a_moment_beyond_the_horizon(session: Session) -> None:
    effective = START + timedelta(days=500)
    put(session, dataclasses.replace(seeded(session), turn_length=3), effective)
    rota.extend(session, START, 700)
    lengths = {turn.from_at >= effective: (turn.until_at - turn.from_at).days for turn in listed(session)}
    assert lengths == {False: 14, True: 21}


def test_a_new_rota_is_published_from_its_first_turn_and_is_called_after_the_first_line(session: Session) -> None:
    second = Definition("Tweede lijn", (("gm1950",),), date(2024, 9, 2), "months", 2, line=2)
    put(session, second, code="nachtopvang")
    assert rota.on_duty(session, START, "nachtopvang").organisations == ("gm1950",)
    assert rota.on_duty(session, START, "nachtopvang").standby is None
    assert rota.call_order(session, START)[-2:] == ("nl-nh", "gm1950")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"members": ()}, "members"),
        ({"members": (("nl-dr",), ("nl-xx",))}, "members.1"),
        ({"members": (("nl-dr",), ("coa",))}, "members.1"),
        ({"members": (("nl-dr",), ("nl-fl",), ("nl-dr",))}, "members"),
        ({"exemptions": (Exemption("nl-xx", "x"),)}, "exemptions.0.organisation"),
        ({"exemptions": (Exemption("nl-dr", "x", date(2024, 2, 2), date(2024, 2, 1)),)}, "exemptions.0.endsOn"),
        ({"members": (("nl-dr",),), "exemptions": (Exemption("nl-dr", "x"),)}, "exemptions"),
        ({"members": (("nl-dr",),), "exemptions": (Exemption("nl-dr", "x", date(2025, 1, 1)),)}, "exemptions"),
        ({"slots": 13}, "slots"),
        ({"starts_on": date(2001, 1, 1)}, "startsOn"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"strategy": "weighted"}, "weights"),
        ({"weights": (Weight("nl-dr", 1),)}, "weights"),
        ({"strategy": "weighted", "weights": (Weight("nl-xx", 1),)}, "weights.0.organisation"),
        ({"strategy": "weighted", "weights": (Weight("nl-dr", 0),)}, "weights.0.weight"),
        ({"strategy": "weighted", "weights": (Weight("nl-dr", -3),)}, "weights.0.weight"),
        ({"strategy": "weighted", "weights": (Weight("nl-dr", 1), Weight("nl-dr", 2))}, "weights"),
    ],
)
def test_a_definition_that_cannot_work_is_refused_and_nothing_is_stored(
    session: Session, change: dict[str, Any], field: str
) -> None:
    counted = [session.scalar(select(func.count()).select_from(row)) for row in (Turn, RotaEdition)]
    changed = dataclasses.replace(seeded(session), **{"exemptions": (), **change})
    with pytest.raises(Invalid) as caught:
        put(session, changed, START + timedelta(days=1))
    assert field in {fault.field for fault in caught.value.faults}
    assert [session.scalar(select(func.count()).select_from(row)) for row in (Turn, RotaEdition)] == counted


def test_all_faults_of_a_definition_are_named_at_once(session: Session) -> None:
    wrong = dataclasses.replace(
        seeded(session), zone="Nowhere", slots=13, strategy="weighted", starts_on=date(2024, 1, 3)
    )
    with pytest.raises(Invalid) as caught:
        put(session, wrong)
    assert [fault.field for fault in caught.value.faults].count("weights") == 12
    assert {fault.field for fault in caught.value.faults} == {"zone", "slots", "weights"}


def test_a_hole_that_exemptions_make_years_ahead_is_said_at_once(session: Session) -> None:
    """The published turns end in September 2025; in March 2028 everybody would be away."""
    away = tuple(Exemption(f"nl-{code}", "x", date(2028, 3, 1), date(2028, 3, 20)) for code in PROVINCES.split())
    with pytest.raises(Invalid) as caught:
        put(session, dataclasses.replace(seeded(session), exemptions=away))
    (fault,) = caught.value.faults
    assert fault.field == "exemptions"
    assert "2028" in Words("nl")(fault.detail)
    assert rota.find_rota(session, "piket").edition == 1


@pytest.mark.parametrize("effective", [START, START - timedelta(days=1), START + timedelta(days=5000)])
def test_a_change_of_what_has_begun_or_of_the_far_future_is_refused(session: Session, effective: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        put(session, dataclasses.replace(seeded(session), hand_over_time=time(9)), effective)
    assert [fault.field for fault in caught.value.faults] == ["effectiveFrom"]


def test_members_accept_once_and_only_what_was_decided(session: Session) -> None:
    with pytest.raises(Conflict):
        rota.accept(session, START, Actor("nl-dr"), "piket")
    put(session, seeded(session))
    first, new = rota.accept(session, START, Actor("nl-dr"), "piket", "Provinciesecretaris", "akkoord")
    again, second_new = rota.accept(session, START + timedelta(days=1), Actor("nl-dr"), "piket")
    assert (new, second_new, again) == (True, False, first)
    assert [a.organisation for a in rota.find_rota(session, "piket").acceptances] == ["nl-dr"]
    with pytest.raises(Refused):
        rota.accept(session, START, Actor("cdk-nl-dr"), "piket")
    with pytest.raises(NotFound):
        rota.accept(session, START, Actor("nl-dr"), "unknown")


def test_acceptances_begin_anew_when_another_definition_is_decided(session: Session) -> None:
    put(session, seeded(session))
    first, _ = rota.accept(session, START, Actor("nl-dr"), "piket")
    put(session, dataclasses.replace(seeded(session), turn_length=1))
    assert rota.find_rota(session, "piket").acceptances == ()
    assert rota.find_acceptance(session, first.id) == first
    _, new = rota.accept(session, START, Actor("nl-dr"), "piket")
    assert new
