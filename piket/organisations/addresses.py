"""What makes an address one that can be used on its channel. Looks nothing up and dials nothing.

Whether a webhook may be sent to that host at all is a question of the network: `alerts.channels.addresses`.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import email_validator

from piket.words import Text, say

# Duty desks on closed networks have addresses such as piket@meldkamer.local; the library's own way to allow them.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

_TELEPHONE = re.compile(r"\+?\(?[0-9](?:[ .()-]{0,2}[0-9]){2,14}")


def address_fault(channel: str, address: str) -> Text | None:
    """Why `address` cannot be used on this channel (email, webhook, telephone), or None when it can."""
    return {"email": _email_fault, "webhook": _webhook_fault, "telephone": _telephone_fault}[channel](address)


def _email_fault(address: str) -> Text | None:
    """By the form alone; whether the mailbox is there shows when the first mail is sent."""
    try:
        email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError:
        return say("Give an e-mail address of a desk, such as piket@provincie.example.")
    return None


def _webhook_fault(address: str) -> Text | None:
    """A whole http or https address without a password in it, which would end up in other systems' logs."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s\\]", address) or not address.isascii():
        return say("Give a whole web address, such as https://meldkamer.example/piket.")
    if "@" in parts.netloc:
        return say("Leave user name and password out of the web address; each message is signed instead.")
    return None


def _telephone_fault(address: str) -> Text | None:
    """Digits with the usual marks between them: it is read aloud and tapped, never dialled by us."""
    if _TELEPHONE.fullmatch(address):
        return None
    return say("Give a telephone number in digits, such as +31 592 365 555.")
