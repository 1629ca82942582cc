"""The form of an emergency place: its questions, and what was meant by the answers. Knows no database.

What the rules say for machines is said here for people: their fields are those of the form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from piket.board.answering_forms import FIRMNESS, HOURS
from piket.board.placing_rows import KINDS, firm_word
from piket.board.questions import Kind, Question, as_typed
from piket.errors import Fault, Invalid
from piket.places.check_rules import LONGEST_SITE, LONGEST_TEXT, MOST_HOURS, MOST_PLACES
from piket.places.service import PlaceTerms
from piket.words import Text, listed, say

_PLAINER: Mapping[str, Text] = {
    "The places end before they begin. Give a moment after availableFrom.": say(
        "This is not after the moment from which the places are there. Fill in a later one."
    ),
    "The commitment ends before it begins. Give a moment after availableFrom.": say(
        "This is not after the moment from which the places are promised. Fill in a later one."
    ),
}
_GROUPS = say("For whom")
_LABELS: Mapping[str, Text] = {
    "places": say("How many places"),
    "firmness": say("How certain"),
    "hours": say("When people can stay"),
    "available_from": say("Available from"),
    "available_until": say("Available until"),
    "notice_hours": say("How many hours of notice it needs"),
    "max_stay_hours": say("How many hours somebody can stay at most"),
    "kind": say("What it is offered as"),
    "groups": _GROUPS,
    "note": say("Note"),
}


def site_questions(towns: Sequence[tuple[str, str]]) -> tuple[Question, Question]:
    """Where it is: one of the municipalities (code and name) of the province, and the name of the site."""
    return (
        Question("municipality", say("Municipality"), "choice", options=towns),
        Question("site", say("Name of the site, no street"), longest=LONGEST_SITE),
    )


def terms_questions(now: datetime, terms: PlaceTerms | None = None) -> Iterator[Question]:
    """What is said of it; filled in with the `terms` until now, or for a new place that is there from now on."""
    held = as_held(terms) if terms else {"available_from": as_typed(now), "notice_hours": "0", "kind": "piket"}
    asked: tuple[tuple[str, Kind, dict[str, Any]], ...] = (
        ("places", "number", {"least": 1, "most": MOST_PLACES}),
        ("firmness", "choice", {"options": tuple(FIRMNESS.items()), "hint": say(
            "The municipality decides. What is only in view is shown, and does not count.")}),
        ("hours", "choice", {"options": tuple(HOURS.items())}),
        ("available_from", "moment", {}),
        ("available_until", "moment", {"needed": False, "hint": say("Left empty: until you withdraw them.")}),
        ("notice_hours", "number", {"most": MOST_HOURS, "hint": say("0: people can come at once.")}),
        ("max_stay_hours", "number", {"needed": False, "least": 1, "most": MOST_HOURS, "hint": say(
            "Left empty: no limit.")}),
        ("kind", "choice", {"options": tuple(KINDS.items())}),
        ("groups", "text", {"needed": False, "longest": 450, "hint": say(
            "Left empty: for everybody. Else with commas: families, single men.")}),
        ("note", "lines", {"needed": False, "longest": LONGEST_TEXT, "hint": say(
            "Only COA, the ministry, the province and the municipality can read this.")}),
    )  # fmt: skip
    for name, kind, more in asked:
        yield Question(name, _LABELS[name], kind, given=held.get(name, ""), **more)


def as_held(terms: PlaceTerms) -> dict[str, str]:
    """What holds now, as the fields hold it."""
    said = {
        "places": terms.places, "hours": terms.hours, "notice_hours": terms.notice_hours, "kind": terms.kind,
        "max_stay_hours": terms.max_stay_hours, "note": terms.note,
    }  # fmt: skip
    until = terms.available_until
    return {name: str(value) for name, value in said.items() if value is not None} | {
        "firmness": firm_word(terms),
        "available_from": as_typed(terms.available_from),
        "available_until": as_typed(until) if until else "",
        "groups": ", ".join(terms.groups),
    }


def meant(values: Mapping[str, Any], before: PlaceTerms | None = None) -> dict[str, Any]:
    """The answers as fields of `PlaceTerms`; of what stands as it did nothing is touched, seconds and all."""
    firmness, _, agreed_with = values["firmness"].partition(":")
    said = {
        **{name: values[name] for name in ("places", "hours", "notice_hours", "max_stay_hours", "kind", "note")},
        "firmness": firmness,
        "agreed_with": agreed_with or None,
        "available_from": values["available_from"],
        "available_until": values["available_until"],
        "groups": tuple(one for one in map(str.strip, (values["groups"] or "").split(",")) if one),
    }
    if before is None:
        return said
    if values["firmness"] == firm_word(before):
        del said["firmness"], said["agreed_with"]
    for name in ("available_from", "available_until"):
        was = getattr(before, name)
        if was and values[name] and as_typed(was) == as_typed(values[name]):
            del said[name]
    return said


def differences(before: PlaceTerms, after: PlaceTerms) -> Iterator[Text]:
    """What would be said otherwise, one sentence each."""
    for name, label in _LABELS.items():
        was, now = _shown(before, name), _shown(after, name)
        if was != now:
            yield say("{what}: {now} (it was {before}).", what=label, now=now, before=was)


def _shown(terms: PlaceTerms, name: str) -> Any:
    """One thing that is said of a place, for people."""
    value = getattr(terms, name)
    if name == "firmness":
        return FIRMNESS[firm_word(terms)]
    if name in ("hours", "kind"):
        return (HOURS if name == "hours" else KINDS)[value]
    if name == "groups":
        return listed(value) if value else say("everybody")
    return _NOT_SAID[name] if value is None else value


_NOT_SAID: Mapping[str, Text] = {
    "available_until": say("until it is withdrawn"),
    "max_stay_hours": say("no limit"),
    "note": say("nothing"),
}


@contextmanager
def beside_its_field() -> Iterator[None]:
    """What the rules find wrong is said of the fields of the form, in words for people."""
    try:
        yield
    except Invalid as error:
        raise Invalid(error.detail, [_plain(fault) for fault in error.faults], error.code) from None


def _plain(fault: Fault) -> Fault:
    field = "groups" if fault.field.startswith("groups.") else fault.field
    detail = fault.detail
    known = _PLAINER.get(detail.message) if isinstance(detail, Text) else None
    return Fault(fault.place, field, known or detail)
