"""A call-up as a bar that fills up, and the whole need of an overflow as one. Pure: how wide each part is, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.words import Text, nsay, say

# The bars are drawn on paper a thousand wide, so that every part keeps a whole number.
WIDE = 1000


@dataclass(frozen=True)
class Part:
    """A piece of a bar: `promised`, `view` (in view, does not count) or `asked` (asked, no answer yet)."""

    kind: str
    start: int
    width: int


@dataclass(frozen=True)
class Bar:
    """Places promised of places asked. `whole` is what the full width stands for."""

    whole: int
    promised: int
    parts: tuple[Part, ...]
    sentence: Text

    @property
    def is_full(self) -> bool:
        """Whether nothing is missing."""
        return self.promised >= self.whole


def call_bar(call: CallUpInfo) -> Bar:
    """What counts of the answer, and behind it what is only in view."""
    parts = _parts(call.places, (("promised", call.committed), ("view", call.in_view)))
    missing = max(0, call.places - call.committed)
    if call.promised is None and call.state in ("open", "expired"):
        sentence = nsay("{n} place asked, nothing promised yet", "{n} places asked, nothing promised yet", call.places)
    elif missing:
        sentence = say(
            "{promised} of {asked} places promised, {missing} still missing",
            promised=call.committed, asked=call.places, missing=missing,
        )  # fmt: skip
    else:
        sentence = say("{promised} of {asked} places promised", promised=call.committed, asked=call.places)
    return Bar(call.places, call.committed, parts, sentence)


def need_bar(episode: OverflowInfo) -> Bar | None:
    """What is promised of what is needed, and what is asked and not answered; None while the need is unknown or nothing."""
    if not episode.needed:
        return None
    parts = _parts(episode.needed, (("promised", episode.committed), ("asked", episode.asked)))
    sentence = say(
        "{promised} of {needed} places promised, {missing} still missing",
        promised=episode.committed, needed=episode.needed, missing=episode.shortfall or 0,
    )  # fmt: skip
    return Bar(episode.needed, episode.committed, parts, sentence)


def _parts(whole: int, amounts: Sequence[tuple[str, int]]) -> tuple[Part, ...]:
    """Each amount behind the one before it, cut where the bar ends."""
    found, start = [], 0
    for kind, amount in amounts:
        width = min(round(amount * WIDE / whole) if whole else 0, WIDE - start)
        if width > 0:
            found.append(Part(kind, start, width))
            start += width
    return tuple(found)
