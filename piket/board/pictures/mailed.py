"""The picture of the last sixty days for mails: the one that lies ready is handed out, and a newer one is drawn meanwhile.

Nobody waits here. The first mail of an evening goes without; those after it, reminders and answers, have the picture.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from piket.alerts.channels import Illustration, PictureWish
from piket.board.pictures.days import last_days
from piket.board.pictures.reading import SIXTY, read_occupancy
from piket.deps import Deps
from piket.drawing.paper import MAIL, name_of
from piket.occupancy import service as occupancy
from piket.words import Words, say

log = logging.getLogger(__name__)
Key = tuple[str, str]
# A picture younger than this is not drawn anew for the next mail.
YOUNG = timedelta(minutes=1)
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class _Ready:
    """A picture that can be sent: of which moment, under which name, and what it says in words."""

    as_of: datetime
    name: str
    words: str


class Painter:
    """Asked by the mail channel for every mail that wants a picture, by many senders at once."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._ready: dict[Key, _Ready] = {}
        self._painting: set[Key] = set()
        self._lock = threading.Lock()

    def __call__(self, wish: PictureWish, now: datetime) -> Illustration | None:
        """The picture when it is new enough, else None; either way a newer one is on its way."""
        key = (wish.centre, wish.language)
        ready = self._ready.get(key)
        if ready is None or now - ready.as_of >= YOUNG or ready.as_of < wish.not_before:
            self._begin(key)
        if ready is None or ready.as_of < wish.not_before:
            return None
        content = self._deps.gallery.find(ready.name, MAIL[0])
        return Illustration(content, ready.words) if content is not None else None

    def _begin(self, key: Key) -> None:
        """Draw it in a thread of its own, once at a time."""
        with self._lock:
            if key in self._painting:
                return
            self._painting.add(key)
        threading.Thread(target=self._paint, args=(key,), name="painter", daemon=True).start()

    def _paint(self, key: Key) -> None:
        try:
            made = self._made(*key)
            if made is not None:
                self._ready[key] = made
        except Exception:
            log.exception("a picture for mails was not made")
        finally:
            with self._lock:
                self._painting.discard(key)

    def _made(self, code: str, language: str) -> _Ready | None:
        """Read what stands on it, let it be drawn, and wait for that: in this thread nobody else waits."""
        now, deps, tell = self._deps.now(), self._deps, Words(language)
        with deps.reading() as session:
            centre = occupancy.centre(session, now, deps.settings, code)
            period = last_days(now, SIXTY, centre.level == "unknown")
            found = read_occupancy(session, code, centre.norm.people, period)
        sheet = found.sheet(tell)
        if deps.gallery.ask(sheet, MAIL) == "off" or not deps.gallery.wait(name_of(sheet, MAIL), PATIENCE_SECONDS):
            return None
        words = tell(say("{sentence} As known at {at}.", sentence=found.sentence, at=now))
        return _Ready(now, name_of(sheet, MAIL), words)
