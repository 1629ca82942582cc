"""The sentence for each line of a timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from piket.words import Text, say

Data = Mapping[str, Any]


def _opened(actor: str, data: Data) -> Text:
    if data.get("declared"):
        return say(
            "{actor} declared an overflow: {reason}. Needed: {needed} places.",
            actor=actor,
            reason=data["reason"],
            needed=data["needed"],
        )
    return say(
        "An overflow opened with {people} people. Needed: {needed} places.",
        people=data["people"],
        needed=data["needed"],
    )


def _judged(_actor: str, data: Data) -> Text:
    if data["people"] is None:
        return say(
            "A count was judged; how many people there are is unknown. Needed: {needed} places.", needed=data["needed"]
        )
    return say(
        "A count was judged: {people} people. Needed: {needed} places.", people=data["people"], needed=data["needed"]
    )


def _closed(actor: str, data: Data) -> Text:
    if data["closure"] == "byHand":
        return say("{actor} closed the overflow: {reason}.", actor=actor, reason=data["reason"])
    if data["closure"] == "corrected":
        return say("The overflow closed: the count that opened it was corrected.")
    return say("The overflow closed: enough people have a bed below the maximum.")


def _adjustment(actor: str, data: Data) -> Text:
    if data["needed"] is None:
        return say(
            "{actor} took the stated need back: {reason}. Needed: {needed} places.",
            actor=actor,
            reason=data["reason"],
            needed=data["neededNow"],
        )
    return say(
        "{actor} stated the need: {needed} places. {reason}.", actor=actor, needed=data["needed"], reason=data["reason"]
    )


def _round(actor: str, data: Data) -> Text:
    if data["reason"] == "handOver":
        return say("Round {round} began at the hand-over.", round=data["round"])
    return say("{actor} began round {round}: {reason}.", actor=actor, round=data["round"], reason=data["reason"])


def _call_up(_actor: str, data: Data) -> Text:
    return say(
        "{organisation} was called up for {places} places.", organisation=data["organisation"], places=data["places"]
    )


def _response(actor: str, data: Data) -> Text:
    if data["state"] == "declined":
        return say("{actor} cannot deliver: {reason}.", actor=actor, reason=data["declineReason"] or data["reason"])
    return say(
        "{actor} promised {places} places; {counted} count.",
        actor=actor,
        places=data["places"],
        counted=data["counted"],
    )


def _acceptance(actor: str, data: Data) -> Text:
    return say("{actor} took {places} places of the surplus.", actor=actor, places=data["places"])


def _release(_actor: str, data: Data) -> Text:
    return say("The call-up of {organisation} was released.", organisation=data["organisation"])


def _reminder(_actor: str, data: Data) -> Text:
    return say("{organisation} was reminded: not acknowledged and not answered.", organisation=data["organisation"])


def _expired(_actor: str, data: Data) -> Text:
    return say("{organisation} had not answered when the time was over.", organisation=data["organisation"])


def _list_ended(_actor: str, data: Data) -> Text:
    return say("Round {round}: nobody is left to call.", round=data["round"])


def _acute(_actor: str, data: Data) -> Text:
    return say("The hour at which places were needed has passed: {shortfall} are missing.", shortfall=data["shortfall"])


def _acute_ended(_actor: str, _data: Data) -> Text:
    return say("Enough places are promised.")


def _note(_actor: str, data: Data) -> Text:
    return say("{text}", text=data["text"])


def _told(_actor: str, data: Data) -> Text:
    return say("Told ({kind}): {told}.", kind=data["alertKind"], told=", ".join(data["told"]))


_SENTENCES: Mapping[str, Callable[[str, Data], Text]] = {
    "opened": _opened,
    "judged": _judged,
    "closed": _closed,
    "adjustment": _adjustment,
    "round": _round,
    "callUp": _call_up,
    "response": _response,
    "acceptance": _acceptance,
    "release": _release,
    "reminder": _reminder,
    "expired": _expired,
    "listEnded": _list_ended,
    "acute": _acute,
    "acuteEnded": _acute_ended,
    "note": _note,
    "told": _told,
}


def sentence(kind: str, actor: str, data: Data) -> Text:
    """What a line of the timeline says. Codes of organisations stand as codes, as everywhere in the API."""
    return _SENTENCES[kind](actor, data)
