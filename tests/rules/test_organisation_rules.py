"""Codes, addresses and secrets: which are good, and that the others are told what would be."""

from __future__ import annotations

import base64

import pytest

from piket.organisations.addresses import address_fault
from piket.organisations.rules import code_fault, province_of, token_hash, webhook_secret

MUNICIPALITIES = {"gm1950", "gm1680"}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("coa", "coa"), ("operator", "operator"), ("province", "nl-dr"), ("commissioner", "cdk-nl-zh"),
        ("safetyRegion", "vr01"), ("safetyRegion", "vr25"), ("municipality", "gm1950"),
    ],
)  # fmt: skip
def test_a_code_is_taken_when_it_fits_its_kind(kind: str, code: str) -> None:
    assert code_fault(kind, code, MUNICIPALITIES) is None


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("coa", "coa2"), ("province", "nl-xx"), ("province", "dr"), ("commissioner", "nl-dr"), ("commissioner", "cdk-dr"),
        ("safetyRegion", "vr00"), ("safetyRegion", "vr26"), ("safetyRegion", "vr1"), ("municipality", "gm9999"),
        ("municipality", "1950"),
    ],
)  # fmt: skip
def test_a_code_is_refused_with_what_would_be_right_when_it_does_not(kind: str, code: str) -> None:
    assert code_fault(kind, code, MUNICIPALITIES)


def test_the_province_is_read_from_the_code_where_it_stands_in_it() -> None:
    assert province_of("province", "nl-fr") == "nl-fr"
    assert province_of("commissioner", "cdk-nl-fr") == "nl-fr"
    assert province_of("municipality", "gm1950") is None


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "piket@drenthe.example"), ("email", "root@localhost"), ("email", "desk@piket.test"),
        ("webhook", "https://meldkamer.example/piket?x=1"), ("webhook", "http://127.0.0.1:8080/"),
        ("webhook", "https://[2001:db8::1]/"),
        ("telephone", "112"), ("telephone", "+31 (0)592 365 555"), ("telephone", "(0592) 365-555"),
    ],
)  # fmt: skip
def test_an_address_is_taken_when_it_can_be_used(channel: str, address: str) -> None:
    assert address_fault(channel, address) is None


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "nobody"), ("email", "a@b..nl"), ("email", "A <a@b.nl>"), ("email", "a@b.nl\nBcc: c@d.nl"),
        ("email", "a@b.nl,c@d.nl"),
        ("webhook", "meldkamer.example"), ("webhook", "ftp://meldkamer.example/"), ("webhook", "https://"),
        ("webhook", "https://u:p@meldkamer.example/"), ("webhook", "https://a b.example/"),
        ("webhook", "https://x.example:99999/"), ("webhook", "https://x.example\\@y.example/"),
        ("telephone", "06"), ("telephone", "zero"), ("telephone", "+31 592 365 555 ext 3"), ("telephone", "1" * 40),
    ],
)  # fmt: skip
def test_an_address_is_refused_with_what_would_be_right_when_it_cannot(channel: str, address: str) -> None:
    assert address_fault(channel, address)


def test_a_webhook_secret_is_that_of_standard_webhooks_and_of_this_contact_point_alone() -> None:
    secret = webhook_secret(b"key", "a", 1)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    others = [webhook_secret(b"key", "a", 2), webhook_secret(b"key", "b", 1), webhook_secret(b"other", "a", 1)]
    assert len({secret, *others}) == 4
    assert webhook_secret(b"key", "a", 1) == secret


def test_a_key_is_kept_as_a_hash_from_which_it_cannot_be_read() -> None:
    assert token_hash("piket_x") == token_hash("piket_x") != token_hash("piket_y")
    assert "piket" not in token_hash("piket_x")
