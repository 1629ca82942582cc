"""Section 10 of the rules (10.6 to 10.8): whether somebody who can be reached has duty at every moment to come. Pure.

What is looked at are the stretches of `duty_rules`; between them nobody has duty. In a rota with several slots the slot that
is worst off counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from piket.rota.duty_rules import Slot, Stretch

STATES = ("covered", "coveredUnconfirmed", "nobodyReachable", "nobody")
"""How well a stretch is covered, best first."""
HOLES = frozenset({"nobodyReachable", "nobody"})


@dataclass(frozen=True)
class Cover:
    """How a span is covered: `from_at` inclusive, `until_at` exclusive. `turn` None: no turn is written for it.

    `unreachable` are those on duty in a slot that none of them can be reached for at all hours, `unconfirmed` those of whom none
    has said what they can open though they were asked.
    """

    from_at: datetime
    until_at: datetime
    state: str
    turn: str | None = None
    organisations: tuple[str, ...] = ()
    unreachable: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hole:
    """A span in which nobody has duty, or the next one of `stretches` in which these organisations have and cannot be reached."""

    state: str
    organisations: tuple[str, ...]
    from_at: datetime
    until_at: datetime
    stretches: int = 1


@dataclass(frozen=True)
class KnownHole:
    """A hole that was there when somebody last looked."""

    id: str
    state: str
    organisations: tuple[str, ...]
    from_at: datetime
    until_at: datetime

    def is_still(self, hole: Hole) -> bool:
        """Whether `hole` is this one: the same organisations, wherever they have duty; or nobody, in a span that meets it."""
        if (self.state, self.organisations) != (hole.state, hole.organisations):
            return False
        return self.state != "nobody" or (hole.from_at <= self.until_at and self.from_at <= hole.until_at)


def cover(
    pieces: Iterable[Stretch],
    since: datetime,
    until: datetime,
    reachable: Collection[str],
    confirmed: Callable[[str, str], bool],
    asked_until: datetime,
) -> list[Cover]:
    """How every moment from `since` until `until` is covered, end to end, in order.

    `reachable` have a contact point for all hours. A turn that begins up to `asked_until` must be `confirmed` by somebody of each
    slot; later ones have not been asked yet.
    """
    found: list[Cover] = []
    at = since
    for piece in pieces:
        begins, ends = max(piece.from_at, since), min(piece.until_at, until)
        if begins >= ends:
            continue
        if begins > at:
            found.append(Cover(at, begins, "nobody"))
        asked = piece.turn.from_at <= asked_until
        found.append(_of(piece, begins, ends, reachable, lambda code, turn=piece.turn.id: confirmed(turn, code), asked))  # type: ignore[misc]
        at = ends
    if at < until:
        found.append(Cover(at, until, "nobody"))
    return list(_joined(found))


def _of(
    piece: Stretch,
    begins: datetime,
    ends: datetime,
    reachable: Collection[str],
    confirmed: Callable[[str], bool],
    asked: bool,
) -> Cover:
    """One stretch."""
    away = _codes(slot for slot in piece.slots if not any(code in reachable for code in slot.organisations))
    silent = _codes(slot for slot in piece.slots if asked and not any(map(confirmed, slot.organisations)))
    if not piece.organisations:
        return Cover(begins, ends, "nobody", piece.turn.id)
    state = "nobodyReachable" if away else "coveredUnconfirmed" if silent else "covered"
    return Cover(begins, ends, state, piece.turn.id, piece.organisations, away, silent)


def _codes(slots: Iterable[Slot]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for slot in slots for code in slot.organisations))


def _joined(covers: Sequence[Cover]) -> Iterator[Cover]:
    """Neighbours that differ in nothing but time are one."""
    last: Cover | None = None
    for one in covers:
        if last is not None and replace(one, from_at=last.from_at, until_at=last.until_at) == last:
            last = replace(last, until_at=one.until_at)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def holes(covers: Iterable[Cover]) -> list[Hole]:
    """The holes among them: spans with nobody, each by itself; who cannot be reached, once, from its first time on."""
    found: list[Hole] = []
    away: dict[tuple[str, ...], Hole] = {}
    for one in covers:
        if one.state == "nobody":
            if found and found[-1].until_at == one.from_at:
                found[-1] = replace(found[-1], until_at=one.until_at)
            else:
                found.append(Hole("nobody", (), one.from_at, one.until_at))
        elif one.state == "nobodyReachable":
            key = tuple(sorted(one.unreachable))
            before = away.get(key)
            away[key] = (
                replace(before, stretches=before.stretches + 1)
                if before
                else Hole(one.state, key, one.from_at, one.until_at)
            )
    return sorted([*found, *away.values()], key=lambda hole: (hole.from_at, hole.state, hole.organisations))


def compare(known: Collection[KnownHole], now: Collection[Hole]) -> tuple[list[Hole], list[str]]:
    """Which holes are new, and the ids of those that are gone."""
    appeared = [hole for hole in now if not any(one.is_still(hole) for one in known)]
    gone = [one.id for one in known if not any(one.is_still(hole) for hole in now)]
    return appeared, gone
