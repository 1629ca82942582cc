"""`/calendar/<token>.ics`: turns as calendar programmes read them (iCalendar, RFC 5545). The token is the proof.

An unchanged calendar is not sent again. A token that was never given out is not found, a revoked one is gone; neither answer
says anything else. Reading keeps what was shown, so that a change is known to be one; nothing else follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, request
from icalendar import Alarm, Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vDuration, vRecur

from piket.board.door import open_to_all
from piket.board.frame import blp, deps
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.service import FeedInfo, ShownEntry
from piket.words import LOCAL, Text, Words, say

CONTENT_TYPE = "text/calendar; charset=utf-8"
# Goes up when the form changes, so that programmes read everything anew.
FORM = "1"
READ_AGAIN = timedelta(hours=1)
ALARMS = (timedelta(days=-7), timedelta(days=-1))
Names = dict[str, str]


@blp.get("/calendar/<token>.ics")
@open_to_all
def show_calendar(token: str) -> Response:
    """The calendar that this token opens; 304 when nothing changed since it was read."""
    with deps().reading() as session:
        feed = rota.feed_of_token(session, token)
        if feed is None or feed.revoked_at is not None:
            return _closed(404 if feed is None else 410)
        g.organisation = feed.organisation
        codes = rota.rotas_of(session, feed)
        fresh = rota.is_up_to_date(session, g.now, codes)
    if not fresh:
        with deps().writing(ring=False) as session:
            rota.bring_up_to_date(session, g.now, codes)
    with deps().reading() as session:
        entries = rota.shown_entries(session, g.now, feed)
        names = organisations.names(
            session, {code for one in entries for code in (one.organisation, one.standby) if code}
        )
        titles = {code: rota.find_rota(session, code).definition.name for code in codes}
    return _answer(feed, entries, names, titles)


def _closed(status: int) -> Response:
    """Nothing to be read here, and nothing to be learned."""
    response = Response("", status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _answer(feed: FeedInfo, entries: Sequence[ShownEntry], names: Names, titles: Names) -> Response:
    """The calendar, or 304; what is not sent is not put together either."""
    said = [
        FORM,
        feed.id,
        feed.language,
        *(f"{one.id}.{one.sequence}" for one in entries),
        *names.items(),
        *titles.items(),
    ]
    tag = sha256(repr(said).encode()).hexdigest()[:32]
    changed_at = max([one.changed_at for one in entries], default=feed.created_at)
    known = request.if_none_match.contains(tag)
    response = Response("" if known else _calendar(feed, entries, names, titles), content_type=CONTENT_TYPE)
    response.set_etag(tag)
    response.last_modified = changed_at
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Disposition"] = 'inline; filename="piket.ics"'
    response.make_conditional(request)
    return response


def _calendar(feed: FeedInfo, entries: Sequence[ShownEntry], names: Names, titles: Names) -> bytes:
    """All entries, with the zone that their times are in."""
    tell = Words(feed.language)
    own = organisations_name(feed, names)
    title = tell(say("Duty: {name}", name=own if feed.rota is None else titles[feed.rota]))
    calendar = Calendar()
    for name, value in (("prodid", "-//piket//duty rota//NL"), ("version", "2.0"), ("method", "PUBLISH")):
        calendar.add(name, value)
    for name in ("name", "x-wr-calname"):
        calendar.add(name, title)
    calendar.add("refresh-interval", vDuration(READ_AGAIN), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add_component(zone())
    for entry in entries:
        calendar.add_component(_event(feed, entry, names, titles, tell))
    written: bytes = calendar.to_ical()
    return written


def organisations_name(feed: FeedInfo, names: Names) -> str:
    """Whose calendar it is; by its code while it has no turns."""
    return names.get(feed.organisation, feed.organisation)


def zone() -> Timezone:
    """Europe/Amsterdam by its rule since 1996: programmes that know no zones by name reckon with this for years ahead."""
    found = Timezone()
    found.add("tzid", LOCAL.key)
    for kind, begins, month, before, after, name in (
        (TimezoneDaylight, datetime(1996, 3, 31, 2), 3, 1, 2, "CEST"),  # noqa: DTZ001 - a time on the wall
        (TimezoneStandard, datetime(1996, 10, 27, 3), 10, 2, 1, "CET"),  # noqa: DTZ001
    ):
        part = kind()
        part.add("dtstart", begins)
        part.add("rrule", vRecur(freq="yearly", bymonth=month, byday="-1su"))
        part.add("tzoffsetfrom", timedelta(hours=before))
        part.add("tzoffsetto", timedelta(hours=after))
        part.add("tzname", name)
        found.add_component(part)
    return found


def _event(feed: FeedInfo, entry: ShownEntry, names: Names, titles: Names, tell: Words) -> Event:
    """One entry. Its UID stays, its sequence rises; what does not take place any more says so."""
    base = deps().settings.base_url
    event = Event()
    event.add("uid", f"{entry.id}@{urlsplit(base).hostname}")
    for name, at in (("dtstamp", entry.changed_at), ("created", entry.created_at), ("last-modified", entry.changed_at)):
        event.add(name, at.replace(microsecond=0))
    event.add("sequence", entry.sequence)
    event.add("dtstart", _wall(entry.from_at))
    event.add("dtend", _wall(entry.until_at))
    event.add("summary", tell(_summary(entry, names)))
    event.add("description", "\n".join(tell(line) for line in _description(entry, names, titles)))
    event.add("status", "CANCELLED" if entry.cancelled else "TENTATIVE" if entry.proposed else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    event.add("url", f"{base}/turns/{entry.turn}")
    if entry.organisation == feed.organisation and not entry.cancelled:
        for before in ALARMS:
            event.add_component(_alarm(before, tell(_summary(entry, names))))
    return event


def _wall(at: datetime) -> datetime:
    """Local time with its zone. An hour that the clock shows twice means its first time, so the second is given in UTC."""
    local = at.astimezone(LOCAL)
    return at.astimezone(UTC) if local.fold else local


def _summary(entry: ShownEntry, names: Names) -> Text:
    """Who has duty; that it is cancelled or only proposed goes in front."""
    said = say("Duty: {name}", name=names[entry.organisation])
    if entry.cancelled:
        return say("Cancelled: {what}", what=said)
    return say("Proposed: {what}", what=said) if entry.proposed else said


def _description(entry: ShownEntry, names: Names, titles: Names) -> list[Text]:
    """Which rota, who stands by, and how sure it is."""
    lines = [
        say("Rota: {name}.", name=titles[entry.rota]),
        say("Standby: {name}.", name=names[entry.standby] if entry.standby else say("nobody")),
    ]
    if entry.cancelled:
        return [*lines, say("This duty does not take place any more.")]
    return [*lines, say("The rota is a proposal: it has not been decided yet.")] if entry.proposed else lines


def _alarm(before: timedelta, text: str) -> Alarm:
    """A reminder so long before duty begins."""
    alarm: Any = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", before)
    alarm.add("description", text)
    return alarm  # type: ignore[no-any-return]
