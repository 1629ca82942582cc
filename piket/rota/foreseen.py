"""What a definition would come to, calculated and written down nowhere: for who draws up a rota and wants to see it first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from piket.errors import Fault
from piket.rota import duty_rules, ledger_rules
from piket.rota.definitions import from_seed
from piket.rota.duty_rules import TurnSpan
from piket.rota.faults import faults_of
from piket.rota.ledger import Ledger, Plan, account
from piket.rota.rules import Definition, Member, first_hand_over, organisations_of, turns
from piket.settings import SeedRota, SeedWeights

DAYS_A_YEAR = 365.2425


@dataclass(frozen=True)
class ForeseenTurn:
    """One turn as it would be: its span, the organisations of each slot, and who would stand by (None: nobody else comes)."""

    span: TurnSpan
    holders: tuple[Member, ...]
    standby: str | None


@dataclass(frozen=True)
class Foreseen:
    """A rota as it would be: its turns in order, and the ledger of all of them together."""

    definition: Definition
    turns: tuple[ForeseenTurn, ...]
    ledger: Ledger


def faults_of_seed(seed: SeedRota, sets: Sequence[SeedWeights]) -> list[Fault]:
    """What is wrong with a rota in a file, as far as that does not depend on which organisations exist here."""
    definition = from_seed(seed, sets)
    taken = dict.fromkeys(organisations_of(definition.members), "province")
    try:
        first = first_hand_over(definition)
    except ValueError:
        # No such time zone: that is found below, and asks for no moment.
        first = first_hand_over(from_seed(SeedRota("x", "x", seed.members, seed.starts_on)))
    return faults_of(definition, taken, first)


def foresee(seed: SeedRota, sets: Sequence[SeedWeights], years: int) -> Foreseen:
    """All turns that begin within so many years of the first one. The definition has been checked (`faults_of_seed`)."""
    definition = from_seed(seed, sets)
    since = first_hand_over(definition)
    plan = list(turns(definition, since + timedelta(days=DAYS_A_YEAR * years)))
    spans = [TurnSpan(str(number), turn.from_at, turn.until_at, turn.holders) for number, turn in enumerate(plan)]
    whole = Plan(
        turns=spans,
        overrides=(),
        shares_of=lambda turn: ledger_rules.shares_of(definition, turn.from_at, turn.until_at),
        members=organisations_of(definition.members),
    )
    ledger = account(seed.code, "proposed", whole, since, spans[-1].until_at)
    return Foreseen(definition, tuple(_with_standby(spans)), ledger)


def _with_standby(spans: Sequence[TurnSpan]) -> list[ForeseenTurn]:
    """Each turn with its standby, from the last one back: who comes next, or who comes after that one's own turns."""
    pieces = duty_rules.stretches(spans, ())
    found: list[ForeseenTurn] = []
    for number, span in enumerate(spans):
        on_duty = organisations_of(span.holders)
        # Nearly always it is the next turn's holder; looking through all that follow would take ten years of turns each time.
        near = duty_rules.standby(pieces[number : number + 3], span.from_at, on_duty)
        found.append(
            ForeseenTurn(span, span.holders, near or duty_rules.standby(pieces[number:], span.from_at, on_duty))
        )
    return found
