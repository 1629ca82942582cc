"""Asking provinces what they can open: found by a pass from rows, told once, answered, taken over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Delivery, Recipient
from piket.audit.models import AuditEntry
from piket.audit.service import Actor, OnBehalf
from piket.db import Store
from piket.errors import Conflict, Invalid, Refused
from piket.organisations import service as organisations
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.models import Turn
from piket.rota.service import ConfirmationInfo, ConfirmationWish, OverrideWish, Pressing
from piket.settings import Settings
from tests.fakes import START

MINISTRY = Actor("ministry")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HAND_OVER = datetime(2024, 9, 25, 10, tzinfo=UTC)  # Overijssel to Utrecht
ASKED, REMINDED, SILENT = HAND_OVER - 7 * DAY, HAND_OVER - 5 * DAY, HAND_OVER - DAY

Told = tuple[str, str, tuple[str, ...]]


@pytest.fixture(autouse=True)
def _seeded(request: pytest.FixtureRequest, settings: Settings) -> None:
    """In the test's own transaction; the engines of the last test have theirs."""
    if "session" in request.fixturenames:
        session = request.getfixturevalue("session")
        organisations.seed(session, START, settings)
        rota.seed(session, START, settings)


def asked(session: Session, settings: Settings, at: datetime) -> list[Told]:
    """What a pass at `at` told: step, of whom, and to whom."""
    before = set(session.scalars(select(Alert.id)))
    count = rota.ask(session, at, settings, Pressing)
    fresh = [alert for alert in session.scalars(select(Alert).order_by(Alert.seq)) if alert.id not in before]
    assert len(fresh) == count
    assert {alert.kind for alert in fresh} <= {"confirmationAsked"}
    return [(a.details["step"], a.details["organisation"], told_by(session, a.id)) for a in fresh]


def told_by(session: Session, alert: str) -> tuple[str, ...]:
    return tuple(
        session.scalars(select(Recipient.organisation).where(Recipient.alert == alert).order_by(Recipient.position))
    )


def turn_from(session: Session, at: datetime) -> str:
    return session.scalars(select(Turn.id).where(Turn.from_at == at, Turn.superseded_at.is_(None))).one()


def confirm(
    session: Session, settings: Settings, at: datetime, places: int, who: str = "nl-ut", **more: Any
) -> ConfirmationInfo:
    actor = more.pop("actor", Actor(who))
    turn = more.pop("turn", None) or turn_from(session, HAND_OVER)
    return rota.confirm(session, at, settings, Pressing, actor, turn, ConfirmationWish(places, **more))[0]


def override(session: Session, now: datetime, since: datetime, until: datetime, who: str) -> str:
    return rota.override(session, now, MINISTRY, "piket", OverrideWish(until, who, "nodig", since)).id


def test_a_silent_province_is_asked_reminded_and_told_of_to_its_commissioner_and_the_standby(
    session: Session, settings: Settings
) -> None:
    own = ("nl-ut",)
    assert asked(session, settings, ASKED - HOUR) == []
    assert asked(session, settings, ASKED) == [("asked", "nl-ut", own)]
    assert asked(session, settings, ASKED + DAY) == []
    assert asked(session, settings, REMINDED) == [("reminded", "nl-ut", own)]
    assert asked(session, settings, SILENT) == [("silent", "nl-ut", ("cdk-nl-ut",))]
    assert asked(session, settings, HAND_OVER - timedelta(seconds=1)) == []
    assert asked(session, settings, HAND_OVER) == [("missing", "nl-ut", ("nl-ut", "nl-ze"))]
    assert asked(session, settings, HAND_OVER + HOUR) == []


def test_the_question_says_until_when_where_to_answer_and_that_the_rota_is_proposed(
    session: Session, settings: Settings
) -> None:
    asked(session, settings, ASKED)
    alert = session.scalars(select(Alert)).one()
    turn = turn_from(session, HAND_OVER)
    assert alert.details["respondBy"] == "2024-09-24T10:00:00Z"
    assert alert.details["answerAt"] == f"http://127.0.0.1:8000/turns/{turn}"
    assert (alert.details["turn"], alert.details["from"]) == (turn, "2024-09-25T10:00:00Z")
    assert alert.answers["whoActs"] == {"organisation": "nl-ut", "by": "2024-09-24T10:00:00Z"}
    assert alert.answers["rotaProposed"] is True


def test_who_confirmed_is_asked_nothing_more_also_when_it_can_open_none(session: Session, settings: Settings) -> None:
    asked(session, settings, ASKED)
    confirm(session, settings, ASKED + HOUR, 0)
    for at in (REMINDED, SILENT, HAND_OVER, HAND_OVER + DAY):
        assert [one for one in asked(session, settings, at) if one[1] == "nl-ut"] == []
    duty = rota.on_duty(session, HAND_OVER)
    ready = rota.readiness(session, duty.turn, duty.organisations)
    assert (ready.places, ready.silent, ready.warned_at) == (0, (), None)


def test_who_confirms_before_it_is_asked_is_not_asked(session: Session, settings: Settings) -> None:
    confirm(session, settings, START, 120)
    assert asked(session, settings, ASKED) == []


def test_a_turn_shows_what_was_confirmed_and_unknown_where_nothing_was(session: Session, settings: Settings) -> None:
    turn = turn_from(session, HAND_OVER)
    assert rota.find_turn(session, START, turn).slots[0].confirmed_places is None
    confirm(session, settings, START, 120)
    assert rota.find_turn(session, START, turn).slots[0].confirmed_places == 120
    listed = rota.turns_paged(session, START, "piket", PageRequest(), START, None).items
    assert [view.slots[0].confirmed_places for view in listed[:3]] == [None, 120, None]
    assert rota.turn_at(session, START, HAND_OVER).slots[0].confirmed_places == 120


def test_a_later_confirmation_takes_the_place_of_an_earlier_one_which_stays_readable(
    session: Session, settings: Settings
) -> None:
    first = confirm(session, settings, START, 120, note="twee hallen")
    second = confirm(session, settings, START, 80)
    assert first.holds and second.holds
    listed = rota.confirmations_paged(session, turn_from(session, HAND_OVER), PageRequest()).items
    assert [(one.places, one.note, one.holds) for one in listed] == [(80, None, True), (120, "twee hallen", False)]
    assert rota.find_confirmation(session, first.id).holds is False
    again, new = rota.confirm(
        session, START, settings, Pressing, Actor("nl-ut"), first.turn, ConfirmationWish(80, (), None)
    )
    assert (again.id, new) == (second.id, False)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "confirm_turn")).all()
    assert len(actions) == 2


def test_who_was_told_of_the_silence_hears_the_answer(session: Session, settings: Settings) -> None:
    for at in (ASKED, SILENT, HAND_OVER):
        asked(session, settings, at)
    duty = rota.on_duty(session, HAND_OVER)
    ready = rota.readiness(session, duty.turn, duty.organisations)
    assert (ready.places, ready.silent, ready.warned_at) == (None, ("nl-ut",), HAND_OVER)
    confirm(session, settings, HAND_OVER + HOUR, 60)
    alert = session.scalars(select(Alert).order_by(Alert.seq.desc())).first()
    assert alert is not None and (alert.details["step"], alert.details["places"]) == ("confirmed", 60)
    assert told_by(session, alert.id) == ("cdk-nl-ut", "nl-ze")
    assert rota.readiness(session, duty.turn, duty.organisations).warned_at is None
    confirm(session, settings, HAND_OVER + 2 * HOUR, 70)
    assert session.scalars(select(Alert).order_by(Alert.seq.desc())).first() is alert, "told once"


def test_what_another_entered_is_told_to_whose_word_it_is(session: Session, settings: Settings) -> None:
    actor = Actor("coa", on_behalf=OnBehalf("nl-ut", "piketdesk", "telephone"))
    made = confirm(session, settings, START, 40, actor=actor)
    assert (made.organisation, made.given_by) == ("nl-ut", "coa")
    assert made.on_behalf == {"organisation": "nl-ut", "saidBy": "piketdesk", "via": "telephone"}
    alert = session.scalars(select(Alert)).one()
    assert told_by(session, alert.id) == ("nl-ut",)
    assert alert.details["onBehalf"]["saidBy"] == "piketdesk"


def test_who_takes_a_turn_over_is_asked_anew_and_the_other_hears_that_it_need_not_say_it(
    session: Session, settings: Settings
) -> None:
    asked(session, settings, ASKED)
    confirm(session, settings, ASKED, 120)
    made = override(session, ASKED + HOUR, HAND_OVER, HAND_OVER + 14 * DAY, "nl-fl")
    told = asked(session, settings, ASKED + HOUR)
    assert told == [("withdrawn", "nl-ut", ("nl-ut",)), ("asked", "nl-fl", ("nl-fl",))]
    turn = turn_from(session, HAND_OVER)
    assert rota.find_turn(session, START, turn).slots[0].confirmed_places is None, (
        "what Utrecht said is not Flevoland's"
    )
    rota.end_override(session, ASKED + 2 * HOUR, MINISTRY, made)
    assert asked(session, settings, ASKED + 2 * HOUR) == [("withdrawn", "nl-fl", ("nl-fl",))]
    assert rota.find_turn(session, START, turn).slots[0].confirmed_places == 120, "and is Utrecht's again"
    override(session, ASKED + 3 * HOUR, HAND_OVER, HAND_OVER + 14 * DAY, "nl-fl")
    assert asked(session, settings, ASKED + 3 * HOUR) == [("asked", "nl-fl", ("nl-fl",))]


def test_a_part_of_a_turn_is_asked_of_who_has_that_part(session: Session, settings: Settings) -> None:
    override(session, START, HAND_OVER + 3 * DAY, HAND_OVER + 5 * DAY, "nl-fl")
    assert [one[:2] for one in asked(session, settings, ASKED)] == [("asked", "nl-ut")]
    assert [one[:2] for one in asked(session, settings, ASKED + 3 * DAY)] == [("reminded", "nl-ut"), ("asked", "nl-fl")]
    confirm(session, settings, ASKED + 3 * DAY, 25, "nl-fl")
    confirm(session, settings, ASKED + 3 * DAY, 100)
    during = rota.turn_at(session, HAND_OVER, HAND_OVER + 4 * DAY)
    assert (during.slots[0].organisations, during.slots[0].confirmed_places) == (("nl-fl",), 25)


def test_an_override_that_begins_at_once_warns_the_standby_at_once(session: Session, settings: Settings) -> None:
    asked(session, settings, START)
    override(session, START, START, START + 5 * DAY, "nl-fl")
    assert asked(session, settings, START) == [("missing", "nl-fl", ("nl-fl", "nl-ov"))]


def test_after_a_pause_of_weeks_only_the_present_duty_is_spoken_of(session: Session, settings: Settings) -> None:
    assert [one[:2] for one in asked(session, settings, HAND_OVER + 30 * DAY)] == [("missing", "nl-zh")]
    assert asked(session, settings, HAND_OVER + 30 * DAY) == []


def test_the_turn_under_way_when_the_rota_is_made_is_not_spoken_of(session: Session, settings: Settings) -> None:
    assert asked(session, settings, START) == []


def test_one_desk_that_is_asked_late_is_not_told_of_itself_in_the_same_breath(
    session: Session, settings: Settings, contact: Callable[..., Any]
) -> None:
    for code in ("nl-ut", "cdk-nl-ut"):
        contact(code, "piket@utrecht.example", session=session)
    assert [one[0] for one in asked(session, settings, HAND_OVER - HOUR)] == ["asked", "silent"]
    assert len(session.scalars(select(Delivery)).all()) == 1


def test_nobody_but_who_has_the_duty_confirms_it(session: Session, settings: Settings) -> None:
    with pytest.raises(Refused):
        confirm(session, settings, START, 10, "nl-dr")


def test_what_is_over_or_moved_cannot_be_confirmed(session: Session, settings: Settings) -> None:
    with pytest.raises(Conflict, match="ended"):
        confirm(session, settings, HAND_OVER + 14 * DAY, 10)
    turn = session.get_one(Turn, turn_from(session, HAND_OVER))
    turn.superseded_at = START
    with pytest.raises(Conflict) as moved:
        confirm(session, settings, START, 10, turn=turn.id)
    assert moved.value.code == "turn-moved"


def test_every_fault_is_named_at_once_and_nothing_is_kept(session: Session, settings: Settings) -> None:
    sites = ({"municipality": "gm9999", "places": 8}, {"municipality": "gm0344", "places": 8})
    with pytest.raises(Invalid) as wrong:
        confirm(session, settings, START, 10, sites=sites)
    assert [fault.field for fault in wrong.value.faults] == ["sites.0.municipality", "places"]
    assert rota.confirmations_paged(session, turn_from(session, HAND_OVER), PageRequest()).items == []
    kept = confirm(session, settings, START, 10, sites=(*sites[1:], {**sites[1], "firmness": "inView"}))
    assert len(kept.sites) == 2, "places in view are kept and do not count"


def test_two_engines_at_once_tell_each_step_once(seeded: Store, settings: Settings) -> None:
    """Each by itself in a transaction of its own; the rota's row is locked in between."""
    both = threading.Barrier(2)
    failed: list[BaseException] = []

    def engine() -> None:
        try:
            both.wait(10)
            with seeded.writing(ring=False) as own:
                rota.ask(own, HAND_OVER - HOUR, settings, Pressing)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=engine) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with seeded.reading() as session:
        steps = [alert.details["step"] for alert in session.scalars(select(Alert).order_by(Alert.seq))]
    assert steps == ["asked", "silent"]
