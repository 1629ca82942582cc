"""Record the ministry's decisions on a rota. Published turns change only here, and only ahead.

A decision may confirm the proposed rota as it is, or change it from a moment on. What it changes is worked out by `changes`,
as a preview does. Turns that come out with the same time and holders keep their rows and their ids; the others are
marked, and new ones are written beside them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.rota import written
from piket.rota.changes import Change, Decision, Wish, foresee, plan_turns, refuse_faults
from piket.rota.definitions import basis_to_json, to_json
from piket.rota.hand_overs import Pressing
from piket.rota.models import Rota, RotaEdition
from piket.rota.moved import tell_moved
from piket.rota.publish import write
from piket.rota.rules import Definition, first_hand_over
from piket.rota.swap_ending import cancel_swaps
from piket.settings import Settings

__all__ = ["Decision", "decision_of", "locked_version", "put_rota"]


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
    settings: Settings,
    effective_from: datetime | None = None,
    pressing: Pressing | None = None,
) -> int:
    """Record that this rota was decided so, and publish what follows from it; the number of turns that moved.

    A new rota is published from its first turn on. The same definition again, with a decision, makes it decided and moves
    nothing. Another one takes effect after the last turn that begins before `effective_from` (None: after the
    last one published): later turns whose time or holders come out otherwise are superseded, their rows kept, and each
    organisation whose turns moved is told. What has begun never changes. A repeat of both changes nothing.
    `pressing` is what is known of the three questions, for those who are told. Raises `Invalid` with every fault.
    """
    wish = Wish(code, definition, now + timedelta(days=settings.engine.horizon_days), effective_from)
    rota = session.get(Rota, code, with_for_update=True)
    refuse_faults(session, now, wish, new=rota is None)
    if rota is None:
        rota = _begin(session, now, wish, decision)
        change = None
    else:
        last = written.latest_edition(session, code)
        change = foresee(session, now, wish, last)
        if change.moves_nothing and decision_of(last) == decision and rota.status == "decided":
            return 0
        if change.moves_nothing:
            last.decided_by, last.decided_on, last.decision_note = decision.by, decision.on, decision.note
        else:
            _apply(session, now, wish, change, decision, last.edition)
            cancel_swaps(session, now, actor, code)
        rota.status, rota.line, rota.version = "decided", definition.line, rota.version + 1
    session.flush()
    moved = len(change.moved) if change else 0
    details = {"by": decision.by, "on": decision.on.isoformat(), "note": decision.note, "moved": moved}
    record(session, now, actor, "decide_rota", f"rota:{code}", definition=to_json(definition), **details)
    if change is not None:
        tell_moved(session, now, settings, pressing or Pressing(), rota, definition.name, decision, change)
    return moved


def _begin(session: Session, now: datetime, wish: Wish, decision: Decision) -> Rota:
    """A rota that was not there: decided from the start, its turns written from the first one on."""
    plan = plan_turns(now, wish, None)
    rota = Rota(
        code=wish.code,
        line=wish.definition.line,
        status="decided",
        version=1,
        created_at=now,
        settled_until=now,
    )
    session.add(rota)
    session.flush()
    _add_edition(session, now, wish, decision, 1, first_hand_over(wish.definition))
    write(session, now, wish.code, 1, plan)
    return rota


def _apply(session: Session, now: datetime, wish: Wish, change: Change, decision: Decision, former: int) -> None:
    """Store what was foreseen. Turns that stay keep their rows and ids; why they are whose they are is that of now."""
    write(session, now, wish.code, former, change.ahead)
    for row in change.moved:
        row.superseded_at = now
    for row, planned in change.stay:
        row.edition, row.basis = former + 1, basis_to_json(planned.basis)
    session.flush()
    _add_edition(session, now, wish, decision, former + 1, change.takes_effect)
    write(session, now, wish.code, former + 1, change.fresh)


def _add_edition(
    session: Session, now: datetime, wish: Wish, decision: Decision, edition: int, effective_from: datetime
) -> None:
    """Keep the definition with its decision. Earlier editions stay, so that any past turn can be explained."""
    session.add(
        RotaEdition(
            rota=wish.code,
            edition=edition,
            definition=to_json(wish.definition),
            effective_from=effective_from,
            decided_by=decision.by,
            decided_on=decision.on,
            decision_note=decision.note,
            recorded_at=now,
        )
    )
    session.flush()


def decision_of(edition: RotaEdition) -> Decision | None:
    """The decision on this edition; None while it is a proposal."""
    if edition.decided_by is None or edition.decided_on is None:
        return None
    return Decision(edition.decided_by, edition.decided_on, edition.decision_note)
