"""What people read: languages, figures, and moments as the board writes them."""

from datetime import UTC, date, datetime

import pytest

from piket import words
from piket.words import LANGUAGES, Text, Words, catalogue, nsay, say

EVENING = datetime(2024, 9, 16, 20, 0, tzinfo=UTC)  # 22.00 hours local time


@pytest.fixture
def dutch() -> Words:
    return Words("nl", EVENING)


def test_a_moment_of_today_has_no_date(dutch: Words) -> None:
    assert dutch.moment(datetime(2024, 9, 16, 15, 20, tzinfo=UTC)) == "17.20 uur"


def test_a_moment_of_another_day_has_its_day(dutch: Words) -> None:
    assert dutch.moment(datetime(2024, 9, 17, 22, 30, tzinfo=UTC)) == "wo 18 sep 00.30 uur"
    assert dutch.moment(datetime(2024, 9, 16, 22, 30, tzinfo=UTC)) == "di 17 sep 00.30 uur"


def test_a_moment_of_another_year_has_its_year(dutch: Words) -> None:
    assert dutch.moment(datetime(2025, 1, 1, 11, 0, tzinfo=UTC)) == "wo 1 jan 2025 12.00 uur"


def test_a_moment_always_has_its_date_when_now_is_not_known() -> None:
    assert Words("nl").moment(datetime(2024, 9, 16, 15, 20, tzinfo=UTC)) == "ma 16 sep 2024 17.20 uur"


def test_english_writes_the_same_moments_its_own_way() -> None:
    english = Words("en", EVENING)
    assert english.moment(datetime(2024, 9, 16, 15, 20, tzinfo=UTC)) == "17:20"
    assert english.moment(datetime(2024, 9, 17, 22, 30, tzinfo=UTC)).endswith("18 Sep 00:30")


def test_today_is_the_local_day_when_utc_is_still_on_the_day_before() -> None:
    after_midnight = Words("nl", datetime(2024, 9, 16, 22, 5, tzinfo=UTC))
    assert after_midnight.moment(datetime(2024, 9, 16, 22, 30, tzinfo=UTC)) == "00.30 uur"
    assert after_midnight.moment(datetime(2024, 9, 16, 21, 30, tzinfo=UTC)) == "ma 16 sep 23.30 uur"


def test_the_repeated_hour_of_october_is_written_by_its_offset() -> None:
    autumn = Words("nl", datetime(2024, 10, 27, 6, 0, tzinfo=UTC))
    assert autumn.moment(datetime(2024, 10, 27, 0, 30, tzinfo=UTC)) == "02.30 uur"
    assert autumn.moment(datetime(2024, 10, 27, 1, 30, tzinfo=UTC)) == "02.30 uur"


def test_figures_have_a_point_for_thousands_in_dutch(dutch: Words) -> None:
    assert dutch(say("{people} people", people=2129)).startswith("2.129")
    assert Words("en")(say("{people} people", people=2129)) == "2,129 people"
    assert dutch.number(45) == "45"


def test_a_day_is_written_out(dutch: Words) -> None:
    assert dutch.day(date(2024, 9, 17)) == "17 september 2024"


def test_what_is_not_known_is_said_so_and_never_zero(dutch: Words) -> None:
    assert dutch(say("{people}", people=None)) == "onbekend"
    assert Words("en")(say("{people}", people=None)) == "unknown"
    assert dutch(say("{people}", people=0)) == "0"


def test_a_sentence_inside_a_sentence_is_translated_too(dutch: Words) -> None:
    assert dutch(say("({inner})", inner=say("unknown"))) == "(onbekend)"


def test_the_number_decides_the_form_when_there_are_two() -> None:
    assert str(nsay("{n} place", "{n} places", 1)) == "1 place"
    assert str(nsay("{n} place", "{n} places", 0)) == "0 places"
    assert Words("en")(nsay("{n} place", "{n} places", 2000)) == "2,000 places"


def test_dutch_forms_come_from_the_catalogue_when_it_has_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("translations")
    folder.joinpath("nl").mkdir()
    folder.joinpath("nl", "places.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "{n} bed"\nmsgid_plural "{n} beds"\nmsgstr[0] "{n} bed (nl)"\nmsgstr[1] "{n} bedden"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(words, "_FOLDER", folder)
    catalogue.cache_clear()
    try:
        assert Words("nl")(nsay("{n} bed", "{n} beds", 1)) == "1 bed (nl)"
        assert Words("nl")(nsay("{n} bed", "{n} beds", 1200)) == "1.200 bedden"
    finally:
        monkeypatch.undo()
        catalogue.cache_clear()


def test_what_somebody_typed_is_left_alone_when_it_looks_like_a_pattern(dutch: Words) -> None:
    assert dutch("{people} unknown") == "{people} unknown"
    assert dutch(say("{name} said", name="{0} {people}")).startswith("{0} {people}")


def test_a_text_reads_as_english_when_it_is_only_a_string() -> None:
    text = say("{people} people in {place}", people=12, place="Ter Apel")
    assert isinstance(text, Text)
    assert str(text) == "12 people in Ter Apel"


def test_an_unknown_language_becomes_dutch() -> None:
    assert Words("fr").language == "nl"
    assert LANGUAGES == ("nl", "en")
