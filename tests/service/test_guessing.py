"""Guessing over several processes and stores: never faster than allowed, and nobody is shut out for good."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from piket.db import Store
from piket.errors import TooOften
from piket.organisations.account_models import Guess
from piket.organisations.guessing import (
    Subject,
    Try,
    account_subject,
    begin_try,
    desk_subject,
    source_subject,
    take_back,
    too_often,
)
from piket.organisations.guessing_rules import ACCOUNT
from piket.words import Words
from tests.conftest import ROOT
from tests.fakes import START

KEY = b"a key for these tests only"
JO = account_subject(KEY, "jo")
HERE = source_subject(KEY, "192.0.2.7")
DESK = desk_subject(KEY, "nl-ov")


def attempt(store: Store, now: object, *subjects: Subject) -> Try | int:
    """One try in a transaction of its own: the try, or for how many seconds it has to wait."""
    try:
        with store.writing(ring=False) as session:
            return begin_try(session, now, subjects)  # type: ignore[arg-type]
    except TooOften as held:
        return held.wait


def succeed(store: Store, made: Try | int) -> None:
    assert isinstance(made, Try)
    with store.writing(ring=False) as session:
        take_back(session, made)


def test_five_tries_are_free_and_the_sixth_waits_half_a_minute(store: Store) -> None:
    assert all(isinstance(attempt(store, START, JO), Try) for _ in range(5))
    assert attempt(store, START, JO) == 30
    assert attempt(store, START + timedelta(seconds=29.5), JO) == 1
    assert isinstance(attempt(store, START + timedelta(seconds=30), JO), Try)
    assert attempt(store, START + timedelta(seconds=30), JO) == 60


def test_success_starts_anew_for_the_name_and_takes_back_one_for_the_address(store: Store) -> None:
    for _ in range(4):
        attempt(store, START, JO, HERE)
    succeed(store, attempt(store, START, JO, HERE))
    with store.reading() as session:
        left = {row.subject: (row.failures, len(row.recent)) for row in session.scalars(select(Guess))}
    assert left == {JO.name: (0, 0), HERE.name: (4, 4)}
    assert all(isinstance(attempt(store, START, JO), Try) for _ in range(5))


def test_an_account_of_ones_own_does_not_wipe_the_slate(store: Store) -> None:
    """Who guesses at others and signs in as themselves in between is held up all the same."""
    mine = account_subject(KEY, "mallory")
    held = 0
    for number in range(30):
        victim = account_subject(KEY, f"victim{number}")
        if not isinstance(attempt(store, START, victim, HERE), Try):
            held += 1
            continue
        own = attempt(store, START, mine, HERE)
        if isinstance(own, Try):
            succeed(store, own)
    assert held == 10


def test_strangers_who_guess_at_a_name_do_not_hold_up_a_browser_that_is_known(store: Store) -> None:
    known = account_subject(KEY, "jo", "browser-1")
    for _ in range(9):
        attempt(store, START, JO)
    assert attempt(store, START, JO) == 30
    assert isinstance(attempt(store, START, known), Try)
    for _ in range(4):
        attempt(store, START, known)
    assert attempt(store, START, known) == 30, "and a known browser may not guess without end either"


def test_while_one_of_two_has_to_wait_nothing_is_counted_for_the_other(store: Store) -> None:
    for _ in range(5):
        attempt(store, START, JO)
    attempt(store, START, JO, HERE)
    with store.reading() as session:
        row = session.get(Guess, HERE.name)
    assert row is None or row.failures == 0


def test_a_try_that_never_ended_counts_as_in_vain(store: Store) -> None:
    """A process that dies between the two transactions gives nothing away."""
    for _ in range(5):
        attempt(store, START, DESK)
    assert attempt(store, START, DESK) == 3600
    assert isinstance(attempt(store, START + timedelta(hours=1), DESK), Try)


def test_nothing_that_was_typed_can_be_read_from_the_rows(store: Store) -> None:
    for subject in (JO, HERE, DESK, account_subject(KEY, "jo", "browser-1")):
        attempt(store, START, subject)
    with store.reading() as session:
        rows = str([vars(row) for row in session.scalars(select(Guess))])
    assert not any(word in rows for word in ("jo'", "192.0.2.7", "nl-ov", "browser-1"))
    assert account_subject(b"another key of the service", "jo").name != JO.name
    assert account_subject(KEY, "jo", "x").name != account_subject(KEY, "jox").name


def test_rows_from_which_nothing_follows_are_deleted(store: Store) -> None:
    for number in range(30):
        attempt(store, START, account_subject(KEY, f"name{number}"))
    attempt(store, START + timedelta(hours=25), JO)
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Guess)) == 1


def test_many_at_once_over_several_processes_are_as_many_tries(store: Store, database_url: str) -> None:
    """Each thread has a store of its own, as a process has; all come at the same moment."""
    stores = [Store(database_url, pool_size=2) for _ in range(4)]
    admitted: list[Try] = []
    ready = threading.Barrier(16)

    def knock(own: Store) -> None:
        ready.wait()
        for _ in range(3):
            made = attempt(own, START, JO, HERE)
            if isinstance(made, Try):
                admitted.append(made)

    threads = [threading.Thread(target=knock, args=(stores[number % 4],)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in stores:
        own.close()
    assert len(admitted) == 5


CHILD = """
import sys
from datetime import datetime
from piket.db import Store
from piket.errors import TooOften
from piket.organisations.guessing import begin_try, desk_subject
store, admitted = Store(sys.argv[1], pool_size=1), 0
for _ in range(5):
    try:
        with store.writing(ring=False) as session:
            begin_try(session, datetime.fromisoformat(sys.argv[2]), [desk_subject(b"a key for these tests only", "nl-ov")])
        admitted += 1
    except TooOften:
        pass
print(admitted)
"""


def test_four_real_processes_together_get_five_tries_at_a_desk(store: Store, database_url: str) -> None:
    command = [sys.executable, "-c", CHILD, database_url, START.isoformat()]
    running = [subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) for _ in range(4)]
    admitted = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(admitted) == 5


def test_one_try_takes_two_and_two_processes_in_other_orders_do_not_stand_still(
    store: Store, database_url: str
) -> None:
    other = Store(database_url, pool_size=2)
    wrong: list[BaseException] = []

    def knock(own: Store, subjects: list[Subject]) -> None:
        try:
            for number in range(20):
                attempt(own, START + timedelta(seconds=number), *subjects)
        except BaseException as error:
            wrong.append(error)

    threads = [
        threading.Thread(target=knock, args=pair) for pair in ((store, [JO, HERE, DESK]), (other, [DESK, HERE, JO]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert wrong == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=40), st.uuids())
def test_whoever_tries_where_and_when_it_is_never_faster_and_opens_again(
    store: Store, steps: list[tuple[int, bool]], name: object
) -> None:
    """Any pauses, now and then the right password."""
    subject, now, admitted = account_subject(KEY, f"name{name}"), START, []
    for pause, right in steps:
        now += timedelta(seconds=pause)
        made = attempt(store, now, subject)
        if isinstance(made, int):
            assert 0 < made <= ACCOUNT.longest.total_seconds()
        elif right:
            succeed(store, made)
            admitted = []
        else:
            assert not admitted or now - admitted[-1] >= ACCOUNT.wait(len(admitted))
            admitted.append(now)
    assert isinstance(attempt(store, now + ACCOUNT.longest, subject), Try)


@pytest.mark.parametrize(
    ("seconds", "dutch", "wait"),
    [
        (0.2, "Wacht 1 seconde en probeer het dan opnieuw.", 1),
        (29.1, "Wacht 30 seconden en probeer het dan opnieuw.", 30),
        (60, "Wacht 1 minuut en probeer het dan opnieuw.", 60),
        (61, "Wacht 2 minuten en probeer het dan opnieuw.", 61),
    ],
)
def test_one_sentence_says_how_long_to_wait(seconds: float, dutch: str, wait: int) -> None:
    error = too_often(timedelta(seconds=seconds))
    assert error.wait == wait
    assert Words("nl")(error.detail).endswith(dutch)


def test_a_service_without_a_key_seals_nothing() -> None:
    with pytest.raises(ValueError, match="secret key"):
        account_subject(None, "jo")
