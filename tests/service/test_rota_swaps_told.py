"""What a pass does about swaps: tells each step once, reminds who must answer, lets expire what nobody answered."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.models import Alert, Recipient
from piket.audit.service import Actor
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.service import Pressing, SwapInfo
from piket.rota.swap_models import SwapStep
from piket.settings import Settings
from tests.fakes import START
from tests.service.swapping import decide, propose, swap, told, turn_of, turns

UTRECHT, HOLLAND = Actor("nl-ut"), Actor("nl-zh")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BOTH = {"nl-ut", "nl-zh"}


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def passes(session: Session, settings: Settings, at: datetime) -> list[tuple[str, set[str]]]:
    """What a pass at `at` told, and to whom."""
    before = session.scalar(select(func.max(Alert.seq))) or 0
    count = rota.advance_swaps(session, at, settings, Pressing)
    found = told(session, before)
    assert len(found) == count
    return found


def late(session: Session) -> SwapInfo:
    """Zeeland offers Utrecht its second next turn for the one after that: there is time for every reminder."""
    offered, asked = turn_of(session, "nl-ze", number=1), turn_of(session, "nl-ut", number=1)
    return propose(session, "nl-ze", "nl-ut", offered_turn=offered.id, requested_turn=asked.id)


def test_a_proposal_is_told_to_who_must_answer_and_the_ministry_once(session: Session, settings: Settings) -> None:
    propose(session, "nl-ut", "nl-zh")
    assert passes(session, settings, START) == [("proposed", {"nl-zh", "ministry"})]
    assert passes(session, settings, START) == []


def test_a_proposal_of_the_ministry_asks_both_and_each_acceptance_is_told(session: Session, settings: Settings) -> None:
    made = propose(session, "nl-ut", "nl-zh", by="ministry")
    assert passes(session, settings, START) == [("proposed", {*BOTH, "ministry"})]
    rota.accept_swap(session, START, HOLLAND, made.id)
    rota.accept_swap(session, START, UTRECHT, made.id)
    assert passes(session, settings, START) == [("accepted", {*BOTH, "ministry"})] * 2
    waiting = [alert.details["waitingFor"] for alert in session.scalars(select(Alert).order_by(Alert.seq))]
    assert waiting == [["nl-ut", "nl-zh"], ["nl-ut"], []]


def test_what_becomes_of_it_is_told_to_both_and_the_ministry(session: Session, settings: Settings) -> None:
    everybody = {*BOTH, "ministry"}
    rejected = propose(session, "nl-ut", "nl-zh")
    rota.reject_swap(session, START, HOLLAND, rejected.id, "Geen mensen.")
    withdrawn = propose(session, "nl-ut", "nl-zh")
    rota.end_swap(session, START, UTRECHT, withdrawn.id)
    undone = swap(session, "nl-ut", "nl-zh")
    rota.end_swap(session, START, HOLLAND, undone.id)
    # What asked for an answer that cannot be given any more is not told.
    assert passes(session, settings, START) == [
        ("rejected", everybody),
        ("withdrawn", everybody),
        ("accepted", everybody),
        ("undone", everybody),
    ]
    steps = session.scalars(select(SwapStep).order_by(SwapStep.seq)).all()
    assert all(step.told_at == START for step in steps)
    assert [step.kind for step in steps if step.alert is None] == ["proposed"] * 3


def test_who_must_answer_is_reminded_four_times_and_its_commissioner_with_the_last(
    session: Session, settings: Settings
) -> None:
    made = late(session)
    passes(session, settings, START)
    for ahead in (14 * DAY, 7 * DAY, 2 * DAY):
        at = made.expires_at - ahead
        assert passes(session, settings, at - timedelta(seconds=1)) == []
        assert passes(session, settings, at) == [("reminded", {"nl-ut"})]
        assert passes(session, settings, at) == []
    last = passes(session, settings, made.expires_at - 12 * HOUR)
    assert last == [("reminded", {"nl-ut", "cdk-nl-ut"})]
    assert passes(session, settings, made.expires_at - timedelta(seconds=1)) == []
    assert passes(session, settings, made.expires_at) == [("expired", {"nl-ut", "nl-ze", "cdk-nl-ut", "ministry"})]
    assert passes(session, settings, made.expires_at + DAY) == []
    found = rota.find_swap(session, made.expires_at, made.id)
    assert (found.state, found.settled_at) == ("expired", made.expires_at)
    kinds = [step.kind for step in found.steps]
    assert kinds == ["proposed", "reminded", "reminded", "reminded", "reminded", "expired"]


def test_only_reminders_after_the_proposal_are_sent(session: Session, settings: Settings) -> None:
    made = propose(session, "nl-ut", "nl-zh")  # nine days before Utrecht's turn
    passes(session, settings, START)
    assert passes(session, settings, START + DAY) == []
    assert passes(session, settings, made.expires_at - 7 * DAY) == [("reminded", {"nl-zh"})]


def test_a_late_pass_reminds_once_and_then_goes_on(session: Session, settings: Settings) -> None:
    made = late(session)
    passes(session, settings, START)
    assert passes(session, settings, made.expires_at - 3 * DAY) == [("reminded", {"nl-ut"})]
    assert passes(session, settings, made.expires_at - 2 * DAY) == [("reminded", {"nl-ut"})]


def test_a_pass_that_comes_when_all_is_over_asks_nobody(session: Session, settings: Settings) -> None:
    made = late(session)
    told_then = passes(session, settings, made.expires_at + 30 * DAY)
    assert told_then == [("expired", {"nl-ut", "nl-ze", "cdk-nl-ut", "ministry"})]


def test_a_first_pass_that_is_late_for_a_reminder_tells_the_proposal_alone(
    session: Session, settings: Settings
) -> None:
    made = late(session)
    assert [what for what, _ in passes(session, settings, made.expires_at - 7 * DAY)] == ["proposed"]


def test_who_accepted_is_reminded_no_more(session: Session, settings: Settings) -> None:
    made = propose(session, "nl-ut", "nl-zh", by="ministry")
    rota.accept_swap(session, START, HOLLAND, made.id)
    passes(session, settings, START)
    assert passes(session, settings, made.expires_at - 7 * DAY) == [("reminded", {"nl-ut"})]
    rota.accept_swap(session, START, UTRECHT, made.id)
    passes(session, settings, made.expires_at - 6 * DAY)
    assert passes(session, settings, made.expires_at - 2 * DAY) == []


def test_a_decision_that_moves_a_turn_is_told_with_what_stays(session: Session, settings: Settings) -> None:
    first, _, third = turns(session)[:3]
    swap(session, "nl-ut", "nl-zh")
    passes(session, settings, START)
    later = first.from_at + DAY
    definition = rota.find_rota(session, "piket").definition
    backwards = dataclasses.replace(definition, members=tuple(reversed(definition.members)))
    decide(session, "piket", backwards, third.from_at, later)
    assert passes(session, settings, later) == [("cancelled", {*BOTH, "ministry"})]
    alert = session.scalars(select(Alert).where(Alert.kind == "swap").order_by(Alert.seq.desc())).first()
    assert alert is not None and [entry["organisation"] for entry in alert.details["stays"]] == ["nl-zh"]


def test_the_mail_asks_by_when_and_says_where_to_answer(session: Session, settings: Settings) -> None:
    made = propose(session, "nl-ut", "nl-zh")
    passes(session, settings, START)
    alert = session.scalars(select(Alert).where(Alert.kind == "swap")).one()
    assert alert.answers["whoActs"] == {"organisation": "nl-zh", "by": "2024-09-25T10:00:00Z"}
    assert alert.answers["rotaProposed"] is True
    info = alerts.find_alert(session, alert.id)
    assert info.names["nl-ut"] == "Utrecht" and info.details["swap"] == made.id


def test_an_older_list_of_audiences_tells_of_swaps_all_the_same(session: Session, settings: Settings) -> None:
    rows = {kind: roles for kind, roles in settings.audiences.told.items() if kind != "swap"}
    older = dataclasses.replace(settings, audiences=dataclasses.replace(settings.audiences, told=rows))
    propose(session, "nl-ut", "nl-zh")
    assert passes(session, older, START) == [("proposed", {"nl-zh", "ministry"})]


def test_the_hand_over_of_a_swapped_turn_says_that_it_was_swapped(session: Session, settings: Settings) -> None:
    first = turns(session)[0]
    swap(session, "nl-ut", "nl-zh")
    rota.announce(session, first.from_at - DAY, settings, Pressing())
    alert = session.scalars(select(Alert).where(Alert.kind == "handOver")).one()
    assert (alert.details["leaving"], alert.details["coming"], alert.details["swap"]) == (
        "nl-ov",
        "nl-zh",
        "Verkiezingen.",
    )
    named = session.scalars(select(Recipient.organisation).where(Recipient.alert == alert.id)).all()
    assert set(named) == {"nl-ov", "nl-zh"}
