"""The overflows there were, the latest in front: how long, how high, what was needed, and how each ended."""

from __future__ import annotations

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.board.frame import blp, deps, page
from piket.occupancy import service as occupancy
from piket.overflows import service as overflows
from piket.pages import PageRequest
from piket.words import Text, say

MOST = 50
ENDINGS: dict[str, Text] = {
    "allClear": say("all-clear: fewer people"),
    "corrected": say("a corrected count"),
    "byHand": say("ended by hand"),
}


@blp.get("/episodes")
def list_episodes() -> Response:
    """The newest overflows; those of drills apart, when they are asked for."""
    drill = request.args.get("drill") == "1"
    with deps().reading() as session:
        found = overflows.overflows(session, g.now, PageRequest(MOST), drill=drill)
        centres = _names(session)
    return page("episodes.html", episodes=found.items, more=found.next is not None, centres=centres, endings=ENDINGS,
                drill=drill, most=MOST)  # fmt: skip


def _names(session: Session) -> dict[str, str]:
    """The names of the centres, by code."""
    codes = occupancy.centres(session)
    return {code: occupancy.centre(session, g.now, deps().settings, code).name for code in codes}
