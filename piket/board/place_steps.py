"""What the signed-in organisation can do about places and call-ups now: addresses of forms, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from piket.board.placing import may_offer
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.overflows.service import CallUpInfo, OverflowInfo
from piket.words import Text, nsay, say


def place_steps(session: Session, opened: Sequence[OverflowInfo], caller: Caller) -> list[tuple[str, Text]]:
    """Offer a place; in the overflows that are open (`opened`) call somebody up, take a surplus, release what waits.

    What nobody answered in an earlier round waits for nobody any more.
    """
    steps: list[tuple[str, Text]] = []
    if may_offer(caller, caller.organisation):
        steps.append(("/places/new", say("Offer an emergency place")))
    if opened and not caller.read_only and access.may(caller, "call-up"):
        steps.append(("/call-ups/new", say("Call up an organisation by hand")))
    calls = [(call, episode) for episode in opened for call in episode.call_ups]
    names = organisations.names(session, [call.organisation for call, _ in calls])
    for call, episode in calls:
        waits = call.state in ("open", "expired") and call.round == episode.round
        more = call_steps(call, caller, names[call.organisation])
        steps += more if waits else [step for step in more if step[0].endswith("/surplus")]
    return steps


def call_steps(call: CallUpInfo, caller: Caller, name: str) -> list[tuple[str, Text]]:
    """What may be done with one call-up, that of `name`: take its surplus, release it."""
    steps: list[tuple[str, Text]] = []
    if caller.read_only or call.state == "released":
        return steps
    if call.surplus and access.may(caller, "take-surplus"):
        words = nsay(
            "Take {n} place that {name} promised beyond the call-up",
            "Take {n} places that {name} promised beyond the call-up",
            call.surplus, name=name,
        )  # fmt: skip
        steps.append((f"/call-ups/{call.id}/surplus", words))
    if access.may(caller, "release-call-up"):
        words = say("Release the call-up of {name}, made {at}", name=name, at=call.made_at)
        steps.append((f"/call-ups/{call.id}/release", words))
    return steps
