"""What the pages show: an evening on which 45 people have no bed, a calm day after an overflow, and a day without counts."""

from __future__ import annotations

from datetime import timedelta

from piket.alerts.channels import DeliveryError
from piket.alerts.links import make_link
from piket.audit import service as audit
from piket.audit.service import ENGINE
from piket.organisations import accounts
from piket.organisations import service as organisations
from tests.board.acting import do
from tests.board.browser import Browser
from tests.board.test_board_rota_deciding import filled
from tests.fakes import START
from tests.pages.office import Office

MORNINGS = (1742, 1795, 1861, 1903, None, 1958, 1987)
"""Counts of the week before, one each morning; on one day none came."""
TOLD = ("coa", "ministry", "vng", "gm1950", "nl-ov", "nl-ut", "nl-fl", "cdk-nl-ov", "cdk-nl-ut")


def evening(office: Office) -> None:
    """Tuesday 24 September 2024, 20.00 hours. Overijssel promised a part, Utrecht cannot, the next has not said a word."""
    _desks(office)
    _week(office)
    office.clock.set("2024-09-24T07:00:00+02:00")
    office.ids["count"] = office.count(2061)
    office.tick()
    office.clock.set("2024-09-24T14:00:00+02:00")
    office.count(2129, "present")
    office.tick()
    office.clock.advance(minutes=20)
    office.answer("nl-ov", 100)
    office.passes(minutes=5)
    office.answer("nl-ut", declineReason="Alle hallen zijn in gebruik.")
    office.passes(minutes=5)
    office.clock.set("2024-09-24T20:00:00+02:00")
    office.count(45, "withoutBed")
    office.tick()
    _in_use(office, 38)
    _swap(office)
    _names(office)
    there = f"overflows/{office.ids['overflow']}/adjustments"
    office.api("coa").post(there, {"needed": 190, "reason": "Er komt nog een bus."}).expect(201)
    with office.deps.reading() as session:
        office.ids["act"] = str(audit.newest_deed(session, 0, "coa", "adjust_need"))
    office.ids["held"] = office.count(1400)
    _called_by_hand(office)


def calm(office: Office) -> None:
    """Thursday 26 September 2024: the overflow ended yesterday, a little after duty went from Overijssel to Utrecht."""
    _desks(office)
    office.clock.set("2024-09-25T11:30:00+02:00")
    office.count(2129)
    office.tick()
    office.answer("nl-ov", 100)
    office.clock.set("2024-09-25T12:00:00+02:00")
    office.tick()
    _names(office)
    office.clock.set("2024-09-25T15:00:00+02:00")
    office.count(1742)
    office.tick()
    episode = office.ids["overflow"]
    if office.api("coa").get(f"overflows/{episode}")["state"] == "open":
        office.api("coa").post(f"overflows/{episode}/closures", {"reason": "Er is weer plaats."}).expect(201)
    office.clock.set("2024-09-26T08:00:00+02:00")
    office.count(1738)
    office.tick()
    _decided(office)
    given = {"until": "2024-10-01T10:00:00Z", "organisation": "nl-fl", "reason": "Hoog water in Utrecht."}
    office.ids["override"] = office.api("ministry").post("rotas/piket/overrides", given).expect(201)["id"]


def unknown(office: Office) -> None:
    """Monday 16 September 2024, 14.00 hours: nothing was counted, nobody was told anything."""


def _desks(office: Office) -> None:
    for code in TOLD:
        office.contact(code)
        office.contact(code, "telephone")
    office.desk_code("nl-ov")
    # The mailbox of the association of municipalities is not there.
    office.channels["email"].failing = lambda message: (
        DeliveryError("smtp-550", True) if "vng" in message.address else None
    )
    for code, town, site, firmness in (
        ("nl-ov", "gm0193", "IJsselhal", "ready"),
        ("nl-ov", "gm0153", "Diekmanhal", "inView"),
        ("nl-ut", "gm0344", "Jaarbeurs", "agreed"),
    ):
        place = {
            "province": code, "municipality": town, "site": site, "places": 60, "firmness": firmness, "hours": "night",
            "availableFrom": office.clock(), **({} if firmness == "inView" else {"agreedWith": "mayor"}),
        }  # fmt: skip
        office.ids["place"] = office.api(code).post("emergency-places", place).expect(201)["id"]


def _week(office: Office) -> None:
    for day, people in enumerate(MORNINGS):
        office.clock.set(START + timedelta(days=day, hours=17))
        if people is not None:
            office.count(people)
        office.tick()


def _in_use(office: Office, occupied: int) -> None:
    api = office.api("nl-ov")
    promised = api.get("commitments").items[0]["id"]
    etag = api.get(f"commitments/{promised}").headers["ETag"]
    api.patch(f"commitments/{promised}", {"occupied": occupied}, etag=etag).expect(200)
    office.ids["commitment"] = promised


def _decided(office: Office) -> None:
    """The ministry decides the rota as it is."""
    visitor, path = Browser(office.app), "/rotas/piket/decision"
    visitor.sign_in(office.key("ministry")).expect(303)
    do(visitor, path, **{**filled(visitor.get(path)), "decision_by": "minister"})


def _called_by_hand(office: Office) -> None:
    """Flevoland was asked for 20 places, and promised 25."""
    call = {"kind": "opening", "centre": "ter-apel", "organisation": "nl-fl", "places": 20}
    office.ids["surplus"] = office.api("coa").post("call-ups", call).expect(201)["id"]
    office.answer("nl-fl", 25, "Agora")


def _swap(office: Office) -> None:
    """Utrecht asks Zeeland for a swap."""
    turns = office.api("nl-ut").get("rotas/piket/turns", from_="2024-10-02T12:00:00Z", pageSize=60).items
    mine, theirs = (
        next(turn["id"] for turn in turns if turn["slots"][0]["organisations"] == [code]) for code in ("nl-ut", "nl-ze")
    )
    body = {"offeredTurn": mine, "requestedTurn": theirs, "reason": "Verbouwing van de hal."}
    office.ids["swap"] = office.api("nl-ut").post("swaps", body).expect(201)["id"]


def _names(office: Office) -> None:
    """What addresses of pages are made of."""
    coa, secret, ids = office.api("coa"), office.deps.settings.secret_key, office.ids
    ids["overflow"] = coa.get("overflows").items[0]["id"]
    ids["turn"] = coa.get("rotas/piket/on-duty")["id"]
    for code in ("nl-ov", "nl-ut"):
        calls = coa.get("call-ups", organisation=code).items
        if calls:
            ids[f"call_{code[3:]}"] = calls[0]["id"]
            ids[f"link_{code[3:]}"] = make_link(secret, "", calls[0]["alert"], code)
    waiting = [call for call in coa.get("call-ups").items if call["state"] == "open"]
    if waiting:
        ids["waiting"], ids["asked"] = waiting[0]["id"], waiting[0]["organisation"]
        ids["call_alert"] = waiting[0]["alert"]
        ids["link_waiting"] = make_link(secret, "", waiting[0]["alert"], waiting[0]["organisation"])
        office.desk_code(waiting[0]["organisation"])
    account = ids["account"] = office.person("nl-ov", "nieuw@overijssel.example")
    points = office.api("nl-ov").get("organisations/nl-ov/contact-points").items
    ids["point"] = next(one["id"] for one in points if one["channel"] == "email")
    tested = office.api("nl-ov").post(f"contact-points/{ids['point']}/tests").expect(201)["alert"]
    ids["test"] = office.api("nl-ov").get(f"alerts/{tested}/deliveries").items[0]["id"]
    hook = {"channel": "webhook", "address": "http://127.0.0.1:9/hook"}
    ids["hook"] = office.api("nl-ov").post("organisations/nl-ov/contact-points", hook).expect(201)["id"]
    with office.deps.writing(ring=False) as session:
        ids["key"] = organisations.issue_key(session, office.clock(), ENGINE, "nl-ov", label="Scherm")[0].id
    with office.deps.writing(ring=False) as session:
        _, ids["password"] = accounts.make_password_link(
            session, office.clock(), ENGINE, account, timedelta(days=365), timedelta(days=365)
        )
