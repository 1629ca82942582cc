"""Subject and sentences of the alert that the rota has holes: nobody has duty, or who has cannot be reached at all hours.

Details: rota (its code), name, organisations (all of them), holes [{state (`nobody`, `nobodyReachable`), organisations, from,
until, stretches}].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piket.alerts.frozen import moment_of
from piket.alerts.info import AlertInfo, Reader
from piket.words import Text, listed, nsay, say

NAMED_AT_MOST = 6
"""More holes than these are counted, not listed: all of them stand in the API."""


def hole_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """What is wrong, when it is one thing; else how much is."""
    holes = _holes(info)
    if not holes:
        return say("The rota has holes")
    if len(holes) != 1:
        return nsay("The rota has {n} hole", "The rota has {n} holes", len(holes))
    (hole,) = holes
    if hole.get("state") == "nobody":
        return say("Nobody has duty from {begins}", begins=moment_of(hole.get("from")))
    return say("Cannot be reached at all hours: {who}", who=_who(info, hole))


def hole_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """Each hole, the first ones first."""
    holes = _holes(info)
    if not holes:
        return [say("There are times at which nobody has duty, or nobody who can be reached at all hours.")]
    said = [sentence for hole in holes[:NAMED_AT_MOST] for sentence in _hole(info, hole)]
    more = len(holes) - NAMED_AT_MOST
    return [*said, *([nsay("And {n} more hole.", "And {n} more holes.", more)] if more > 0 else [])]


def ask_hole(info: AlertInfo, reader: Reader) -> Text:
    """What each of the told can do about it."""
    alone = any(hole.get("state") == "nobody" for hole in _holes(info))
    if reader.kind == "operator":
        return say("Help them to a contact point that works at all hours.")
    if reader.kind == "ministry" and alone:
        return say("Decide who has duty then.")
    return say("See to it that who has duty can be reached at all hours.")


def _hole(info: AlertInfo, hole: Mapping[str, Any]) -> list[Text]:
    begins, ends = moment_of(hole.get("from")), moment_of(hole.get("until"))
    name = info.details.get("name") or info.details.get("rota")
    if hole.get("state") == "nobody":
        return [say("From {begins} until {ends} nobody has duty ({rota}).", begins=begins, ends=ends, rota=name)]
    first = say(
        "{who} has duty from {begins} until {ends} ({rota}), without a mailbox or webhook that works at all hours.",
        who=_who(info, hole),
        begins=begins,
        ends=ends,
        rota=name,
    )
    more = int(hole.get("stretches") or 1) - 1
    if more < 1:
        return [first]
    return [
        first,
        nsay("It has duty {n} more time in the coming year.", "It has duty {n} more times in the coming year.", more),
    ]


def _who(info: AlertInfo, hole: Mapping[str, Any]) -> str:
    return listed([info.name(code) for code in hole.get("organisations") or ()])


def _holes(info: AlertInfo) -> list[Mapping[str, Any]]:
    listed_ones = info.details.get("holes")
    return [one for one in listed_ones if isinstance(one, Mapping)] if isinstance(listed_ones, list) else []
