"""Record the ministry's decisions on a rota. Published turns change only here, and only ahead.

A decision may confirm the proposed rota as it is, or change it from a moment on. Turns that come out the same keep their
rows and their ids; those that come out otherwise are marked, and new ones are written beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Fault, Invalid
from piket.organisations import service as organisations
from piket.rota import written
from piket.rota.definitions import from_json, to_json
from piket.rota.faults import YEARS_BACK_OR_AHEAD, faults_of, first_without_holder
from piket.rota.models import Rota, RotaEdition, Turn
from piket.rota.publish import write, write_ahead
from piket.rota.rules import Definition, PlannedTurn, first_hand_over, turns
from piket.rota.swap_ending import cancel_swaps
from piket.words import say


@dataclass(frozen=True)
class Decision:
    """Who decided, on which day, and what is to be known of it."""

    by: str
    on: date
    note: str | None = None


@dataclass(frozen=True)
class _Change:
    """One decision while it is being recorded. `until` is how far ahead turns are published."""

    session: Session
    now: datetime
    until: datetime
    code: str
    definition: Definition
    decision: Decision


def locked_version(session: Session, code: str) -> int | None:
    """The version of a rota, which nobody else can change until this transaction ends; None where there is no such rota."""
    rota = session.get(Rota, code, with_for_update=True)
    return rota.version if rota else None


def put_rota(
    session: Session,
    now: datetime,
    actor: Actor,
    code: str,
    definition: Definition,
    decision: Decision,
    horizon_days: int,
    effective_from: datetime | None = None,
) -> int:
    """Record that this rota was decided so, and publish what follows from it; the number of turns that moved.

    A new rota is published from its first turn on. The same definition again, with a decision, makes it decided and moves
    nothing. Another one takes effect after the last turn that begins before `effective_from` (None: after the
    last one published): later turns that come out otherwise are superseded, their rows kept. What has begun never
    changes. A repeat of both changes nothing. Raises `Invalid` with every fault.
    """
    change = _Change(session, now, now + timedelta(days=horizon_days), code, definition, decision)
    rota = session.get(Rota, code, with_for_update=True)
    _check(change, rota is None, effective_from)
    if rota is None:
        rota, moved = _begin(change), 0
    else:
        last = written.latest_edition(session, code)
        same = from_json(last.definition) == definition
        if same and (effective_from is None or effective_from >= last.effective_from):
            if decision_of(last) == decision and rota.status == "decided":
                return 0
            last.decided_by, last.decided_on, last.decision_note = decision.by, decision.on, decision.note
            moved = 0
        else:
            moved = _replace(change, last.edition + 1, effective_from)
            cancel_swaps(session, now, actor, code)
        rota.status, rota.line, rota.version = "decided", definition.line, rota.version + 1
    session.flush()
    details = {"by": decision.by, "on": decision.on.isoformat(), "note": decision.note, "moved": moved}
    record(session, now, actor, "decide_rota", f"rota:{code}", definition=to_json(definition), **details)
    return moved


def _check(change: _Change, new: bool, effective_from: datetime | None) -> None:
    """Raise `Invalid` with everything that is wrong with the definition and with the moment from which it is to hold."""
    kinds = {info.code: info.kind for info in organisations.listed(change.session)}
    faults = faults_of(change.definition, kinds, change.now)
    if effective_from is not None:
        if new:
            faults.append(
                Fault("body", "effectiveFrom", say("A new rota takes effect at its first turn: leave this out."))
            )
        elif not change.now < effective_from < change.now + YEARS_BACK_OR_AHEAD:
            faults.append(
                Fault(
                    "body",
                    "effectiveFrom",
                    say("Choose a moment to come, within ten years: what has begun never changes."),
                )
            )
    if faults:
        raise Invalid(say("This rota cannot be recorded."), faults)


def _begin(change: _Change) -> Rota:
    """A rota that was not there: decided from the start, its turns written from the first one on."""
    plan = _plan(change, None)
    rota = Rota(
        code=change.code,
        line=change.definition.line,
        status="decided",
        version=1,
        created_at=change.now,
        settled_until=change.now,
    )
    change.session.add(rota)
    change.session.flush()
    _add_edition(change, 1, first_hand_over(change.definition))
    write(change.session, change.now, change.code, 1, plan)
    return rota


def _replace(change: _Change, edition: int, effective_from: datetime | None) -> int:
    """Supersede the turns from then on that come out otherwise; how many. Until then the former definition goes on."""
    reached = written.horizon(change.session, change.code) or change.now
    effective = max(effective_from or reached, change.now, first_hand_over(change.definition))
    write_ahead(change.session, change.now, change.code, effective)
    published = select(Turn).where(Turn.rota == change.code, Turn.superseded_at.is_(None))
    kept = change.session.scalars(
        published.where(Turn.from_at < effective).order_by(Turn.from_at.desc()).limit(1)
    ).first()
    plan = _plan(change, written.planned(kept) if kept else None)
    later = change.session.scalars(published.where(Turn.from_at >= effective)).all()
    fresh, moved = _differing(plan, later)
    for turn in moved:
        turn.superseded_at = change.now
    change.session.flush()
    _add_edition(change, edition, kept.until_at if kept else effective)
    write(change.session, change.now, change.code, edition, fresh)
    return len(moved)


def _plan(change: _Change, after: PlannedTurn | None) -> list[PlannedTurn]:
    """The turns to publish. Raises `Invalid` when there is one that nobody could take."""
    plan = list(turns(change.definition, change.until, after))
    empty = first_without_holder(change.definition, plan)
    if empty is not None:
        detail = say(
            "From {since} until {until} nobody would be left: the exemptions cover every member.",
            since=empty.from_at,
            until=empty.until_at,
        )
        raise Invalid(say("This rota cannot be recorded."), [Fault("body", "exemptions", detail)])
    return plan


def _differing(plan: Sequence[PlannedTurn], rows: Sequence[Turn]) -> tuple[list[PlannedTurn], list[Turn]]:
    """The planned turns that are not published yet, and the published ones that are not planned: equal ones stay."""
    there = {row.from_at: (written.planned(row), row) for row in rows}
    equal = {turn.from_at for turn in plan if turn.from_at in there and there[turn.from_at][0] == turn}
    fresh = [turn for turn in plan if turn.from_at not in equal]
    return fresh, [row for row in rows if row.from_at not in equal]


def _add_edition(change: _Change, edition: int, effective_from: datetime) -> None:
    """Keep the definition with its decision. Earlier editions stay, so that any past turn can be explained."""
    change.session.add(
        RotaEdition(
            rota=change.code,
            edition=edition,
            definition=to_json(change.definition),
            effective_from=effective_from,
            decided_by=change.decision.by,
            decided_on=change.decision.on,
            decision_note=change.decision.note,
            recorded_at=change.now,
        )
    )
    change.session.flush()


def decision_of(edition: RotaEdition) -> Decision | None:
    """The decision on this edition; None while it is a proposal."""
    if edition.decided_by is None or edition.decided_on is None:
        return None
    return Decision(edition.decided_by, edition.decided_on, edition.decision_note)
