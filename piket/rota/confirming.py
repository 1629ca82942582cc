"""Put a step of asking into an alert: who is told of it, and what it says. `confirmations` decides which."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.rules import Fact, WhoActs, audience
from piket.alerts.service import Sent
from piket.organisations import service as organisations
from piket.rota.confirm_rules import Stint, Timing, answer_by
from piket.rota.duty import on_duty
from piket.rota.hand_overs import Pressing
from piket.rota.models import Rota
from piket.rota.rules import Definition
from piket.settings import Policy, Settings

__all__ = ["Desk", "Pressing", "tell", "timing_of"]

KIND = "confirmationAsked"
# Also where an older `config/audiences.toml` does not name them: nobody must be forgotten for that.
ROLES = ("coming", "dutyCommissioner", "standby", "spokenFor")


@dataclass(frozen=True)
class Desk:
    """What one pass, or one answer, holds of a rota."""

    session: Session
    now: datetime
    settings: Settings
    pressing: Pressing
    rota: Rota
    definition: Definition


def tell(
    desk: Desk,
    step: str,
    stint: Stint,
    told: tuple[str, ...] | None = None,
    *,
    except_addresses: Collection[str] = (),
    **details: Any,
) -> Sent:
    """One alert about a step. `told` None: those whom the table of audiences names for the roles that this step fills.

    Where nobody fills them (no commissioner, no standby) the fallback is told: silence must reach somebody.
    """
    standby = on_duty(desk.session, max(desk.now, stint.from_at), desk.rota.code).standby
    if told is None:
        who = _who(desk.session, step, stint, standby)
        roles = desk.settings.audiences.told.get(KIND, ROLES)
        told = audience(roles, who) or audience(desk.settings.audiences.fallback, who)
    by = answer_by(stint, desk.now, timing_of(desk.settings.policy)) if step not in ("confirmed", "withdrawn") else None
    fact = Fact(
        KIND,
        centre=desk.pressing.centre,
        overflow=desk.pressing.overflow,
        answers=dataclasses.replace(
            desk.pressing.answers,
            who_acts=desk.pressing.answers.who_acts or _who_acts(desk, step, stint, by),
            rota_proposed=desk.rota.status == "proposed",
        ),
        details=_details(desk, step, stint, standby, by) | _spelled(details),
    )
    return alerts.enqueue(
        desk.session, desk.now, desk.settings, fact, dict.fromkeys(told, ()), except_addresses=except_addresses
    )


def _who(session: Session, step: str, stint: Stint, standby: str | None) -> dict[str, list[str]]:
    """Who fills the roles at this step; a role that this step does not concern is filled by nobody."""
    filled: dict[str, list[str]] = {code: [code] for code in ("coa", "vng", "ministry", "operator")}
    if step == "silent":
        commissioner = _commissioner(session, stint.organisation)
        return filled | {"dutyCommissioner": [commissioner] if commissioner else []}
    if step == "missing":
        return filled | {"coming": [stint.organisation], "standby": [standby] if standby else ["coa", "ministry"]}
    return filled | {"coming": [stint.organisation]}


def _commissioner(session: Session, organisation: str) -> str | None:
    """The King's Commissioner of the province in which an organisation lies, or None."""
    found = organisations.known(session, organisation)
    province = (found.province or found.code) if found else organisation
    return organisations.commissioner_of(session, province)


def _who_acts(desk: Desk, step: str, stint: Stint, by: datetime | None) -> WhoActs:
    """Whose move it is: who must answer; after that who has duty now."""
    if step in ("confirmed", "withdrawn"):
        return WhoActs(next(iter(on_duty(desk.session, desk.now, desk.rota.code).organisations), None))
    return WhoActs(stint.organisation, by)


def timing_of(policy: Policy) -> Timing:
    """The numbers of the settings."""
    return Timing(
        ask_before=timedelta(days=policy.confirm_days_before),
        remind_after=timedelta(days=policy.confirm_remind_after_days),
        commissioner_before=timedelta(hours=policy.confirm_commissioner_hours),
    )


def _details(desk: Desk, step: str, stint: Stint, standby: str | None, by: datetime | None) -> dict[str, Any]:
    return {
        "step": step,
        "organisation": stint.organisation,
        "turn": stint.turn,
        "from": stint.from_at,
        "until": stint.until_at,
        "respondBy": by,
        "standby": standby,
        "placesTarget": desk.definition.places_target,
        "answerAt": f"{desk.settings.base_url}/turns/{stint.turn}",
        "rota": desk.rota.code,
        "name": desk.definition.name,
    }


def _spelled(details: Mapping[str, Any]) -> dict[str, Any]:
    """Further details under their names in the API."""
    names = {"on_behalf": "onBehalf"}
    return {names.get(name, name): value for name, value in details.items()}
