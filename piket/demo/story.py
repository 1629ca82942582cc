"""The story from beginning to end, and its own end under every circumstance: done, failed, Ctrl-C, SIGTERM."""

from __future__ import annotations

import signal
import subprocess
import threading
import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from types import FrameType

from piket.demo import days, ending, night
from piket.demo.api_client import ApiProblem
from piket.demo.desks import WITH_WEBHOOK, Desks, set_up
from piket.demo.follow import Follower
from piket.demo.places_in_time import AUTUMN, NIGHT, SPRING, local, of_period, read_counts
from piket.demo.replay import Replay, expect
from piket.demo.telling import Teller
from piket.demo.world import DemoFailed, World, world
from piket.words import say

BEGINS = local(date(2024, 2, 29), time(16, 0))
WATCH_SECONDS = 0.5
ENDED_BY_SIGNAL = 128
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Stopped(BaseException):
    """Somebody asked the demo to end. Not an `Exception`, so that nothing on the way takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(exit_after: bool) -> int:
    """Play the demo; the exit code. With `exit_after` it ends after the story, else it stays up until Ctrl-C.

    0 when everything went as the story says, 1 with a sentence when it did not, 128 and the signal's number when it was
    ended on the way.
    """
    teller, finished = Teller(), False
    try:
        with _ended_by_signals(), world(BEGINS) as made:
            replay = play(made, teller)
            finished = True
            if not exit_after:
                ending.leave_open(replay)
                _stay(made)
    except Stopped as stopped:
        return 0 if finished else ENDED_BY_SIGNAL + stopped.number
    except DemoFailed as failed:
        teller.plain(say("The demo did not go as it should: {why}", why=failed.sentence))
        return 1
    except (ApiProblem, OSError, subprocess.SubprocessError) as error:
        teller.plain(say("The demo did not go as it should: {why}", why=str(error)))
        return 1
    return 0


def play(made: World, teller: Teller) -> Replay:
    """The whole story in a world that stands ready. Raises `DemoFailed` at the first thing that is otherwise."""
    begun = clock.monotonic()
    teller.chapter(say("piket demo: the public counts of 2024, replayed through the real service"))
    teller.plain(say("The counts are public, incomplete and not an official series. Answers of provinces are made up."))
    replay = prepare(made, teller)
    counts = read_counts()
    teller.chapter(say("Spring 2024: 1 March to 15 April"))
    days.play(replay, of_period(counts, SPRING))
    days.jump(replay, AUTUMN[0])
    days.play(replay, of_period(counts, AUTUMN))
    account = next(count for count in counts if count.scope.startswith("overflow_hall") and count.day > NIGHT)
    night.play(replay, account)
    ending.show(replay)
    teller.plain(say("The story took {n} seconds.", n=round(clock.monotonic() - begun)))
    return replay


def prepare(made: World, teller: Teller) -> Replay:
    """Organisations, desks, keys; both webhooks have taken their test event."""
    operator = made.client(made.operator_key, teller.language)
    started = clock.monotonic()
    desks = set_up(operator, made.hooks)
    follower = Follower(operator, made.arrivals)
    follower.news(started)
    replay = Replay(made, desks, teller, follower)
    teller.plain(
        say(
            "{n} organisations, {desks} desks with mail, {hooks} webhooks; the service runs at {address}",
            n=len(desks.names), desks=_mailboxes(desks), hooks=len(WITH_WEBHOOK), address=made.base_url,
        )
    )  # fmt: skip
    for code in WITH_WEBHOOK:
        _wait_until_active(replay, code)
    return replay


def _mailboxes(desks: Desks) -> int:
    """How many different mail desks there are; some are shared."""
    return len({one for mine in desks.addresses.values() for one in mine if "@" in one})


def _wait_until_active(replay: Replay, code: str) -> None:
    """A webhook counts from its first 2xx on; the service writes that down after the receiver has answered."""
    until = clock.monotonic() + 5
    while clock.monotonic() < until:
        points = replay.client(code).items(f"organisations/{code}/contact-points")
        if all(point["state"] == "active" for point in points):
            return
        clock.sleep(0.03)
    expect(False, say("The webhook of {who} did not become active.", who=replay.name(code)))


def _stay(made: World) -> None:
    """Until a signal comes. Raises `DemoFailed` when the service ends by itself."""
    while made.service.poll() is None:
        clock.sleep(WATCH_SECONDS)
    raise DemoFailed(say("The service has ended by itself."))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end the story in order; a second one does not disturb the cleaning up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
