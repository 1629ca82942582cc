"""Contact points: where an organisation's desk can be reached, and since when it cannot.

Desks, not persons. A telephone is never dialled by the service: it is shown to who must ring. Nothing is deleted, so what
was sent to an address that has ended can still be explained.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from piket.audit.service import ENGINE, Actor, record
from piket.db import Base
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.organisations.addresses import address_fault
from piket.organisations.members import find
from piket.organisations.models import ContactPoint, ContactPointTest
from piket.pages import Page, PageRequest, read_page
from piket.words import say


@dataclass(frozen=True)
class ContactPointInfo:
    """One contact point. `state`: pending, active, failing or ended; `minimum_level`: the lowest level it is told of."""

    id: str
    organisation: str
    channel: str
    address: str
    hours: str
    minimum_level: str
    language: str
    purpose: str | None
    state: str
    created_at: datetime
    ended_at: datetime | None
    secret_version: int


@dataclass(frozen=True)
class TestInfo:
    """A test message that was asked for; `alert` is what it became."""

    __test__ = False  # not a class of tests

    id: str
    contact_point: str
    alert: str
    requested_by: str
    created_at: datetime


# Statements that every alert needs are built once, and read values instead of rows that could be changed.
_ROWS = Base.metadata.tables[ContactPoint.__tablename__]
_COLUMNS = [_ROWS.c[name] for name in ContactPointInfo.__dataclass_fields__]
_BY_ID = select(*_COLUMNS).where(_ROWS.c.id.in_(bindparam("ids", expanding=True)))
_NOT_ACTIVE = select(_ROWS.c.id).where(_ROWS.c.id.in_(bindparam("ids", expanding=True)), _ROWS.c.state != "active")
_ALL = (
    select(*_COLUMNS).where(_ROWS.c.organisation == bindparam("organisation")).order_by(_ROWS.c.created_at, _ROWS.c.id)
)
_OPEN = _ALL.where(_ROWS.c.state != "ended")
_TELEPHONES = (
    select(_ROWS.c.organisation, _ROWS.c.address)
    .where(_ROWS.c.organisation.in_(bindparam("organisations", expanding=True)))
    .where(_ROWS.c.channel == "telephone", _ROWS.c.state == "active")
    .order_by(_ROWS.c.created_at, _ROWS.c.id)
)


def contact_points(session: Session, organisation: str, include_ended: bool = False) -> list[ContactPointInfo]:
    """Where this organisation can be reached, in the order in which they were added."""
    rows = session.execute(_ALL if include_ended else _OPEN, {"organisation": organisation})
    return [ContactPointInfo(*row) for row in rows]


def contact_points_paged(
    session: Session, organisation: str, page: PageRequest, include_ended: bool
) -> Page[ContactPointInfo]:
    """One page of them, newest first."""
    query = _of(organisation, include_ended)
    return read_page(session, query, page, [ContactPoint.created_at, ContactPoint.id]).map(_info)


def find_contact_point(session: Session, contact_point: str) -> ContactPointInfo:
    """The contact point with this id, ended or not. Raises `NotFound`."""
    return _info(_row(session, contact_point))


def contact_points_by_id(session: Session, identifiers: Collection[str]) -> dict[str, ContactPointInfo]:
    """Many at once, ended or not; an id that is none is left out."""
    rows = session.execute(_BY_ID, {"ids": list(identifiers)})
    return {row[0]: ContactPointInfo(*row) for row in rows}


def not_active(session: Session, identifiers: Collection[str]) -> set[str]:
    """Those of these contact points that are pending, failing or ended."""
    return set(session.scalars(_NOT_ACTIVE, {"ids": list(identifiers)}))


def telephone(session: Session, organisation: str) -> str | None:
    """The number to ring: its first active telephone, or None."""
    for point in contact_points(session, organisation):
        if point.channel == "telephone" and point.state == "active":
            return point.address
    return None


def telephones(session: Session, wanted: Collection[str]) -> dict[str, str | None]:
    """The same for many organisations at once."""
    rows = session.execute(_TELEPHONES, {"organisations": list(wanted)})
    found: dict[str, str] = {}
    for organisation, number in rows:
        found.setdefault(organisation, number)
    return {code: found.get(code) for code in wanted}


def add_contact_point(
    session: Session,
    now: datetime,
    actor: Actor,
    organisation: str,
    *,
    channel: str,
    address: str,
    hours: str = "always",
    minimum_level: str = "watch",
    language: str = "nl",
    purpose: str | None = None,
) -> ContactPointInfo:
    """Let an organisation be reached here. A webhook is `pending` until its test gets a 2xx, the others are `active` at once.

    Raises `NotFound` for an unknown organisation, `Invalid` for an address that is none, `Conflict` when it is there already.
    """
    find(session, organisation)
    wrong = address_fault(channel, address)
    if wrong:
        raise Invalid(say("This contact point cannot be added."), [Fault("body", "address", wrong)])
    if any(
        (p.channel, p.address.casefold()) == (channel, address.casefold())
        for p in contact_points(session, organisation)
    ):
        raise Conflict(say("This organisation already has this contact point."), "contact-point-exists")
    row = ContactPoint(
        organisation=organisation,
        channel=channel,
        address=address,
        hours=hours,
        minimum_level=minimum_level,
        language=language,
        purpose=purpose,
        state="pending" if channel == "webhook" else "active",
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(
        session, now, actor, "add_contact_point", f"contact-point:{row.id}", organisation=organisation, channel=channel
    )
    return _info(row)


def end_contact_point(session: Session, now: datetime, actor: Actor, contact_point: str) -> ContactPointInfo:
    """Nothing is sent here any more. A repeat changes nothing. Raises `NotFound`."""
    row = _row(session, contact_point)
    if row.state != "ended":
        row.state, row.ended_at = "ended", now
        session.flush()
        record(session, now, actor, "end_contact_point", f"contact-point:{row.id}", organisation=row.organisation)
    return _info(row)


def set_contact_point_state(session: Session, now: datetime, contact_point: str, state: str, why: str) -> bool:
    """What delivery found out: `active` after a 2xx, `failing`, or `ended` after a 410. Whether anything changed.

    `why` is a short reason without an address. An ended contact point stays ended.
    """
    row = _row(session, contact_point)
    if row.state in (state, "ended"):
        return False
    previous, row.state = row.state, state
    if state == "ended":
        row.ended_at = now
    session.flush()
    record(
        session,
        now,
        ENGINE,
        "set_contact_point_state",
        f"contact-point:{row.id}",
        state=state,
        previous=previous,
        why=why,
    )
    return True


def note_test(session: Session, now: datetime, actor: Actor, contact_point: str, alert: str) -> TestInfo:
    """Write down that a test was asked for and became this alert."""
    row = ContactPointTest(contact_point=contact_point, alert=alert, requested_by=actor.organisation, created_at=now)
    session.add(row)
    session.flush()
    record(session, now, actor, "test_contact_point", f"contact-point:{contact_point}", alert=alert)
    return _test(row)


def tests_of(session: Session, contact_point: str, page: PageRequest) -> Page[TestInfo]:
    """The tests of a contact point, newest first."""
    query = select(ContactPointTest).where(ContactPointTest.contact_point == contact_point)
    return read_page(session, query, page, [ContactPointTest.created_at, ContactPointTest.id]).map(_test)


def find_test(session: Session, contact_point: str, alert: str) -> TestInfo | None:
    """The test of this contact point that became this alert; None: there is none."""
    wanted = ContactPointTest.contact_point == contact_point, ContactPointTest.alert == alert
    row = session.scalars(select(ContactPointTest).where(*wanted)).first()
    return _test(row) if row is not None else None


def last_tests(session: Session, contact_points: Collection[str]) -> dict[str, TestInfo]:
    """The newest test of each of these; one that was never tested is left out."""
    rows = session.scalars(
        select(ContactPointTest)
        .where(ContactPointTest.contact_point.in_(contact_points))
        .order_by(ContactPointTest.created_at, ContactPointTest.id)
    )
    return {row.contact_point: _test(row) for row in rows}


def _of(organisation: str, include_ended: bool) -> Select[ContactPoint]:
    """The contact points of an organisation, with or without those that ended."""
    query = select(ContactPoint).where(ContactPoint.organisation == organisation)
    return query if include_ended else query.where(ContactPoint.state != "ended")


def locked_row(session: Session, contact_point: str) -> ContactPoint:
    """The row, for this room to change: nobody else does until the transaction ends. Raises `NotFound`."""
    row = session.get(ContactPoint, contact_point, with_for_update=True)
    if row is None:
        raise NotFound(say("There is no such contact point."))
    return row


def _row(session: Session, contact_point: str) -> ContactPoint:
    """The row. Raises `NotFound`."""
    row = session.get(ContactPoint, contact_point)
    if row is None:
        raise NotFound(say("There is no such contact point."))
    return row


def _info(row: ContactPoint) -> ContactPointInfo:
    return ContactPointInfo(
        row.id,
        row.organisation,
        row.channel,
        row.address,
        row.hours,
        row.minimum_level,
        row.language,
        row.purpose,
        row.state,
        row.created_at,
        row.ended_at,
        row.secret_version,
    )


def _test(row: ContactPointTest) -> TestInfo:
    return TestInfo(row.id, row.contact_point, row.alert, row.requested_by, row.created_at)
