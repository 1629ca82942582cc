"""Swaps of turns: who has duty before and after, what is refused with nothing changed, and what ends them."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.models import AuditEntry
from piket.audit.service import Actor
from piket.errors import Conflict, Invalid, NotFound, PiketError, Refused
from piket.organisations import service as organisations
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.models import Override
from piket.rota.rules import Definition, Exemption
from piket.rota.service import OverrideWish, SwapWish
from piket.rota.swap_models import Swap, SwapStep
from piket.settings import Settings
from piket.words import Words
from tests.fakes import START
from tests.service.swapping import MINISTRY, decide, holders, propose, swap, turn_of, turns

UTRECHT, ZEELAND = Actor("nl-ut"), Actor("nl-ze")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def put(session: Session, change: dict[str, Any], effective: datetime | None = None, now: datetime = START) -> int:
    definition = dataclasses.replace(rota.find_rota(session, "piket").definition, **change)
    return decide(session, "piket", definition, effective, now)


def refused(session: Session, kind: type[PiketError], **change: Any) -> PiketError:
    """The error of a proposal that cannot be; nothing may have changed by it."""
    before = (len(session.scalars(select(Swap)).all()), len(session.scalars(select(SwapStep)).all()), holders(session))
    with pytest.raises(kind) as caught:
        propose(session, **{"offering": "nl-ut", "requested": "nl-zh", **change})
    after = (len(session.scalars(select(Swap)).all()), len(session.scalars(select(SwapStep)).all()), holders(session))
    assert after == before
    return caught.value


class TestAcceptedSwap:
    def test_each_has_the_turn_of_the_other_and_the_turns_stay(self, session: Session) -> None:
        before = turns(session)
        made = propose(session, "nl-ut", "nl-zh")
        assert (made.state, made.waiting_for, made.expires_at) == ("proposed", ("nl-zh",), before[0].from_at)
        assert holders(session, 4) == ["nl-ut", "nl-ze", "nl-zh", "nl-dr"]
        accepted, new = rota.accept_swap(session, START, Actor("nl-zh"), made.id, "piketdesk")
        assert (accepted.state, accepted.waiting_for, new) == ("accepted", (), True)
        assert holders(session, 4) == ["nl-zh", "nl-ze", "nl-ut", "nl-dr"]
        assert [turn.id for turn in turns(session)] == [turn.id for turn in before]
        assert [(turn.slots[0].origin, turn.slots[0].swap) for turn in turns(session)[:3]] == [
            ("swap", made.id),
            ("rota", None),
            ("swap", made.id),
        ]

    def test_duty_standby_order_of_calls_and_hand_overs_follow_it(self, session: Session) -> None:
        first = turns(session)[0]
        swap(session, "nl-ut", "nl-zh")
        assert rota.on_duty(session, START).standby == "nl-zh"
        assert rota.call_order(session, START)[:4] == ("nl-ov", "nl-zh", "nl-ze", "nl-ut")
        assert rota.on_duty(session, first.from_at).organisations == ("nl-zh",)
        assert rota.holders_at(session, first.from_at) == ("nl-zh",)
        told = rota.hand_overs(session, "piket", START, first.until_at)
        assert [(h.leaving, h.coming) for h in told] == [(("nl-ov",), ("nl-zh",)), (("nl-zh",), ("nl-ze",))]

    def test_it_says_why_with_who_proposed_and_when_it_was_accepted(self, session: Session) -> None:
        swap(session, "nl-ut", "nl-zh")
        why = Words("en")(turns(session)[0].why)
        assert "Utrecht has the turn: number 9 of 11" in why
        assert "Zuid-Holland has duty instead of Utrecht from" in why
        assert "by a swap that Utrecht proposed (accepted Mon 16 Sep 2024 14:00): Verkiezingen." in why
        assert turns(session)[0].overrides == ()

    def test_it_is_no_override_to_whoever_asks_for_those(self, session: Session) -> None:
        swap(session, "nl-ut", "nl-zh")
        assert list(rota.overrides_paged(session, START, "piket", PageRequest()).items) == []
        half = session.scalars(select(Override.id)).first()
        with pytest.raises(NotFound):
            rota.find_override(session, START, str(half))
        with pytest.raises(NotFound):
            rota.end_override(session, START, MINISTRY, str(half))

    def test_the_ledger_reads_two_halves_while_it_is_in_force(self, session: Session) -> None:
        first, _, third = turns(session)[:3]
        made = swap(session, "nl-ut", "nl-zh")
        found = rota.swaps_between(session, "piket", START, third.until_at)
        assert [(one.turn, one.organisation, one.replaces) for one in found] == [
            (first.id, "nl-zh", "nl-ut"),
            (third.id, "nl-ut", "nl-zh"),
        ]
        assert {(one.swap, one.accepted_at) for one in found} == {(made.id, START)}
        assert len(rota.swaps_between(session, "piket", first.until_at, third.until_at)) == 1
        rota.end_swap(session, START, UTRECHT, made.id)
        assert rota.swaps_between(session, "piket", START, third.until_at) == []

    def test_an_override_over_it_wins_and_lets_go_again(self, session: Session) -> None:
        first = turns(session)[0]
        swap(session, "nl-ut", "nl-zh")
        wish = OverrideWish(first.until_at, "nl-fl", "Brand.", first.from_at + DAY)
        made = rota.override(session, START, MINISTRY, "piket", wish)
        who = [rota.on_duty(session, first.from_at + n * DAY).organisations for n in (0, 1)]
        assert who == [("nl-zh",), ("nl-fl",)]
        assert turns(session)[0].slots[0].organisations == ("nl-zh",)
        why = Words("en")(rota.on_duty(session, first.from_at + DAY).why)
        assert why.index("Zuid-Holland has duty instead of Utrecht") < why.index("Flevoland has duty instead of Zuid-H")
        rota.end_override(session, START, MINISTRY, made.id)
        assert rota.on_duty(session, first.from_at + DAY).organisations == ("nl-zh",)

    def test_the_order_of_the_rota_goes_on_as_if_there_had_been_no_swap(self, session: Session) -> None:
        last, final = turns(session)[-2:]
        offering, requested = last.slots[0].organisations[0], final.slots[0].organisations[0]
        swap(session, offering, requested, offered_turn=last.id, requested_turn=final.id)
        rota.extend(session, START, 800)
        following = rota.turn_at(session, START, final.until_at).slots[0].organisations[0]
        order = [f"nl-{code}" for code in "dr fl fr ge li nb nh ov ut ze zh".split()]
        assert following == order[(order.index(requested) + 1) % 11]


class TestWhoMustAccept:
    def test_a_swap_that_the_ministry_proposes_needs_both(self, session: Session) -> None:
        made = propose(session, "nl-ut", "nl-zh", by="ministry")
        assert made.waiting_for == ("nl-ut", "nl-zh")
        once, _ = rota.accept_swap(session, START, Actor("nl-zh"), made.id)
        assert (once.state, once.waiting_for) == ("proposed", ("nl-ut",))
        assert holders(session, 1) == ["nl-ut"]
        both, _ = rota.accept_swap(session, START, UTRECHT, made.id)
        assert (both.state, holders(session, 1)) == ("accepted", ["nl-zh"])
        assert [(step.kind, step.organisation) for step in both.steps] == [
            ("proposed", "ministry"),
            ("accepted", "nl-zh"),
            ("accepted", "nl-ut"),
        ]

    @pytest.mark.parametrize("who", ["nl-ut", "nl-dr", "ministry", "cdk-nl-zh"])
    def test_nobody_else_answers_what_utrecht_asks_of_zuid_holland(self, session: Session, who: str) -> None:
        made = propose(session, "nl-ut", "nl-zh")
        with pytest.raises(Refused):
            rota.accept_swap(session, START, Actor(who), made.id)
        with pytest.raises(Refused):
            rota.reject_swap(session, START, Actor(who), made.id, "nee")
        assert rota.find_swap(session, START, made.id).state == "proposed"

    def test_a_repeat_of_an_acceptance_leaves_the_first(self, session: Session) -> None:
        made = propose(session, "nl-ut", "nl-zh")
        first, _ = rota.accept_swap(session, START, Actor("nl-zh"), made.id)
        again, new = rota.accept_swap(session, START + DAY, Actor("nl-zh"), made.id)
        assert (again, new) == (first, False)
        assert len(session.scalars(select(Override)).all()) == 2

    def test_a_rejection_ends_it_with_its_reason_also_after_the_other_accepted(self, session: Session) -> None:
        made = propose(session, "nl-ut", "nl-zh", by="ministry")
        rota.accept_swap(session, START, UTRECHT, made.id)
        ended, new = rota.reject_swap(session, START, Actor("nl-zh"), made.id, "Geen mensen.", "piketdesk")
        assert (ended.state, ended.settled_at, ended.waiting_for, new) == ("rejected", START, (), True)
        assert (ended.steps[-1].note, ended.steps[-1].by) == ("Geen mensen.", "piketdesk")
        assert rota.reject_swap(session, START, Actor("nl-zh"), made.id, "Nog eens.") == (ended, False)
        with pytest.raises(Conflict):
            rota.accept_swap(session, START, Actor("nl-zh"), made.id)
        assert holders(session, 1) == ["nl-ut"]
        propose(session, "nl-ut", "nl-zh")


class TestTakenBack:
    def test_only_who_proposed_withdraws(self, session: Session) -> None:
        made = propose(session, "nl-ut", "nl-zh")
        for who in ("nl-zh", "ministry"):
            with pytest.raises(Refused):
                rota.end_swap(session, START, Actor(who), made.id)
        ended = rota.end_swap(session, START, UTRECHT, made.id)
        assert (ended.state, ended.steps[-1].kind) == ("withdrawn", "withdrawn")
        assert rota.end_swap(session, START, UTRECHT, made.id) == ended
        with pytest.raises(Conflict):
            rota.accept_swap(session, START, Actor("nl-zh"), made.id)

    @pytest.mark.parametrize("who", ["nl-ut", "nl-zh", "ministry"])
    def test_undone_before_it_begins_everything_is_as_it_was(self, session: Session, who: str) -> None:
        before = turns(session)
        made = swap(session, "nl-ut", "nl-zh")
        undone = rota.end_swap(session, before[0].from_at - timedelta(seconds=1), Actor(who), made.id)
        assert (undone.state, undone.steps[-1].organisation) == ("undone", who)
        assert turns(session) == before
        assert rota.end_swap(session, START, Actor(who), made.id) == undone
        swap(session, "nl-ut", "nl-zh")

    def test_what_has_begun_cannot_be_undone(self, session: Session) -> None:
        begins = turns(session)[0].from_at
        made = swap(session, "nl-ut", "nl-zh")
        with pytest.raises(Conflict) as caught:
            rota.end_swap(session, begins, UTRECHT, made.id)
        assert caught.value.code == "swap-begun"
        assert rota.on_duty(session, begins).organisations == ("nl-zh",)

    @pytest.mark.parametrize("late", [0, 1])
    def test_from_the_beginning_of_the_earlier_turn_on_nobody_can_answer(self, session: Session, late: int) -> None:
        made = propose(session, "nl-zh", "nl-ut")
        at = made.expires_at + late * DAY
        assert rota.find_swap(session, at, made.id).state == "expired"
        for act in (
            lambda: rota.accept_swap(session, at, UTRECHT, made.id),
            lambda: rota.reject_swap(session, at, UTRECHT, made.id, "te laat"),
            lambda: rota.end_swap(session, at, Actor("nl-zh"), made.id),
        ):
            with pytest.raises(Conflict):
                act()
        assert rota.on_duty(session, at).organisations == ("nl-ut",)

    def test_a_moment_before_it_can_be_answered_still(self, session: Session) -> None:
        made = propose(session, "nl-zh", "nl-ut")
        rota.accept_swap(session, made.expires_at - timedelta.resolution, UTRECHT, made.id)
        assert rota.on_duty(session, made.expires_at).organisations == ("nl-zh",)


class TestRefused:
    def test_turns_that_are_not_there_are_named_both(self, session: Session) -> None:
        error = refused(session, Invalid, offered_turn="none", requested_turn="neither")
        assert isinstance(error, Invalid)
        assert [fault.field for fault in error.faults] == ["offeredTurn", "requestedTurn"]

    def test_a_turn_that_has_begun_or_is_past(self, session: Session) -> None:
        now, past = rota.calendar(session, START, START, START + DAY)[0], START - 30 * DAY
        for turn in (now, rota.turn_at(session, START, past)):
            holder = turn.slots[0].organisations[0]
            error = refused(session, Invalid, offering=holder, offered_turn=turn.id)
            assert isinstance(error, Invalid)
            assert [(fault.field, "began on" in fault.detail) for fault in error.faults] == [("offeredTurn", True)]

    def test_a_swap_of_a_turn_with_itself_or_of_two_of_ones_own(self, session: Session) -> None:
        same = turn_of(session, "nl-ut").id
        for requested, text in ((same, "two different turns"), (turn_of(session, "nl-ut", number=1).id, "Both turns")):
            error = refused(session, Invalid, requested_turn=requested)
            assert isinstance(error, Invalid)
            assert [(fault.field, text in fault.detail) for fault in error.faults] == [("requestedTurn", True)]

    def test_a_turn_that_was_swapped_away_by_who_had_it_by_who_has_it_and_by_a_third(self, session: Session) -> None:
        first, third = turns(session)[0].id, turns(session)[2].id
        made = swap(session, "nl-ut", "nl-zh")
        for change in (
            {"offered_turn": first, "requested": "nl-ze"},
            {"offered_turn": first, "requested_turn": third},
            {"offering": "nl-zh", "offered_turn": first, "requested": "nl-ze"},
            {"offering": "nl-ze", "requested_turn": first},
        ):
            error = refused(session, Conflict, **change)
            assert (error.code, made.id in error.detail) == ("turn-swapped", True), change

    def test_a_turn_in_a_proposal_that_is_open(self, session: Session) -> None:
        made = propose(session, "nl-ut", "nl-zh")
        for change in ({}, {"requested": "nl-ze"}, {"offering": "nl-ze"}):
            error = refused(session, Conflict, **change)
            assert (error.code, made.id in error.detail) == ("turn-in-proposal", True)

    def test_a_turn_of_another_rota(self, session: Session) -> None:
        other = Definition("Tweede lijn", (("nl-zh",), ("nl-dr",)), date(2024, 10, 2), line=2)
        decide(session, "tweede", other)
        error = refused(session, Invalid, requested_turn=turn_of(session, "nl-zh", code="tweede").id)
        assert "two rotas" in str(getattr(error, "faults", [])[0].detail)

    def test_a_turn_that_a_decision_moved(self, session: Session) -> None:
        old = turn_of(session, "nl-zh").id
        put(session, {"members": tuple(reversed(rota.find_rota(session, "piket").definition.members))}, START + DAY)
        error = refused(session, Invalid, requested_turn=old)
        assert "later decision moved" in str(getattr(error, "faults", [])[0].detail)

    def test_a_turn_that_an_override_gives_to_others_wholly(self, session: Session) -> None:
        first = turns(session)[0]
        wish = OverrideWish(first.until_at, "nl-fl", "Brand.", first.from_at)
        rota.override(session, START, MINISTRY, "piket", wish)
        assert refused(session, Conflict, offered_turn=first.id).code == "turn-overridden"
        assert refused(session, Conflict, offering="nl-ze", requested_turn=first.id).code == "turn-overridden"

    def test_the_exempt_cannot_take_one(self, session: Session) -> None:
        third = turns(session)[2]
        day = third.from_at.date() + DAY
        exempt = (*rota.find_rota(session, "piket").definition.exemptions, Exemption("nl-ut", "verkiezingen", day, day))
        put(session, {"exemptions": exempt}, START + DAY)
        error = refused(session, Invalid)
        assert "nl-ut is exempt during this turn (verkiezingen)." in str(getattr(error, "faults", [])[0].detail)

    def test_what_came_in_the_way_since_it_was_proposed(self, session: Session) -> None:
        made = propose(session, "nl-ut", "nl-zh")
        wish = OverrideWish(made.offered_until, "nl-fl", "Brand.", made.offered_from)
        over = rota.override(session, START, MINISTRY, "piket", wish)
        with pytest.raises(Conflict):
            rota.accept_swap(session, START, Actor("nl-zh"), made.id)
        rota.end_override(session, START, MINISTRY, over.id)
        assert rota.accept_swap(session, START, Actor("nl-zh"), made.id)[0].state == "accepted"

    def test_an_unknown_swap(self, session: Session) -> None:
        with pytest.raises(NotFound):
            rota.find_swap(session, START, "none")
        with pytest.raises(NotFound):
            rota.accept_swap(session, START, UTRECHT, "none")


class TestRemarks:
    def test_who_has_two_turns_running_by_it_is_named_and_it_is_allowed(self, session: Session) -> None:
        """Overijssel, on duty now, takes the next turn too; Utrecht then has the one before its own."""
        assert propose(session, "nl-ze", "nl-dr").remarks == ()
        first, later = turns(session)[0], turn_of(session, "nl-ov")
        made = swap(session, "nl-ov", "nl-ut", offered_turn=later.id)
        assert {(one.kind, one.organisation, one.from_at, one.until_at) for one in made.remarks} == {
            ("twiceRunning", "nl-ov", first.from_at - 14 * DAY, first.until_at),
            ("twiceRunning", "nl-ut", later.from_at, later.until_at + 14 * DAY),
        }

    def test_turns_of_another_length_and_a_part_that_is_overridden_are_named(self, session: Session) -> None:
        first = turns(session)[0]
        put(session, {"hand_over_weekday": "monday"}, turns(session)[2].from_at)
        longer = turns(session)[2]
        wish = OverrideWish(first.from_at + DAY, "nl-fl", "Brand.", first.from_at)
        rota.override(session, START, MINISTRY, "piket", wish)
        assert longer.until_at - longer.from_at != timedelta(days=14)
        made = propose(session, "nl-ut", longer.slots[0].organisations[0])
        assert {(one.kind, one.organisation) for one in made.remarks} >= {("overridden", "nl-fl")}
        assert "longer" in {one.kind for one in made.remarks}


class TestADecisionOnTheRota:
    def backwards(self, session: Session, effective: datetime, now: datetime = START) -> int:
        members = tuple(reversed(rota.find_rota(session, "piket").definition.members))
        return put(session, {"members": members}, effective, now)

    def test_that_moves_a_swapped_turn_cancels_the_swap_and_a_proposal(self, session: Session) -> None:
        made, open_still = swap(session, "nl-ut", "nl-zh"), propose(session, "nl-ze", "nl-dr")
        effective = turns(session)[1].until_at
        self.backwards(session, effective)
        for one in (made, open_still):
            found = rota.find_swap(session, START, one.id)
            assert (found.state, found.steps[-1].kind, found.steps[-1].organisation) == (
                "cancelled",
                "cancelled",
                "ministry",
            )
        assert holders(session, 2) == ["nl-ut", "nl-ze"]
        assert rota.swaps_between(session, "piket", START, START + 360 * DAY) == []

    def test_a_half_that_has_begun_stays(self, session: Session) -> None:
        first, _, third = turns(session)[:3]
        made = swap(session, "nl-ut", "nl-zh")
        later = first.from_at + DAY
        self.backwards(session, third.from_at, later)
        assert rota.find_swap(session, later, made.id).state == "cancelled"
        assert rota.on_duty(session, later).organisations == ("nl-zh",)
        assert [one.organisation for one in rota.swaps_between(session, "piket", START, third.until_at)] == ["nl-zh"]
        halves = session.scalars(select(Override).order_by(Override.from_at)).all()
        assert [half.ended_at for half in halves] == [None, later]

    def test_that_moves_other_turns_leaves_the_swap(self, session: Session) -> None:
        made = swap(session, "nl-ut", "nl-zh")
        assert self.backwards(session, turns(session)[3].from_at) > 0
        assert rota.find_swap(session, START, made.id).state == "accepted"
        assert holders(session, 3) == ["nl-zh", "nl-ze", "nl-ut"]

    def test_that_changes_only_why_a_turn_is_whose_it_is_leaves_the_swap(self, session: Session) -> None:
        made = swap(session, "nl-ut", "nl-zh")
        day = made.requested_from.date()
        exempt = (*rota.find_rota(session, "piket").definition.exemptions, Exemption("nl-dr", "brand", day, day))
        put(session, {"exemptions": exempt}, START + DAY)
        found = rota.find_swap(session, START, made.id)
        assert (found.state, holders(session, 3)) == ("accepted", ["nl-zh", "nl-ze", "nl-ut"])

    def test_that_exempts_who_would_take_a_turn_cancels_the_swap(self, session: Session) -> None:
        made = swap(session, "nl-ut", "nl-zh")
        day = made.requested_from.date()
        exempt = (*rota.find_rota(session, "piket").definition.exemptions, Exemption("nl-ut", "brand", day, day))
        put(session, {"exemptions": exempt}, START + DAY)
        assert rota.find_swap(session, START, made.id).state == "cancelled"
        assert holders(session, 3) == ["nl-ut", "nl-ze", "nl-zh"]


class TestSlots:
    """Four organisations in two turns of two; in the second rota two share a slot."""

    def put(self, session: Session, members: tuple[tuple[str, ...], ...], slots: int) -> None:
        definition = Definition("Meer tegelijk", members, date(2024, 10, 2), slots=slots)
        decide(session, "meer", definition)

    def propose(self, session: Session, by: str = "nl-dr", **more: Any) -> rota.SwapInfo:
        one, two = turns(session, code="meer")[:2]
        return rota.propose_swap(session, START, Actor(by), SwapWish(one.id, two.id, "Ruil.", **more))

    def test_only_the_slot_of_the_organisation_is_swapped(self, session: Session) -> None:
        self.put(session, tuple((f"nl-{c}",) for c in "dr fl fr ge".split()), 2)
        with pytest.raises(Invalid) as caught:
            self.propose(session)
        assert [fault.field for fault in caught.value.faults] == ["requested"]
        made = self.propose(session, requested="nl-ge")
        rota.accept_swap(session, START, Actor("nl-ge"), made.id)
        who = [[slot.organisations for slot in turn.slots] for turn in turns(session, code="meer")[:2]]
        assert who == [[("nl-ge",), ("nl-fl",)], [("nl-fr",), ("nl-dr",)]]
        assert self.propose(session, by="nl-fl", requested="nl-fr").state == "proposed"

    def test_the_ministry_says_whose_slots_it_means(self, session: Session) -> None:
        self.put(session, tuple((f"nl-{c}",) for c in "dr fl fr ge".split()), 2)
        with pytest.raises(Invalid) as caught:
            self.propose(session, by="ministry")
        assert [fault.field for fault in caught.value.faults] == ["offering", "requested"]
        with pytest.raises(Invalid):
            self.propose(session, by="ministry", offering="nl-ge", requested="nl-fr")
        assert self.propose(session, by="ministry", offering="nl-fl", requested="nl-fr").waiting_for == (
            "nl-fl",
            "nl-fr",
        )

    def test_nobody_fills_two_slots_of_a_turn(self, session: Session) -> None:
        self.put(session, tuple((f"nl-{c}",) for c in "dr fl fr".split()), 2)
        with pytest.raises(Invalid) as caught:
            self.propose(session, by="nl-fl", requested="nl-dr")
        assert "nobody can fill two" in caught.value.faults[0].detail

    def test_of_two_who_share_a_slot_the_other_stays(self, session: Session) -> None:
        self.put(session, (("nl-dr", "nl-fl"), ("nl-fr",)), 1)
        made = self.propose(session)
        rota.accept_swap(session, START, Actor("nl-fr"), made.id)
        who = [turn.slots[0].organisations for turn in turns(session, code="meer")[:2]]
        assert who == [("nl-fr", "nl-fl"), ("nl-dr",)]

    def test_an_override_may_name_who_has_the_slot_by_the_swap_and_is_then_to_be_ended_before_it_is_undone(
        self, session: Session
    ) -> None:
        self.put(session, tuple((f"nl-{c}",) for c in "dr fl fr ge".split()), 2)
        made = self.propose(session, requested="nl-ge")
        rota.accept_swap(session, START, Actor("nl-ge"), made.id)
        span = {"until_at": made.offered_until, "reason": "Brand.", "from_at": made.offered_from}
        with pytest.raises(Invalid):
            rota.override(
                session, START, MINISTRY, "meer", OverrideWish(organisation="nl-li", replaces="nl-dr", **span)
            )
        over = rota.override(
            session, START, MINISTRY, "meer", OverrideWish(organisation="nl-li", replaces="nl-ge", **span)
        )
        assert rota.on_duty(session, made.offered_from, "meer").organisations == ("nl-li", "nl-fl")
        with pytest.raises(Conflict) as caught:
            rota.end_swap(session, START, Actor("nl-dr"), made.id)
        assert caught.value.code == "swap-overridden"
        rota.end_override(session, START, MINISTRY, over.id)
        assert rota.end_swap(session, START, Actor("nl-dr"), made.id).state == "undone"


def test_swaps_are_listed_newest_first_by_rota_organisation_and_state(session: Session) -> None:
    first = propose(session, "nl-ut", "nl-zh")
    second = swap(session, "nl-ze", "nl-dr", START + DAY)

    def ids(**wanted: str) -> list[str]:
        return [one.id for one in rota.swaps_paged(session, START, PageRequest(), **wanted).items]

    assert ids() == [second.id, first.id]
    assert ids(organisation="nl-zh") == [first.id]
    assert ids(state="accepted", organisation="nl-dr") == [second.id]
    assert ids(rota="other") == ids(state="expired") == []
    answers = rota.swap_answers_paged(session, second.id, "accepted", PageRequest())
    assert [answer.organisation for answer in answers.items] == ["nl-dr"]


def test_every_step_is_in_the_record_of_deeds(session: Session) -> None:
    made = swap(session, "nl-ut", "nl-zh")
    rota.end_swap(session, START, MINISTRY, made.id)
    query = select(AuditEntry).where(AuditEntry.subject == f"swap:{made.id}").order_by(AuditEntry.seq)
    assert [(entry.actor, entry.action) for entry in session.scalars(query)] == [
        ("nl-ut", "propose_swap"),
        ("nl-zh", "accept_swap"),
        ("ministry", "undo_swap"),
    ]
