"""Counts by form: COA reports one, corrects one, confirms one that waits (section 1)."""

from __future__ import annotations

from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts.wording_answers import DEFINITIONS
from piket.board.acting import Done, Form, Values, serve
from piket.board.desks import at_centre
from piket.board.frame import blp
from piket.board.questions import Question, as_typed
from piket.errors import Conflict, Fault, Invalid
from piket.occupancy import service as occupancy
from piket.occupancy.service import CountInfo, NewCount
from piket.organisations import access
from piket.organisations.access import Caller
from piket.words import Text, say

_PEOPLE = Question("people", say("How many people"), "number", most=occupancy.MOST_PEOPLE)
_WHY_NOT: dict[str, Text] = {
    "held": say(
        "It differs much from the one before it, so it waits until COA confirms it, or until the time for that is over."
    ),
    "late": say("It is older than the newest count of this kind: it is kept, and changes no level."),
    "stale": say("It is too old to say how it is now: it is kept, and changes no level."),
}


@blp.route("/centres/<code>/count", methods=["GET", "POST"])
def report_count(code: str) -> Response:
    """COA reports a count."""
    return serve(partial(_report, code))


@blp.route("/counts/<id>/correction", methods=["GET", "POST"])
def correct_count(id: str) -> Response:
    """COA corrects a count."""
    return serve(partial(_correct, id))


@blp.route("/counts/<id>/confirmation", methods=["GET", "POST"])
def confirm_count(id: str) -> Response:
    """COA confirms a count that waits."""
    return serve(partial(_confirm, id))


def _report(code: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "record-count")
    centre = occupancy.thresholds(session, code).centre
    return Form(
        heading=say("Report a count"),
        button=say("Report this count"),
        deed="record_count",
        act=partial(_record, centre, caller),
        questions=(
            Question("definition", say("What was counted"), "choice", options=tuple(DEFINITIONS.items())),
            Question("people", say("How many people"), "number", say("Fill in 0 when there is nobody."), most=_PEOPLE.most),
            Question(
                "observed_at", say("When was counted"), "moment",
                say("When people were counted, not when you fill this in. Local time."), given=as_typed(g.now),
            ),
            Question("note", say("Note"), "lines", needed=False),
        ),
    )  # fmt: skip


def _record(centre: str, caller: Caller, session: Session, values: Values) -> Done:
    new = NewCount(values["definition"], values["observed_at"], values["people"], note=values["note"])
    with at_centre(session, caller, centre) as desk:
        try:
            made = occupancy.record(desk, new)
        except Conflict as error:
            if error.code != "count-differs":
                raise
            wrong = say(
                "There is a count of that moment with another number. Correct that one instead, or look at the time."
            )
            raise Invalid(wrong, [Fault("body", "observedAt", wrong)]) from None
        count = CountInfo.of(made.count)
    return Done(_said(count) if made.created else [say("This count is known already: nothing changes.")])


def _correct(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "record-count")
    old = occupancy.count(session, id)
    return Form(
        heading=say("Correct a count"),
        button=say("Correct this count"),
        deed="correct_count",
        act=partial(_replace, old, caller),
        questions=(_PEOPLE, Question("reason", say("Why it is corrected"), "lines")),
        notes=[_described(old)],
    )


def _replace(old: CountInfo, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, old.centre) as desk:
        made = CountInfo.of(occupancy.correct(desk, old.id, values["people"], values["reason"]))
    return Done(_said(made))


def _confirm(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "record-count")
    old = occupancy.count(session, id)
    return Form(
        heading=say("Confirm a count"),
        button=say("Yes, this count is right"),
        deed="confirm_count",
        act=partial(_release, old, caller),
        notes=[_described(old), say("It waits because it differs much from the one before it.")],
    )


def _release(old: CountInfo, caller: Caller, session: Session, _values: Values) -> Done:
    with at_centre(session, caller, old.centre) as desk:
        occupancy.confirm(desk, old.id)
    return Done([say("The count is judged now.")])


def _described(count: CountInfo) -> Text:
    return say(
        "{people} people, {definition}, counted {at}.",
        people=count.people, definition=DEFINITIONS[count.definition], at=count.observed_at,
    )  # fmt: skip


def _said(count: CountInfo) -> list[Text]:
    """What becomes of the count itself (1.2, 1.3), and how it is against the maximum."""
    outcome = count.outcome
    if outcome["judged"]:
        over = outcome.get("overNorm")
        return [say("That is {over} above the agreed maximum.", over=over)] if over and over > 0 else []
    return [_WHY_NOT[outcome["reason"]]] if outcome.get("reason") in _WHY_NOT else []
