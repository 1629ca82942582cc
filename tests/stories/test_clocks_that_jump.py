"""Real processes whose clock is set an hour ahead or back, and receivers that were away for longer than one stays up.

The clock is a file (`PIKET_TEST_CLOCK`), so that hours pass in a moment.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.stories.installation import PATIENCE, Site
from tests.stories.receivers import Receiver, answer, receiver, until

WATCH, NORMAL = 1850, 1740
HOUR = timedelta(hours=1)


def here(hook: Receiver, path: str = "0") -> str:
    return f"http://127.0.0.1:{hook.url.split(':')[2].split('/')[0]}/{path}"


def arrived(hook: Receiver) -> Counter[str]:
    return Counter(request.headers["webhook-id"] for request in list(hook.requests))


def test_a_receiver_that_was_away_longer_than_the_fast_retries_is_told_when_it_is_back(site: Site) -> None:
    with receiver("127.0.0.1") as gone:
        port = int(gone.url.split(":")[2].split("/")[0])
    site.tell("coa", here(gone))
    site.post(site.start(), WATCH)
    for attempts in range(1, 12):
        assert until(lambda n=attempts: site.deliveries()[0].attempts >= n, PATIENCE)  # type: ignore[misc]
        planned = site.deliveries()[0].next_attempt_at
        assert planned is not None
        site.jump_to(max(planned, site.clock()))
    assert site.deliveries()[0].state in ("pending", "sending")
    assert site.clock() - site.deliveries()[0].created_at > HOUR / 2
    with receiver("127.0.0.1", port=port) as back:
        site.jump_to(site.clock() + 1.3 * HOUR)
        assert until(site.all_delivered, PATIENCE)
        assert arrived(back) == {site.deliveries()[0].id: 1}


@pytest.mark.parametrize("jump", [HOUR, -HOUR, -30 * HOUR], ids=["ahead", "back", "back over a day"])
def test_nothing_is_lost_late_or_told_twice_when_the_clock_jumps(jump: timedelta, site: Site, hook: Receiver) -> None:
    """One alert was delivered, one is being tried again, one comes after the jump."""
    site.tell("coa", here(hook))
    process = site.start()
    site.post(process, WATCH)
    assert until(site.all_delivered, PATIENCE)
    hook.behave = lambda handler, request: answer(handler, 503, {"Retry-After": "600"})
    site.post(process, NORMAL)
    assert until(lambda: any(row.failures == 1 for row in site.deliveries()), PATIENCE)
    hook.behave = lambda handler, request: answer(handler, 204)
    site.jump_to(site.clock() + jump)
    # What was to wait for ten minutes by the old clock is sent by the new one at once: waiting for an hour would be worse.
    assert until(site.all_delivered, 30)
    # In local time it may be another day; the count is newer than those before, or stored as late.
    reply = site.post(process, WATCH)
    assert reply.status_code == 201
    assert until(site.all_delivered, 30)
    assert sorted(arrived(hook).values()) == [1] * (len(site.deliveries()) - 1) + [2]
    process.stop()


def test_what_was_accepted_before_a_kill_is_sent_when_the_next_start_finds_an_earlier_clock(
    site: Site, hook: Receiver
) -> None:
    site.tell("coa", here(hook))
    web = site.start("web")
    site.post(web, WATCH)
    web.kill()
    site.jump_to(site.clock() - HOUR)
    site.start()
    assert until(site.all_delivered, 30)
    assert list(arrived(hook).values()) == [1]


def test_nothing_is_sent_twice_when_the_clock_jumps_while_it_is_being_sent(site: Site, hook: Receiver) -> None:
    """Ahead, the lease of what is under way has run out; back, it lies further ahead than a lease can be."""
    # On hosts of their own, so that nothing but the knowledge that they are under way keeps them from being sent again.
    site.tell("coa", *(here(hook).replace("127.0.0.1", f"127.0.0.{number}") for number in range(1, 5)))
    held: list[object] = []
    free: list[object] = []

    def hold(handler: object, request: object) -> None:
        held.append(request)
        until(lambda: bool(free), PATIENCE)
        answer(handler, 204)  # type: ignore[arg-type]

    hook.behave = hold
    process = site.start()
    site.post(process, WATCH)
    assert until(lambda: len(held) == 4, PATIENCE)
    for jump in (HOUR, -2 * HOUR, HOUR):
        site.jump_to(site.clock() + jump)
        # A pass by the new time has been made when what it wrote can be seen: the answer to a count waits for it.
        site.post(process, NORMAL)
    free.append(True)
    assert until(site.all_delivered, PATIENCE)
    process.stop()
    assert set(arrived(hook).values()) == {1}
