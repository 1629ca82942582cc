"""The menu of every page: at most six places, and under which of them a page stands."""

from __future__ import annotations

from dataclasses import dataclass

from piket.words import Text, say


@dataclass(frozen=True)
class Place:
    """One item. `here`: the page that is shown stands under it."""

    address: str
    words: Text
    here: bool


_PLACES: tuple[tuple[str, Text, tuple[str, ...]], ...] = (
    ("/", say("Situation"), ("occupancy",)),
    ("/rota", say("Rota"), ("rota", "rotas", "turns", "swaps", "overrides", "hand-over-notes")),
    ("/episodes", say("Overflows"), ("episodes", "overflows", "call-ups")),
    ("/places", say("Places"), ("places", "in-use", "emergency-places", "commitments")),
    ("/messages", say("Messages"), ("messages", "alerts", "deliveries")),
    ("/administration", say("Administration"), ("administration", "accessibility")),
)


def menu(path: str) -> list[Place]:
    """The items, for the page at `path`."""
    first = path.split("/", 2)[1]
    return [Place(address, words, path == address or first in beneath) for address, words, beneath in _PLACES]
