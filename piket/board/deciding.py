"""What the ministry decides by form: other thresholds, with what they would change; duty for another organisation for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts.wording_answers import DEFINITIONS
from piket.alerts.wording_levels import LEVELS
from piket.board.acting import Done, Form, Values, serve
from piket.board.desks import at_centre
from piket.board.frame import blp
from piket.board.questions import Question, as_typed
from piket.errors import Conflict
from piket.occupancy import service as occupancy
from piket.occupancy.service import ThresholdsInfo
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.rota import service as rota
from piket.rota.service import OverrideInfo, OverrideWish, TurnView
from piket.rota.wall_rules import to_local
from piket.words import Text, listed, say

LONGEST_STALE, LONGEST_BY = 100_000, 200


@blp.route("/centres/<code>/thresholds", methods=["GET", "POST"])
def decide_thresholds(code: str) -> Response:
    """The ministry decides other thresholds for a centre."""
    return serve(partial(_thresholds, code))


@blp.route("/rotas/<code>/override", methods=["GET", "POST"])
def override_duty(code: str) -> Response:
    """The ministry gives duty to another organisation for a while."""
    return serve(partial(_override, code))


def _thresholds(code: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "change-thresholds")
    found = occupancy.thresholds(session, code)
    return Form(
        heading=say("Decide other thresholds"),
        button=say("Decide these thresholds"),
        deed="change_thresholds",
        act=partial(_decide, found, caller),
        questions=(*_ladders(found), *_rest(found)),
        notes=[
            say(
                "In force since {at}, decided by {by}.",
                at=found.recorded_at, by=found.decision.get("by") or found.recorded_by,
            ),
            say("New thresholds are judged at once against the newest counts."),
        ],
    )  # fmt: skip


def _ladders(found: ThresholdsInfo) -> Iterator[Question]:
    """For each definition where each level begins, below what it ends, and how long a count is fresh."""
    for number, entry in enumerate(found.definitions):
        heading: Text | None = DEFINITIONS[entry["definition"]]
        for rung, level in enumerate(entry["levels"]):
            name, words = f"definitions_{number}_levels_{rung}", LEVELS[level["level"]]
            yield Question(
                f"{name}_at", say("“{level}” begins at", level=words), "number", given=str(level["at"]), group=heading
            )
            yield Question(
                f"{name}_clear_below", say("“{level}” is over below", level=words), "number",
                given=str(level["clearBelow"]),
            )  # fmt: skip
            heading = None
        yield Question(
            f"definitions_{number}_stale_after_minutes", say("Too old after how many minutes"), "number", least=1,
            most=LONGEST_STALE, given=str(entry["staleAfterMinutes"]), group=heading,
        )  # fmt: skip


def _rest(found: ThresholdsInfo) -> Iterator[Question]:
    yield Question(
        "aim", say("To how many people the centre is brought back"), "number",
        say("Left empty: one below where “above the maximum” is over."), needed=False,
        given="" if found.aim is None else str(found.aim), group=say("Further"),
    )  # fmt: skip
    yield Question(
        "hold_above", say("A count waits when it differs by more than"), "number", least=1, given=str(found.hold_above)
    )
    yield Question("decision_by", say("Who decided"), longest=LONGEST_BY, group=say("The decision"))
    yield Question("decision_on", say("On which day"), "date", given=to_local(g.now).date().isoformat())
    yield Question("decision_note", say("Why, or where it is written"), "lines", longest=2000, needed=False)
    yield Question("version", say("Version"), "hidden", given=str(found.version))


def _decide(found: ThresholdsInfo, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, found.centre) as desk:
        if str(occupancy.thresholds(session, found.centre).version) != values["version"]:
            raise Conflict(
                say("These thresholds were changed since you opened the page. Open it again."), "changed-since"
            )
        decision = {
            "by": values["decision_by"], "on": values["decision_on"].isoformat(), "note": values["decision_note"] or "",
        }  # fmt: skip
        made = occupancy.decide_thresholds(
            desk, [_definition(number, entry, values) for number, entry in enumerate(found.definitions)],
            values["aim"], values["hold_above"], decision,
        )  # fmt: skip
    return Done(list(_moved(found, made)))


def _definition(number: int, entry: Mapping[str, Any], values: Values) -> dict[str, Any]:
    name = f"definitions_{number}"
    levels = [
        {
            "level": level["level"],
            "at": values[f"{name}_levels_{rung}_at"],
            "clearBelow": values[f"{name}_levels_{rung}_clear_below"],
        }
        for rung, level in enumerate(entry["levels"])
    ]
    stale = values[f"{name}_stale_after_minutes"]
    return {"definition": entry["definition"], "levels": levels, "staleAfterMinutes": stale}


def _moved(found: ThresholdsInfo, made: ThresholdsInfo) -> Iterator[Text]:
    """What is different in the set itself."""
    for entry, former in zip(made.definitions, found.definitions, strict=True):
        for level, was in zip(entry["levels"], former["levels"], strict=True):
            if level != was:
                yield say(
                    "{definition}, “{level}”: from {at} on (it was {before}), over below {clear} (it was {cleared}).",
                    definition=DEFINITIONS[entry["definition"]], level=LEVELS[level["level"]], at=level["at"],
                    before=was["at"], clear=level["clearBelow"], cleared=was["clearBelow"],
                )  # fmt: skip


def _override(code: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "override-duty")
    rota.find_rota(session, code)
    provinces = [(one.code, one.name) for one in organisations.listed(session, "province")]
    return Form(
        heading=say("Give duty to another organisation"),
        button=say("Give it this duty"),
        deed="override_duty",
        act=partial(_give, code, caller),
        questions=(
            Question("organisation", say("Which province gets duty"), "choice", options=provinces),
            Question("from", say("From"), "moment", say("Left empty: from now on."), needed=False),
            Question("until", say("Until"), "moment", given=as_typed(g.now)),
            Question("reason", say("Reason"), "lines", say("Everybody who is told reads this.")),
        ),
        notes=[say("Both sides are told. After it the rota goes on as it was.")],
    )


def _give(code: str, caller: Caller, session: Session, values: Values) -> Done:
    wish = OverrideWish(values["until"], values["organisation"], values["reason"], values["from"])
    turns = rota.calendar(session, g.now, wish.from_at or g.now, wish.until_at, code)
    made = rota.override(session, g.now, caller.actor(), code, wish)
    codes = {one for turn in turns for one in _holders(turn)} | {made.organisation}
    names = organisations.names(session, codes)
    return Done([_given(made, turn, names) for turn in turns])


def _holders(turn: TurnView) -> list[str]:
    return [code for slot in turn.slots for code in slot.organisations]


def _given(made: OverrideInfo, turn: TurnView, names: Mapping[str, str]) -> Text:
    """One turn that the override takes, wholly or in part."""
    return say(
        "{name} has duty from {since} until {until}, instead of {holder}.",
        name=names[made.organisation],
        since=max(made.from_at, turn.from_at),
        until=min(made.until_at, turn.until_at),
        holder=listed([names[code] for code in _holders(turn)]),
    )
