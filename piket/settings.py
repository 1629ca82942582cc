"""Settings: what a process was told when it started. `startup.py` reads and checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from piket.policy_decision import PolicyDecision
from piket.signing_in_settings import SigningInSettings

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
LevelName = Literal["watch", "high", "overflow"]
DefinitionName = Literal["nightBeds", "present", "withoutBed"]
OrganisationKind = Literal[
    "coa", "vng", "ministry", "operator", "province", "commissioner", "municipality", "safetyRegion"
]


@dataclass(frozen=True)
class ServiceSettings:
    """How the service names itself and what one request may carry."""

    source: str = "urn:nld:oin:00000000000000000000:systeem:piket"
    max_body_bytes: int = 1_000_000


@dataclass(frozen=True)
class EngineSettings:
    """How often a pass runs and how much is sent at the same time."""

    interval_seconds: float = 1.0
    senders: int = 32
    senders_per_host: int = 4
    horizon_days: int = 366


@dataclass(frozen=True)
class DeliverySettings:
    """Time limits of one attempt, when an office reads its mail (local time, Monday to Friday), from when on messages of
    one kind are gathered, and how long a former webhook secret signs beside the new one.
    """

    first_time_limit_seconds: float = 5.0
    time_limit_seconds: float = 10.0
    lease_seconds: int = 60
    office_hours_from: time = time(8)
    office_hours_until: time = time(18)
    gather_above: int = 6
    gather_minutes: int = 10
    gather_urgent_minutes: int = 1
    secret_overlap_hours: int = 24


@dataclass(frozen=True)
class AuditorSettings:
    """How often the auditor looks, and from when on it calls something late."""

    every_seconds: float = 10.0
    step_after_seconds: int = 60
    delivery_after_seconds: int = 120
    pass_after_seconds: int = 60
    turns_ahead_days: int = 30
    clock_apart_seconds: int = 30


@dataclass(frozen=True)
class PictureSettings:
    """How the pictures of the board are drawn: in at most so many child processes (0: not at all), each within so many seconds.

    They are kept in `folder` (empty: one in the system's folder for temporary files), at most so many megabytes of them.
    """

    children: int = 2
    time_limit_seconds: float = 20.0
    folder: str = ""
    keep_megabytes: int = 64


@dataclass(frozen=True)
class HeartbeatSettings:
    """The outside address that is called as long as all is well; None: nobody watches from outside. It may be a secret."""

    url: str | None = field(default=None, repr=False)
    interval_seconds: float = 60.0


@dataclass(frozen=True)
class Policy:
    """The numbers of the rules, sections 1, 5, 7 and 9. An episode freezes those it began with."""

    remind_after_minutes: int = 15
    respond_minutes_by_day: int = 60
    respond_minutes_by_night: int = 20
    night_from: time = time(18)
    night_until: time = time(8)
    needed_by: time = time(21)
    needed_by_after_hours: int = 3
    hold_minutes: int = 15
    hand_over_notice_hours: int = 24
    confirm_days_before: int = 7
    confirm_remind_after_days: int = 2
    confirm_commissioner_hours: int = 24
    card_weeks_ahead: int = 8
    places_ahead_hours: int = 24
    night_counted_until: time = time(9)


@dataclass(frozen=True)
class ServiceFile:
    """`config/piket.toml`."""

    service: ServiceSettings = field(default_factory=ServiceSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    auditor: AuditorSettings = field(default_factory=AuditorSettings)
    heartbeat: HeartbeatSettings = field(default_factory=HeartbeatSettings)
    signing_in: SigningInSettings = field(default_factory=SigningInSettings)
    pictures: PictureSettings = field(default_factory=PictureSettings)
    policy: Policy = field(default_factory=Policy)
    policy_decision: PolicyDecision = field(default_factory=PolicyDecision)


@dataclass(frozen=True)
class SeedOrganisation:
    """An organisation that exists from the start."""

    code: str
    kind: OrganisationKind
    name: str
    province: str | None = None


@dataclass(frozen=True)
class SeedLevel:
    """One rung: reached at `at`, left below `clear_below`."""

    level: LevelName
    at: int
    clear_below: int


@dataclass(frozen=True)
class SeedDefinition:
    """One way of counting, the rungs of its ladder, and after how many minutes a count is stale."""

    definition: DefinitionName
    stale_after_minutes: int
    levels: tuple[SeedLevel, ...] = ()


@dataclass(frozen=True)
class SeedCentre:
    """A centre that is watched from the start, with its first thresholds."""

    code: str
    name: str
    municipality: str
    norm: int
    norm_basis: str
    norm_on: date
    definition: tuple[SeedDefinition, ...]
    hold_above: int = 300
    aim: int | None = None


@dataclass(frozen=True)
class SeedExemption:
    """A member that takes no turn, and why."""

    organisation: str
    reason: str
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class SeedWeight:
    """What one member weighs in a weighted rota, from a day on."""

    organisation: str
    weight: int
    starts_on: date | None = None


@dataclass(frozen=True)
class SeedWeights:
    """A set of weights in `config/weights.toml`, as it was on a day: `weight` by organisation, above 0."""

    code: str
    name: str
    on: date
    source: str
    weight: dict[str, int]


@dataclass(frozen=True)
class SeedRota:
    """A rota that exists from the start, as "proposed".

    `sharing` lists members that take their turn together. A weighted rota names `weights` (sets, each from its own day
    on) or gives each `weight` itself.
    """

    code: str
    name: str
    members: tuple[str, ...]
    starts_on: date
    line: int = 1
    slots: int = 1
    turn_unit: Literal["days", "weeks", "months"] = "weeks"
    turn_length: int = 2
    hand_over_weekday: Weekday = "wednesday"
    hand_over_time: time = time(12)
    places_target: int | None = None
    sharing: tuple[tuple[str, ...], ...] = ()
    zone: str = "Europe/Amsterdam"
    strategy: Literal["inTurn", "weighted"] = "inTurn"
    weights: tuple[str, ...] = ()
    weight: tuple[SeedWeight, ...] = ()
    spread_holidays: bool = False
    exemption: tuple[SeedExemption, ...] = ()


@dataclass(frozen=True)
class Audiences:
    """`config/audiences.toml`: which roles are told of what."""

    level_raised: Mapping[str, tuple[str, ...]]
    told: Mapping[str, tuple[str, ...]]
    fallback: tuple[str, ...]
    always: frozenset[str]


@dataclass(frozen=True)
class Municipality:
    """A municipality of the dated list (1 January 2023)."""

    code: str
    name: str
    safety_region: str
    province: str


@dataclass(frozen=True)
class Smtp:
    """The mail server. The password is never shown."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False


@dataclass(frozen=True)
class Settings:
    """Everything a process was told when it started."""

    database_url: str = field(repr=False)
    config_folder: Path
    base_url: str
    secret_key: bytes | None = field(repr=False)
    smtp: Smtp | None
    mail_from: str
    webhook_allowed_networks: tuple[IPv4Network | IPv6Network, ...]
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    test_clock: Path | None
    service: ServiceSettings
    engine: EngineSettings
    delivery: DeliverySettings
    auditor: AuditorSettings
    heartbeat: HeartbeatSettings
    signing_in: SigningInSettings
    policy: Policy
    organisations: tuple[SeedOrganisation, ...]
    centres: tuple[SeedCentre, ...]
    rotas: tuple[SeedRota, ...]
    weights: tuple[SeedWeights, ...]
    audiences: Audiences
    municipalities: Mapping[str, Municipality]
    pictures: PictureSettings = field(default_factory=PictureSettings)
    policy_decision: PolicyDecision = field(default_factory=PolicyDecision)


ROLES = frozenset(
    "coa vng ministry operator duty standby dutyCommissioner allCommissioners centreMunicipality called calledCommissioner "
    "nextCalled host hostSafetyRegion leaving coming told spokenFor moved swapping swapSilent members".split()
)

# The kinds of alert that exist, as `config/audiences.toml` may name them.
KINDS = frozenset(
    "levelRaised levelLowered allClear countOverdue countHeld countCorrected callUp callUpReminder callUpAnswered "
    "callUpOverdue callUpReleased listEnded commitmentChanged handOver confirmationAsked swap rotaChanged convening "
    "consultation deliveryFailed coverageHole drillReport test "
    "levelsGathered callUpsGathered failuresGathered emergencyCard".split()
)
