"""One organisation as its administrator and the operator look after it: contact points with their last test, keys, accounts.

Its own people see its contact points, and COA and the ministry see them with masked addresses; keys and accounts are for
who may change them.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.service import DeliveryInfo, Viewer
from piket.alerts.wording_attempts import delivery_words
from piket.board import administering_words
from piket.board.administering import why_not
from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.organisations import access, accounts, sign_ins
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.organisations.accounts import AccountInfo
from piket.organisations.service import ContactPointInfo, KeyInfo, TestInfo
from piket.pages import Page, PageRequest
from piket.words import Text, say

MOST = 200
_SEES_TELEPHONES = ("coa", "ministry")


@dataclass(frozen=True)
class Point:
    """A contact point as who looks may see it, its last test and what came back of that; None: it was never tested."""

    info: ContactPointInfo
    address: str
    test: TestInfo | None
    delivery: DeliveryInfo | None


@dataclass(frozen=True)
class KeyRow:
    """A key, how it stands, and when somebody was last signed in on the board with it; None: nobody was."""

    info: KeyInfo
    state: Text
    usable: bool
    used_at: object


@blp.get("/administration/organisations/<code>")
def show_organisation(code: str) -> Response:
    """The contact points of an organisation; and its keys and accounts for who may change them. `?ended=1`: also what ended."""
    caller, ended = visitor().caller, request.args.get("ended") == "1"
    own = code == caller.organisation
    with deps().reading() as session:
        found = organisations.find(session, code)
        access.require(caller, "read-deliveries", own=own)
        refused = why_not(caller, "manage-contact-points", own=own)
        points = _points(session, caller, code, ended)
        keys = _keys(session, code, ended) if refused is None else Page[KeyRow]([])
        persons = _accounts(session, code, ended) if refused is None else Page[AccountInfo]([])
    return page(
        "admin_organisation.html",
        organisation=found,
        own=own,
        ended=ended,
        points=points,
        nobody=not any(point.info.channel != "telephone" and point.info.state != "ended" for point in points),
        keys=keys.items,
        persons=persons.items,
        most=MOST if keys.next or persons.next else None,
        why_not=refused,
        words=administering_words,
        delivery_words=delivery_words,
    )


def _points(session: Session, caller: Caller, code: str, ended: bool) -> list[Point]:
    """Written by a fixed number of queries, however many there are."""
    viewer = Viewer(caller.organisation, caller.kind)
    found = organisations.contact_points(session, code, ended)
    tests = organisations.last_tests(session, [one.id for one in found])
    sent = alerts.deliveries_of_tests(session, [test.alert for test in tests.values()], viewer)
    points = []
    for one in found:
        test = tests.get(one.id)
        points.append(Point(one, seen_address(caller, one), test, sent.get(test.alert) if test else None))
    return points


def seen_address(caller: Caller, point: ContactPointInfo) -> str:
    """The address as the caller may see it: whole for its organisation and the operator; a number also for who must ring."""
    if point.channel == "telephone" and caller.kind in _SEES_TELEPHONES:
        return point.address
    return Viewer(caller.organisation, caller.kind).address(point.organisation, point.channel, point.address)


def _keys(session: Session, code: str, ended: bool) -> Page[KeyRow]:
    found = organisations.keys_paged(session, code, PageRequest(MOST))
    used = sign_ins.last_use_of_keys(session, [one.id for one in found.items])
    rows = [KeyRow(one, *_key_state(one), used.get(one.id)) for one in found.items]
    return Page([row for row in rows if row.usable or ended], found.next)


def _key_state(key: KeyInfo) -> tuple[Text, bool]:
    """How a key stands, and whether it still opens anything."""
    if key.revoked_at is not None:
        return say("ended at {at}", at=key.revoked_at), False
    if key.expires_at is None:
        return say("works, without an end"), True
    if key.expires_at <= g.now:
        return say("expired at {at}", at=key.expires_at), False
    return say("works until {at}", at=key.expires_at), True


def _accounts(session: Session, code: str, ended: bool) -> Page[AccountInfo]:
    return accounts.accounts_paged(session, code, PageRequest(MOST), include_ended=ended)
