"""What stands on the pictures, decided without drawing: days and gaps, sentences, tiles, bars, the year, the course."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.board.pictures.bars import WIDE, call_bar, need_bar
from piket.board.pictures.days import Days, Period, by_day, in_words, last_days, rows
from piket.board.pictures.episode import course, episode_in_words, episode_sheet, moments_of, named, needed_over_time
from piket.board.pictures.occupancy import Measure, occupancy_sheet, scale, span_in_words
from piket.board.pictures.periods import choose
from piket.board.pictures.tiles import LAYOUT, map_in_words, tiles
from piket.board.pictures.year import DAYS, letters, months
from piket.errors import Invalid
from piket.occupancy.service import Seen
from piket.overflows.service import ActInfo, Span
from piket.places.service import Sums
from piket.rota.service import SlotView, TurnView
from piket.words import Words, say
from tests.rules.call_examples import DAY, NOW, call, overflow

NL, EN = Words("nl"), Words("en")
TODAY = date(2024, 9, 16)
LADDER = [
    {"definition": "nightBeds", "levels": [{"level": "high", "at": 1900}, {"level": "overflow", "at": 2001}]},
    {"definition": "present", "levels": [{"level": "high", "at": 1900}, {"level": "watch", "at": 1800}]},
    {"definition": "withoutBed", "levels": []},
]


def seen(people: int, days_ago: int, definition: str = "nightBeds", hour: int = 5) -> Seen:
    at = NOW.replace(hour=hour) - days_ago * DAY
    return Seen(definition, at, people, False)


def week(*counts: Seen, unknown: bool = False) -> Days:
    return by_day(counts, last_days(NOW, 7, unknown), 2000)


def test_the_last_days_end_today() -> None:
    span = last_days(NOW, 60, False)
    assert (span.first, span.last, span.days) == (date(2024, 7, 19), TODAY, 60)


def test_a_day_has_its_highest_count_of_each_definition() -> None:
    days = week(seen(1990, 1), seen(2010, 1, hour=9), seen(2080, 1, "present"), seen(45, 1, "withoutBed", 20))
    assert days.figures == {TODAY - DAY: {"nightBeds": 2010, "present": 2080, "withoutBed": 45}}


def test_the_day_is_the_one_on_the_wall() -> None:
    """Half past eleven in the evening in UTC is the next day here."""
    late = Seen("present", datetime(2024, 9, 14, 22, 30, tzinfo=UTC), 1900, False)
    assert list(week(late).figures) == [date(2024, 9, 15)]


def test_a_line_ends_at_every_day_that_was_missed() -> None:
    days = week(seen(1900, 6), seen(1910, 5), seen(1950, 3), seen(1960, 0))
    assert [[people for _, people in run] for run in days.runs("nightBeds")] == [[1900, 1910], [1950], [1960]]


def test_a_day_without_a_head_count_is_a_gap_even_when_beds_were_missing() -> None:
    days = week(seen(1900, 6), seen(45, 4, "withoutBed"), seen(1950, 3), seen(1960, 2), seen(1960, 1), seen(1970, 0))
    assert days.gaps() == [(TODAY - 5 * DAY, TODAY - 4 * DAY)]


def test_today_is_no_gap_while_its_count_may_still_come() -> None:
    counts = [seen(1900, ago) for ago in range(1, 7)]
    assert week(*counts).gaps() == []
    assert week(*counts, unknown=True).gaps() == [(TODAY, TODAY)]


def test_what_is_to_come_is_no_gap() -> None:
    days = by_day([seen(1900, 1)], Period(date(2024, 9, 15), date(2024, 12, 31), TODAY - DAY), 2000)
    assert days.gaps() == []


@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 3000)), max_size=60), st.booleans())
def test_every_day_that_is_over_is_either_counted_or_unknown(counts: list[tuple[int, int]], unknown: bool) -> None:
    days = by_day([seen(people, ago) for ago, people in counts], last_days(NOW, 30, unknown), 2000)
    counted = {day for run in days.runs("nightBeds") for day, _ in run}
    missing = {first + number * DAY for first, last in days.gaps() for number in range((last - first).days + 1)}
    assert counted & missing == set()
    assert counted | missing | {TODAY} == set(days.period.each())
    listed = [row.first + number * DAY for row in rows(days) for number in range((row.last - row.first).days + 1)]
    assert sorted(listed) == sorted(counted | missing)


def test_the_sentence_says_what_the_picture_shows() -> None:
    days = week(seen(2129, 6), seen(1990, 5), seen(2001, 0), seen(2, 0, "withoutBed"))
    assert NL(in_words(days)) == (
        "Geteld op 3 van de 7 dagen van 10 september 2024 tot en met 16 september 2024: minstens 1.990 (11 september 2024), "
        "hoogstens 2.129 (10 september 2024); 2 dagen boven het maximum van 2.000; 4 dagen onbekend; "
        "op 1 dag hadden mensen geen bed, hoogstens 2."
    )
    assert EN(in_words(days)).startswith(
        "Counted on 3 of 7 days from 10 September 2024 to 16 September 2024: at least 1,990"
    )


def test_exactly_the_maximum_is_not_above_it() -> None:
    assert "nooit boven het maximum van 2.000" in NL(in_words(week(seen(2000, 0))))
    assert rows(week(seen(2000, 0)))[0].above == frozenset()
    assert rows(week(seen(1990, 0), seen(2001, 0, "present")))[0].above == {1}


def test_without_any_count_it_is_unknown_and_never_zero() -> None:
    said = NL(in_words(week()))
    assert "onbekend hoeveel mensen er waren" in said
    assert " 0 " not in said


def test_the_table_has_the_latest_day_first_and_one_line_for_a_gap() -> None:
    found = rows(week(seen(1900, 6), seen(45, 4, "withoutBed"), seen(1950, 2)))
    assert [(row.first.day, row.last.day, row.figures) for row in found] == [
        (15, 15, (None, None, None)),
        (14, 14, (1950, None, None)),
        (13, 13, (None, None, None)),
        (12, 12, (None, None, 45)),
        (11, 11, (None, None, None)),
        (10, 10, (1900, None, None)),
    ]
    assert [row.unknown for row in found] == [True, False, True, False, True, False]


def test_the_sheet_joins_nothing_over_a_gap_and_names_what_is_on_it() -> None:
    days = week(seen(1990, 6), seen(2010, 5), seen(2129, 1), seen(2080, 1, "present"), seen(45, 1, "withoutBed"))
    spans = [Span("x", NOW - DAY, None, 2129, False)]
    sheet = occupancy_sheet(days, Measure(2000, LADDER), spans, NL)
    assert sheet.series[0].runs == (((0.5, 1990), (1.5, 2010)), ((5.5, 2129),))
    assert [series.mark for series in sheet.series] == ["dot", "diamond"]
    assert [(gap.start, gap.end, gap.label) for gap in sheet.gaps] == [(2, 5, "onbekend")]
    assert [level.label for level in sheet.levels] == ["maximum 2.000", "bijna vol 1.900", "let op 1.800"]
    assert [(one.label, one.end) for one in sheet.episodes] == [("overloop sinds 15 sep", 7.0)]
    assert [remark.label for remark in sheet.remarks] == ["2.129"]
    assert sheet.without_bed is not None
    assert sheet.low < 1800
    assert sheet.high > 2129


def test_without_a_report_of_people_without_a_bed_there_is_no_second_scale() -> None:
    assert occupancy_sheet(week(seen(1990, 1)), Measure(2000), [], NL).without_bed is None
    assert occupancy_sheet(week(seen(0, 1, "withoutBed")), Measure(2000), [], NL).without_bed is None


def test_the_same_figures_in_another_language_are_another_sheet() -> None:
    dutch, english = (occupancy_sheet(week(seen(2129, 1)), Measure(2000), [], words) for words in (NL, EN))
    assert [tick.label for tick in english.people][:1] == ["2,000"] or "," in english.people[-1].label
    assert dutch.levels[0].label == "maximum 2.000"
    assert english.levels[0].label == "maximum 2,000"


@given(st.lists(st.integers(0, 20_000), max_size=20), st.lists(st.integers(0, 20_000), min_size=1, max_size=4))
def test_a_scale_holds_everything_with_round_lines(counted: list[int], lines: list[int]) -> None:
    low, high, step = scale(counted, lines)
    assert all(low <= value < high for value in [*counted, *lines])
    assert 1 <= (high - low) / step <= 7 or step == 10_000
    assert low % 50 == 0


@pytest.mark.parametrize(
    ("first", "last", "nl"),
    [((3, 4), (3, 4), "4 mrt"), ((3, 4), (3, 9), "4 t/m 9 mrt"), ((3, 30), (4, 2), "30 mrt t/m 2 apr")],
)
def test_a_span_is_said_as_short_as_it_can_be(first: tuple[int, int], last: tuple[int, int], nl: str) -> None:
    assert span_in_words(date(2024, *first), date(2024, *last), NL) == nl


def test_a_long_period_names_months_and_years() -> None:
    year = by_day([], Period(date(2024, 1, 1), date(2024, 12, 31), TODAY), 2000)
    assert [tick.label for tick in occupancy_sheet(year, Measure(2000), [], NL).dates][:3] == ["2024", "feb", "mrt"]
    years = by_day([], Period(date(2022, 5, 1), TODAY, TODAY), 2000)
    labels = [tick.label for tick in occupancy_sheet(years, Measure(2000), [], NL).dates]
    assert labels == ["jul", "2023", "jul", "2024", "jul"]


def test_a_period_is_chosen_by_month_year_or_all() -> None:
    first = datetime(2022, 5, 24, 7, tzinfo=UTC)

    def span(**query: str) -> tuple[date, date]:
        found = choose(query, NOW, first, False).period
        return found.first, found.last

    assert span() == (date(2023, 10, 1), TODAY)
    assert span(year="2024") == (date(2024, 1, 1), date(2024, 12, 31))
    assert span(month="2024-02") == (date(2024, 2, 1), date(2024, 2, 29))
    assert span(all="1") == (date(2022, 5, 1), TODAY)
    chosen = choose({"month": "2024-02"}, NOW, first, False)
    assert [one.query for one in chosen.years] == ["", "year=2024", "year=2023", "year=2022", "all=1"]
    assert [one.query for one in chosen.months if one.chosen] == ["month=2024-02"]
    assert len(chosen.months) == 9


@pytest.mark.parametrize(
    "query", [{"year": "24"}, {"year": "1999"}, {"month": "2024-13"}, {"month": "../x"}, {"year": ""}]
)
def test_a_period_that_is_none_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        choose(query, NOW, None, False)


def test_the_map_lies_as_the_country_does() -> None:
    """Three columns: the first row lacks its left tile, the last its left and middle one."""
    placed = [None, *LAYOUT[:11], None, None, LAYOUT[11]]
    assert [placed[at : at + 3] for at in range(0, 15, 3)] == [
        [None, "FR", "GR"], ["NH", "FL", "DR"], ["ZH", "UT", "OV"], ["ZE", "NB", "GE"], [None, None, "LI"],
    ]  # fmt: skip


def test_a_tile_shows_duty_places_and_what_was_said() -> None:
    calls = [
        call("nl-ov", committed=120, promised=120, state="partly", answered_at=NOW),
        call("nl-ut"),
        call("nl-dr", respond_by=NOW),
        call("nl-ze", state="declined"),
        call("nl-fr", state="expired"),
        call("nl-fr", state="open", made_at=NOW + timedelta(minutes=1)),
    ]
    names = {"nl-ov": "Overijssel", "nl-ut": "Utrecht", "nl-dr": "Drenthe", "nl-fr": "Fryslân"}
    found = {tile.letters: tile for tile in tiles({"nl-dr": Sums(free=60)}, ["nl-ov"], "nl-ut", calls, names, NOW)}
    assert (found["OV"].duty, found["UT"].duty, found["DR"].duty) == ("duty", "standby", None)
    assert {key: tile.said for key, tile in found.items() if tile.said} == {
        "OV": "answered", "UT": "waits", "DR": "silent", "ZE": "declined", "FR": "waits",
    }  # fmt: skip
    assert NL(found["OV"].said_word or "") == "120 van 179"
    assert NL(found["DR"].said_whole or "") == "geen antwoord, de tijd is om"
    assert (found["DR"].free, found["LI"].free) == (60, 0)
    assert NL(map_in_words(list(found.values()))) == (
        "Piketdienst: Overijssel; er zijn in totaal 60 plekken vrij; nog geen antwoord van Fryslân, Drenthe en Utrecht."
    )


def test_a_map_without_duty_says_so() -> None:
    assert EN(map_in_words(tiles({}, [], None, [], {}, NOW))) == "No province has duty; 0 places are free in all."


def test_a_bar_fills_with_what_counts_and_shows_what_is_in_view_behind_it() -> None:
    bar = call_bar(call(committed=120, in_view=40, promised=160, state="partly"))
    assert [(part.kind, part.start, part.width) for part in bar.parts] == [("promised", 0, 670), ("view", 670, 223)]
    assert NL(bar.sentence) == "120 van de 179 plekken toegezegd, nog 59 te weinig"
    assert not bar.is_full
    silent = call_bar(call())
    assert silent.parts == ()
    assert NL(silent.sentence) == "179 plekken gevraagd, nog niets toegezegd"
    assert call_bar(call(committed=179, promised=179, state="met")).is_full


@given(st.integers(1, 2000), st.integers(0, 4000), st.integers(0, 4000))
def test_a_bar_never_runs_over(asked: int, committed: int, in_view: int) -> None:
    parts = call_bar(call(places=asked, committed=committed, in_view=in_view)).parts
    assert sum(part.width for part in parts) <= WIDE
    assert all(part.width > 0 for part in parts)


def test_a_need_that_is_unknown_or_nothing_has_no_bar() -> None:
    assert need_bar(overflow(needed=None, shortfall=None)) is None
    assert need_bar(overflow(needed=0, shortfall=0)) is None
    bar = need_bar(overflow(asked=59))
    assert bar is not None
    assert [part.kind for part in bar.parts] == ["promised", "asked"]
    assert sum(part.width for part in bar.parts) == WIDE


def turn(number: int, code: str, start: datetime, end: datetime, origin: str = "rota") -> TurnView:
    slot = SlotView((code,), origin, None, "coming")
    return TurnView(str(number), "piket", "proposed", start, end, (slot,), None, say("why"), (), None)


def test_the_year_is_cut_into_pieces_that_fill_every_month() -> None:
    start = datetime(2024, 1, 3, 11, tzinfo=UTC)
    turns = [turn(n, f"nl-{n:02}", start + n * 14 * DAY, start + (n + 1) * 14 * DAY) for n in range(30)]
    found = months(turns, 2024, NOW, "nl-18")
    assert len(found) == 12
    assert all(sum(piece.days for piece in month.pieces) == DAYS for month in found)
    january = found[0].pieces
    assert [(piece.organisations, piece.days) for piece in january] == [
        ((), 2), (("nl-00",), 14), (("nl-01",), 14), (("nl-02",), 1),
    ]  # fmt: skip
    assert january[1].first == date(2024, 1, 3)
    assert found[1].pieces[-1].outside
    assert found[1].pieces[-1].days == 2
    nows = [piece for month in found for piece in month.pieces if piece.now]
    assert [(piece.organisations, piece.own) for piece in nows] == [(("nl-18",), True)]
    assert {piece.shade for month in found for piece in month.pieces if piece.turn} == {0, 1}


def test_a_year_without_turns_is_nobodys() -> None:
    found = months([], 2023, NOW, "coa")
    assert [piece.organisations for piece in found[1].pieces] == [(), ()]
    assert found[1].pieces[1].outside


def test_a_turn_that_was_swapped_is_marked() -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    found = months([turn(1, "nl-ov", start, start + 14 * DAY, "swap")], 2024, NOW, "coa")
    assert [piece.changed for piece in found[0].pieces] == [True, False]


def test_letters_are_those_of_the_map() -> None:
    assert [letters(code) for code in ("nl-ov", "vr01", "gm1950")] == ["OV", "VR01", "GM1950"]


def act(kind: str, at: datetime, text: str = "x", **data: object) -> ActInfo:
    return ActInfo(f"{kind}{at}", at, kind, "coa", None, None, say(text), data)


def test_the_course_goes_day_by_day_with_names() -> None:
    evening = datetime(2024, 9, 16, 21, 50, tzinfo=UTC)
    told = ["coa", "vng", "ministry", "nl-ov", "cdk-nl-ov", "gm1950", "nl-ut"]
    acts = [
        act("opened", evening),
        ActInfo("b", evening, "callUp", "engine", None, None, say("{organisation} was called up for {places} places.",
                organisation="nl-ov", places=179), {}),
        act("told", evening + timedelta(minutes=20), told=told),
    ]  # fmt: skip
    found = course(acts, {"nl-ov": "Overijssel", "coa": "COA"})
    assert [(day.day.day, len(day.lines)) for day in found] == [(16, 2), (17, 1)]
    assert NL(found[0].lines[1].text) == "Overijssel is afgeroepen voor 179 plekken."
    assert NL(found[1].lines[0].text) == "Verteld aan COA, vng, ministry, Overijssel, cdk-nl-ov en 2 anderen."
    assert found[1].lines[0].quiet


def test_what_somebody_wrote_is_not_taken_for_a_sentence() -> None:
    text = named(say("{text}", text="nl-ov, {x} <b>"), {"nl-ov": "Overijssel"})
    assert NL(text) == "Overijssel, {x} <b>"


def test_the_need_follows_counts_and_statements() -> None:
    acts = [
        act("opened", NOW, needed=179), act("note", NOW), act("judged", NOW + DAY, needed=None),
        act("adjustment", NOW + 2 * DAY, needed=None, neededNow=250),
    ]  # fmt: skip
    assert needed_over_time(acts) == [(NOW, 179), (NOW + DAY, None), (NOW + 2 * DAY, 250)]


def test_the_sheet_of_an_episode_has_stairs_and_lanes() -> None:
    episode = overflow(
        call(state="partly", committed=120, promised=120, answered_at=NOW + timedelta(hours=1)), call("nl-ut")
    )
    needed: list[tuple[datetime, int | None]] = [(NOW, 179), (NOW + timedelta(hours=2), 179)]
    promised = [(NOW, 0), (NOW + timedelta(hours=1), 120), (NOW + timedelta(hours=3), 120)]
    sheet = episode_sheet(episode, needed, promised, {"nl-ov": "Overijssel"}, NOW + timedelta(hours=3), NL)
    assert sheet.hours == 3
    assert sheet.needed == ((0.0, 179),)
    assert sheet.promised == ((0.0, 0), (1.0, 120))
    assert (sheet.needed_label, sheet.promised_label) == ("nodig 179", "toegezegd 120")
    assert [(lane.name, lane.start, lane.end, lane.label) for lane in sheet.lanes] == [
        ("Overijssel", 0.0, 1.0, "120 van 179"), ("nl-ut", 0.0, 1.0, "wacht"),
    ]  # fmt: skip
    assert [tick.label for tick in sheet.moments] == ["14.00", "14.30", "15.00", "15.30", "16.00", "16.30", "17.00"]


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=400)))
def test_an_episode_of_any_length_has_a_few_names_below(lasts: timedelta) -> None:
    sheet = episode_sheet(overflow(), [], [(NOW, 0)], {}, NOW + lasts, EN)
    assert len(sheet.moments) <= 9
    assert all(0 <= tick.at <= sheet.hours for tick in sheet.moments)
    assert sheet.needed == ((0.0, None),)


def test_a_long_course_is_looked_at_now_and_then_only() -> None:
    acts = [act("judged", NOW + number * timedelta(hours=1)) for number in range(500)]
    found = moments_of(acts, NOW, NOW + timedelta(hours=500))
    assert len(found) <= 62
    assert found[0] == NOW
    assert found[-1] == NOW + timedelta(hours=500)


def test_the_course_in_one_sentence() -> None:
    there = Words("nl", NOW)
    assert there(episode_in_words(overflow(), NOW)) == (
        "De overloop begon 14.00 uur en is nog niet voorbij. Meeste mensen: 2.129. Plekken nodig: 179, toegezegd: 120."
    )
    closed = overflow(state="closed", peak=None, needed=None)
    assert there(episode_in_words(closed, NOW + timedelta(hours=2))) == (
        "De overloop duurde van 14.00 uur tot 16.00 uur. Meeste mensen: onbekend. Plekken nodig: onbekend, toegezegd: 120."
    )
