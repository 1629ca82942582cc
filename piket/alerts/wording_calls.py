"""Subject and first sentences of the alerts about call-ups. Nobody is blamed: "no answer yet".

A subject says in this order what is asked or happened, how many places, and of whom; it is read on a locked telephone.
"""

from __future__ import annotations

from piket.alerts.info import AlertInfo, Reader
from piket.alerts.rules import EnoughPlaces
from piket.words import Text, nsay, say


def _places(info: AlertInfo) -> EnoughPlaces:
    """What is known of the third question."""
    return info.answers.enough_places or EnoughPlaces()


def _called(info: AlertInfo) -> str | Text:
    """The organisation that was called; unknown is said as unknown."""
    return info.named("organisation") if info.codes("organisation") else say("unknown")


def _missing(info: AlertInfo) -> list[Text]:
    """How many places are missing, for a subject; nothing when that is not known."""
    missing = _places(info).shortfall
    if missing is None:
        return []
    return [nsay("{n} place is missing", "{n} places are missing", missing)]


def call_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """*Call-up: 179 places needed before 21:00. It is the turn of Overijssel*."""
    number, by, name = info.number("places"), info.moment("neededBy"), _called(info)
    if number is None:
        return say("Call-up: places needed. It is the turn of {name}", name=name)
    if by is None:
        return nsay(
            "Call-up: {n} place needed. It is the turn of {name}",
            "Call-up: {n} places needed. It is the turn of {name}",
            number,
            name=name,
        )
    return nsay(
        "Call-up: {n} place needed before {by}. It is the turn of {name}",
        "Call-up: {n} places needed before {by}. It is the turn of {name}",
        number,
        by=by,
        name=name,
    )


def call_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Who is asked for how many places, for which centre."""
    return [
        nsay(
            "{name} is asked to open {n} place for people from {centre}.",
            "{name} is asked to open {n} places for people from {centre}.",
            info.number("places") or 0,
            name=_called(info),
            centre=info.place,
        )
        if info.number("places") is not None
        else say("{name} is asked to open places for people from {centre}.", name=_called(info), centre=info.place)
    ]


def reminder_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """What is still needed of whom, before when."""
    by, made = info.moment("respondBy"), info.moment("madeAt")
    if by is None or made is None:
        return say("Answer needed from {name} to the call-up", name=_called(info))
    return say("Answer needed from {name} before {by}: call-up of {made}", name=_called(info), by=by, made=made)


def reminder_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Nobody has read or answered the call-up yet (5.7)."""
    said = say("{name} has not yet confirmed or answered the call-up.", name=_called(info))
    return [said, *call_sentences(info, None)]


def answered_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """*Enough places: 179 of 179*, or what was promised and what is still missing."""
    name, places = _called(info), _places(info)
    if info.details.get("entered") == "acknowledgement":
        return say("Entered for {name}: the alert was read", name=name)
    if places.shortfall == 0 and places.needed:
        return _enough(places)
    said = _answer(info)
    missing = _missing(info)
    return say("{said}. {missing}", said=said, missing=missing[0]) if missing else said


def _enough(places: EnoughPlaces) -> Text:
    """Enough is said with its figures, for who wonders by how much."""
    values = {"committed": places.committed, "needed": places.needed}
    if (places.committed or 0) > (places.needed or 0):
        return say("Enough places: {committed} promised, {needed} needed", **values)
    return say("Enough places: {committed} of {needed}", **values)


def _answer(info: AlertInfo) -> Text:
    """What the organisation said: that it cannot, or how many of how many count."""
    counted, asked = info.number("counted"), info.number("places")
    if info.details.get("state") == "declined":
        return say("{name} cannot deliver places", name=_called(info))
    if counted is None or asked is None:
        return say("Answer of {name} to the call-up", name=_called(info))
    return nsay(
        "{name} promises {counted} of {n} place",
        "{name} promises {counted} of {n} places",
        asked,
        name=_called(info),
        counted=counted,
    )


def answered_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """The answer, how it came, and who is next."""
    if info.details.get("entered") == "acknowledgement":
        return [*_entered(info), say("An alert to {name} was marked as read.", name=_called(info))]
    said = [say("{said}.", said=_answer(info))]
    if info.details.get("declineReason"):
        said.append(say("Reason: {reason}.", reason=str(info.details["declineReason"]).rstrip(".")))
    if info.details.get("late"):
        said.append(say("The answer came after the deadline."))
    in_view, surplus = info.number("inView"), info.number("surplus")
    if in_view:
        said.append(
            nsay("{n} more place is in view, not promised.", "{n} more places are in view, not promised.", in_view)
        )
    if surplus:
        said.append(nsay("{n} place more than asked is offered.", "{n} places more than asked are offered.", surplus))
    return [*said, *_entered(info), *_by_link(info), *_next(info)]


def _by_link(info: AlertInfo) -> list[Text]:
    """That the answer came by the link of a mail, and until when the promise can be taken back (5.9)."""
    if info.details.get("way") == "takenBack":
        return [say("What was promised by the link of a mail has been taken back.")]
    if info.details.get("way") != "link":
        return []
    said = say("This was answered by the link of a mail, with the code of the desk.")
    until = info.moment("takeBackUntil")
    return [said, say("{name} can take it back until {until}.", name=_called(info), until=until)] if until else [said]


def _entered(info: AlertInfo) -> list[Text]:
    """Who entered the answer, who said it and by which way (5.8); nothing when the called answered themselves."""
    behalf = info.details.get("onBehalf")
    if not isinstance(behalf, dict):
        return []
    return [
        say(
            "{by} entered this; said by {said_by}, by way of {via}.",
            by=info.name(behalf.get("by")),
            said_by=behalf.get("saidBy"),
            via=behalf.get("via"),
        )
    ]


def _next(info: AlertInfo) -> list[Text]:
    """Who is called now, if somebody is."""
    return [say("{name} is called up now.", name=info.named("next"))] if info.codes("next") else []


def unanswered_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """*No answer yet from Overijssel to the call-up of 14:20*."""
    made = info.moment("madeAt")
    if made is None:
        return say("No answer yet from {name} to the call-up", name=_called(info))
    return say("No answer yet from {name} to the call-up of {made}", name=_called(info), made=made)


def unanswered_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Until when an answer was expected, and who is called now."""
    by = info.moment("respondBy")
    first = (
        say("An answer from {name} was expected before {by}.", name=_called(info), by=by)
        if by
        else say("An answer from {name} was expected by now.", name=_called(info))
    )
    return [first, *_next(info)]


def released_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """Nothing more is asked."""
    return say("Call-up released: nothing more is asked of {name}", name=_called(info))


def released_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Which call-up, and why: enough places, the end of the overflow, or COA's word."""
    made, reason = info.moment("madeAt"), info.details.get("reason")
    first = (
        say("The call-up of {made} to {name} is released.", made=made, name=_called(info))
        if made
        else say("The call-up to {name} is released.", name=_called(info))
    )
    known = {"enough": say("There are enough places."), "closed": say("The overflow is over.")}
    if not reason:
        return [first]
    return [first, known.get(str(reason), say("Reason: {reason}.", reason=str(reason).rstrip(".")))]


def ended_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """Everybody was asked, and how many places are missing."""
    missing = _missing(info)
    if not missing:
        return say("Everybody on the list was asked: decide what happens now")
    return say("Everybody on the list was asked: {missing}", missing=missing[0])


def ended_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """The list has ended (5.1)."""
    return [say("Nobody is left in this round who can be called up for {centre}.", centre=info.place)]
