"""How long the turns of ten years take to work out, and who is on duty to find out, among one year of turns and fifty."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time

from sqlalchemy import text

from bench.ground import Figures, percentile, require
from bench.service import Piket
from piket.audit.service import Actor
from piket.db import Store
from piket.rota import service as rota
from piket.rota.rules import Definition, Exemption, Weight, first_hand_over, turns
from piket.settings import EngineSettings
from piket.startup import read_settings

MEMBERS = tuple(f"nl-{code}" for code in "dr fl fr ge gr li nb nh ov ut ze zh".split())
WEEKLY = Definition(
    "Ten years",
    tuple((code,) for code in MEMBERS),
    date(2025, 1, 6),
    "weeks",
    1,
    "monday",
    wall_time(9),
    exemptions=(Exemption("nl-gr", "an example"),),
)
WEIGHED = dataclasses.replace(
    WEEKLY,
    strategy="weighted",
    weights=tuple(Weight(code, 2_000 + 997 * number) for number, code in enumerate(MEMBERS)),
    spread_holidays=True,
)
YEARS = (1, 50)
BEFORE = {1: timedelta(days=180), 50: timedelta(days=9 * 365)}
WEEKS = {1: 51, 50: 2_600}
"""Fewest turns that so many years of weeks must have come to."""


def calculation(figures: Figures, times: int) -> None:
    """Ten years of weekly turns, from nothing, by turns and in proportion with feasts spread."""
    until = datetime(2035, 1, 6, tzinfo=UTC)
    for name, definition in (("in turn", WEEKLY), ("weighted", WEIGHED)):
        took = []
        for _ in range(times):
            begun = time.perf_counter()
            plan = list(turns(definition, until))
            took.append((time.perf_counter() - begun) * 1000)
            require(len(plan) == 522 and plan[0].from_at == first_hand_over(definition), "ten years have 522 weeks")
        figures.note(f"ten years {name}", "piket", percentile(took, 0.5))


@contextmanager
def stored(piket: Piket, kind: str) -> Iterator[Mapping[int, Store]]:
    """A store with one year of a weekly rota, and one with fifty; both around now."""
    with ExitStack() as stack:
        found = {}
        for years in YEARS:
            url = piket.stores.fresh(kind, piket.template(kind)[0])
            stack.callback(piket.stores.drop, url)
            found[years] = Store(url, pool_size=2)
            stack.callback(found[years].close)
            _write(found[years], years)
        yield found


def _write(store: Store, years: int) -> None:
    """The turns of so many years, by a decision as the ministry records one."""
    now = datetime.now(UTC)
    ahead = years * 365 - BEFORE[years].days
    settings = read_settings({"PIKET_SECRET_KEY": "only for the bench, and longer than 32 bytes"})
    settings = dataclasses.replace(settings, engine=EngineSettings(horizon_days=ahead))
    definition = dataclasses.replace(WEIGHED, starts_on=(now - BEFORE[years]).date())
    decision = rota.Decision("the bench", now.date())
    with store.writing(ring=False) as session:
        rota.put_rota(session, now, Actor("ministry"), "bench", definition, decision, settings)
    with store.writing(ring=False) as session:
        many = session.execute(text("SELECT count(*) FROM turns WHERE rota = 'bench'")).scalar_one()
        require(many >= WEEKS[years], f"{years} years have {many} turns")
    with store.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def who_is_on_duty(figures: Figures, kind: str, stores: Mapping[int, Store], samples: int) -> None:
    """The whole answer (who, standby, since when, why) for random moments, in each store in turn."""
    took: dict[int, list[float]] = {years: [] for years in stores}
    moments = random.Random(7)
    for number in range(samples + 1):
        at = datetime.now(UTC) + timedelta(hours=moments.randrange(-150 * 24, 100 * 24))
        for years, store in stores.items():
            with store.reading() as session:
                begun = time.perf_counter()
                duty = rota.on_duty(session, at, "bench")
                elapsed = (time.perf_counter() - begun) * 1000
            require(len(duty.organisations) == 1 and duty.turn is not None, "somebody is on duty")
            if number:
                took[years].append(elapsed)
    for years, values in took.items():
        figures.note(f"on duty {kind}", str(years), percentile(values, 0.5))
