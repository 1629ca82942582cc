"""Why somebody is on duty, as a sentence with its numbers. Pure: names come in, a sentence that can be translated goes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from piket.rota.rules import Basis, Member, organisations_of
from piket.words import Text, listed, say


@dataclass(frozen=True)
class OverrideReason:
    """Who has duty instead of whom (empty: of nobody), from when until when, by whose decision, and why.

    With `swapped_at` it is a swap that was accepted then, and `by` is who proposed it.
    """

    organisation: str
    instead: tuple[str, ...]
    from_at: datetime
    until_at: datetime
    by: str
    reason: str
    swapped_at: datetime | None = None


def why(
    holders: Sequence[Member],
    basis: Basis,
    overrides: Iterable[OverrideReason],
    names: Mapping[str, str],
    proposed: bool,
) -> Text:
    """One turn: by the rota first, then each override that touches it, last that the rota is not decided yet."""
    sentence = say("{sentence}.", sentence=_by_rota(holders, basis, names))
    for override in overrides:
        sentence = say("{first} {second}", first=sentence, second=_by_override(override, names))
    return with_status(sentence, proposed)


def why_nobody(proposed: bool) -> Text:
    """No turn is written down for that moment."""
    return with_status(say("Nobody is on duty: the rota has no turn for this moment."), proposed)


def with_status(sentence: Text, proposed: bool) -> Text:
    """The sentence, ending in a warning while the rota is a proposal."""
    if not proposed:
        return sentence
    return say("{first} {second}", first=sentence, second=say("The rota is a proposal: it has not been decided yet."))


def named(codes: Sequence[str], names: Mapping[str, str]) -> str:
    """The organisations by name, as `words.listed`."""
    return listed([names.get(code, code) for code in codes])


def _by_rota(holders: Sequence[Member], basis: Basis, names: Mapping[str, str]) -> Text:
    """Why by the rota alone, with who was passed over for an exemption, so that nobody has to ask."""
    sentence = _turn(holders, basis, names)
    for code, reason in basis.exempt.items():
        sentence = say(
            "{sentence}; {who} is exempt ({reason})", sentence=sentence, who=names.get(code, code), reason=_bare(reason)
        )
    return sentence


def _turn(holders: Sequence[Member], basis: Basis, names: Mapping[str, str]) -> Text:
    """The place in the order, and whom it came after; members are counted as the exempt ones left them."""
    if not holders:
        return say("Nobody has the turn: every member is exempt")
    who = named(organisations_of(holders), names)
    if len(holders) > 1:
        return (
            say(
                "{who} have the turn: {slots} of {of} members, after {before}",
                who=who,
                slots=len(holders),
                of=basis.of,
                before=named(basis.after or (), names),
            )
            if basis.after
            else say("{who} have the turn: {slots} of {of} members", who=who, slots=len(holders), of=basis.of)
        )
    if basis.after is None:
        return say("{who} has the turn: number {n} of {of}", who=who, n=basis.places[0], of=basis.of)
    before = named(basis.after, names)
    return say(
        "{who} has the turn: number {n} of {of}, after {before}", who=who, n=basis.places[0], of=basis.of, before=before
    )


def _by_override(override: OverrideReason, names: Mapping[str, str]) -> Text:
    """Who has duty instead of whom, until when, by whose decision and why."""
    values = {
        "who": names.get(override.organisation, override.organisation),
        "since": override.from_at,
        "until": override.until_at,
        "by": names.get(override.by, override.by),
        "reason": _bare(override.reason),
    }
    if not override.instead:
        return say("{who} has duty from {since} until {until}, by decision of {by}: {reason}.", **values)
    instead = named(override.instead, names)
    if override.swapped_at is not None:
        return say(
            "{who} has duty instead of {instead} from {since} until {until}, "
            "by a swap that {by} proposed (accepted {accepted}): {reason}.",
            instead=instead,
            accepted=override.swapped_at,
            **values,
        )
    return say(
        "{who} has duty instead of {instead} from {since} until {until}, by decision of {by}: {reason}.",
        instead=instead,
        **values,
    )


def _bare(typed: str) -> str:
    """What somebody typed, without the full stop that our sentence brings."""
    return typed.strip().rstrip(".")
