"""The pages of the pictures: people over months and years, the course of an overflow; and the files."""

from __future__ import annotations

import gzip
import threading

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.board.deeds import stating
from piket.board.door import visitor
from piket.board.frame import blp, deps, page, words
from piket.board.pictures.bars import call_bar, need_bar
from piket.board.pictures.episode import course
from piket.board.pictures.hanging import hang_episode, sheet_again, show_days
from piket.board.pictures.periods import Chosen, choose
from piket.board.pictures.phrases import picture_words
from piket.board.pictures.reading import Occupancy, read_episode, read_occupancy
from piket.drawing.paper import Sheet, name_of
from piket.errors import NotFound
from piket.occupancy import service as occupancy
from piket.occupancy.service import CentreInfo
from piket.words import say

# A picture that another machine asked for is drawn again here while its reader waits: so long, and for so many at once.
WAIT_SECONDS = 8.0
_waiters = threading.BoundedSemaphore(4)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


@blp.get("/occupancy")
def show_occupancy() -> Response:
    """People over months and years against the maximum, with every figure in a table."""
    with deps().reading() as session:
        centre = _centre(session)
        query = {key: request.args[key] for key in ("year", "month", "all") if key in request.args}
        chosen = choose(query, g.now, occupancy.first_seen(session, centre.code), centre.level == "unknown")
        found = read_occupancy(session, centre.code, centre.norm.people, chosen.period)
    return _occupancy_page(centre, chosen, found)


def _centre(session: Session) -> CentreInfo:
    """The centre that is asked for by its code, else the first. Raises `NotFound`."""
    codes = occupancy.centres(session)
    if not codes:
        raise NotFound(say("No centre is watched."))
    return occupancy.centre(session, g.now, deps().settings, request.args.get("centre", codes[0]))


def _occupancy_page(centre: CentreInfo, chosen: Chosen, found: Occupancy) -> Response:
    tell = words()
    return page(
        "occupancy.html",
        centre=centre,
        chosen=chosen,
        found=found,
        shown=show_days(found, tell),
        **picture_words(tell),
    )


@blp.get("/episodes/<episode_id>")
def show_episode(episode_id: str) -> Response:
    """One overflow: what was needed and promised, each call-up, and what happened when."""
    with deps().reading() as session:
        found = read_episode(session, g.now, episode_id)
        centre = occupancy.centre(session, g.now, deps().settings, found.info.centre, found.info.drill)
    tell = words()
    return page(
        "episode.html",
        centre=centre,
        episode=found.info,
        found=found,
        days=course(found.acts, found.names),
        calls=[(found.names[call.organisation], call, call_bar(call)) for call in found.info.call_ups],
        need=need_bar(found.info),
        steps=stating(found.info, visitor().caller),
        **picture_words(tell),
        picture=hang_episode(found, tell),
    )


@blp.get("/pictures/<name>/<form>.svg")
def picture_file(name: str, form: str) -> Response:
    """One form of a picture, by the name of its content. Raises `NotFound` for one that is not there and cannot be made."""
    gallery, file = deps().gallery, f"{form}.svg"
    with deps().reading() as session:
        data = gallery.find(name, file)
        sheet = None if data is not None else sheet_again(session, g.now, request.args)
    if data is None and sheet is not None and name_of(sheet) == name:
        data = _wait_for(sheet, file)
    if data is None:
        raise NotFound(say("This picture is not there. Open the page again."))
    return _svg(data)


def _wait_for(sheet: Sheet, file: str) -> bytes | None:
    """Draw it, and let this reader wait a little; not too many at once, for each waits in a thread of the service."""
    if not _waiters.acquire(blocking=False):
        return None
    try:
        deps().gallery.ask(sheet)
        deps().gallery.wait(name_of(sheet), WAIT_SECONDS)
        return deps().gallery.find(name_of(sheet), file)
    finally:
        _waiters.release()


def _svg(data: bytes) -> Response:
    """The file, compressed for who can read that. It never changes, and is for who is signed in."""
    response = Response(mimetype="image/svg+xml")
    if request.accept_encodings["gzip"] > 0:
        response.set_data(data)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response.set_data(gzip.decompress(data))
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = _POLICY
    response.vary.update(("Accept-Encoding",))
    return response
