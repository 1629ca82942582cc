"""What a browser calls itself, in two words, so that somebody knows their own sign-ins again; and which browsers are known.

A browser in which somebody signed in with an account keeps a sealed note of it. It opens nothing: it only gives that account
tries of its own from there, so that strangers who guess at a name cannot keep out whose name it is.
"""

from __future__ import annotations

import re
import secrets

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from piket.board.frame import cookie_name, remember

# In this order: nearly all of them also say that they are the others.
_PROGRAMS = (
    ("Edge", r"Edg(e|A|iOS)?/"), ("Opera", r"OPR/"), ("Samsung Internet", r"SamsungBrowser/"), ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/"), ("Safari", r"Safari/"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", r"iPhone"), ("iPad", r"iPad"), ("Android", r"Android"), ("Windows", r"Windows"), ("Mac", r"Macintosh"),
    ("ChromeOS", r"CrOS"), ("Linux", r"Linux"),
)  # fmt: skip
_MOST_ACCOUNTS = 5


def device(user_agent: str) -> str:
    """*Firefox, Windows*; what cannot be told is left out, and nothing is kept of the rest."""
    found = [
        next((name for name, sign in signs if re.search(sign, user_agent)), None) for signs in (_PROGRAMS, _SYSTEMS)
    ]
    return ", ".join(name for name in found if name)


def known_as(account: str | None) -> str | None:
    """The name of this browser, when this account signed in here before; else None."""
    browser, accounts = _note()
    return browser if browser and account in accounts else None


def make_known(response: Response, account: str) -> None:
    """Note in the browser that this account signed in here: the last five."""
    browser, accounts = _note()
    kept = [account, *(one for one in accounts if one != account)][:_MOST_ACCOUNTS]
    remember(response, "browser", _sealer().dumps([browser or secrets.token_urlsafe(16), kept]))


def _note() -> tuple[str | None, list[str]]:
    """What this browser keeps, when it is ours; one that was written by hand is none."""
    try:
        browser, accounts = _sealer().loads(request.cookies.get(cookie_name("browser"), ""))
    except (BadSignature, ValueError, TypeError):
        return None, []
    return str(browser), [str(one) for one in accounts]


def _sealer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="piket-browser")
