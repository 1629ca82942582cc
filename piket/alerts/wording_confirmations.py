"""Subject and sentences of what is asked before duty: how many places a province can open, and that it is silent.

The details: `step` (`asked`, `reminded`, `silent`, `missing`, `confirmed`, `withdrawn`), organisation, from, until, respondBy,
standby, placesTarget, answerAt (where to answer); for `confirmed` places and onBehalf. 0 places is an answer, and said as one.
"""

from __future__ import annotations

from piket.alerts.info import AlertInfo, Reader
from piket.words import Text, nsay, say


def asked_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """Who is asked reads what is asked; others read of whom it is."""
    step, begins, name = info.details.get("step"), info.moment("from"), info.named("organisation")
    if step == "confirmed":
        return _answer(info)
    if step == "withdrawn":
        return say("No longer asked: which places {name} can open from {begins}", name=name, begins=begins)
    if not _is_own(info, reader):
        return say("No answer yet from {name} on which places it can open", name=name)
    if step == "missing":
        return say("Your duty has begun: which places can you open?")
    if step == "reminded":
        return say("Reminder: which places can you open? Your duty begins {begins}", begins=begins)
    return say("Which places can you open? Your duty begins {begins}", begins=begins)


def asked_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """Who has duty from when until when, what is asked of it, and how it stands."""
    step, name = info.details.get("step"), info.named("organisation")
    if step == "withdrawn":
        return [say("{name} does not have that duty any more, so it does not have to say it.", name=name)]
    span = say(
        "{name} has duty from {begins} until {ends}.", name=name, begins=info.moment("from"), ends=info.moment("until")
    )
    if step == "confirmed":
        return [say("{answer}.", answer=_answer(info)), span, *_on_behalf(info)]
    if step in ("asked", "reminded"):
        return [span, say("It is asked how many places it can open, and where."), *_target(info)]
    unknown = say("It has not said yet how many places it can open: that is unknown.")
    return [span, unknown, *(_warned(info) if step == "missing" else [])]


def ask_confirmation(info: AlertInfo, reader: Reader) -> Text | None:
    """What this reader is asked to do; None: nothing."""
    step, where, by = info.details.get("step"), info.details.get("answerAt"), info.moment("respondBy")
    if step in ("confirmed", "withdrawn"):
        return None
    if not _is_own(info, reader):
        if reader.organisation in info.codes("standby"):
            return say("Look which places you can open, in case {name} cannot.", name=info.named("organisation"))
        return say("Ask {name} to answer, at {where} or by ringing COA.", name=info.named("organisation"), where=where)
    if by is None:
        return say(
            "Say now how many places you can open and where, also when there are none: at {where}, or ring COA.",
            where=where,
        )
    return say(
        "Say before {by} how many places you can open and where, also when there are none: at {where}, or ring COA.",
        by=by,
        where=where,
    )


def without_answer(info: AlertInfo) -> Text | None:
    """What happens if nobody answers; None: nothing."""
    step = info.details.get("step")
    if step in ("asked", "reminded"):
        return say("Without an answer the King's Commissioner is told, and the standby when the duty begins.")
    if step == "silent":
        return say("Without an answer the standby is warned when the duty begins.")
    return say("Without an answer it stays unknown which places can be opened.") if step == "missing" else None


def _is_own(info: AlertInfo, reader: Reader | None) -> bool:
    return reader is not None and reader.organisation in info.codes("organisation")


def _answer(info: AlertInfo) -> Text:
    """What was said; none is an answer, and not the same as unknown."""
    number, name = info.number("places"), info.named("organisation")
    if number is None:
        return say("{name} has said how many places it can open", name=name)
    if number == 0:
        return say("{name} says that it can open no places", name=name)
    return nsay("{name} can open {n} place", "{name} can open {n} places", number, name=name)


def _target(info: AlertInfo) -> list[Text]:
    target = info.number("placesTarget")
    if target is None:
        return []
    return [nsay("The rota counts on {n} place.", "The rota counts on {n} places.", target)]


def _warned(info: AlertInfo) -> list[Text]:
    """That the standby is warned, where there is one."""
    return [say("{name} is standby, and is warned.", name=info.named("standby"))] if info.codes("standby") else []


def _on_behalf(info: AlertInfo) -> list[Text]:
    said = info.details.get("onBehalf")
    if not isinstance(said, dict):
        return []
    return [
        say(
            "This was entered for {name}; {who} said it ({via}).",
            name=info.named("organisation"),
            who=said.get("saidBy"),
            via=said.get("via"),
        )
    ]
