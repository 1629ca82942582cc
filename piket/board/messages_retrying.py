"""Try a delivery that was given up again, at once; the page on which that was asked says what came of it."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.service import Viewer
from piket.alerts.wording_attempts import delivery_words
from piket.board.door import visitor
from piket.board.frame import blp, deps, go_to, in_query, own_page
from piket.errors import Conflict, NotFound
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.words import Text, say


@blp.post("/messages/deliveries/<id>/retries")
def retry_delivery(id: str) -> Response:
    """Try it again. A second tap changes nothing: it finds the delivery under way, and the page says who asked for it."""
    caller = visitor().caller
    with deps().reading() as session:
        owner = alerts.owner_of(session, id)
        access.require(caller, "retry-delivery", own=caller.organisation == owner)
        alert = alerts.find_delivery(session, id, Viewer(caller.organisation, caller.kind)).alert
    try:
        with deps().writing() as session:
            alerts.retry(session, g.now, caller.actor(), id)
    except Conflict as error:
        if error.code != "delivery-not-failed":
            raise
    return go_to(in_query(_back(alert), tried=id) + "#tried")


def _back(alert: str) -> str:
    """The page on which it was asked, else that of the alert."""
    asked = own_page(request.form.get("page", "/"))
    return asked if asked.startswith("/messages") else f"/messages/{alert}"


def tried(session: Session, caller: Caller, delivery: str | None) -> Text | None:
    """What came of trying this delivery again, for who may see it; None when nobody asked for that."""
    if not delivery:
        return None
    try:
        found = alerts.find_delivery(session, delivery, Viewer(caller.organisation, caller.kind))
    except NotFound:
        return None
    asked = alerts.last_retries(session, [delivery]).get(delivery)
    if asked is None or not access.may(caller, "read-deliveries", own=caller.organisation == found.organisation):
        return None
    names = organisations.names(session, [asked.by, found.organisation])
    return say(
        "{by} asked to send this to {name} again, {at}. It stands now: {state}.",
        by=names[asked.by], name=names[found.organisation], at=asked.at, state=delivery_words(found),
    )  # fmt: skip
