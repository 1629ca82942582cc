"""The emergency card: who has duty now and in the coming weeks, whom to ring, which places stand ready, on one page.

It must serve when nothing else works, so it is sent whole to everybody on the list at every hand-over: as it was known at
that moment, and it says which moment that was. Its content is plain JSON; `alerts.card` puts it into words, lines and pages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.rules import Answers, Fact, audience
from piket.clock import as_text
from piket.organisations import service as organisations
from piket.rota import duty_rules, written
from piket.rota.confirmed import confirmed
from piket.rota.duty import PIKET, on_duty
from piket.rota.duty_rules import Stretch
from piket.rota.rules import organisations_of
from piket.rota.upstairs import ReadyPlaces
from piket.settings import Settings

KIND = "emergencyCard"
# Also where an older `config/audiences.toml` does not name them.
ROLES = ("members", "allCommissioners", "coa", "vng", "ministry", "operator")
MOST_TURNS = 12


def content(
    session: Session, now: datetime, settings: Settings, ready: ReadyPlaces, code: str = PIKET
) -> dict[str, Any]:
    """Everything that stands on the card of a rota at `now`. Unknown is null. Raises `NotFound` for an unknown rota."""
    definition, duty = (
        written.definition_at(session, written.find_row(session, code).code, now),
        on_duty(session, now, code),
    )
    coming = _coming(session, code, now, timedelta(weeks=settings.policy.card_weeks_ahead))
    known = confirmed(session, [turn["turn"] for turn in coming] + ([duty.turn] if duty.turn else []))
    members = organisations_of(definition.members)
    rung = dict.fromkeys(("coa", "ministry", *members, *(one for turn in coming for one in turn["organisations"])))
    return {
        "rota": code,
        "name": definition.name,
        "proposed": duty.status == "proposed",
        "madeAt": as_text(now),
        "onDuty": {
            "organisations": list(duty.organisations),
            "until": as_text(duty.until_at) if duty.until_at else None,
            "confirmedPlaces": known.places(duty.turn, duty.organisations) if duty.turn else None,
        },
        "standby": duty.standby,
        "turns": [{**turn, "confirmedPlaces": known.places(turn["turn"], turn["organisations"])} for turn in coming],
        "telephones": {one: organisations.telephone(session, one) for one in rung},
        "names": organisations.names(session, rung),
        "ready": {one: list(sums) for one, sums in ready.provinces.items()},
        "readyAt": as_text(ready.at) if ready.at else None,
        "respondMinutes": [settings.policy.respond_minutes_by_day, settings.policy.respond_minutes_by_night],
    }


def _coming(session: Session, code: str, now: datetime, ahead: timedelta) -> list[dict[str, Any]]:
    """The duties that begin after `now`, at most for so long ahead and so many as a page holds."""
    turns = written.turns_until(session, code, now, now + ahead)
    if not turns:
        return []
    overrides = written.overrides_between(session, code, turns[0].from_at, turns[-1].until_at)
    pieces = duty_rules.stretches(written.turn_spans(turns), written.override_spans(overrides))
    coming = [piece for piece in pieces if now < piece.from_at < now + ahead]
    return [_duty(piece) for piece in coming[:MOST_TURNS]]


def _duty(piece: Stretch) -> dict[str, Any]:
    return {
        "turn": piece.turn.id,
        "from": as_text(piece.from_at),
        "until": as_text(piece.until_at),
        "organisations": list(piece.organisations),
    }


def on_the_list(session: Session, settings: Settings, code: str, at: datetime) -> tuple[str, ...]:
    """Everybody who gets the card of a rota, and may therefore see its numbers: its members, and who directs and rings."""
    members = organisations_of(written.definition_at(session, code, at).members)
    commissioners = [info.code for info in organisations.listed(session, "commissioner")]
    who: dict[str, Sequence[str]] = {one: [one] for one in ("coa", "vng", "ministry", "operator")}
    who |= {"members": members, "allCommissioners": commissioners}
    known = set(organisations.kinds(session, {one for codes in who.values() for one in codes}))
    return tuple(one for one in audience(settings.audiences.told.get(KIND, ROLES), who) if one in known)


def send(
    session: Session,
    now: datetime,
    settings: Settings,
    card: dict[str, Any],
    answers: Answers,
    have_it: Collection[str],
    except_addresses: Collection[str],
) -> None:
    """Send the card to everybody on the list but those who got it with the hand-over, each desk once."""
    told = [one for one in on_the_list(session, settings, card["rota"], now) if one not in have_it]
    if told:
        fact = Fact(KIND, answers=answers, details={"rota": card["rota"], "name": card["name"], "card": card})
        alerts.enqueue(session, now, settings, fact, dict.fromkeys(told, ()), except_addresses=except_addresses)
