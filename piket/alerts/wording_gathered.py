"""Subject, first sentences and list of what is told together: many changes of level, many alerts that did not arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from piket.alerts.frozen import moment_of
from piket.alerts.info import AlertInfo, Reader
from piket.alerts.wording_levels import LEVELS, level_word
from piket.words import Text, listed, nsay, say

_RING = ("coa", "ministry", "operator")


def may_ring(info: AlertInfo, reader: Reader | None) -> bool:
    """COA and the ministry always see a telephone; the operator where an alert did not arrive."""
    if reader is None or reader.kind not in _RING:
        return False
    return reader.kind != "operator" or info.kind in ("deliveryFailed", "failuresGathered")


def entries(info: AlertInfo) -> Sequence[Mapping[str, Any]]:
    """What is told together, oldest first; nothing for an alert of one fact."""
    found = info.details.get({"levelsGathered": "changes", "failuresGathered": "failures"}.get(info.kind, ""))
    return found if isinstance(found, list) else []


def levels_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """How often, and how it is now."""
    if not entries(info):
        return say("For information: level of {centre} changed often in a short time", centre=info.place)
    return nsay(
        "For information: level of {centre} changed {n} time in a short time, now {level}",
        "For information: level of {centre} changed {n} times in a short time, now {level}",
        len(entries(info)),
        centre=info.place,
        level=level_word(info, info.level),
    )


def levels_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Between when and when, and why this is one message."""
    together = say("That is so often that these changes are told together. All of them are in the list.")
    if not entries(info):
        return [say("The level of {centre} changed often in a short time.", centre=info.place), together]
    often = nsay(
        "Between {since} and {until} the level of {centre} changed {n} more time.",
        "Between {since} and {until} the level of {centre} changed {n} more times.",
        len(entries(info)),
        since=info.moment("since"),
        until=info.moment("until"),
        centre=info.place,
    )
    return [often, together]


def failures_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """How many did not arrive."""
    if not entries(info):
        return say("More alerts were not delivered")
    return nsay("{n} more alert was not delivered", "{n} more alerts were not delivered", len(entries(info)))


def failures_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """Whom they did not reach."""
    codes = dict.fromkeys(str(entry.get("organisation")) for entry in entries(info))
    said = [say("{subject}.", subject=failures_subject(info, reader))]
    if codes:
        names = listed([info.name(code) for code in codes])
        said.append(say("These organisations were not reached: {names}.", names=names))
    return said


def lines(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """Each of what is told together, with its moment and its number. Telephones only for who may ring."""
    make = _change if info.kind == "levelsGathered" else _failure
    return [make(info, reader, entry) for entry in entries(info)]


def _change(_info: AlertInfo, _reader: Reader | None, entry: Mapping[str, Any]) -> Text:
    at, people, level = moment_of(entry.get("at")), entry.get("people"), _word(entry.get("level"))
    if entry.get("kind") == "allClear":
        return say("{at}: end of the overflow, now {level} ({people})", at=at, level=level, people=people)
    previous = _word(entry.get("previousLevel"))
    return say("{at}: from {previous} to {level} ({people})", at=at, previous=previous, level=level, people=people)


def _word(level: str | None) -> Text:
    """The level by itself: whether people are above the maximum is said by their number (2.5)."""
    return say("overflow") if level == "overflow" else LEVELS.get(level or "", say("unknown"))


def _failure(info: AlertInfo, reader: Reader | None, entry: Mapping[str, Any]) -> Text:
    at, name, number = moment_of(entry.get("at")), info.name(entry.get("organisation")), entry.get("telephone")
    if not may_ring(info, reader):
        return say("{at}: {name}", at=at, name=name)
    if number is None:
        return say("{at}: {name}, no telephone number known", at=at, name=name)
    return say("{at}: {name}, telephone {number}", at=at, name=name, number=number)
