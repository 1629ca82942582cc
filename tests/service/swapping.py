"""Swaps for tests: the turns of the piket after START, and what was done with them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Recipient
from piket.audit.service import Actor
from piket.rota import service as rota
from piket.rota.rules import Definition
from piket.rota.service import Decision, SwapInfo, SwapWish, TurnView
from tests.conftest import make_settings
from tests.fakes import START

MINISTRY = Actor("ministry")
SETTINGS = make_settings("sqlite:///unused.db")
YEAR = timedelta(days=360)


def decide(
    session: Session, code: str, definition: Definition, effective: datetime | None = None, now: datetime = START
) -> int:
    """The ministry decides a rota so."""
    decision = Decision("de minister", date(2024, 9, 1))
    return rota.put_rota(session, now, MINISTRY, code, definition, decision, SETTINGS, effective)


def turns(session: Session, now: datetime = START, code: str = "piket") -> list[TurnView]:
    """The turns that are still to come, oldest first."""
    return [turn for turn in rota.calendar(session, now, now, now + YEAR, code) if turn.from_at > now]


def turn_of(
    session: Session, organisation: str, now: datetime = START, number: int = 0, code: str = "piket"
) -> TurnView:
    """The first turn to come (or a later one) that an organisation has as things stand."""
    own = [t for t in turns(session, now, code) if any(organisation in slot.organisations for slot in t.slots)]
    return own[number]


def propose(
    session: Session, offering: str, requested: str, now: datetime = START, by: str | None = None, **more: Any
) -> SwapInfo:
    """`offering` proposes to give its next turn for the next one of `requested`."""
    given = {
        "offered_turn": turn_of(session, offering, now).id,
        "requested_turn": turn_of(session, requested, now).id,
        "reason": "Verkiezingen.",
        **more,
    }
    return rota.propose_swap(session, now, Actor(by or offering), SwapWish(**given))


def swap(session: Session, offering: str, requested: str, now: datetime = START, **more: Any) -> SwapInfo:
    """Proposed and accepted."""
    made = propose(session, offering, requested, now, **more)
    return rota.accept_swap(session, now, Actor(requested), made.id)[0]


def holders(session: Session, number: int = 6, now: datetime = START) -> list[str]:
    """Who has the coming turns."""
    return [turn.slots[0].organisations[0] for turn in turns(session, now)[:number]]


def told(session: Session, since: int = 0) -> list[tuple[str, set[str]]]:
    """What was told of swaps, and to whom, after the alert with that number."""
    found = session.scalars(select(Alert).where(Alert.kind == "swap", Alert.seq > since).order_by(Alert.seq))
    return [(str(alert.details["what"]), told_by(session, alert.id)) for alert in found]


def told_by(session: Session, alert: str) -> set[str]:
    return set(session.scalars(select(Recipient.organisation).where(Recipient.alert == alert)))
