"""The wake-up across processes: hear that another process committed. A courtesy; the interval finds everything anyway."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from piket.db import Store

log = logging.getLogger(__name__)
LOOK_EVERY = 0.025
LISTEN_FOR = 0.5
AGAIN_AFTER = 1.0


class Watcher:
    """Calls `ring` soon after another process committed to the store: PostgreSQL tells, a SQLite file is looked at.

    What this process wrote has rung already. A file does not say who wrote: where this process did too, another may have as
    well, and `look` is called, to look for what is to be sent.
    """

    def __init__(self, store: Store, ring: Callable[[], None], look: Callable[[], None] | None = None) -> None:
        self._store = store
        self._ring = ring
        self._look = look or ring
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
        """Listen until told to stop; when listening breaks, ring, for what was told meanwhile was missed, and begin again."""
        listen = self._look_at_file if self._store.is_sqlite else self._listen
        while not self._stopping.is_set():
            try:
                listen()
            except Exception as error:
                log.warning("the wake-up was interrupted", extra={"error": type(error).__name__})
                self._stopping.wait(AGAIN_AFTER)
                # What was told meanwhile was missed.
                self._ring()

    def _listen(self) -> None:
        """The driver's own connection is asked for what it heard; naming the driver here would load it for SQLite too."""
        with self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("LISTEN piket")
            self._ring()
            driver: Any = connection.connection.driver_connection
            while not self._stopping.is_set():
                for told in driver.notifies(timeout=LISTEN_FOR, stop_after=1):
                    if told.payload != self._store.name:
                        self._ring()

    def _look_at_file(self) -> None:
        """`data_version` changes when another connection has committed; asking costs a few microseconds."""
        path = str(self._store.url.database)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
            seen, written = None, 0
            while not self._stopping.wait(LOOK_EVERY):
                # In this order: what is committed between the two lines rings once too often, and not once too little.
                own = self._store.commits
                version = connection.execute("PRAGMA data_version").fetchone()[0]
                if version != seen:
                    if seen is None or own == written:
                        self._ring()
                    else:
                        self._look()
                seen, written = version, own
