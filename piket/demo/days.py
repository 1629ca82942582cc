"""The days of the replay: a count each morning that one was published, and what falls due in between."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from piket.demo.called import JUST_AFTER, answer_all
from piket.demo.places_in_time import BEFORE_POSTING, OBSERVED, POSTED, PublicCount, local
from piket.demo.replay import AIM, CENTRE, TYPED, Replay, expect, kinds, level_of, moment
from piket.words import Text, nsay, say

NOTICE = timedelta(hours=24)


def play(replay: Replay, days: dict[date, list[PublicCount]]) -> None:
    """Every day of a period, in order."""
    for day, counts in days.items():
        meanwhile(replay, local(day, POSTED))
        at_centre = [count for count in counts if count.definition is not None]
        for count in at_centre:
            morning(replay, count)
        for other in [count for count in counts if count.scope.startswith("night_shelter")]:
            _tell_elsewhere(replay, other, None if at_centre else local(day, POSTED))


def morning(replay: Replay, count: PublicCount) -> None:
    """COA posts the count of the morning; those who are called answer."""
    replay.world.clock.set(local(count.day, POSTED))
    crossed_from = replay.level
    made = replay.count(count.people, str(count.definition), local(count.day, OBSERVED), count, count.note(TYPED))
    outcome = made["outcome"]
    replay.check_level(outcome, level_of(count.people, crossed_from))
    situation = replay.situation()
    _check_need(situation, count.people)
    over = max(0, outcome["overNorm"] or 0)
    replay.teller.level(replay.now, replay.level, _counted(count, over, replay.enough() if replay.episode else None))
    replay.tell_duty(situation)
    replay.teller.told(replay.desks, made["news"])
    if crossed_from != "overflow" and replay.level == "overflow":
        expect("levelRaised" in kinds(made["news"]), say("A rise above the maximum was not told."))
    answer_all(replay, count.day)
    if replay.episode:
        replay.check_enough()


def _check_need(situation: dict[str, Any], people: int) -> None:
    """The need is people less 1,950 in an episode, and nobody above the maximum is without one."""
    found = situation["overflow"]
    if found is None:
        expect(people <= 2000, say("No episode is open above the maximum."))
    else:
        wrong = say(
            "{needed} places are needed, expected were {expected}.", needed=found["needed"], expected=people - AIM
        )
        expect(found["needed"] == people - AIM, wrong)


def _counted(count: PublicCount, over: int, enough: Text | None) -> Text:
    """The line about one count: people, how far above the maximum, and what is missing."""
    sentence = say("{people} people", people=count.people)
    if count.precision == "approx":
        sentence = say("about {people} people", people=count.people)
    if over:
        sentence = say("{first}, {over} above 2,000", first=sentence, over=over)
    return say("{first}; {second}", first=sentence, second=enough) if enough else sentence


def _tell_elsewhere(replay: Replay, other: PublicCount, at: datetime | None) -> None:
    """Other shelter that night: told for colour, counted nowhere."""
    sentence = say(
        "elsewhere, not counted here: {n} people in the night shelter of {place}", n=other.people, place=other.place
    )
    replay.teller.say(at, sentence, style="grey50", mark="·")


def meanwhile(replay: Replay, until: datetime) -> None:
    """Take every moment before `until` at which something falls due by the clock alone."""
    for at, kind in due_between(replay, replay.now, until):
        news = replay.wait(replay.world.clock.set(at + JUST_AFTER), kind)
        told = replay.teller.who(replay.desks, news)
        if kind == "countOverdue":
            tell_unknown(replay, told)
        else:
            _tell_hand_over(replay, news[0].alert["details"], told)


def tell_unknown(replay: Replay, told: Text | None = None) -> None:
    """Nothing fresh says how many people there are: that is unknown, and not the number of yesterday."""
    level = replay.situation()["centres"][0]["level"]
    expect(level == "unknown", say("The level is {found}, expected was {expected}.", found=level, expected="unknown"))
    sentence = say("no count since {at}", at=replay.teller.day_time(replay.observed) if replay.observed else None)
    replay.teller.level(
        replay.now, "unknown", say("{first}; {second}", first=sentence, second=told) if told else sentence
    )


def due_between(replay: Replay, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """What the rota of the service and the age of the last count bring in between."""
    found = []
    turns = replay.client("coa").items("rotas/piket/turns", from_=since.isoformat(), to=(until + NOTICE).isoformat())
    for turn in turns:
        begins = moment(turn["from"])
        found += [(at, "handOver") for at in (begins - NOTICE, begins) if since < at < until]
    if replay.observed is not None:
        definitions = replay.client("coa").get(f"centres/{CENTRE}/thresholds")["definitions"]
        minutes = next(one["staleAfterMinutes"] for one in definitions if one["definition"] == "nightBeds")
        overdue = replay.observed + timedelta(minutes=minutes)
        found += [(overdue, "countOverdue")] if since < overdue < until else []
    return sorted(found)


def _tell_hand_over(replay: Replay, details: dict[str, Any], told: Text) -> None:
    """The line about one hand-over, and from its moment on who has duty."""
    leaving = replay.name(details["leaving"]) if details["leaving"] else say("nobody")
    coming = replay.name(details["coming"]) if details["coming"] else say("nobody")
    if details["moment"] == "before":
        sentence = say("tomorrow {leaving} hands over to {coming}", leaving=leaving, coming=coming)
    else:
        sentence = say("{leaving} has handed over to {coming}", leaving=leaving, coming=coming)
    replay.teller.say(replay.now, say("{first}; {second}", first=sentence, second=told), mark="⇄")
    if details["moment"] == "now":
        replay.tell_duty(replay.situation())


def jump(replay: Replay, day: date) -> None:
    """From spring to September: one leap of the clock, and what fell due on the way, each told once."""
    replay.teller.chapter(say("The clock jumps to {day}", day=day))
    started, due = replay.world.clock.set(local(day, BEFORE_POSTING)), ("handOver", "callUp", "countOverdue")
    news = replay.wait(started, *due)
    found = kinds(news)
    for kind in due:
        expect(found.count(kind) == 1, say("After the jump {kind} was told {n} times.", kind=kind, n=found.count(kind)))
    tell_unknown(replay)
    replay.teller.say(None, say("the episode of spring is still open: no count has said since that it is over"))
    sentence = nsay(
        "the promises of spring have ended, and {n} place is missing",
        "the promises of spring have ended, and {n} places are missing",
        n=replay.situation()["overflow"]["shortfall"],
    )
    replay.teller.say(None, sentence)
    replay.tell_duty(replay.situation())
    replay.teller.told(replay.desks, news)
    replay.tell_calls(replay.now)
