"""`/rota`: who has duty and who comes next, what was decided and who accepts it, where it has holes, the year, and every turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.board.door import visitor
from piket.board.frame import blp, deps, page, words
from piket.board.panels import People
from piket.board.pictures.phrases import picture_words
from piket.board.pictures.year import letters, months
from piket.board.rota_steps import rota_steps
from piket.board.rota_words import described
from piket.errors import Invalid
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.rota import service as rota
from piket.rota.rules import organisations_of
from piket.rota.service import AcceptanceInfo, Coverage, Duty, OverrideInfo, RotaInfo, TurnView
from piket.words import LOCAL, Text, nsay, say

MOST_ROTAS, MOST_OVERRIDES, MOST_HOLES = 20, 50, 20
_ORIGINS = {"rota": say("by the rota"), "override": say("override"), "swap": say("swap")}


@dataclass(frozen=True)
class TurnRow:
    """One turn as a row: who has it by slot, what was confirmed, in words, and where it comes from."""

    turn: TurnView
    who: tuple[str, ...]
    places: tuple[Text, ...]
    origin: Text
    now: bool


@dataclass(frozen=True)
class Accepted:
    """Who accepts the rota as decided, and who has not said so yet."""

    said: Sequence[tuple[str | Text, AcceptanceInfo]]
    waiting: str


@blp.get("/rota")
def show_rota() -> Response:
    """The rota that is asked for by its code, else the first line's, in the year that is asked for, else this one."""
    caller, code, year = visitor().caller, request.args.get("rota", "piket"), _year(g.now)
    with deps().reading() as session:
        found, duty = rota.find_rota(session, code), rota.on_duty(session, g.now, code, explained=False)
        first, after = (datetime(one, 1, 1, tzinfo=LOCAL) for one in (year, year + 1))
        turns = rota.calendar(session, g.now, first, after, code)
        cover = rota.coverage(session, g.now, deps().settings, code)
        overrides = _overrides(session, code)
        people = People(organisations.names(session, _codes(caller, found, duty, turns, cover, overrides)))
        steps = _steps(session, caller, found)
        others = sorted(rota.rotas_paged(session, PageRequest(MOST_ROTAS)).items, key=lambda one: one.definition.line)
    rows = [_row(turn, people) for turn in turns]
    return page(
        "rota.html",
        found=found,
        others=others,
        year=year,
        this_year=g.now.astimezone(LOCAL).year,
        sentence=_sentence(duty, people),
        next=list(_after(duty, people)),
        accepted=_accepted(found, people),
        rules=described(found.definition, people),
        steps=steps,
        holes=list(_holes(cover, people)),
        unconfirmed=list(_unconfirmed(cover, people)),
        covered_until=cover.until,
        overrides=[(one, people.name(one.organisation), people.name(one.decided_by)) for one in overrides],
        may_undo=access.may(caller, "override-duty") and not caller.read_only,
        months=months(turns, year, g.now, caller.organisation),
        past=[row for row in rows if row.turn.until_at <= g.now],
        coming=[row for row in rows if row.turn.until_at > g.now],
        people=people,
        names=people.names,
        letters=letters,
        **picture_words(words(), people.names),
    )


def _year(now: datetime) -> int:
    """The year that is asked for, else this one. Raises `Invalid`."""
    asked = request.args.get("year", str(now.astimezone(LOCAL).year))
    if not re.fullmatch(r"20\d\d", asked):
        raise Invalid(say("There is no such period. Choose a year such as 2024, or a month such as 2024-03."))
    return int(asked)


def _codes(
    caller: Caller,
    found: RotaInfo,
    duty: Duty,
    turns: Iterable[TurnView],
    cover: Coverage,
    overrides: Iterable[OverrideInfo],
) -> set[str]:
    """Everybody who is named on the page."""
    codes = {caller.organisation, *duty.organisations, *organisations_of(found.definition.members)}
    codes |= {code for turn in turns for slot in turn.slots for code in slot.organisations}
    codes |= {code for code in (duty.standby, duty.next, *(turn.standby for turn in turns)) if code}
    codes |= {code for one in cover.covers for code in (*one.organisations, *one.unconfirmed)}
    codes |= {weight.organisation for weight in found.definition.weights}
    codes |= {exemption.organisation for exemption in found.definition.exemptions}
    return codes | {code for one in overrides for code in (one.organisation, one.decided_by)}


def _overrides(session: Session, code: str) -> list[OverrideInfo]:
    """What holds now or is to come, the first first."""
    made = rota.overrides_paged(session, g.now, code, PageRequest(MOST_OVERRIDES)).items
    return sorted((one for one in made if one.state in ("coming", "current")), key=lambda one: one.from_at)


def _sentence(duty: Duty, people: People) -> Text:
    """Who has duty, and until when."""
    if not duty.organisations:
        return say("Nobody has duty now.")
    about = {"who": people.named(duty.organisations), "until": duty.until_at}
    if len(duty.organisations) > 1:
        return say("{who} have duty until {until}.", **about)
    return say("{who} has duty until {until}.", **about)


def _after(duty: Duty, people: People) -> Iterator[Text]:
    """Who stands by, and whose the next turn is."""
    if duty.standby and duty.standby == duty.next:
        yield say("{name} is standby, and has the next turn.", name=people.name(duty.standby))
        return
    yield say("Standby: {name}.", name=people.name(duty.standby))
    yield say("Next turn: {name}.", name=people.name(duty.next))


def _accepted(found: RotaInfo, people: People) -> Accepted:
    said = {one.organisation for one in found.acceptances}
    waiting = [code for code in organisations_of(found.definition.members) if code not in said]
    return Accepted(
        [(people.name(one.organisation), one) for one in found.acceptances], people.named(waiting) if waiting else ""
    )


def _steps(session: Session, caller: Caller, found: RotaInfo) -> list[tuple[str, Text]]:
    """What the viewer may do about this rota; beginning a further one is for this page alone."""
    steps = rota_steps(session, caller, found.code)
    if caller.read_only:
        return steps
    if access.may(caller, "override-duty"):
        steps.insert(1, (f"/rotas/{found.code}/override", say("Give duty to another organisation")))
    if access.may(caller, "put-rota"):
        free = next(f"line-{n}" for n in range(2, 1000) if not _there(session, f"line-{n}"))
        steps.append((f"/rotas/{free}/decision", say("Decide a further rota")))
    return steps


def _there(session: Session, code: str) -> bool:
    return code in {one.code for one in rota.rotas_paged(session, PageRequest(MOST_ROTAS)).items}


def _holes(cover: Coverage, people: People) -> Iterator[Text]:
    """When nobody has duty or nobody can be reached; the first first."""
    for hole in cover.holes[:MOST_HOLES]:
        about = {"since": hole.from_at, "until": hole.until_at}
        if hole.state == "nobody":
            yield say("From {since} until {until} nobody has duty.", **about)
        else:
            who = people.named(hole.organisations)
            yield say("{who} cannot be reached at all hours; first from {since} until {until}.", who=who, **about)
    if len(cover.holes) > MOST_HOLES:
        more = len(cover.holes) - MOST_HOLES
        yield nsay("And {n} more hole.", "And {n} more holes.", more)


def _unconfirmed(cover: Coverage, people: People) -> Iterator[Text]:
    """Who was asked what it can open, and has not said so yet."""
    for one in cover.covers:
        if one.unconfirmed:
            said: dict[str, Any] = {"until": one.until_at, "who": people.named(one.unconfirmed)}
            if one.from_at <= g.now:
                yield say("{who} has not said yet which places it can open until {until}: unknown.", **said)
            else:
                yield say(
                    "{who} has not said yet which places it can open from {since} until {until}: unknown.",
                    since=one.from_at, **said,
                )  # fmt: skip


def _row(turn: TurnView, people: People) -> TurnRow:
    origins = dict.fromkeys(slot.origin for slot in turn.slots)
    partly = turn.overrides and "override" not in origins
    return TurnRow(
        turn,
        tuple(people.named(slot.organisations) for slot in turn.slots),
        tuple(_places(turn, slot.confirmed_places) for slot in turn.slots),
        say("override for a part of it") if partly else _ORIGINS[next(reversed(origins), "rota")],
        turn.from_at <= g.now < turn.until_at,
    )


def _places(turn: TurnView, number: int | None) -> Text:
    """What was confirmed; where nothing was, whether it has been asked. Unknown is never 0."""
    if number is not None:
        return nsay("{n} place", "{n} places", number) if number else say("no places")
    if turn.until_at <= g.now:
        return say("never said: unknown")
    asked_from = turn.from_at - timedelta(days=deps().settings.policy.confirm_days_before)
    return say("asked, not said yet: unknown") if asked_from <= g.now else say("not asked yet")
