"""What runs now: the call-ups of the open overflow, and the alerts of one organisation, as lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.alerts.service import AlertInfo, Reader
from piket.alerts.wording import title
from piket.board.panels import People
from piket.board.pictures.bars import Bar, call_bar
from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.words import Text, Words, nsay, say

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
    bar: Bar


def call_rows(episode: OverflowInfo | None, people: People, now: datetime) -> list[CallRow]:
    """The call-ups in the order in which they were made."""
    return [_call_row(call, people, now) for call in (episode.call_ups if episode else ())]


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
        bar=call_bar(call),
    )


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
    """One alert as the organisation was told it. `read_at` None: it has not acknowledged it. `link` opens it."""

    at: datetime
    title: str
    read_at: datetime | None
    link: str | None


def alert_row(alert: AlertInfo, reader: Reader, words: Words, link: str | None) -> AlertRow:
    """The line of one alert."""
    return AlertRow(alert.at, title(alert, reader, words), read_at(alert, reader.organisation), link)


def read_at(alert: AlertInfo, organisation: str) -> datetime | None:
    """When an organisation acknowledged an alert, or None."""
    return next((read.at for read in alert.acknowledgements if read.organisation == organisation), None)
