"""Who is told, of what, and at which contact points. Rules 6.1 and 6.2. Pure: no clock, store, settings.

The value types of an alert stand here too: a `Fact` goes in (`service.enqueue`), and says with `Answers` what is known
of the three questions. None is unknown everywhere, never 0.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Protocol
from urllib.parse import urlsplit

from piket.words import LOCAL

LEVELS = ("normal", "watch", "high", "overflow", "acute")
# A fall tells those who were told of what is left, so its minimum level is compared with the level left (6.2).
FALLS = frozenset({"levelLowered", "allClear", "countCorrected"})
# The kinds that tell somebody of an episode; hosts hear of their commitment only (see `told_in`).
EPISODE_KINDS = frozenset("levelRaised callUp callUpReminder callUpAnswered callUpOverdue listEnded handOver".split())
ALL_KINDS = (
    "levelRaised", "levelLowered", "allClear", "countOverdue", "countHeld", "countCorrected", "callUp",
    "callUpReminder", "callUpAnswered", "callUpOverdue", "callUpReleased", "listEnded", "commitmentChanged", "handOver",
    "callUpsGathered",
    "confirmationAsked", "swap", "rotaChanged", "convening", "consultation", "deliveryFailed", "drillReport", "test",
    "coverageHole", "levelsGathered", "failuresGathered", "emergencyCard",
)  # fmt: skip
# Contact points in these states get deliveries: a pending webhook has them queued until its first 2xx.
OPEN_STATES = frozenset({"active", "pending", "failing"})
WRITTEN_CHANNELS = frozenset({"email", "webhook"})


@dataclass(frozen=True)
class HowFull:
    """Who has no bed, and how full: `people` by `definition`, counted at `observed_at`.

    `over_norm` is people - norm where that is above 0, else 0.
    """

    people: int | None = None
    without_bed: int | None = None
    definition: str | None = None
    observed_at: datetime | None = None
    norm: int | None = None
    over_norm: int | None = None


@dataclass(frozen=True)
class WhoActs:
    """The organisation whose move it is, and before which moment; `by` is None where there is no deadline."""

    organisation: str | None = None
    by: datetime | None = None


@dataclass(frozen=True)
class EnoughPlaces:
    """Places needed, committed, and the difference where it is above 0 (4.1, 4.2)."""

    needed: int | None = None
    committed: int | None = None
    shortfall: int | None = None


@dataclass(frozen=True)
class Answers:
    """What is known of the three questions. `rota_proposed`: the rota by which somebody acts is not decided yet."""

    how_full: HowFull | None = None
    who_acts: WhoActs | None = None
    enough_places: EnoughPlaces | None = None
    rota_proposed: bool = False


@dataclass(frozen=True)
class Fact:
    """What happened. `at` is the moment of it (None: now); `details` holds the values of its kind, see `wording.py`."""

    kind: str
    centre: str | None = None
    level: str | None = None
    previous_level: str | None = None
    overflow: str | None = None
    call_up: str | None = None
    drill: bool = False
    answers: Answers = field(default_factory=Answers)
    details: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


class ContactPoint(Protocol):
    """What these rules read of a contact point; `organisations.service.ContactPointInfo` is one."""

    @property
    def id(self) -> str:
        """Its identifier."""

    @property
    def channel(self) -> str:
        """`email`, `webhook` or `telephone`."""

    @property
    def address(self) -> str:
        """Where it is."""

    @property
    def hours(self) -> str:
        """`always` or `office`."""

    @property
    def minimum_level(self) -> str:
        """The lowest level it is told of."""

    @property
    def state(self) -> str:
        """`pending`, `active`, `failing` or `ended`."""


@dataclass(frozen=True)
class OfficeHours:
    """When an office reads its mail: Monday to Friday, local time, `since` inclusive, `until` exclusive."""

    since: time
    until: time

    def hold(self, at: datetime) -> bool:
        """Whether `at` lies in them."""
        local = at.astimezone(LOCAL)
        return local.weekday() < 5 and self.since <= local.time() < self.until


def rank(level: str | None) -> int:
    """The place of a level on the ladder, 0 for normal; -1 for unknown or none, which reaches no minimum level."""
    return LEVELS.index(level) if level in LEVELS else -1


def audience(roles: Sequence[str], who: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The organisations in `roles`, in that order and each once. A role that nobody fills now adds nobody."""
    return tuple(dict.fromkeys(code for role in roles for code in who.get(role, ())))


def told_levels(
    previous: str | None, level: str, table: Mapping[str, Sequence[str]], who: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Who is told of a rise from `previous` to `level`, and of which levels by this one alert (6.1).

    An organisation is told of each level above `previous`, up to `level`, whose row of the table names it; it is in the
    answer also when only a row passed on the way names it. The order is that of the highest row first.
    """
    crossed = [name for name in LEVELS if rank(previous) < rank(name) <= rank(level) and name in table]
    told: dict[str, tuple[str, ...]] = {}
    for name in reversed(crossed):
        for code in audience(table[name], who):
            told[code] = (name, *told.get(code, ()))
    return told


def compared_level(fact: Fact) -> str | None:
    """The level that a minimum level is compared with: the alert's, for a fall the level left (6.2)."""
    return fact.previous_level if fact.kind in FALLS else fact.level


def written(points: Iterable[ContactPoint]) -> list[ContactPoint]:
    """The contact points by which an organisation can be told: e-mail and webhook. A telephone is never dialled."""
    return [p for p in points if p.channel in WRITTEN_CHANNELS and p.state in OPEN_STATES]


def counting(
    points: Iterable[ContactPoint], level: str | None, always: bool, office: OfficeHours, at: datetime
) -> list[ContactPoint]:
    """The contact points of one organisation that get this alert.

    `always` (call-ups and the like) takes them all. Else those whose minimum level is reached; one with office hours is
    left out outside these, unless the organisation would then get nothing at all.
    """
    reached = [p for p in written(points) if always or rank(level) >= rank(p.minimum_level)]
    if always or office.hold(at):
        return reached
    awake = [p for p in reached if p.hours != "office"]
    return awake or reached


def address_key(channel: str, address: str) -> str:
    """How two addresses are compared: mail without regard to capitals, a webhook as it is written."""
    return f"{channel}:{address.casefold() if channel == 'email' else address}"


def host_of(channel: str, address: str) -> str:
    """The host of which only so many deliveries may be under way: all mail goes by one server, a webhook by its own."""
    return "mail" if channel == "email" else (urlsplit(address).netloc.rsplit("@", 1)[-1].casefold() or "webhook")


def masked(channel: str, address: str) -> str:
    """An address for those who may not see it: `p…@example.nl`, a webhook's host, two digits of a telephone."""
    if channel == "email":
        name, _, host = address.rpartition("@")
        return f"{name[:1]}…@{host}"
    if channel == "webhook":
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.hostname}/…"
    return f"…{address[-2:]}"


def once(points: Iterable[ContactPoint], taken: Collection[str]) -> list[ContactPoint]:
    """The contact points whose address is not in `taken` and not twice among themselves."""
    fresh: dict[str, ContactPoint] = {}
    for point in points:
        fresh.setdefault(address_key(point.channel, point.address), point)
    return [point for key, point in fresh.items() if key not in taken]
