"""The signed links in mails: `/r/<token>` names one alert and one organisation.

A token cannot be made without the secret key. It shows one alert and lets one organisation acknowledge it, nothing else,
and it does not expire: a mail may be read late, and acknowledging twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from piket.errors import NotFound
from piket.words import say

_SALT = "piket.alerts.links.v1"


@dataclass(frozen=True)
class LinkTarget:
    """What a link points at: an alert, as one organisation was told of it."""

    alert: str
    organisation: str


def make_link(secret_key: bytes | None, base_url: str, alert: str, organisation: str) -> str:
    """The address for a mail. `secret_key` and `base_url` are those of the settings."""
    return f"{base_url}/r/{_signer(secret_key).dumps([alert, organisation])}"


def read_link(secret_key: bytes | None, token: str) -> LinkTarget:
    """What the token of a link names. Raises `NotFound` for one that this service did not make."""
    try:
        alert, organisation = _signer(secret_key).loads(token)
        return LinkTarget(str(alert), str(organisation))
    except (BadSignature, ValueError, TypeError):
        raise NotFound(say("This link does not work. Open the newest mail, or sign in."), "link-unknown") from None


def _signer(secret_key: bytes | None) -> URLSafeSerializer:
    if secret_key is None:
        raise ValueError("the settings hold no secret key: app.py gives them one")
    return URLSafeSerializer(secret_key, salt=_SALT)
