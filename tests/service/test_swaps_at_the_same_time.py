"""Two at the same moment about one swap: one acts, the other sees what came of it. Both stores, with real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts.models import Alert
from piket.audit.service import Actor
from piket.deps import Deps
from piket.errors import Conflict, PiketError
from piket.rota import service as rota
from piket.rota.models import Override
from piket.rota.service import Pressing, SwapInfo
from piket.rota.swap_models import Swap, SwapStep
from tests.fakes import FakeClock
from tests.service.swapping import MINISTRY, propose, turn_of

UTRECHT, HOLLAND = Actor("nl-ut"), Actor("nl-zh")
TIMES = 4


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    """Who comes at the same moment."""
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def made(deps: Deps, seeded: object) -> SwapInfo:
    """Utrecht asked Zuid-Holland."""
    with deps.writing() as session:
        return propose(session, "nl-ut", "nl-zh")


def at_once(deps: Deps, others: ThreadPoolExecutor, *acts: Callable[[Any], Any]) -> list[Any]:
    """What each came to: its answer, or the error that it met."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[Any], Any]) -> Any:
        gate.wait(30)
        try:
            with deps.writing() as session:
                return act(session)
        except PiketError as error:
            return error

    return [done.result(60) for done in [others.submit(run, act) for act in acts]]


def rows(deps: Deps, kind: Any) -> list[Any]:
    with deps.reading() as session:
        return list(session.scalars(select(kind)))


def test_of_acceptances_at_once_one_acts_and_the_others_get_the_same_swap(
    deps: Deps, made: SwapInfo, others: ThreadPoolExecutor
) -> None:
    def accept(session: Any) -> Any:
        return rota.accept_swap(session, deps.now(), HOLLAND, made.id)

    answers = at_once(deps, others, *[accept] * TIMES)
    assert sorted(new for _, new in answers) == [False] * (TIMES - 1) + [True]
    assert {(swap.state, len(swap.steps)) for swap, _ in answers} == {("accepted", 2)}
    assert len(rows(deps, Override)) == 2


def test_of_both_acceptances_of_what_the_ministry_proposed_the_second_puts_it_in_force(
    deps: Deps, seeded: object, others: ThreadPoolExecutor
) -> None:
    with deps.writing() as session:
        wanted = propose(session, "nl-ut", "nl-zh", by="ministry")
    answers = at_once(
        deps,
        others,
        lambda session: rota.accept_swap(session, deps.now(), HOLLAND, wanted.id),
        lambda session: rota.accept_swap(session, deps.now(), UTRECHT, wanted.id),
    )
    assert sorted(swap.state for swap, _ in answers) == ["accepted", "proposed"]
    assert len(rows(deps, Override)) == 2


def test_an_acceptance_and_a_withdrawal_at_once_leave_one_of_the_two(
    deps: Deps, made: SwapInfo, others: ThreadPoolExecutor
) -> None:
    """Whoever proposed may undo as well, so a withdrawal that comes second undoes: either way nobody's turn is swapped."""
    accepted, ended = at_once(
        deps,
        others,
        lambda session: rota.accept_swap(session, deps.now(), HOLLAND, made.id),
        lambda session: rota.end_swap(session, deps.now(), UTRECHT, made.id),
    )
    if isinstance(accepted, Conflict):
        assert (accepted.code, ended.state, rows(deps, Override)) == ("swap-ended", "withdrawn", [])
    else:
        assert ended.state == "undone"
        assert all(half.ended_at is not None for half in rows(deps, Override))


def test_an_acceptance_and_a_rejection_of_two_at_once_end_in_one_state(
    deps: Deps, seeded: object, others: ThreadPoolExecutor
) -> None:
    with deps.writing() as session:
        wanted = propose(session, "nl-ut", "nl-zh", by="ministry")
    at_once(
        deps,
        others,
        lambda session: rota.accept_swap(session, deps.now(), HOLLAND, wanted.id),
        lambda session: rota.reject_swap(session, deps.now(), UTRECHT, wanted.id, "Geen mensen."),
    )
    assert [swap.state for swap in rows(deps, Swap)] == ["rejected"]
    assert rows(deps, Override) == []


def test_of_proposals_of_one_turn_at_once_only_one_stands(
    deps: Deps, seeded: object, others: ThreadPoolExecutor
) -> None:
    answers = at_once(
        deps,
        others,
        *[
            lambda session, other=other: propose(session, "nl-ut", other)
            for other in ("nl-zh", "nl-ze", "nl-dr", "nl-fl")
        ],
    )
    refused = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(refused) == 3 and {error.code for error in refused} == {"turn-in-proposal"}
    assert len(rows(deps, Swap)) == 1


def test_engines_at_once_tell_each_step_and_each_reminder_once(
    deps: Deps, made: SwapInfo, clock: FakeClock, others: ThreadPoolExecutor
) -> None:
    def a_pass(session: Any) -> int:
        return rota.advance_swaps(session, deps.now(), deps.settings, Pressing)

    for moment, kinds in (
        (deps.now(), ["proposed"]),
        (made.expires_at - timedelta(days=7), ["proposed", "reminded"]),
        (made.expires_at, ["proposed", "reminded", "expired"]),
    ):
        clock.set(moment)
        assert sorted(at_once(deps, others, *[a_pass] * TIMES)) == [0] * (TIMES - 1) + [1]
        assert [alert.details["what"] for alert in rows(deps, Alert)] == kinds
        assert [step.kind for step in rows(deps, SwapStep)] == kinds


def test_an_acceptance_at_the_last_moment_and_the_pass_that_lets_it_expire_do_not_both_win(
    deps: Deps, made: SwapInfo, clock: FakeClock, others: ThreadPoolExecutor
) -> None:
    just_before = made.expires_at - timedelta.resolution
    clock.set(made.expires_at)
    accepted, _ = at_once(
        deps,
        others,
        lambda session: rota.accept_swap(session, just_before, HOLLAND, made.id),
        lambda session: rota.advance_swaps(session, made.expires_at, deps.settings, Pressing),
    )
    (swap,) = rows(deps, Swap)
    with deps.reading() as session:
        duty = rota.on_duty(session, made.expires_at).organisations
    if isinstance(accepted, Conflict):
        assert (swap.state, duty) == ("expired", ("nl-ut",))
    else:
        assert (swap.state, duty) == ("accepted", ("nl-zh",))


def test_an_undoing_waits_for_the_acceptance_that_it_undoes(
    deps: Deps, made: SwapInfo, others: ThreadPoolExecutor
) -> None:
    answers = at_once(
        deps,
        others,
        lambda session: rota.accept_swap(session, deps.now(), HOLLAND, made.id),
        lambda session: rota.end_swap(session, deps.now(), MINISTRY, made.id),
    )
    undone = answers[1]
    with deps.reading() as session:
        who = turn_of(session, "nl-ut").id
    # Before the acceptance the ministry may not withdraw what Utrecht proposed; after it, it undoes.
    assert isinstance(undone, PiketError) or (undone.state == "undone" and who == made.offered_turn)
