"""The desk of Ter Apel for tests: post counts, answer call-ups, let time pass, and ask what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Recipient
from piket.audit.service import Actor
from piket.occupancy import service as occupancy
from piket.occupancy.models import Count
from piket.occupancy.service import NewCount, Recorded
from piket.overflows import service as overflows
from piket.overflows.service import Answer, CallUpInfo, Desk, OverflowInfo
from piket.pages import PageRequest
from piket.places import service as places
from piket.places.service import CommitmentInfo, SitePromise
from piket.rota import service as rota
from piket.settings import Settings
from tests.fakes import FakeClock

CENTRE = "ter-apel"
# A municipality of each province, to host.
HOSTS = {
    "nl-dr": "gm0106",
    "nl-fl": "gm0034",
    "nl-fr": "gm0080",
    "nl-ge": "gm0202",
    "nl-gr": "gm0014",
    "nl-li": "gm0935",
    "nl-nb": "gm0758",
    "nl-nh": "gm0363",
    "nl-ov": "gm0193",
    "nl-ut": "gm0344",
    "nl-ze": "gm0687",
    "nl-zh": "gm0518",
}


def commitments(session: Session, at: datetime, **wanted: Any) -> list[CommitmentInfo]:
    """All commitments as they stand at `at`, oldest first."""
    return list(reversed(places.commitments_paged(session, at, PageRequest(500), **wanted).items))


class Night:
    """One centre and one session, at the clock's moment."""

    def __init__(self, session: Session, settings: Settings, clock: FakeClock) -> None:
        self.session, self.settings, self.clock = session, settings, clock

    @contextmanager
    def at(self, organisation: str = "coa", **actor: Any) -> Iterator[Desk]:
        with occupancy.at_centre(
            self.session, self.clock(), self.settings, CENTRE, Actor(organisation, **actor)
        ) as desk:
            yield desk
        self.session.flush()

    def count(self, people: int, definition: str = "nightBeds", at: datetime | None = None) -> Count:
        return self.record(people, definition, at).count

    def record(self, people: int, definition: str = "nightBeds", at: datetime | None = None) -> Recorded:
        with self.at() as desk:
            return occupancy.record(desk, NewCount(definition, at or self.clock(), people))

    def correct(self, count: Count, people: int) -> Count:
        with self.at() as desk:
            return occupancy.correct(desk, count.id, people, "mistyped")

    def passes(self, **duration: float) -> None:
        """Let time pass, and the engine look at the centre."""
        self.clock.advance(**duration)
        self.engine()

    def engine(self) -> None:
        occupancy.advance(self.session, self.clock(), self.settings, CENTRE)
        self.session.flush()

    def answer(self, call: str, places: int, firmness: str = "agreed", **more: Any) -> None:
        info = overflows.call_up(self.session, self.clock(), call)
        sites = (site(self.clock(), info.organisation, places, firmness),) if places else ()
        given = {"decline_reason": None if places else "no municipality can host", **more}
        with self.at(info.organisation) as desk:
            overflows.respond(desk, call, Answer(places, sites, **given))

    @property
    def level(self) -> str:
        return occupancy.centre(self.session, self.clock(), self.settings, CENTRE).level

    @property
    def duty(self) -> str:
        return rota.on_duty(self.session, self.clock()).organisations[0]

    @property
    def episode(self) -> OverflowInfo | None:
        opened = overflows.open_ones(self.session, CENTRE)
        return overflows.overflow(self.session, self.clock(), opened[0]) if opened else None

    @property
    def opened(self) -> OverflowInfo:
        assert self.episode is not None
        return self.episode

    @property
    def calls(self) -> list[CallUpInfo]:
        return list(self.opened.call_ups)

    @property
    def called(self) -> list[tuple[str, int, str]]:
        return [(call.organisation, call.places, call.state) for call in self.calls]

    def alerts(self, kind: str | None = None) -> list[Alert]:
        query = select(Alert).order_by(Alert.seq)
        return list(self.session.scalars(query if kind is None else query.where(Alert.kind == kind)))

    def kinds(self) -> list[str]:
        return [alert.kind for alert in self.alerts()]

    def told(self, alert: Alert) -> set[str]:
        return set(self.session.scalars(select(Recipient.organisation).where(Recipient.alert == alert.id)))


def site(
    now: datetime, organisation: str, places: int, firmness: str = "agreed", name: str = "Sporthal", **more: Any
) -> SitePromise:
    given = {
        "municipality": HOSTS[organisation], "site": name, "places": places, "firmness": firmness,
        "agreed_with": None if firmness == "inView" else "mayor", "hours": "night", "available_from": now,
        "available_until": now + timedelta(days=3), "groups": (), "emergency_place": None,
    }  # fmt: skip
    return SitePromise(**{**given, **more})
