"""Whether alerts arrived: of each how many messages did, are under way, and did not, for one organisation or for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.info import AlertInfo
from piket.alerts.models import Delivery, Recipient
from piket.alerts.not_arrived import UNDELIVERED_AFTER_FAILURES


@dataclass(frozen=True)
class Arrival:
    """How many of the messages of one alert arrived, are under way, and did not arrive.

    `failed` counts organisations without an address too. `together`: they are told together with others, by another alert.
    `needless`: not sent any more, because it was read by another way. All 0: nothing was written to its addresses.
    """

    arrived: int = 0
    under_way: int = 0
    failed: int = 0
    together: int = 0
    needless: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.arrived + self.under_way + self.failed + self.together + self.needless


def arrivals(session: Session, alerts: Iterable[AlertInfo], organisation: str | None = None) -> dict[str, Arrival]:
    """Of each of these alerts, by its id, how its messages to this organisation stand, or those to everybody. Two queries."""
    read = {alert.id: {one.organisation for one in alert.acknowledgements} for alert in alerts}
    found: dict[str, list[str]] = {alert: [] for alert in read}
    deliveries = select(Delivery.alert, Delivery.organisation, Delivery.state, Delivery.failures, Delivery.gave_up_at)
    deliveries = deliveries.where(Delivery.alert.in_(read))
    recipients = select(Recipient.alert, Recipient.organisation).where(
        Recipient.alert.in_(read), Recipient.reachable.is_(False)
    )
    if organisation is not None:
        deliveries = deliveries.where(Delivery.organisation == organisation)
        recipients = recipients.where(Recipient.organisation == organisation)
    for alert, code, state, failures, gave_up_at in session.execute(deliveries):
        troubled = failures >= UNDELIVERED_AFTER_FAILURES or gave_up_at is not None
        found[alert].append(standing(state, troubled, code in read[alert]))
    for alert, code in session.execute(recipients):
        found[alert] += ["failed"] if code not in read[alert] else []
    return {alert: _counted(words) for alert, words in found.items()}


def standing(state: str, troubled: bool, read: bool) -> str:
    """How one delivery stands: `arrived`, `under_way`, `failed`, `together`, or `needless`: read by another way, or overtaken.

    `troubled`: three failures or more, or given up; `read`: its organisation said that it has read the alert.
    """
    if state == "delivered":
        return "arrived"
    if state == "gathered":
        return "together"
    if troubled and not read:
        return "failed"
    return "needless" if state == "failed" else "under_way"


def _counted(words: Sequence[str]) -> Arrival:
    return Arrival(*(words.count(name) for name in ("arrived", "under_way", "failed", "together", "needless")))
