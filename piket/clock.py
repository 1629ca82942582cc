"""The one clock, and how a moment is written for machines. Everything else gets the moment as an argument.

A request and a pass look at it once. On PostgreSQL the database's own clock is used instead (`Store.now`), so that machines
whose clocks differ agree on what is late. How long something took is measured by the monotonic clock, never by this one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from piket.errors import Misconfigured
from piket.words import say

Clock = Callable[[], datetime]


def as_text(at: datetime) -> str:
    """A moment as other machines read it: RFC 3339 in UTC, `2024-09-16T20:00:00Z`, with microseconds only where it has some."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def system_clock() -> datetime:
    """The moment by this machine's clock, in UTC."""
    return datetime.now(UTC)


class FileClock:
    """`PIKET_TEST_CLOCK`: the moment in a file plus the real time since the file was last written.

    Several processes that read one file agree on the moment. Writing the file again moves time, either way.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, datetime] | None = None
        self()

    def __call__(self) -> datetime:
        """The test moment, in UTC. While the file is being rewritten, the moment read before goes on."""
        try:
            written = self.path.stat().st_mtime_ns
            if self._seen is None or self._seen[0] != written:
                self._seen = (written, self._read())
        except (OSError, Misconfigured):
            if self._seen is None:
                self._read()
                raise
        written, moment = self._seen
        return moment + (datetime.fromtimestamp(time.time(), UTC) - datetime.fromtimestamp(written / 1e9, UTC))

    def _read(self) -> datetime:
        """The moment in the file. Raises `Misconfigured`, naming the file, when it holds none with an offset."""
        try:
            moment = datetime.fromisoformat(self.path.read_text(encoding="utf-8").strip())
        except (OSError, ValueError):
            moment = None
        if moment is None or moment.tzinfo is None:
            raise Misconfigured(
                say(
                    "PIKET_TEST_CLOCK: {path} must hold one RFC 3339 moment such as 2024-09-16T20:00:00Z.",
                    path=self.path,
                )
            )
        return moment.astimezone(UTC)
