"""The express lane: the engine of a process sends what that very process has written, without looking for it.

Its deliveries go into the store as claimed already, by that engine and with its lease, in the transaction that writes them.
When it is over they are handed to the engine as they are. A process that is killed in between leaves leases that run out,
like any other. What there is no room for goes the ordinary way.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from piket.alerts.models import Delivery
from piket.alerts.new_delivery import NewDelivery
from piket.alerts.outbox import Claim
from piket.db import Base, afterwards

# Under which name a writing session holds the lane of its process; a process without an engine has none.
EXPRESS = "express"
_ROWS = Base.metadata.tables[Delivery.__tablename__]
_HELD = select(_ROWS.c.id).where(
    _ROWS.c.id.in_(bindparam("ids", expanding=True)),
    _ROWS.c.state == "sending",
    _ROWS.c.lease_owner == bindparam("owner"),
)


class Lane(Protocol):
    """The engine of this process, for who writes deliveries. Used by many threads."""

    @property
    def owner(self) -> str:
        """In whose name deliveries are claimed."""

    @property
    def lease(self) -> timedelta:
        """For how long."""

    def hold(self, wanted: Sequence[tuple[str, str]]) -> set[str]:
        """Of these deliveries (id and host) those that may be sent at once; for them a place is kept until `go`."""

    def go(self, claims: Sequence[Claim]) -> None:
        """The transaction of these is over. Whether they are in the store is for the engine to look."""


def load(session: Session, rows: Collection[NewDelivery]) -> None:
    """Mark the new deliveries that this process will send itself as claimed by it, before they are written."""
    lane: Lane | None = session.info.get(EXPRESS)
    ready = [row for row in rows if row.state == "pending"] if lane else []
    if lane is None or not ready:
        return
    taken = lane.hold([(row.id, row.host) for row in ready])
    claims = []
    for row in ready:
        if row.id in taken:
            row.state, row.lease_owner, row.lease_until = "sending", lane.owner, row.created_at + lane.lease
            claims.append(
                Claim(row.id, row.alert, row.organisation, row.contact_point, row.channel, row.host, 0, 0, lane.owner)
            )
    if claims:
        afterwards(session, partial(lane.go, claims))


def still_held(session: Session, owner: str, deliveries: Collection[str]) -> set[str]:
    """Of these deliveries those that are in the store and `owner`'s: a transaction or a part of it may have been undone."""
    return set(session.scalars(_HELD, {"ids": list(deliveries), "owner": owner}))
