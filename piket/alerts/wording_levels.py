"""Subject and first sentences of the alerts about levels and counts.

"Above the maximum" is said by people > norm, whatever the level (2.5).
"""

from __future__ import annotations

from piket.alerts.info import AlertInfo, Reader
from piket.alerts.rules import EnoughPlaces, HowFull
from piket.alerts.wording_answers import above_norm
from piket.words import Text, nsay, say

LEVELS = {
    "normal": say("normal"),
    "watch": say("watch"),
    "high": say("nearly full"),
    "overflow": say("above the maximum"),
    "acute": say("people without a bed"),
    "unknown": say("unknown"),
}


def _full(info: AlertInfo) -> HowFull:
    """What is known of the first question."""
    return info.answers.how_full or HowFull()


def level_word(info: AlertInfo, level: str | None) -> Text:
    """A level as people call it; the level overflow with people below the norm is called overflow only."""
    if level == "overflow" and not above_norm(_full(info)):
        return say("overflow")
    return LEVELS[level or "unknown"]


def raised_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """*For information: Ter Apel above the maximum (2,129)*; people without a bed are named first."""
    full, people = _full(info), _full(info).people
    if info.level == "acute":
        return _acute_subject(info)
    if info.level == "overflow" and above_norm(full):
        return say("For information: {centre} above the maximum ({people})", centre=info.place, people=people)
    if info.level == "overflow":
        return say("For information: overflow in {centre} ({people})", centre=info.place, people=people)
    if info.level == "high":
        return say("For information: {centre} nearly full ({people})", centre=info.place, people=people)
    return say("For information: {centre} at the level watch ({people})", centre=info.place, people=people)


def _acute_subject(info: AlertInfo) -> Text:
    """People without a bed before missing places; both are named before everything else."""
    without_bed = _full(info).without_bed
    if without_bed:
        return nsay(
            "{n} person in {centre} has no bed tonight",
            "{n} people in {centre} have no bed tonight",
            without_bed,
            centre=info.place,
        )
    missing = (info.answers.enough_places or EnoughPlaces()).shortfall
    if missing:
        return nsay(
            "{n} place missing for {centre}, and the time has passed",
            "{n} places missing for {centre}, and the time has passed",
            missing,
            centre=info.place,
        )
    return say("For information: {centre} at the level people without a bed", centre=info.place)


def raised_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """What was reached, and whether somebody declared it."""
    said = [_raised_sentence(info)]
    if info.details.get("declared"):
        by = info.details.get("by")
        said.append(
            say("{name} declared the overflow: {reason}", name=info.name(by), reason=info.details.get("reason"))
        )
    return said


def _raised_sentence(info: AlertInfo) -> Text:
    """What was reached. At overflow the words follow the number of people, not the level (2.5)."""
    full = _full(info)
    if info.level == "acute" and full.without_bed:
        return nsay(
            "{n} person in {centre} has no bed for the coming night.",
            "{n} people in {centre} have no bed for the coming night.",
            full.without_bed,
            centre=info.place,
        )
    if info.level == "acute":
        return say("The places that {centre} needs are not there in time.", centre=info.place)
    if info.level == "overflow" and above_norm(full):
        return say("{centre} is above the agreed maximum.", centre=info.place)
    if info.level == "overflow" and full.people is None:
        return say("There is an overflow in {centre}; how many people are there is not known.", centre=info.place)
    if info.level == "overflow":
        return say("There is an overflow in {centre}, though not more people than the maximum.", centre=info.place)
    if info.level == "high":
        return say("{centre} is nearly full.", centre=info.place)
    return say("{centre} is filling up.", centre=info.place)


def lowered_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """From which level to which, with the people now."""
    return say(
        "For information: {centre} from {previous} to {level} ({people})",
        centre=info.place,
        previous=level_word(info, info.previous_level),
        level=level_word(info, info.level),
        people=_full(info).people,
    )


def lowered_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """The fall, and whether the overflow goes on."""
    fell = say(
        "The level of {centre} fell from {previous} to {level}.",
        centre=info.place,
        previous=level_word(info, info.previous_level),
        level=level_word(info, info.level),
    )
    return [fell, say("The overflow is not closed yet.")] if info.episode_open else [fell]


def clear_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """*End of overflow Ter Apel*."""
    return say("End of overflow {centre}", centre=info.place)


def clear_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """That it is over, and why if somebody closed it."""
    over = say("The overflow in {centre} is over.", centre=info.place)
    by, reason = info.details.get("by"), info.details.get("reason")
    if info.details.get("closure") == "byHand" and reason:
        return [over, say("{name} closed it: {reason}", name=info.name(by), reason=reason)]
    return [over]


def corrected_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """The number that holds now."""
    return say("For information: count of {centre} corrected to {people}", centre=info.place, people=_full(info).people)


def corrected_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """What the corrected count means for the level, and for the overflow if it takes that back (1.4)."""
    said = [
        say("A count of {centre} was corrected.", centre=info.place),
        say(
            "The level was {previous} and is now {level}.",
            previous=level_word(info, info.previous_level),
            level=level_word(info, info.level),
        ),
    ]
    if info.details.get("closure"):
        said.append(say("The overflow is closed by this."))
    return said


def overdue_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """COA is asked for a count; others are informed."""
    if reader is None or reader.organisation == "coa":
        return say("New count needed: not known how many people are in {centre}", centre=info.place)
    return say("For information: not known how many people are in {centre}", centre=info.place)


def overdue_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Unknown, and since which count."""
    last = info.moment("observedAt") or _full(info).observed_at
    if last is None:
        return [say("It is not known how many people are in {centre}: there is no count.", centre=info.place)]
    return [
        say("It is not known how many people are in {centre}: the last count is of {at}.", centre=info.place, at=last)
    ]


def held_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """COA is asked to look at the number again."""
    return say("Check this count: {people} in {centre}", people=info.number("people"), centre=info.place)


def held_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """How far it is from the last judged one (1.3)."""
    people, before = info.number("people"), info.number("lastJudged")
    return [
        say("The count of {people} differs much from the one before it ({before}).", people=people, before=before),
        say("It does not count yet."),
    ]
