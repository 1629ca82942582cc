"""What the signed-in organisation may do about the rotas now: the address of each form, and what it is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from flask import g
from sqlalchemy.orm import Session

from piket.board.frame import deps
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.rules import organisations_of
from piket.rota.service import RotaInfo
from piket.words import Text, say

MOST_ROTAS, MOST_OVERRIDES = 20, 50


def rota_steps(session: Session, caller: Caller, only: str | None = None) -> list[tuple[str, Text]]:
    """The steps, of all rotas, or of the one with the code `only`; none for who may only look."""
    if caller.read_only:
        return []
    found = sorted(rota.rotas_paged(session, PageRequest(MOST_ROTAS)).items, key=lambda one: one.definition.line)
    steps = [
        step
        for one in found
        if only in (None, one.code)
        for step in (*_own(session, caller, one), *_decide(session, caller, one))
    ]
    if found and access.may(caller, "propose-swap", own=True):
        words = (
            say("Propose a swap of two turns") if caller.kind == "ministry" else say("Ask for a swap, or answer one")
        )
        steps.append(("/swaps", words))
    return steps


def _own(session: Session, caller: Caller, one: RotaInfo) -> Iterator[tuple[str, Text]]:
    """What a member may do: say what it can open in its turn, and accept what was decided."""
    if not access.may(caller, "confirm-turn", own=True):
        return
    asked_until = g.now + timedelta(days=deps().settings.policy.confirm_days_before)
    for turn in rota.calendar(session, g.now, g.now, asked_until, one.code):
        if any(caller.organisation in slot.organisations and slot.confirmed_places is None for slot in turn.slots):
            yield (
                f"/turns/{turn.id}",
                say("Confirm which places you can open in your turn from {since}", since=turn.from_at),
            )
    accepted = caller.organisation in {known.organisation for known in one.acceptances}
    member = caller.organisation in organisations_of(one.definition.members)
    if member and one.status == "decided" and not accepted:
        yield f"/rotas/{one.code}/acceptance", say("Accept the rota “{name}”", name=one.definition.name)


def _decide(session: Session, caller: Caller, one: RotaInfo) -> Iterator[tuple[str, Text]]:
    """What the ministry may do: decide the rota, and take back what it gave to another."""
    if access.may(caller, "put-rota"):
        yield f"/rotas/{one.code}/decision", say("Decide the rota “{name}”", name=one.definition.name)
    if not access.may(caller, "override-duty"):
        return
    made = rota.overrides_paged(session, g.now, one.code, PageRequest(MOST_OVERRIDES)).items
    held = [each for each in made if each.state in ("coming", "current")]
    names = organisations.names(session, {each.organisation for each in held})
    for each in held:
        yield (
            f"/overrides/{each.id}/undoing",
            say(
                "Take back that {name} has duty from {since} until {until}",
                name=names[each.organisation], since=each.from_at, until=each.until_at,
            ),
        )  # fmt: skip
