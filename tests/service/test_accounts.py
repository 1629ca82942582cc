"""Accounts, sign-ins, links for passwords, what was typed, and codes of desks, in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.models import AuditEntry
from piket.audit.service import Actor
from piket.db import Store
from piket.errors import Conflict, Invalid, NotFound, Unauthenticated
from piket.organisations import accounts, desk_codes, kept_forms, passwords, service, sign_ins
from piket.organisations.access import Caller
from piket.organisations.account_models import Account, DeskCode, KeptForm, PasswordLink, SignIn
from piket.organisations.accounts import AccountInfo
from piket.pages import PageRequest
from tests.fakes import START

OPERATOR = Actor("operator", "k1")
HOUR, DAY, IDLE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=60)
NAME = "J.deVries@overijssel.example"


@pytest.fixture(autouse=True)
def seed(seeded: Store) -> None:
    """With the organisations of config/."""


@pytest.fixture
def person(session: Session) -> AccountInfo:
    return accounts.add_account(
        session, START, OPERATOR, "nl-ov", sign_in_name=NAME, name="Jo de Vries", role="officer"
    )


def as_person(session: Session, account: AccountInfo) -> Caller:
    return sign_ins.caller_of_account(session, account.id)


def signed_in(session: Session, account: AccountInfo, lasts: timedelta = 12 * HOUR) -> tuple[str, str]:
    return sign_ins.begin(session, START, as_person(session, account), "Firefox, Windows", lasts)


def deeds(session: Session) -> list[AuditEntry]:
    return list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


def test_an_account_has_no_password_until_its_person_chose_one(session: Session, person: AccountInfo) -> None:
    assert (person.sign_in_name, person.password_set_at, person.role) == (NAME.lower(), None, "officer")
    assert sign_ins.candidate(session, NAME) == sign_ins.Candidate(person.id, None)
    link, token = accounts.make_password_link(session, START, OPERATOR, person.id, 3 * DAY, HOUR)
    assert link.expires_at == START + 3 * DAY
    assert accounts.account_of_link(session, START, token).id == person.id
    accounts.choose_password(session, START, token, "a hash")
    assert sign_ins.candidate(session, f" {NAME.upper()} ") == sign_ins.Candidate(person.id, "a hash")
    later, _ = accounts.make_password_link(session, START, OPERATOR, person.id, 3 * DAY, HOUR)
    assert later.expires_at == START + HOUR


def test_a_link_works_once_and_opening_it_changes_nothing(session: Session, person: AccountInfo) -> None:
    _, token = accounts.make_password_link(session, START, OPERATOR, person.id, HOUR, HOUR)
    for _ in range(3):
        accounts.account_of_link(session, START, token)
    accounts.choose_password(session, START, token, "a hash")
    for refused in (accounts.account_of_link, lambda *a: accounts.choose_password(*a, "another")):
        with pytest.raises(NotFound):
            refused(session, START, token)
    assert sign_ins.candidate(session, NAME).password_hash == "a hash"


def test_a_link_ends_with_its_hour_and_with_the_next_one(session: Session, person: AccountInfo) -> None:
    _, first = accounts.make_password_link(session, START, OPERATOR, person.id, HOUR, HOUR)
    with pytest.raises(NotFound) as over:
        accounts.account_of_link(session, START + HOUR, first)
    accounts.account_of_link(session, START + HOUR - timedelta(seconds=1), first)
    accounts.make_password_link(session, START, OPERATOR, person.id, HOUR, HOUR)
    with pytest.raises(NotFound) as void:
        accounts.account_of_link(session, START, first)
    with pytest.raises(NotFound) as unknown:
        accounts.account_of_link(session, START, "made up")
    assert str(over.value) == str(void.value) == str(unknown.value)
    assert [one.voided for one in accounts.password_links(session, person.id, PageRequest()).items].count(True) == 1


def test_only_hashes_are_stored_of_what_opens_anything(session: Session, person: AccountInfo) -> None:
    _, token = accounts.make_password_link(session, START, OPERATOR, person.id, HOUR, HOUR)
    _, cookie = signed_in(session, person)
    _, code = desk_codes.set_code(session, START, OPERATOR, "nl-ov")
    rows = [vars(row) for kind in (PasswordLink, SignIn, DeskCode, Account) for row in session.scalars(select(kind))]
    assert not any(secret in str(rows) for secret in (token, cookie, code))
    written = str([(entry.subject, entry.details) for entry in deeds(session)])
    assert not any(secret in written for secret in (token, cookie, code, "Vries", "vries"))


def test_a_name_is_given_once_whatever_its_capitals(session: Session, person: AccountInfo) -> None:
    with pytest.raises(Conflict):
        accounts.add_account(session, START, OPERATOR, "nl-dr", sign_in_name=NAME.upper(), name="X", role="reader")
    accounts.end_account(session, START, OPERATOR, person.id)
    with pytest.raises(Conflict):
        accounts.add_account(session, START, OPERATOR, "nl-ov", sign_in_name=NAME, name="X", role="reader")


def test_an_account_that_cannot_be_is_refused_with_all_that_is_wrong(session: Session) -> None:
    with pytest.raises(Invalid) as wrong:
        accounts.add_account(session, START, OPERATOR, "nl-ov", sign_in_name="jan de vries", name="X", role="boss")
    assert {fault.field for fault in wrong.value.faults} == {"signInName", "role"}
    with pytest.raises(NotFound):
        accounts.add_account(session, START, OPERATOR, "nobody", sign_in_name="jan", name="X", role="reader")


def test_a_sign_in_says_who_and_for_whom(session: Session, person: AccountInfo) -> None:
    sign_in, token = signed_in(session, person)
    found = sign_ins.visitor(session, START, token, IDLE)
    assert (found.person, found.organisation, found.sign_in) == ("Jo de Vries", "Overijssel", sign_in)
    caller = found.caller
    assert (caller.organisation, caller.kind, caller.province) == ("nl-ov", "province", "nl-ov")
    assert (caller.account, caller.key, caller.role, caller.read_only) == (person.id, None, "officer", False)
    assert deeds(session)[-1].details == {"key": None, "account": person.id}
    assert accounts.find_account(session, person.id).signed_in_at == START


def test_another_role_holds_at_the_next_page(session: Session, person: AccountInfo) -> None:
    _, token = signed_in(session, person)
    changed = accounts.change_account(session, START, OPERATOR, person.id, role="reader")
    assert (changed.role, changed.name, changed.version) == ("reader", "Jo de Vries", person.version + 1)
    assert sign_ins.visitor(session, START, token, IDLE).caller.read_only


@pytest.mark.parametrize("after", [IDLE, IDLE + DAY])
def test_a_sign_in_that_is_not_used_ends(session: Session, person: AccountInfo, after: timedelta) -> None:
    _, token = signed_in(session, person, 30 * DAY)
    sign_ins.visitor(session, START + IDLE - timedelta(seconds=1), token, IDLE)
    with pytest.raises(Unauthenticated):
        sign_ins.visitor(session, START + after, token, IDLE)


def test_use_is_noted_once_a_minute_and_never_moves_back(session: Session, person: AccountInfo) -> None:
    sign_in, token = signed_in(session, person)
    seen = []
    for seconds in (30, 59, 60, 61, 20):
        sign_ins.note_seen(session, START + timedelta(seconds=seconds), sign_in)
        session.expire_all()
        seen.append((sign_ins.visitor(session, START, token, IDLE).seen_at - START).seconds)
    assert seen == [0, 0, 60, 60, 60]


def test_use_prolongs_it_only_to_its_last_moment(session: Session, person: AccountInfo) -> None:
    sign_in, token = signed_in(session, person, 2 * HOUR)
    for minutes in range(5, 120, 5):
        now = START + timedelta(minutes=minutes)
        sign_ins.note_seen(session, now, sign_in)
        sign_ins.visitor(session, now, token, IDLE)
    with pytest.raises(Unauthenticated):
        sign_ins.visitor(session, START + 2 * HOUR, token, IDLE)


def test_signing_out_ends_this_one_and_everywhere_ends_all(session: Session, person: AccountInfo) -> None:
    caller = as_person(session, person)
    first, second, third = (signed_in(session, person) for _ in range(3))
    sign_ins.end(session, START, caller, first[0])
    assert {one.id for one in sign_ins.open_ones(session, START, caller, IDLE)} == {second[0], third[0]}
    with pytest.raises(Unauthenticated):
        sign_ins.visitor(session, START, first[1], IDLE)
    sign_ins.end_everywhere(session, START, caller)
    assert sign_ins.open_ones(session, START, caller, IDLE) == []
    assert [one.action for one in deeds(session)][-2:] == ["sign_out", "sign_out_everywhere"]
    assert deeds(session)[-1].details["n"] == 2


def test_nobody_ends_a_sign_in_of_another(session: Session, person: AccountInfo) -> None:
    other = accounts.add_account(session, START, OPERATOR, "nl-ov", sign_in_name="b.b", name="B", role="administrator")
    sign_in, token = signed_in(session, person)
    sign_ins.end(session, START, as_person(session, other), sign_in)
    sign_ins.visitor(session, START, token, IDLE)


def test_another_password_ends_every_sign_in_but_the_one_that_changed_it(session: Session, person: AccountInfo) -> None:
    mine, other = signed_in(session, person), signed_in(session, person)
    _, link = accounts.make_password_link(session, START, OPERATOR, person.id, HOUR, HOUR)
    accounts.set_password(session, START, Actor("nl-ov", account=person.id), person.id, "a hash", keep=mine[0])
    sign_ins.visitor(session, START, mine[1], IDLE)
    with pytest.raises(Unauthenticated):
        sign_ins.visitor(session, START, other[1], IDLE)
    with pytest.raises(NotFound):
        accounts.account_of_link(session, START, link)


def test_an_account_that_ended_signs_nobody_in_and_out_who_was(session: Session, person: AccountInfo) -> None:
    accounts.set_password(session, START, OPERATOR, person.id, "a hash")
    _, token = signed_in(session, person)
    _, link = accounts.make_password_link(session, START, OPERATOR, person.id, HOUR, HOUR)
    caller = as_person(session, person)
    for _ in range(2):
        accounts.end_account(session, START, OPERATOR, person.id)
    assert [one.action for one in deeds(session)].count("end_account") == 1
    assert sign_ins.candidate(session, NAME) == sign_ins.Candidate()
    with pytest.raises(Unauthenticated):
        sign_ins.visitor(session, START, token, IDLE)
    with pytest.raises(Unauthenticated):
        sign_ins.begin(session, START, caller, "x", HOUR)
    with pytest.raises(NotFound):
        accounts.account_of_link(session, START, link)
    with pytest.raises(Conflict):
        accounts.make_password_link(session, START, OPERATOR, person.id, HOUR, HOUR)
    assert accounts.accounts_paged(session, "nl-ov", PageRequest(), include_ended=False).items == []
    assert len(accounts.accounts_paged(session, "nl-ov", PageRequest(), include_ended=True).items) == 1


def test_a_key_signs_in_too_and_ends_with_the_key(session: Session) -> None:
    info, shown = service.issue_key(session, START, OPERATOR, "nl-ov", read_only=True)
    caller = service.authenticate(session, START, shown)
    _, token = sign_ins.begin(session, START, caller, "Chrome, Linux", DAY)
    found = sign_ins.visitor(session, START, token, IDLE)
    assert (found.person, found.organisation, found.caller.key) == (None, "Overijssel", info.id)
    assert found.caller.read_only
    assert len(sign_ins.open_ones(session, START, caller, IDLE)) == 1
    service.revoke_key(session, START, OPERATOR, info.id)
    with pytest.raises(Unauthenticated):
        sign_ins.visitor(session, START, token, IDLE)


def test_a_token_that_was_never_given_out_belongs_to_nobody(session: Session, person: AccountInfo) -> None:
    assert sign_ins.holder_of(session, "made up") is None
    with pytest.raises(Unauthenticated):
        sign_ins.visitor(session, START, "made up", IDLE)
    sign_in, token = signed_in(session, person)
    sign_ins.end(session, START, as_person(session, person), sign_in)
    assert sign_ins.holder_of(session, token) == person.id


def test_who_was_not_let_in_is_written_down_without_what_was_typed(session: Session, person: AccountInfo) -> None:
    for name in (NAME, "nobody-at-all"):
        sign_ins.note_refused(session, START, sign_ins.candidate(session, name))
    assert [one.subject for one in deeds(session)[-2:]] == [f"account:{person.id}", "account:unknown"]
    assert {one.actor for one in deeds(session)[-2:]} == {"visitor"}


def test_an_older_hash_is_replaced_at_the_sign_in(session: Session, person: AccountInfo) -> None:
    accounts.set_password(session, START, OPERATOR, person.id, "old")
    sign_ins.begin(session, START, as_person(session, person), "x", HOUR, outdated="new")
    assert sign_ins.candidate(session, NAME).password_hash == "new"


def test_what_was_typed_is_kept_for_its_holder_and_page_and_two_hours(session: Session) -> None:
    typed = {"places": ["40"], "site": ["Sporthal", "Kerk"]}
    form = kept_forms.keep(session, START, "a1", "/turns/7", typed)
    assert form is not None
    assert kept_forms.kept(session, START, "a1", "/turns/7", form) == typed
    for holder, page, now in (
        ("a2", "/turns/7", START),
        ("a1", "/turns/8", START),
        ("a1", "/turns/7", START + 2 * HOUR),
    ):
        assert kept_forms.kept(session, now, holder, page, form) is None
    assert kept_forms.kept(session, START, "a1", "/turns/7", "made up") is None
    kept_forms.keep(session, START + 2 * HOUR, "a2", "/", {})
    assert session.get(KeptForm, form) is None


def test_no_more_than_a_few_forms_are_kept_and_none_without_measure(session: Session) -> None:
    assert kept_forms.keep(session, START, "a1", "/", {"note": ["x" * 40_000]}) is None
    forms = [kept_forms.keep(session, START + timedelta(seconds=n), "a1", "/", {"n": [str(n)]}) for n in range(8)]
    assert [kept_forms.kept(session, START, "a1", "/", str(form)) is not None for form in forms] == [False] * 3 + [
        True
    ] * 5


def test_a_desk_has_the_code_that_was_set_last(session: Session) -> None:
    assert desk_codes.current(session, "nl-ov") is None
    assert desk_codes.kept_hash(session, "nl-ov") is None
    _, first = desk_codes.set_code(session, START, OPERATOR, "nl-ov", "482915")
    later = START + HOUR
    info, second = desk_codes.set_code(session, later, Actor("nl-ov"), "nl-ov")
    assert first == "482915"
    kept = desk_codes.kept_hash(session, "nl-ov")
    assert [passwords.fits(kept, code) for code in (first, second)] == [False, True]
    assert (info.requested_by, info.created_at, info.ended_at) == ("nl-ov", later, None)
    assert [one.ended_at for one in desk_codes.codes_paged(session, "nl-ov", PageRequest()).items] == [None, later]
    assert desk_codes.kept_hash(session, "nl-dr") is None
    assert deeds(session)[-1].subject == "organisation:nl-ov"


@pytest.mark.parametrize("code", ["123456", "12345", "abcdef"])
def test_a_code_that_is_none_is_refused_and_the_old_one_holds(session: Session, code: str) -> None:
    desk_codes.set_code(session, START, OPERATOR, "nl-ov", "482915")
    with pytest.raises(Invalid):
        desk_codes.set_code(session, START, OPERATOR, "nl-ov", code)
    assert passwords.fits(desk_codes.kept_hash(session, "nl-ov"), "482915")
