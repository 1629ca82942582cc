"""Tell what is done about swaps, remind who must answer, and let proposals expire: rules 6 and 7.9.

Every "when" is a column and every step a row, so a pass may run late, twice or anywhere: it works behind the lock of the
rota, and what it told is marked. After a long pause nobody is asked for an answer that cannot be given any more.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.rules import Fact, WhoActs, audience
from piket.audit.service import ENGINE
from piket.organisations import service as organisations
from piket.rota import swap_rules, swap_sides, written
from piket.rota.duty import on_duty
from piket.rota.hand_overs import Pressing
from piket.rota.models import Rota, Turn
from piket.rota.swap_models import Swap, SwapStep
from piket.rota.swap_steps import asked, note_step, settle
from piket.settings import Settings

log = logging.getLogger(__name__)
# An installation whose `audiences.toml` is older than swaps tells of them all the same.
TOLD_UNLESS_SET = ("swapping", "swapSilent", "ministry")


@dataclass(frozen=True)
class _Desk:
    """What one pass over the swaps of one rota holds."""

    session: Session
    now: datetime
    settings: Settings
    pressing: Pressing
    rota: Rota
    name: str


def advance_swaps(session: Session, now: datetime, settings: Settings, pressing: Callable[[], Pressing]) -> int:
    """Let expire what was not answered, remind those who have not, and tell every step once; how many alerts were written.

    `pressing` is asked only when there is something to tell. A crash leaves all of one pass or nothing; a repeat does nothing.
    """
    codes = _due(session, now)
    known = pressing() if codes else Pressing()
    return sum(_advance(session, now, settings, known, code) for code in codes)


def _due(session: Session, now: datetime) -> list[str]:
    """The rotas of which a swap has something to tell, looked at without a lock, because nearly every pass finds none."""
    untold = select(Swap.rota).join(SwapStep, SwapStep.swap == Swap.id)
    found = {*session.scalars(untold.where(SwapStep.told_at.is_(None), SwapStep.at <= now))}
    found |= {*session.scalars(select(Swap.rota).where(_is_due(now)))}
    return sorted(found)


def _is_due(now: datetime) -> Any:
    return and_(Swap.state == "proposed", or_(Swap.begins_at <= now, Swap.remind_at <= now))


def _advance(session: Session, now: datetime, settings: Settings, pressing: Pressing, code: str) -> int:
    rota = written.find_row(session, code, lock=True)
    desk = _Desk(session, now, settings, pressing, rota, written.definition_at(session, code, now).name)
    due = select(Swap).where(Swap.rota == code, _is_due(now)).order_by(Swap.created_at, Swap.id)
    for row in session.scalars(due.execution_options(populate_existing=True)).all():
        _move_on(desk, row)
    untold = (
        select(SwapStep, Swap)
        .join(Swap, Swap.id == SwapStep.swap)
        .where(Swap.rota == code, SwapStep.told_at.is_(None))
        .order_by(SwapStep.seq)
        .execution_options(populate_existing=True)
    )
    return sum(_take(desk, step, row) for step, row in session.execute(untold).all())


def _move_on(desk: _Desk, row: Swap) -> None:
    """A proposal whose time is over expires; one that waits is reminded of, once, however many reminders a late pass finds."""
    if row.begins_at <= desk.now:
        settle(row, desk.now, "expired")
        note_step(desk.session, desk.now, row, "expired", ENGINE)
        return
    row.remind_at = swap_rules.remind_after(row.begins_at, desk.now)
    asked_now = select(SwapStep.seq).where(SwapStep.swap == row.id, SwapStep.told_at.is_(None))
    if desk.session.scalars(asked_now).first() is None:
        note_step(desk.session, desk.now, row, "reminded", ENGINE)


def _take(desk: _Desk, step: SwapStep, row: Swap) -> int:
    """Tell one step, and mark it told; how many alerts. What asks for an answer is not told when none can be given."""
    step.told_at = desk.now
    if step.kind in ("proposed", "reminded") and row.state != "proposed":
        log.info("a swap was over before it could be told", extra={"swap": row.id, "step": step.kind})
        return 0
    step.alert = _tell(desk, step, row)
    desk.session.flush()
    return 1


def _tell(desk: _Desk, step: SwapStep, row: Swap) -> str:
    silent = _silent(desk, step, row)
    answers = dataclasses.replace(
        desk.pressing.answers,
        who_acts=desk.pressing.answers.who_acts or _who_acts(desk, row, silent),
        rota_proposed=desk.rota.status == "proposed",
    )
    fact = Fact("swap", centre=desk.pressing.centre, answers=answers, details=_details(desk, step, row, silent))
    roles = desk.settings.audiences.told.get("swap", TOLD_UNLESS_SET)
    if step.kind == "reminded":
        # Who only looks on has heard of the proposal, and hears what becomes of it.
        roles = tuple(role for role in roles if role in ("swapping", "swapSilent"))
    told = audience(roles, _who(desk, step, row, silent))
    return alerts.enqueue(desk.session, desk.now, desk.settings, fact, dict.fromkeys(told, ())).alert


def _silent(desk: _Desk, step: SwapStep, row: Swap) -> Sequence[str]:
    """Whose answer is awaited, or did not come in time; nobody's after any other end. After an acceptance: as it then was."""
    if step.kind not in ("proposed", "reminded", "accepted", "expired"):
        return ()
    accepted = select(SwapStep.organisation).where(SwapStep.swap == row.id, SwapStep.kind == "accepted")
    if step.kind == "accepted":
        accepted = accepted.where(SwapStep.seq <= step.seq)
    there = set(desk.session.scalars(accepted))
    return [code for code in asked(row) if code not in there]


def _who_acts(desk: _Desk, row: Swap, silent: Sequence[str]) -> WhoActs:
    """Who must answer, and until when; else who has duty now."""
    if row.state == "proposed" and silent:
        return WhoActs(silent[0], row.begins_at)
    return WhoActs(next(iter(on_duty(desk.session, desk.now, desk.rota.code).organisations), None))


def _who(desk: _Desk, step: SwapStep, row: Swap, silent: Sequence[str]) -> dict[str, list[str]]:
    """Who fills the roles of the audience table. The commissioner hears when it presses: at the last reminder, and at the end."""
    asks = step.kind in ("proposed", "reminded")
    presses = step.kind == "expired" or (step.kind == "reminded" and row.remind_at is None)
    commissioners = [organisations.commissioner_of(desk.session, code) for code in silent] if presses else []
    return {
        **{code: [code] for code in ("coa", "vng", "ministry", "operator")},
        "swapping": list(silent) if asks else [row.offering, row.requested],
        "swapSilent": [code for code in commissioners if code is not None],
        "allCommissioners": [info.code for info in organisations.listed(desk.session, "commissioner")],
    }


def _details(desk: _Desk, step: SwapStep, row: Swap, silent: Sequence[str]) -> dict[str, Any]:
    offered, requested = (desk.session.get_one(Turn, id) for id in (row.offered_turn, row.requested_turn))
    return {
        "what": step.kind,
        "swap": row.id,
        "rota": desk.rota.code,
        "name": desk.name,
        "offering": row.offering,
        "requested": row.requested,
        "proposedBy": row.proposed_by,
        "by": step.organisation if step.organisation != ENGINE.organisation else None,
        "offeredFrom": offered.from_at,
        "offeredUntil": offered.until_at,
        "requestedFrom": requested.from_at,
        "requestedUntil": requested.until_at,
        "answerBy": row.begins_at,
        "waitingFor": list(silent),
        "reason": row.reason,
        "note": step.note,
        "remarks": row.remarks,
        "stays": _stays(desk, step, row),
    }


def _stays(desk: _Desk, step: SwapStep, row: Swap) -> list[dict[str, Any]]:
    """What had begun when the rest was cancelled."""
    if step.kind != "cancelled":
        return []
    halves = [half for half in swap_sides.halves_of(desk.session, row.id) if half.ended_at is None]
    return [{"organisation": half.organisation, "from": half.from_at, "until": half.until_at} for half in halves]
