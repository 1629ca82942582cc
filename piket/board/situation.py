"""The page at `/`: the situation as one organisation sees it."""

from __future__ import annotations

from hashlib import sha256

from flask import Response, g, request
from flask import session as cookie
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.service import Filters, Reader
from piket.alerts.wording_levels import LEVELS
from piket.board.again import marks_of_now, remember_sent, turns_at
from piket.board.deeds import first_steps
from piket.board.door import visitor
from piket.board.frame import blp, deps, page, words
from piket.board.last_look import Look, look
from piket.board.panels import People, enough, how_full, to_ring, who_acts
from piket.board.pictures.hanging import show_days
from piket.board.pictures.tiles import Tile, map_in_words, tiles
from piket.board.running import AlertRow, alert_row, of_now, running
from piket.board.undelivered import undelivered_rows
from piket.occupancy.service import Situation
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest

SHOWN_ALERTS, SHOWN_UNDELIVERED = 8, 5


@blp.get("/")
def show_situation() -> Response:
    """The situation, for who is signed in. An unchanged page is not sent again."""
    marks = marks_of_now()
    with deps().reading() as session:
        seen = look(session, g.now, marks)
        response, whole = _situation(session, seen, visitor().caller)
    _only_when_changed(response)
    if whole:
        remember_sent(response, marks, turns_at(seen.found))
    return response


def _situation(session: Session, seen: Look, caller: Caller) -> tuple[Response, bool]:
    """The page as this organisation may see it, and whether all of it is there: a picture may still be drawn."""
    found = seen.found
    ring = to_ring(found, caller.kind, caller.organisation)
    own = {caller.organisation: visitor().organisation}
    people = People(seen.names | own, {code: organisations.telephone(session, code) for code in ring})
    counted = show_days(seen.past, words()) if seen.past else None
    country = _tiles(found, people)
    made = page(
        "situation.html",
        sentence=found.sentence,
        full=how_full(found),
        acts=who_acts(found, people, ring),
        places=enough(found),
        steps=first_steps(found, caller),
        levels=LEVELS,
        calls=running(found.overflow, people, found.at),
        alerts=_alerts(session, caller),
        undelivered=found.undelivered,
        lines=undelivered_rows(session, caller, g.now, SHOWN_UNDELIVERED) if found.undelivered else (),
        counted=counted,
        public=seen.past is not None and seen.past.imported,
        tiles=country,
        map_sentence=map_in_words(country),
        proposed=found.duty.status == "proposed",
        at=found.at,
        organisation=people.name(caller.organisation),
    )
    return made, counted is None or counted.picture.instead is None


def _tiles(found: Situation, people: People) -> list[Tile]:
    """The map of the provinces, with the call-ups of the overflow that is shown."""
    duty = found.duty
    calls = of_now(found.overflow, found.at)
    return tiles(found.provinces, duty.organisations, duty.standby, calls, people.names, found.at)


def _alerts(session: Session, caller: Caller) -> list[AlertRow]:
    """The newest alerts that this organisation was told."""
    told = alerts.paged(session, PageRequest(SHOWN_ALERTS), Filters(told=caller.organisation)).items
    reader, tell = Reader(caller.organisation, caller.kind), words()
    return [alert_row(alert, reader, tell) for alert in told]


def _only_when_changed(response: Response) -> None:
    """Let the browser keep the page and ask whether it changed. The token of its forms differs every time and is left out."""
    content = response.get_data(as_text=True).replace(generate_csrf(), str(cookie.get("csrf_token")))
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(sha256(content.encode()).hexdigest()[:32], weak=True)
    response.make_conditional(request)
