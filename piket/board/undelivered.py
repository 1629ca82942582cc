"""What could not be delivered, whom to ring about it, and trying again: exactly what the figure of the situation counts.

COA, the ministry and the operator see all of it, with the numbers: one of them has to ring. Others see what was for themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.service import Reader, Undelivered
from piket.alerts.wording import title
from piket.alerts.wording_attempts import last_words
from piket.board.door import visitor
from piket.board.frame import blp, deps, in_query, page, words
from piket.board.messages_retrying import tried
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.words import Text

SHOWN = 50
MOST_PAGES = 1000


@dataclass(frozen=True)
class UndeliveredRow:
    """One message that did not come over, to `organisation` (`code`), written at `since`; `said` is what the last attempt did.

    `telephone` None: no number is known, or this reader does not ring them (`rings` tells which). `retry` is the delivery that
    can be tried again; `enter_read` the form on which it is entered that they were told by telephone.
    """

    alert: str
    code: str
    organisation: str
    title: str
    since: datetime
    said: Text
    rings: bool
    telephone: str | None
    retry: str | None
    enter_read: str | None


@blp.get("/messages/undelivered")
def show_undelivered() -> Response:
    """Everything that could not be delivered, newest first."""
    caller, number = visitor().caller, _page_number()
    with deps().reading() as session:
        total, rows = _read(session, caller, g.now, SHOWN, (number - 1) * SHOWN)
        told = tried(session, caller, request.args.get("tried"))
    return page(
        "messages_undelivered.html",
        rows=rows,
        total=total,
        sees_all=access.may(caller, "read-deliveries"),
        first=(number - 1) * SHOWN + 1,
        older=_address(number + 1) if total > number * SHOWN else None,
        newest=_address(1) if number > 1 else None,
        tried=told,
        at=g.now,
    )


def undelivered_rows(session: Session, caller: Caller, now: datetime, limit: int) -> Sequence[UndeliveredRow]:
    """The newest `limit` of what could not be delivered, as this caller may see it; a constant number of questions."""
    return _read(session, caller, now, limit)[1]


def _read(
    session: Session, caller: Caller, now: datetime, limit: int, skip: int = 0
) -> tuple[int, Sequence[UndeliveredRow]]:
    """How many there are for this caller, and some of them."""
    rings = access.may(caller, "read-deliveries")
    own = None if rings else caller.organisation
    opened = overflows.open_ones(session, None, False)
    total, lines = alerts.undelivered_lines(session, now, opened, own, limit, skip)
    codes = {line.organisation for line in lines}
    names = organisations.names(session, codes)
    numbers = organisations.telephones(session, codes) if rings and codes else {}
    return total, [_row(line, caller, names, numbers) for line in lines]


def _row(line: Undelivered, caller: Caller, names: dict[str, str], numbers: dict[str, str | None]) -> UndeliveredRow:
    code, mine = line.organisation, line.organisation == caller.organisation
    may_retry = line.may_retry and not caller.read_only and access.may(caller, "retry-delivery", own=mine)
    may_enter = not mine and not caller.read_only and access.may(caller, "acknowledge", own=True, on_behalf=True)
    return UndeliveredRow(
        alert=line.alert.id,
        code=code,
        organisation=names[code],
        title=title(line.alert, Reader(caller.organisation, caller.kind), words()),
        since=line.since,
        said=last_words(line),
        rings=bool(numbers) and not mine,
        telephone=None if mine else numbers.get(code),
        retry=line.delivery if may_retry else None,
        enter_read=f"/alerts/{line.alert.id}/read-by/{code}" if may_enter else None,
    )


def _page_number() -> int:
    """Which part of the list is asked; 1 is the newest, and what is no number."""
    asked = request.args.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1
    return min(max(number, 1), MOST_PAGES)


def _address(number: int) -> str:
    return in_query("/messages/undelivered", page=str(number) if number > 1 else None)
