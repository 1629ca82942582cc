"""However often a process is killed: once a count is answered with 2xx, everybody who must be told is told.

Real processes, real receivers, both stores. Repeats are allowed for what was under way at a kill, under the same id.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from tests.conftest import LONG
from tests.stories.installation import PATIENCE, Site, accepted, poster
from tests.stories.receivers import Handler, Receiver, Request, answer, until

# Over a threshold and back under it, without being held: each is told to COA.
WATCH, NORMAL = 1850, 1740
KILLS = {"sqlite": 50, "postgresql": 10}


def addresses(hook: Receiver, hosts: int, each: int = 1) -> list[str]:
    port = hook.url.split(":")[2].split("/")[0]
    return [f"http://127.0.1.{host + 1}:{port}/{number}" for host in range(hosts) for number in range(each)]


def arrived(hook: Receiver) -> Counter[str]:
    """How often each delivery has come in."""
    return Counter(request.headers["webhook-id"] for request in list(hook.requests))


def once_more_at_most(hook: Receiver, under_way: Counter[str]) -> None:
    """Nothing was repeated but what was under way at a kill, once for each such kill."""
    for delivery, times in arrived(hook).items():
        assert 1 <= times <= 1 + under_way[delivery], delivery


def test_a_kill_between_the_commit_and_the_first_send_loses_nothing(site: Site, hook: Receiver) -> None:
    site.tell("coa", *addresses(hook, 3, each=2))
    web = site.start("web")
    reply = site.post(web, WATCH)
    assert reply.status_code == 201
    web.kill()
    assert reply.json()["outcome"]["alerts"] == 6
    assert site.states() == {"pending": 6}
    assert hook.requests == []
    site.start()
    assert until(site.all_delivered, PATIENCE)
    assert sorted(arrived(hook).values()) == [1] * 6


def test_a_kill_at_30_of_100_leaves_the_other_70_to_the_next_start(site: Site, hook: Receiver) -> None:
    site.tell("coa", *addresses(hook, 20, each=5))
    let_in, answering = threading.Semaphore(30), threading.Lock()
    killed = threading.Event()
    answered: list[str] = []

    def thirty(handler: Handler, request: Request) -> None:
        if not killed.is_set() and not let_in.acquire(blocking=False):
            killed.wait(PATIENCE)
            return
        with answering:
            answered.append(request.headers["webhook-id"])
        answer(handler, 204)

    hook.behave = thirty
    process = site.start()
    assert site.post(process, WATCH).json()["outcome"]["alerts"] == 100
    assert until(lambda: len(answered) == 30 and len(site.in_state("delivered")) == 30)
    process.kill()
    done, under_way = site.in_state("delivered"), Counter(site.in_state("sending"))
    assert under_way and len(done) == 30
    killed.set()
    site.start()
    # The leases of the killed process last a minute of the clock that stands at its moment; nobody waits for that.
    assert until(site.all_delivered, 30)
    assert len(arrived(hook)) == 100
    assert all(arrived(hook)[delivery] == 1 for delivery in done)
    once_more_at_most(hook, under_way)


def test_what_was_accepted_is_delivered_when_the_process_is_killed_at_random_moments(
    site: Site, hook: Receiver, kind_of_store: str
) -> None:
    chance = random.Random(17)
    site.tell("coa", *addresses(hook, 2, each=4))
    here = [site.start()]
    made: list[int] = []
    under_way: Counter[str] = Counter()

    def send(number: int) -> None:
        made.append(accepted(site, lambda: here[-1], NORMAL if number % 2 else WATCH))
        # So that what is left over at the end can be sent in a moment.
        until(lambda: sum(made) - len(arrived(hook)) < 60, 5)

    with poster(send):
        for _ in range(KILLS[kind_of_store] * (10 if LONG else 1)):
            enough = len(hook.requests) + chance.randrange(30)
            assert until(lambda enough=enough: len(hook.requests) >= enough, PATIENCE)  # type: ignore[misc]
            here[-1].kill()
            under_way.update(site.in_state("sending"))
            here.append(site.start())
    assert until(site.all_delivered, PATIENCE)
    here[-1].stop()
    rows = {row.id for row in site.deliveries()}
    assert len(rows) == sum(made)
    assert len(made) >= 3
    assert set(arrived(hook)) == rows
    once_more_at_most(hook, under_way)


def test_a_kill_right_after_the_receivers_200_repeats_under_the_same_id_and_only_that(
    site: Site, hook: Receiver
) -> None:
    site.tell("coa", *addresses(hook, 1, each=3))
    process = site.start()
    first = threading.Lock()

    def kill_the_sender(handler: Handler, request: Request) -> None:
        answer(handler, 200)
        handler.wfile.flush()
        if first.acquire(blocking=False):
            os.kill(process.pid, signal.SIGKILL)

    hook.behave = kill_the_sender
    site.post(process, WATCH)
    process.wait()
    under_way = Counter(site.in_state("sending"))
    site.start()
    assert until(site.all_delivered, 30)
    assert len(arrived(hook)) == 3
    once_more_at_most(hook, under_way)
    # A repeat is the same to the last byte.
    bodies = {(request.headers["webhook-id"], request.body) for request in hook.requests}
    assert len(bodies) == 3, sorted(bodies)


def test_a_receiver_that_answers_200_and_dies_is_not_told_again(site: Site, hook: Receiver) -> None:
    site.tell("coa", *addresses(hook, 1, each=5))

    def die(handler: Handler, request: Request) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nthank y")
        handler.wfile.flush()
        handler.connection.close()
        handler.close_connection = True

    hook.behave = die
    site.post(site.start(), WATCH)
    assert until(site.all_delivered)
    assert sorted(arrived(hook).values()) == [1] * 5


def test_what_a_killed_engine_was_sending_is_taken_over_by_the_other_and_sent_once_more(
    site: Site, hook: Receiver
) -> None:
    """Two engines; one holds some of the deliveries at receivers that do not answer while it is killed."""
    site.tell("coa", *addresses(hook, 20))
    hold = threading.Event()

    def wait(handler: Handler, request: Request) -> None:
        if not hold.is_set():
            hold.wait(PATIENCE)
            return
        answer(handler, 204)

    hook.behave = wait
    first, web = site.start("engine"), site.start("web")
    assert site.post(web, WATCH).json()["outcome"]["alerts"] == 20
    assert until(lambda: len(hook.requests) == 20)
    second = site.start("engine")
    under_way = Counter(site.in_state("sending"))
    assert len(under_way) == 20
    first.kill()
    hold.set()
    assert until(site.all_delivered, 30)
    assert sorted(arrived(hook).values()) == [2] * 20
    once_more_at_most(hook, under_way)
    second.stop()


def test_two_engines_and_two_web_processes_deliver_everything_once(site: Site, hook: Receiver) -> None:
    site.tell("coa", *addresses(hook, 5))
    processes = [site.start(kind) for kind in ("serve", "web", "engine")]
    made = [accepted(site, lambda n=n: processes[n % 2], NORMAL if n % 2 else WATCH) for n in range(20)]  # type: ignore[misc]
    assert until(lambda: len(site.deliveries()) == sum(made) and site.all_delivered())
    for process in (processes[0], processes[2]):
        process.stop()
    assert set(arrived(hook).values()) == {1}
    assert len(arrived(hook)) == 100


def test_nothing_is_lost_or_repeated_when_a_new_version_takes_over_in_the_middle_of_sends(
    site: Site, hook: Receiver
) -> None:
    """Deploy: SIGTERM to the old while receivers are still busy, the new one starts beside it, counts keep coming."""
    site.tell("coa", *addresses(hook, 10, each=3))
    busy, go_on = threading.Semaphore(15), threading.Event()

    def slow_at_first(handler: Handler, request: Request) -> None:
        if not busy.acquire(blocking=False):
            go_on.wait(PATIENCE)
        answer(handler, 204)

    hook.behave = slow_at_first
    old = site.start()
    made = [accepted(site, lambda: old, WATCH)]
    assert until(lambda: len(hook.requests) > 20)
    old.signal(signal.SIGTERM)
    new = site.start()
    made.append(accepted(site, lambda: new, NORMAL))
    go_on.set()
    assert old.wait() == 0
    assert until(site.all_delivered)
    assert made == [30, 30]
    assert len(arrived(hook)) == 60
    assert set(arrived(hook).values()) == {1}


@pytest.fixture
def hold() -> threading.Event:
    return threading.Event()


@pytest.mark.parametrize(("hanging", "well"), [(1, 99), (90, 10)])
def test_all_others_are_told_while_receivers_hang(
    hanging: int, well: int, make_site: Callable[..., Site], hook: Receiver, hold: threading.Event
) -> None:
    """The time limit is longer than the test waits: had anybody to wait for one that hangs, this would fail."""
    site = make_site(first_time_limit_seconds=120.0, delivery__time_limit_seconds=120.0)
    everyone = addresses(hook, 100)
    site.tell("coa", *everyone)
    slow = {address.split("/")[2] for address in everyone[:hanging]}

    def hang(handler: Handler, request: Request) -> None:
        if request.headers["host"] in slow:
            hold.wait(2 * PATIENCE)
            return
        answer(handler, 204)

    hook.behave = hang
    process = site.start()
    try:
        assert site.post(process, WATCH).json()["outcome"]["alerts"] == 100
        assert until(lambda: len(site.in_state("delivered")) == well, 30)
        # The next alert of the night finds the same receivers still hanging.
        assert site.post(process, NORMAL).json()["outcome"]["alerts"] == 100
        assert until(lambda: len(site.in_state("delivered")) == 2 * well, 30)
        assert len(site.in_state("sending")) >= hanging
        assert {host for host in (request.headers["host"] for request in hook.requests) if host in slow} == slow
    finally:
        process.kill()
        hold.set()
