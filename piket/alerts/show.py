"""Read alerts: as values with the names their sentences need, and as the data that the API and webhooks show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from piket.alerts.acknowledge import Read, as_read
from piket.alerts.frozen import freeze, moment_text, thaw
from piket.alerts.info import AlertInfo, Reader
from piket.alerts.models import Acknowledgement, Alert, Recipient
from piket.alerts.not_arrived import is_undelivered, is_unread
from piket.alerts.wording import text, title
from piket.alerts.wording_others import shown_details
from piket.db import Base
from piket.errors import NotFound
from piket.organisations import service as organisations
from piket.pages import Page, PageRequest, read_page
from piket.words import Words, say

_NAMED = (
    "organisation",
    "organisations",
    "next",
    "leaving",
    "coming",
    "standby",
    "onDuty",
    "province",
    "by",
    "offering",
    "requested",
    "proposedBy",
    "waitingFor",
)


@dataclass(frozen=True)
class Filters:
    """Which alerts are asked for; None does not matter. `told`: only those of which this organisation had to be told.

    `unread`: only what is not acknowledged yet, `undelivered`: only what did not come over; by that organisation, else by any.
    """

    drill: bool = False
    kind: str | None = None
    centre: str | None = None
    overflow: str | None = None
    call_up: str | None = None
    told: str | None = None
    unread: bool = False
    undelivered: bool = False


# Built once: every alert that is sent is read by these.
_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_ROWS = Base.metadata.tables[Alert.__tablename__]
_TO = Base.metadata.tables[Recipient.__tablename__]
_BY = Base.metadata.tables[Acknowledgement.__tablename__]
_ALERT = select(*_ROWS.c).where(_ROWS.c.id == bindparam("id"))
_MANY = select(*_ROWS.c).where(_ROWS.c.id.in_(_IDS))
_TOLD = select(_TO.c.alert, _TO.c.organisation).where(_TO.c.alert.in_(_IDS)).order_by(_TO.c.position)
_READ = (
    select(_BY.c.id, _BY.c.alert, _BY.c.organisation, _BY.c.at, _BY.c.on_behalf)
    .where(_BY.c.alert.in_(_IDS))
    .order_by(_BY.c.at)
)


def find_alert(session: Session, alert_id: str) -> AlertInfo:
    """The alert with this id. Raises `NotFound`."""
    row = session.execute(_ALERT, {"id": alert_id}).one_or_none()
    if row is None:
        raise NotFound(say("There is no alert {id}.", id=alert_id))
    return _infos(session, [row])[0]


def find_alerts(session: Session, identifiers: Collection[str]) -> dict[str, AlertInfo]:
    """Many at once, by id; an id that is none is left out."""
    rows = session.execute(_MANY, {"ids": list(identifiers)}).all()
    return {alert.id: alert for alert in _infos(session, rows)}


def paged(session: Session, page: PageRequest, filters: Filters) -> Page[AlertInfo]:
    """One page of the alerts, newest first. Real ones and drills are never mixed."""
    query = select(Alert).where(Alert.drill == filters.drill)
    for column, wanted in (
        (Alert.kind, filters.kind),
        (Alert.centre, filters.centre),
        (Alert.overflow, filters.overflow),
        (Alert.call_up, filters.call_up),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.told is not None:
        query = query.where(Alert.recipients.any(Recipient.organisation == filters.told))
    if filters.unread:
        query = query.where(is_unread(filters.told))
    if filters.undelivered:
        query = query.where(is_undelivered(filters.told))
    rows = read_page(session, query, page, [Alert.created_at, Alert.seq])
    return Page(_infos(session, rows.items), rows.next)


def acknowledgements_of(session: Session, alert_id: str, page: PageRequest) -> Page[Read]:
    """Who has read an alert, newest first."""
    query = select(Acknowledgement).where(Acknowledgement.alert == alert_id)
    return read_page(session, query, page, [Acknowledgement.at, Acknowledgement.id]).map(as_read)


def reader_of(session: Session, organisation: str) -> Reader:
    """The organisation as a reader. Raises `NotFound`."""
    info = organisations.find(session, organisation)
    return Reader(info.code, info.kind)


def as_data(alert: AlertInfo, words: Words, reader: Reader | None) -> dict[str, Any]:
    """The alert as `GET alerts/{id}` shows it and as a webhook carries it: JSON values, texts in one language.

    A site is null for a reader who may not see it, and a telephone for all but COA and the ministry.
    """
    answers = freeze(alert.answers)
    return {
        "id": alert.id,
        "kind": alert.kind,
        "at": moment_text(alert.at),
        "drill": alert.drill,
        "centre": alert.centre,
        "level": alert.level,
        "previousLevel": alert.previous_level,
        "overflow": alert.overflow,
        "callUp": alert.call_up,
        "title": title(alert, reader, words),
        "text": text(alert, reader, words),
        "howFull": answers["howFull"],
        "whoActs": answers["whoActs"],
        "enoughPlaces": answers["enoughPlaces"],
        "rotaProposed": answers["rotaProposed"],
        "details": shown_details(alert, reader),
        "told": list(alert.told),
        "acknowledgements": [read_data(read) for read in alert.acknowledgements],
    }


def read_data(read: Read) -> dict[str, Any]:
    """One acknowledgement as JSON values."""
    return {
        "id": read.id,
        "alert": read.alert,
        "organisation": read.organisation,
        "at": moment_text(read.at),
        "onBehalf": read.on_behalf,
    }


def _infos(session: Session, rows: Sequence[Any]) -> list[AlertInfo]:
    """Rows as values; who was told, who has read it, and the names of all of them are read at once."""
    asked = {"ids": [row.id for row in rows]}
    told: dict[str, list[str]] = {row.id: [] for row in rows}
    reads: dict[str, list[Read]] = {row.id: [] for row in rows}
    for alert, organisation in session.execute(_TOLD, asked):
        told[alert].append(organisation)
    for read in session.execute(_READ, asked):
        reads[read.alert].append(Read(*read))
    codes = {row.id: set(_codes(row, told[row.id])) for row in rows}
    names = organisations.names(session, set[str]().union(*codes.values()))
    return [_info(row, told[row.id], reads[row.id], {code: names[code] for code in codes[row.id]}) for row in rows]


def _info(row: Any, told: Sequence[str], reads: Sequence[Read], names: dict[str, str]) -> AlertInfo:
    return AlertInfo(
        id=row.id,
        kind=row.kind,
        at=row.at,
        centre=row.centre,
        centre_name=row.centre_name,
        level=row.level,
        previous_level=row.previous_level,
        overflow=row.overflow,
        call_up=row.call_up,
        drill=row.drill,
        answers=thaw(row.answers),
        details=row.details,
        told=tuple(told),
        acknowledgements=tuple(reads),
        names=names,
    )


def _codes(row: Any, told: Sequence[str]) -> Iterable[str]:
    """Every organisation that the sentences of this alert may name."""
    found = {"coa", *told}
    values = [row.details.get(key) for key in _NAMED] + [row.answers["whoActs"]["organisation"]]
    inside = [row.details.get("onBehalf"), row.details.get("override")]
    values += [part.get("by") for part in inside if isinstance(part, dict)]
    listed = [entry for key in ("failures", "messages", "remarks", "stays") for entry in row.details.get(key) or ()]
    values += [entry.get(key) for entry in listed for key in ("organisation", "next")]
    for value in values:
        found |= {value} if isinstance(value, str) else set(value) if isinstance(value, list) else set()
    return found
