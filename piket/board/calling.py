"""A call-up by hand: COA or the ministry calls somebody outside the order of the rota (5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Values, serve
from piket.board.desks import at_centre
from piket.board.frame import blp, deps
from piket.board.questions import Question
from piket.errors import Conflict
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import OverflowInfo
from piket.words import Text, nsay, say

MOST_PLACES, LONGEST_PAYER = 20_000, 200
_CALLED = ("province", "safetyRegion", "municipality")


@blp.route("/call-ups/new", methods=["GET", "POST"])
def call_by_hand() -> Response:
    """Call an organisation up by hand, in an overflow that is open."""
    return serve(_calling)


def _calling(session: Session, caller: Caller) -> Form:
    access.require(caller, "call-up")
    episodes = [overflows.overflow(session, g.now, id) for id in overflows.open_ones(session)]
    if not episodes:
        raise Conflict(
            say("No overflow is open, so nobody can be called up. Declare an overflow first."), "no-open-overflow"
        )
    return Form(
        heading=say("Call up an organisation by hand"),
        button=say("Make this call-up"),
        deed="call_up",
        act=partial(_call, {one.id: one for one in episodes}, caller),
        questions=(_which(session, episodes), *_asked(session, episodes)),
        notes=[
            *(_missing(one) for one in episodes),
            say("It stands beside the order of the rota: whoever is called by the rota stays called."),
        ],
        home=f"/episodes/{episodes[0].id}" if len(episodes) == 1 else "/",
    )


def _which(session: Session, episodes: Sequence[OverflowInfo]) -> Question:
    """In which overflow; not asked while there is one."""
    label = say("In which overflow")
    if len(episodes) == 1:
        return Question("overflow", label, "hidden", given=episodes[0].id)
    names = [(one.id, occupancy.centre(session, g.now, deps().settings, one.centre).name) for one in episodes]
    return Question("overflow", label, "choice", options=names)


def _asked(session: Session, episodes: Sequence[OverflowInfo]) -> Sequence[Question]:
    called = [(one.code, one.name) for kind in _CALLED for one in _by_name(session, kind)]
    short = episodes[0].shortfall if len(episodes) == 1 else None
    by_rule = say("Left empty: as the rules say.")
    return (
        Question("organisation", say("Who is called up"), "choice", options=called),
        Question("places", say("How many places"), "number", least=1, most=MOST_PLACES, given=str(short or "")),
        Question("respond_by", say("Answer before"), "moment", by_rule, needed=False),
        Question("needed_by", say("Needed before"), "moment", by_rule, needed=False),
        Question(
            "until", say("Until when the places are needed"), "moment", say("Left empty: not known."), needed=False
        ),
        Question("paid_by", say("Who pays"), longest=LONGEST_PAYER, needed=False),
    )


def _by_name(session: Session, kind: str) -> list[organisations.Info]:
    return sorted(organisations.listed(session, kind), key=lambda one: one.name)


def _call(episodes: dict[str, OverflowInfo], caller: Caller, session: Session, values: Values) -> Done:
    episode = episodes.get(values["overflow"])
    if episode is None:
        raise Conflict(say("This overflow is not open any more. Open the page again."), "other-overflow")
    with at_centre(session, caller, episode.centre) as desk:
        overflows.call_by_hand(
            desk, values["organisation"], values["places"], overflow=episode.id, respond=values["respond_by"],
            needed=values["needed_by"], until=values["until"], paid_by=values["paid_by"],
        )  # fmt: skip
    return Done()


def _missing(episode: OverflowInfo) -> Text:
    """How many places are missing now."""
    if episode.shortfall is None:
        return say("How many places are missing is not known.")
    return nsay("{n} place is missing now.", "{n} places are missing now.", episode.shortfall)
