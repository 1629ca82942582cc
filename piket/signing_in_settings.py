"""Settings of signing in; `settings.py` holds them with the others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SigningInSettings:
    """How long a sign-in lasts, and a link by which somebody chooses a password.

    `idle_minutes` without any use, `hours` at the most; a browser that signed in with a key that may only read (a screen on a
    wall) stays for `screen_days`, used or not. A first link lasts longer than one for whoever forgot a password.
    """

    idle_minutes: int = 60
    hours: int = 12
    screen_days: int = 30
    first_link_hours: int = 72
    link_minutes: int = 60
