"""Who can be told something: at any hour of the day, ever, and by how many contact points."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from piket.organisations.models import ContactPoint

# A telephone is shown to people and never dialled: nothing reaches anybody by it alone.
_WRITTEN = ("email", "webhook")


@dataclass(frozen=True)
class ReachInfo:
    """How one organisation can be reached: how many mailboxes and webhooks by state, and whether a telephone is known."""

    written: Mapping[str, int] = field(default_factory=dict)
    telephone: bool = False

    @property
    def nobody(self) -> bool:
        """Whether nothing that is sent reaches anybody there: it has no mailbox or webhook that has not ended."""
        return not any(number for state, number in self.written.items() if state != "ended")


def reach(session: Session) -> dict[str, ReachInfo]:
    """How every organisation can be reached, by one query; who has no contact point at all is left out."""
    counted = select(ContactPoint.organisation, ContactPoint.channel, ContactPoint.state, func.count())
    written: dict[str, dict[str, int]] = {}
    telephones: set[str] = set()
    for code, channel, state, number in session.execute(
        counted.group_by(ContactPoint.organisation, ContactPoint.channel, ContactPoint.state)
    ):
        states = written.setdefault(code, {})
        if channel in _WRITTEN:
            states[state] = states.get(state, 0) + number
        elif state == "active":
            telephones.add(code)
    return {code: ReachInfo(states, code in telephones) for code, states in written.items()}


def reachable_always(session: Session, organisations: Collection[str]) -> frozenset[str]:
    """Those of them with a mailbox or webhook that is read at all hours. One that fails counts: that is told as such."""
    return _with_point(
        session, organisations, ContactPoint.state.in_(("active", "failing")), ContactPoint.hours == "always"
    )


def ever_reachable(session: Session, organisations: Collection[str]) -> frozenset[str]:
    """Those of them that have or ever had a mailbox or webhook here, whatever became of it."""
    return _with_point(session, organisations)


def _with_point(session: Session, organisations: Collection[str], *wanted: ColumnElement[bool]) -> frozenset[str]:
    query = select(ContactPoint.organisation).where(
        ContactPoint.organisation.in_(organisations), ContactPoint.channel.in_(_WRITTEN), *wanted
    )
    return frozenset(session.scalars(query))
