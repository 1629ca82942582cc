"""What stands in for the world in tests: a clock that is told the time, and channels that keep what was sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from piket.alerts.channels import DeliveryError

# A Monday, 14.00 hours local time: the day before the night of 16 to 17 September 2024. Overijssel is on duty.
START = datetime(2024, 9, 16, 12, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until it is told otherwise: `clock()` and `clock.now` are the moment."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, moment: datetime | str) -> datetime:
        """Go to a moment, either way; a text is ISO 8601 with an offset or a Z."""
        at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        assert at.tzinfo is not None, "a test's moment needs a zone"
        self.now = at.astimezone(UTC)
        return self.now

    def advance(self, **duration: float) -> datetime:
        """Go forward: `clock.advance(minutes=15)`, `clock.advance(hours=1, seconds=1)`."""
        self.now += timedelta(**duration)
        return self.now


class FakeChannel:
    """A channel that keeps every message it was given, and fails when told to.

    `failing` is an exception to raise, or a function of the message that gives one (or None to let it pass).
    `attempts` holds all messages in order, `sent` those that did not fail.
    """

    def __init__(self) -> None:
        self.attempts: list[Any] = []
        self.sent: list[Any] = []
        self.failing: Exception | Callable[[Any], Exception | None] | None = None
        self.answer: Any = None

    def send(self, message: Any, *, time_limit: float) -> Any:
        """Keep the message, or raise what was asked for."""
        assert time_limit > 0
        self.attempts.append(message)
        fault = self.failing(message) if callable(self.failing) else self.failing
        if fault is not None:
            raise fault
        self.sent.append(message)
        return self.answer

    def fail(self, reason: str = "http-503", permanent: bool = False, retry_after: float | None = None) -> None:
        """From now on every attempt fails like this; `channel.failing = None` ends it."""
        self.failing = DeliveryError(reason, permanent, retry_after)

    def clear(self) -> None:
        """Forget what was sent so far."""
        self.attempts.clear()
        self.sent.clear()
