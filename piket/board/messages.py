"""The alerts that an organisation was told, newest first: whether it read them, and whether they arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask import Response, request

from piket.alerts import service as alerts
from piket.alerts.service import AlertInfo, Arrival, Filters, Reader
from piket.alerts.wording import title
from piket.alerts.wording_attempts import arrival_words
from piket.board.door import visitor
from piket.board.frame import blp, deps, in_query, page, words
from piket.board.running import read_at
from piket.organisations import access
from piket.organisations.access import Caller
from piket.pages import Key, PageRequest
from piket.words import Text, Words, say

SHOWN = 30
Show = Literal["unread", "undelivered"] | None
_FILTERS: dict[Show, Text] = {
    None: say("All"),
    "unread": say("Not acknowledged yet"),
    "undelivered": say("Not arrived"),
}


@dataclass(frozen=True)
class MessageRow:
    """One alert. `read`: when or by how many it was acknowledged; `unread`: somebody has not; `failed`: it did not arrive."""

    id: str
    at: datetime
    title: str
    read: Text | datetime
    unread: bool
    arrived: Text
    failed: bool


@dataclass(frozen=True)
class _Asked:
    """Which part of the list is asked. `everybody`: of all organisations, for who may see their deliveries."""

    everybody: bool
    show: Show
    after: Key | None

    def address(self, **changes: object) -> str:
        """The list with these changes, from its beginning unless they say `before`."""
        show, everybody = changes.get("show", self.show), changes.get("everybody", self.everybody)
        before = changes.get("before")
        return in_query(
            "/messages", whose="all" if everybody else None, show=str(show) if show else None,
            before=str(before) if before else None,
        )  # fmt: skip


@blp.get("/messages")
def show_messages() -> Response:
    """The list, page by page."""
    caller = visitor().caller
    may_see_all = access.may(caller, "read-deliveries")
    asked = _asked(may_see_all)
    own = None if asked.everybody else caller.organisation
    filters = Filters(told=own, unread=asked.show == "unread", undelivered=asked.show == "undelivered")
    with deps().reading() as session:
        found = alerts.paged(session, PageRequest(SHOWN, asked.after), filters)
        stand = alerts.arrivals(session, found.items, own)
    tell = words()
    return page(
        "messages.html",
        rows=[_row(alert, stand[alert.id], caller, asked.everybody, tell) for alert in found.items],
        filters=[(words_, asked.address(show=show), show == asked.show) for show, words_ in _FILTERS.items()],
        whose=_whose(asked) if may_see_all else (),
        everybody=asked.everybody,
        show=asked.show,
        older=asked.address(before=_written(found.next)) if found.next else None,
        newest=asked.address() if asked.after else None,
    )


def _asked(may_see_all: bool) -> _Asked:
    """From the query; what makes no sense is as if it were not there."""
    shown = request.args.get("show")
    show: Show = "unread" if shown == "unread" else "undelivered" if shown == "undelivered" else None
    everybody = may_see_all and request.args.get("whose") == "all"
    return _Asked(everybody, show, _key(request.args.get("before", "")))


def _whose(asked: _Asked) -> Sequence[tuple[Text, str, bool]]:
    """The switch between one's own alerts and those of everybody."""
    return (
        (say("Of your organisation"), asked.address(everybody=False), not asked.everybody),
        (say("Of all organisations"), asked.address(everybody=True), asked.everybody),
    )


def _row(alert: AlertInfo, arrival: Arrival, caller: Caller, everybody: bool, tell: Words) -> MessageRow:
    at = read_at(alert, caller.organisation)
    readers = {one.organisation for one in alert.acknowledgements} & set(alert.told)
    read: Text | datetime = at or say("not yet")
    if everybody:
        read = say("{read} of {told}", read=len(readers), told=len(alert.told))
    return MessageRow(
        id=alert.id,
        at=alert.at,
        title=title(alert, Reader(caller.organisation, caller.kind), tell),
        read=read,
        unread=len(readers) < len(alert.told) if everybody else at is None,
        arrived=arrival_words(arrival),
        failed=arrival.failed > 0,
    )


def _written(key: Key) -> str:
    """Where the next part begins, as it stands in an address."""
    at, number = key
    assert isinstance(at, datetime)
    return f"{at.isoformat()}~{number}"


def _key(written: str) -> Key | None:
    """The same read again; None for anything else, which is the beginning."""
    at, _, number = written.partition("~")
    try:
        moment, seq = datetime.fromisoformat(at), int(number[:18])
    except ValueError:
        return None
    return (moment, seq) if moment.tzinfo is not None else None
