"""The ledger read from rows: duty as it was in force, what others booked, and its share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.errors import Invalid, NotFound
from piket.organisations import service as organisations
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.ledger_rules import PARTS, Figures
from piket.rota.service import Booking, Ledger, LedgerRow, OverrideWish
from piket.settings import Settings
from tests.fakes import START

MINISTRY = Actor("ministry")
TURN = timedelta(weeks=2)


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def ledger(session: Session, since: datetime | None = None, until: datetime | None = None) -> Ledger:
    return rota.ledger(session, START, "piket", since, until)


def figures(found: Ledger) -> dict[str, Figures]:
    return {one.organisation: one.figures for one in found.accounts}


def rows(session: Session, since: datetime | None = None, until: datetime | None = None, **of: str) -> list[LedgerRow]:
    return list(rota.ledger_entries_paged(session, START, "piket", PageRequest(500), since, until, **of).items)


def sums(listed: list[LedgerRow]) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for row in listed:
        found[row.entry.organisation] = found.get(row.entry.organisation, Figures()).plus(row.entry.figures)
    return found


def test_from_the_first_turn_until_now_everybody_had_its_turns_and_the_exempt_none(session: Session) -> None:
    found = ledger(session)
    assert (found.since, found.until, found.status) == (datetime(2024, 1, 3, 11, tzinfo=UTC), START, "proposed")
    carried = figures(found)
    assert list(carried) == [f"nl-{code}" for code in "dr fl fr ge gr li nb nh ov ut ze zh".split()]
    assert carried["nl-gr"] == Figures()
    # 18 turns had ended: the first seven had two, the others one; Overijssel is in its second.
    assert [carried[code].turns for code in ("nl-dr", "nl-nh", "nl-ov", "nl-ut")] == [2, 2, 2, 1]
    assert carried["nl-dr"].duty == 28 * PARTS
    assert sum(one.duty for one in carried.values()) == sum(one.share for one in carried.values())
    assert found.imbalance <= found.longest_turn == 14 * PARTS
    easter = next(one for one in found.holidays if one.on == date(2024, 3, 31))
    assert dict(easter.held) == {"nl-nh": PARTS}


def test_a_later_end_counts_the_turns_that_are_written_down(session: Session) -> None:
    first = datetime(2024, 1, 3, 11, tzinfo=UTC)
    whole = figures(ledger(session, first, first + 22 * TURN))
    assert {one.duty for code, one in whole.items() if code != "nl-gr"} == {28 * PARTS}
    assert {one.difference for one in whole.values()} == {0}


def test_an_override_moves_duty_and_stands_in_the_ledger(session: Session) -> None:
    wish = OverrideWish(START + timedelta(days=2), "nl-gr", "storm", START + timedelta(days=1))
    made = rota.override(session, START, MINISTRY, "piket", wish)
    before = figures(ledger(session, START, START + TURN))
    assert (before["nl-gr"].duty, before["nl-gr"].overrides_taken, before["nl-gr"].share) == (PARTS, 1, 0)
    assert (before["nl-ov"].overrides_given, before["nl-gr"].difference) == (1, PARTS)
    assert {row.entry.override for row in rows(session, START, START + TURN, organisation="nl-gr")} == {made.id}
    rota.end_override(session, START, MINISTRY, made.id)
    assert figures(ledger(session, START, START + TURN))["nl-gr"] == Figures()


def test_every_figure_is_the_sum_of_its_rows_and_pages_hold_them_all(session: Session) -> None:
    rota.override(session, START, MINISTRY, "piket", OverrideWish(START + TURN, "nl-fl", "storm", replaces="nl-ov"))
    since, until = START - 5 * TURN, START + 3 * TURN
    found = figures(ledger(session, since, until))
    listed, after = [], None
    while True:
        page = rota.ledger_entries_paged(session, START, "piket", PageRequest(7, after), since, until)
        listed += page.items
        if page.next is None:
            break
        after = page.next
    assert [row.number for row in listed] == list(range(1, len(listed) + 1))
    assert sums(listed) == {code: one for code, one in found.items() if one != Figures()}
    turns = {row.entry.turn for row in listed if row.entry.kind == "duty"}
    assert all(rota.find_turn(session, START, str(turn)).rota == "piket" for turn in turns)


def test_what_is_booked_counts_once_at_its_moment(session: Session) -> None:
    call = Booking("call-up:1", "callUp", "nl-ut", START, call_up="1", call_ups=1, places_asked=179)
    back = Booking("released:1", "released", "nl-ut", START + timedelta(hours=1), call_up="1", places_asked=-179)
    assert rota.book(session, START, [call, back]) == 2
    assert rota.book(session, START, [call]) == rota.book(session, START, []) == 0
    hour = timedelta(hours=1)
    one = figures(ledger(session, START, START + hour))["nl-ut"]
    assert (one.call_ups, one.places_asked) == (1, 179)
    assert figures(ledger(session, START, START + 2 * hour))["nl-ut"].places_asked == 0
    assert figures(ledger(session, START - hour, START))["nl-ut"].call_ups == 0
    listed = rows(session, START, START + 2 * hour, organisation="nl-ut")
    assert [(row.entry.kind, row.entry.call_up) for row in listed if row.entry.kind != "share"] == [
        ("callUp", "1"),
        ("released", "1"),
    ]


def test_who_is_on_no_rota_is_booked_in_the_piket_without_a_share(session: Session) -> None:
    rota.book(session, START, [Booking("call-up:2", "callUp", "gm1950", START, call_ups=1, places_asked=20)])
    found = figures(ledger(session, START, START + TURN))
    assert list(found)[-1] == "gm1950"
    assert (found["gm1950"].call_ups, found["gm1950"].share) == (1, 0)


def test_before_the_first_turn_there_is_nothing_and_an_end_before_the_beginning_is_refused(session: Session) -> None:
    early = datetime(2023, 1, 1, tzinfo=UTC)
    nothing = ledger(session, early, early + TURN)
    assert (set(figures(nothing).values()), nothing.imbalance, nothing.longest_turn) == ({Figures()}, 0, 0)
    assert ledger(session, None, early).since == early
    with pytest.raises(Invalid) as refused:
        ledger(session, START, early)
    assert [fault.field for fault in refused.value.faults] == ["to"]
    with pytest.raises(NotFound):
        rota.ledger(session, START, "nothing", None, None)


def test_how_far_something_was_booked_is_remembered_and_never_goes_back(session: Session) -> None:
    assert rota.marked(session, "nights") is None
    for day in (date(2024, 9, 15), date(2024, 9, 14)):
        rota.mark(session, START, "nights", day)
        assert rota.marked(session, "nights") == date(2024, 9, 15)
