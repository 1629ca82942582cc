"""The call to the watch outside, over the line, and by a real engine."""

from __future__ import annotations

import dataclasses
import time

import pytest

from piket.alerts.channels import DeliveryError
from piket.alerts.channels.heartbeat import call
from piket.deps import Deps
from piket.engine.scheduler import Engine
from piket.settings import AuditorSettings, HeartbeatSettings
from tests.stories.receivers import Handler, Request, answer, receiver, until


def test_it_is_a_plain_get_that_may_go_inside_and_says_nothing() -> None:
    with receiver() as outside:
        call(outside.url)
        (request,) = outside.requests
    assert (request.path, request.body) == ("/hook", b"")
    assert request.headers["user-agent"] == "piket"


@pytest.mark.parametrize("status", [301, 404, 500])
def test_anything_but_a_2xx_is_not_heard_and_no_redirect_is_followed(status: int) -> None:
    def behave(handler: Handler, request: Request) -> None:
        answer(handler, status, {"Location": "/elsewhere"})

    with receiver(behave=behave) as outside:
        with pytest.raises(DeliveryError, match=f"http-{status}"):
            call(outside.url)
        assert len(outside.requests) == 1


def test_a_watch_that_hangs_holds_nobody_up() -> None:
    with receiver(behave=lambda handler, request: time.sleep(2)) as outside:
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match="timed-out"):
            call(outside.url, time_limit=0.2)
        assert time.monotonic() - begun < 1.5


def test_a_watch_that_is_not_there_is_said_without_its_address() -> None:
    with pytest.raises(DeliveryError) as error:
        call("http://127.0.0.1:1/geheim")
    assert "geheim" not in str(error.value)


def test_an_engine_calls_as_long_as_it_makes_passes(
    deps: Deps, seeded: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as outside:
        deps.settings = dataclasses.replace(
            deps.settings,
            auditor=AuditorSettings(every_seconds=0.02),
            heartbeat=HeartbeatSettings(outside.url, 0.02),
        )
        engine = Engine(deps)
        engine.start()
        try:
            assert until(lambda: len(outside.requests) > 2)
        finally:
            engine.stop()
