"""The ledger over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.client import Client
from tests.fakes import START, FakeClock

Calls = Callable[..., Client]
COUNTED = (
    "turns dutyDays weekendDays holidayDays callUps placesAsked placesDelivered nightsHosted swapsGiven swapsTaken "
    "overridesGiven overridesTaken share"
).split()


def by_code(ledger: Any) -> dict[str, Any]:
    return {account["organisation"]: account for account in ledger["items"]}


def test_everybody_reads_what_each_carried_its_share_and_the_difference(client: Calls) -> None:
    for code in ("coa", "nl-gr", "vng", "gm1950"):
        found = client(code).get("rotas/piket/ledger").expect(200)
        assert (found["rota"], found["status"], found["from"]) == ("piket", "proposed", "2024-01-03T11:00:00Z")
    accounts = by_code(found)
    assert (accounts["nl-dr"]["dutyDays"], accounts["nl-dr"]["turns"]) == (28, 2)
    assert accounts["nl-gr"]["share"] == accounts["nl-gr"]["dutyDays"] == 0
    assert accounts["nl-dr"]["difference"] == round(accounts["nl-dr"]["dutyDays"] - accounts["nl-dr"]["share"], 5)
    assert round(sum(account["difference"] for account in accounts.values()), 5) == 0
    assert found["imbalance"] <= found["longestTurn"] == 14


def test_a_holiday_is_named_in_the_language_of_who_asks_and_says_who_had_duty(client: Calls) -> None:
    asked: dict[str, Any] = {"from_": "2024-05-01T00:00:00+02:00", "to": "2024-05-09T00:00:00+02:00"}
    found = client("coa").get("rotas/piket/ledger", **asked)["holidays"]
    assert found == [{"on": "2024-05-05", "name": "Bevrijdingsdag", "organisations": ["nl-ut"]}]
    english = client("coa").get("rotas/piket/ledger", headers={"Accept-Language": "en"}, **asked)
    assert english["holidays"][0]["name"] == "Liberation Day"
    assert by_code(english)["nl-ut"]["holidayDays"] == 1


def test_every_figure_is_the_sum_of_its_rows_to_the_last_part(client: Calls) -> None:
    override = {"from": START, "until": START + timedelta(hours=7), "organisation": "nl-gr", "reason": "storm"}
    made = client("ministry").post("rotas/piket/overrides", override).expect(201)
    asked = {"from_": START - timedelta(days=50), "to": START + timedelta(days=50)}
    coa = client("coa")
    sums: dict[str, Counter[str]] = {}
    path: str | None = "/v1/rotas/piket/ledger-entries"
    page = coa.get("rotas/piket/ledger-entries", pageSize=20, **asked)
    kinds = Counter[str]()
    while path:
        for row in page.items:
            kinds[row["kind"]] += 1
            parts = {name: round(row[name] * 100_000) for name in COUNTED}
            sums.setdefault(row["organisation"], Counter()).update(parts)
            assert row["turn"] is None or coa.get(f"turns/{row['turn']}").expect(200)
            assert row["override"] in (None, made["id"])
        path = page["next"]
        page = coa.get(path) if path else page
    assert kinds["override"] == 2 and kinds["duty"] > 7 and kinds["share"] > 70
    for code, account in by_code(coa.get("rotas/piket/ledger", **asked)).items():
        assert {name: round(account[name] * 100_000) for name in COUNTED} == {
            name: sums.get(code, Counter())[name] for name in COUNTED
        }
    own = coa.get("rotas/piket/ledger-entries", organisation="nl-gr", **asked).items
    assert {row["organisation"] for row in own} == {"nl-gr"}


def test_a_period_that_ends_before_it_begins_and_an_unknown_rota_are_refused(client: Calls) -> None:
    coa = client("coa")
    for path in ("ledger", "ledger-entries"):
        asked = {"from_": START, "to": START - timedelta(days=1)}
        assert coa.get(f"rotas/piket/{path}", **asked).faults == {"to"}
        assert coa.get(f"rotas/none/{path}").expect(404)["code"] == "not-found"
        assert coa.get(f"rotas/piket/{path}", from_="2024-09-16T12:00:00").faults == {"from"}
    assert coa.get("rotas/piket/ledger-entries", organisation="nl-xx").items == []


def test_an_episode_is_carried_and_a_pass_the_next_morning_books_the_night(
    client: Calls, clock: FakeClock, tick: Callable[[], object]
) -> None:
    coa, overijssel = client("coa"), client("nl-ov")
    tick()
    coa.post("centres/ter-apel/counts", {"observedAt": START, "definition": "nightBeds", "people": 2129}).expect(201)
    (call,) = coa.get("call-ups").items
    site = {
        "municipality": "gm0150", "site": "Sporthal De El", "places": 179, "firmness": "agreed", "agreedWith": "mayor",
        "hours": "night", "availableFrom": START, "availableUntil": START + timedelta(days=2),
    }  # fmt: skip
    overijssel.post(f"call-ups/{call['id']}/responses", {"places": 179, "sites": [site]}).expect(201)
    (commitment,) = coa.get("commitments").items
    where = f"commitments/{commitment['id']}"
    coa.patch(where, {"occupied": 45}, etag=coa.get(where).headers["ETag"]).expect(200)
    clock.set("2024-09-17T10:30:00+02:00")
    for _ in range(2):
        tick()
        account = by_code(coa.get("rotas/piket/ledger"))["nl-ov"]
        figures = [account[name] for name in ("callUps", "placesAsked", "placesDelivered", "nightsHosted")]
        assert figures == [1, 179, 179, 45]
    (night,) = [row for row in coa.get("rotas/piket/ledger-entries", organisation="nl-ov").items if row["night"]]
    assert (night["night"], night["commitment"], night["callUp"]) == ("2024-09-16", commitment["id"], call["id"])
    assert coa.get(f"commitments/{night['commitment']}").expect(200) and coa.get(f"call-ups/{call['id']}").expect(200)
