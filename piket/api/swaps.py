"""Swaps of turns: propose, accept, reject, withdraw, undo."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.api.kit import Answer, Blueprint, Caller, Page, PageRequest, Query, Reply, Schema, fields, permit
from piket.organisations import service as organisations
from piket.rota import service
from piket.rota.service import SwapInfo, SwapStepInfo, SwapWish

blp = Blueprint(
    "swaps", description="Two organisations give each other a turn; who has duty changes only when both agree."
)

STATES = ("proposed", "accepted", "rejected", "withdrawn", "expired", "undone", "cancelled")


class SwapIn(Schema):
    """The turn that is given and the one that is asked for. Whose place it is, is said where a turn has several."""

    offered_turn = fields.Id(required=True)
    requested_turn = fields.Id(required=True)
    reason = fields.Str(1, 1000, lines=True, required=True)
    offering = fields.Code(
        load_default=None,
        metadata={"description": "Whose place in the offered turn; left out: the caller's, or the only one."},
    )
    requested = fields.Code(
        load_default=None, metadata={"description": "Whose place in the requested turn; left out: the only one."}
    )


class SwapAcceptanceIn(Schema):
    """Who says so, and what is to be known of it."""

    by = fields.Str(1, 200, metadata={"description": "A desk or a function."})
    note = fields.Str(1, 1000, lines=True)


class SwapRejectionIn(Schema):
    """Why, and who says so."""

    reason = fields.Str(1, 1000, lines=True, required=True)
    by = fields.Str(1, 200, metadata={"description": "A desk or a function."})


class SwapRemarkOut(Answer):
    """What is allowed and must not pass unsaid: who has duty from `from` until `until`, and why that is worth a word."""

    kind = fields.Choice("twiceRunning", "longer", "overridden")
    organisation = fields.Code()
    from_ = fields.Moment(attribute="from_at")
    until = fields.Moment(attribute="until_at")
    text = fields.Str()


class SwapStepOut(Answer):
    """One thing that was done about a swap, by `organisation` (`engine`: by a deadline); `alert` is null until it is told."""

    at = fields.Moment()
    kind = fields.Choice("proposed", "reminded", "accepted", "rejected", "withdrawn", "expired", "undone", "cancelled")
    organisation = fields.Code()
    by = fields.Str(allow_none=True)
    note = fields.Str(1, 1000, allow_none=True)
    alert = fields.Id(allow_none=True)


class SwapOut(Answer):
    """A swap. It can be answered, and undone, until `expiresAt`: the beginning of the earlier of the two turns."""

    id = fields.Id()
    rota = fields.Code()
    state = fields.Choice(*STATES)
    offered_turn = fields.Id()
    offering = fields.Code()
    offered_from = fields.Moment()
    offered_until = fields.Moment()
    requested_turn = fields.Id()
    requested = fields.Code()
    requested_from = fields.Moment()
    requested_until = fields.Moment()
    proposed_by = fields.Code()
    reason = fields.Str(1, 1000)
    created_at = fields.Moment()
    expires_at = fields.Moment()
    settled_at = fields.Moment(allow_none=True)
    waiting_for = fields.List(fields.Code())
    remarks = fields.List(fields.Nested(SwapRemarkOut))
    steps = fields.List(fields.Nested(SwapStepOut))


class SwapQuery(Query):
    """Which swaps. `organisation`: that gives a turn in it, or proposed it."""

    rota = fields.Code()
    organisation = fields.Code()
    state = fields.Choice(*STATES)


@blp.get("/swaps", action="read", query=SwapQuery, answers=SwapOut, listed=True)
def list_swaps(
    session: Session, now: datetime, caller: Caller, query: dict[str, Any], page: PageRequest
) -> Page[dict[str, Any]]:
    """List swaps, the latest proposed first, whatever became of them."""
    return service.swaps_paged(session, now, page, **query).map(lambda info: _shown(session, info))


@blp.get("/swaps/<id>", action="read", answers=SwapOut)
def show_swap(session: Session, now: datetime, caller: Caller, id: str) -> dict[str, Any]:
    """Show one swap with every step that was taken on it."""
    return _shown(session, service.find_swap(session, now, id))


@blp.post("/swaps", action="propose-swap", body=SwapIn, answers=SwapOut)
def propose_swap(session: Session, now: datetime, caller: Caller, body: dict[str, Any]) -> Reply:
    """Propose to swap a turn of one's own for one of another organisation, or, as the ministry, that two others swap.

    Both turns are of one rota and still to come. The other must accept what one proposes, both must accept what the ministry
    proposes; until then nothing changes. `remarks` says what is allowed and worth a second look, such as two turns running.
    """
    wish = SwapWish(**body)
    permit(caller, "propose-swap", of=service.giver_of(session, wish, caller.organisation))
    made = service.propose_swap(session, now, caller.actor(), wish)
    return Reply(_shown(session, made), location=f"/v1/swaps/{made.id}")


@blp.get("/swaps/<id>/acceptances", action="read", answers=SwapStepOut, listed=True)
def list_swap_acceptances(
    session: Session, now: datetime, caller: Caller, id: str, page: PageRequest
) -> Page[SwapStepInfo]:
    """List who accepted a swap, newest first."""
    return service.swap_answers_paged(session, id, "accepted", page)


@blp.post(
    "/swaps/<id>/acceptances",
    action="answer-swap",
    body=SwapAcceptanceIn,
    body_required=False,
    answers=SwapOut,
    also=(200,),
)
def accept_swap(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> Reply:
    """Accept a swap, as one who is asked to give a turn. With the last acceptance it is in force at once.

    A repeat answers 200 with the swap as it is. What was withdrawn, rejected or has expired cannot be accepted (409).
    """
    permit(caller, "answer-swap", of=_asked(session, now, id))
    swap, new = service.accept_swap(session, now, caller.actor(), id, body.get("by"), body.get("note"))
    return Reply(_shown(session, swap), status=201 if new else 200, location=f"/v1/swaps/{id}")


@blp.get("/swaps/<id>/rejections", action="read", answers=SwapStepOut, listed=True)
def list_swap_rejections(
    session: Session, now: datetime, caller: Caller, id: str, page: PageRequest
) -> Page[SwapStepInfo]:
    """List who rejected a swap."""
    return service.swap_answers_paged(session, id, "rejected", page)


@blp.post("/swaps/<id>/rejections", action="answer-swap", body=SwapRejectionIn, answers=SwapOut, also=(200,))
def reject_swap(session: Session, now: datetime, caller: Caller, id: str, body: dict[str, Any]) -> Reply:
    """Reject a swap, with a reason. It ends the proposal, also when another had accepted it. A repeat answers 200."""
    permit(caller, "answer-swap", of=_asked(session, now, id))
    swap, new = service.reject_swap(session, now, caller.actor(), id, body["reason"], body.get("by"))
    return Reply(_shown(session, swap), status=201 if new else 200, location=f"/v1/swaps/{id}")


@blp.delete("/swaps/<id>", action="propose-swap")
def end_swap(session: Session, now: datetime, caller: Caller, id: str) -> None:
    """Withdraw a proposal that one made, or undo a swap before the first of its turns begins.

    Either of the two and the ministry may undo; both are told. What has begun stays (409), and so does what was rejected.
    """
    swap = service.find_swap(session, now, id)
    permit(caller, "propose-swap", of=(swap.offering, swap.requested))
    service.end_swap(session, now, caller.actor(), id)


def _asked(session: Session, now: datetime, id: str) -> list[str]:
    """Who may answer: the two of it but for who proposed."""
    swap = service.find_swap(session, now, id)
    return [code for code in (swap.offering, swap.requested) if code != swap.proposed_by]


def _shown(session: Session, swap: SwapInfo) -> dict[str, Any]:
    """A swap as it goes out: its remarks as sentences too."""
    names = organisations.names(session, {one.organisation for one in swap.remarks}) if swap.remarks else {}
    texts = [alerts.swap_remark(one.kind, names[one.organisation], one.from_at, one.until_at) for one in swap.remarks]
    remarks = [{**asdict(one), "text": text} for one, text in zip(swap.remarks, texts, strict=True)]
    return {**vars(swap), "remarks": remarks}
