"""Passwords and codes as they are kept: by argon2id, so that a stolen table takes whoever stole it very long to read.

The parameters are those of RFC 9106 for little memory, halved in memory and with one lane, so that sixteen people who sign in
at the start of an evening do not use up a small machine: 32 MiB, three passes, about 55 ms on one core of 2024. When
they are raised, a hash is made anew at the next sign-in of its owner.
"""

from __future__ import annotations

import threading
from base64 import b64encode

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from piket.organisations.password_rules import settled

MEMORY_KIB, PASSES, LANES = 32_768, 3, 1
AT_ONCE = 4

_hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
# Beyond this many at the same time they wait for each other: so many times the memory is what a process may take for it.
_places = threading.BoundedSemaphore(AT_ONCE)


def _unpadded(data: bytes) -> str:
    return b64encode(data).decode().rstrip("=")


# Of the same parameters and made of no password, so that comparing with it takes as long and never succeeds.
NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${_unpadded(bytes(16))}${_unpadded(bytes(32))}"


def make_hash(secret: str) -> str:
    """What is kept of a password or code; another one every time."""
    with _places:
        return _hasher.hash(settled(secret))


def fits(kept: str | None, secret: str) -> bool:
    """Whether `secret` is what `kept` was made of. It takes as long when there is nothing kept, and then says no."""
    with _places:
        try:
            return _hasher.verify(kept or NOBODYS, settled(secret)) and kept is not None
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether it was made with other parameters than those of now."""
    return _hasher.check_needs_rehash(kept)
