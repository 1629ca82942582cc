"""The link of a mail opens the one thing that is asked: answered with the desk's code, told to the desk, taken back in time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from piket.alerts.channels.email import EmailChannel
from piket.alerts.links import make_link
from piket.audit.service import ENGINE
from piket.organisations import desk_codes
from piket.settings import Smtp
from tests.board.browser import Browser, Page, remarks
from tests.board.test_board_answering import SITE
from tests.client import Client
from tests.fakes import FakeChannel, FakeClock
from tests.stories.receivers import Mailbox, mailbox

Browsers = Callable[..., Browser]
Clients = Callable[..., Client]
CODE = "482915"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
def channels(box: Mailbox) -> dict[str, Any]:
    """Mail goes to a real server."""
    return {
        "email": EmailChannel(Smtp(box.host, box.port), "Piket <piket@dienst.example>", "https://piket.example.nl"),
        "webhook": FakeChannel(),
    }


@pytest.fixture
def call(app: Flask, client: Clients, clock: FakeClock, contact: Callable[..., Any], count: Callable[..., Any]) -> Any:
    """Overijssel is called up for 179 places; its desk has a mailbox and a code."""
    contact("nl-ov")
    with app.extensions["piket"].writing(ring=False) as session:
        desk_codes.set_code(session, clock(), ENGINE, "nl-ov", CODE)
    count(2129)
    return client("coa").get("call-ups").items[0]


@pytest.fixture
def link(app: Flask, call: dict[str, Any]) -> str:
    """The address in the mail to Overijssel, without the host."""
    return make_link(app.extensions["piket"].settings.secret_key, "", call["alert"], "nl-ov")


def send(link: str, visitor: Browser, to: str = "answers", **fields: str) -> Page:
    """Without cookie or form: some machines only know the link."""
    return visitor.post(f"{link}/{to}", None, **{"seen": "", "answer": "promise", **fields})


def now(client: Clients) -> dict[str, Any]:
    found: dict[str, Any] = client("coa").get("call-ups", organisation="nl-ov").items[0]
    return found


def linked(mail: EmailMessage) -> str:
    """The address of the link in a mail, without the host."""
    part = mail.get_body(("plain",))
    assert part is not None
    [found] = [word for word in str(part.get_content()).split() if "/r/" in word]
    return found[found.index("/r/") :]


def test_a_mail_is_opened_and_answered_and_the_desk_is_told_and_takes_it_back(
    browser: Browsers, client: Clients, clock: FakeClock, call: dict[str, Any], tick: Callable[[], Any], box: Mailbox
) -> None:
    tick()
    [asked] = [mail for mail in box.mails if "nl-ov" in str(mail["To"])]
    phone, address = browser(), linked(asked)
    page = phone.get(address).expect(200)
    assert "Code van uw piketdesk" in page.text and remarks(page.html) == []
    phone.post(f"{address}/answers", phone.token(address), seen="", answer="promise", code=CODE, **SITE).expect(303)
    assert (now(client)["state"], now(client)["committed"]) == ("partly", 100)
    page = phone.get(address).expect(200)
    assert "Overijssel heeft 100 plekken toegezegd: 14.00 uur." in page.text
    assert "Via de link van een mail, met de code van de piketdesk." in page.text
    assert "Deze plekken toezeggen" not in page.text and remarks(page.html) == []
    tick()
    told = [mail for mail in box.mails if "nl-ov" in str(mail["To"])][-1]
    part = told.get_body(("plain",))
    assert part is not None and "Overijssel kan het terugnemen tot 14.10 uur" in " ".join(
        str(part.get_content()).split()
    )
    clock.advance(minutes=9)
    desk, again = browser(), linked(told)
    page = send(again, desk, "take-backs", code="111111").expect(400)
    assert "Dit is niet de code van uw piketdesk." in page.text and 'id="take-back-code-wrong"' in page.html
    assert remarks(page.html) == [] and now(client)["committed"] == 100
    for _ in range(2):
        send(again, desk, "take-backs", code=CODE).expect(303)
    assert (now(client)["state"], now(client)["committed"]) == ("declined", 0)
    assert "Overijssel heeft de toezegging teruggenomen: 14.09 uur." in desk.get(again).text
    assert "Deze plekken toezeggen" in phone.get(address).text, "it may answer anew"


def test_without_the_code_nothing_is_promised_and_all_is_said_at_once(
    browser: Browsers, client: Clients, link: str
) -> None:
    page = send(link, browser(), code="000000", **{**SITE, "sites-0-places": ""}).expect(400)
    assert 'id="code-wrong"' in page.html and 'id="sites-0-places-wrong"' in page.html
    assert "000000" not in page.html and 'value="Sporthal"' in page.html
    assert remarks(page.html) == []
    page = send(link, browser(), answer="decline", decline="vol", code="").expect(400)
    assert 'id="decline-code-wrong"' in page.html and 'value="vol"' in page.html
    assert (now(client)["state"], now(client)["answeredAt"]) == ("open", None)


def test_guessing_the_code_is_held_up(browser: Browsers, client: Clients, link: str) -> None:
    for _ in range(5):
        send(link, browser(), code="000000", **SITE).expect(400)
    page = send(link, browser(), code=CODE, **SITE).expect(429)
    assert int(page.headers["Retry-After"]) > 0
    assert now(client)["state"] == "open"


def test_declining_asks_for_the_code_too(browser: Browsers, client: Clients, link: str) -> None:
    send(link, browser(), answer="decline", decline="Alles vol", code=CODE).expect(303)
    assert (now(client)["state"], now(client)["declineReason"]) == ("declined", "Alles vol")


def test_a_second_tap_and_a_second_reader_answer_nothing_more(browser: Browsers, client: Clients, link: str) -> None:
    send(link, browser(), code=CODE, **SITE).expect(303)
    send(link, browser(), code=CODE, **{**SITE, "sites-0-places": "179"}).expect(303)
    assert now(client)["committed"] == 100
    assert len(client("nl-ov").get(f"call-ups/{now(client)['id']}/responses").items) == 1


def test_after_ten_minutes_it_cannot_be_taken_back(
    browser: Browsers, client: Clients, clock: FakeClock, link: str
) -> None:
    send(link, browser(), code=CODE, **SITE).expect(303)
    clock.advance(minutes=10)
    page = send(link, browser(), "take-backs", code=CODE).expect(409)
    assert "Dit kan niet meer worden teruggenomen." in page.text and remarks(page.html) == []
    assert now(client)["committed"] == 100


def test_the_link_of_another_organisation_or_alert_opens_nothing(
    app: Flask, browser: Browsers, client: Clients, call: dict[str, Any]
) -> None:
    secret = app.extensions["piket"].settings.secret_key
    for organisation in ("coa", "nl-ut"):
        link = make_link(secret, "", call["alert"], organisation)
        assert "Deze plekken toezeggen" not in browser().get(link).text
        send(link, browser(), code=CODE, **SITE).expect(409)
        send(link, browser(), "take-backs", code=CODE).expect(409)
    raised = client("coa").get("alerts", kind="levelRaised").items[0]
    other = make_link(secret, "", raised["id"], "nl-ov")
    send(other, browser(), code=CODE, **SITE).expect(409)
    assert now(client)["state"] == "open"


def test_it_ends_after_a_day(browser: Browsers, clock: FakeClock, link: str) -> None:
    clock.advance(hours=23, minutes=59)
    assert "Deze plekken toezeggen" in browser().get(link).text
    clock.advance(minutes=1)
    assert "Deze plekken toezeggen" not in browser().get(link).text
    assert "Met deze link kunt u niet meer antwoorden." in send(link, browser(), code=CODE, **SITE).expect(409).text


def test_opening_names_no_site_that_was_not_typed_there(
    browser: Browsers, client: Clients, clock: FakeClock, link: str
) -> None:
    place = {
        "province": "nl-ov", "municipality": "gm0193", "site": "Geheime hal", "places": 90, "firmness": "ready",
        "agreedWith": "mayor", "hours": "night", "availableFrom": clock(),
    }  # fmt: skip
    client("nl-ov").post("emergency-places", place).expect(201)
    assert "Geheime hal" not in browser().get(link).text
