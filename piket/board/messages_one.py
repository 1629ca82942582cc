"""One alert whole: what it says, who was told and has read it, its deliveries with every attempt, and acknowledging it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.acknowledge import Read
from piket.alerts.arrivals import standing
from piket.alerts.letters import write_letter
from piket.alerts.not_arrived import UNDELIVERED_AFTER_FAILURES
from piket.alerts.service import AlertInfo, DeliveryInfo, Viewer
from piket.alerts.wording_attempts import attempt_words, channel_words, delivery_words
from piket.board.door import visitor
from piket.board.frame import blp, deps, go_to, page, words
from piket.board.messages_retrying import tried
from piket.board.running import read_at
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.words import Text, say

MOST_DELIVERIES = 200


@dataclass(frozen=True)
class ToldRow:
    """One organisation that was told. `read_at` None: it has not acknowledged; `entered`: by whom that was entered for it.

    `enter_read` is the form on which COA or the ministry enters that they read it.
    """

    name: str
    read_at: datetime | None
    entered: Text | None
    enter_read: str | None


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery; `attempts` oldest first, each with its moment and what came of it. `retry`: it may be tried again."""

    id: str
    organisation: str
    channel: Text
    address: str
    state: Text
    failed: bool
    attempts: Sequence[tuple[datetime, Text]]
    asked: Text | None
    retry: bool


@blp.get("/messages/<id>")
def show_message(id: str) -> Response:
    """One alert, for who is signed in. Raises `NotFound`."""
    caller = visitor().caller
    with deps().reading() as session:
        return _page(session, caller, alerts.find_alert(session, id))


@blp.post("/messages/<id>/acknowledgements")
def acknowledge_message(id: str) -> Response:
    """Write down that this organisation has read the alert; twice is once. Raises `Refused` for who was not told."""
    caller = visitor().caller
    with deps().reading() as session:
        alert = alerts.find_alert(session, id)
    access.require(caller, "acknowledge", own=caller.organisation in alert.told)
    with deps().writing() as session:
        alerts.acknowledge_for(session, g.now, deps().settings, caller.actor(), id)
    return go_to(f"/messages/{id}#acknowledge")


def _page(session: Session, caller: Caller, alert: AlertInfo) -> Response:
    """The page as this organisation may see it."""
    mine = caller.organisation in alert.told
    names = organisations.names(session, {caller.organisation, *alert.told, *_enterers(alert)})
    rows, cut = _deliveries(session, caller, alert) if access.may(caller, "read-deliveries", own=mine) else ([], False)
    return page(
        "messages_one.html",
        letter=write_letter(session, deps().settings, alert, caller.organisation, words().language),
        alert=alert,
        mine=mine,
        organisation=names[caller.organisation],
        acknowledged_at=read_at(alert, caller.organisation),
        may_acknowledge=mine and not caller.read_only,
        told=[_told(alert, code, caller, names) for code in alert.told],
        sees_deliveries=access.may(caller, "read-deliveries", own=mine),
        sees_all=access.may(caller, "read-deliveries"),
        deliveries=rows,
        cut=cut,
        tried=tried(session, caller, request.args.get("tried")),
    )


def _enterers(alert: AlertInfo) -> set[str]:
    """Who entered for others that they have read it."""
    return {str(one.on_behalf["by"]) for one in alert.acknowledgements if one.on_behalf}


def _told(alert: AlertInfo, code: str, caller: Caller, names: Mapping[str, str]) -> ToldRow:
    read = next((one for one in alert.acknowledgements if one.organisation == code), None)
    others = code != caller.organisation and not caller.read_only
    may_enter = others and read is None and access.may(caller, "acknowledge", own=True, on_behalf=True)
    return ToldRow(
        name=names[code],
        read_at=read.at if read else None,
        entered=_entered(read, names),
        enter_read=f"/alerts/{alert.id}/read-by/{code}" if may_enter else None,
    )


def _entered(read: Read | None, names: Mapping[str, str]) -> Text | None:
    """That it was entered for them: by whom, who said it, by which way."""
    if read is None or not read.on_behalf:
        return None
    said = read.on_behalf
    return say(
        "entered by {by}: said by {who}, by {way}", by=names[str(said["by"])], who=said["saidBy"], way=said["via"]
    )


def _deliveries(session: Session, caller: Caller, alert: AlertInfo) -> tuple[Sequence[DeliveryRow], bool]:
    """The deliveries that this caller may see, and whether there are more than are shown."""
    viewer = Viewer(caller.organisation, caller.kind)
    found = alerts.deliveries_of(session, alert.id, PageRequest(MOST_DELIVERIES), viewer)
    asked = alerts.last_retries(session, [one.id for one in found.items])
    names = organisations.names(session, {one.organisation for one in found.items} | {one.by for one in asked.values()})
    readers = {one.organisation for one in alert.acknowledgements}
    rows = []
    for one in sorted(found.items, key=lambda one: (names[one.organisation], one.channel)):
        last, own = asked.get(one.id), one.organisation == caller.organisation
        may_retry = not caller.read_only and access.may(caller, "retry-delivery", own=own)
        said = say("{by} asked to try it again, {at}", by=names[last.by], at=last.at) if last else None
        rows.append(_row(one, names[one.organisation], said, one.organisation in readers, may_retry))
    return rows, found.next is not None


def _row(one: DeliveryInfo, name: str, asked: Text | None, read: bool, may_retry: bool) -> DeliveryRow:
    failures = sum(attempt.outcome in ("failed", "refused") for attempt in one.attempts)
    failed = standing(one.state, failures >= UNDELIVERED_AFTER_FAILURES or one.gave_up_at is not None, read) == "failed"
    return DeliveryRow(
        id=one.id,
        organisation=name,
        channel=channel_words(one.channel),
        address=one.address,
        state=delivery_words(one),
        failed=failed,
        attempts=[(attempt.at, attempt_words(attempt)) for attempt in one.attempts],
        asked=asked,
        retry=failed and one.state == "failed" and may_retry and not one.ended,
    )
