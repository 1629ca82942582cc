"""What every face and the engine hold in their hands: settings, store, clock, channels, bell, gallery."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.orm import Session

from piket.clock import Clock
from piket.db import Store
from piket.drawing.gallery import Gallery
from piket.settings import Settings


class Channel(Protocol):
    """One way to reach a contact point. `send` makes one attempt and raises what `alerts.channels` documents."""

    def send(self, message: Any, *, time_limit: float) -> Any:
        """Make one attempt to deliver `message` within `time_limit` seconds."""


class Bell:
    """The wake-up inside a process. A ring is kept until somebody has taken it, so none is lost during a pass."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._listeners: list[tuple[Callable[[], None], bool]] = []

    def listen(self, call: Callable[[], None], only_passes: bool = False) -> None:
        """Call `call` at every ring, or only when a pass is asked for, in the ringing thread; it must be quick."""
        self._listeners.append((call, only_passes))

    def ring(self, passes: bool = True) -> None:
        """Ask for a pass; or, without `passes`, only to look what is to be sent."""
        if passes:
            self._rung.set()
        for call, only_passes in self._listeners:
            if passes or not only_passes:
                call()

    def take(self) -> bool:
        """Whether it rang since it was last taken."""
        rung = self._rung.is_set()
        self._rung.clear()
        return rung


@dataclass
class Deps:
    """Built once a process, in `app.py`.

    The only thing that faces and engine pass around; rooms get what they need of it as arguments. `channels` are by name
    (`email`, `webhook`), and tests put their own in.
    """

    settings: Settings
    store: Store
    clock: Clock
    channels: Mapping[str, Channel]
    bell: Bell = field(default_factory=Bell)
    gallery: Gallery = field(init=False)

    def __post_init__(self) -> None:
        wanted = self.settings.pictures
        folder = Path(wanted.folder) if wanted.folder else None
        self.gallery = Gallery(folder, wanted.children, wanted.time_limit_seconds, wanted.keep_megabytes * 1_000_000)
        self.store.on_commit.append(self.bell.ring)

    def reading(self) -> AbstractContextManager[Session]:
        """A transaction that only reads."""
        return self.store.reading()

    def looking(self) -> AbstractContextManager[Session]:
        """For one question, without a transaction around it."""
        return self.store.looking()

    def writing(self, ring: bool = True) -> AbstractContextManager[Session]:
        """A transaction that writes; the bell rings after it."""
        return self.store.writing(ring)

    def now(self) -> datetime:
        """The one look at the clock of a request or a pass."""
        return self.clock()
