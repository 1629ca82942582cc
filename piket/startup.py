"""Read and check the settings, once, when a process starts: `config/*.toml` and the `PIKET_*` variables."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from piket.configfile import convert, load, read_toml, refuse
from piket.errors import Fault, Misconfigured
from piket.settings import (
    KINDS,
    ROLES,
    Audiences,
    HeartbeatSettings,
    Municipality,
    SeedCentre,
    SeedOrganisation,
    SeedRota,
    SeedWeights,
    ServiceFile,
    Settings,
    Smtp,
)
from piket.web_address import check_base_url, is_loopback
from piket.words import say

# PIKET_TESTS only makes the project's own tests longer.
VARIABLES = frozenset(
    "DATABASE_URL CONFIG BASE_URL SECRET_KEY SMTP_URL MAIL_FROM WEBHOOK_ALLOWED_NETWORKS TRUSTED_PROXIES HEARTBEAT_URL "
    "TEST_CLOCK TESTS".split()
)
SECRETS = frozenset("DATABASE_URL SECRET_KEY SMTP_URL HEARTBEAT_URL".split())


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings from `environment` and the folder it names. Raises `Misconfigured`, naming file or variable and key."""
    values = _variables(environment)
    folder = _folder(values.get("CONFIG"))
    service = load(ServiceFile, read_toml(folder / "piket.toml"), folder / "piket.toml")
    base_url = values.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    settings = Settings(
        database_url=values.get("DATABASE_URL", "sqlite:///piket.db"),
        config_folder=folder,
        base_url=base_url,
        secret_key=values["SECRET_KEY"].encode() if "SECRET_KEY" in values else None,
        smtp=read_smtp(values["SMTP_URL"]) if "SMTP_URL" in values else None,
        mail_from=values.get("MAIL_FROM", "piket@localhost"),
        webhook_allowed_networks=read_networks(values, "WEBHOOK_ALLOWED_NETWORKS"),
        trusted_proxies=read_networks(values, "TRUSTED_PROXIES"),
        test_clock=Path(values["TEST_CLOCK"]) if "TEST_CLOCK" in values else None,
        service=service.service,
        engine=service.engine,
        delivery=service.delivery,
        auditor=service.auditor,
        heartbeat=read_heartbeat(service.heartbeat, values.get("HEARTBEAT_URL"), folder / "piket.toml"),
        signing_in=service.signing_in,
        policy=service.policy,
        policy_decision=service.policy_decision,
        pictures=service.pictures,
        organisations=_listed(SeedOrganisation, folder / "organisations.toml", "organisation"),
        centres=_listed(SeedCentre, folder / "centres.toml", "centre"),
        rotas=read_rotas(folder / "rotas.toml"),
        weights=read_weights(folder / "weights.toml"),
        audiences=read_audiences(folder / "audiences.toml"),
        municipalities=read_municipalities(folder / "municipalities.csv"),
    )
    _check_whole(settings)
    return settings


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The PIKET_ variables without their prefix, secrets read from their files."""
    values: dict[str, str] = {}
    for full, value in environment.items():
        if not full.startswith("PIKET_") or not value:
            continue
        name = full.removeprefix("PIKET_")
        if name.endswith("_FILE") and name.removesuffix("_FILE") in SECRETS:
            values[name.removesuffix("_FILE")] = _secret_file(full, value)
        elif name in VARIABLES:
            values.setdefault(name, value)
        else:
            raise Misconfigured(say("{name} is not a variable of piket; known are {known}.", name=full, known=_known()))
    return values


def _known() -> str:
    return ", ".join(f"PIKET_{name}" for name in sorted(VARIABLES - {"TESTS"}))


def _secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        raise Misconfigured(say("{name} names {path}, which cannot be read.", name=name, path=path)) from None


def _folder(given: str | None) -> Path:
    """The folder of the settings: as given, else `config/` here, else the one beside the package."""
    candidates = [Path(given)] if given else [Path("config"), Path(__file__).resolve().parent.parent / "config"]
    for folder in candidates:
        if folder.is_dir():
            return folder
    raise Misconfigured(say("PIKET_CONFIG: there is no folder {path}.", path=str(candidates[0])))


def read_smtp(url: str) -> Smtp:
    """`smtp://user:pass@host:port` or `smtps://…`. Raises `Misconfigured` without repeating the password."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or port == -1 or parts.path not in ("", "/"):
        raise Misconfigured(
            say("PIKET_SMTP_URL must look like smtp://user:pass@host:port or smtps://user:pass@host:port.")
        )
    tls = parts.scheme == "smtps"
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Smtp(parts.hostname, port or (465 if tls else 25), user, password, tls)


def read_heartbeat(given: HeartbeatSettings, variable: str | None, path: Path) -> HeartbeatSettings:
    """The variable goes before the file. Raises `Misconfigured` without repeating the address, which may be a secret."""
    named = "PIKET_HEARTBEAT_URL" if variable else f"{path}: heartbeat.url"
    url = variable or given.url
    if url is not None and not _is_web_address(url):
        raise Misconfigured(
            say("{name} must be an http or https address, such as https://example.nl/ping.", name=named)
        )
    return dataclasses.replace(given, url=url)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def read_networks(values: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """A variable that is a comma-separated list of networks (CIDR). Raises `Misconfigured` naming the one that is none."""
    networks = []
    for part in filter(None, (piece.strip() for piece in values.get(name, "").split(","))):
        try:
            networks.append(ip_network(part))
        except ValueError:
            raise Misconfigured(
                say("{name}: {part} is not a network such as 10.1.0.0/16.", name=f"PIKET_{name}", part=part)
            ) from None
    return tuple(networks)


def _listed(kind: Any, path: Path, name: str) -> tuple[Any, ...]:
    """The `[[name]]` tables of a file, and nothing else in it."""
    table = read_toml(path)
    faults = [
        Fault("config", key, say("is not a key that exists here; known are {known}", known=f"[[{name}]]"))
        for key in table
        if key != name
    ]
    entries = convert(tuple[kind, ...], table.get(name, []), name, faults)
    refuse(faults, path)
    result: tuple[Any, ...] = entries
    return result


def read_audiences(path: Path) -> Audiences:
    """Who is told what. Every role in it must be one that exists."""
    table = read_toml(path)
    faults = [
        Fault(
            "config",
            key,
            say("is not a key that exists here; known are {known}", known="always, levelRaised, nobody, told"),
        )
        for key in table.keys() - {"levelRaised", "told", "nobody", "always"}
    ]
    rows = dict[str, tuple[str, ...]]
    raised = convert(rows, table.get("levelRaised"), "levelRaised", faults)
    told = convert(rows, table.get("told"), "told", faults)
    nobody = convert(rows, table.get("nobody"), "nobody", faults)
    always = convert(rows, table.get("always"), "always", faults)
    refuse(faults, path)
    for name, part in (("levelRaised", raised), ("told", told), ("nobody", nobody)):
        for key, roles in part.items():
            unknown = [role for role in roles if role not in ROLES]
            faults += [
                Fault("config", f"{name}.{key}", say("{role} is not a role", role=repr(role))) for role in unknown
            ]
    named = [*((f"told.{kind}", kind) for kind in told), *(("always.kinds", kind) for kind in always.get("kinds", ()))]
    faults += [
        Fault("config", key, say("{kind} is not a kind of alert", kind=repr(kind)))
        for key, kind in named
        if kind not in KINDS
    ]
    faults += [
        Fault("config", f"told.{kind}", say("is missing"))
        for kind in ("levelLowered", "allClear", "countCorrected", "callUp", "callUpReminder")
        if kind not in told
    ]
    faults += [
        Fault("config", f"levelRaised.{level}", say("is missing"))
        for level in ("watch", "high", "overflow", "acute")
        if level not in raised
    ]
    refuse(faults, path)
    return Audiences(raised, told, nobody.get("fallback", ()), frozenset(always.get("kinds", ())))


def read_rotas(path: Path) -> tuple[SeedRota, ...]:
    """The rotas of one file. Raises `Misconfigured`, naming every key that cannot be."""
    return _listed(SeedRota, path, "rota")


def read_weights(path: Path) -> tuple[SeedWeights, ...]:
    """The sets of weights; none where there is no such file, for only a weighted rota needs one."""
    return _listed(SeedWeights, path, "weights") if path.exists() else ()


def read_municipalities(path: Path) -> dict[str, Municipality]:
    """The dated list of municipalities, by CBS code in small letters."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {
                row["code"]: Municipality(
                    row["code"], row["name"], row["safety_region"].lower(), row["province"].lower()
                )
                for row in csv.DictReader(file)
            }
    except (OSError, KeyError) as error:
        raise Misconfigured(say("{path} cannot be used: {why}.", path=str(path), why=str(error))) from None


def _check_whole(settings: Settings) -> None:
    """What no single key can show: the address people use, the test clock, and codes that point at nothing."""
    host = check_base_url(settings.base_url)
    if settings.test_clock and not is_loopback(host):
        raise Misconfigured(say("PIKET_TEST_CLOCK is for tests only: PIKET_BASE_URL must then be a loopback address."))
    if "@" not in parseaddr(settings.mail_from)[1]:
        raise Misconfigured(say("PIKET_MAIL_FROM must be a mail address, such as Piket <piket@example.nl>."))
    if not settings.service.source.startswith("urn:"):
        path = settings.config_folder / "piket.toml"
        refuse([Fault("config", "service.source", say("must be a URN, such as urn:nld:…"))], path)
    _refuse_doubles(settings)
    known = {organisation.code for organisation in settings.organisations}
    sets = {weights.code for weights in settings.weights}
    for rota in settings.rotas:
        path = settings.config_folder / "rotas.toml"
        codes = [*rota.members, *(exemption.organisation for exemption in rota.exemption)]
        unknown = [
            *(say("{code} is not in organisations.toml", code=repr(c)) for c in codes if c not in known),
            *(say("{code} is not in weights.toml", code=repr(c)) for c in rota.weights if c not in sets),
        ]
        refuse([Fault("config", f"rota {rota.code}", detail) for detail in unknown], path)
    for centre in settings.centres:
        path = settings.config_folder / "centres.toml"
        if centre.municipality not in settings.municipalities:
            refuse([Fault("config", f"centre {centre.code}.municipality", say("is not in municipalities.csv"))], path)


def _refuse_doubles(settings: Settings) -> None:
    """Each organisation, centre, rota and set of weights once."""
    for name, entries in (
        ("organisation", settings.organisations),
        ("centre", settings.centres),
        ("rota", settings.rotas),
        ("weights", settings.weights),
    ):
        codes = [entry.code for entry in entries]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        path = settings.config_folder / f"{name.removesuffix('s')}s.toml"
        refuse([Fault("config", f"{name} {code}", say("stands there twice")) for code in twice], path)
