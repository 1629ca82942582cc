"""A database server that is restarted under running processes: they go on by themselves, and nothing is lost or repeated."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from tests.stories.installation import PATIENCE, Process, Site
from tests.stories.receivers import Handler, Receiver, Request, answer, until

pytestmark = [pytest.mark.postgresql, pytest.mark.parametrize("kind_of_store", ["postgresql"], indirect=True)]

WATCH, NORMAL = 1850, 1740


def cut_all(site: Site) -> int:
    """What a restart of the server does to every connection but the own; how many there were."""
    with site.store.looking() as session:
        return session.execute(
            text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        ).scalar_one()


def addresses(hook: Receiver, number: int) -> list[str]:
    port = hook.url.split(":")[2].split("/")[0]
    return [f"http://127.0.1.{host + 1}:{port}/" for host in range(number)]


def post(site: Site, process: Process, body: dict[str, Any], key: str) -> bool:
    """Whether it is taken. A request that met a cut connection must say so clearly, and may be repeated."""
    reply = site.send(process, body, key)
    if reply.status_code != 201:
        assert (reply.status_code, reply.json()["code"]) == (503, "store-unavailable"), reply.text
    return reply.status_code == 201


def test_processes_go_on_when_the_database_drops_every_connection(site: Site, hook: Receiver) -> None:
    site.tell("coa", *addresses(hook, 5))
    web, engine = site.start("web"), site.start("engine")
    for number in range(4):
        people = NORMAL if number % 2 else WATCH
        body = {"observedAt": site.clock().isoformat(), "definition": "nightBeds", "people": people}
        assert until(lambda n=number, b=body: post(site, web, b, f"count-{n}"), PATIENCE)  # type: ignore[misc]
        assert until(lambda n=number: len(hook.requests) == 5 * (n + 1), PATIENCE)  # type: ignore[misc]
        assert until(site.all_delivered, PATIENCE)
        assert cut_all(site) >= 2
    assert web.status is None
    assert engine.status is None
    # What was told did not go twice, and the service manager is not needed.
    assert set(Counter(request.headers["webhook-id"] for request in hook.requests).values()) == {1}
    engine.stop()


def test_what_came_of_a_send_is_written_down_when_the_connection_was_dropped_meanwhile(
    site: Site, hook: Receiver
) -> None:
    site.tell("coa", *addresses(hook, 8))
    hold = threading.Event()

    def wait(handler: Handler, request: Request) -> None:
        hold.wait(PATIENCE)
        answer(handler, 204)

    hook.behave = wait
    process = site.start()
    assert site.post(process, WATCH).status_code == 201
    assert until(lambda: len(hook.requests) == 8)
    assert cut_all(site) >= 1
    hold.set()
    assert until(site.all_delivered, PATIENCE)
    assert len(hook.requests) == 8
    process.stop()
