from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.letters import write_letter
from piket.alerts.links import read_link
from piket.alerts.models import Delivery
from piket.alerts.rules import Answers, EnoughPlaces, Fact, HowFull, WhoActs
from piket.audit.service import ENGINE, Actor
from piket.errors import Conflict, NotFound
from piket.organisations import service as organisations
from piket.settings import Settings
from piket.words import Words
from tests.fakes import START

ANSWERS = Answers(HowFull(2129), WhoActs("nl-ov", START + timedelta(hours=1)), EnoughPlaces(179, 0, 179))


@pytest.fixture(autouse=True)
def people(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)


def reach(session: Session, organisation: str, channel: str, address: str) -> str:
    return organisations.add_contact_point(session, START, ENGINE, organisation, channel=channel, address=address).id


def told(
    session: Session, settings: Settings, *codes: str, kind: str = "callUpOverdue", **changes: Any
) -> alerts.AlertInfo:
    fact = Fact(kind, **{"centre": "ter-apel", "level": "overflow", "answers": ANSWERS} | changes)
    sent = alerts.enqueue(session, START, settings, fact, dict.fromkeys(codes, ()))
    return alerts.find_alert(session, sent.alert)


def test_the_telephone_of_who_must_act_is_given_when_coa_reads(session: Session, settings: Settings) -> None:
    reach(session, "nl-ov", "telephone", "+31 38 499 88 99")
    alert = told(session, settings, "coa", "nl-ov", details={"organisation": "nl-ov"})
    assert write_letter(session, settings, alert, "coa", "nl").ring == "Bel Overijssel: +31 38 499 88 99."
    assert write_letter(session, settings, alert, "nl-ov", "en").ring == "No telephone number is known of COA."


def test_the_link_is_for_the_reader_alone_when_a_letter_is_written(session: Session, settings: Settings) -> None:
    alert = told(session, settings, "coa", "vng")
    links = [write_letter(session, settings, alert, code, "nl").link for code in ("coa", "vng")]
    assert all(link.startswith(f"{settings.base_url}/r/") for link in links)
    targets = [read_link(settings.secret_key, link.rsplit("/", 1)[1]) for link in links]
    assert [(target.alert, target.organisation) for target in targets] == [(alert.id, "coa"), (alert.id, "vng")]


def test_the_others_are_named_when_a_letter_is_written(session: Session, settings: Settings) -> None:
    alert = told(session, settings, "coa", "vng", "nl-ov")
    assert write_letter(session, settings, alert, "coa", "en").others == "Also told: VNG and Overijssel."


def test_the_municipality_has_its_name_when_only_its_code_is_known(session: Session, settings: Settings) -> None:
    details = {"what": "agreed", "places": 5, "municipality": "gm1950", "province": "nl-gr", "by": "coa"}
    alert = told(session, settings, "gm1950", kind="commitmentChanged", details=details)
    shown = alerts.as_data(alert, Words("nl"), alerts.reader_of(session, "gm1950"))
    assert shown["title"] == "Toegezegd: 5 plekken in Westerwolde"


class TestRetry:
    @pytest.fixture
    def delivery(self, session: Session, settings: Settings) -> Delivery:
        reach(session, "coa", "email", "piket@coa.example")
        told(session, settings, "coa")
        return session.scalars(select(Delivery)).one()

    def test_a_delivery_given_up_is_due_at_once_and_still_counts(self, session: Session, delivery: Delivery) -> None:
        delivery.state, delivery.gave_up_at, delivery.next_attempt_at = "failed", START, None
        alerts.retry(session, START + timedelta(hours=1), Actor("coa"), delivery.id)
        assert (delivery.state, delivery.next_attempt_at) == ("pending", START + timedelta(hours=1))
        assert alerts.undelivered(session, START + timedelta(hours=1), ()) == 1

    @pytest.mark.parametrize("state", ["pending", "sending", "delivered"])
    def test_only_a_failed_one_is_tried_again(self, session: Session, delivery: Delivery, state: str) -> None:
        delivery.state = state
        with pytest.raises(Conflict):
            alerts.retry(session, START, Actor("coa"), delivery.id)
        with pytest.raises(NotFound):
            alerts.retry(session, START, Actor("coa"), "no-such-delivery")

    def test_nothing_is_tried_again_when_the_contact_point_has_ended(
        self, session: Session, delivery: Delivery
    ) -> None:
        delivery.state = "failed"
        organisations.end_contact_point(session, START, ENGINE, delivery.contact_point)
        with pytest.raises(Conflict) as caught:
            alerts.retry(session, START, Actor("coa"), delivery.id)
        assert caught.value.code == "contact-point-ended"
