"""What runs now: the call-ups of the open overflow, and the alerts of one organisation, as lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from piket.alerts.service import AlertInfo, Reader
from piket.alerts.wording import title
from piket.board.panels import People
from piket.board.pictures.bars import Bar, call_bar
from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.words import Text, Words, nsay, say

MOST_ROWS = 8
RECENT = timedelta(hours=24)
_STATES: dict[str, Text] = {
    "open": say("waits for an answer"),
    "partly": say("promised in part"),
    "met": say("promised whole"),
    "declined": say("cannot deliver"),
    "expired": say("no answer yet, time is over"),
    "released": say("released"),
}


@dataclass(frozen=True)
class CallRow:
    """One call-up. `promised` None: nothing was said yet. `details` is what else was said; `bar` fills up with what counts.

    `code` is that of the called; `id` that of the call-up, for its page.
    """

    id: str
    code: str
    organisation: str | Text
    asked: int
    promised: int | None
    state: Text
    waits: bool
    details: Sequence[Text | str]
    respond_by: datetime
    needed_by: datetime
    left: Text | None
    bar: Bar


@dataclass(frozen=True)
class Running:
    """The call-ups of an overflow as the front page shows them.

    `rows`: what runs now, at most `MOST_ROWS`: those that wait, the first to end in front, then the newest. `earlier` is how many
    others there are, and `earlier_promised` how many places of theirs still count. `overflow` is the id of the episode; None:
    none is open.
    """

    rows: Sequence[CallRow] = ()
    earlier: int = 0
    earlier_promised: int = 0
    overflow: str | None = None


def of_now(episode: OverflowInfo | None, now: datetime) -> list[CallUpInfo]:
    """The call-ups that still say something: that wait, that were made since yesterday, or of which places count."""
    calls = episode.call_ups if episode else ()
    return [call for call in calls if call.state == "open" or call.committed or call.made_at > now - RECENT]


def running(episode: OverflowInfo | None, people: People, now: datetime) -> Running:
    """What runs now. An overflow can last for months; what was settled before yesterday stands on its own page."""
    if episode is None:
        return Running()
    waits = episode.waiting
    others = [call for call in episode.call_ups if call.state != "open"]
    others.sort(key=lambda call: call.made_at, reverse=True)
    shown = [*waits, *(call for call in others if call.made_at > now - RECENT)][: max(MOST_ROWS, len(waits))]
    shown = shown or others[:1]
    left = [call for call in others if call not in shown]
    rows = [_call_row(call, people, now) for call in shown]
    return Running(rows, len(left), sum(call.committed for call in left), episode.id)


def _call_row(call: CallUpInfo, people: People, now: datetime) -> CallRow:
    """One call-up as a line; a deadline that passed shows at once, not only after the engine's pass."""
    waits = call.state == "open"
    silent = call.promised is None and call.answered_at is None
    return CallRow(
        id=call.id,
        code=call.organisation,
        organisation=people.name(call.organisation),
        asked=call.places,
        promised=None if silent else call.committed,
        state=state_of(call, now),
        waits=waits or call.state == "expired",
        details=_details(call),
        respond_by=call.respond_by,
        needed_by=call.needed_by,
        left=time_left(call.respond_by, now) if waits else None,
        bar=call_bar(call),
    )


def time_left(by: datetime, now: datetime) -> Text:
    """How long somebody still has, in whole minutes, or in hours when it is long; what is over is said as over."""
    minutes = int((by - now).total_seconds() // 60)
    if by <= now:
        return say("time is over")
    if minutes >= 120:
        return nsay("{n} hour left", "{n} hours left", minutes // 60)
    if minutes < 1:
        return say("less than a minute left")
    return nsay("{n} minute left", "{n} minutes left", minutes)


def state_of(call: CallUpInfo, now: datetime) -> Text:
    """How a call-up stands, in words, by the clock of this moment."""
    return _STATES["expired" if call.state == "open" and call.respond_by <= now else call.state]


def _details(call: CallUpInfo) -> list[Text | str]:
    """What else was said: why not, what is only in view, what is offered beyond the call, that it came late."""
    found: list[Text | str] = []
    if call.state == "declined" and call.decline_reason:
        found.append(call.decline_reason)
    if call.in_view:
        found.append(nsay("{n} place in view does not count yet", "{n} places in view do not count yet", call.in_view))
    if call.surplus:
        found.append(nsay("{n} place more than counts", "{n} places more than count", call.surplus))
    if call.late:
        found.append(say("answered after the time"))
    return found


@dataclass(frozen=True)
class AlertRow:
    """One alert as the organisation was told it. `read_at` None: it has not acknowledged it."""

    at: datetime
    title: str
    read_at: datetime | None
    id: str


def alert_row(alert: AlertInfo, reader: Reader, words: Words) -> AlertRow:
    """The line of one alert."""
    return AlertRow(alert.at, title(alert, reader, words), read_at(alert, reader.organisation), alert.id)


def read_at(alert: AlertInfo, organisation: str) -> datetime | None:
    """When an organisation acknowledged an alert, or None."""
    return next((read.at for read in alert.acknowledgements if read.organisation == organisation), None)
