"""Organisations, contact points and keys in the store."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.models import AuditEntry
from piket.audit.service import Actor
from piket.errors import Conflict, Invalid, NotFound, Unauthenticated
from piket.organisations import service
from piket.organisations.models import Key, Organisation
from piket.pages import PageRequest
from piket.settings import Settings
from tests.fakes import START

OPERATOR = Actor("operator")


@pytest.fixture(autouse=True)
def those_of_the_start(session: Session, settings: Settings) -> None:
    service.seed(session, START, settings)


def deeds(session: Session) -> list[str]:
    return [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq))]


def test_seed_adds_what_is_missing_and_leaves_the_rest(session: Session, settings: Settings) -> None:
    row = session.get_one(Organisation, "nl-dr")
    row.name = "Provincie Drenthe"
    session.delete(session.get_one(Organisation, "vng"))
    session.flush()
    assert service.seed(session, START, settings) == 1
    assert service.find(session, "nl-dr").name == "Provincie Drenthe"
    assert service.find(session, "vng").kind == "vng"
    assert len(service.listed(session)) == len(settings.organisations) == 29


def test_organisations_are_found_by_kind_and_province(session: Session) -> None:
    assert len(service.listed(session, kind="province")) == 12
    assert [o.code for o in service.listed(session, kind="commissioner", province="nl-ov")] == ["cdk-nl-ov"]
    assert service.commissioner_of(session, "nl-ov") == "cdk-nl-ov"
    assert service.commissioner_of(session, "nl-xx") is None
    assert service.known(session, "nobody") is None
    with pytest.raises(NotFound):
        service.find(session, "nobody")


def test_a_code_without_a_name_stands_for_itself(session: Session) -> None:
    assert service.names(session, ["nl-dr", "nobody"]) == {"nl-dr": "Drenthe", "nobody": "nobody"}


def test_a_municipality_gets_the_province_of_the_list(session: Session, settings: Settings) -> None:
    added = service.add(
        session, START, OPERATOR, settings, code="gm1680", kind="municipality", name="Aa en Hunze", province=None
    )
    assert added.province == "nl-dr"
    assert deeds(session)[-1] == "add_organisation"


@pytest.mark.parametrize(
    ("code", "kind", "province", "fields"),
    [
        ("gm9999", "municipality", None, {"code"}),
        ("gm1680", "municipality", "nl-gr", {"province"}),
        ("vr03", "safetyRegion", None, {"province"}),
        ("vr99", "safetyRegion", "nl-xx", {"code", "province"}),
        ("coa9", "coa", "nl-dr", {"code", "province"}),
    ],
)
def test_an_organisation_that_cannot_be_is_refused_with_all_that_is_wrong(
    session: Session, settings: Settings, code: str, kind: str, province: str | None, fields: set[str]
) -> None:
    with pytest.raises(Invalid) as wrong:
        service.add(session, START, OPERATOR, settings, code=code, kind=kind, name="X", province=province)
    assert {fault.field for fault in wrong.value.faults} == fields


def test_an_organisation_is_added_once(session: Session, settings: Settings) -> None:
    with pytest.raises(Conflict):
        service.add(session, START, OPERATOR, settings, code="nl-dr", kind="province", name="Drenthe", province=None)


def test_mail_and_telephone_are_active_at_once_and_a_webhook_waits_for_its_test(session: Session) -> None:
    states = {
        channel: service.add_contact_point(session, START, OPERATOR, "nl-dr", channel=channel, address=address).state
        for channel, address in [
            ("email", "piket@drenthe.example"), ("webhook", "https://drenthe.example/"), ("telephone", "+31592365555")
        ]
    }  # fmt: skip
    assert states == {"email": "active", "telephone": "active", "webhook": "pending"}
    assert service.telephone(session, "nl-dr") == "+31592365555"
    assert service.telephone(session, "nl-ov") is None


def test_the_same_address_is_added_once_and_again_after_it_ended(session: Session) -> None:
    def add() -> service.ContactPointInfo:
        return service.add_contact_point(
            session, START, OPERATOR, "nl-dr", channel="email", address="Piket@drenthe.example"
        )

    first = add()
    with pytest.raises(Conflict):
        add()
    service.end_contact_point(session, START, OPERATOR, first.id)
    assert add().id != first.id


def test_an_ended_contact_point_stays_readable_and_stays_ended(session: Session) -> None:
    point = service.add_contact_point(
        session, START, OPERATOR, "nl-dr", channel="email", address="piket@drenthe.example"
    )
    service.end_contact_point(session, START, OPERATOR, point.id)
    later = START + timedelta(hours=1)
    service.end_contact_point(session, later, OPERATOR, point.id)
    assert service.find_contact_point(session, point.id).ended_at == START
    assert service.contact_points(session, "nl-dr") == []
    assert [p.id for p in service.contact_points(session, "nl-dr", include_ended=True)] == [point.id]
    assert not service.set_contact_point_state(session, later, point.id, "active", "delivered")
    assert service.find_contact_point(session, point.id).state == "ended"


def test_delivery_moves_a_webhook_from_pending_to_active_to_failing_to_ended(session: Session) -> None:
    point = service.add_contact_point(
        session, START, OPERATOR, "nl-dr", channel="webhook", address="https://drenthe.example/"
    )
    moved = [
        service.set_contact_point_state(session, START, point.id, s, "x")
        for s in ("active", "active", "failing", "ended")
    ]
    assert moved == [True, False, True, True]
    assert service.find_contact_point(session, point.id).ended_at == START
    assert deeds(session).count("set_contact_point_state") == 3


def test_what_is_written_down_of_a_contact_point_holds_no_address(session: Session) -> None:
    service.add_contact_point(session, START, OPERATOR, "nl-dr", channel="email", address="geheim@drenthe.example")
    assert not any("geheim" in str(entry.details) for entry in session.scalars(select(AuditEntry)))


def test_a_key_opens_until_it_is_revoked_or_expires(session: Session) -> None:
    info, token = service.issue_key(
        session, START, OPERATOR, "nl-ov", read_only=True, expires_at=START + timedelta(hours=1)
    )
    caller = service.authenticate(session, START, token)
    assert (caller.organisation, caller.kind, caller.province, caller.read_only) == ("nl-ov", "province", "nl-ov", True)
    assert caller.key == info.id
    with pytest.raises(Unauthenticated) as expired:
        service.authenticate(session, START + timedelta(hours=1), token)
    assert expired.value.code == "key-expired"
    service.revoke_key(session, START, OPERATOR, info.id)
    with pytest.raises(Unauthenticated) as revoked:
        service.authenticate(session, START, token)
    assert revoked.value.code == "key-revoked"


def test_only_the_hash_of_a_key_is_stored(session: Session) -> None:
    info, token = service.issue_key(session, START, OPERATOR, "nl-ov")
    row = session.get_one(Key, info.id)
    assert token.startswith("piket_")
    assert len(token) >= 49
    assert token not in str(vars(row))
    assert len(row.token_hash) == 64


@pytest.mark.parametrize("token", ["", "piket_", "piket_wrong", "x" * 10_000])
def test_another_token_opens_nothing(session: Session, token: str) -> None:
    service.issue_key(session, START, OPERATOR, "nl-ov")
    with pytest.raises(Unauthenticated):
        service.authenticate(session, START, token)


def test_a_key_that_would_be_over_before_it_began_is_not_made(session: Session) -> None:
    with pytest.raises(Invalid):
        service.issue_key(session, START, OPERATOR, "nl-ov", expires_at=START)
    with pytest.raises(NotFound):
        service.issue_key(session, START, OPERATOR, "nobody")


def test_pages_hold_every_row_once_also_when_all_have_one_moment(session: Session) -> None:
    seen: list[str] = []
    page = service.paged(session, PageRequest(7))
    while True:
        seen += [organisation.code for organisation in page.items]
        if page.next is None:
            break
        page = service.paged(session, PageRequest(7, page.next))
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 29
