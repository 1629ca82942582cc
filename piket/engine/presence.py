"""Which engines live: each holds a lock that its system takes away when its process ends, however it ends.

A lease says how long an engine may be silent; this says sooner that it will never speak again, so that what a killed
engine was sending goes out within a second or two. Whoever cannot be judged is waited for until its lease is over.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import Connection, text

from piket.db import Store, new_id

# Only engines hold such a lock: what anything else has claimed is not judged by it.
ENGINE = "engine-"
_HELD = text(
    "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 "
    "AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Presence:
    """That one engine lives, for the others to see. `name` is the owner of its leases. Used by one thread alone.

    On SQLite a locked file beside the database, which must lie on a disk of this machine anyway. On PostgreSQL an
    advisory lock of a connection; that can be lost while the engine lives, so an engine counts as gone when it was
    missing at two looks in a row.
    """

    def __init__(self, store: Store) -> None:
        self.name = ENGINE + new_id()
        self._store = store
        self._file: int | None = None
        self._connection: Connection | None = None
        self._missing: set[str] = set()

    def show(self) -> None:
        """Be seen, from before the first claim on; again when the connection was lost. Raises what hinders it."""
        if self._store.is_sqlite:
            self._lock_file()
        elif self._connection is None:
            connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(self.name)})
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            self._connection = connection

    def gone(self, owners: Collection[str]) -> list[str]:
        """Engines that live no more, for certain. On PostgreSQL of these owners of leases, on SQLite all not yet buried."""
        if self._store.is_sqlite:
            return [self._owner(path) for path in self._files() if self._is_free(path)]
        others = {owner for owner in owners if owner.startswith(ENGINE) and owner != self.name}
        missing = others - self._held(others) if others else set()
        twice, self._missing = missing & self._missing, missing
        return sorted(twice)

    def bury(self, gone: Collection[str]) -> None:
        """Forget engines that are gone, when nothing is theirs any more."""
        if self._store.is_sqlite:
            for owner in gone:
                self._path(owner).unlink(missing_ok=True)

    def hide(self) -> None:
        """The end: everything was written down. May be repeated."""
        if self._file is not None:
            self._path(self.name).unlink(missing_ok=True)
            os.close(self._file)
            self._file = None
        self._hang_up()

    def _files(self) -> list[Path]:
        database = Path(str(self._store.url.database))
        return sorted(database.parent.glob(f"{database.name}-{ENGINE}*"))

    def _path(self, owner: str) -> Path:
        return Path(f"{self._store.url.database}-{owner}")

    def _owner(self, path: Path) -> str:
        return ENGINE + path.name.rpartition(ENGINE)[2]

    def _lock_file(self) -> None:
        if self._file is not None:
            return
        path = self._path(self.name)
        file = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            self._file = file
        else:
            # Another looked just between the two lines above, and buried it. The next look makes it anew.
            os.close(file)

    @staticmethod
    def _is_free(path: Path) -> bool:
        """Whether the file is there and nobody holds it: the system lets go of a lock when its process has ended."""
        try:
            file = os.open(path, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(file)
        return True

    def _held(self, owners: Collection[str]) -> set[str]:
        """Those of the owners whose locks are held. When the own connection is lost, it is made anew at the next look."""
        assert self._connection is not None
        try:
            held = set(self._connection.execute(_HELD).scalars())
        except Exception:
            self._hang_up()
            raise
        return {owner for owner in owners if _key(owner) in held}

    def _hang_up(self) -> None:
        if self._connection is not None:
            # Not back into the pool: the lock is the connection's.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def _key(owner: str) -> int:
    """The number of an owner's lock."""
    return int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8], "big", signed=True)
