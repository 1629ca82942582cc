"""Addresses of the web service: http is for this machine alone, and who a request comes from behind a proxy."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from piket.errors import Misconfigured
from piket.words import say

Networks = Sequence[IPv4Network | IPv6Network]


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_base_url(url: str) -> str:
    """The host of the address that people use. Raises `Misconfigured` for what is none, and for http beyond this machine."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured(say("PIKET_BASE_URL must be an http or https address, such as https://piket.example.nl."))
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise Misconfigured(
            say(
                "PIKET_BASE_URL is {url}: beyond this machine it must begin with https://, or others read passwords along. "
                "Put a proxy with TLS in front, as docs/operations.md shows.",
                url=url,
            )
        )
    return parts.hostname


def check_listening(host: str, base_url: str) -> None:
    """Raise `Misconfigured` for listening beyond this machine while people come by http: nothing in front has TLS then.

    `host` is the address of the bound socket, so a name that leads elsewhere is seen through.
    """
    if not is_loopback(host) and not base_url.startswith("https://"):
        raise Misconfigured(
            say(
                "Listening at {host} is open to other machines, by http. Set PIKET_BASE_URL to the https address of the proxy "
                "in front, or listen at 127.0.0.1.",
                host=host,
            )
        )


@lru_cache(maxsize=4096)
def source_of(peer: str, forwarded: str, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str:
    """Where a request comes from: `peer`, or what a trusted proxy says in `X-Forwarded-For` (the last it did not write itself).

    Of IPv6 the first half, because whoever has one address has all of those. Anything that is no address stands for itself.
    """
    hops = [peer, *reversed([hop.strip() for hop in forwarded.split(",") if hop.strip()])]
    while len(hops) > 1 and is_trusted(hops[0], trusted):
        hops.pop(0)
    return _place(hops[0])


def is_trusted(peer: str, trusted: Networks) -> bool:
    """Whether it is one of the proxies named in PIKET_TRUSTED_PROXIES. A socket of this machine has no address, and is none."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in trusted)


def _place(address: str) -> str:
    try:
        found = ip_address(address.strip("[]"))
    except ValueError:
        return address[:45]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(found.ipv4_mapped if isinstance(found, IPv6Address) else found)
