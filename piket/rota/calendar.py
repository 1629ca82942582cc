"""Turns as people and other systems read them: who, standby, why, and the overrides in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from piket.errors import NotFound
from piket.pages import Page, PageRequest, read_page
from piket.rota import duty_rules, explain, written
from piket.rota.confirmed import Confirmed, confirmed
from piket.rota.duty import LOOK_AHEAD, PIKET, picture, why
from piket.rota.duty_rules import Slot, Stretch
from piket.rota.models import Override, Turn
from piket.rota.overrides import OverrideInfo, infos
from piket.rota.rules import Member, organisations_of
from piket.words import Text, say


@dataclass(frozen=True)
class SlotView:
    """Who fills one slot. `origin`: `rota`, `override` or `swap`, and then which `swap`.

    `confirmed_places`: what those in it said they can open, None while nobody of them has.
    `state`: `coming`, `onDuty`, `over`, or `superseded` when a later decision moved the turn.
    """

    organisations: Member
    origin: str
    confirmed_places: int | None
    state: str
    swap: str | None = None


@dataclass(frozen=True)
class TurnView:
    """One turn, from `from_at` (inclusive) until `until_at` (exclusive).

    `slots` are those of the rota, or of an override that takes the whole turn; in `turn_at` those in force at that moment.
    `overrides` lists what touches the turn, in order of time. `standby` is the first later holder that differs.
    """

    id: str
    rota: str
    status: str
    from_at: datetime
    until_at: datetime
    slots: tuple[SlotView, ...]
    standby: str | None
    why: Text
    overrides: tuple[OverrideInfo, ...]
    superseded_at: datetime | None


def turn_at(session: Session, now: datetime, at: datetime, code: str = PIKET) -> TurnView:
    """The turn of moment `at`, with its slots as in force then. Raises `NotFound` (`nobody-on-duty`) saying why nobody is."""
    proposed = written.find_row(session, code).status == "proposed"
    turns, overrides, pieces = picture(session, code, at)
    piece = duty_rules.duty_at(pieces, at)
    if piece is None:
        raise NotFound(explain.why_nobody(proposed), "nobody-on-duty")
    turn, standby = turns[0], duty_rules.standby(pieces, at, piece.organisations)
    if not piece.organisations:
        raise NotFound(why(session, turn, [], proposed), "nobody-on-duty")
    held = [row for row in overrides if row.from_at <= at < written.ends(row)]
    view = _view(session, now, turn, piece.slots, standby, _touching(turn, overrides), proposed)
    view = _with_places(view, confirmed(session, [turn.id]))
    return dataclasses.replace(view, why=why(session, turn, held, proposed))


def find_turn(session: Session, now: datetime, turn_id: str) -> TurnView:
    """One turn, also one that was superseded. Raises `NotFound`."""
    turn = session.get(Turn, turn_id)
    if turn is None:
        raise NotFound(say("There is no turn with this id."))
    return _views(session, now, turn.rota, [turn])[0]


def turns_paged(
    session: Session, now: datetime, code: str, page: PageRequest, since: datetime | None, until: datetime | None
) -> Page[TurnView]:
    """The published turns of which some moment lies from `since` (inclusive) to `until` (exclusive), oldest first."""
    written.find_row(session, code)
    query = _published(code, since, until)
    rows = read_page(session, query, page, [Turn.from_at, Turn.id], oldest_first=True)
    return Page(_views(session, now, code, rows.items), rows.next)


def calendar(session: Session, now: datetime, since: datetime, until: datetime, code: str = PIKET) -> list[TurnView]:
    """All published turns of a span at once, oldest first: for `piket rota show`. Raises `NotFound` for an unknown rota."""
    written.find_row(session, code)
    rows = session.scalars(_published(code, since, until).order_by(Turn.from_at)).all()
    return _views(session, now, code, rows)


def _published(code: str, since: datetime | None, until: datetime | None) -> Select[Turn]:
    """The turns in force of which some moment lies in the span; superseded ones are read by id only."""
    query = select(Turn).where(Turn.rota == code, Turn.superseded_at.is_(None))
    if since is not None:
        query = query.where(Turn.until_at > since)
    return query if until is None else query.where(Turn.from_at < until)


def _views(session: Session, now: datetime, code: str, turns: Sequence[Turn]) -> list[TurnView]:
    """Turns as they are read, with enough of what follows them to know the standby of the last."""
    if not turns:
        return []
    proposed = written.find_row(session, code).status == "proposed"
    known = [*turns, *written.turns_from(session, code, turns[-1].until_at, LOOK_AHEAD)]
    overrides = written.overrides_between(session, code, known[0].from_at, known[-1].until_at)
    pieces = duty_rules.stretches(written.turn_spans(known), written.override_spans(overrides))
    known_places = confirmed(session, [turn.id for turn in turns])
    views = []
    for turn in turns:
        slots = _slots(turn, pieces)
        on_duty = organisations_of([slot.organisations for slot in slots])
        standby = duty_rules.standby(pieces, turn.from_at, on_duty)
        view = _view(session, now, turn, slots, standby, _touching(turn, overrides), proposed)
        views.append(_with_places(view, known_places))
    return views


def _slots(turn: Turn, pieces: Sequence[Stretch]) -> tuple[Slot, ...]:
    """Those of the rota after swaps, unless one override takes the whole turn."""
    own = [piece for piece in pieces if piece.turn.id == turn.id]
    if own:
        return own[0].slots if len(own) == 1 else own[0].whole
    return tuple(Slot(holder) for holder in written.holders_of(turn))


def _touching(turn: Turn, overrides: Sequence[Override]) -> list[Override]:
    """The overrides and swaps that hold for some moment of a turn; a superseded turn has none, it never took place."""
    if turn.superseded_at is not None:
        return []
    return [row for row in overrides if row.from_at < turn.until_at and written.ends(row) > turn.from_at]


def _view(
    session: Session,
    now: datetime,
    turn: Turn,
    slots: Sequence[Slot],
    standby: str | None,
    overrides: list[Override],
    proposed: bool,
) -> TurnView:
    """One turn as a value; `state` is the same for all its slots."""
    state = _state(turn, now)
    return TurnView(
        id=turn.id,
        rota=turn.rota,
        status="proposed" if proposed else "decided",
        from_at=turn.from_at,
        until_at=turn.until_at,
        slots=tuple(SlotView(slot.organisations, slot.origin, None, state, slot.swap) for slot in slots),
        standby=standby,
        why=why(session, turn, overrides, proposed),
        overrides=infos([row for row in overrides if row.swap is None], now),
        superseded_at=turn.superseded_at,
    )


def _with_places(view: TurnView, known: Confirmed) -> TurnView:
    """The turn with what was confirmed for each of its slots."""
    slots = (
        dataclasses.replace(slot, confirmed_places=known.places(view.id, slot.organisations)) for slot in view.slots
    )
    return dataclasses.replace(view, slots=tuple(slots))


def _state(turn: Turn, now: datetime) -> str:
    if turn.superseded_at is not None:
        return "superseded"
    if now < turn.from_at:
        return "coming"
    return "onDuty" if now < turn.until_at else "over"
