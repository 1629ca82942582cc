"""What can be read of centres and counts, as plain values. Raises `NotFound` for what is not there; changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.configfile import every
from piket.errors import Fault, Misconfigured, NotFound
from piket.occupancy import threshold_rules
from piket.occupancy.models import Centre, Confirmation, Count, CountImport, Thresholds
from piket.occupancy.standing import Picture, find_centre, look
from piket.occupancy.thresholds import first_thresholds
from piket.pages import Page, PageRequest, read_page
from piket.settings import Settings
from piket.words import say


@dataclass(frozen=True)
class CountInfo:
    """A count as it is shown."""

    id: str
    centre: str
    observed_at: datetime
    received_at: datetime
    definition: str
    people: int
    reported_by: str
    supersedes: str | None
    superseded_by: str | None
    source: str | None
    note: str | None
    reason: str | None
    imported: bool
    drill: bool
    outcome: Mapping[str, Any]

    @classmethod
    def of(cls, row: Count) -> CountInfo:
        """From its row."""
        return cls(
            row.id, row.centre, row.observed_at, row.received_at, row.definition, row.people, row.reported_by, row.supersedes,
            row.superseded_by, row.source, row.note, row.reason, row.imported, row.drill, row.outcome,
        )  # fmt: skip


@dataclass(frozen=True)
class CountFilter:
    """Which counts are asked: `since` inclusive, `until` exclusive, by the moment of counting."""

    since: datetime | None = None
    until: datetime | None = None
    definition: str | None = None
    include_superseded: bool = False
    drill: bool = False


def counts(session: Session, centre: str, wanted: CountFilter, page: PageRequest) -> Page[CountInfo]:
    """The counts of a centre, the latest observed first. Raises `NotFound` for an unknown centre."""
    find_centre(session, centre)
    query = select(Count).where(Count.centre == centre, Count.drill == wanted.drill)
    if wanted.since:
        query = query.where(Count.observed_at >= wanted.since)
    if wanted.until:
        query = query.where(Count.observed_at < wanted.until)
    if wanted.definition:
        query = query.where(Count.definition == wanted.definition)
    if not wanted.include_superseded:
        query = query.where(Count.superseded_by.is_(None))
    return read_page(session, query, page, [Count.observed_at, Count.id]).map(CountInfo.of)


def count(session: Session, count_id: str) -> CountInfo:
    """One count. Raises `NotFound`."""
    row = session.get(Count, count_id)
    if row is None:
        raise NotFound(say("There is no count {id}.", id=count_id))
    return CountInfo.of(row)


def corrections(session: Session, count_id: str) -> list[CountInfo]:
    """The counts that correct this one, directly or after one another, oldest first."""
    found, current = [], count(session, count_id)
    while current.superseded_by is not None:
        current = count(session, current.superseded_by)
        found.append(current)
    return found


def confirmations(session: Session, count_id: str) -> Sequence[Confirmation]:
    """Who confirmed a held count, and when."""
    count(session, count_id)
    return session.scalars(select(Confirmation).where(Confirmation.count == count_id)).all()


def count_imports(session: Session, centre: str, page: PageRequest) -> Page[CountImport]:
    """The files that were taken in, newest first."""
    find_centre(session, centre)
    return read_page(
        session, select(CountImport).where(CountImport.centre == centre), page, [CountImport.at, CountImport.id]
    )


def count_import(session: Session, import_id: str) -> CountImport:
    """One file that was taken in. Raises `NotFound`."""
    row = session.get(CountImport, import_id)
    if row is None:
        raise NotFound(say("There is no import {id}.", id=import_id))
    return row


@dataclass(frozen=True)
class Norm:
    """The agreed maximum: how many people, what it rests on, since when."""

    people: int
    basis: str
    on: date


@dataclass(frozen=True)
class CentreInfo:
    """A centre and its level at the moment of asking."""

    code: str
    name: str
    municipality: str
    province: str | None
    norm: Norm
    level: str
    level_since: datetime | None


def centre(session: Session, now: datetime, settings: Settings, code: str, drill: bool = False) -> CentreInfo:
    """One centre. Raises `NotFound`."""
    picture = look(session, find_centre(session, code), now, drill)
    row, known = picture.centre, settings.municipalities.get(picture.centre.municipality)
    norm = Norm(row.norm, row.norm_basis, row.norm_on)
    return CentreInfo(
        row.code,
        row.name,
        row.municipality,
        known.province if known else None,
        norm,
        picture.level,
        picture.level_since,
    )


def centres(session: Session) -> list[str]:
    """The codes of all centres."""
    return list(session.scalars(select(Centre.code).order_by(Centre.code)))


def pictures(session: Session, now: datetime, drill: bool = False) -> list[Picture]:
    """Every centre as it stands at `now`."""
    return [look(session, row, now, drill) for row in session.scalars(select(Centre).order_by(Centre.code)).all()]


def newest_counts(session: Session, centre: str, drill: bool) -> dict[str, CountInfo | None]:
    """The newest count of each definition that is not waiting for confirmation; None when there is none."""
    found: dict[str, CountInfo | None] = {}
    for definition in ("nightBeds", "present", "withoutBed"):
        query = (
            select(Count)
            .where(Count.centre == centre, Count.drill == drill, Count.definition == definition)
            .where(Count.superseded_by.is_(None), Count.state != "held")
            .order_by(Count.observed_at.desc())
            .limit(1)
        )
        row = session.scalars(query).first()
        found[definition] = CountInfo.of(row) if row else None
    return found


def held_counts(session: Session, centre: str) -> list[CountInfo]:
    """The counts that wait for COA's confirmation."""
    return [
        CountInfo.of(row) for row in session.scalars(select(Count).where(Count.centre == centre, Count.state == "held"))
    ]


def late_held(session: Session, before: datetime) -> int:
    """How many held counts should have been judged by `before` (1.3) and are not."""
    return len(session.scalars(select(Count.id).where(Count.state == "held", Count.judge_at <= before)).all())


def check_first_thresholds(settings: Settings) -> None:
    """Raise `Misconfigured`, naming file and key, when the first thresholds of a centre do not rise."""
    for entry in settings.centres:
        wrong = [
            Fault("config", f"{entry.code} {item.field}", item.detail)
            for item in threshold_rules.faults(first_thresholds(entry)["definitions"])
        ]
        if wrong:
            path = str(settings.config_folder / "centres.toml")
            raise Misconfigured(say("{path} cannot be used: {faults}.", path=path, faults=every(wrong)))


def seed(session: Session, now: datetime, settings: Settings) -> None:
    """Add the centres of `config/centres.toml` that are missing, with their first thresholds. Never overwrites.

    Raises `Misconfigured` when first thresholds do not rise.
    """
    check_first_thresholds(settings)
    for entry in settings.centres:
        if session.get(Centre, entry.code) is not None:
            continue
        body = first_thresholds(entry)
        session.add(
            Centre(
                code=entry.code, name=entry.name, municipality=entry.municipality, norm=entry.norm, norm_basis=entry.norm_basis,
                norm_on=entry.norm_on, created_at=now,
            )
        )  # fmt: skip
        session.flush()
        decision = {"by": "config", "on": now.date().isoformat(), "note": "config/centres.toml"}
        session.add(
            Thresholds(
                centre=entry.code, version=1, body=body, decision=decision, recorded_by="operator", recorded_at=now
            )
        )
    session.flush()
