"""The page at `/`: the situation as one organisation sees it."""

from __future__ import annotations

from hashlib import sha256

from flask import Response, g, request
from flask import session as cookie
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.links import make_link
from piket.alerts.service import Filters, Reader
from piket.alerts.wording_levels import LEVELS
from piket.board.again import again, remember_sent, turns_at
from piket.board.deeds import first_steps
from piket.board.door import visitor
from piket.board.frame import blp, deps, page, words
from piket.board.panels import People, enough, how_full, pressing, to_ring, who_acts
from piket.board.pictures.hanging import show_days
from piket.board.pictures.reading import sixty_days
from piket.board.pictures.tiles import ON_THE_MAP, Tile, map_in_words, tiles
from piket.board.running import AlertRow, alert_row, of_now, running
from piket.occupancy import service as occupancy
from piket.occupancy.service import Situation
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest

SHOWN_ALERTS = 8


@blp.get("/")
def show_situation() -> Response:
    """The situation, for who is signed in. An unchanged page is not sent again."""
    marks = again().marks()
    with deps().reading() as session:
        found = occupancy.situation(session, g.now, deps().settings)
        response, whole = _situation(session, found, visitor().caller)
    _only_when_changed(response)
    if whole:
        remember_sent(response, marks, turns_at(found))
    return response


def _situation(session: Session, found: Situation, caller: Caller) -> tuple[Response, bool]:
    """The page as this organisation may see it, and whether all of it is there: a picture may still be drawn."""
    ring = to_ring(found, caller.kind, caller.organisation)
    people = _people(session, found, ring, caller)
    tell, centres = words(), pressing(found)
    counted = show_days(sixty_days(session, found.at, centres[0]), tell) if centres else None
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
        counted=counted,
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


def _people(session: Session, found: Situation, ring: list[str], caller: Caller) -> People:
    """The names on the page, and the numbers of those whom this reader may have to ring; nobody else's."""
    duty = found.duty
    called = [call.organisation for call in found.overflow.call_ups] if found.overflow else []
    codes = {caller.organisation, *ring, *duty.organisations, *called, duty.standby, duty.next, *ON_THE_MAP} - {None}
    names = organisations.names(session, [code for code in codes if code])
    return People(names, {code: organisations.telephone(session, code) for code in ring})


def _alerts(session: Session, caller: Caller) -> list[AlertRow]:
    """The newest alerts that this organisation was told. A key that may only read gets no link, which would let it write."""
    settings, reader = deps().settings, Reader(caller.organisation, caller.kind)
    told = alerts.paged(session, PageRequest(SHOWN_ALERTS), Filters(told=caller.organisation)).items
    tell = words()
    rows = []
    for alert in told:
        link = None if caller.read_only else make_link(settings.secret_key, "", alert.id, caller.organisation)
        rows.append(alert_row(alert, reader, tell, link))
    return rows


def _only_when_changed(response: Response) -> None:
    """Let the browser keep the page and ask whether it changed. The token of its forms differs every time and is left out."""
    content = response.get_data(as_text=True).replace(generate_csrf(), str(cookie.get("csrf_token")))
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(sha256(content.encode()).hexdigest()[:32], weak=True)
    response.make_conditional(request)
