"""Which addresses a webhook may have, and which it may be connected to."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.alerts.channels import DeliveryError
from piket.alerts.channels.addresses import check, is_allowed, reach
from piket.alerts.channels.deadline import Deadline
from piket.errors import Invalid
from piket.settings import Settings

INSIDE = (
    "127.0.0.1 127.8.9.10 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 169.254.0.1 "
    "100.64.0.1 100.100.100.200 168.63.129.16 0.0.0.0 0.1.2.3 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9 "
    "224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 192.88.99.1 "
    ":: ::1 ::ffff:127.0.0.1 ::ffff:93.184.216.34 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::5db8:d822 64:ff9b:1::1 2002:7f00:1:: "
    "2001::1 2001:db8::1 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 100::1 5f00::1"
).split()
PUBLIC = "93.184.216.34 1.1.1.1 172.15.0.1 172.32.0.1 100.63.0.1 2606:2800:220:1::1 2a00:1450:400e::1".split()
ODD = (
    "2130706433 0x7f000001 0x7f.1 127.1 127.0.1 0177.0.0.1 017700000001 127.0.0.1. 0 1 8.8 0x8.8.8.8 10.1 "
    "①②⑦.0.0.1 127。0。0。1 127%2e0%2e0%2e1 [::1%25eth0] [v1.x] a..b -a.nl a-.nl " + "a" * 64 + ".nl"
).split()


@pytest.fixture
def closed(settings: Settings) -> Settings:
    return dataclasses.replace(settings, webhook_allowed_networks=())


@pytest.fixture
def opened(settings: Settings) -> Settings:
    return dataclasses.replace(settings, webhook_allowed_networks=(ipaddress.ip_network("10.1.0.0/16"),))


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused_when_no_network_is_opened(address: str, closed: Settings) -> None:
    assert not is_allowed(address, "https", ())
    with pytest.raises(Invalid) as refusal:
        check(f"https://{_in_url(address)}/hook", closed)
    assert [fault.field for fault in refusal.value.faults] == ["address"]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_taken_by_https_alone(address: str, closed: Settings) -> None:
    check(f"https://{_in_url(address)}/hook", closed)
    assert not is_allowed(address, "http", ())
    with pytest.raises(Invalid):
        check(f"http://{_in_url(address)}/hook", closed)


@pytest.mark.parametrize("host", ODD)
def test_an_odd_notation_is_refused_at_registering_and_connecting(host: str, opened: Settings) -> None:
    with pytest.raises(Invalid):
        check(f"https://{host}/hook", opened)
    if "[" not in host:
        with pytest.raises(DeliveryError, match="address-not-allowed"):
            reach(host, 443, "https", (ipaddress.ip_network("127.0.0.0/8"),), Deadline(1))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://meldkamer.example/hook",
        "https:///hook",
        "https://user:pass@meldkamer.example/",
        "https://user@127.0.0.1/",
        "https://meldkamer.example\\@127.0.0.1/",
        "https://meldkamer.example/ho ok",
        "https://meldkamer.example/\r\nHost: x",
        "https://meldkamer.example:0/",
        "https://meldkamer.example:99999/",
        "https://meldkamer.example/#part",
        "https://localhost/hook",
        "https://a.localhost./hook",
        "javascript:alert(1)",
        "",
        "https://meldkamer.example/" + "a" * 2000,
    ],
)
def test_an_address_that_is_none_is_refused(url: str, closed: Settings) -> None:
    with pytest.raises(Invalid):
        check(url, closed)


def test_http_is_taken_only_where_a_network_is_opened(opened: Settings, closed: Settings) -> None:
    check("http://10.1.2.3:8080/hook", opened)
    check("http://receiver.internal/hook", opened)
    for url in ("http://10.2.2.3/hook", "https://10.2.2.3/hook", "http://93.184.216.34/"):
        with pytest.raises(Invalid):
            check(url, opened)
    with pytest.raises(Invalid):
        check("http://receiver.internal/hook", closed)


def test_an_opened_network_is_reached_by_http_and_its_neighbours_are_not(opened: Settings) -> None:
    networks = opened.webhook_allowed_networks
    assert is_allowed("10.1.2.3", "http", networks)
    assert not is_allowed("10.2.2.3", "https", networks)
    assert not is_allowed("::ffff:10.1.2.3", "https", networks)


@given(st.ip_addresses())
def test_nothing_the_standard_library_calls_private_is_allowed(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if (
        address.is_private
        or address.is_loopback
        or address.is_multicast
        or address.is_link_local
        or address.is_reserved
    ):
        assert not is_allowed(str(address), "https", ())


def test_a_name_that_leads_inside_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve_to(monkeypatch, ["127.0.0.1", "169.254.169.254", "::1"])
    with pytest.raises(DeliveryError, match="address-not-allowed"):
        reach("meldkamer.example", 443, "https", (), Deadline(1))


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers otherwise at a second look gains nothing: there is no second look."""
    looks = _resolve_to(monkeypatch, ["10.0.0.1", "93.184.216.34"], then=["127.0.0.1"])
    reached: list[object] = []

    def connect(self: socket.socket, address: object) -> None:
        reached.append(address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    reach("meldkamer.example", 443, "https", (), Deadline(1)).close()
    assert reached == [("93.184.216.34", 443)]
    assert looks == ["meldkamer.example"]


def test_a_name_that_does_not_exist_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(DeliveryError) as refusal:
        reach("nergens.example", 443, "https", (), Deadline(1))
    assert (refusal.value.reason, refusal.value.permanent) == ("name-not-found", False)


def _resolve_to(monkeypatch: pytest.MonkeyPatch, first: list[str], then: list[str] | None = None) -> list[str]:
    looks: list[str] = []

    def resolve(host: str, port: int, **_: object) -> list[object]:
        answers = first if not looks else (then or first)
        looks.append(host)
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in answers
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return looks
