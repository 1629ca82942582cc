"""How many deliveries are under way, in all and to one host."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from piket.engine.lanes import PATIENCE, Lanes


def test_a_host_that_has_not_answered_yet_gets_few_at_once() -> None:
    lanes = Lanes(senders=32, per_host=4)
    for number in range(4):
        assert lanes.room("a") == 4 - number
        lanes.start(str(number), "a", 0)
    assert lanes.room("a") == 0
    assert lanes.room("b") == 4


def test_a_lane_widens_when_its_host_answers_and_narrows_when_it_fails() -> None:
    lanes = Lanes(senders=32, per_host=4)
    for number in range(100):
        lanes.start(str(number), "a", 0)
        lanes.end(str(number), answered=True)
    assert lanes.room("a") == 64
    lanes.start("x", "a", 0)
    lanes.end("x", answered=None)
    assert lanes.room("a") == 64
    lanes.start("x", "a", 0)
    lanes.end("x", answered=False)
    assert lanes.room("a") == 4


def test_a_mail_server_never_gets_more_connections_than_many_allow() -> None:
    lanes = Lanes(senders=32, per_host=4)
    for number in range(100):
        lanes.start(str(number), "mail", 0)
        lanes.end(str(number), answered=True)
    assert lanes.room("mail") == 16


def test_a_send_that_waits_gives_up_its_seat() -> None:
    lanes = Lanes(senders=2, per_host=4)
    lanes.start("1", "a", 0)
    lanes.start("2", "b", 0.01)
    assert lanes.free(0.02) == 0
    assert lanes.next_seat(0.02) is not None
    assert lanes.free(PATIENCE) == 1
    assert lanes.free(PATIENCE + 0.01) == 2


def test_there_is_an_end_to_those_that_wait() -> None:
    lanes = Lanes(senders=2, per_host=100)
    for number in range(lanes.most):
        lanes.start(str(number), "a", 0)
    assert lanes.free(1000) == 0
    assert lanes.next_seat(1000) is None
    lanes.end("0", answered=False)
    assert lanes.free(1000) == 1


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([True, False, None])), max_size=200))
def test_counts_come_out_even_whatever_happens(happenings: list[tuple[str, bool | None]]) -> None:
    lanes = Lanes(senders=8, per_host=2)
    for number, (host, answered) in enumerate(happenings):
        if lanes.room(host) and lanes.free(0):
            lanes.start(str(number), host, 0)
        elif lanes.busy:
            lanes.end(lanes.busy[0], answered)
        assert 0 <= lanes.free(0) <= 8
        assert all(0 <= lanes.room(name) <= 16 for name in "abc")
    for identifier in lanes.busy:
        lanes.end(identifier, None)
    assert lanes.free(0) == 8
    assert all(lanes.room(name) >= 2 for name in "abc")
