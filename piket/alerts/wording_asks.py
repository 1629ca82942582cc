"""What the reader is asked to do, whom to ring, why the letter comes, and what happens if nothing is done."""

from __future__ import annotations

from piket.alerts.card import ask_card
from piket.alerts.info import AlertInfo, Reader
from piket.alerts.rules import EnoughPlaces, WhoActs
from piket.alerts.wording_confirmations import ask_confirmation, without_answer
from piket.alerts.wording_coverage import ask_hole
from piket.alerts.wording_gathered import may_ring, standing
from piket.alerts.wording_rota import ask_moved
from piket.alerts.wording_swaps import ask_swap, without_swap_answer
from piket.words import Text, say

_DIRECTION = ("coa", "ministry")
NOTHING = say("You do not have to do anything now.")


def ask(info: AlertInfo, reader: Reader) -> Text:
    """What this reader is asked to do; most are informed only, and read that."""
    makers = {
        "callUp": _ask_called,
        "callUpReminder": _ask_called,
        "callUpAnswered": _ask_answered,
        "callUpOverdue": _ask_overdue,
        "listEnded": _ask_list_ended,
        "countOverdue": _ask_count,
        "countHeld": _ask_check,
        "commitmentChanged": _ask_host,
        "handOver": _ask_hand_over,
        "rotaChanged": lambda info, reader: ask_moved(info, reader) or NOTHING,
        "emergencyCard": lambda _info, _reader: ask_card(),
        "confirmationAsked": lambda info, reader: ask_confirmation(info, reader) or NOTHING,
        "swap": lambda info, reader: ask_swap(info, reader) or NOTHING,
        "deliveryFailed": _ask_ring,
        "coverageHole": ask_hole,
        "levelsGathered": _ask_sender,
        "callUpsGathered": _ask_called_often,
        "failuresGathered": _ask_ring_all,
    }
    maker = makers.get(info.kind)
    return maker(info, reader) if maker else NOTHING


def _ask_called(info: AlertInfo, reader: Reader) -> Text:
    by, name = info.moment("respondBy"), info.named("organisation")
    if reader.organisation in info.codes("organisation"):
        if by is None:
            return say(
                "Say how many places you can open, or that you cannot. Only places that a municipality promised count."
            )
        return say(
            "Say before {by} how many places you can open, or that you cannot. "
            "Only places that a municipality promised count.",
            by=by,
        )
    return say("Help {name} to answer: ask in your province which municipality can host.", name=name)


def _ask_answered(info: AlertInfo, reader: Reader) -> Text:
    if reader.organisation in info.codes("next"):
        return say("You are called up now; that call-up comes in a message of its own.")
    if reader.organisation in info.codes("organisation"):
        return say("Is this not what you said? Then give your own answer.")
    missing = (info.answers.enough_places or EnoughPlaces()).shortfall
    if reader.kind == "coa" and info.number("surplus") and missing:
        return say("Decide whether you take the places that were offered beyond the call.")
    if reader.kind == "commissioner" and missing:
        return say("Ask in your province whether more places can be found.")
    return NOTHING


def _ask_overdue(info: AlertInfo, reader: Reader) -> Text:
    if reader.organisation in info.codes("next"):
        return say("You are called up now; that call-up comes in a message of its own.")
    if reader.kind == "commissioner":
        return say("Ask {name} to answer after all: places that come later count too.", name=info.named("organisation"))
    return say("Ring {name} and enter what is said.", name=info.named("organisation"))


def _ask_list_ended(_info: AlertInfo, reader: Reader) -> Text:
    if reader.kind in _DIRECTION:
        return say("Decide what happens now: begin a new round, or ask for places in another way.")
    return NOTHING if reader.kind != "commissioner" else say("Ask in your province whether more places can be found.")


def _ask_count(_info: AlertInfo, reader: Reader) -> Text:
    return say("Count, and enter the count.") if reader.kind == "coa" else NOTHING


def _ask_check(_info: AlertInfo, reader: Reader) -> Text:
    return say("Confirm the count, or correct it.") if reader.kind == "coa" else NOTHING


def _ask_host(info: AlertInfo, _reader: Reader) -> Text:
    if info.details.get("what") == "ended":
        return NOTHING
    return say("Check whether this is right. Is it not? Then ring.")


def _ask_hand_over(info: AlertInfo, reader: Reader) -> Text:
    if info.details.get("moment") == "withdrawn":
        return NOTHING
    note = info.details.get("note")
    if isinstance(note, dict) and reader.organisation in (*info.codes("coming"), *info.codes("leaving")):
        return say(
            "Go through the hand-over note with the other side, and sign it off: {where}", where=note.get("address")
        )
    if reader.organisation in info.codes("coming"):
        return say("See to it that your desk can be reached, and look which places are ready.")
    if reader.organisation in info.codes("leaving"):
        return say("Hand over what is still going on.")
    if reader.kind not in _DIRECTION:
        return say("This takes the place of what was announced to you before.")
    return NOTHING if info.codes("coming") else say("Decide who is on duty.")


def _ask_sender(_info: AlertInfo, reader: Reader) -> Text:
    return say("Check what posts these counts, and whether they are right.") if reader.kind == "coa" else NOTHING


def _ask_called_often(info: AlertInfo, reader: Reader) -> Text:
    if not standing(info, reader):
        return _ask_sender(info, reader)
    return say(
        "Say to each call-up how many places you can open, or that you cannot. "
        "Only places that a municipality promised count."
    )


def _ask_ring_all(_info: AlertInfo, reader: Reader) -> Text:
    if reader.kind == "operator":
        return say("Find out why the alerts do not arrive, and agree who rings.")
    return say("Ring the organisations in the list and tell what the alerts say.")


def _ask_ring(info: AlertInfo, reader: Reader) -> Text:
    if reader.kind == "operator":
        return say("Find out why the alert does not arrive, and agree who rings.")
    return say("Ring {name} and tell what the alert says.", name=info.named("organisation"))


def ring(info: AlertInfo, reader: Reader) -> Text:
    """Whom to ring. COA and the ministry ring who must act (or was not reached), the others COA. Unknown is unknown.

    The operator too is told the number of who was not reached: at night it may be the only one awake.
    """
    if info.kind == "failuresGathered":
        return say("Ring the organisations in the list; their numbers stand there.")
    code = _whom(info, reader)
    if code is None or code == reader.organisation:
        return say("There is nobody you have to ring now.")
    number = info.telephones.get(code)
    if number is None:
        return say("No telephone number is known of {name}.", name=info.name(code))
    return say("Ring {name}: {number}.", name=info.name(code), number=number)


def rung(info: AlertInfo) -> str | None:
    """The organisation that COA and the ministry ring about this alert, or None."""
    if info.kind in ("callUpOverdue", "callUpReminder", "deliveryFailed", "confirmationAsked"):
        return next(iter(info.codes("organisation")), None)
    if info.kind == "commitmentChanged":
        return next(iter(info.codes("province")), None)
    if info.kind == "coverageHole":
        return next(iter(info.codes("organisations")), None)
    return (info.answers.who_acts or WhoActs()).organisation


def _whom(info: AlertInfo, reader: Reader) -> str | None:
    if reader.kind not in _DIRECTION and not may_ring(info, reader):
        return "coa"
    whom = rung(info)
    return whom if whom or reader.kind == "coa" else "coa"


def footer(info: AlertInfo) -> list[Text]:
    """The last line: why you get this, and what happens if you do nothing."""
    return [_why(info), _otherwise(info)]


def _why(info: AlertInfo) -> Text:
    reasons = {
        "callUp": say("You get this because your organisation is called up, or works with who is called up."),
        "commitmentChanged": say("You get this because places in your municipality or region are concerned."),
        "handOver": say("You get this because your organisation is on the rota."),
        "rotaChanged": say("You get this because a decision on the rota moved turns that concern you."),
        "deliveryFailed": say("You get this because your organisation can ring, or keeps the service running."),
        "levelsGathered": say(
            "You get this because the changes would otherwise come one by one, in a storm of messages."
        ),
        "swap": say(
            "You get this because a swap of turns concerns your organisation, or because it watches over the rota."
        ),
        "coverageHole": say(
            "You get this because your organisation watches over the rota, or keeps the service running."
        ),
        "test": say("You get this because somebody asked for a test of this contact point."),
        "countHeld": say("You get this because your organisation counts."),
    }
    reasons["confirmationAsked"] = say("You get this because your organisation is on the rota, or works with who is.")
    reasons["callUpsGathered"] = say("You get this because the messages would otherwise come one by one, in a storm.")
    reasons["failuresGathered"] = reasons["deliveryFailed"]
    reasons["callUpReminder"] = reasons["callUpReleased"] = reasons["callUp"]
    return reasons.get(info.kind, say("You get this because your organisation is on the list of who is told of this."))


def _otherwise(info: AlertInfo) -> Text:
    by = info.moment("respondBy")
    if info.kind in ("callUp", "callUpReminder"):
        if by is None:
            return say("Without an answer, the next on the list is called up.")
        return say("Without an answer before {by}, the next on the list is called up.", by=by)
    if info.kind in ("callUpAnswered", "callUpOverdue") and info.codes("next"):
        return say("This message asks nothing of you; who is called up gets a call-up of its own.")
    if info.kind == "confirmationAsked" and (said := without_answer(info)):
        return said
    if info.kind == "swap" and (said := without_swap_answer(info)):
        return said
    if info.kind == "countOverdue":
        return say("Without a new count it stays unknown how many people there are.")
    if info.kind == "countHeld":
        at = info.moment("judgeAt")
        return (
            say("If you do nothing, the count counts from {at}.", at=at)
            if at
            else say("If you do nothing, the count will count after a while.")
        )
    if info.kind == "callUpsGathered":
        return say("Without an answer, the next on the list is called up.")
    if info.kind == "listEnded":
        return say("If nobody decides, places stay missing.")
    if info.kind == "coverageHole":
        return say("If nobody does anything, nobody hears a call-up then.")
    if info.kind == "failuresGathered":
        return say("If nobody rings, these organisations do not know this.")
    if info.kind == "deliveryFailed":
        return say("If nobody rings, that organisation does not know this.")
    return say("If you do nothing, nothing changes.")
