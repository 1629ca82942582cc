"""Who may do what: one table, and the one function that reads it.

Knows no HTTP and no database. "Own" means that the thing acted on is the caller's own, or that of the organisation for
which it speaks; only who calls can know that, so it is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from piket.audit.service import Actor, OnBehalf
from piket.errors import Refused
from piket.organisations.rules import KINDS
from piket.words import Text, listed, say

MAY_SPEAK_FOR_OTHERS = frozenset({"coa", "ministry"})
"""Which kinds may enter what another organisation said by telephone (rule 5.8)."""


@dataclass(frozen=True)
class Caller:
    """The organisation that asks, by the key it showed or the account of a person, which then has a `role`.

    `asked` gathers the actions it was checked for.
    """

    organisation: str
    kind: str
    province: str | None = None
    key: str | None = None
    read_only: bool = False
    asked: set[str] = field(default_factory=set, compare=False, repr=False)
    account: str | None = None
    role: str | None = None

    def actor(self, on_behalf: OnBehalf | None = None) -> Actor:
        """Who the record of deeds will name: ids, never a person's name."""
        return Actor(self.organisation, self.key, on_behalf, self.account)


@dataclass(frozen=True)
class Who:
    """`kinds` may do it to anything, `own` only to what is theirs; `on_behalf`: also entered for its owner by others."""

    kinds: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    on_behalf: bool = False


def _who(*kinds: str, own: frozenset[str] | set[str] = frozenset(), on_behalf: bool = False) -> Who:
    """A row of the table."""
    return Who(frozenset(kinds), frozenset(own), on_behalf)


_ON_A_ROTA = frozenset({"province", "safetyRegion", "municipality"})
_DIRECTION = ("coa", "ministry")

PERMISSIONS: Mapping[str, Who] = {
    "read": _who(*KINDS),
    # counts and thresholds
    "record-count": _who("coa"),
    "change-thresholds": _who("ministry"),
    # places
    "offer-place": _who("coa", own={"province"}),
    "see-site": _who("coa", "ministry", own={"province", "municipality"}),
    "change-commitment": _who("coa", own={"province", "municipality"}),
    # rota
    "put-rota": _who("ministry"),
    "preview-rota": _who("ministry"),
    "accept-rota": _who(own=_ON_A_ROTA),
    "override-duty": _who("ministry"),
    "propose-swap": _who("ministry", own=_ON_A_ROTA),
    "answer-swap": _who(own=_ON_A_ROTA),
    "confirm-turn": _who(own=_ON_A_ROTA, on_behalf=True),
    "sign-off-hand-over": _who(own=_ON_A_ROTA, on_behalf=True),
    "manage-calendars": _who("operator", own=frozenset(KINDS)),
    # overflows and call-ups
    "declare-overflow": _who(*_DIRECTION),
    "close-overflow": _who(*_DIRECTION),
    "adjust-need": _who(*_DIRECTION),
    "add-note": _who(*_DIRECTION),
    "begin-round": _who(*_DIRECTION),
    "call-up": _who(*_DIRECTION),
    "respond": _who(own=_ON_A_ROTA, on_behalf=True),
    "take-surplus": _who("coa"),
    "release-call-up": _who("coa"),
    "add-enquiry": _who(*_DIRECTION, own=_ON_A_ROTA),
    "convene": _who("ministry"),
    "attend": _who(own=frozenset(KINDS)),
    # alerts
    "acknowledge": _who(own=frozenset(KINDS), on_behalf=True),
    "read-deliveries": _who("coa", "ministry", "operator", own=frozenset(KINDS)),
    "retry-delivery": _who("coa", "ministry", "operator", own=frozenset(KINDS)),
    # organisations
    "add-organisation": _who("operator"),
    "manage-contact-points": _who("operator", own=frozenset(KINDS)),
    "test-contact-point": _who("operator", own=frozenset(KINDS)),
    "rotate-secret": _who("operator", own=frozenset(KINDS)),
    "manage-keys": _who("operator", own=frozenset(KINDS)),
    "manage-accounts": _who("operator", own=frozenset(KINDS)),
    "manage-desk-code": _who("operator", own=frozenset(KINDS)),
    # drills and the record
    "hold-drill": _who(*_DIRECTION, own={"province"}),
    "join-drill": _who(own=frozenset(KINDS)),
    "read-audit": _who("ministry", "operator", own=frozenset(KINDS)),
}

FOR_ADMINISTRATORS = frozenset(
    "add-organisation manage-contact-points test-contact-point rotate-secret manage-keys manage-accounts "
    "manage-desk-code".split()
)
"""What a person may do only as an administrator of their organisation; a key stands for the whole organisation."""

_NAMES: Mapping[str, Text] = {
    "coa": say("COA"),
    "vng": say("VNG"),
    "ministry": say("the ministry"),
    "operator": say("the operator"),
    "province": say("a province"),
    "commissioner": say("a King's Commissioner"),
    "municipality": say("a municipality"),
    "safetyRegion": say("a safety region"),
}


def may(caller: Caller, action: str, *, own: bool = False, on_behalf: bool = False) -> bool:
    """Whether `caller` may do `action` to this thing. On behalf, `own` says whether it is the other's own thing."""
    who = PERMISSIONS[action]
    if not _role_allows(caller, action):
        return False
    if on_behalf:
        return who.on_behalf and own and caller.kind in MAY_SPEAK_FOR_OTHERS
    return caller.kind in who.kinds or (own and caller.kind in who.own)


def may_ever(caller: Caller, action: str) -> bool:
    """Whether there is anything to which `caller` may do `action`: the question before the thing itself is known."""
    return may(caller, action, own=True) or may(caller, action, own=True, on_behalf=True)


def needs_owner(caller: Caller, action: str) -> bool:
    """Whether it depends on the thing acted on, so that `require` must still be asked with it in hand."""
    return not may(caller, action)


def require(caller: Caller, action: str, *, own: bool = False, on_behalf: bool = False) -> None:
    """Raise `Refused`, saying who may, unless `caller` may do `action` to this thing."""
    caller.asked.add(action)
    if not _role_allows(caller, action):
        raise Refused(say("Only an administrator of your organisation may do this."), "not-this-role")
    if not may(caller, action, own=own, on_behalf=on_behalf):
        raise refusal(action)


def require_writer(caller: Caller) -> None:
    """Raise `Refused` for a key or an account that may only read."""
    if caller.read_only and caller.account is not None:
        raise Refused(say("Your account may look, and not act. Ask somebody of your organisation who may."), "reader")
    if caller.read_only:
        raise Refused(say("This key may only read. Use a key that may also write."), "read-only-key")


def _role_allows(caller: Caller, action: str) -> bool:
    """Whether the role of a person allows it; a key has no role."""
    return caller.account is None or caller.role == "administrator" or action not in FOR_ADMINISTRATORS


def refusal(action: str) -> Refused:
    """The error that says who may do `action`."""
    who = PERMISSIONS[action]
    kinds = listed([name for kind, name in _NAMES.items() if kind in who.kinds])
    if who.kinds and who.own:
        return Refused(say("Only {kinds}, and the organisation that it belongs to, may do this.", kinds=kinds))
    if who.own and who.on_behalf:
        return Refused(
            say("Only the organisation that is asked may do this, or COA or the ministry on behalf of it (onBehalf).")
        )
    if who.own:
        return Refused(say("Only the organisation that is asked may do this."))
    return Refused(say("Only {kinds} may do this.", kinds=kinds))
