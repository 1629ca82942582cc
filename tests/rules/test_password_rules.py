"""Which passwords, names and codes are good enough."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piket.organisations.password_rules import (
    code_fault,
    password_fault,
    settled,
    sign_in_name,
    sign_in_name_fault,
)


@pytest.mark.parametrize(
    "password",
    [
        "vier losse gewone woorden",
        "dit is er eentje",
        "kaasplank-fiets-regen",
        "Ωmega en nog wat letters",
        "x7#Kq9!mZ2pL",
    ],
)
def test_long_is_enough_without_signs_or_capitals(password: str) -> None:
    assert password_fault(password, "j.devries@overijssel.example") is None


def test_twelve_characters_are_enough_and_eleven_are_not() -> None:
    assert password_fault("kaas op tafe", "x") is None
    fault = password_fault("kaas op taf", "x")
    assert fault is not None
    assert "12" in fault
    assert "11" in fault


def test_a_password_without_end_is_refused_before_it_costs_anything() -> None:
    assert password_fault("kaas op tafel " * 100, "x") is not None


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Wachtwoord2024!", "welkomwelkom", "Welkom123456", "123456789012", "098765432109", "aaaaaaaaaaaa",
        "abcabcabcabc", "qwertyuiop123", "Piketdienst1!", "terapel2024!!", "1q2w3e4r5t6y", "!!!!!!!!!!!!", "administrator1",
        "correcthorsebatterystaple",
    ],
)  # fmt: skip
def test_what_is_tried_first_is_refused(password: str) -> None:
    fault = password_fault(password, "j.devries")
    assert fault is not None
    assert "tried first" in fault


@pytest.mark.parametrize(
    "password", ["j.devries@overijssel.example", "J.deVries@Overijssel.Example1", "j.devries-lang12"]
)
def test_the_own_name_is_no_password(password: str) -> None:
    assert password_fault(password, "j.devries@overijssel.example" if "@" in password else "j.devries-lang") is not None


@given(st.text(min_size=12, max_size=60))
def test_a_password_is_judged_alike_however_a_keyboard_composed_it(password: str) -> None:
    assert settled(settled(password)) == settled(password)
    assert password_fault(settled(password), "x") == password_fault(password, "x")


@pytest.mark.parametrize(
    "name", ["j.devries", "Piket@Overijssel.example ", "a1", "a@coa.example", "o'neill+piket@coa.example"]
)
def test_a_name_may_be_an_address_or_a_plain_name(name: str) -> None:
    assert sign_in_name_fault(sign_in_name(name)) is None


@pytest.mark.parametrize(
    "name", ["", "a", "jan de vries", ".jan", "jan@", "@coa.example", "jan@coa..example", "x" * 300, "a\nb"]
)
def test_what_cannot_be_a_name_is_told_what_would_be_right(name: str) -> None:
    assert "e-mail address" in str(sign_in_name_fault(sign_in_name(name)))


def test_capitals_and_spaces_around_a_name_do_not_matter() -> None:
    assert sign_in_name("  J.deVries@COA.example\t") == "j.devries@coa.example"


@pytest.mark.parametrize("code", ["482915", "100200", "700001"])
def test_six_digits_are_a_code(code: str) -> None:
    assert code_fault(code) is None


@pytest.mark.parametrize("code", ["", "48291", "4829155", "48291a", "\uff14\uff18\uff12\uff19\uff11\uff15", " 482915"])
def test_anything_else_is_no_code(code: str) -> None:
    assert "6 digits" in str(code_fault(code))


@pytest.mark.parametrize("code", ["000000", "111111", "123456", "654321", "890123", "098765", "123123", "121212"])
def test_a_code_that_is_tried_first_is_refused(code: str) -> None:
    assert "tried first" in str(code_fault(code))
