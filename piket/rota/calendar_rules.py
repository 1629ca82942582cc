"""Which entries a calendar has, and what changed since it was read last: 9.6 of the rules. Pure.

An entry is a span in which an organisation has duty in a turn. It is known by turn, organisation and place among its spans in
that turn, so that a change of its times is a change of the same entry, and not another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.rota.duty_rules import Stretch, standby

Key = tuple[str, str, int]


@dataclass(frozen=True)
class Entry:
    """That an organisation has duty from `from_at` (inclusive) until `until_at` (exclusive), with who stands by then."""

    turn: str
    organisation: str
    piece: int
    from_at: datetime
    until_at: datetime
    standby: str | None
    proposed: bool

    @property
    def key(self) -> Key:
        """By what it is known."""
        return self.turn, self.organisation, self.piece


def entries(pieces: Sequence[Stretch], proposed: bool) -> list[Entry]:
    """The entries of these stretches, in order of time."""
    found = []
    for (turn, code), spans in _spans(pieces).items():
        for number, (since, ends, on_duty) in enumerate(spans):
            found.append(Entry(turn, code, number, since, ends, standby(pieces, since, on_duty), proposed))
    return sorted(found, key=lambda entry: (entry.from_at, entry.organisation))


def _spans(pieces: Iterable[Stretch]) -> dict[tuple[str, str], list[tuple[datetime, datetime, tuple[str, ...]]]]:
    """By turn and organisation, when it has duty without a break, and who has it at the beginning of that."""
    spans: dict[tuple[str, str], list[tuple[datetime, datetime, tuple[str, ...]]]] = {}
    for piece in pieces:
        for code in piece.organisations:
            own = spans.setdefault((piece.turn.id, code), [])
            if own and own[-1][1] == piece.from_at:
                own[-1] = (own[-1][0], piece.until_at, own[-1][2])
            else:
                own.append((piece.from_at, piece.until_at, piece.organisations))
    return spans


@dataclass(frozen=True)
class Shown:
    """An entry as calendars showed it last; `cancelled` when they said that it does not take place."""

    entry: Entry
    cancelled: bool


def changes(shown: Mapping[Key, Shown], current: Sequence[Entry]) -> Iterator[tuple[Key, Entry | None]]:
    """What is to be shown otherwise: each entry that is new or differs, and None for one that does not take place any more."""
    there = {entry.key: entry for entry in current}
    for key, entry in there.items():
        before = shown.get(key)
        if before is None or before.cancelled or before.entry != entry:
            yield key, entry
    for key, before in shown.items():
        if key not in there and not before.cancelled:
            yield key, None
