"""Who is on duty at a moment, and in which order members are called: read from rows, never computed anew.

The same reading serves requests, messages and call-ups, so nobody can be told one province and see another called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.organisations import service as organisations
from piket.rota import duty_rules, explain, written
from piket.rota.duty_rules import Stretch
from piket.rota.models import Override, Rota, Turn
from piket.rota.rules import organisations_of
from piket.words import Text

PIKET = "piket"
# Enough turns to meet another holder in nearly every rota; where all of them are one organisation's, all are read.
LOOK_AHEAD = 8


@dataclass(frozen=True)
class Duty:
    """Who is on duty by `rota` at a moment, and why.

    `organisations` are those of all slots; empty (and `turn` None) when nobody is. `standby` is the first later holder that
    differs, `next` the holder of the next turn. `from_at` is when the turn began, `since` the moment since which
    exactly these organisations have duty (the turn's beginning or an override's), `until_at` until when they will. `why` is
    None when it was not asked for.
    """

    rota: str
    status: str
    turn: str | None
    organisations: tuple[str, ...]
    standby: str | None
    next: str | None
    from_at: datetime | None
    until_at: datetime | None
    since: datetime | None
    why: Text | None


def on_duty(session: Session, at: datetime, code: str = PIKET, *, explained: bool = True) -> Duty:
    """Who is on duty at `at`, past, present or published. Nobody, for a moment without a turn or a rota that is not there.

    `explained` False spares the reasons, where nobody reads them.
    """
    rota = session.get(Rota, code)
    status = rota.status if rota else "proposed"
    turns, overrides, pieces = picture(session, code, at)
    now = duty_rules.duty_at(pieces, at)
    on = now.organisations if now else ()
    standby, coming = duty_rules.standby(pieces, at, on), duty_rules.next_holder(pieces, at)
    if now is None:
        return Duty(code, status, None, (), standby, coming, None, None, None, explain.why_nobody(status == "proposed"))
    since, until = duty_rules.same_duty(pieces, now)
    held = [row for row in overrides if row.from_at <= at < written.ends(row)]
    sentence = why(session, turns[0], held, status == "proposed") if explained else None
    return Duty(code, status, now.turn.id, on, standby, coming, now.turn.from_at, until, since, sentence)


def holders_at(session: Session, at: datetime, code: str = PIKET) -> tuple[str, ...]:
    """The same organisations as `on_duty`, without standby and reasons: what every count asks. Empty when nobody is."""
    turns = written.turns_from(session, code, at, 1)
    if not turns or turns[0].from_at > at:
        return ()
    overrides = written.overrides_between(session, code, turns[0].from_at, turns[0].until_at)
    now = duty_rules.duty_at(duty_rules.stretches(written.turn_spans(turns), written.override_spans(overrides)), at)
    return now.organisations if now else ()


def is_proposed(session: Session, code: str = PIKET) -> bool:
    """Whether no decision on this rota is recorded, so that every page and alert must say so."""
    rota = session.get(Rota, code)
    return rota is None or rota.status == "proposed"


def call_order(session: Session, at: datetime) -> tuple[str, ...]:
    """Whom to call one after the other (5.1): the piket's members, then those of rotas of later lines.

    Of each rota: on duty at `at`, standby, then the others as their turns come, round and round; the exempt never. When
    nobody is on duty it begins with the next coming turn, else with the first of the list (7.4).
    """
    piket = session.get(Rota, PIKET)
    line = piket.line if piket else 0
    later = session.scalars(select(Rota.code).where(Rota.line > line).order_by(Rota.line, Rota.code)).all()
    lines = [PIKET, *later] if piket else list(later)
    return tuple(dict.fromkeys(code for rota in lines for code in _order_in(session, at, rota)))


def _order_in(session: Session, at: datetime, code: str) -> tuple[str, ...]:
    """The order of calls within one rota, by the definition in force at `at`."""
    definition = written.definition_at(session, code, at)
    _, _, pieces = picture(session, code, at, look_ahead=len(definition.members) + LOOK_AHEAD)
    exempt = {e.organisation for e in definition.exemptions if e.holds(at, definition.clock)}
    return duty_rules.call_order(pieces, at, definition.members, exempt)


def picture(
    session: Session, code: str, at: datetime, look_ahead: int = LOOK_AHEAD
) -> tuple[Sequence[Turn], Sequence[Override], list[Stretch]]:
    """What is written down from `at` on, far enough ahead to find the standby: turns, overrides, and both as stretches."""
    turns = written.turns_from(session, code, at, look_ahead)
    if len(turns) == look_ahead and _one_holder(turns):
        turns = written.turns_from(session, code, at, 100_000)
    since, until = (min(at, turns[0].from_at), turns[-1].until_at) if turns else (at, at)
    overrides = written.overrides_between(session, code, since, until)
    pieces = duty_rules.stretches(written.turn_spans(turns), written.override_spans(overrides))
    return turns, overrides, pieces


def _one_holder(turns: Sequence[Turn]) -> bool:
    """Whether all these turns are of the same organisations, so that a standby must be looked for further ahead."""
    return len({organisations_of(written.holders_of(turn)) for turn in turns}) <= 1


def why(session: Session, turn: Turn, overrides: Sequence[Override], proposed: bool) -> Text:
    """Why a turn is whose it is, with these overrides of it; says so while the rota is a proposal."""
    plan = written.planned(turn)
    swaps = [row for row in overrides if row.swap is not None]
    whole = duty_rules.after_swaps(plan.holders, written.override_spans(swaps))
    having = organisations_of([slot.organisations for slot in whole])
    reasons = [reason_of(row, having) for row in (*swaps, *(row for row in overrides if row.swap is None))]
    involved = {
        *organisations_of(plan.holders),
        *(plan.basis.after or ()),
        *plan.basis.exempt,
        *plan.basis.weights,
        *plan.basis.spared,
        *plan.basis.rested,
        *(code for reason in reasons for code in (reason.organisation, reason.by, *reason.instead)),
    }
    names = organisations.names(session, involved)
    return explain.why(plan.holders, plan.basis, reasons, names, proposed)


def reason_of(override: Override, having: tuple[str, ...]) -> explain.OverrideReason:
    """Why somebody else has duty in a turn that, by rota and swaps, `having` have."""
    instead = (override.replaces,) if override.replaces else having
    return explain.OverrideReason(
        override.organisation, instead, override.from_at, written.ends(override), override.decided_by, override.reason,
        override.created_at if override.swap else None,
    )  # fmt: skip
