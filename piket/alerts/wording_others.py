"""Subject and first sentences of the alerts about commitments, hand-overs, deliveries that failed, and tests.

A site is named to its host only, its municipality to who hears of it; others read the province.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piket.alerts.info import AlertInfo, Reader
from piket.alerts.wording_gathered import entries, may_ring
from piket.words import Text, nsay, say

_SITE_KEYS = ("site", "municipality", "municipalityName")


def is_host(info: AlertInfo, reader: Reader | None) -> bool:
    """Whether the reader is the municipality that hosts."""
    return reader is not None and reader.organisation == info.details.get("municipality")


def sees_site(info: AlertInfo, reader: Reader | None) -> bool:
    """COA, the ministry, its own province and its host may see a site."""
    own = reader is not None and reader.organisation == info.details.get("province")
    return own or is_host(info, reader) or (reader is not None and reader.kind in ("coa", "ministry"))


def sees_municipality(info: AlertInfo, reader: Reader | None) -> bool:
    """Who may see the site, and who was told of it: the safety region must know which municipality."""
    return sees_site(info, reader) or (reader is not None and reader.organisation in info.told)


def shown_details(info: AlertInfo, reader: Reader | None) -> Mapping[str, Any]:
    """The details, with site and municipality null for those who may not see them, and telephones for who need not ring.

    The emergency card is left out: it goes along with mail, and is shown at its own address.
    """
    details = {key: value for key, value in info.details.items() if key != "card"}
    hidden = () if sees_site(info, reader) else ("site",) if sees_municipality(info, reader) else _SITE_KEYS
    if not may_ring(info, reader):
        hidden = (*hidden, "telephone")
        if info.kind == "failuresGathered":
            details["failures"] = [{**entry, "telephone": None} for entry in entries(info)]
    return details | {key: None for key in hidden if key in details}


def _where(info: AlertInfo, reader: Reader | None) -> str | Text:
    known = info.details.get("municipalityName") or info.details.get("municipality")
    if known and sees_municipality(info, reader):
        return str(known)
    return info.named("province") if info.codes("province") else say("a province")


def commitment_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """How many places, in which municipality, and what became of them."""
    number, what = info.number("places"), info.details.get("what")
    if number is None:
        return say("Places in {where}", where=_where(info, reader))
    where = _where(info, reader)
    if what == "ended":
        return nsay("Ended: {n} place in {where}", "Ended: {n} places in {where}", number, where=where)
    if what == "moved":
        return nsay("Changed: {n} place in {where}", "Changed: {n} places in {where}", number, where=where)
    return nsay("Promised: {n} place in {where}", "Promised: {n} places in {where}", number, where=where)


def commitment_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """What is agreed, changed or ended; the site for its host, and from when until when."""
    number, where, what = info.number("places"), _where(info, reader), info.details.get("what")
    if number is None:
        first = say("What was promised in {where} has changed.", where=where)
    elif what == "ended":
        first = nsay(
            "{n} place in {where} for people from {centre} is no longer promised.",
            "{n} places in {where} for people from {centre} are no longer promised.",
            number,
            where=where,
            centre=info.place,
        )
    else:
        first = nsay(
            "{n} place in {where} is promised for people from {centre}.",
            "{n} places in {where} are promised for people from {centre}.",
            number,
            where=where,
            centre=info.place,
        )
    return [first, *_site(info, reader), *_period(info)]


def _site(info: AlertInfo, reader: Reader | None) -> list[Text]:
    site = info.details.get("site")
    return [say("Site: {site}.", site=site)] if site and is_host(info, reader) else []


def _period(info: AlertInfo) -> list[Text]:
    begins, until = info.moment("from"), info.moment("until")
    if info.details.get("what") == "ended" or begins is None:
        return []
    if until is None:
        return [say("From {begins}; the end is not known.", begins=begins)]
    return [say("From {begins} until {until}.", begins=begins, until=until)]


def hand_over_subject(info: AlertInfo, reader: Reader | None) -> Text:
    """The coming province reads that its duty begins, the leaving one that it ends, others both."""
    at, now = info.moment("at") or info.at, info.details.get("moment") == "now"
    if info.details.get("moment") == "withdrawn":
        return say("Withdrawn: hand-over of {at}", at=at)
    if reader is not None and reader.organisation in info.codes("coming"):
        return say("Your duty has begun") if now else say("Your duty begins {at}", at=at)
    if reader is not None and reader.organisation in info.codes("leaving"):
        return say("Your duty has ended") if now else say("Your duty ends {at}", at=at)
    if not info.codes("coming"):
        return say("Nobody is on duty from {at}", at=at)
    return say("Duty from {at}: {coming}", at=at, coming=info.named("coming"))


def hand_over_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """Who hands over to whom, when, and who decided it if it was not the rota."""
    override, swapped = info.details.get("override"), info.details.get("swap")
    if not isinstance(override, dict):
        because = [say("This comes by a swap of turns: {reason}", reason=swapped)] if swapped else []
        return [_hand_over(info), *because, *handed_over(info)]
    by, reason = info.name(override.get("by")), override.get("reason")
    return [_hand_over(info), say("{name} decided this: {reason}", name=by, reason=reason), *handed_over(info)]


def handed_over(info: AlertInfo) -> list[Text]:
    """What the coming take over, by the hand-over note, and what they said they can open; nothing before the moment."""
    note = info.details.get("note")
    if not isinstance(note, dict):
        return []
    calls, people, places = note.get("openCallUps", 0), note.get("occupied", 0), info.number("confirmedPlaces")
    goes_on = [
        nsay("{n} call-up is still open.", "{n} call-ups are still open.", calls)
        if calls
        else say("No call-up is open."),
        nsay("{n} person sleeps in places that go on.", "{n} people sleep in places that go on.", people)
        if people
        else say("Nobody sleeps in places that go on."),
    ]
    if places is None:
        return [*goes_on, say("It is not known which places {coming} can open.", coming=info.named("coming"))]
    if places == 0:
        return [*goes_on, say("{coming} says that it can open no places.", coming=info.named("coming"))]
    said = nsay("{coming} can open {n} place.", "{coming} can open {n} places.", places, coming=info.named("coming"))
    return [*goes_on, said]


def _hand_over(info: AlertInfo) -> Text:
    at = info.moment("at") or info.at
    if info.details.get("moment") == "withdrawn":
        return say("The hand-over that was announced for {at} does not take place.", at=at)
    if not info.codes("coming"):
        return say("From {at} nobody is on duty.", at=at)
    if not info.codes("leaving"):
        return say("From {at} {coming} is on duty.", at=at, coming=info.named("coming"))
    return say(
        "The duty goes from {leaving} to {coming}: {at}.",
        at=at,
        leaving=info.named("leaving"),
        coming=info.named("coming"),
    )


def failed_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """Whom an alert did not reach."""
    if not info.codes("organisation"):
        return say("An alert was not delivered")
    return say("An alert to {name} was not delivered", name=info.named("organisation"))


def failed_sentences(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """What did not arrive, and after how many attempts. Never an address."""
    attempts = info.number("attempts")
    said = [say("{subject}.", subject=failed_subject(info, reader))]
    if attempts:
        said.append(nsay("It was tried {n} time.", "It was tried {n} times.", attempts))
    return said


def trial_subject(_info: AlertInfo, _reader: Reader | None) -> Text:
    """That it is a test."""
    return say("Test message of the duty office")


def trial_sentences(_info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """That this contact point works."""
    return [say("This is a test message: it shows that this contact point can be reached.")]
