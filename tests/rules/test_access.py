"""Who may do what, written a second time as people read it, against every action and every kind."""

from __future__ import annotations

import pytest

from piket.audit.service import OnBehalf
from piket.errors import Refused
from piket.organisations.access import (
    MAY_SPEAK_FOR_OTHERS,
    PERMISSIONS,
    Caller,
    may,
    may_ever,
    needs_owner,
    refusal,
    require,
    require_writer,
)
from piket.organisations.rules import KINDS
from piket.words import Words

ALL = "coa vng ministry operator province commissioner municipality safetyRegion"
ON_A_ROTA = "province safetyRegion municipality"

# action | to anything | only to what is theirs | may be entered for its owner
TABLE = f"""
read                  | {ALL}                 |                        | no
record-count          | coa                   |                        | no
change-thresholds     | ministry              |                        | no
offer-place           | coa                   | province               | no
see-site              | coa ministry          | province municipality  | no
change-commitment     | coa                   | province municipality  | no
put-rota              | ministry              |                        | no
preview-rota          | ministry              |                        | no
accept-rota           |                       | {ON_A_ROTA}            | no
override-duty         | ministry              |                        | no
propose-swap          | ministry              | {ON_A_ROTA}            | no
answer-swap           |                       | {ON_A_ROTA}            | no
confirm-turn          |                       | {ON_A_ROTA}            | yes
sign-off-hand-over    |                       | {ON_A_ROTA}            | yes
declare-overflow      | coa ministry          |                        | no
close-overflow        | coa ministry          |                        | no
adjust-need           | coa ministry          |                        | no
add-note              | coa ministry          |                        | no
begin-round           | coa ministry          |                        | no
call-up               | coa ministry          |                        | no
respond               |                       | {ON_A_ROTA}            | yes
take-surplus          | coa                   |                        | no
release-call-up       | coa                   |                        | no
add-enquiry           | coa ministry          | {ON_A_ROTA}            | no
convene               | ministry              |                        | no
attend                |                       | {ALL}                  | no
acknowledge           |                       | {ALL}                  | yes
read-deliveries       | coa ministry operator | {ALL}                  | no
retry-delivery        | coa ministry operator | {ALL}                  | no
add-organisation      | operator              |                        | no
manage-contact-points | operator              | {ALL}                  | no
test-contact-point    | operator              | {ALL}                  | no
rotate-secret         | operator              | {ALL}                  | no
manage-keys           | operator              | {ALL}                  | no
manage-calendars      | operator              | {ALL}                  | no
manage-accounts       | operator              | {ALL}                  | no
manage-desk-code      | operator              | {ALL}                  | no
hold-drill            | coa ministry          | province               | no
join-drill            |                       | {ALL}                  | no
read-audit            | ministry operator     | {ALL}                  | no
"""
ROWS = {
    cells[0]: (set(cells[1].split()), set(cells[2].split()), cells[3] == "yes")
    for cells in ([cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines())
}
EVERY = [(action, kind) for action in PERMISSIONS for kind in KINDS]


def caller(kind: str) -> Caller:
    return Caller(kind, kind)


def test_every_action_stands_in_this_table_too() -> None:
    assert set(ROWS) == set(PERMISSIONS)


@pytest.mark.parametrize(("action", "kind"), EVERY)
def test_a_kind_may_do_to_anything_what_the_table_says(action: str, kind: str) -> None:
    assert may(caller(kind), action) == (kind in ROWS[action][0])


@pytest.mark.parametrize(("action", "kind"), EVERY)
def test_a_kind_may_do_to_its_own_what_the_table_says(action: str, kind: str) -> None:
    assert may(caller(kind), action, own=True) == (kind in ROWS[action][0] | ROWS[action][1])


@pytest.mark.parametrize(("action", "kind"), EVERY)
def test_only_coa_and_ministry_speak_for_others_and_only_where_the_table_says(action: str, kind: str) -> None:
    expected = ROWS[action][2] and kind in ("coa", "ministry")
    assert may(caller(kind), action, own=True, on_behalf=True) == expected


@pytest.mark.parametrize(("action", "kind"), EVERY)
def test_nobody_speaks_for_an_organisation_about_what_is_not_its_own(action: str, kind: str) -> None:
    assert not may(caller(kind), action, own=False, on_behalf=True)


@pytest.mark.parametrize(("action", "kind"), EVERY)
def test_the_question_before_the_thing_is_known_lets_through_who_may_do_it_to_something(action: str, kind: str) -> None:
    anything, own, behalf = ROWS[action]
    assert may_ever(caller(kind), action) == (kind in anything | own or (behalf and kind in ("coa", "ministry")))


@pytest.mark.parametrize(("action", "kind"), EVERY)
def test_the_owner_matters_unless_it_may_be_done_to_anything(action: str, kind: str) -> None:
    assert needs_owner(caller(kind), action) == (kind not in ROWS[action][0])


def test_require_refuses_and_remembers_that_it_was_asked() -> None:
    province = caller("province")
    with pytest.raises(Refused) as refused:
        require(province, "offer-place")
    assert refused.value.code == "not-allowed"
    assert province.asked == {"offer-place"}
    require(province, "offer-place", own=True)


def test_an_action_that_does_not_exist_is_a_mistake_of_the_code() -> None:
    with pytest.raises(KeyError):
        require(caller("coa"), "open-the-safe")


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("change-thresholds", "Only the ministry may do this."),
        ("call-up", "Only COA and the ministry may do this."),
        (
            "read-deliveries",
            "Only COA, the ministry and the operator, and the organisation that it belongs to, may do this.",
        ),
        ("accept-rota", "Only the organisation that is asked may do this."),
        (
            "respond",
            "Only the organisation that is asked may do this, or COA or the ministry on behalf of it (onBehalf).",
        ),
    ],
)
def test_a_refusal_says_who_may(action: str, sentence: str) -> None:
    assert Words("en")(refusal(action).detail) == sentence


def test_every_refusal_has_a_sentence() -> None:
    assert all(str(refusal(action).detail).endswith(".") for action in PERMISSIONS)


def test_the_actor_of_a_caller_names_its_key_and_whom_it_speaks_for() -> None:
    asked = Caller("coa", "coa", key="k1")
    assert asked.actor().speaks_for == "coa"
    spoken = asked.actor(OnBehalf("nl-ov", "the duty desk", "telephone"))
    assert (spoken.organisation, spoken.key, spoken.speaks_for) == ("coa", "k1", "nl-ov")


ADMINISTRATION = {
    "add-organisation", "manage-contact-points", "test-contact-point", "rotate-secret", "manage-keys", "manage-accounts",
    "manage-desk-code",
}  # fmt: skip


def person(kind: str, role: str) -> Caller:
    return Caller(kind, kind, account="a1", role=role, read_only=role == "reader")


@pytest.mark.parametrize(("action", "kind"), EVERY)
def test_only_administrators_manage_what_is_their_organisations(action: str, kind: str) -> None:
    assert may(person(kind, "administrator"), action, own=True) == may(caller(kind), action, own=True)
    expected = action not in ADMINISTRATION and may(caller(kind), action, own=True)
    assert may(person(kind, "officer"), action, own=True) == expected


def test_an_officer_is_told_to_ask_an_administrator() -> None:
    with pytest.raises(Refused, match="administrator") as refused:
        require(person("province", "officer"), "manage-accounts", own=True)
    assert refused.value.code == "not-this-role"


@pytest.mark.parametrize(
    ("reads", "code"), [(person("coa", "reader"), "reader"), (Caller("coa", "coa", read_only=True), "read-only-key")]
)
def test_who_may_only_read_is_refused_by_name_of_what_they_hold(reads: Caller, code: str) -> None:
    with pytest.raises(Refused) as refused:
        require_writer(reads)
    assert refused.value.code == code
    require_writer(person("coa", "officer"))
    require_writer(caller("coa"))


def test_the_actor_of_a_person_names_the_account_and_no_key() -> None:
    acted = person("nl-ov", "officer").actor()
    assert (acted.organisation, acted.key, acted.account) == ("nl-ov", None, "a1")


def test_who_may_speak_for_others_are_coa_and_the_ministry() -> None:
    assert frozenset({"coa", "ministry"}) == MAY_SPEAK_FOR_OTHERS
