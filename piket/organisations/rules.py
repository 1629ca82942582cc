"""What makes an organisation's code a good one, and what is kept of a key. Pure.

Codes: `coa`, `vng`, `ministry` and `operator` stand for themselves; provinces by ISO 3166-2 (`nl-dr`), their commissioners
with `cdk-` in front; municipalities by CBS code (`gm1950`); safety regions by number (`vr01` to `vr25`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection
from hashlib import sha256
from hmac import digest

from piket.words import Text, say

KINDS = ("coa", "vng", "ministry", "operator", "province", "commissioner", "municipality", "safetyRegion")
CHANNELS = ("email", "webhook", "telephone")
HOURS = ("always", "office")
LEVELS = ("watch", "high", "overflow", "acute")
LANGUAGES = ("nl", "en")
STATES = ("pending", "active", "failing", "ended")

TOKEN_PREFIX = "piket_"
PROVINCES = frozenset(f"nl-{letters}" for letters in "dr fl fr ge gr li nb nh ov ut ze zh".split())
SAFETY_REGIONS = frozenset(f"vr{number:02}" for number in range(1, 26))
_ALONE = frozenset({"coa", "vng", "ministry", "operator"})


def code_fault(kind: str, code: str, municipalities: Collection[str]) -> Text | None:
    """Why `code` cannot be the code of an organisation of this kind, or None when it can."""
    if kind in _ALONE:
        return None if code == kind else say("There is one organisation of this kind, with the code {code}.", code=kind)
    if kind == "province":
        return None if code in PROVINCES else say("A province has a code such as nl-dr.")
    if kind == "commissioner":
        known = code.startswith("cdk-") and code.removeprefix("cdk-") in PROVINCES
        return None if known else say("A King's Commissioner has a code such as cdk-nl-dr.")
    if kind == "safetyRegion":
        return None if code in SAFETY_REGIONS else say("A safety region has a code from vr01 to vr25.")
    if code in municipalities:
        return None
    return say("A municipality has its CBS code such as gm1950, and must be in the list of 1 January 2023.")


def province_of(kind: str, code: str) -> str | None:
    """The province that the code itself names, else None."""
    if kind == "province":
        return code
    return code.removeprefix("cdk-") if kind == "commissioner" else None


def token_hash(token: str) -> str:
    """What is kept of a key. The key has 256 random bits, so a plain SHA-256 cannot be guessed back."""
    return sha256(token.encode()).hexdigest()


def webhook_secret(secret_key: bytes, contact_point: str, version: int) -> str:
    """The secret with which messages to a webhook are signed, in the form of Standard Webhooks (`whsec_` + base64).

    It is derived, so that it is stored nowhere; another `version` gives another secret.
    """
    made = digest(secret_key, f"webhook:{contact_point}:{version}".encode(), "sha256")
    return "whsec_" + b64encode(made).decode()
