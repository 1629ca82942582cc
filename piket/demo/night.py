"""The night of 16 to 17 September 2024, rebuilt from the public account.

Public: about 2,200 people in the morning; in the evening some 45 without a bed; a hall in Stadskanaal agreed about midnight,
100 field beds, the first bus at 01:15. Made up: what the provinces answered, the minutes in between, and that the places
promised in the days before were in use by the evening. Stadskanaal lies in Groningen, which the rota exempts, so COA calls
it by hand.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from piket.demo.called import answer, site_of
from piket.demo.desks import HALL
from piket.demo.places_in_time import NIGHT, PublicCount, Reply, local
from piket.demo.replay import CENTRE, TYPED, Replay, expect, kinds
from piket.words import say

WITHOUT_BED = 45
FIELD_BEDS = 100
NEXT_DAY = NIGHT + timedelta(days=1)
FILLED, OBSERVED, POSTED = time(20, 45), time(23, 30), time(23, 31)
BY_HAND, AGREED = time(23, 48), time(23, 56)
FIRST_BUS, ARRIVED, EVERYBODY_IN, BACK = time(1, 15), time(1, 40), time(1, 45), time(9, 0)


def play(replay: Replay, account: PublicCount) -> None:
    """The night, to the moment at which everybody has a bed. `account` is the row that it is rebuilt from."""
    replay.teller.chapter(say("The night of 16 to 17 September 2024, rebuilt from the public account"))
    _fill(replay)
    _no_bed(replay, account)
    _province_declines(replay)
    _call_stadskanaal(replay)
    _everybody_in(replay, account)


def _fill(replay: Replay) -> None:
    """COA records that the places promised in the days before are in use: made up, and without it 45 would find a bed there."""
    replay.world.clock.set(local(NIGHT, FILLED))
    filled = 0
    for commitment in replay.client("coa").items("commitments", centre=CENTRE, state="committed"):
        replay.client("coa").patch(f"commitments/{commitment['id']}", {"occupied": commitment["places"]})
        filled += commitment["places"]
    occupied = replay.situation()["places"]["occupied"]
    expect(
        occupied == filled,
        say("{occupied} places are in use, recorded were {filled}.", occupied=occupied, filled=filled),
    )
    replay.teller.say(replay.now, say("all {n} promised places are in use (made up for this demo)", n=filled), mark="·")


def _no_bed(replay: Replay, account: PublicCount) -> None:
    """The count of people without a bed: acute, and everybody is told in one go."""
    replay.world.clock.set(local(NIGHT, POSTED))
    note = TYPED(say("Rebuilt from the public account of the night; about this number, the hour is inferred."))
    made = replay.count(WITHOUT_BED, "withoutBed", local(NIGHT, OBSERVED), account, note)
    replay.check_level(made["outcome"], "acute")
    sentence = say("{n} people have no bed; {enough}", n=WITHOUT_BED, enough=replay.enough())
    replay.teller.level(replay.now, "acute", sentence)
    replay.tell_duty(replay.situation(), again=True)
    replay.teller.told(replay.desks, made["news"])
    told = {code for one in made["news"] for code in one.organisations}
    everybody = {code for code, kind in replay.desks.kinds.items() if kind == "commissioner"}
    everybody |= {"coa", "vng", "ministry", "gm1950", str(replay.duty)}
    expect(everybody <= told, say("Not told of the night: {who}", who=", ".join(sorted(everybody - told))))
    expect(
        sorted(kinds(made["news"])) == ["callUp", "levelRaised"],
        say("The night was not told as one rise and one call-up."),
    )


def _province_declines(replay: Replay) -> None:
    """The province on duty cannot; the next on the rota is called."""
    waiting = replay.tell_calls(replay.now)
    expect(len(waiting) == 1, say("{n} call-ups wait at half past eleven.", n=len(waiting)))
    expect(waiting[0]["organisation"] == replay.duty, say("Another than the province on duty was called first."))
    expect(waiting[0]["places"] == WITHOUT_BED, say("The call-up is for {n} places.", n=waiting[0]["places"]))
    answer(replay, waiting[0], Reply("decline", after=11), NIGHT)
    replay.tell_calls(replay.now)


def _call_stadskanaal(replay: Replay) -> None:
    """COA calls a municipality by hand; its hall is agreed about midnight, and who still had to answer is released."""
    started = replay.world.clock.set(local(NIGHT, BY_HAND))
    body = {"kind": "opening", "centre": CENTRE, "organisation": HALL, "places": WITHOUT_BED}
    call = replay.client("coa").post("call-ups", body)
    news = replay.news(started)
    replay.calls_told.add(call["id"])
    sentence = say(
        "COA calls {who} by hand, for {n} places: its province is exempt from the rota",
        who=replay.name(HALL),
        n=WITHOUT_BED,
    )
    replay.teller.say(replay.now, sentence, style="cyan", mark="→")
    replay.teller.told(replay.desks, news)
    started = replay.world.clock.set(local(NIGHT, AGREED))
    made = replay.client(HALL).post(f"call-ups/{call['id']}/responses", _hall(replay))
    news = replay.news(started)
    expect(made["counted"] == WITHOUT_BED, say("{n} places of the hall count.", n=made["counted"]))
    agreed = say("{who} opens a sports hall with {beds} field beds: {enough}", who=replay.name(HALL), beds=FIELD_BEDS,
                 enough=replay.enough())  # fmt: skip
    replay.teller.say(replay.now, agreed, style="green", mark="←")
    replay.teller.told(replay.desks, news)
    expect("callUpReleased" in kinds(news), say("Who still had to answer was not told that it is no longer needed."))
    replay.check_enough()


def _hall(replay: Replay) -> dict[str, Any]:
    """The hall of the night: more beds than were asked for, open from the first bus until the morning."""
    hall = site_of(HALL, TYPED(say("sports hall")), FIELD_BEDS, ready=True)
    moments = {"availableFrom": local(NEXT_DAY, FIRST_BUS), "availableUntil": local(NEXT_DAY, BACK)}
    return {"places": FIELD_BEDS, "sites": [hall | {name: at.isoformat() for name, at in moments.items()}]}


def _everybody_in(replay: Replay, account: PublicCount) -> None:
    """The bus arrives; COA records who is in and that nobody is without a bed, which is told to all who were told."""
    replay.world.clock.set(local(NEXT_DAY, FIRST_BUS))
    replay.teller.say(replay.now, say("the first bus leaves; it comes back in the morning"), mark="·")
    replay.world.clock.set(local(NEXT_DAY, ARRIVED))
    commitments = replay.client("coa").items("commitments", centre=CENTRE, state="committed")
    mine = [one for one in commitments if one["municipality"] == HALL]
    expect(len(mine) == 1, say("The hall stands in the books {n} times.", n=len(mine)))
    replay.client("coa").patch(f"commitments/{mine[0]['id']}", {"occupied": WITHOUT_BED})
    replay.world.clock.set(at := local(NEXT_DAY, EVERYBODY_IN))
    note = TYPED(say("Rebuilt from the public account of the night; the hour is inferred."))
    made = replay.count(0, "withoutBed", at, account, note)
    replay.check_level(made["outcome"], "overflow")
    replay.teller.level(replay.now, "overflow", say("nobody is without a bed; {enough}", enough=replay.enough()))
    replay.teller.told(replay.desks, made["news"])
    expect(kinds(made["news"]) == ["levelLowered"], say("That everybody has a bed was not told as one fall."))
    _told_as_many(replay)


def _told_as_many(replay: Replay) -> None:
    """Whoever was told of the night is told that it is over."""
    raised, lowered = (
        next(told for told in reversed(replay.follower.told) if told.kind == kind)
        for kind in ("levelRaised", "levelLowered")
    )
    left = set(raised.organisations) - set(lowered.organisations)
    expect(not left, say("Told of the night and not of its end: {who}", who=", ".join(sorted(left))))
