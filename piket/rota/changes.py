"""What a decision on a rota would change, worked out from the rows and stored nowhere.

`decide` stores exactly this, `previews` shows it: what was shown is what happens, as long as nothing else changes in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.errors import Fault, Invalid
from piket.organisations import service as organisations
from piket.rota import moved_rules, written
from piket.rota.definitions import from_json
from piket.rota.faults import YEARS_BACK_OR_AHEAD, faults_of
from piket.rota.models import RotaEdition, Turn
from piket.rota.moved_rules import Span
from piket.rota.rules import Definition, PlannedTurn, first_hand_over, turns, wall_moment
from piket.words import Text, say


@dataclass(frozen=True)
class Decision:
    """Who decided, on which day, and what is to be known of it."""

    by: str
    on: date
    note: str | None = None


@dataclass(frozen=True)
class Wish:
    """What is to be decided of the rota `code`. `until`: how far ahead turns are published; `effective_from` as in `put_rota`."""

    code: str
    definition: Definition
    until: datetime
    effective_from: datetime | None = None


@dataclass(frozen=True)
class Change:
    """What follows from a wish. `moves_nothing`: it is the definition that holds already.

    `takes_effect`: when the first turn by the definition begins. `ahead`: turns that the former definition still gives
    until then and that are not written yet. Of the turns published from then on `stay` keep time and holders (each
    with how it is planned now), `moved` do not; `fresh` come. `published_until`: how far turns were published.
    """

    moves_nothing: bool
    takes_effect: datetime
    published_until: datetime
    ahead: tuple[PlannedTurn, ...] = ()
    plan: tuple[PlannedTurn, ...] = ()
    stay: tuple[tuple[Turn, PlannedTurn], ...] = ()
    moved: tuple[Turn, ...] = ()
    fresh: tuple[PlannedTurn, ...] = ()

    @property
    def whose(self) -> dict[str, tuple[list[Span], list[Span]]]:
        """Each organisation whose turns move: what it has no more, and what it has now."""
        return moved_rules.whose([written.planned(row) for row in self.moved], self.fresh, self.published_until)


def refuse_faults(session: Session, now: datetime, wish: Wish, new: bool) -> None:
    """Raise `Invalid` with everything that is wrong with the definition and with the moment from which it is to hold."""
    kinds = {info.code: info.kind for info in organisations.listed(session)}
    faults = faults_of(wish.definition, kinds, now)
    if wish.effective_from is not None:
        if new:
            detail = say("A new rota takes effect at its first turn: leave this out.")
            faults.append(Fault("body", "effectiveFrom", detail))
        elif not now < wish.effective_from < now + YEARS_BACK_OR_AHEAD:
            detail = say("Choose a moment to come, within ten years: what has begun never changes.")
            faults.append(Fault("body", "effectiveFrom", detail))
    if faults:
        raise Invalid(_refused(), faults)


def _refused() -> Text:
    return say("This rota cannot be recorded.")


def foresee(session: Session, now: datetime, wish: Wish, last: RotaEdition) -> Change:
    """What the wish changes in a rota whose latest definition is `last`. Raises `Invalid` where nobody could take a turn."""
    reached = written.horizon(session, wish.code) or now
    former, effective_from = from_json(last.definition), wish.effective_from
    if former == wish.definition and (effective_from is None or effective_from >= last.effective_from):
        return Change(True, last.effective_from, reached)
    effective = max(effective_from or reached, now, first_hand_over(wish.definition))
    latest = written.last_turn(session, wish.code)
    ahead = tuple(turns(former, effective, written.planned(latest) if latest else None))
    published = _published(session, wish.code, now)
    kept = [row for row in published or ([latest] if latest else []) if row.from_at < effective]
    before = ahead[-1] if ahead else written.planned(kept[-1]) if kept else None
    plan = tuple(turn for turn in plan_turns(now, wish, before) if before or turn.until_at > effective)
    later = [row for row in published if row.from_at >= effective]
    compared = moved_rules.compare(plan, [written.planned(row) for row in later])
    return Change(
        moves_nothing=False,
        takes_effect=plan[0].from_at if plan else before.until_at if before else effective,
        published_until=reached,
        ahead=ahead,
        plan=plan,
        stay=tuple((later[number], plan[place]) for number, place in compared.stay.items()),
        moved=tuple(later[number] for number in compared.moved),
        fresh=tuple(turn for place, turn in enumerate(plan) if place not in compared.stay.values()),
    )


def _published(session: Session, code: str, now: datetime) -> Sequence[Turn]:
    """The turns that are published and not over, in order of time."""
    rows = select(Turn).where(Turn.rota == code, Turn.superseded_at.is_(None), Turn.until_at > now)
    return session.scalars(rows.order_by(Turn.from_at)).all()


def plan_turns(now: datetime, wish: Wish, after: PlannedTurn | None) -> tuple[PlannedTurn, ...]:
    """The turns to publish. Raises `Invalid` when there is one that nobody could take, also beyond what is published now.

    So whoever decides hears at once of a hole that exemptions would make years ahead, and not when it is reached.
    """
    whole = list(turns(wish.definition, max(wish.until, _last_day_named(now, wish.definition)), after))
    empty = next((turn for turn in whole if not turn.holders), None)
    if empty is not None:
        detail = say(
            "From {since} until {until} nobody would be left: the exemptions cover every member.",
            since=empty.from_at,
            until=empty.until_at,
        )
        raise Invalid(_refused(), [Fault("body", "exemptions", detail)])
    return tuple(turn for turn in whole if turn.from_at < wish.until)


def _last_day_named(now: datetime, definition: Definition) -> datetime:
    """The end of the last day that an exemption names, at most ten years ahead; after it nothing changes any more."""
    days: list[date] = [day for e in definition.exemptions for day in (e.starts_on, e.ends_on) if day is not None]
    if not days:
        return now
    last = max(days) + timedelta(days=1)
    return min(wall_moment(last, time(), definition.clock), now + YEARS_BACK_OR_AHEAD)
