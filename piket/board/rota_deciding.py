"""The ministry decides a rota by form: as it stands, or another one, with every turn that moves said before. Also a new rota."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Values, serve
from piket.board.frame import blp, deps, words
from piket.board.panels import People
from piket.board.rota_asking import Asked, asked_of, questions, read
from piket.board.rota_words import different
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.faults import faults_of
from piket.rota.rules import Definition
from piket.rota.service import Decision, MoveView, PlannedView, Preview, RotaInfo
from piket.words import Text, listed, nsay, say

FIRST_SHOWN = 6
# As everywhere: small letters, digits and hyphens, at most 40.
_CODE = r"(?=.{1,40}$)[a-z0-9]+(-[a-z0-9]+)*"


@blp.route("/rotas/<code>/decision", methods=["GET", "POST"])
def decide_rota(code: str) -> Response:
    """The ministry decides a rota; of a code that is not there yet, a new one."""
    return serve(partial(_deciding, code))


def _deciding(code: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "put-rota")
    kinds = {one.code: one.kind for one in organisations.listed(session)}
    names = {one.code: one.name for one in organisations.listed(session)}
    found = _found(session, code)
    if found is None and not re.fullmatch(_CODE, code, re.ASCII):
        raise NotFound(say("There is no rota with the code {code}.", code=code))
    asked = asked_of(code, found, _model(session, found), kinds, names, words().language)
    return Form(
        heading=say("Decide the rota “{name}”", name=found.definition.name) if found else say("Decide a further rota"),
        button=say("Decide this rota"),
        deed="decide_rota",
        act=partial(_put, asked, caller),
        questions=tuple(questions(asked, g.now)),
        notes=list(_notes(found)),
        home="/rota" if code == "piket" else f"/rota?rota={code}",
        layout="rota_decision.html",
        check=partial(_wrong, asked),
        answers=partial(_answers, asked),
    )


def _found(session: Session, code: str) -> RotaInfo | None:
    try:
        return rota.find_rota(session, code)
    except NotFound:
        return None


def _model(session: Session, found: RotaInfo | None) -> Definition:
    """What stands in the form at first: the rota itself, and for a new one the first line's with nothing that is its own."""
    if found:
        return found.definition
    lines = rota.rotas_paged(session, PageRequest(50)).items
    if not lines:
        raise NotFound(say("There is no rota yet."))
    first = min(lines, key=lambda one: one.definition.line).definition
    return Definition(
        name="", members=first.members, starts_on=g.now.date(), turn_unit=first.turn_unit, turn_length=first.turn_length,
        hand_over_weekday=first.hand_over_weekday, hand_over_time=first.hand_over_time, zone=first.zone,
        line=min(9, 1 + max(one.definition.line for one in lines)),
    )  # fmt: skip


def _notes(found: RotaInfo | None) -> Iterator[Text]:
    if found is None:
        yield say("This begins a rota beside the others. Who is on a later line is called after those of the first.")
        return
    if found.status == "proposed":
        yield say("It is a proposal now. To decide it as it stands, fill in who decided, and leave the rest as it is.")
    elif found.decision:
        yield say("Decided by {by}, on {on}.", by=found.decision.by, on=found.decision.on)
    yield say("What has begun never changes. The next page says which turns move, before anything is done.")


def _wrong(asked: Asked, values: Values) -> Mapping[str, Text]:
    """What is wrong beside what each field says by itself: lines, times, and the rules of a rota."""
    definition, wrong = read(asked, values)
    faults = _beside(faults_of(definition, asked.kinds, g.now))
    return {**faults, **wrong}


def _answers(asked: Asked, values: Values) -> Sequence[tuple[Text, Any]]:
    """What is decided, in the words of the page of the rota."""
    definition, _ = read(asked, values)
    since = [(say("Turns follow it from"), values["effective_from"])] if values.get("effective_from") else []
    decision = _decision(values)
    said = [(say("Who decided"), decision.by), (say("On which day"), decision.on)]
    note = [(say("Why, or where it is written"), decision.note)] if decision.note else []
    return [*asked.described(definition), *since, *said, *note]


def _put(asked: Asked, caller: Caller, session: Session, values: Values) -> Done:
    """Put it down as decided, in this transaction; what moves is said by the preview that the API gives too."""
    version = rota.locked_version(session, asked.code)
    if str(version or 0) != values["version"]:
        raise Conflict(say("This rota was changed since you opened the page. Open it again."), "changed-since")
    definition, _ = read(asked, values)
    before = _found(session, asked.code)
    settings, since = deps().settings, values.get("effective_from")
    try:
        seen = rota.preview(session, g.now, asked.code, definition, settings, since) if before else None
        rota.put_rota(
            session, g.now, caller.actor(), asked.code, definition, _decision(values), settings, since,
            occupancy.pressing_now(session, g.now),
        )  # fmt: skip
    except Invalid as error:
        raise Invalid(error.detail, [Fault("body", *one) for one in _beside(error.faults).items()]) from None
    if before is None or seen is None:
        return Done(_begun(session, asked))
    return Done(
        [*_of_the_rota(before, definition, asked.people), *_of_the_turns(before, definition, seen, asked.people)]
    )


def _decision(values: Values) -> Decision:
    return Decision(values["decision_by"], values["decision_on"], values["decision_note"] or None)


_FIELDS = {"members": "further", "sharing": "further", "startsOn": "starts_on", "effectiveFrom": "effective_from"}


def _beside(faults: Sequence[Fault]) -> dict[str, Text]:
    """Faults of the rules by the name of the question beside which they are said; several together."""
    found: dict[str, Text] = {}
    for fault in faults:
        first = fault.field.split(".")[0]
        name = _FIELDS.get(first, first)
        found[name] = say("{one} {other}", one=found[name], other=fault.detail) if name in found else _as_text(fault)
    return found


def _as_text(fault: Fault) -> Text:
    return fault.detail if isinstance(fault.detail, Text) else Text.of("{detail}", None, {"detail": fault.detail})


def _begun(session: Session, asked: Asked) -> list[Text]:
    """What a new rota begins with."""
    turns = rota.turns_paged(session, g.now, asked.code, PageRequest(FIRST_SHOWN), None, None).items
    return [
        say("A new rota begins. Its first turns:"),
        *(
            say(
                "{since} until {until}: {who}", since=turn.from_at, until=turn.until_at,
                who=asked.people.named([code for slot in turn.slots for code in slot.organisations]),
            )
            for turn in turns
        ),
    ]  # fmt: skip


def _of_the_rota(before: RotaInfo, definition: Definition, people: People) -> Iterator[Text]:
    """What becomes of the rota itself: its status, what is other than it was, and who must accept it anew."""
    if before.status == "proposed":
        yield say("The rota is decided then, and no proposal any more.")
    if definition == before.definition:
        return
    yield from different(definition, before.definition, people)
    if before.acceptances:
        yield nsay(
            "{n} member accepted the rota as it was, and is asked to accept it anew.",
            "{n} members accepted the rota as it was, and are asked to accept it anew.",
            len(before.acceptances),
        )


def _of_the_turns(before: RotaInfo, definition: Definition, seen: Preview, people: People) -> Iterator[Text]:
    """Which published turns move, from whom to whom; none of what has begun."""
    if not seen.moved:
        yield say("No turn that is published moves.")
        if definition != before.definition:
            yield say("Turns follow this decision from {at} on.", at=seen.effective_from)
        return
    yield nsay(
        "{n} published turn moves; the first begins {at}. Turns follow this decision from {since} on.",
        "{n} published turns move; the first begins {at}. Turns follow this decision from {since} on.",
        len(seen.moved), at=seen.moved[0].from_at, since=seen.effective_from,
    )  # fmt: skip
    for move in seen.moved:
        yield _moved(move, people)


def _moved(move: MoveView, people: People) -> Text:
    about = {"since": move.from_at, "until": move.until_at, "was": people.named(move.organisations)}
    same = [one for one in move.instead if (one.from_at, one.until_at) == (move.from_at, move.until_at)]
    if same:
        return say("{since} until {until}: from {was} to {who}.", who=people.named(same[0].organisations), **about)
    instead = listed([_planned(one, people) for one in move.instead])
    return say("{since} until {until}: not {was} any more; instead {instead}.", instead=instead, **about)


def _planned(one: PlannedView, people: People) -> Text:
    who = people.named(one.organisations)
    return say("{name} from {since} until {until}", name=who, since=one.from_at, until=one.until_at)
