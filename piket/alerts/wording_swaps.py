"""What is said of a swap of turns: subject, sentences, what is asked of whom, and what happens otherwise.

Details: what (`proposed`, `reminded`, `accepted`, `rejected`, `withdrawn`, `expired`, `undone`, `cancelled`), swap, rota, name,
offering, requested, proposedBy, by (who did it; null: a deadline did), offeredFrom, offeredUntil, requestedFrom,
requestedUntil, answerBy, waitingFor (whose answer is awaited; when it expired, whose did not come), reason (of the
proposal), note (of this step), remarks [{kind, organisation, from, until}], stays [{organisation, from, until}].
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from piket.alerts.frozen import moment_of
from piket.alerts.info import AlertInfo, Reader
from piket.words import Text, say

ASKS = frozenset({"proposed", "reminded"})


def swap_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """Who must answer reads that first, with the moment; others what became of it, and whose turns they are."""
    if is_asked(info, reader):
        return say(
            "Answer before {by}: swap of turns with {other}", by=info.moment("answerBy"), other=_other(info, reader)
        )
    both = {"offering": info.named("offering"), "requested": info.named("requested")}
    subjects = {
        "proposed": say("For information: {offering} and {requested} may swap turns", **both),
        "reminded": say("No answer yet: swap of turns of {offering} and {requested}", **both),
        "accepted": say("Swapped: turns of {offering} and {requested}", **both),
        "rejected": say("Rejected: swap of turns of {offering} and {requested}", **both),
        "withdrawn": say("Withdrawn: swap of turns of {offering} and {requested}", **both),
        "expired": say("Expired: swap of turns of {offering} and {requested}", **both),
        "undone": say("Undone: swap of turns of {offering} and {requested}", **both),
        "cancelled": say("Cancelled: swap of turns of {offering} and {requested}", **both),
    }
    if info.details.get("what") == "accepted" and info.codes("waitingFor"):
        return say(
            "{by} accepts the swap, {waiting} still has to answer", by=_by(info), waiting=info.named("waitingFor")
        )
    return subjects.get(str(info.details.get("what")), say("Swap of turns of {offering} and {requested}", **both))


def swap_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """What happened, which turns they are, why, and what must not pass unsaid."""
    what = info.details.get("what")
    return [
        *_happened(info),
        *_noted(info),
        *(_terms(info) if what in ASKS or what == "accepted" else _whose(info)),
        *_reason(info),
        *(_remarks(info) if what in ASKS or what == "accepted" else []),
        *_stays(info),
    ]


def _happened(info: AlertInfo) -> list[Text]:
    by, waiting = _by(info), info.named("waitingFor")
    told: dict[str, Text] = {
        "proposed": say("{who} proposes that two turns are swapped.", who=info.named("proposedBy")),
        "reminded": say("The proposal to swap two turns waits for the answer of {waiting}.", waiting=waiting),
        "accepted": say("{who} accepts the swap: it is in force.", who=by),
        "rejected": say("{who} rejects the swap: everybody keeps the own turn.", who=by),
        "withdrawn": say("{who} withdraws the proposal: everybody keeps the own turn.", who=by),
        "expired": say("{waiting} did not answer in time: everybody keeps the own turn.", waiting=waiting),
        "undone": say("{who} undoes the swap: everybody has the own turn again.", who=by),
        "cancelled": say("A decision changed the rota: this swap is cancelled."),
    }
    what = str(info.details.get("what"))
    if what == "accepted" and info.codes("waitingFor"):
        return [say("{who} accepts the swap. It is in force when {waiting} accepts it too.", who=by, waiting=waiting)]
    return [told[what]] if what in told else [say("This is about a swap of turns.")]


def _noted(info: AlertInfo) -> list[Text]:
    """What was added to a rejection or an acceptance."""
    note = info.details.get("note")
    if not note or info.details.get("what") == "proposed":
        return []
    return [say("{who} says: {note}.", who=_by(info), note=_bare(note))]


def _terms(info: AlertInfo) -> list[Text]:
    """Which turn goes to whom."""
    return [
        say(
            "{taker} takes the turn of {giver} from {since} until {until}.",
            taker=info.named(taker),
            giver=info.named(giver),
            since=info.moment(f"{turn}From"),
            until=info.moment(f"{turn}Until"),
        )
        for turn, giver, taker in (("offered", "offering", "requested"), ("requested", "requested", "offering"))
    ]


def _whose(info: AlertInfo) -> list[Text]:
    """Which turns it was about, each with who has it by the rota."""
    return [
        say(
            "It is about the turn of {offering} from {first} and that of {requested} from {second}.",
            offering=info.named("offering"),
            first=info.moment("offeredFrom"),
            requested=info.named("requested"),
            second=info.moment("requestedFrom"),
        )
    ]


def _reason(info: AlertInfo) -> list[Text]:
    reason = info.details.get("reason")
    return [say("Reason: {reason}.", reason=_bare(reason))] if reason else []


def _remarks(info: AlertInfo) -> list[Text]:
    found = [entry for entry in info.details.get("remarks") or () if isinstance(entry, dict)]
    return [remark(entry["kind"], info.name(entry["organisation"]), *_span(entry)) for entry in found]


def remark(kind: str, who: str, since: datetime | None, until: datetime | None) -> Text:
    """What is allowed and must not pass unsaid (see `rota.swap_rules.Remark`)."""
    if kind == "twiceRunning":
        return say(
            "Mind: {who} then has duty from {since} until {until} without a break.", who=who, since=since, until=until
        )
    if kind == "longer":
        return say(
            "Mind: the two turns are not equally long; {who} takes the longer one, from {since} until {until}.",
            who=who,
            since=since,
            until=until,
        )
    return say(
        "Mind: from {since} until {until} {who} has duty by an override, also after the swap.",
        who=who,
        since=since,
        until=until,
    )


def _stays(info: AlertInfo) -> list[Text]:
    """What has begun stays as it was when the rest is cancelled: nobody must believe that it is given back."""
    found = [entry for entry in info.details.get("stays") or () if isinstance(entry, dict)]
    return [
        say(
            "What has begun stays: {who} has duty from {since} until {until}.",
            who=info.name(entry["organisation"]),
            since=_span(entry)[0],
            until=_span(entry)[1],
        )
        for entry in found
    ]


def ask_swap(info: AlertInfo, reader: Reader) -> Text | None:
    """What this reader is asked to do about a swap; None: nothing."""
    what, both = info.details.get("what"), {*info.codes("offering"), *info.codes("requested")}
    if is_asked(info, reader):
        return say(
            "Accept this swap before {by}, or reject it with a reason. {where}",
            by=info.moment("answerBy"),
            where=_where(info),
        )
    if reader.kind == "commissioner" and what == "reminded":
        return say("Ask {waiting} to answer.", waiting=info.named("waitingFor"))
    if reader.organisation not in both:
        return None
    if what == "accepted" and not info.codes("waitingFor"):
        return say("See to it that your desk can be reached in the turn that you take over.")
    if what in ("undone", "cancelled"):
        return say("Plan for your own turn again.")
    return None


def _where(info: AlertInfo) -> Text:
    """Where an answer is given. A page for it, when there is one, is named here."""
    return say("You answer by the API, at /v1/swaps/{id}.", id=info.details.get("swap"))


def without_swap_answer(info: AlertInfo) -> Text | None:
    """What happens if nobody answers; None where no answer is awaited."""
    by = info.moment("answerBy")
    if info.details.get("what") not in ASKS or by is None:
        return None
    return say("Without an answer before {by} the proposal expires, and everybody keeps the own turn.", by=by)


def is_asked(info: AlertInfo, reader: Reader | None) -> bool:
    """Whether this reader's answer is awaited."""
    asks = info.details.get("what") in ASKS
    return asks and reader is not None and reader.organisation in info.codes("waitingFor")


def _other(info: AlertInfo, reader: Reader | None) -> str:
    """The one of the two that the reader is not."""
    own = reader is not None and reader.organisation in info.codes("offering")
    return info.named("requested" if own else "offering")


def _by(info: AlertInfo) -> str:
    return info.named("by")


def _span(entry: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    return moment_of(entry.get("from")), moment_of(entry.get("until"))


def _bare(typed: object) -> str:
    """What somebody typed, without the full stop that our sentence brings."""
    return str(typed).strip().rstrip(".")
