"""How duty is covered for a year ahead: read when asked, looked at by every pass, and a hole told when it appears."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.rules import Fact, WhoActs, audience
from piket.audit import service as audit
from piket.db import new_id
from piket.organisations import service as organisations
from piket.rota import coverage_rules, duty_rules, written
from piket.rota.confirmed import confirmed
from piket.rota.coverage_rules import Cover, Hole, KnownHole
from piket.rota.duty import on_duty
from piket.rota.hand_overs import Pressing
from piket.rota.ledger_models import CoverageCheck, CoverageHole
from piket.rota.models import Rota
from piket.settings import Settings

log = logging.getLogger(__name__)
AHEAD = timedelta(days=365)
# What no deed announces (time itself, turns that a pass writes) is seen within this time.
AT_LEAST_EVERY = timedelta(minutes=10)
# An installation whose `audiences.toml` is older than this tells of holes all the same.
TOLD_UNLESS_SET = ("coa", "ministry", "operator")
# What deeds may make or mend a hole, by the beginning of their subject in the record.
DEEDS = ("rota:", "override:", "swap:", "turn:", "contact-point:", "organisation:")

_CHECKS = (
    select(Rota.code, CoverageCheck.checked_at, CoverageCheck.seen)
    .outerjoin(CoverageCheck, CoverageCheck.rota == Rota.code)
    .order_by(Rota.line, Rota.code)
)


@dataclass(frozen=True)
class HoleInfo:
    """A hole that is known: since when, what told of it, and when it was gone (None: it is there)."""

    id: str
    rota: str
    state: str
    organisations: tuple[str, ...]
    from_at: datetime
    until_at: datetime
    appeared_at: datetime
    alert: str | None
    gone_at: datetime | None


@dataclass(frozen=True)
class Coverage:
    """How a rota is covered from `since` until `until`, end to end, and which holes are in it."""

    rota: str
    status: str
    since: datetime
    until: datetime
    covers: tuple[Cover, ...]
    holes: tuple[Hole, ...]


def coverage(
    session: Session,
    now: datetime,
    settings: Settings,
    code: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Coverage:
    """How duty is covered from `since` until `until`, as far as that lies between now and a year ahead.

    Before the first turn of a rota nobody need have duty. Raises `NotFound` for an unknown rota.
    """
    rota = written.find_row(session, code)
    begins = max(since or now, now, written.beginning(session, code) or now)
    # Where turns are written less far ahead on purpose, what is not written yet is no hole.
    last = now + min(AHEAD, timedelta(days=settings.engine.horizon_days))
    ends = max(begins, min(until or last, last))
    covers = _covers(session, now, settings, code, begins, ends)
    return Coverage(code, rota.status, begins, ends, tuple(covers), tuple(coverage_rules.holes(covers)))


def _covers(
    session: Session, now: datetime, settings: Settings, code: str, since: datetime, until: datetime
) -> list[Cover]:
    turns = [turn for turn in written.turns_until(session, code, since, until) if turn.until_at > since]
    overrides = written.overrides_between(session, code, turns[0].from_at, turns[-1].until_at) if turns else []
    pieces = duty_rules.stretches(written.turn_spans(turns), written.override_spans(overrides))
    asked_until = now + timedelta(days=settings.policy.confirm_days_before)
    known = confirmed(session, [turn.id for turn in turns if turn.from_at <= asked_until])
    return coverage_rules.cover(
        pieces,
        since,
        until,
        organisations.reachable_always(session, {code for piece in pieces for code in piece.organisations}),
        lambda turn, organisation: known.of(turn, organisation) is not None,
        asked_until,
    )


def holes_of(session: Session, code: str) -> list[HoleInfo]:
    """Every hole that a rota has or had, as it was noticed, the newest first."""
    query = select(CoverageHole).where(CoverageHole.rota == code)
    return [
        _info(row) for row in session.scalars(query.order_by(CoverageHole.appeared_at.desc(), CoverageHole.from_at))
    ]


def check_coverage(session: Session, now: datetime, settings: Settings, pressing: Callable[[], Pressing]) -> int:
    """Look for holes in every rota in which something may have changed, and tell those that were not told; how many.

    `pressing` gives what is known of the three questions, asked only when there is something to tell. What is gone is written
    down and told to nobody. A repeat tells nothing; two at once wait for each other.
    """
    return sum(_check(session, now, settings, pressing, code) for code in _due(session, now))


def _due(session: Session, now: datetime) -> list[str]:
    """The rotas in which something was done since the last look that may make a hole, or of which that look was long ago."""
    checks = session.execute(_CHECKS).all()
    looked = [check.seen for check in checks if check.seen is not None]
    last = (audit.last_touched(session, min(looked), DEEDS) if looked else None) or 0
    return [
        check.code
        for check in checks
        if check.seen is None or last > check.seen or abs(now - check.checked_at) >= AT_LEAST_EVERY
    ]


def _check(session: Session, now: datetime, settings: Settings, pressing: Callable[[], Pressing], code: str) -> int:
    """One rota, looked at again behind its lock: nearly every pass finds nothing to do and takes none."""
    rota = written.find_row(session, code, lock=True)
    seen = audit.newest(session)
    if code not in _due(session, now):
        return 0
    found = coverage(session, now, settings, code).holes
    rows = _write_down(session, now, code, found)
    waiting = {id: hole for id, hole in rows.items() if _is_told(session, rota, hole)}
    if waiting:
        alert = _tell(session, now, settings, rota, list(waiting.values()), pressing())
        for id in waiting:
            session.get_one(CoverageHole, id).alert = alert
    check = session.get(CoverageCheck, code) or CoverageCheck(rota=code)
    check.checked_at, check.seen = now, seen
    session.add(check)
    session.flush()
    return len(waiting)


def _write_down(session: Session, now: datetime, code: str, found: Sequence[Hole]) -> dict[str, Hole]:
    """Keep the holes that are new and mark those that are gone; which of those that are there were told to nobody, by id."""
    query = select(CoverageHole).where(CoverageHole.rota == code, CoverageHole.gone_at.is_(None))
    rows = {row.id: row for row in session.scalars(query)}
    appeared, gone = coverage_rules.compare([_known(row) for row in rows.values()], found)
    for id in gone:
        rows.pop(id).gone_at = now
    for hole in appeared:
        row = CoverageHole(
            id=new_id(), rota=code, state=hole.state, organisations=list(hole.organisations), from_at=hole.from_at,
            until_at=hole.until_at, appeared_at=now,
        )  # fmt: skip
        session.add(row)
        rows[row.id] = row
    there = {id: next(hole for hole in found if _known(row).is_still(hole)) for id, row in rows.items()}
    for id, hole in there.items():
        # A span with nobody grows as the year moves on; it is the same hole.
        rows[id].until_at = max(rows[id].until_at, hole.until_at) if hole.state == "nobody" else rows[id].until_at
    return {id: hole for id, hole in there.items() if rows[id].alert is None}


def _is_told(session: Session, rota: Rota, hole: Hole) -> bool:
    """Whether a hole is told. While nothing is decided, who never had a contact point has not joined yet: it is only shown."""
    return (
        rota.status == "decided"
        or hole.state == "nobody"
        or bool(organisations.ever_reachable(session, hole.organisations))
    )


def _tell(
    session: Session, now: datetime, settings: Settings, rota: Rota, told: Sequence[Hole], pressing: Pressing
) -> str:
    """One alert for all the holes that are told together, to who can do something about them; its id."""
    acts = pressing.answers.who_acts or WhoActs(next(iter(on_duty(session, now, rota.code).organisations), None))
    fact = Fact(
        "coverageHole",
        centre=pressing.centre,
        overflow=pressing.overflow,
        answers=replace(pressing.answers, who_acts=acts, rota_proposed=rota.status == "proposed"),
        details={
            "rota": rota.code,
            "name": written.definition_at(session, rota.code, now).name,
            "organisations": list(dict.fromkeys(code for hole in told for code in hole.organisations)),
            "holes": [_detail(hole) for hole in told],
        },
    )
    who = {code: (code,) for code in ("coa", "vng", "ministry", "operator")}
    roles = audience(settings.audiences.told.get("coverageHole", TOLD_UNLESS_SET), who)
    log.info("holes in the cover", extra={"rota": rota.code, "holes": len(told)})
    return alerts.enqueue(session, now, settings, fact, dict.fromkeys(roles, ())).alert


def _detail(hole: Hole) -> dict[str, Any]:
    """A hole as it stands in the alert."""
    return {
        "state": hole.state,
        "organisations": list(hole.organisations),
        "from": hole.from_at,
        "until": hole.until_at,
        "stretches": hole.stretches,
    }


def _known(row: CoverageHole) -> KnownHole:
    return KnownHole(row.id, row.state, tuple(row.organisations), row.from_at, row.until_at)


def _info(row: CoverageHole) -> HoleInfo:
    return HoleInfo(
        row.id,
        row.rota,
        row.state,
        tuple(row.organisations),
        row.from_at,
        row.until_at,
        row.appeared_at,
        row.alert,
        row.gone_at,
    )
