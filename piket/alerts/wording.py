"""What an alert says: subject, first sentence, the three answers, what is asked, whom to ring, who else was told, and why.

Everything is said from the kind, the level, the answers and these details (any of them may be missing):

| kind | details |
|---|---|
| levelRaised | declared, by, reason; nobodyOnDuty |
| levelLowered, allClear, countCorrected | closure (`allClear`, `corrected`, `byHand`), by, reason; occupied |
| countOverdue | observedAt (of the last count) |
| countHeld | people, lastJudged, judgeAt |
| callUp and its like | organisation, places, madeAt, respondBy, neededBy, counted, state |
| callUpAnswered | also inView, surplus, late, next, declineReason, onBehalf {by, saidBy, via}; entered = `acknowledgement` |
| callUpAnswered by the link of a mail | also way (`link`, `takenBack`), takeBackUntil |
| callUpOverdue | also next |
| callUpReleased | also reason (`enough`, `closed`, or COA's own words) |
| commitmentChanged | what (`agreed`, `moved`, `ended`), places, province, municipality, municipalityName, site, from, until |
| handOver | leaving, coming (a code, a list, null for nobody), at, moment (`before`, `now`, `withdrawn`), override {by, reason} |
| confirmationAsked | see `wording_confirmations` |
| swap | see `wording_swaps` |
| emergencyCard, and handOver at the moment | card, see `rota.emergency_card`; note {id, address, openCallUps, places, occupied} |
| rotaChanged | see `wording_rota` |
| deliveryFailed | organisation (whom it did not reach), telephone, attempts |
| coverageHole | see `wording_coverage` |
| levelsGathered | since, until, changes [{alert, kind, at, previousLevel, level, people, withoutBed}] |
| callUpsGathered | since, until, messages [{alert, kind, at, callUp, organisation, places, counted, respondBy …}] |
| failuresGathered | failures: the details of each deliveryFailed, with its moment |

Moments are said as seen at the moment of the alert ("21.00 uur" is that same day), so that every attempt to deliver it,
and the API later, say the same. No street address is ever in it, and a site only for its host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from piket.alerts import (
    card,
    wording_asks,
    wording_calls,
    wording_confirmations,
    wording_gathered,
    wording_levels,
    wording_others,
    wording_swaps,
)
from piket.alerts.info import AlertInfo, Reader
from piket.alerts.wording_answers import enough_places, how_full, who_acts
from piket.alerts.wording_coverage import hole_sentences, hole_subject
from piket.alerts.wording_rota import changed_sentences, changed_subject
from piket.words import Text, Words, listed, nsay, say

Subject = Callable[[AlertInfo, Reader | None], Text]
Sentences = Callable[[AlertInfo, Reader | None], list[Text]]
NAMED_AT_MOST = 8
PROPOSED = say("The rota is a proposal: it has not been decided yet.")

KINDS: dict[str, tuple[Subject, Sentences]] = {
    "levelRaised": (wording_levels.raised_subject, wording_levels.raised_sentences),
    "levelLowered": (wording_levels.lowered_subject, wording_levels.lowered_sentences),
    "allClear": (wording_levels.clear_subject, wording_levels.clear_sentences),
    "countCorrected": (wording_levels.corrected_subject, wording_levels.corrected_sentences),
    "countOverdue": (wording_levels.overdue_subject, wording_levels.overdue_sentences),
    "countHeld": (wording_levels.held_subject, wording_levels.held_sentences),
    "callUp": (wording_calls.call_subject, wording_calls.call_sentences),
    "callUpReminder": (wording_calls.reminder_subject, wording_calls.reminder_sentences),
    "callUpAnswered": (wording_calls.answered_subject, wording_calls.answered_sentences),
    "callUpOverdue": (wording_calls.unanswered_subject, wording_calls.unanswered_sentences),
    "callUpReleased": (wording_calls.released_subject, wording_calls.released_sentences),
    "listEnded": (wording_calls.ended_subject, wording_calls.ended_sentences),
    "commitmentChanged": (wording_others.commitment_subject, wording_others.commitment_sentences),
    "handOver": (wording_others.hand_over_subject, wording_others.hand_over_sentences),
    "confirmationAsked": (wording_confirmations.asked_subject, wording_confirmations.asked_sentences),
    "swap": (wording_swaps.swap_subject, wording_swaps.swap_sentences),
    "emergencyCard": (card.card_subject, card.card_sentences),
    "rotaChanged": (changed_subject, changed_sentences),
    "deliveryFailed": (wording_others.failed_subject, wording_others.failed_sentences),
    "levelsGathered": (wording_gathered.levels_subject, wording_gathered.levels_sentences),
    "callUpsGathered": (wording_gathered.calls_subject, wording_gathered.calls_sentences),
    "failuresGathered": (wording_gathered.failures_subject, wording_gathered.failures_sentences),
    "coverageHole": (hole_subject, hole_sentences),
    "test": (wording_others.trial_subject, wording_others.trial_sentences),
}


@dataclass(frozen=True)
class Letter:
    """One alert for one reader, in one language, in the order in which it is read.

    `answers` are the three; `notice` is what every page and alert says while the rota is not decided, else None; `lines`
    are what is told together, empty for an alert of one fact.
    """

    subject: str
    sentence: str
    answers: tuple[str, str, str]
    notice: str | None
    ask: str
    link: str
    ring: str
    others: str | None
    lines: tuple[str, ...]
    footer: str
    language: str
    drill: bool


def title(info: AlertInfo, reader: Reader | None, words: Words) -> str:
    """The subject; a drill says so in front."""
    words = words_at(info, words)
    subject = KINDS[info.kind][0](info, reader)
    return words(say("DRILL: {subject}", subject=subject) if info.drill else subject)


def sentence(info: AlertInfo, reader: Reader | None, words: Words) -> str:
    """What happened; a drill says so first."""
    drill = [say("This is a drill.")] if info.drill else []
    return _joined([*drill, *KINDS[info.kind][1](info, reader)], words_at(info, words))


def answers(info: AlertInfo, words: Words) -> tuple[str, str, str]:
    """The three answers, each with its figures."""
    words = words_at(info, words)
    return _joined(how_full(info), words), _joined(who_acts(info), words), _joined(enough_places(info), words)


def text(info: AlertInfo, reader: Reader | None, words: Words) -> str:
    """What the API shows as text: the first sentence, the three answers, each of what is told together, and, while it is
    so, that the rota is a proposal.
    """
    notice = [words(PROPOSED)] if info.answers.rota_proposed else []
    return "\n".join([sentence(info, reader, words), *answers(info, words), *_lines(info, reader, words), *notice])


def letter(info: AlertInfo, reader: Reader, words: Words, link: str) -> Letter:
    """The whole letter for one reader. `link` is the address of the page that shows the alert and lets it be acknowledged."""
    at = words_at(info, words)
    return Letter(
        subject=title(info, reader, words),
        sentence=sentence(info, reader, words),
        answers=answers(info, words),
        notice=at(PROPOSED) if info.answers.rota_proposed else None,
        ask=at(wording_asks.ask(info, reader)),
        link=link,
        ring=at(wording_asks.ring(info, reader)),
        others=at(others) if (others := _others(info, reader)) else None,
        lines=tuple(_lines(info, reader, words)),
        footer=_joined(wording_asks.footer(info), at),
        language=at.language,
        drill=info.drill,
    )


def _lines(info: AlertInfo, reader: Reader | None, words: Words) -> list[str]:
    at = words_at(info, words)
    return [at(line) for line in (*wording_gathered.lines(info, reader), *card.lines(info, reader))]


def words_at(info: AlertInfo, words: Words) -> Words:
    """The language, with moments said as seen at the moment of the alert."""
    return Words(words.language, info.at)


def _joined(texts: list[Text], words: Words) -> str:
    return " ".join(words(sentence) for sentence in texts)


def _others(info: AlertInfo, reader: Reader) -> Text | None:
    """Who else was told, so that nobody needs to phone around; a long list is cut and counted."""
    codes = [code for code in info.told_beside or info.told if code != reader.organisation]
    if not codes:
        return None
    names = [info.name(code) for code in codes[:NAMED_AT_MOST]]
    more = len(codes) - NAMED_AT_MOST
    if more > 0:
        names.append(nsay("{n} other organisation", "{n} other organisations", more))
    return say("Also told: {names}.", names=listed(names))
