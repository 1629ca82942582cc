"""What each field takes, and that each refusal says what would be right."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from marshmallow import ValidationError

from piket.api.kit import Answer, Query, Schema, fields
from piket.words import Text

NINE = datetime(2024, 9, 16, 9, tzinfo=UTC)


def load(field: Any, value: Any, base: type[Schema] = Schema) -> Any:
    return type("One", (base,), {"a_value": field})().load({"aValue": value})["a_value"]


def refusal(field: Any, value: Any, base: type[Schema] = Schema) -> Any:
    with pytest.raises(ValidationError) as wrong:
        load(field, value, base)
    messages = wrong.value.messages["aValue"]
    while isinstance(messages, dict):
        messages = next(iter(messages.values()))
    return messages[0]


@pytest.mark.parametrize("value", [0, 1, 5000])
def test_a_whole_number_within_its_bounds_is_taken(value: int) -> None:
    assert load(fields.Int(0, 5000), value) == value


@pytest.mark.parametrize("value", [-1, 5001, 12.5, 12.0, True, "12", None, [], {}, float("inf"), 2**70])
def test_anything_else_is_no_whole_number(value: Any) -> None:
    assert isinstance(refusal(fields.Int(0, 5000), value), Text)


def test_a_number_says_its_bounds_where_it_has_them() -> None:
    assert refusal(fields.Int(0, 5000), -1) == "Give a whole number from 0 to 5000."
    assert refusal(fields.Int(0), -1) == "Give a whole number of 0 or more."
    assert refusal(fields.Int(), 2**40) == "Give a whole number."


@pytest.mark.parametrize(("value", "right"), [("12", 12), ("-3", -3)])
def test_a_number_in_a_query_is_read_from_text(value: str, right: int) -> None:
    assert load(fields.Int(), value, Query) == right


@pytest.mark.parametrize("value", ["", "1.0", "1e3", " 1", "٣", "9" * 5000])
def test_a_query_with_something_that_is_no_number_is_refused(value: str) -> None:
    assert refusal(fields.Int(), value, Query)


def test_text_is_stripped_and_measured() -> None:
    assert load(fields.Str(1, 5), "  Emmen \r\n".replace("Emmen", "Emme")) == "Emme"
    assert refusal(fields.Str(1, 3), "Emmen") == "Give text of 1 to 3 characters."
    assert refusal(fields.Str(1, 3), "   ")
    assert load(fields.Str(0, 3), "") == ""
    assert load(fields.Str(1, 30, lines=True), "een\r\ntwee") == "een\ntwee"


@pytest.mark.parametrize("value", ["a\x00b", "a\nb", "\ud800", "a\u202eb", 5, None, True])
def test_text_that_would_harm_or_is_none_is_refused(value: Any) -> None:
    assert refusal(fields.Str(), value)


@pytest.mark.parametrize("value", ["nl-dr", "gm1950", "cdk-nl-zh", "ter-apel"])
def test_a_code_is_taken(value: str) -> None:
    assert load(fields.Code(), value) == value


@pytest.mark.parametrize("value", ["NL-DR", "nl dr", "-nl", "nl-", "é", "", "a" * 41, 5])
def test_what_is_no_code_is_refused(value: Any) -> None:
    assert refusal(fields.Code(), value)


@pytest.mark.parametrize(
    "value",
    ["2024-09-16T09:00:00Z", "2024-09-16T11:00:00+02:00", "2024-09-16t09:00:00z", "2024-09-16T09:00Z",
     "2024-09-16T09:00:00.000000Z", "2024-09-15T23:00:00-10:00"],
)  # fmt: skip
def test_a_moment_with_an_offset_comes_in_as_utc(value: str) -> None:
    moment = load(fields.Moment(), value)
    assert moment == NINE
    assert moment.utcoffset() == timedelta(0)


def test_a_moment_without_an_offset_is_refused_and_told_so() -> None:
    assert "offset" in refusal(fields.Moment(), "2024-09-16T09:00:00")


@pytest.mark.parametrize(
    "value",
    ["2024-09-16", "2024-09-16 09:00:00Z", "2024-02-30T00:00:00Z", "2024-09-16T25:00:00Z", "2024-W38-1T09:00:00Z",
     "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1999-12-31T23:59:59Z", 1726477200, None, "", "x"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(value: Any) -> None:
    assert refusal(fields.Moment(), value)


def test_a_space_before_an_offset_in_a_query_is_a_plus() -> None:
    assert load(fields.Moment(), "2024-09-16T11:00:00 02:00", Query) == NINE
    assert refusal(fields.Moment(), "2024-09-16T11:00:00 02:00")


@pytest.mark.parametrize(("value", "right"), [("2024-09-16", date(2024, 9, 16))])
def test_a_day_is_taken(value: str, right: date) -> None:
    assert load(fields.Date(), value) == right


@pytest.mark.parametrize("value", ["2024-09-16T00:00:00Z", "20240916", "2024-02-30", "16-09-2024", 5, None])
def test_what_is_no_day_is_refused(value: Any) -> None:
    assert refusal(fields.Date(), value)


def test_a_time_on_the_wall_is_taken_and_others_are_not() -> None:
    assert load(fields.TimeOfDay(), "12:00") == time(12)
    assert all(refusal(fields.TimeOfDay(), value) for value in ("24:00", "9:00", "12:00:00", 12))


def test_a_choice_names_what_can_be_chosen() -> None:
    assert load(fields.Choice("red", "blue"), "red") == "red"
    assert refusal(fields.Choice("red", "blue"), "green") == "Choose one of: red, blue."
    assert refusal(fields.Choice("red", "blue"), ["red"])


@pytest.mark.parametrize("value", ["true", "false", 0, 1, "yes", None])
def test_only_true_and_false_are_true_and_false_in_a_body(value: Any) -> None:
    assert refusal(fields.Bool(), value)


def test_true_and_false_are_words_in_a_query() -> None:
    assert load(fields.Bool(), "true", Query) is True
    assert load(fields.Bool(), "false", Query) is False
    assert refusal(fields.Bool(), "1", Query)


def test_a_list_is_measured_and_each_item_checked() -> None:
    assert load(fields.List(fields.Int(), 1, 2), [1, 2]) == [1, 2]
    assert refusal(fields.List(fields.Int(), 1, 2), [1, 2, 3]) == "Give a list of 1 to 2 items."
    assert refusal(fields.List(fields.Int(), 1, 2), "12") == "Give a list."
    assert refusal(fields.List(fields.Int()), {"0": 1})
    assert refusal(fields.List(fields.Int()), [1, "2"])


def test_a_nested_body_must_be_an_object_with_what_belongs_there() -> None:
    inner = type("Inner", (Schema,), {"size": fields.Int(required=True)})
    assert load(fields.Nested(inner), {"size": 1}) == {"size": 1}
    assert all(refusal(fields.Nested(inner), value) for value in ([], "x", None, {}, {"size": 1, "colour": 2}))


class Out(Answer):
    """Everything that goes out."""

    observed_at = fields.Moment(allow_none=True)
    on = fields.Date()
    at = fields.TimeOfDay()
    counts = fields.Map(fields.Int())


def test_what_goes_out_is_plain_and_in_utc() -> None:
    amsterdam = timezone(timedelta(hours=2))
    value = {"observed_at": NINE.astimezone(amsterdam), "on": date(2024, 9, 16), "at": time(12), "counts": {"a": 1}}
    assert Out().dump(value) == {
        "observedAt": "2024-09-16T09:00:00Z",
        "on": "2024-09-16",
        "at": "12:00",
        "counts": {"a": 1},
    }


def test_a_key_that_a_mapping_lacks_goes_out_as_null_and_an_object_must_have_it() -> None:
    assert Out().dump({})["observedAt"] is None
    with pytest.raises(AttributeError):
        Out().dump(object())


@given(some.timedeltas(timedelta(0), timedelta(days=36_000)))
def test_a_moment_that_went_out_comes_in_the_same(since: timedelta) -> None:
    moment = datetime(2000, 1, 2, tzinfo=UTC) + since
    text = Out().dump({"observed_at": moment})["observedAt"]
    assert load(fields.Moment(), text) == moment


@given(some.recursive(some.none() | some.booleans() | some.integers() | some.floats() | some.text(), some.lists))
def test_no_json_value_makes_a_field_stumble(value: Any) -> None:
    every = (
        fields.Int(), fields.Str(), fields.Code(), fields.Id(), fields.Moment(), fields.Date(), fields.TimeOfDay(),
        fields.Choice("a"), fields.Bool(), fields.List(fields.Int()),
    )  # fmt: skip
    for field in every:
        with suppress(ValidationError):
            load(field, value)
