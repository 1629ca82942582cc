"""Swaps of turns for the organisations of a rota: ask for one, answer one, withdraw one. Nothing changes until both agree.

The ministry sees all of them, and proposes that two others swap; both of them must agree then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.board.answering_call import Wrong
from piket.board.door import visitor
from piket.board.frame import blp, deps, go_to, page
from piket.board.panels import People
from piket.errors import Conflict, Invalid
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.service import SwapInfo, SwapWish, TurnView
from piket.words import Text, say

AHEAD = timedelta(days=400)
SHOWN = 20
STATES: Mapping[str, Text] = {
    "proposed": say("waits for an answer"),
    "accepted": say("agreed: the swap holds"),
    "rejected": say("refused"),
    "withdrawn": say("withdrawn"),
    "expired": say("no answer came in time"),
    "undone": say("undone"),
    "cancelled": say("ended, because the rota changed"),
}
_FIELDS = {"offeredTurn": "offered", "requestedTurn": "requested"}


@blp.get("/swaps")
def show_swaps() -> Response:
    """The swaps of this organisation, and the form that asks for one."""
    with deps().reading() as session:
        return _page(session, visitor().caller)


@blp.post("/swaps")
def ask_swap() -> Response:
    """Ask another to swap a turn with one of one's own, or as the ministry two others. What is wrong stands beside its field."""
    caller = visitor().caller
    access.require(caller, "propose-swap", own=True)
    mine = caller.organisation if caller.kind != "ministry" else None
    given = {name: request.form.get(name, "").strip() for name in ("offered", "requested", "reason")}
    asked = {"offered": say("Choose a turn."), "requested": say("Choose a turn."), "reason": say("Say why.")}
    empty = {name: detail for name, detail in asked.items() if not given[name]}
    if empty:
        return _again(Wrong(empty))
    (offered, offering), (requested, of) = _place(given["offered"]), _place(given["requested"])
    wish = SwapWish(offered, requested, given["reason"][:1000], offering=mine or offering, requested=of)
    try:
        with deps().writing() as session:
            rota.propose_swap(session, g.now, caller.actor(), wish)
    except Invalid as error:
        return _again(Wrong({_FIELDS.get(one.field, "offered"): one.detail for one in reversed(error.faults)}))
    except Conflict as error:
        return _again(Wrong({}, error.detail, 409))
    return go_to("/swaps")


@blp.post("/swaps/<id>/answers")
def answer_swap(id: str) -> Response:
    """Agree to a swap, or refuse it with a reason. A second tap finds it answered."""
    caller = visitor().caller
    agrees, reason = request.form.get("answer") == "yes", request.form.get("why", "").strip()[:1000]
    try:
        with deps().writing() as session:
            swap = rota.find_swap(session, g.now, id)
            own = caller.organisation in {swap.offering, swap.requested} - {swap.proposed_by}
            access.require(caller, "answer-swap", own=own)
            if agrees:
                rota.accept_swap(session, g.now, caller.actor(), id, None, None)
            elif reason:
                rota.reject_swap(session, g.now, caller.actor(), id, reason, None)
    except (Conflict, Invalid) as error:
        return _again(Wrong({}, error.detail, 409))
    return go_to("/swaps") if agrees or reason else _again(Wrong({f"why-{id}": say("Say why you refuse.")}))


@blp.post("/swaps/<id>/withdrawals")
def withdraw_swap(id: str) -> Response:
    """Withdraw what one asked, or undo a swap before the first of its turns begins."""
    caller = visitor().caller
    try:
        with deps().writing() as session:
            swap = rota.find_swap(session, g.now, id)
            access.require(caller, "propose-swap", own=caller.organisation in (swap.offering, swap.requested))
            rota.end_swap(session, g.now, caller.actor(), id)
    except Conflict as error:
        return _again(Wrong({}, error.detail, 409))
    return go_to("/swaps")


def _again(wrong: Wrong) -> Response:
    with deps().reading() as session:
        return _page(session, visitor().caller, wrong)


def _page(session: Session, caller: Caller, wrong: Wrong | None = None) -> Response:
    """The page, with what was wrong and what was typed."""
    whole = caller.kind == "ministry"
    found = rota.swaps_paged(
        session, g.now, PageRequest(SHOWN), organisation=None if whole else caller.organisation
    ).items
    coming = rota.turns_paged(session, g.now, "piket", PageRequest(200), g.now, g.now + AHEAD).items
    coming = [turn for turn in coming if turn.from_at > g.now]
    codes = {code for swap in found for code in (swap.offering, swap.requested, swap.proposed_by)}
    people = People(organisations.names(session, codes | {code for turn in coming for code in _holders(turn)}))
    return page(
        "answer_swaps.html",
        wrong.status if wrong else 200,
        swaps=found,
        states=STATES,
        people=people,
        own=[*_choices([turn for turn in coming if whole or caller.organisation in _holders(turn)], people, whole)],
        others=[*_choices([turn for turn in coming if caller.organisation not in _holders(turn)], people, True)],
        whole=whole,
        may_answer={swap.id for swap in found if caller.organisation in swap.waiting_for and not caller.read_only},
        may_end={swap.id for swap in found if _may_end(caller, swap)},
        may_ask=not caller.read_only and access.may(caller, "propose-swap", own=True),
        wrong=wrong.beside if wrong else {},
        refused=wrong.whole if wrong else None,
        typed=request.form if wrong else g.get("kept") or {},
    )


def _choices(turns: Sequence[TurnView], people: People, named: bool) -> Iterator[tuple[str, TurnView, str]]:
    """What can be chosen: of a turn that several have, a line for each; `named`: with whose it is."""
    for turn in turns:
        holders = _holders(turn)
        for code in holders if named else holders[:1]:
            yield (
                f"{turn.id} {code}" if named and len(holders) > 1 else turn.id,
                turn,
                str(people.name(code)) if named else "",
            )


def _place(chosen: str) -> tuple[str, str | None]:
    """The turn that was chosen, and whose place in it, where that was said."""
    turn, _, code = chosen.partition(" ")
    return turn, code or None


def _holders(turn: TurnView) -> list[str]:
    return [code for slot in turn.slots for code in slot.organisations]


def _may_end(caller: Caller, swap: SwapInfo) -> bool:
    """Withdraw what one asked while it waits, or undo what holds until the first turn begins."""
    in_it = access.may(caller, "propose-swap", own=caller.organisation in (swap.offering, swap.requested))
    in_it = in_it and not caller.read_only
    mine = swap.state == "proposed" and swap.proposed_by == caller.organisation
    return in_it and (mine or swap.state == "accepted") and swap.expires_at > g.now
