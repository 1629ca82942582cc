"""Where a webhook may go: only to public addresses, unless the deployer opened a network.

Two looks. `check` reads the address as it is written, at registering, without any network. `reach` is the guard that
counts: it looks the name up at every attempt, leaves out every address inside, and connects to the address it checked,
so that a name which answers differently at a second look gains nothing.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from piket.alerts.channels import DeliveryError
from piket.alerts.channels.deadline import Deadline, LimitedSocket, connect
from piket.errors import Fault, Invalid
from piket.settings import Settings
from piket.words import Text, say

Networks = Sequence[IPv4Network | IPv6Network]

# IPv4 that is not the public internet, by the IANA registry of special addresses, and one cloud's metadata server that
# hides at a public address.
_INSIDE_4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        "168.63.129.16/32"
    ).split()
]
# IPv6 the other way round: only global unicast is public, less what in it is for documentation, benchmarks or carries an
# IPv4 address inside (Teredo, 6to4). Mapped, NAT64, unique local, link-local and multicast lie outside it.
_GLOBAL_6 = IPv6Network("2000::/3")
_INSIDE_6 = [IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_STRANGE = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")
_HERE = re.compile(r"(.*\.)?localhost\.?", re.IGNORECASE)
MAX_LENGTH = 2000


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the public internet, and to nothing special in it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _INSIDE_4)
    return address in _GLOBAL_6 and not any(address in network for network in _INSIDE_6)


def is_opened(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    """Whether the deployer named a network with this address (`PIKET_WEBHOOK_ALLOWED_NETWORKS`)."""
    return any(address in network for network in networks)


def is_allowed(address: str, scheme: str, networks: Networks) -> bool:
    """Whether a connection to this address may be made: opened networks by http and https, public ones by https."""
    plain = ip_address(address.partition("%")[0])
    return is_opened(plain, networks) or (scheme == "https" and is_public(plain))


def check(url: str, settings: Settings) -> None:
    """Refuse a webhook address that can be seen to be wrong or to lead inside. Raises `Invalid` with a sentence.

    Names are not looked up here: that is done at every attempt, the test event at registering being the first.
    """
    fault = _fault(url, settings.webhook_allowed_networks)
    if fault is not None:
        raise Invalid(fault, [Fault("body", "address", fault)], code="webhook-address-refused")


def _fault(url: str, networks: Networks) -> Text | None:
    """What can be seen to be wrong with an address without looking its name up; None: nothing."""
    parts = _split(url)
    if parts is None:
        return say("The address of a webhook must look like https://name/path, without spaces or strange characters.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        return say("The address of a webhook cannot hold a user name, a password or a part after #.")
    host = parts.hostname or ""
    address = _literal(host)
    if address is None and not _is_name(host):
        return say("The address of a webhook must name its host by an ordinary name or an ordinary IP address.")
    if address is not None and not (is_public(address) or is_opened(address, networks)):
        return say("The address of a webhook leads to an inside network. It must be a public address.")
    if not networks and _HERE.fullmatch(host):
        return say("The address of a webhook leads to an inside network. It must be a public address.")
    if parts.scheme == "http" and not _may_be_plain(address, networks):
        return say("The address of a webhook must begin with https://.")
    return None


def _split(url: str) -> SplitResult | None:
    """The parts of an http or https address, or None when it is none."""
    if len(url) > MAX_LENGTH or _STRANGE.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    brackets = "[" in parts.netloc and ":" not in (parts.hostname or "")
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or brackets:
        return None
    return parts


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The host as an IP address in its one ordinary notation, else None."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """A name. One that ends in a number is a decimal, octal, hexadecimal or short way to write an IP address."""
    last = host.rstrip(".").rpartition(".")[2]
    return len(host) <= 253 and _HOST.fullmatch(host) is not None and not _NUMBER.fullmatch(last)


def _may_be_plain(address: IPv4Address | IPv6Address | None, networks: Networks) -> bool:
    """http is for opened networks only; a name may turn out to lie in one, which the connection checks."""
    return bool(networks) if address is None else is_opened(address, networks)


def reach(host: str, port: int, scheme: str, networks: Networks, deadline: Deadline) -> LimitedSocket:
    """Look the name up now and connect to the first of its addresses that is allowed and answers.

    Raises `DeliveryError`: `name-not-found`, `address-not-allowed` (the name leads inside, or is oddly written), both
    temporary because a name can be mended; what connecting raises (`OSError`) when none answers.
    """
    if _literal(host.partition("%")[0]) is None and not _is_name(host):
        raise DeliveryError("address-not-allowed")
    allowed = [found for found in _look_up(host, port) if is_allowed(str(found[4][0]), scheme, networks)]
    if not allowed:
        raise DeliveryError("address-not-allowed")
    for number, (family, kind, protocol, _, address) in enumerate(allowed):
        try:
            return connect(family, kind, protocol, address, deadline)
        except OSError:
            if number == len(allowed) - 1:
                raise
    raise AssertionError("unreachable")


def _look_up(host: str, port: int) -> list[tuple[int, int, int, str, Any]]:
    """All addresses of a name at this moment. Raises `DeliveryError` (temporary): names are mended."""
    try:
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryError("name-not-found") from None
    return found
