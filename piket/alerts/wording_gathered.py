"""Subject, first sentences and list of what is told together: changes of level, call-ups, alerts that did not arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from piket.alerts import wording_calls, wording_levels
from piket.alerts.frozen import moment_of
from piket.alerts.info import AlertInfo, Reader
from piket.alerts.rules import Answers, HowFull
from piket.alerts.wording_levels import LEVELS, level_word
from piket.words import Text, listed, nsay, say

_RING = ("coa", "ministry", "operator")
_LISTS = {"levelsGathered": "changes", "callUpsGathered": "messages", "failuresGathered": "failures"}
_ASKS, _ENDS = ("callUp", "callUpReminder"), ("callUpReleased", "callUpAnswered", "callUpOverdue")
# Of these a line says what the alert's own subject says.
_SUBJECTS: Mapping[object, Callable[[AlertInfo, Reader | None], Text]] = {
    "callUp": wording_calls.call_subject,
    "callUpReminder": wording_calls.reminder_subject,
    "callUpAnswered": wording_calls.answered_subject,
    "callUpOverdue": wording_calls.unanswered_subject,
    "callUpReleased": wording_calls.released_subject,
    "listEnded": wording_calls.ended_subject,
    "countHeld": wording_levels.held_subject,
    "countCorrected": wording_levels.corrected_subject,
    "countOverdue": wording_levels.overdue_subject,
}

_TOGETHER = say("That is so many that they are told together. All of them are in the list.")


def may_ring(info: AlertInfo, reader: Reader | None) -> bool:
    """COA and the ministry always see a telephone; the operator where an alert did not arrive."""
    if reader is None or reader.kind not in _RING:
        return False
    return reader.kind != "operator" or info.kind in ("deliveryFailed", "failuresGathered")


def entries(info: AlertInfo) -> Sequence[Mapping[str, Any]]:
    """What is told together, oldest first; nothing for an alert of one fact."""
    found = info.details.get(_LISTS.get(info.kind, ""))
    return found if isinstance(found, list) else []


def _changes(info: AlertInfo) -> int:
    """How many of what is told together are changes of level; the others are counts to look at."""
    return sum(entry.get("kind") not in _SUBJECTS for entry in entries(info))


def levels_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """How often, and how it is now."""
    if not entries(info):
        return say("For information: level of {centre} changed often in a short time", centre=info.place)
    if not _changes(info):
        return nsay(
            "{n} message about counts of {centre} in a short time",
            "{n} messages about counts of {centre} in a short time",
            len(entries(info)),
            centre=info.place,
        )
    return nsay(
        "For information: level of {centre} changed {n} time in a short time, now {level}",
        "For information: level of {centre} changed {n} times in a short time, now {level}",
        _changes(info),
        centre=info.place,
        level=level_word(info, info.level),
    )


def levels_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Between when and when, and why this is one message."""
    together = say("That is so often that these changes are told together. All of them are in the list.")
    if not entries(info):
        return [say("The level of {centre} changed often in a short time.", centre=info.place), together]
    if not _changes(info):
        return [say("{subject}.", subject=levels_subject(info, _reader)), _TOGETHER]
    often = nsay(
        "Between {since} and {until} the level of {centre} changed {n} more time.",
        "Between {since} and {until} the level of {centre} changed {n} more times.",
        _changes(info),
        since=info.moment("since"),
        until=info.moment("until"),
        centre=info.place,
    )
    return [often, together]


def standing(info: AlertInfo, reader: Reader | None) -> list[Mapping[str, Any]]:
    """The call-ups of the reader's organisation in the list that still ask for an answer as far as the list tells."""
    calls: dict[object, Mapping[str, Any]] = {}
    for entry in entries(info):
        if entry.get("kind") in _ENDS:
            calls.pop(entry.get("callUp"), None)
        elif reader and entry.get("kind") in _ASKS and entry.get("organisation") == reader.organisation:
            calls[entry.get("callUp")] = entry
    return list(calls.values())


def calls_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """How many places are asked of the reader; for whoever is not called, how many messages there were."""
    asked = standing(info, reader)
    if not entries(info):
        return say("For information: more messages about call-ups for {centre}", centre=info.place)
    if asked and reader:
        return nsay(
            "Call-ups: {n} place needed from {name}",
            "Call-ups: {n} places needed from {name}",
            sum(entry.get("places") or 0 for entry in asked),
            name=info.name(reader.organisation),
        )
    return nsay(
        "For information: {n} more message about call-ups for {centre}",
        "For information: {n} more messages about call-ups for {centre}",
        len(entries(info)),
        centre=info.place,
    )


def calls_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """Between when and when, why this is one message, and what the reader still has to answer."""
    if not entries(info):
        return [say("{subject}.", subject=calls_subject(info, reader)), _TOGETHER]
    often = nsay(
        "Between {since} and {until} there was {n} more message about call-ups for {centre}.",
        "Between {since} and {until} there were {n} more messages about call-ups for {centre}.",
        len(entries(info)),
        since=info.moment("since"),
        until=info.moment("until"),
        centre=info.place,
    )
    asked = standing(info, reader)
    if not asked:
        return [often, _TOGETHER]
    said = nsay("{n} call-up asks an answer of you.", "{n} call-ups ask an answer of you.", len(asked))
    return [said, often, _TOGETHER]


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
    return [
        (_as_its_subject if entry.get("kind") in _SUBJECTS else _LINES[info.kind])(info, reader, entry)
        for entry in entries(info)
    ]


def _as_its_subject(info: AlertInfo, reader: Reader | None, entry: Mapping[str, Any]) -> Text:
    """What the subject of the alert itself would be. What was known of places then is not kept in the list."""
    known = Answers(HowFull(people=entry.get("people")))
    alone = replace(info, kind=str(entry.get("kind")), details=entry, answers=known)
    return say("{at}: {subject}", at=moment_of(entry.get("at")), subject=_SUBJECTS[entry.get("kind")](alone, reader))


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


_LINES = {"levelsGathered": _change, "failuresGathered": _failure}
