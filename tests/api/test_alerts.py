from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from piket.alerts import service as alerts
from piket.alerts.models import Attempt, Delivery
from piket.alerts.rules import Answers, EnoughPlaces, Fact, HowFull, WhoActs
from piket.audit.service import ENGINE
from piket.deps import Deps
from piket.organisations import service as organisations
from tests.client import Client
from tests.fakes import START

Make = Callable[..., Client]
ANSWERS = Answers(
    HowFull(2129, 45, "nightBeds", START - timedelta(hours=7), 2000, 129),
    WhoActs("nl-ov", START + timedelta(hours=1)),
    EnoughPlaces(179, 120, 59),
    True,
)
CALL_UP = {"organisation": "nl-ov", "places": 179, "neededBy": START + timedelta(hours=7), "madeAt": START}


@pytest.fixture
def there(app: Flask) -> Deps:
    deps: Deps = app.extensions["piket"]
    return deps


def tell(there: Deps, *told: str, kind: str = "callUp", minutes: int = 0, **changes: Any) -> str:
    given: dict[str, Any] = {"centre": "ter-apel", "level": "overflow", "overflow": "episode", "answers": ANSWERS}
    fact = Fact(kind, **given | {"details": CALL_UP} | changes)
    with there.writing() as session:
        now = START + timedelta(minutes=minutes)
        return alerts.enqueue(session, now, there.settings, fact, dict.fromkeys(told, ("overflow",))).alert


def reach(there: Deps, organisation: str, address: str, channel: str = "email") -> None:
    with there.writing() as session:
        organisations.add_contact_point(session, START, ENGINE, organisation, channel=channel, address=address)


def test_an_alert_answers_the_three_questions_when_it_is_read(there: Deps, client: Make) -> None:
    alert = tell(there, "nl-ov")
    shown = client("nl-ut").get(f"alerts/{alert}").expect(200)
    assert shown["title"] == "Afroep: 179 plekken nodig vóór 21.00 uur. Overijssel is aan de beurt"
    assert shown["howFull"] == {
        "people": 2129,
        "withoutBed": 45,
        "definition": "nightBeds",
        "observedAt": "2024-09-16T05:00:00Z",
        "norm": 2000,
        "overNorm": 129,
    }
    assert shown["whoActs"] == {"organisation": "nl-ov", "by": "2024-09-16T13:00:00Z"}
    assert shown["enoughPlaces"] == {"needed": 179, "committed": 120, "shortfall": 59}
    assert (shown["told"], shown["acknowledgements"], shown["drill"]) == (["nl-ov"], [], False)
    assert "Er zijn 59 plekken te weinig" in shown["text"]
    assert shown["details"]["neededBy"] == "2024-09-16T19:00:00Z"


def test_the_texts_are_english_when_the_reader_asks_for_english(there: Deps, client: Make) -> None:
    alert = tell(there, "nl-ov")
    shown = client("coa").get(f"alerts/{alert}", headers={"Accept-Language": "en"})
    assert shown["title"] == "Call-up: 179 places needed before 21:00. It is the turn of Overijssel"


def test_what_is_unknown_is_null_when_nothing_is_known(there: Deps, client: Make) -> None:
    alert = tell(there, "coa", kind="countOverdue", answers=Answers(), overflow=None, details={})
    shown = client("coa").get(f"alerts/{alert}")
    assert set(shown["howFull"].values()) == set(shown["enoughPlaces"].values()) == {None}
    assert shown["whoActs"] == {"organisation": None, "by": None}


def test_the_newest_come_first_page_by_page_when_alerts_are_listed(there: Deps, client: Make) -> None:
    made = [tell(there, "coa", minutes=minute) for minute in range(3)]
    coa = client("coa")
    first = coa.get("alerts", pageSize=2)
    tell(there, "coa", minutes=9)
    second = coa.get(first["next"])
    assert [item["id"] for item in first.items + second.items] == made[::-1]
    assert second["next"] is None


def test_only_what_is_asked_for_comes_when_alerts_are_filtered(there: Deps, client: Make) -> None:
    call, clear, drill = tell(there, "coa"), tell(there, "coa", kind="allClear"), tell(there, "coa", drill=True)
    other = tell(there, "coa", centre="budel", overflow="another")

    def listed(**query: Any) -> set[str]:
        return {item["id"] for item in client("coa").get("alerts", **query).items}

    assert listed() == {call, clear, other}
    assert listed(kind="allClear") == {clear}
    assert listed(centre="budel") == {other}
    assert listed(overflow="episode", kind="callUp") == {call}
    assert listed(drill="true") == {drill}
    assert client("coa").get("alerts", kind="nonsense", colour="red").faults == {"kind", "colour"}


def test_a_site_is_hidden_when_the_reader_may_not_see_it(there: Deps, client: Make) -> None:
    with there.writing() as session:
        given = {"code": "vr03", "kind": "safetyRegion", "name": "Veiligheidsregio Drenthe", "province": "nl-dr"}
        organisations.add(session, START, ENGINE, there.settings, **given)
    details = {
        "what": "agreed",
        "places": 50,
        "province": "nl-dr",
        "municipality": "gm1950",
        "municipalityName": "Westerwolde",
        "site": "De Hal",
    }
    alert = tell(there, "gm1950", "vr03", kind="commitmentChanged", details=details)
    for code, site, named in (
        ("gm1950", "De Hal", True),
        ("coa", "De Hal", True),
        ("nl-dr", "De Hal", True),
        ("vr03", None, True),
        ("nl-ut", None, False),
    ):
        shown = client(code).get(f"alerts/{alert}")
        assert shown["details"]["site"] == site, code
        assert ("Westerwolde" in shown["title"]) == named, code
        assert ("De Hal" in shown["text"]) == (code == "gm1950"), code


class TestAcknowledgements:
    def test_the_first_answer_comes_again_when_it_is_repeated(self, there: Deps, client: Make, clock: Any) -> None:
        alert = tell(there, "nl-ov")
        province = client("nl-ov")
        first = province.post(f"alerts/{alert}/acknowledgements").expect(201)
        clock.advance(minutes=5)
        assert province.post(f"alerts/{alert}/acknowledgements", {}).expect(200).body == first.body
        assert first["organisation"] == "nl-ov"
        assert first["onBehalf"] is None
        assert province.get(f"alerts/{alert}/acknowledgements").items == [first.body]
        assert province.get(f"alerts/{alert}")["acknowledgements"] == [first.body]

    def test_it_is_refused_when_the_organisation_was_not_told(self, there: Deps, client: Make) -> None:
        alert = tell(there, "nl-ov")
        client("nl-ut").post(f"alerts/{alert}/acknowledgements").expect(403)
        client("coa").post(f"alerts/{alert}/acknowledgements").expect(403)
        client("nl-ov", read_only=True).post(f"alerts/{alert}/acknowledgements").expect(403)
        client("nl-ov").post("alerts/nothing/acknowledgements").expect(404)
        assert client("coa").get(f"alerts/{alert}/acknowledgements").items == []

    def test_the_organisation_is_told_when_coa_enters_it(self, there: Deps, client: Make) -> None:
        alert = tell(there, "nl-ov")
        behalf = {"organisation": "nl-ov", "saidBy": "piketdesk", "via": "telefoon"}
        entered = client("coa").post(f"alerts/{alert}/acknowledgements", {"onBehalf": behalf}).expect(201)
        assert entered["organisation"] == "nl-ov"
        assert entered["onBehalf"] == behalf | {"by": "coa"}
        told = client("nl-ov").get("alerts", kind="callUpAnswered").items
        assert [item["told"] for item in told] == [["nl-ov"]]
        assert told[0]["title"] == "Ingevoerd voor Overijssel: de melding is gelezen"
        assert "COA heeft dit ingevoerd; gezegd door piketdesk, via telefoon." in told[0]["text"]

    def test_nobody_else_may_enter_it_for_another(self, there: Deps, client: Make) -> None:
        alert = tell(there, "nl-ov")
        behalf = {"organisation": "nl-ov", "saidBy": "x", "via": "y"}
        client("nl-ut").post(f"alerts/{alert}/acknowledgements", {"onBehalf": behalf}).expect(403)
        other = behalf | {"organisation": "nl-ut"}
        client("coa").post(f"alerts/{alert}/acknowledgements", {"onBehalf": other}).expect(403)
        nobody = behalf | {"organisation": "nowhere"}
        faults = client("coa").post(f"alerts/{alert}/acknowledgements", {"onBehalf": nobody}).faults
        assert faults == {"onBehalf.organisation"}


class TestDeliveries:
    @pytest.fixture
    def alert(self, there: Deps) -> str:
        reach(there, "nl-ov", "piket@overijssel.example")
        reach(there, "coa", "piket@coa.example")
        return tell(there, "nl-ov", "coa")

    def failed(self, there: Deps, alert: str, organisation: str = "nl-ov") -> str:
        with there.writing() as session:
            row = session.query(Delivery).filter_by(alert=alert, organisation=organisation).one()
            row.state, row.gave_up_at, row.failures, row.attempts = "failed", START, 5, 5
            session.add(Attempt(delivery=row.id, at=START, outcome="failed", reason="timed-out", duration_ms=5000))
            return row.id

    @pytest.mark.parametrize(
        ("code", "addresses"),
        [
            ("nl-ov", {"piket@overijssel.example"}),
            ("operator", {"piket@overijssel.example", "piket@coa.example"}),
            ("ministry", {"p…@overijssel.example", "p…@coa.example"}),
            ("coa", {"p…@overijssel.example", "piket@coa.example"}),
        ],
    )
    def test_addresses_are_masked_when_they_are_of_another(
        self, client: Make, alert: str, code: str, addresses: set[str]
    ) -> None:
        shown = client(code).get(f"alerts/{alert}/deliveries").items
        assert {item["address"] for item in shown} == addresses
        assert {item["state"] for item in shown} == {"pending"}

    def test_they_are_refused_when_the_organisation_was_not_told(self, client: Make, there: Deps, alert: str) -> None:
        delivery = self.failed(there, alert)
        for path in (f"alerts/{alert}/deliveries", f"deliveries/{delivery}", f"deliveries/{delivery}/retries"):
            client("nl-ut").get(path).expect(403)
        client("nl-ut").post(f"deliveries/{delivery}/retries").expect(403)
        client("coa").get("deliveries/nothing").expect(404)

    def test_every_attempt_is_shown_with_its_reason(self, client: Make, there: Deps, alert: str) -> None:
        delivery = self.failed(there, alert)
        shown = client("nl-ov").get(f"deliveries/{delivery}").expect(200)
        assert [(a["outcome"], a["reason"], a["durationMs"]) for a in shown["attempts"]] == [
            ("failed", "timed-out", 5000)
        ]
        assert client("coa").get(f"alerts/{alert}/deliveries").items[0]["alert"] == alert

    def test_it_is_due_at_once_when_a_retry_is_asked_for(
        self, client: Make, there: Deps, alert: str, clock: Any
    ) -> None:
        delivery = self.failed(there, alert)
        clock.advance(minutes=10)
        coa = client("coa")
        asked = coa.post(f"deliveries/{delivery}/retries").expect(201)
        shown = coa.get(f"deliveries/{delivery}")
        assert (shown["state"], shown["nextAttemptAt"]) == ("pending", "2024-09-16T12:10:00Z")
        assert coa.get(f"deliveries/{delivery}/retries").items == [asked.body]
        assert asked["by"] == "coa"
        again = coa.post(f"deliveries/{delivery}/retries").expect(409)
        assert again["code"] == "delivery-not-failed"
