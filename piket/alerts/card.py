"""The emergency card in words: what stands on it, in which order. One reading of it serves the mail, the page and the PDF.

Its content is what `rota.emergency_card` froze. Telephone numbers are shown only to who is on the list; to others they are
left out, and said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piket.alerts.frozen import moment_of
from piket.alerts.info import AlertInfo, Reader
from piket.words import Text, listed, nsay, say

Cell = Text | str
MOST_NUMBERS = 44


@dataclass(frozen=True)
class Number:
    """One organisation on the card. `telephone` None: none is known, or it is not for this reader."""

    name: str
    telephone: str | None
    ready: Text | None


@dataclass(frozen=True)
class Card:
    """What stands on the card. `notice` is said while the rota is a proposal, `hidden` where numbers are left out."""

    title: Text
    made: Text
    notice: Text | None
    facts: Sequence[tuple[Text, Cell]]
    turns: Sequence[tuple[Text, str, Text]]
    numbers: Sequence[Number]
    hidden: Text | None
    ready_at: Text
    steps: Sequence[Text]


def read_card(content: Mapping[str, Any], with_numbers: bool) -> Card:
    """The card of this content, for somebody who may see its numbers or not."""
    numbers = [_number(content, code, with_numbers) for code in content["telephones"]]
    return Card(
        title=say("Emergency card: {name}", name=content["name"]),
        made=say("As known on {at}. Later changes are not on it.", at=moment_of(content["madeAt"])),
        notice=say("The rota is a proposal: it has not been decided yet.") if content["proposed"] else None,
        facts=_facts(content),
        turns=[_turn(content, turn) for turn in content["turns"]],
        numbers=numbers[:MOST_NUMBERS],
        hidden=None if with_numbers else say("The telephone numbers are only for who is on the list of this card."),
        ready_at=say("Places ready as known on {at}.", at=moment_of(content["readyAt"])),
        steps=_steps(content),
    )


def _names(content: Mapping[str, Any], codes: Sequence[str]) -> str:
    return listed([content["names"].get(code, code) for code in codes])


def _facts(content: Mapping[str, Any]) -> list[tuple[Text, Cell]]:
    """Who has duty, how many places it confirmed, who stands by, and who alone convenes the acute consultation."""
    duty, until = content["onDuty"], moment_of(content["onDuty"]["until"])
    who = _names(content, duty["organisations"])
    standby = content["standby"]
    return [
        (say("On duty now"), say("{who}, until {until}", who=who, until=until) if until else who),
        (say("Places confirmed"), _places(duty["confirmedPlaces"])),
        (say("Standby"), content["names"].get(standby, standby) if standby else say("nobody")),
        (say("Convenes the acute consultation"), say("the ministry, and nobody else")),
    ]


def _places(number: int | None) -> Text:
    """How many were confirmed; not said is not none."""
    return say("not confirmed: unknown") if number is None else nsay("{n} place", "{n} places", number)


def _turn(content: Mapping[str, Any], turn: Mapping[str, Any]) -> tuple[Text, str, Text]:
    span = say("{begins} to {ends}", begins=moment_of(turn["from"]), ends=moment_of(turn["until"]))
    return span, _names(content, turn["organisations"]), _places(turn["confirmedPlaces"])


def _number(content: Mapping[str, Any], code: str, with_numbers: bool) -> Number:
    ready = content["ready"].get(code)
    said = say("{free} now, {later} on notice", free=ready[0], later=ready[1]) if ready else None
    return Number(content["names"].get(code, code), content["telephones"][code] if with_numbers else None, said)


def _steps(content: Mapping[str, Any]) -> list[Text]:
    """How the same is done by telephone; what was agreed then is entered when the service works again."""
    by_day, by_night = content["respondMinutes"]
    return [
        say("COA rings who is on duty: how many places are needed, and by when."),
        say(
            "Who is on duty rings back within {day} minutes, at night within {night}: how many places, and where.",
            day=by_day,
            night=by_night,
        ),
        say("No answer, or too few places: COA rings the standby, then the next ones in the order of the turns."),
        say("Everybody writes down who said what, and when."),
        say("When the system works again, COA or the ministry enters what was said, on behalf of who said it."),
    ]


def card_of(info: AlertInfo) -> Mapping[str, Any] | None:
    """The content of the card that goes along with an alert, or None."""
    found = info.details.get("card")
    return found if isinstance(found, dict) and "telephones" in found else None


def may_see_numbers(info: AlertInfo, reader: Reader | None) -> bool:
    """Who was told is on the list; COA and the ministry ring everybody."""
    return reader is not None and (reader.organisation in info.told or reader.kind in ("coa", "ministry"))


def lines(info: AlertInfo, reader: Reader | None) -> list[Text]:
    """The card as lines of a mail: what the attachment shows, for who cannot open it."""
    content = card_of(info)
    if content is None:
        return []
    card = read_card(content, may_see_numbers(info, reader))
    return [
        *(say("{label}: {value}", label=label, value=value) for label, value in card.facts),
        *(say("{span}: {who} ({places})", span=span, who=who, places=places) for span, who, places in card.turns),
        *(_line(number) for number in card.numbers),
        *([card.hidden] if card.hidden else []),
        *card.steps,
    ]


def _line(number: Number) -> Text:
    telephone = number.telephone or say("no telephone number is known")
    if number.ready is None:
        return say("{name}: {telephone}", name=number.name, telephone=telephone)
    return say("{name}: {telephone}; ready: {ready}", name=number.name, telephone=telephone, ready=number.ready)


def card_subject(info: AlertInfo, _reader: Reader | None) -> Text:
    """From when on it holds, and who has duty."""
    content = card_of(info)
    if content is None:
        return say("Emergency card")
    who = _names(content, content["onDuty"]["organisations"])
    return say("Emergency card: {who} is on duty", who=who)


def card_sentences(info: AlertInfo, _reader: Reader | None) -> list[Text]:
    """What it is for."""
    return [say("This is the new emergency card. It is for when nothing else works; throw the old one away.")]


def ask_card() -> Text:
    """What to do with it."""
    return say("Print the attachment, or keep it where you can read it without a network.")
