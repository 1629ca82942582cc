"""How those who are called answer in the demo: in part, in full, by telephone, not at all. Sites and answers are made up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from piket.demo.places_in_time import HALLS, HOSTS, Reply, decline_reason, ends, opens, reply_of
from piket.demo.replay import TYPED, Replay, expect, moment
from piket.words import nsay, say

MOST_CALLS = 12
JUST_AFTER = timedelta(seconds=1)
READ_AFTER = timedelta(minutes=4)
REMINDED_AFTER = timedelta(minutes=15)


def answer_all(replay: Replay, day: date) -> None:
    """Everyone who is called on that day answers, or lets the deadline pass, until nobody is left to answer."""
    for number in range(MOST_CALLS):
        waiting = replay.tell_calls(replay.now)
        if not waiting:
            return
        reply = reply_of(day, number)
        if reply.how == "silent":
            stay_silent(replay, waiting[0])
        else:
            answer(replay, waiting[0], reply, day)
    raise AssertionError("the plan of this day does not end")


def answer(replay: Replay, call: dict[str, Any], reply: Reply, day: date) -> None:
    """One answer, as planned."""
    if timedelta(minutes=reply.after) > REMINDED_AFTER:
        acknowledge(replay, call)
    at = moment(call["madeAt"]) + timedelta(minutes=reply.after)
    started = replay.world.clock.set(at)
    body = _declined() if reply.how == "decline" else _promised(replay, call, reply, day)
    caller = call["organisation"]
    if reply.how == "telephone":
        caller, body["onBehalf"] = "coa", _said_by(replay, caller)
    made = replay.client(caller).post(f"call-ups/{call['id']}/responses", body)
    news = replay.news(started)
    _tell(replay, call, made, reply)
    replay.teller.told(replay.desks, news)
    expected = "declined" if reply.how == "decline" else "met" if made["counted"] >= call["places"] else "partly"
    expect(made["state"] == expected, say("An answer came out as {state}.", state=made["state"]))


def acknowledge(replay: Replay, call: dict[str, Any]) -> None:
    """The called say that they have read it, so that they are not told again."""
    replay.world.clock.set(moment(call["madeAt"]) + READ_AFTER)
    replay.client(call["organisation"]).post(f"alerts/{call['alert']}/acknowledgements")
    who = replay.name(call["organisation"])
    replay.teller.say(replay.now, say("{who} has read the call-up and is ringing round", who=who), mark="✓")


def stay_silent(replay: Replay, call: dict[str, Any]) -> None:
    """No answer: after 15 minutes told again, after the deadline the next is called. Both are found by the engine."""
    who = replay.name(call["organisation"])
    reminded = moment(call["madeAt"]) + REMINDED_AFTER + JUST_AFTER
    news = replay.wait(replay.world.clock.set(reminded), "callUpReminder")
    replay.teller.say(replay.now, say("no answer from {who} yet: told again, with its King's Commissioner", who=who))
    replay.teller.told(replay.desks, news)
    passed = moment(call["respondBy"]) + JUST_AFTER
    news = replay.wait(replay.world.clock.set(passed), "callUpOverdue")
    replay.teller.say(
        replay.now, say("the deadline of {who} has passed: the next is called", who=who), style="dark_orange3"
    )
    replay.teller.told(replay.desks, news)
    state = replay.client("coa").get(f"call-ups/{call['id']}")["state"]
    expect(state == "expired", say("A call-up whose deadline passed is {state}.", state=state))


def _declined() -> dict[str, Any]:
    """No places, with a reason: a decline is an answer too."""
    return {"places": 0, "declineReason": TYPED(decline_reason())}


def _promised(replay: Replay, call: dict[str, Any], reply: Reply, day: date) -> dict[str, Any]:
    """The promise: one hall for the whole of it, in a municipality of that province."""
    province = str(call["organisation"])
    number = replay.halls.get(province, 0)
    replay.halls[province] = number + 1
    places = (reply.places or call["places"]) + reply.more
    name = f"{HALLS[number % len(HALLS)]} ({TYPED(say('made up'))})"
    site = site_of(HOSTS[province][number % len(HOSTS[province])], name, places, ready=bool(number % 2))
    site |= {"availableFrom": opens(day).isoformat(), "availableUntil": ends(day).isoformat()}
    return {"places": places, "sites": [site]}


def site_of(municipality: str, name: str, places: int, *, ready: bool) -> dict[str, Any]:
    """A site as a promise states it, but for its moments."""
    return {
        "municipality": municipality,
        "site": name,
        "places": places,
        "firmness": "ready" if ready else "agreed",
        "agreedWith": "mayor" if ready else "executive",
        "hours": "aroundTheClock",
    }


def _said_by(replay: Replay, code: str) -> dict[str, str]:
    """Who said it by telephone: a desk, not a person."""
    said_by = TYPED(say("duty desk of {who}", who=replay.name(code)))
    return {"organisation": code, "saidBy": said_by, "via": TYPED(say("telephone"))}


def _tell(replay: Replay, call: dict[str, Any], made: dict[str, Any], reply: Reply) -> None:
    """The line about one answer, with what is still missing after it."""
    who, at = replay.name(call["organisation"]), replay.now
    if reply.how == "decline":
        replay.teller.say(
            at, say("{who} cannot: “{why}”", who=who, why=decline_reason()), style="dark_orange3", mark="←"
        )
        return
    sentence = nsay(
        "{who} promises {n} place of {asked}",
        "{who} promises {n} places of {asked}",
        n=made["counted"],
        who=who,
        asked=call["places"],
    )
    if reply.how == "telephone":
        sentence = say("{sentence}, by telephone, entered by COA", sentence=sentence)
    if made["surplus"]:
        sentence = say("{sentence}; {n} more stay on offer", sentence=sentence, n=made["surplus"])
    replay.teller.say(at, say("{first}: {second}", first=sentence, second=replay.enough()), style="green", mark="←")
