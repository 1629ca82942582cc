"""The end of the story: what came in and how fast, one mail in full, the figures, and the door left open."""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from piket.demo.follow import BESIDE, Told
from piket.demo.receivers import plain_text
from piket.demo.replay import CENTRE, Replay, expect
from piket.words import Text, nsay, say

SETTLE_SECONDS = 5.0
SHOWN_KEYS = ("coa", "ministry", "nl-ov", "gm0037")


def show(replay: Replay) -> None:
    """Tables, one mail, the situation, and whether everything that was written has arrived."""
    replay.teller.chapter(say("What came in"))
    _by_kind(replay)
    _by_organisation(replay)
    _one_mail(replay)
    replay.teller.chapter(say("In the end"))
    replay.teller.plain(replay.situation()["sentence"])
    _figures(replay)


def _times(told: Sequence[Told]) -> list[Any]:
    """Fastest, median and slowest in milliseconds; empty where nothing came."""
    took = sorted(one for each in told for one in each.milliseconds)
    return [round(took[0]), round(median(took)), round(took[-1])] if took else ["", "", ""]


def _alerts(replay: Replay) -> list[Told]:
    """All but those which nothing in the story caused: test messages, and what the rota asks and sends by itself."""
    return [told for told in replay.follower.told if told.kind not in {"test", *BESIDE}]


def _by_kind(replay: Replay) -> None:
    """Messages by kind of alert. What the clock brought waits for the engine's next look, at most a second."""
    rows = []
    everything = _alerts(replay)
    for kind in sorted({told.kind for told in everything}):
        for by_clock in (False, True):
            told = [one for one in everything if one.kind == kind and one.by_clock == by_clock]
            came = [arrival.channel for one in told for arrival in one.arrivals.values()]
            if told:
                name = f"{kind} *" if by_clock else kind
                rows.append([name, len(told), came.count("email"), came.count("webhook"), *_times(told)])
    columns = (say("kind"), say("alerts"), say("mails"), say("webhooks"), *_SPEED)
    replay.teller.table(say("Mail catcher and webhook receiver, by kind"), columns, rows)
    replay.teller.plain(
        say("* found by the engine, which looks every second: from the moment on the clock to the arrival")
    )
    replay.teller.plain()


_SPEED = (say("fastest ms"), say("median ms"), say("slowest ms"))


def _by_organisation(replay: Replay) -> None:
    """Messages by organisation; a desk that several share got each message once."""
    rows = []
    for code in sorted(replay.desks.names):
        pairs = [
            (told.arrivals[one["id"]], told)
            for told in _alerts(replay)
            for one in told.deliveries
            if one["organisation"] == code
        ]
        took = sorted((arrival.at - told.started) * 1000 for arrival, told in pairs if not told.by_clock)
        channels = [arrival.channel for arrival, _ in pairs]
        speed = [round(took[0]), round(median(took)), round(took[-1])] if took else ["", "", ""]
        if pairs:
            rows.append([replay.name(code), channels.count("email"), channels.count("webhook"), *speed])
    columns = (say("organisation"), say("mails"), say("webhooks"), *_SPEED)
    replay.teller.table(say("By organisation, from the POST to the arrival"), columns, rows)
    shared = ", ".join(replay.desks.shared)
    replay.teller.plain(
        say("Desks that a province and its King's Commissioner share, told once: {shared}", shared=shared)
    )
    replay.teller.plain()


def _one_mail(replay: Replay) -> None:
    """The call-up of the night, as the province on duty read it on its telephone."""
    calls = [told for told in replay.follower.told if told.kind == "callUp" and replay.duty in told.organisations]
    mails = [arrival for arrival in calls[-1].arrivals.values() if arrival.channel == "email"]
    expect(mails, say("The call-up of the night did not arrive by mail."))
    mail = mails[0].content
    body = f"{mail['Subject']}\n\n{plain_text(mail)}"
    replay.teller.letter(say("One mail, to {address}", address=mails[0].address), body)


def _figures(replay: Replay) -> None:
    """Written = delivered = arrived, and every count that was posted is in the books."""
    written = _written(replay)
    kept = len(replay.client("coa").items(f"centres/{CENTRE}/counts"))
    delivered = _delivered(replay)
    arrived = replay.world.arrivals.all()
    known = {one["id"] for one in written}
    came, strange = (len({one.delivery for one in arrived} & known), len({one.delivery for one in arrived} - known))
    replay.teller.plain(say("counts: {posted} posted, {kept} recorded", posted=replay.posted, kept=kept))
    replay.teller.plain(
        say(
            "messages: {written} written, {delivered} delivered, {came} arrived, {refused} with a bad signature",
            written=len(written), delivered=delivered, came=came, refused=len(replay.world.hooks.refused),
        )
    )  # fmt: skip
    if len(arrived) > came + strange:
        # That is promised: at least once, and who gets it twice can tell.
        repeats = len(arrived) - came - strange
        replay.teller.plain(
            nsay("{n} message came twice, with the same id", "{n} messages came twice, with the same id", repeats)
        )
    wrong = [line for line in replay.world.log.read_text(encoding="utf-8").splitlines() if '"level": "ERROR"' in line]
    expect(not wrong, say("The service logged an error: {line}", line="".join(wrong[:1])[:400]))
    expect(replay.posted == kept, say("Not every count that was posted is recorded."))
    expect(len(written) == delivered == came, say("Not every message that was written was delivered and arrived."))
    expect(not strange, say("{n} messages arrived that no alert knows.", n=strange))
    expect(not replay.world.hooks.refused, say("A webhook came with a bad signature."))
    expect(replay.situation()["undelivered"] == 0, say("The service says that messages were not delivered."))


def _written(replay: Replay) -> list[dict[str, Any]]:
    """All deliveries; a pass of the service may write some between one look and the next, so it is looked until all are known."""
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        arrived = {one.delivery for one in replay.world.arrivals.all()}
        replay.follower.news(time.monotonic())
        written = [one for told in replay.follower.told for one in told.deliveries]
        if arrived <= {one["id"] for one in written} or time.monotonic() > until:
            return written
        time.sleep(0.1)


def _delivered(replay: Replay) -> int:
    """How many the service itself calls delivered; the last ones may still be on their way into its books."""
    until = time.monotonic() + SETTLE_SECONDS
    while True:
        states = [
            one["state"]
            for told in replay.follower.told
            for one in replay.follower.reader.items(f"alerts/{told.alert['id']}/deliveries")
        ]
        if states.count("delivered") == len(states) or time.monotonic() > until:
            return states.count("delivered")
        time.sleep(0.1)


def leave_open(replay: Replay) -> None:
    """Where the service is, and what to try."""
    base = replay.world.base_url
    replay.teller.chapter(say("Now it is yours"))
    lines: list[Text | str] = [
        say("The board: {address}", address=f"{base}/"),
        say("The API: {address}", address=f"{base}/docs"),
    ]
    lines += ["", say("Keys to try:")]
    lines += [f"  {code:<10} {replay.desks.keys[code]}" for code in SHOWN_KEYS]
    header = shlex.quote(f"Authorization: Bearer {replay.desks.keys['coa']}")
    body = shlex.quote(f'{{"observedAt": "{replay.now.isoformat()}", "definition": "present", "people": 2150}}')
    lines += [
        "",
        f"curl -H {header} {base}/v1/situation",
        f"curl -H {header} -H 'Content-Type: application/json' -d {body} {base}/v1/centres/{CENTRE}/counts",
        "",
        say("Ctrl-C ends everything and removes the folder."),
    ]
    for line in lines:
        replay.teller.plain(line)
