"""What the administration calls things: kinds of organisations, contact points, roles, deeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from piket.words import Text, say

KINDS: Mapping[str, Text] = {
    "coa": say("COA"),
    "vng": say("VNG"),
    "ministry": say("Ministry"),
    "operator": say("Operator"),
    "province": say("Province"),
    "commissioner": say("King's Commissioner"),
    "municipality": say("Municipality"),
    "safetyRegion": say("Safety region"),
}
GROUPS: Mapping[str, Text] = {
    "province": say("Provinces"),
    "commissioner": say("King's Commissioners"),
    "safetyRegion": say("Safety regions"),
    "municipality": say("Municipalities"),
}
"""Of these kinds there are several; the others stand together."""

CHANNELS: Mapping[str, Text] = {
    "email": say("E-mail"),
    "webhook": say("Webhook (a message to another system)"),
    "telephone": say("Telephone (is shown to who must ring, and never dialled)"),
}
CHANNEL: Mapping[str, Text] = {"email": say("E-mail"), "webhook": say("Webhook"), "telephone": say("Telephone")}
STATES: Mapping[str, Text] = {
    "pending": say("waits: no message has arrived there yet"),
    "active": say("works"),
    "failing": say("fails: the last message was given up"),
    "ended": say("ended"),
}
HOURS: Mapping[str, Text] = {"always": say("at all hours"), "office": say("in office hours")}
LEVELS: Mapping[str, Text] = {
    "watch": say("from watch on"),
    "high": say("from nearly full on"),
    "overflow": say("from above the maximum on"),
    "acute": say("only with people without a bed"),
}
LANGUAGES: Mapping[str, Text] = {"nl": say("Dutch"), "en": say("English")}
ROLES: Mapping[str, Text] = {
    "reader": say("reader: may look"),
    "officer": say("officer: may look and act"),
    "administrator": say("administrator: may also look after accounts, keys and contact points"),
}
DEEDS: dict[str, Text] = {
    "add_organisation": say("{name} added an organisation."),
    "add_contact_point": say("{name} added a contact point."),
    "end_contact_point": say("{name} ended a contact point."),
    "test_contact_point": say("{name} sent a test message."),
    "rotate_secret": say("{name} replaced the secret of a webhook."),
    "issue_key": say("{name} made a key."),
    "revoke_key": say("{name} ended a key."),
    "add_account": say("{name} made an account."),
    "change_account": say("{name} changed an account."),
    "end_account": say("{name} ended an account."),
    "make_password_link": say("{name} made a link for a password."),
}
_SHOWN_ONCE = frozenset({"rotate_secret", "issue_key", "make_password_link", "add_account"})


def shown_once(action: str, details: Mapping[str, Any]) -> bool:
    """Whether this deed gave a secret, which its own page showed and no other does."""
    return action in _SHOWN_ONCE or (action == "add_contact_point" and details.get("channel") == "webhook")
