"""Book into the rota's ledger what an episode makes the called carry: 10.5 of the rules. Drills carry nothing.

Each booking is made from rows and names what it is the record of, so making it again books nothing: a call-up is booked
anew, whole, at each thing that happens to it, and what happened before there was a ledger is booked the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.overflows.models import Act, CallUp
from piket.places import service as places
from piket.rota import service as rota
from piket.rota.rules import to_local, wall_moment
from piket.rota.service import Booking
from piket.settings import Settings

_DAY = timedelta(days=1)
NIGHTS = "nights"
# Who was moved in or out just before the end of the night is written down a little later.
SETTLED = timedelta(hours=1)


def book(session: Session, now: datetime, call: CallUp) -> int:
    """Book whatever of this call-up is not booked yet; how many rows were written."""
    return 0 if call.drill else rota.book(session, now, _of_call(session, call))


def book_nights(session: Session, now: datetime, settings: Settings) -> int:
    """Book the nights that are over and were not booked, and before the first of them all call-ups there ever were.

    How many rows were written. A repeat, and two engines at once, book nothing twice; after a pause all nights are made up.
    """
    last = _last_night(now, settings.policy.night_counted_until)
    booked = rota.marked(session, NIGHTS)
    if booked is not None and booked >= last:
        return 0
    made = 0
    if booked is None:
        calls = session.scalars(select(CallUp).where(CallUp.drill.is_(False)).order_by(CallUp.made_at)).all()
        made += sum(book(session, now, call) for call in calls)
        first = places.first_promise(session)
        booked = min(last, to_local(first).date() - 2 * _DAY) if first else last
    while booked < last:
        booked += _DAY
        made += rota.book(session, now, _of_night(session, booked, settings.policy.night_counted_until))
    rota.mark(session, now, NIGHTS, last)
    return made


def _last_night(now: datetime, until: time) -> date:
    """The evening's date of the last night that is over and settled."""
    today = to_local(now).date()
    over = now >= wall_moment(today, until) + SETTLED
    return today - (_DAY if over else 2 * _DAY)


def _of_call(session: Session, call: CallUp) -> Iterator[Booking]:
    """That it was made, what was asked and taken back, and what was delivered on it."""
    own = Booking(f"call-up:{call.id}", "callUp", call.organisation, call.made_at, call.overflow, call.id)
    yield replace(own, call_ups=1, places_asked=call.places)
    if call.released_at is not None and call.answered_at is None and call.expired_at is None:
        source = f"released:{call.id}"
        yield replace(own, source=source, kind="released", at=call.released_at, places_asked=-call.places)
    if call.answered_at is None:
        return
    if call.taken:
        for act in session.scalars(select(Act).where(Act.call_up == call.id, Act.kind == "acceptance")):
            source = f"taken:{act.id}"
            yield replace(own, source=source, kind="taken", at=act.at, places_asked=act.data["places"])
    for one in places.delivered(session, [call.id]):
        yield replace(
            own,
            source=f"delivery:{one.commitment}:{one.version}",
            kind="delivery",
            at=one.at,
            commitment=one.commitment,
            places_delivered=one.places,
        )


def _of_night(session: Session, night: date, until: time) -> Iterator[Booking]:
    """The people who slept in the places of each call-up, from midnight to the end of the night that began on `night`."""
    begins, ends = wall_moment(night + _DAY, time()), wall_moment(night + _DAY, until)
    found = places.slept(session, begins, ends)
    calls = {call.id: call for call in session.scalars(select(CallUp).where(CallUp.id.in_({s.call_up for s in found})))}
    for one in found:
        call = calls[one.call_up]
        yield Booking(
            f"night:{one.commitment}:{night}",
            "night",
            call.organisation,
            begins,
            overflow=call.overflow,
            call_up=call.id,
            commitment=one.commitment,
            night=night,
            nights_hosted=one.people,
        )
