"""How a delivery stands and what an attempt said, in plain words. Never an address, and nothing that a receiver wrote."""

from __future__ import annotations

from datetime import datetime

from piket.alerts.arrivals import Arrival
from piket.alerts.deliveries import AttemptInfo, DeliveryInfo
from piket.alerts.undelivered import Undelivered
from piket.words import Text, say

_REASONS: dict[str, Text] = {
    "timed-out": say("the receiver did not answer in time"),
    "connection-refused": say("the receiver refused the connection"),
    "connection-failed": say("no connection could be made"),
    "tls-failed": say("no secure connection could be made; its certificate may be wrong or too old"),
    "name-not-found": say("the name in the address is not known"),
    "address-not-allowed": say("this service may not send to that address"),
    "address-invalid": say("the address is not a right one"),
    "mail-not-configured": say("no mail server is set for this service"),
    "mail-server-unreachable": say("the mail server could not be reached"),
    "smtp-login-needs-tls": say("the mail server offers no secure way to sign in"),
    "smtp-no-international-addresses": say("the mail server cannot write to this address"),
    "internal-error": say("something went wrong in this service"),
    "ended": say("this contact point has ended"),
    "acknowledged": say("not needed any more: it was read by another way"),
    "call-up-read": say("not needed any more: the call-up was read"),
    "not-activated": say("the webhook never passed its test"),
    "http-401": say("the receiver asks for a password (code 401)"),
    "http-403": say("the receiver does not let us in (code 403)"),
    "http-404": say("there is nothing at this address (code 404)"),
    "http-410": say("the receiver wants no messages any more (code 410)"),
    "http-429": say("the receiver asks us to send less often (code 429)"),
}
_CHANNELS: dict[str, Text] = {"email": say("mail"), "webhook": say("webhook"), "telephone": say("telephone")}


def channel_words(channel: str) -> Text:
    """By which way."""
    return _CHANNELS[channel]


def reason_words(reason: str | None) -> Text:
    """Why an attempt did not deliver, from its code; a code that is not known is shown as it is."""
    if reason is None:
        return say("no reason is known")
    family, _, code = reason.partition("-")
    if reason in _REASONS:
        return _REASONS[reason]
    if family == "http":
        later = say("the receiver has trouble itself (code {code})", code=code)
        return later if code.startswith("5") else say("the receiver did not take it (code {code})", code=code)
    if family == "smtp":
        refused = say("the mail server refused it (code {code})", code=code)
        return refused if code.startswith("5") else say("the mail server asks to try later (code {code})", code=code)
    return say("the reason has the code {code}", code=reason)


def attempt_words(attempt: AttemptInfo) -> Text:
    """What came of one attempt."""
    if attempt.outcome == "delivered":
        return say("arrived")
    if attempt.outcome == "refused":
        return say("refused for good: {reason}", reason=reason_words(attempt.reason))
    if attempt.outcome == "stopped":
        return say("not sent: {reason}", reason=reason_words(attempt.reason))
    return say("not arrived: {reason}", reason=reason_words(attempt.reason))


def delivery_words(delivery: DeliveryInfo) -> Text:
    """How a delivery stands now."""
    if delivery.state == "delivered":
        return say("arrived, {at}", at=delivery.delivered_at)
    if delivery.state == "gathered":
        return say("told together with others, in one message")
    if delivery.state == "failed":
        stopped = delivery.attempts and delivery.attempts[-1].reason in ("acknowledged", "call-up-read")
        return say("not sent any more: it was read by another way") if stopped else say("not arrived, given up")
    failures = any(one.outcome in ("failed", "refused") for one in delivery.attempts)
    if delivery.next_attempt_at is None and delivery.state == "pending":
        return say("waits until the webhook has passed its test")
    return _tried(delivery.next_attempt_at) if failures else say("on its way")


def arrival_words(arrival: Arrival) -> Text:
    """Whether an alert arrived, of all its messages together: first what did not."""
    if arrival.failed and arrival.total > 1:
        return say("{n} of {total} not arrived", n=arrival.failed, total=arrival.total)
    if arrival.failed:
        return say("not arrived")
    if arrival.under_way and arrival.arrived:
        return say("{arrived} of {total} arrived", arrived=arrival.arrived, total=arrival.total)
    if arrival.under_way:
        return say("on its way")
    if arrival.arrived:
        return say("arrived")
    if arrival.together:
        return say("told together with others, in one message")
    return say("read by another way") if arrival.needless else say("no message of its own")


def last_words(line: Undelivered) -> Text:
    """What the last attempt said of a message that did not come over, and what follows."""
    if line.delivery is None:
        return say("nothing was sent: no mail address and no webhook is known")
    if line.last is None:
        return say("not tried yet")
    what = say("{at}: {what}", at=line.last.at, what=attempt_words(line.last))
    if line.state == "failed" and line.last.outcome in ("refused", "stopped"):
        return what
    then = say("given up") if line.state == "failed" else _tried(line.next_attempt_at)
    return say("{first}; {second}", first=what, second=then)


def _tried(at: datetime | None) -> Text:
    """That it is tried again, and when; None: it is being tried at this moment."""
    return say("next attempt, {at}", at=at) if at else say("is being tried now")
