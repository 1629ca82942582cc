"""Calendars: who was given the address of one, and what it shows, with a number that rises whenever an entry changes.

A calendar programme keeps what it read last, so an entry must never vanish: what was moved is shown as cancelled for a while.
What was shown is kept in rows. They are brought up to date when somebody reads a calendar; a change that nobody read in between
needs no number of its own, and no pass of the engine spends time on calendars.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Fault, Invalid, NotFound
from piket.organisations import service as organisations
from piket.organisations.rules import token_hash
from piket.pages import Page, PageRequest, read_page
from piket.rota import duty_rules, written
from piket.rota.calendar_models import CalendarEntry, CalendarFeed
from piket.rota.calendar_rules import Entry, Key, Shown, changes, entries
from piket.rota.faults import KINDS_ON_A_ROTA
from piket.rota.models import Rota, Turn
from piket.words import say

PREFIX = "piketcal_"
# What is past, and what was cancelled, stays in a calendar for so long.
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class FeedInfo:
    """The address of a calendar, without its token. `rota` None: the organisation's own turns; else everybody's of that rota."""

    id: str
    organisation: str
    rota: str | None
    language: str
    label: str | None
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True)
class ShownEntry:
    """One entry of a calendar, as it is to be shown now. `cancelled`: it does not take place any more."""

    id: str
    rota: str
    turn: str
    organisation: str
    from_at: datetime
    until_at: datetime
    standby: str | None
    proposed: bool
    sequence: int
    created_at: datetime
    changed_at: datetime
    cancelled: bool


def make_feed(
    session: Session,
    now: datetime,
    actor: Actor,
    organisation: str,
    rota: str | None = None,
    language: str = "nl",
    label: str | None = None,
) -> tuple[FeedInfo, str]:
    """Give an organisation a calendar: what is known of it, and its token, which nobody can read again.

    Raises `NotFound` for an unknown organisation, `Invalid` for an unknown rota, and for one's own turns where there can be none.
    """
    own = organisations.find(session, organisation)
    if rota is not None and session.get(Rota, rota) is None:
        wrong = Fault("body", "rota", say("There is no rota with the code {code}.", code=rota))
        raise Invalid(say("This calendar cannot be made."), [wrong])
    if rota is None and own.kind not in KINDS_ON_A_ROTA:
        wrong = Fault("body", "rota", say("This organisation has no turns of its own: name a rota, such as piket."))
        raise Invalid(say("This calendar cannot be made."), [wrong])
    token = PREFIX + secrets.token_urlsafe(32)
    row = CalendarFeed(
        organisation=organisation,
        rota=rota,
        language=language,
        label=label,
        token_hash=token_hash(token),
        created_at=now,
    )
    session.add(row)
    session.flush()
    record(session, now, actor, "make_calendar", f"calendar:{row.id}", organisation=organisation, rota=rota)
    return _feed(row), token


def revoke_feed(session: Session, now: datetime, actor: Actor, feed_id: str) -> FeedInfo:
    """From now on the address shows nothing. A repeat changes nothing. Raises `NotFound`."""
    row = _row(session, feed_id)
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        record(session, now, actor, "revoke_calendar", f"calendar:{row.id}", organisation=row.organisation)
    return _feed(row)


def find_feed(session: Session, feed_id: str) -> FeedInfo:
    """One calendar, revoked or not. Raises `NotFound`."""
    return _feed(_row(session, feed_id))


def feeds_paged(session: Session, organisation: str, page: PageRequest) -> Page[FeedInfo]:
    """The calendars of an organisation, newest first, also those that were revoked. Raises `NotFound`."""
    organisations.find(session, organisation)
    query = select(CalendarFeed).where(CalendarFeed.organisation == organisation)
    return read_page(session, query, page, [CalendarFeed.created_at, CalendarFeed.id]).map(_feed)


def feed_of_token(session: Session, token: str) -> FeedInfo | None:
    """Which calendar this token opens, revoked or not; None for one that was never given out."""
    if not token.startswith(PREFIX):
        return None
    row = session.scalars(select(CalendarFeed).where(CalendarFeed.token_hash == token_hash(token))).first()
    return _feed(row) if row else None


def rotas_of(session: Session, feed: FeedInfo) -> list[str]:
    """The rotas that a calendar reads."""
    return written.codes(session) if feed.rota is None else [feed.rota]


def is_up_to_date(session: Session, now: datetime, codes: Sequence[str]) -> bool:
    """Whether the entries of these rotas are kept as they are now. Only reads."""
    return not any(list(changes(_shown(session, now, code)[0], _current(session, now, code))) for code in codes)


def bring_up_to_date(session: Session, now: datetime, codes: Sequence[str]) -> int:
    """Keep what calendars are to show of these rotas; how many entries changed. Two at once wait for each other."""
    return sum(_bring_up_to_date(session, now, code) for code in codes)


def _bring_up_to_date(session: Session, now: datetime, code: str) -> int:
    written.find_row(session, code, lock=True)
    shown, rows = _shown(session, now, code)
    made = 0
    for key, entry in list(changes(shown, _current(session, now, code))):
        made += 1
        row = rows.get(key)
        if row is None and entry is not None:
            row = CalendarEntry(
                rota=code, turn=key[0], organisation=key[1], piece=key[2], sequence=0, created_at=now, changed_at=now
            )
            _take_over(row, entry)
            session.add(row)
        elif row is not None:
            row.sequence, row.changed_at, row.cancelled_at = row.sequence + 1, now, None if entry else now
            if entry is not None:
                _take_over(row, entry)
    session.flush()
    return made


def _take_over(row: CalendarEntry, entry: Entry) -> None:
    row.from_at, row.until_at = entry.from_at, entry.until_at
    row.standby, row.proposed = entry.standby, entry.proposed


def _current(session: Session, now: datetime, code: str) -> list[Entry]:
    """Who has duty when, from a while ago up to what is written down."""
    rota = written.find_row(session, code)
    published = select(Turn).where(Turn.rota == code, Turn.superseded_at.is_(None), Turn.until_at > now - KEPT)
    turns = session.scalars(published.order_by(Turn.from_at)).all()
    if not turns:
        return []
    overrides = written.overrides_between(session, code, turns[0].from_at, turns[-1].until_at)
    pieces = duty_rules.stretches(written.turn_spans(turns), written.override_spans(overrides))
    return entries(pieces, rota.status == "proposed")


def _shown(session: Session, now: datetime, code: str) -> tuple[dict[Key, Shown], dict[Key, CalendarEntry]]:
    """What was shown of the turns that are not long past."""
    query = (
        select(CalendarEntry)
        .join(Turn, Turn.id == CalendarEntry.turn)
        .where(CalendarEntry.rota == code, Turn.until_at > now - KEPT)
        .execution_options(populate_existing=True)
    )
    rows = {(row.turn, row.organisation, row.piece): row for row in session.scalars(query)}
    shown = {
        key: Shown(Entry(*key, row.from_at, row.until_at, row.standby, row.proposed), row.cancelled_at is not None)
        for key, row in rows.items()
    }
    return shown, rows


def shown_entries(session: Session, now: datetime, feed: FeedInfo) -> list[ShownEntry]:
    """What a calendar shows at `now`, oldest first: what is not long past, and what was cancelled not long ago."""
    query = select(CalendarEntry).where(
        CalendarEntry.rota.in_(rotas_of(session, feed)),
        CalendarEntry.until_at > now - KEPT,
        or_(CalendarEntry.cancelled_at.is_(None), CalendarEntry.cancelled_at > now - KEPT),
    )
    if feed.rota is None:
        query = query.where(CalendarEntry.organisation == feed.organisation)
    rows = session.scalars(query.order_by(CalendarEntry.from_at, CalendarEntry.organisation, CalendarEntry.id))
    return [
        ShownEntry(
            id=row.id,
            rota=row.rota,
            turn=row.turn,
            organisation=row.organisation,
            from_at=row.from_at,
            until_at=row.until_at,
            standby=row.standby,
            proposed=row.proposed,
            sequence=row.sequence,
            created_at=row.created_at,
            changed_at=row.changed_at,
            cancelled=row.cancelled_at is not None,
        )
        for row in rows
    ]


def _row(session: Session, feed_id: str) -> CalendarFeed:
    row = session.get(CalendarFeed, feed_id)
    if row is None:
        raise NotFound(say("There is no calendar with this id."))
    return row


def _feed(row: CalendarFeed) -> FeedInfo:
    return FeedInfo(row.id, row.organisation, row.rota, row.language, row.label, row.created_at, row.revoked_at)
