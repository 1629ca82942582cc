"""Write turns down, up to a horizon. What is written is never computed anew (only a decision may supersede what is to come).

That is why a rota can be planned with: whoever has a turn in the calendar keeps it when members, lengths or the program change.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from piket.audit.service import ENGINE, record
from piket.configfile import every
from piket.errors import Misconfigured
from piket.organisations import service as organisations
from piket.rota import written
from piket.rota.definitions import basis_to_json, from_json, from_seed, to_json
from piket.rota.faults import faults_of, sharing_faults
from piket.rota.models import Rota, RotaEdition, Turn
from piket.rota.rules import Definition, PlannedTurn, first_hand_over, turns
from piket.settings import SeedRota, Settings
from piket.words import say

log = logging.getLogger(__name__)


def seed(session: Session, now: datetime, settings: Settings) -> int:
    """Add the rotas of `config/rotas.toml` that are missing, proposed, with turns to the horizon; how many.

    One that is there stays as it is, whatever the file says now. Hand-overs already behind us are not told.
    """
    missing = [wanted for wanted in settings.rotas if session.get(Rota, wanted.code) is None]
    for wanted in missing:
        definition = from_seed(wanted, settings.weights)
        _refuse_what_cannot_work(session, now, settings, wanted, definition)
        session.add(
            Rota(
                code=wanted.code, line=definition.line, status="proposed", version=1, created_at=now, settled_until=now
            )
        )
        session.flush()
        session.add(
            RotaEdition(
                rota=wanted.code,
                edition=1,
                definition=to_json(definition),
                effective_from=first_hand_over(definition),
                recorded_at=now,
            )
        )
        session.flush()
        record(session, now, ENGINE, "seed_rota", f"rota:{wanted.code}", status="proposed")
        write_ahead(session, now, wanted.code, now + timedelta(days=settings.engine.horizon_days))
    return len(missing)


def _refuse_what_cannot_work(
    session: Session, now: datetime, settings: Settings, wanted: SeedRota, definition: Definition
) -> None:
    """Raise `Misconfigured`, naming the file, the rota and every key, when nobody could take turns by it as it stands there."""
    kinds = {info.code: info.kind for info in organisations.listed(session)}
    faults = [
        *sharing_faults(wanted.members, wanted.sharing),
        *(fault for fault in faults_of(definition, kinds, now) if fault.field != "startsOn"),
    ]
    if faults:
        path = settings.config_folder / "rotas.toml"
        raise Misconfigured(
            say("{path} cannot be used: rota {code}: {faults}.", path=str(path), code=wanted.code, faults=every(faults))
        )


def extend(session: Session, now: datetime, horizon_days: int) -> int:
    """Write the turns that are missing up to `horizon_days` from now, for every rota; how many were written.

    A repeat writes nothing. Two at the same time wait for each other.
    """
    until = now + timedelta(days=horizon_days)
    return sum(_extend(session, now, code, until) for code in written.codes(session))


def _extend(session: Session, now: datetime, code: str, until: datetime) -> int:
    """One rota. The horizon is looked at before the lock, so that a pass that finds nothing to write waits for nobody."""
    reached = written.horizon(session, code)
    if reached is not None and reached >= until:
        return 0
    written.find_row(session, code, lock=True)
    return write_ahead(session, now, code, until)


def write_ahead(session: Session, now: datetime, code: str, until: datetime) -> int:
    """Write the turns of the latest definition that follow the last one written and begin before `until`; how many."""
    edition = written.latest_edition(session, code)
    last = written.last_turn(session, code)
    following = turns(from_json(edition.definition), until, written.planned(last) if last else None)
    count = len(write(session, now, code, edition.edition, following))
    if count:
        log.info("turns written", extra={"rota": code, "turns": count, "until": until.isoformat()})
    return count


def write(session: Session, now: datetime, code: str, edition: int, plan: Iterable[PlannedTurn]) -> list[Turn]:
    """Write these turns down."""
    rows = [
        Turn(
            rota=code,
            edition=edition,
            from_at=turn.from_at,
            until_at=turn.until_at,
            slots=[list(holder) for holder in turn.holders],
            basis=basis_to_json(turn.basis),
            created_at=now,
        )
        for turn in plan
    ]
    session.add_all(rows)
    session.flush()
    return rows
