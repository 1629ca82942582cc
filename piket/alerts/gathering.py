"""Hold back what would be a storm, while an alert is written; `digests.tell_gathered` tells it together.

What is held back is a delivery in the state `gathered`, written in the transaction of its alert like any other; at its
`next_attempt_at` a pass writes one alert that lists all of them, with a delivery for each of their contact points.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, select
from sqlalchemy.orm import Session

from piket.alerts.gather_rules import GATHERED, Limits, Message, gathered_kind, is_held_back, told_at
from piket.alerts.models import Alert, Delivery
from piket.alerts.new_delivery import NewDelivery
from piket.db import Base
from piket.settings import DeliverySettings

# How many alerts back is looked: a storm of thousands must not make every count that comes in slow.
LOOK_BACK = 200
# Asked for every change of level, so built once.
_ROWS = Base.metadata.tables[Alert.__tablename__]
_RECENT = (
    select(_ROWS.c.id, _ROWS.c.kind, _ROWS.c.level, _ROWS.c.created_at)
    .where(
        _ROWS.c.kind.in_(bindparam("kinds", expanding=True)),
        _ROWS.c.drill == bindparam("drill"),
        _ROWS.c.created_at > bindparam("since"),
        _ROWS.c.id != bindparam("this"),
    )
    .order_by(_ROWS.c.seq.desc())
    .limit(LOOK_BACK)
)
_RECENT_OF_CENTRE = _RECENT.where(_ROWS.c.centre == bindparam("centre"))
_RECENT_OF_NONE = _RECENT.where(_ROWS.c.centre.is_(None))


def limits_of(settings: DeliverySettings, kind: str) -> Limits:
    """The numbers for what is gathered into `kind`."""
    window, urgent = timedelta(minutes=settings.gather_minutes), timedelta(minutes=settings.gather_urgent_minutes)
    return Limits(settings.gather_above, window, window if kind == "levelsGathered" else urgent, urgent)


def alike(kind: str, centre: str | None, drill: bool) -> ColumnElement[bool]:
    """The alerts that are gathered into one message of this kind: by centre, failures all together."""
    same = and_(Alert.kind.in_(GATHERED[kind]), Alert.drill == drill)
    return same if kind == "failuresGathered" else and_(same, Alert.centre == centre)


def waiting() -> ColumnElement[bool]:
    """The deliveries that were held back and are not told yet."""
    return and_(Delivery.state == "gathered", Delivery.next_attempt_at.is_not(None))


def hold_back(session: Session, settings: DeliverySettings, alert: Alert, deliveries: Sequence[NewDelivery]) -> None:
    """Of the deliveries of a new alert, make those `gathered` that would be one too many for their contact point.

    Ordinarily one look by an index, which finds that nothing much happened.
    """
    kind = gathered_kind(alert.kind)
    if kind is None or not deliveries:
        return
    limits = limits_of(settings, kind)
    recent = _recent(session, alert, kind, alert.created_at - limits.window)
    if len(recent) < limits.above:
        return
    new = Message(alert.kind, alert.level, alert.created_at)
    before = _told_before(session, recent, [delivery.contact_point for delivery in deliveries])
    held = [row for row in deliveries if is_held_back(new, before.get(row.contact_point, ()), limits)]
    if not held:
        return
    same = alike(kind, alert.centre, alert.drill)
    earliest = select(Delivery.next_attempt_at).join(Alert, Alert.id == Delivery.alert).where(waiting(), same)
    at = told_at(new, session.scalar(earliest.order_by(Delivery.next_attempt_at).limit(1)), limits)
    for row in held:
        row.state, row.next_attempt_at = "gathered", at


def _recent(session: Session, alert: Alert, kind: str, since: datetime) -> dict[str, Message]:
    """The alerts before this one that would be gathered with it, the newest of them, by id."""
    asked = {"kinds": list(GATHERED[kind]), "drill": alert.drill, "since": since, "this": alert.id}
    if kind == "failuresGathered":
        rows = session.execute(_RECENT, asked)
    elif alert.centre is None:
        rows = session.execute(_RECENT_OF_NONE, asked)
    else:
        rows = session.execute(_RECENT_OF_CENTRE, {**asked, "centre": alert.centre})
    return {identifier: Message(kind, level, at) for identifier, kind, level, at in rows}


def _told_before(
    session: Session, recent: Mapping[str, Message], contact_points: Collection[str]
) -> dict[str, list[Message]]:
    """Which of the recent alerts each contact point was told of, or will be.

    Found by the alerts alone: a store that is asked for the contact points too goes through all they were ever told.
    """
    told: dict[str, list[Message]] = {point: [] for point in contact_points}
    rows = session.execute(select(Delivery.contact_point, Delivery.alert).where(Delivery.alert.in_(recent)))
    for point, identifier in rows:
        if point in told:
            told[point].append(recent[identifier])
    return told
