"""Tell each organisation whose turns a decision moved, and nobody else: rule 7.7."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.rules import Fact, WhoActs, audience
from piket.rota.changes import Change, Decision
from piket.rota.duty import on_duty
from piket.rota.hand_overs import Pressing
from piket.rota.models import Rota
from piket.settings import Settings


def tell_moved(
    session: Session,
    now: datetime,
    settings: Settings,
    pressing: Pressing,
    rota: Rota,
    name: str,
    decision: Decision,
    change: Change,
) -> int:
    """Write one alert to everybody whose turns moved, in the transaction that moved them; how many organisations.

    Each reads its own turns in it. A decision that moves nobody's turns writes none.
    """
    whose = change.whose
    if not whose:
        return 0
    duty = next(iter(on_duty(session, now, rota.code).organisations), None)
    answers = dataclasses.replace(
        pressing.answers, who_acts=pressing.answers.who_acts or WhoActs(duty), rota_proposed=rota.status == "proposed"
    )
    details = {
        "rota": rota.code,
        "name": name,
        "from": change.takes_effect,
        "decision": {"by": decision.by, "on": decision.on, "note": decision.note},
        "moved": {code: {"was": was, "now": comes} for code, (was, comes) in whose.items()},
    }
    fact = Fact("rotaChanged", pressing.centre, overflow=pressing.overflow, answers=answers, details=details)
    roles = settings.audiences.told.get("rotaChanged", ("moved",))
    who = {**{code: [code] for code in ("coa", "vng", "ministry", "operator")}, "moved": list(whose)}
    alerts.enqueue(session, now, settings, fact, dict.fromkeys(audience(roles, who), ()))
    return len(whose)
