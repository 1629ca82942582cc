"""Who carried what, and how that compares with its share (rules 10.1 to 10.4): sums, cuts, shares and imbalance."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.rota import ledger_rules, public_holidays
from piket.rota.duty_rules import OverrideSpan, Stretch, TurnSpan, stretches
from piket.rota.ledger_rules import PARTS, Entry, Figures, Shares, days_between, imbalance, place, shares_of, totals
from piket.rota.rules import Definition, Exemption, Weight, organisations_of, to_local, turns, wall_moment
from piket.words import Words

START = datetime(2025, 1, 6, 8, tzinfo=UTC)  # Monday 09.00 hours on the wall
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=3653)).map(lambda later: FIRST + later)
CODES = ("a", "b", "c", "d", "e")


def holidays_of(since: datetime, until: datetime) -> Collection[date]:
    return public_holidays.between(to_local(since).date(), to_local(until).date())


def days(since: datetime, until: datetime) -> Figures:
    return days_between(since, until, holidays_of(since, until))


def local(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return wall_moment(date(year, month, day), time(hour))


# A moment on the calendar.


@given(MOMENTS, st.timedeltas(timedelta(microseconds=1), timedelta(days=400)))
def test_the_place_on_the_calendar_only_grows(at: datetime, later: timedelta) -> None:
    assert place(at) <= place(at + later)
    assert later < timedelta(seconds=2) or place(at) < place(at + later)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 30)))
def test_every_day_is_one_day_also_when_the_clock_is_set_on_it(day: date) -> None:
    begins = wall_moment(day, time())
    assert place(begins) == day.toordinal() * PARTS
    assert place(wall_moment(day + timedelta(days=1), time())) - place(begins) == PARTS


def test_a_day_of_23_or_25_hours_counts_as_one() -> None:
    for sunday in (date(2025, 3, 30), date(2025, 10, 26)):
        begins, ends = wall_moment(sunday, time()), wall_moment(sunday + timedelta(days=1), time())
        assert ends - begins in (timedelta(hours=23), timedelta(hours=25))
        assert days(begins, ends)[1:3] == (PARTS, PARTS)


@given(st.lists(MOMENTS, min_size=3, max_size=8))
def test_however_time_is_cut_the_pieces_add_up(cuts: list[datetime]) -> None:
    cuts.sort()
    parts = [days(since, until) for since, until in itertools.pairwise(cuts)]
    together = Figures()
    for part in parts:
        together = together.plus(part)
    assert together == days(cuts[0], cuts[-1])


@given(st.dates(date(2010, 1, 1), date(2040, 1, 1)), st.integers(1, 900))
def test_weekends_and_holidays_are_those_of_the_calendar(first: date, number: int) -> None:
    span = [first + timedelta(days=n) for n in range(number)]
    found = days(wall_moment(first, time()), wall_moment(first + timedelta(days=number), time()))
    assert found.duty == number * PARTS
    assert found.weekend == sum(day.strftime("%a") in ("Sat", "Sun") for day in span) * PARTS
    assert found.holiday == sum(day in public_holidays.in_year(day.year) for day in span) * PARTS


def test_part_of_a_day_is_part_of_what_that_day_is() -> None:
    # From Saturday 15.00 hours to Christmas Day (a Monday) at 06.00 hours.
    found = days(local(2023, 12, 23, 15), local(2023, 12, 25, 6))
    assert (found.duty, found.weekend, found.holiday) == (162_500, 137_500, 25_000)


def test_liberation_day_counts_every_year_and_a_holiday_in_a_weekend_is_both() -> None:
    for year in range(2024, 2035):
        assert date(year, 5, 5) in public_holidays.in_year(year)
    easter = days(local(2025, 4, 20), local(2025, 4, 21))
    assert (easter.weekend, easter.holiday) == (PARTS, PARTS)


def test_there_are_eleven_holidays_with_names_and_two_on_one_day_are_one_day_with_both() -> None:
    assert len(public_holidays.in_year(2025)) == 11
    assert [Words("nl")(name) for name in public_holidays.ORDER][4:6] == ["Koningsdag", "Bevrijdingsdag"]
    assert Words("nl")(public_holidays.in_year(2016)[date(2016, 5, 5)]) == "Hemelvaartsdag, Bevrijdingsdag"
    assert list(public_holidays.between(date(2025, 12, 26), date(2026, 1, 1))) == [date(2025, 12, 26), date(2026, 1, 1)]


# Rotas, with overrides and swaps in them.


@st.composite
def rotas(draw: st.DrawFn) -> tuple[Definition, list[TurnSpan]]:
    members = [(code,) for code in draw(st.permutations(CODES))]
    if draw(st.booleans()):
        members[0] = (*members[0], "f")
    exempt = draw(st.lists(st.sampled_from(CODES[:3]), unique=True, max_size=2))
    when = st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2026, 6, 1)))
    definition = Definition(
        "test",
        tuple(members),
        draw(st.dates(date(2025, 1, 1), date(2025, 12, 31))),
        turn_unit=draw(st.sampled_from(("days", "weeks", "months"))),
        turn_length=draw(st.integers(1, 3)),
        hand_over_time=draw(st.sampled_from((time(9), time(2, 30), time(0), time(12)))),
        slots=draw(st.integers(1, 2)),
        exemptions=tuple(Exemption(code, "test", draw(when)) for code in exempt),
    )
    plan = turns(definition, datetime(2026, 3, 1, tzinfo=UTC))
    return definition, [TurnSpan(f"t{n}", t.from_at, t.until_at, t.holders) for n, t in enumerate(plan)]


@st.composite
def overridden(draw: st.DrawFn) -> tuple[Definition, list[TurnSpan], list[OverrideSpan]]:
    definition, spans = draw(rotas())
    made: list[OverrideSpan] = []
    for number in range(draw(st.integers(0, 3))):
        since = FIRST + draw(st.timedeltas(timedelta(days=366), timedelta(days=800)))
        until = since + draw(st.timedeltas(timedelta(), timedelta(days=40)))
        if all(until <= other.from_at or other.until_at <= since for other in made):
            made.append(OverrideSpan(f"o{number}", since, until, draw(st.sampled_from(("x", "a")))))
    return definition, spans, made


def entries_of(
    definition: Definition, spans: Sequence[TurnSpan], pieces: Sequence[Stretch], since: datetime, until: datetime
) -> list[Entry]:
    carried = list(ledger_rules.duty(pieces, since, until, holidays_of(since, until)))
    shares = ledger_rules.shares(carried, spans, lambda turn: shares_of(definition, turn.from_at, turn.until_at))
    return [*carried, *shares]


@given(overridden(), MOMENTS, MOMENTS)
def test_what_all_carried_is_the_time_there_was_and_so_are_their_shares(
    made: tuple[Definition, list[TurnSpan], list[OverrideSpan]], one: datetime, other: datetime
) -> None:
    definition, spans, overrides = made
    since, until = sorted((one, other))
    pieces = stretches(spans, overrides)
    found = totals(entries_of(definition, spans, pieces, since, until), ())
    there = sum(
        max(0, place(min(piece.until_at, until)) - place(max(piece.from_at, since))) * len(piece.slots)
        for piece in pieces
        if piece.from_at < until and piece.until_at > since
    )
    assert sum(figures.duty for figures in found.values()) == there
    if all(shares_of(definition, turn.from_at, turn.until_at).weights for turn in spans):
        assert sum(figures.share for figures in found.values()) == there
    assert all(0 <= figures.weekend <= figures.duty for figures in found.values())
    assert all(0 <= figures.holiday <= figures.duty for figures in found.values())


@given(overridden(), st.lists(MOMENTS, min_size=3, max_size=3))
def test_a_period_cut_in_two_says_the_same_as_the_whole(
    made: tuple[Definition, list[TurnSpan], list[OverrideSpan]], moments: list[datetime]
) -> None:
    definition, spans, overrides = made
    since, cut, until = sorted(moments)
    pieces = stretches(spans, overrides)

    def found(begins: datetime, ends: datetime) -> dict[str, Figures]:
        made = [*entries_of(definition, spans, pieces, begins, ends)]
        made += ledger_rules.changes(overrides, pieces, begins, ends)
        return totals(made, [*CODES, "f", "x"])

    first, then, whole = found(since, cut), found(cut, until), found(since, until)
    for code, figures in whole.items():
        both = first[code].plus(then[code])
        # Two stretches of a shared slot may each give their odd part to the first of the two.
        assert abs(both.duty - figures.duty) <= 2 and (both.turns, both[9:]) == (figures.turns, figures[9:])
        assert abs(both.share - figures.share) <= 4


@given(rotas())
def test_the_share_is_an_equal_part_of_each_turn_for_those_who_could_have_had_it(
    made: tuple[Definition, list[TurnSpan]],
) -> None:
    definition, spans = made
    pieces = stretches(spans, [])
    since, until = spans[0].from_at, spans[-1].until_at
    found = totals(entries_of(definition, spans, pieces, since, until), ())
    exact = dict.fromkeys(found, Fraction())
    for turn in spans:
        weights = shares_of(definition, turn.from_at, turn.until_at).weights
        whole = (place(turn.until_at) - place(turn.from_at)) * len(turn.holders)
        for code, weight in weights.items():
            exact[code] += whole * weight / sum(weights.values())
    assert all(abs(found[code].share - part) <= 2 for code, part in exact.items())


def test_who_is_exempt_has_no_share_in_that_period_and_owes_nothing_afterwards() -> None:
    exempt = Exemption("b", "elections", date(2025, 2, 1), date(2025, 4, 30))
    definition = Definition("test", (("a",), ("b",)), date(2025, 1, 6), turn_length=1, exemptions=(exempt,))
    spans = [
        TurnSpan(str(n), t.from_at, t.until_at, t.holders) for n, t in enumerate(turns(definition, local(2025, 7, 7)))
    ]
    found = entries_of(definition, spans, stretches(spans, []), spans[0].from_at, spans[-1].until_at)
    away = [
        entry for entry in found if entry.organisation == "b" and local(2025, 2, 5) <= entry.at < local(2025, 4, 30)
    ]
    assert away == []
    alone = next(entry for entry in found if entry.kind == "share" and entry.at > local(2025, 3, 1))
    assert (alone.organisation, alone.figures.share) == ("a", 7 * PARTS)
    assert imbalance(totals(found, ()), [shares_of(definition, s.from_at, s.until_at) for s in spans]) <= 7 * PARTS


@given(st.integers(1, 60), st.integers(1, 3))
def test_by_turns_the_imbalance_is_at_most_one_turn(number: int, slots: int) -> None:
    definition = Definition("test", tuple((code,) for code in CODES), date(2025, 1, 6), turn_length=1, slots=slots)
    plan = turns(definition, START + timedelta(weeks=number))
    spans = [TurnSpan(str(n), t.from_at, t.until_at, t.holders) for n, t in enumerate(plan)]
    found = totals(entries_of(definition, spans, stretches(spans, []), spans[0].from_at, spans[-1].until_at), ())
    assert imbalance(found, [shares_of(definition, s.from_at, s.until_at) for s in spans]) <= 7 * PARTS
    assert sum(figures.turns for figures in found.values()) == slots * len(spans)


@given(st.lists(st.integers(1, 12), min_size=5, max_size=5), st.integers(1, 2))
def test_weighted_the_imbalance_over_a_cycle_is_at_most_one_turn_for_each_unit_of_weight(
    weights: list[int], cycles: int
) -> None:
    weighed = tuple(Weight(code, weight) for code, weight in zip(CODES, weights, strict=True))
    members = tuple((code,) for code in CODES)
    definition = Definition("test", members, date(2025, 1, 6), turn_length=1, strategy="weighted", weights=weighed)
    whole = sum(weights)
    plan = turns(definition, START + timedelta(weeks=whole * cycles) - timedelta(days=1))
    spans = [TurnSpan(str(n), t.from_at, t.until_at, t.holders) for n, t in enumerate(plan)]
    found = totals(entries_of(definition, spans, stretches(spans, []), spans[0].from_at, spans[-1].until_at), CODES)
    for code, weight in zip(CODES, weights, strict=True):
        assert abs(found[code].share - Fraction(7 * PARTS * len(spans) * weight, whole)) <= 2
    apart = imbalance(found, [shares_of(definition, s.from_at, s.until_at) for s in spans])
    # Who weighs nearly as much as all others together cannot carry its share: nobody has duty twice running.
    if max(weights) * 3 <= whole:
        assert apart <= 7 * PARTS


def test_the_imbalance_is_for_each_unit_of_weight() -> None:
    accounts = {"a": Figures(duty=30 * PARTS, share=20 * PARTS), "b": Figures(duty=5 * PARTS, share=15 * PARTS)}
    assert imbalance(accounts, [Shares({"a": Fraction(1), "b": Fraction(1)})]) == 20 * PARTS
    heavier = Shares({"a": Fraction(400), "b": Fraction(200)}, unit=Fraction(200))
    assert imbalance(accounts, [heavier]) == 15 * PARTS
    assert imbalance({}, [heavier]) == imbalance(accounts, []) == 0


def test_shares_follow_weights() -> None:
    turn = TurnSpan("t", START, START + timedelta(days=7), (("a",),))
    carried = list(ledger_rules.duty(stretches([turn], []), turn.from_at, turn.until_at, ()))
    weights = Shares({"a": Fraction(3), "b": Fraction(1), "c": Fraction(0)})
    dealt = {e.organisation: e.figures.share for e in ledger_rules.shares(carried, [turn], lambda _: weights)}
    assert dealt == {"a": 525_000, "b": 175_000}


# Overrides and swaps.


def test_an_override_gives_its_time_to_who_had_it_and_is_counted_where_it_begins() -> None:
    spans = [TurnSpan("t0", START, START + timedelta(days=7), (("a",),))]
    spans.append(TurnSpan("t1", spans[0].until_at, spans[0].until_at + timedelta(days=7), (("b",),)))
    override = OverrideSpan("o", START + timedelta(days=6), START + timedelta(days=8), "x")
    pieces = stretches(spans, [override])
    ends = spans[1].until_at
    carried = [(e.organisation, e.figures.duty, e.turn, e.override) for e in ledger_rules.duty(pieces, START, ends, ())]
    assert carried == [
        ("a", 600_000, "t0", None), ("x", 100_000, "t0", "o"), ("x", 100_000, "t1", "o"), ("b", 600_000, "t1", None),
    ]  # fmt: skip
    begun = [(e.organisation, e.figures.overrides_taken, e.figures.overrides_given) for e in
             ledger_rules.changes([override], pieces, START, ends)]  # fmt: skip
    assert begun == [("x", 1, 0), ("a", 0, 1), ("b", 0, 1)]
    assert list(ledger_rules.changes([override], pieces, override.from_at + timedelta.resolution, ends)) == []
    never = OverrideSpan("n", START, START, "x")
    assert list(ledger_rules.changes([never], stretches(spans, [never]), START, ends)) == []


def test_a_swap_is_given_by_one_and_taken_by_the_other() -> None:
    spans = [TurnSpan("t0", START, START + timedelta(days=7), (("a",),))]
    spans.append(TurnSpan("t1", spans[0].until_at, spans[0].until_at + timedelta(days=7), (("b",),)))
    halves = [
        OverrideSpan("h0", spans[0].from_at, spans[0].until_at, "b", "a", "s"),
        OverrideSpan("h1", spans[1].from_at, spans[1].until_at, "a", "b", "s"),
    ]
    pieces = stretches(spans, halves)
    made = [*ledger_rules.duty(pieces, START, spans[1].until_at, ())]
    made += ledger_rules.changes(halves, pieces, START, spans[1].until_at)
    found = totals(made, ("a", "b"))
    assert [figures.duty for figures in found.values()] == [7 * PARTS, 7 * PARTS]
    assert [(f.swaps_given, f.swaps_taken, f.turns, f.overrides_taken) for f in found.values()] == [(1, 1, 1, 0)] * 2
    assert {(entry.turn, entry.swap) for entry in made if entry.kind == "duty"} == {("t0", "s"), ("t1", "s")}


def test_organisations_that_fill_a_slot_together_share_its_time() -> None:
    turn = TurnSpan("t", START, START + timedelta(days=1), (("a", "b", "c"),))
    carried = list(ledger_rules.duty(stretches([turn], []), turn.from_at, turn.until_at, ()))
    assert [entry.figures.duty for entry in carried] == [33_334, 33_333, 33_333]
    assert organisations_of(turn.holders) == tuple(entry.organisation for entry in carried)


@pytest.mark.parametrize("code", CODES)
def test_ten_years_by_turns_end_even(code: str) -> None:
    definition = Definition("test", tuple((code,) for code in CODES), date(2025, 1, 6), turn_length=1)
    plan = list(turns(definition, START + timedelta(weeks=520)))
    spans = [TurnSpan(str(n), t.from_at, t.until_at, t.holders) for n, t in enumerate(plan)]
    found = totals(entries_of(definition, spans, stretches(spans, []), spans[0].from_at, spans[-1].until_at), ())
    assert (found[code].duty, found[code].share, found[code].weekend) == (728 * PARTS, 728 * PARTS, 208 * PARTS)
