"""The rota as a calendar of a year: a row a month, and in it a piece for every turn, as long as its days. Pure.

A day belongs to who has duty at its end: the day of a hand-over is the coming turn's, as the moment itself is (7.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from piket.rota.service import TurnView
from piket.words import LOCAL

ONE_DAY = timedelta(days=1)
DAYS = 31


@dataclass(frozen=True)
class Piece:
    """Part of a month: `days` long from `first`, of one turn, or of nobody (`turn` None). `outside`: the month is shorter.

    `shade` alternates from turn to turn, so that neighbours differ without a colour for each.
    """

    first: date | None
    days: int
    turn: TurnView | None = None
    shade: int = 0
    now: bool = False
    own: bool = False

    @property
    def outside(self) -> bool:
        """Whether there is no such day in this month."""
        return self.first is None

    @property
    def last(self) -> date | None:
        """Its last day."""
        return self.first + (self.days - 1) * ONE_DAY if self.first else None

    @property
    def organisations(self) -> tuple[str, ...]:
        """Who has duty, of all slots."""
        if self.turn is None:
            return ()
        return tuple(dict.fromkeys(code for slot in self.turn.slots for code in slot.organisations))

    @property
    def changed(self) -> bool:
        """Whether somebody else than the rota says has duty in it, for some of its time."""
        turn = self.turn
        return turn is not None and (bool(turn.overrides) or any(slot.origin != "rota" for slot in turn.slots))


@dataclass(frozen=True)
class Month:
    """One row: its first day, and pieces that are 31 days long together."""

    first: date
    pieces: tuple[Piece, ...]


def months(turns: Sequence[TurnView], year: int, now: datetime, own: str) -> list[Month]:
    """The twelve rows. `own` is the organisation that looks; its turns are marked."""
    spans = [(_day(turn.from_at), _day(turn.until_at) - ONE_DAY, number, turn) for number, turn in enumerate(turns)]
    today = now.astimezone(LOCAL).date()
    return [_month(date(year, month, 1), spans, today, own) for month in range(1, 13)]


def _day(moment: datetime) -> date:
    return moment.astimezone(LOCAL).date()


def _month(first: date, spans: Sequence[tuple[date, date, int, TurnView]], today: date, own: str) -> Month:
    """The row of one month: turns, nobody in between, and what is missing to 31 days."""
    end = (first + 31 * ONE_DAY).replace(day=1) - ONE_DAY
    pieces, day = [], first
    for begin, last, number, turn in spans:
        if last < day or begin > end or last < begin:
            continue
        if begin > day:
            pieces.append(Piece(day, (begin - day).days))
            day = begin
        until = min(last, end)
        piece = Piece(day, (until - day).days + 1, turn, number % 2, day <= today <= until)
        pieces.append(_mine(piece, own))
        day = until + ONE_DAY
    if day <= end:
        pieces.append(Piece(day, (end - day).days + 1))
    if end.day < DAYS:
        pieces.append(Piece(None, DAYS - end.day))
    return Month(first, tuple(pieces))


def _mine(piece: Piece, own: str) -> Piece:
    if own not in piece.organisations:
        return piece
    return Piece(piece.first, piece.days, piece.turn, piece.shade, piece.now, True)


def letters(code: str) -> str:
    """The short name of an organisation, as on the map: OV, VR01, GM1950."""
    return code.removeprefix("nl-").upper()
