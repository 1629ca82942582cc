"""Tell together what was held back: one alert that lists all of it, in the transaction in which it stops waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.alerts.enqueue import fact_about, write_alert
from piket.alerts.frozen import moment_text
from piket.alerts.gather_rules import gathered_kind, is_due
from piket.alerts.gathering import alike, limits_of, waiting
from piket.alerts.models import Alert, Delivery
from piket.alerts.new_delivery import NewDelivery, new_delivery
from piket.alerts.rules import Fact
from piket.alerts.writing import write_deliveries, write_recipients
from piket.organisations import service as organisations
from piket.settings import Settings

# The most that one message lists; what is beyond comes in another one, with the next pass.
MOST = 500
# What a list keeps of the details of the alerts in it.
_OF_COUNTS = ("lastJudged", "judgeAt", "observedAt")
_OF_CALLS = ("organisation", "places", "counted", "state", "madeAt", "respondBy", "neededBy", "next", "reason")


def tell_gathered(session: Session, now: datetime, settings: Settings) -> int:
    """Write what is due of what was held back; how many alerts. A crash leaves all of one pass or nothing.

    Two passes at once never tell the same: a row that the other holds is left to it.
    """
    told = 0
    for kind, centre, drill in _due(session, now, settings):
        about = select(Delivery.alert).where(waiting())
        alerts = session.scalars(
            select(Alert).where(alike(kind, centre, drill), Alert.id.in_(about)).order_by(Alert.seq).limit(MOST)
        ).all()
        rows = session.scalars(
            select(Delivery)
            .where(waiting(), Delivery.alert.in_([alert.id for alert in alerts]))
            .order_by(Delivery.created_at, Delivery.id)
            .with_for_update(skip_locked=True)
        ).all()
        if rows:
            _tell(session, now, settings, kind, alerts, rows)
            told += 1
    return told


def _due(session: Session, now: datetime, settings: Settings) -> list[tuple[str, str | None, bool]]:
    """Which messages are due: by kind, centre and drill flag. One look by an index when nothing waits."""
    if session.scalar(select(Delivery.id).where(waiting()).limit(1)) is None:
        return []
    planned = session.execute(
        select(Alert.kind, Alert.centre, Alert.drill, func.min(Delivery.next_attempt_at))
        .join(Delivery, Delivery.alert == Alert.id)
        .where(waiting())
        .group_by(Alert.kind, Alert.centre, Alert.drill)
    ).all()
    due: dict[tuple[str, str | None, bool], None] = {}
    for alert_kind, centre, drill, at in planned:
        kind = str(gathered_kind(alert_kind))
        if at is not None and is_due(at, now, limits_of(settings.delivery, kind)):
            due[(kind, None if kind == "failuresGathered" else centre, drill)] = None
    return list(due)


def _tell(
    session: Session, now: datetime, settings: Settings, kind: str, alerts: Sequence[Alert], rows: Sequence[Delivery]
) -> None:
    held = {row.alert for row in rows}
    listed = [alert for alert in alerts if alert.id in held]
    digest = write_alert(session, now, settings, _fact(kind, listed))
    made: dict[str, NewDelivery] = {}
    points = organisations.contact_points_by_id(session, {row.contact_point for row in rows})
    for row in rows:
        if row.contact_point not in made:
            delivery = new_delivery(digest.id, row.organisation, points[row.contact_point], now)
            made[row.contact_point] = delivery
    told = dict.fromkeys(row.organisation for row in rows)
    recipients = [{"organisation": code, "levels": [], "reachable": True} for code in told]
    write_recipients(session, now, digest.id, recipients)
    write_deliveries(session, made.values())
    for row in rows:
        row.gathered_in, row.next_attempt_at = made[row.contact_point].id, None
    session.flush()


def _fact(kind: str, listed: Sequence[Alert]) -> Fact:
    """What was known at the last of them, and all of them in the order in which they arose."""
    first, last = listed[0], listed[-1]
    if kind == "failuresGathered":
        return fact_about(last, kind, {"failures": [_failure(alert) for alert in listed]})
    told = (
        {"changes": list(map(_change, listed))} if kind == "levelsGathered" else {"messages": list(map(_call, listed))}
    )
    details = {"since": first.at, "until": last.at, **told}
    fact = fact_about(last, kind, {"centreName": last.centre_name, **details})
    return Fact(**{**vars(fact), "previous_level": first.previous_level})


def _change(alert: Alert) -> dict[str, Any]:
    full = alert.answers["howFull"]
    return {
        **{key: alert.details.get(key) for key in _OF_COUNTS if key in alert.details},
        **_told(alert),
        "previousLevel": alert.previous_level,
        "level": alert.level,
        "people": alert.details.get("people", full["people"]),
        "withoutBed": full["withoutBed"],
    }


def _call(alert: Alert) -> dict[str, Any]:
    return {**{key: alert.details.get(key) for key in _OF_CALLS}, **_told(alert), "callUp": alert.call_up}


def _told(alert: Alert) -> dict[str, Any]:
    return {"alert": alert.id, "kind": alert.kind, "at": moment_text(alert.at)}


def _failure(alert: Alert) -> dict[str, Any]:
    return {**alert.details, "failed": alert.id, "at": moment_text(alert.at)}
