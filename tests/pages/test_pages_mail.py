"""A mail, caught by a real receiver: its link is opened on a phone, and what is asked is done from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from piket.alerts.channels.email import EmailChannel
from piket.settings import Smtp
from tests.board.test_board_answering_link import linked
from tests.pages.conftest import Visit
from tests.pages.office import CODE, Office
from tests.pages.test_pages_tasks import press, site
from tests.stories.receivers import Mailbox, mailbox


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
def office(make_office: Callable[..., Office], box: Mailbox) -> Office:
    """Overijssel is called up for 179 places, and has a mailbox that is real and a code."""
    made = make_office(email=EmailChannel(Smtp(box.host, box.port), "Piket <piket@dienst.example>", "http://127.0.0.1"))
    made.contact("nl-ov")
    made.desk_code("nl-ov")
    made.count(2129)
    made.tick()
    return made


def newest(office: Office, box: Mailbox) -> str:
    """The address of the link in the newest mail to Overijssel, without the host."""
    return linked([mail for mail in box.mails if "nl-ov" in str(mail["To"])][-1])


def acknowledged(office: Office) -> list[Any]:
    items: list[Any] = office.api("coa").get(f"alerts/{office.call('nl-ov')['alert']}/acknowledgements").items
    return items


@pytest.mark.parametrize("script", [True, False], ids=["script", "without-script"])
def test_the_link_of_a_mail_is_opened_acknowledged_and_answered_on_a_phone(
    office: Office, visit: Visit, box: Mailbox, script: bool
) -> None:
    link = newest(office, box)
    phone, other = (visit(office, size="phone", script=script) for _ in range(2))
    for method, headers in (("HEAD", {}), ("GET", {"Purpose": "prefetch", "Sec-Purpose": "prefetch"})):
        assert phone.request.fetch(link, method=method, headers=headers).ok
    for page in (phone, phone, other):
        page.goto(link)
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Afroep: 179 plekken nodig vóór 21.00 uur.")
    assert acknowledged(office) == [] and office.call("nl-ov")["answeredAt"] is None, "opening changes nothing"
    for page in (phone, other):
        press(page, "Ja, wij hebben dit gelezen")
        expect(page.get_by_text("Overijssel heeft dit bevestigd om 14.00 uur")).to_be_visible()
    assert len(acknowledged(office)) == 1, "twice is once"
    assert office.call("nl-ov")["answeredAt"] is None, "who read it promised nothing"
    site(phone, "100")
    press(phone, "Deze plekken toezeggen")
    code = phone.locator("#code")
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(phone.get_by_label("Naam van de locatie, zonder straat")).to_have_value("Sporthal Noord")
    assert office.call("nl-ov")["answeredAt"] is None, "a forwarded mail is not enough"
    code.fill(CODE)
    press(phone, "Deze plekken toezeggen")
    expect(phone.get_by_text("Overijssel heeft 100 plekken toegezegd: 14.00 uur.")).to_be_visible()
    assert (office.call("nl-ov")["state"], office.call("nl-ov")["committed"]) == ("partly", 100)


def test_what_was_promised_by_a_mail_is_told_to_the_desk_which_takes_it_back(
    office: Office, visit: Visit, box: Mailbox
) -> None:
    phone = visit(office, size="phone")
    phone.goto(newest(office, box))
    site(phone, "100")
    phone.locator("#code").fill(CODE)
    press(phone, "Deze plekken toezeggen")
    expect(phone.get_by_text("Overijssel heeft 100 plekken toegezegd: 14.00 uur.")).to_be_visible()
    office.passes(minutes=3)
    desk = visit(office, size="phone")
    desk.goto(newest(office, box))
    press(desk, "De toezegging terugnemen")
    expect(desk.locator("#take-back-code")).to_have_attribute("aria-invalid", "true")
    desk.locator("#take-back-code").fill(CODE)
    press(desk, "De toezegging terugnemen")
    expect(desk.get_by_text("Overijssel heeft de toezegging teruggenomen: 14.03 uur.")).to_be_visible()
    assert office.call("nl-ov")["committed"] == 0
