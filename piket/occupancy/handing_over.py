"""What a hand-over must know of episodes and places: what goes on beyond it, and what stands ready. Plain JSON, as in the API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from piket.clock import as_text
from piket.overflows import service as overflows
from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.pages import PageRequest
from piket.places import service as places
from piket.places.service import CommitmentInfo
from piket.rota.service import LooseEnds, ReadyPlaces, Upstairs
from piket.settings import Policy

MOST_PLACES, MOST_REMARKS = 500, 20


def upstairs(session: Session, now: datetime) -> Upstairs:
    """The answers for a hand-over that is told at `now`; nothing is read until they are asked."""
    return Upstairs(partial(loose_ends, session, now), partial(ready, session, now))


def ready(session: Session, now: datetime, ahead_hours: int = Policy.places_ahead_hours) -> ReadyPlaces:
    """Places free now and on notice, of each province that has any."""
    sums = places.summary(session, now, ahead_hours).provinces
    return ReadyPlaces(now, {code: (one.free, one.on_notice) for code, one in sorted(sums.items())})


def loose_ends(session: Session, now: datetime, leaving: Collection[str]) -> LooseEnds:
    """Open episodes with what they still ask, the promises of `leaving` that run on, and what was noted. Never drills."""
    opened = [overflows.overflow(session, now, one) for one in overflows.open_ones(session)]
    running = [
        one
        for code in leaving
        for one in places.commitments_paged(
            session, now, PageRequest(MOST_PLACES), province=code, state="committed"
        ).items
    ]
    remarks = [
        {"at": as_text(act.at), "by": act.actor, "text": act.data.get("text")}
        for one in opened
        for act in overflows.acts_of(session, PageRequest(MOST_REMARKS), "note", overflow=one.id).items
    ]
    return LooseEnds(
        [_episode(one) for one in opened],
        [_place(one) for one in running],
        sorted(remarks, key=lambda remark: str(remark["at"])),
    )


def _episode(found: OverflowInfo) -> Mapping[str, Any]:
    return {
        "overflow": found.id,
        "centre": found.centre,
        "needed": found.needed,
        "committed": found.committed,
        "shortfall": found.shortfall,
        "callUps": [_call_up(call) for call in found.call_ups if call.state == "open" or call.committed],
    }


def _call_up(call: CallUpInfo) -> dict[str, Any]:
    return {
        "id": call.id,
        "organisation": call.organisation,
        "places": call.places,
        "committed": call.committed,
        "state": call.state,
        "respondBy": as_text(call.respond_by),
        "neededBy": as_text(call.needed_by),
    }


def _place(one: CommitmentInfo) -> Mapping[str, Any]:
    return {
        "commitment": one.id,
        "centre": one.centre,
        "province": one.province,
        "municipality": one.municipality,
        "site": one.site,
        "places": one.places,
        "occupied": one.occupied,
        "until": as_text(one.until) if one.until else None,
    }
