"""Why somebody is on duty, as a sentence with its numbers. Pure: names come in, a sentence that can be translated goes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from piket.rota.feast_rules import CHRISTMAS, EASTER, KINGS_DAY, NEW_YEAR
from piket.rota.rules import TURN, Basis, Member, organisations_of
from piket.rota.weight_rules import share
from piket.words import Text, listed, nsay, say

FEASTS = {
    CHRISTMAS: say("Christmas"),
    NEW_YEAR: say("New Year"),
    EASTER: say("Easter"),
    KINGS_DAY: say("King's Day"),
}


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
    """Why by the rota alone, with who was passed over and why, so that nobody has to ask."""
    sentence = _by_share(holders, basis, names) if holders and basis.weights else _in_turn(holders, basis, names)
    for clause in (*_rested(basis, names), *_exempt(basis, names), *_feasts(basis, names)):
        sentence = say("{sentence}; {clause}", sentence=sentence, clause=clause)
    return sentence


def _in_turn(holders: Sequence[Member], basis: Basis, names: Mapping[str, str]) -> Text:
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
    if basis.onward is not None and basis.onward == basis.after:
        return say("{who} has the turn: it was passed over before and comes first now", who=who)
    if basis.after is None:
        return say("{who} has the turn: number {n} of {of}", who=who, n=basis.places[0], of=basis.of)
    before = named(basis.after, names)
    return say(
        "{who} has the turn: number {n} of {of}, after {before}", who=who, n=basis.places[0], of=basis.of, before=before
    )


def _by_share(holders: Sequence[Member], basis: Basis, names: Mapping[str, str]) -> Text:
    """What the holders had carried for their share, and who came nearest: as little (then the order decides) or more."""
    who = named(organisations_of(holders), names)
    accounts = listed([_account(member[0], basis) for member in holders])
    first = (
        say("{who} has the turn: it carried least for its share ({account})", who=who, account=accounts)
        if len(holders) == 1
        else say("{who} have the turn: they carried least for their share ({accounts})", who=who, accounts=accounts)
    )
    left = {*organisations_of(holders), *basis.exempt, *basis.rested, *basis.spared}
    others = {code: share(basis.carried[code], basis.weights, code) for code in basis.weights if code not in left}
    if not others:
        return first
    nearest = min(others.values())
    near = [code for code, carried in others.items() if carried == nearest]
    if nearest == max(share(basis.carried[code], basis.weights, code) for code in organisations_of(holders)):
        return say(
            "{first}; {others} carried as little and comes later in the decided order",
            first=first,
            others=named(near, names),
        )
    account = _account(near[0], basis)
    return say("{first}; next is {who} ({account})", first=first, who=names.get(near[0], near[0]), account=account)


def _account(code: str, basis: Basis) -> Text:
    """What one had carried before this turn, and what it weighs."""
    carried = Decimal(basis.carried[code]) / TURN
    return say("turns so far {carried}, weight {weight}", carried=carried, weight=basis.weights[code])


def _rested(basis: Basis, names: Mapping[str, str]) -> Iterator[Text]:
    """Who would have come, but had the turn before."""
    for code in basis.rested:
        who = names.get(code, code)
        if code in basis.carried:
            account = _account(code, basis)
            yield say("{who} carried less ({account}), but had the turn before", who=who, account=account)
        else:
            yield say("{who} had the turn before", who=who)


def _exempt(basis: Basis, names: Mapping[str, str]) -> Iterator[Text]:
    """Who is exempt, and what is booked for it so that it has nothing to catch up."""
    for code, reason in basis.exempt.items():
        who, moved = names.get(code, code), basis.booked.get(code, 0) // TURN
        if moved:
            yield nsay(
                "{who} is exempt ({reason}), and {n} turn is booked for it so that it need not catch up",
                "{who} is exempt ({reason}), and {n} turns are booked for it so that it need not catch up",
                moved,
                who=who,
                reason=_bare(reason),
            )
        else:
            yield say("{who} is exempt ({reason})", who=who, reason=_bare(reason))


def _feasts(basis: Basis, names: Mapping[str, str]) -> Iterator[Text]:
    """Who was spared a feast that it had the year before, and who could not be spared."""
    for code, feast in basis.spared.items():
        yield say(
            "{who} is passed over, because it had {feast} the year before",
            who=named([code], names),
            feast=FEASTS[feast],
        )
    for code, feast in basis.repeats.items():
        yield say(
            "{who} had {feast} the year before too, but nobody else could have it",
            who=named([code], names),
            feast=FEASTS[feast],
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
