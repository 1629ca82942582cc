"""Passwords as they are kept: argon2id with our parameters, and no difference between a wrong one and none."""

from __future__ import annotations

import threading

import argon2
import pytest

from piket.organisations import passwords
from piket.organisations.passwords import AT_ONCE, LANES, MEMORY_KIB, NOBODYS, PASSES, fits, is_outdated, make_hash

WORD = "kaas op tafel"


def test_a_hash_is_argon2id_with_the_documented_parameters_and_never_the_same() -> None:
    one, other = make_hash(WORD), make_hash(WORD)
    assert one.startswith(f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$")
    assert one != other
    assert fits(one, WORD)
    assert fits(other, WORD)
    assert not fits(one, WORD + "s")


def test_what_a_keyboard_composed_otherwise_is_the_same_password() -> None:
    assert fits(make_hash("caf\u00e9 op het plein"), "cafe\u0301 op het plein")


@pytest.mark.parametrize("kept", [None, "", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$"])
def test_nothing_fits_what_is_not_there_or_broken(kept: str | None) -> None:
    assert not fits(kept, "")
    assert not fits(kept, WORD)


def test_nobodys_hash_costs_as_much_as_anybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same parameters are read from it, and the whole of it is computed: it mismatches, and is not merely refused."""
    assert argon2.extract_parameters(NOBODYS) == argon2.extract_parameters(make_hash(WORD))
    with pytest.raises(argon2.exceptions.VerifyMismatchError):
        argon2.PasswordHasher().verify(NOBODYS, WORD)
    compared = []
    real = passwords._hasher.verify
    monkeypatch.setattr(
        type(passwords._hasher), "verify", lambda self, kept, word: (compared.append(kept), real(kept, word))[1]
    )
    assert not fits(None, WORD)
    assert compared == [NOBODYS]


def test_a_hash_of_lower_parameters_fits_and_is_outdated() -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(WORD)
    assert fits(old, WORD)
    assert is_outdated(old)
    assert not is_outdated(make_hash(WORD))


def test_only_a_few_are_computed_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes 32 MiB."""
    inside, most, lock, gate = 0, 0, threading.Lock(), threading.Event()

    def slow(self: object, kept: str, word: str) -> bool:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == AT_ONCE:
                gate.set()
        gate.wait(5)
        with lock:
            inside -= 1
        return True

    monkeypatch.setattr(type(passwords._hasher), "verify", slow)
    threads = [threading.Thread(target=fits, args=("x", WORD)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == AT_ONCE
