"""The wake-up across processes: hear that another process committed. A courtesy; the interval finds everything anyway."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable

import psycopg

from piket.db import Store

log = logging.getLogger(__name__)
LOOK_EVERY = 0.025
LISTEN_FOR = 0.5
AGAIN_AFTER = 1.0


class Watcher:
    """Calls `ring` soon after any process committed to the store: PostgreSQL tells, a SQLite file is looked at."""

    def __init__(self, store: Store, ring: Callable[[], None]) -> None:
        self._store = store
        self._ring = ring
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="piket-wakeup", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, within about half a second."""
        self._stopping.set()
        self._thread.join(2 * LISTEN_FOR)

    def _run(self) -> None:
        listen = self._look_at_file if self._store.is_sqlite else self._listen
        while not self._stopping.is_set():
            try:
                listen()
            except (sqlite3.Error, psycopg.Error, OSError) as error:
                log.warning("the wake-up was interrupted", extra={"error": type(error).__name__})
                self._stopping.wait(AGAIN_AFTER)
                # What was told meanwhile was missed.
                self._ring()

    def _listen(self) -> None:
        url = self._store.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            connection.execute("LISTEN piket")
            self._ring()
            while not self._stopping.is_set():
                for _ in connection.notifies(timeout=LISTEN_FOR, stop_after=1):
                    self._ring()

    def _look_at_file(self) -> None:
        """`data_version` changes when another connection has committed; asking costs a few microseconds."""
        path = str(self._store.url.database)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
            seen = None
            while not self._stopping.wait(LOOK_EVERY):
                version = connection.execute("PRAGMA data_version").fetchone()[0]
                if version != seen:
                    seen = version
                    self._ring()
