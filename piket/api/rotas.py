"""Rotas as they were decided, what another decision would move, and which members accept them.

How they look stands in `rota_forms.py`; turns and overrides are in `turns.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import Blueprint, Caller, Page, PageRequest, Precondition, Reply, deps, permit
from piket.api.rota_forms import (
    PreviewOut,
    RotaAcceptanceIn,
    RotaAcceptanceOut,
    RotaIn,
    RotaOut,
    RotaPreviewIn,
    definition_of,
    shown,
)
from piket.occupancy import service as occupancy
from piket.rota import service
from piket.rota.rules import organisations_of
from piket.rota.service import AcceptanceInfo, Preview

blp = Blueprint("rotas", description="The order of duty: who takes turns, how long, and by whose decision.")


@blp.get("/rotas", action="read", answers=RotaOut, listed=True)
def list_rotas(session: Session, now: datetime, caller: Caller, page: PageRequest) -> Page[dict[str, Any]]:
    """List rotas, newest first."""
    return service.rotas_paged(session, page).map(shown)


@blp.get("/rotas/<code>", action="read", answers=RotaOut)
def show_rota(session: Session, now: datetime, caller: Caller, code: str) -> Reply:
    """Show one rota, its decision, and which members accepted it."""
    rota = service.find_rota(session, code)
    return Reply(shown(rota), etag=rota.version)


@blp.put("/rotas/<code>", action="put-rota", body=RotaIn, answers=RotaOut, also=(201,), edits=True, creates=True)
def put_rota(
    session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any], precondition: Precondition
) -> Reply:
    """Record that a rota was decided so.

    A new rota is published from its first turn on. The same definition again, with a decision, makes a proposed rota decided
    and moves no turn. A changed one takes effect after the last published turn, or at `effectiveFrom`: turns that begin
    from then on and come out otherwise are superseded, and everybody whose turns move is told. What has begun never
    changes.
    """
    version = service.locked_version(session, code)
    precondition.require(version)
    service.put_rota(
        session,
        now,
        caller.actor(),
        code,
        definition_of(body),
        body["decision"],
        deps().settings,
        body.get("effective_from"),
        occupancy.pressing_now(session, now),
    )
    rota = service.find_rota(session, code)
    return Reply(shown(rota), status=201 if version is None else 200, etag=rota.version, location=f"/v1/rotas/{code}")


@blp.post("/rotas/<code>/previews", action="preview-rota", body=RotaPreviewIn, answers=PreviewOut, status=200)
def preview_rota(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Preview:
    """Show which published turns would move if this were decided. Nothing is stored.

    Each with whose it is and whose it would be, until where turns are published. The same sent as a decision now moves exactly
    these, and what a decision would be refused for is refused here.
    """
    return service.preview(session, now, code, definition_of(body), deps().settings, body.get("effective_from"))


@blp.get("/rotas/<code>/acceptances", action="read", answers=RotaAcceptanceOut, listed=True)
def list_acceptances(
    session: Session, now: datetime, caller: Caller, code: str, page: PageRequest
) -> Page[AcceptanceInfo]:
    """List who accepted the rota, newest first, also its earlier editions."""
    return service.acceptances_paged(session, code, page)


@blp.post(
    "/rotas/<code>/acceptances",
    action="accept-rota",
    body=RotaAcceptanceIn,
    body_required=False,
    answers=RotaAcceptanceOut,
    also=(200,),
)
def accept_rota(session: Session, now: datetime, caller: Caller, code: str, body: dict[str, Any]) -> Reply:
    """Accept the rota as decided, as one of its members.

    A proposed rota cannot be accepted yet. A repeat answers 200 with the first acceptance.
    """
    permit(caller, "accept-rota", of=organisations_of(service.find_rota(session, code).definition.members))
    accepted, new = service.accept(session, now, caller.actor(), code, body.get("by"), body.get("note"))
    return Reply(accepted, status=201 if new else 200, location=f"/v1/rota-acceptances/{accepted.id}")


@blp.get("/rota-acceptances/<id>", action="read", answers=RotaAcceptanceOut)
def show_acceptance(session: Session, now: datetime, caller: Caller, id: str) -> AcceptanceInfo:
    """Show one acceptance."""
    return service.find_acceptance(session, id)
