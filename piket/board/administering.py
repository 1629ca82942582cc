"""The administration: what an organisation can look after, on one page; and who may, in one sentence for who may not."""

from __future__ import annotations

from flask import Response

from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.errors import Refused
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.organisations.service import ReachInfo
from piket.words import Text


@blp.get("/administration")
def show_administration() -> Response:
    """What this organisation can look after, and what it should know of it."""
    caller = visitor().caller
    with deps().reading() as session:
        reach = organisations.reach(session)
        known = organisations.listed(session)
    return page(
        "admin_home.html",
        own=reach.get(caller.organisation, ReachInfo()),
        number=len(known),
        unreachable=sum(reach.get(one.code, ReachInfo()).nobody for one in known),
        sees_reach=access.may(caller, "read-deliveries"),
        why_not=why_not(caller, "manage-contact-points", own=True),
    )


def why_not(caller: Caller, action: str, *, own: bool = False) -> Text | None:
    """Why `caller` may not do `action` here, in a sentence that says who may; None: they may."""
    try:
        access.require_writer(caller)
        access.require(caller, action, own=own)
    except Refused as refused:
        return refused.detail
    return None
