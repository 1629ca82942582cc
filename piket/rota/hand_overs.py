"""Tell hand-overs, each once: a day before, and at the moment. A pass may run late, twice, or after a long pause.

What was told is a row. A pass asks which hand-overs lie between what was settled and the end of the notice time, compares them
with the rows, and tells the difference; so an override made an hour before a hand-over is told, and one taken back is taken
back in words too. After a long pause only the newest is told: who had duty last week needs no message tonight.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.rules import Answers, Fact, WhoActs, audience
from piket.organisations import service as organisations
from piket.rota import duty_rules, emergency_card, hand_over_notes, written
from piket.rota.confirm_rules import sum_known
from piket.rota.duty import on_duty
from piket.rota.hand_over_rules import HandOver, Notice, Step, between, steps
from piket.rota.models import HandOverNotice, Override, Rota
from piket.rota.swap_models import Swap
from piket.rota.upstairs import Upstairs
from piket.settings import Settings

log = logging.getLogger(__name__)
# A transaction may look at the clock before a pass does, and end after it: its override then begins before that pass.
MARGIN = timedelta(hours=1)


@dataclass(frozen=True)
class Pressing:
    """What presses where a hand-over is told: the three questions, of which centre, and its open episode if there is one.

    `upstairs` answers what else must be handed over, when there is a hand-over.
    """

    answers: Answers = field(default_factory=Answers)
    centre: str | None = None
    overflow: str | None = None
    upstairs: Upstairs = field(default_factory=Upstairs)


@dataclass(frozen=True)
class _Desk:
    """What one pass over one rota holds."""

    session: Session
    now: datetime
    settings: Settings
    pressing: Pressing
    rota: Rota
    name: str


def announce(session: Session, now: datetime, settings: Settings, pressing: Pressing) -> int:
    """Tell what is due of the hand-overs of every rota; how many alerts were written.

    `pressing` is what is known of the three questions; who has duty now, where they name nobody who acts, and that a rota
    is a proposal are added here. When from a hand-over on nobody has duty, the fallback is told too. A crash leaves all
    of one pass or nothing; a repeat tells nothing.
    """
    return sum(_announce(session, now, settings, pressing, code) for code in written.codes(session))


def _announce(session: Session, now: datetime, settings: Settings, pressing: Pressing, code: str) -> int:
    """One rota: looked at without a lock first, because nearly every pass finds nothing, then again behind it."""
    rota = written.find_row(session, code)
    if not _due(session, rota, now, settings):
        return 0
    session.refresh(rota, with_for_update=True)
    desk = _Desk(session, now, settings, pressing, rota, written.definition_at(session, code, now).name)
    written_alerts = sum(_take(desk, step) for step in _due(session, rota, now, settings))
    rota.settled_until = max(rota.settled_until, now)
    session.flush()
    return written_alerts


def _due(session: Session, rota: Rota, now: datetime, settings: Settings) -> list[Step]:
    """What is to be done now, by the rules, from the rows and the turns."""
    since = rota.settled_until - MARGIN
    until = now + timedelta(hours=settings.policy.hand_over_notice_hours)
    query = select(HandOverNotice).where(
        HandOverNotice.rota == rota.code, HandOverNotice.at > since, HandOverNotice.at <= until
    )
    notices = [
        Notice(row.at, row.moment, _codes(row.leaving), _codes(row.coming), row.outcome)
        for row in session.scalars(query.order_by(HandOverNotice.created_at, HandOverNotice.id))
    ]
    return steps(hand_overs(session, rota.code, since, until), notices, now, rota.created_at)


def late_hand_overs(session: Session, before: datetime, settings: Settings) -> int:
    """How many hand-overs that had taken place by `before` were not told, and not marked as missed either. Only reads."""
    rotas = [written.find_row(session, code) for code in written.codes(session)]
    return sum(step.moment == "now" for rota in rotas for step in _due(session, rota, before, settings))


def hand_overs(session: Session, code: str, since: datetime, until: datetime) -> list[HandOver]:
    """The hand-overs of a rota after `since` and up to `until` (inclusive), in order of time."""
    turns = written.turns_until(session, code, since, until + timedelta.resolution)
    if not turns:
        return []
    overrides = written.overrides_between(session, code, turns[0].from_at, turns[-1].until_at)
    pieces = duty_rules.stretches(written.turn_spans(turns), written.override_spans(overrides))
    return [hand_over for hand_over in between(pieces) if since < hand_over.at <= until]


def _take(desk: _Desk, step: Step) -> int:
    """Write the alert of one step, and that it was taken; how many alerts."""
    sent = None if step.outcome == "missed" else _tell(desk, step)
    if sent is None:
        log.info("hand-over missed", extra={"rota": desk.rota.code, "hand_over": step.hand_over.at.isoformat()})
    desk.session.add(
        HandOverNotice(
            rota=desk.rota.code,
            at=step.hand_over.at,
            moment=step.moment,
            leaving=",".join(step.hand_over.leaving),
            coming=",".join(step.hand_over.coming),
            outcome=step.outcome,
            alert=sent,
            created_at=desk.now,
        )
    )
    desk.session.flush()
    return 0 if sent is None else 1


def _tell(desk: _Desk, step: Step) -> str:
    """One alert to those who hand over and take over, and to who must know that nobody does or that it went otherwise."""
    hand_over = step.hand_over
    along = _along(desk, hand_over) if (step.moment, step.outcome) == ("now", "told") else {}
    answers = dataclasses.replace(
        desk.pressing.answers,
        who_acts=desk.pressing.answers.who_acts or WhoActs(_on_duty_now(desk)),
        rota_proposed=desk.rota.status == "proposed",
    )
    fact = Fact(
        "handOver",
        centre=desk.pressing.centre,
        overflow=desk.pressing.overflow,
        answers=answers,
        details=_details(desk, step) | along,
    )
    roles = desk.settings.audiences.told.get("handOver", ())
    who = _who(desk.session, hand_over)
    fallback = audience(desk.settings.audiences.fallback, who) if hand_over.nobody else ()
    told = dict.fromkeys((*audience(roles, who), *step.also, *fallback))
    sent = alerts.enqueue(desk.session, desk.now, desk.settings, fact, dict.fromkeys(told, ()))
    if along:
        emergency_card.send(desk.session, desk.now, desk.settings, along["card"], answers, told, sent.addresses)
    return sent.alert


def _along(desk: _Desk, hand_over: HandOver) -> dict[str, Any]:
    """What goes along at the moment itself: the note of the leaving, what the coming confirmed, and the emergency card."""
    upstairs = desk.pressing.upstairs
    note = hand_over_notes.write(
        desk.session, desk.now, desk.rota.code, hand_over, upstairs.loose_ends(hand_over.leaving)
    )
    return {
        "note": hand_over_notes.told(note, desk.settings.base_url),
        "confirmedPlaces": sum_known([one["places"] for one in note.content["confirmedPlaces"]]),
        "card": emergency_card.content(desk.session, desk.now, desk.settings, upstairs.ready(), desk.rota.code),
    }


def _on_duty_now(desk: _Desk) -> str | None:
    """Who has duty while this is told: a day before that is not yet the one who takes over."""
    return next(iter(on_duty(desk.session, desk.now, desk.rota.code).organisations), None)


def _details(desk: _Desk, step: Step) -> dict[str, Any]:
    override = desk.session.get(Override, step.hand_over.override) if step.hand_over.override else None
    swap = desk.session.get(Swap, step.hand_over.swap) if step.hand_over.swap else None
    return {
        "leaving": _listed(step.hand_over.leaving),
        "coming": _listed(step.hand_over.coming),
        "at": step.hand_over.at,
        "moment": "withdrawn" if step.outcome == "undone" else step.moment,
        "rota": desk.rota.code,
        "name": desk.name,
        "override": {"by": override.decided_by, "reason": override.reason} if override else None,
        "swap": swap.reason if swap else None,
    }


def _listed(codes: tuple[str, ...]) -> str | list[str] | None:
    """One code as itself, several (a rota with slots) as a list, nobody as None."""
    return list(codes) if len(codes) > 1 else next(iter(codes), None)


def _who(session: Session, hand_over: HandOver) -> dict[str, list[str]]:
    """Who fills the roles of the audience table for this hand-over; `duty` is who takes over."""
    commissioners = {info.province: info.code for info in organisations.listed(session, "commissioner")}
    return {
        **{code: [code] for code in ("coa", "vng", "ministry", "operator")},
        "leaving": list(hand_over.leaving),
        "coming": list(hand_over.coming),
        "duty": list(hand_over.coming),
        "dutyCommissioner": [commissioners[code] for code in hand_over.coming if code in commissioners],
        "allCommissioners": list(commissioners.values()),
    }


def _codes(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()
