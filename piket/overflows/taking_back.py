"""Taking back what was promised by the link of a mail (5.9): mails get forwarded, so the desk has ten minutes to undo it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from piket.errors import Conflict
from piket.overflows.answers import TAKE_BACK_WITHIN, Answer, respond
from piket.overflows.desk import Desk
from piket.overflows.reading import ActInfo, acts_of
from piket.pages import PageRequest
from piket.words import say


def last_answer(session: Session, call_up: str) -> ActInfo | None:
    """What was said last on a call-up; None: nothing yet. Raises `NotFound`."""
    return next(iter(acts_of(session, PageRequest(1), "response", call_up=call_up).items), None)


def take_back_until(last: ActInfo | None, now: datetime) -> datetime | None:
    """Until when the last answer can be taken back; None: it cannot, or not any more. `last` is that of `last_answer`."""
    if last is None or last.data.get("way") != "link" or not last.data["places"]:
        return None
    until = last.at + TAKE_BACK_WITHIN
    return until if now < until else None


def take_back(desk: Desk, call_up: str, reason: str) -> ActInfo:
    """5.9: the promise made by a link is taken back: 0 places, for this reason. The called may answer anew.

    It is an answer like any other, so who was called meanwhile stays called. A repeat states the same again and changes
    nothing. Raises `Conflict` when there is nothing to take back, or people sleep there.
    """
    last = last_answer(desk.session, call_up)
    if last is not None and last.data.get("way") == "takenBack":
        return last
    if take_back_until(last, desk.now) is None:
        raise Conflict(
            say("This cannot be taken back any more. Sign in and change the answer, or ring COA."),
            "too-late-to-take-back",
        )
    return respond(desk, call_up, Answer(0, decline_reason=reason, way="takenBack"))
