"""Subject and first sentences of the alert that a decision moved turns: each organisation reads its own.

Details: rota (its code), name, from (when the first turn by the decision begins), decision {by, on, note}, moved: for each
organisation whose turns moved {was: [[from, until], …], now: [[from, until], …]}.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from piket.alerts.frozen import moment_of
from piket.alerts.info import AlertInfo, Reader
from piket.words import Text, listed, nsay, say

NAMED_AT_MOST = 6
"""More turns than these are counted, not listed: a mail is read on a telephone, the rota stands in the calendar."""


def changed_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """That the reader's turns are others now; for who only watches, that turns moved."""
    if reader is not None and _own(info, reader) is not None:
        return say("Your turns have changed: {rota}", rota=_rota(info))
    return say("Turns have moved: {rota}", rota=_rota(info))


def changed_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """Who decided what from when; then the reader's own turns, or how many organisations it concerns."""
    own = _own(info, reader) if reader is not None else None
    if own is None:
        number = len(_moved(info))
        many = nsay("Turns of {n} organisation move.", "Turns of {n} organisations move.", number) if number else None
        return [_decided(info), *([many] if many else [])]
    return [_decided(info), *_turns(own)]


def _decided(info: AlertInfo) -> Text:
    decision, begins = info.details.get("decision"), info.moment("from")
    by = decision.get("by") if isinstance(decision, Mapping) else None
    day = _day(decision.get("on")) if isinstance(decision, Mapping) else None
    if by is None or day is None or begins is None:
        return say("A decision changed the rota {rota}.", rota=_rota(info))
    return say(
        "{by} decided on {day} that the rota {rota} changes from {begins}.",
        by=by,
        day=day,
        rota=_rota(info),
        begins=begins,
    )


def _turns(own: Mapping[str, Any]) -> list[Text]:
    """What the reader has no more, and what it has instead."""
    was, comes = _spans(own.get("was")), _spans(own.get("now"))
    said = []
    if was:
        said.append(say("You no longer have the turn {turns}.", turns=listed(was)))
    if comes:
        said.append(say("You now have the turn {turns}.", turns=listed(comes)))
    return said or [say("Your turns are in the calendar of the rota.")]


def _spans(value: Any) -> list[str]:
    """Each turn as from when until when; many are cut and counted."""
    pairs = [(moment_of(one[0]), moment_of(one[1])) for one in value or () if len(one) == 2]
    said: list[str] = [say("from {begins} until {until}", begins=begins, until=until) for begins, until in pairs]
    more = len(said) - NAMED_AT_MOST
    return said if more <= 0 else [*said[:NAMED_AT_MOST], nsay("{n} more", "{n} more", more)]


def _own(info: AlertInfo, reader: Reader) -> Mapping[str, Any] | None:
    own = _moved(info).get(reader.organisation)
    return own if isinstance(own, Mapping) else None


def _moved(info: AlertInfo) -> Mapping[str, Any]:
    value = info.details.get("moved")
    return value if isinstance(value, Mapping) else {}


def _rota(info: AlertInfo) -> str | Text:
    name = info.details.get("name")
    return name if isinstance(name, str) else say("unknown")


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def ask_moved(info: AlertInfo, reader: Reader) -> Text | None:
    """What whose turns moved is asked to do; None for who only watches."""
    if _own(info, reader) is None:
        return None
    return say("Change your own calendar, and tell your desk from when it has duty.")
