"""What becomes of a delivery whose receiver is down, busy, moved, gone or lies: real HTTP and SMTP, both stores, fake clock."""

from __future__ import annotations

import _socket
import ipaddress
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest
from sqlalchemy import select

from piket.alerts import service as alerts
from piket.alerts.channels import DeliveryError, Message
from piket.alerts.channels.email import EmailChannel
from piket.alerts.channels.webhook import WebhookChannel
from piket.alerts.delivery import deliver_due
from piket.alerts.models import Alert, Attempt, Delivery
from piket.alerts.rules import Fact
from piket.clock import system_clock
from piket.deps import Deps
from piket.organisations import service as organisations
from piket.organisations.service import ContactPointInfo
from piket.settings import Smtp
from tests.fakes import START, FakeClock
from tests.stories.receivers import Handler, Mailbox, Receiver, Request, answer, mailbox, receiver

Contact = Callable[..., ContactPointInfo]
HERE = (ipaddress.ip_network("127.0.0.1/32"),)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
def real(deps: Deps, box: Mailbox) -> Deps:
    """With the channels of a real service; only 127.0.0.1 is opened."""
    mail = EmailChannel(Smtp(box.host, box.port), "piket@dienst.example", "https://piket.example.nl")
    deps.channels = {"email": mail, "webhook": WebhookChannel(HERE)}
    return deps


def tell(deps: Deps, *codes: str) -> None:
    fact = Fact("levelRaised", centre="ter-apel", level="overflow", previous_level="high")
    with deps.writing(ring=False) as session:
        alerts.enqueue(session, deps.now(), deps.settings, fact, dict.fromkeys(codes or ("nl-ov",), ()))


def rows(deps: Deps, kind: str = "levelRaised") -> list[Delivery]:
    query = select(Delivery).join(Alert, Alert.id == Delivery.alert).where(Alert.kind == kind)
    with deps.reading() as session:
        return list(session.scalars(query.order_by(Delivery.created_at, Delivery.id)))


def reasons(deps: Deps) -> list[str | None]:
    with deps.reading() as session:
        return list(session.scalars(select(Attempt.reason).order_by(Attempt.at)))


def here(hook: Receiver) -> str:
    return hook.url.replace("0.0.0.0", "127.0.0.1")


def in_seconds(seconds: float) -> str:
    return format_datetime(system_clock() + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        (lambda: "120", 120, 120),
        (lambda: in_seconds(600), 595, 600),
        (lambda: "0", 1, 1.2),
        (lambda: in_seconds(-86_400), 1, 1.2),
        (lambda: "31536000", 3600, 3600),
        (lambda: in_seconds(30 * 86_400), 3600, 3600),
        (lambda: "9" * 400, 3600, 3600),
        (lambda: "-120", 1, 1.2),
        (lambda: "soon", 1, 1.2),
    ],
)
def test_a_busy_receiver_is_tried_again_when_it_asked_within_a_second_and_an_hour(
    status: int, asked: Callable[[], str], least: float, most: float, real: Deps, contact: Contact, hook: Receiver,
    clock: FakeClock,
) -> None:  # fmt: skip
    contact("nl-ov", here(hook), channel="webhook")
    tell(real)
    hook.behave = lambda handler, request: answer(handler, status, {"Retry-After": asked()})
    deliver_due(real, clock.now)
    planned = rows(real)[0].next_attempt_at
    assert planned is not None
    assert least <= (planned - START).total_seconds() <= most
    hook.behave = lambda handler, request: answer(handler, 204)
    clock.set(planned - timedelta(milliseconds=1))
    assert deliver_due(real, clock.now) == 0
    clock.set(planned)
    assert deliver_due(real, clock.now) == 1
    assert len({request.headers["webhook-id"] for request in hook.requests}) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_inside_is_never_followed_and_tried_again_where_it_was(
    status: int, real: Deps, contact: Contact, hook: Receiver, clock: FakeClock
) -> None:
    with receiver("127.0.0.2") as inside, receiver("127.0.0.1") as opened:
        for to in (inside.url, opened.url, "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"):
            hook.behave = lambda handler, request, to=to: answer(handler, status, {"Location": to})  # type: ignore[misc]
            if not rows(real):
                contact("nl-ov", here(hook), channel="webhook")
                tell(real)
            assert deliver_due(real, clock.now) == 1
            clock.advance(minutes=5)
        assert inside.requests == opened.requests == []
    assert set(reasons(real)) == {f"http-{status}"}
    hook.behave = lambda handler, request: answer(handler, 204)
    clock.advance(hours=1)
    deliver_due(real, clock.now)
    assert rows(real)[0].state == "delivered"


def test_a_receiver_that_is_gone_for_good_ends_and_is_not_tried_again(
    real: Deps, contact: Contact, hook: Receiver, clock: FakeClock
) -> None:
    point = contact("nl-ov", here(hook), channel="webhook")
    contact("coa")
    tell(real)
    hook.behave = lambda handler, request: answer(handler, 410)
    for _ in range(3):
        deliver_due(real, clock.now)
        clock.advance(hours=2)
    assert len(hook.requests) == 1
    with real.reading() as session:
        assert organisations.find_contact_point(session, point.id).state == "ended"
    assert [row.state for row in rows(real, "deliveryFailed")] == ["delivered"]


@pytest.mark.parametrize("hours", [2, 23])
def test_a_receiver_that_was_down_for_longer_than_the_fast_retries_is_told_when_it_is_up(
    hours: int, real: Deps, contact: Contact, clock: FakeClock
) -> None:
    with receiver("127.0.0.1") as gone:
        url = gone.url
    contact("nl-ov", url, channel="webhook")
    tell(real)
    while clock.now < START + timedelta(hours=hours):
        deliver_due(real, clock.now)
        planned = rows(real)[0].next_attempt_at
        assert planned is not None, "it was given up"
        clock.set(planned)
    assert set(reasons(real)) == {"connection-refused"}
    assert len(reasons(real)) > 11
    assert clock.now <= START + timedelta(hours=hours + 1.3)
    with receiver("127.0.0.1", port=int(url.split(":")[2].split("/")[0])) as up:
        assert deliver_due(real, clock.now) == 1
    assert [request.headers["webhook-id"] for request in up.requests] == [rows(real)[0].id]


def test_retries_that_are_used_up_end_visibly_and_are_told_with_the_number_to_ring(
    real: Deps, contact: Contact, box: Mailbox, clock: FakeClock
) -> None:
    with receiver("127.0.0.1") as gone:
        contact("nl-ov", gone.url, channel="webhook")
    contact("nl-ov", channel="telephone", address="+31 38 4998899")
    for code in ("coa", "ministry", "operator"):
        contact(code, language="en")
    tell(real)
    while (planned := rows(real)[0].next_attempt_at) is not None:
        clock.set(max(planned, clock.now))
        deliver_due(real, clock.now)
    row = rows(real)[0]
    assert (row.state, row.attempts, row.gave_up_at) == ("failed", 35, clock.now)
    deliver_due(real, clock.now)
    assert sorted(mail["To"] for mail in box.mails) == [
        f"piket@{code}.example" for code in ("coa", "ministry", "operator")
    ]
    assert all("+31 38 4998899" in text_of(mail) for mail in box.mails)
    with real.reading() as session:
        assert alerts.undelivered(session, START + timedelta(hours=23), []) == 1
    for _ in range(3):
        clock.advance(days=1)
        assert deliver_due(real, clock.now) == 0


def test_a_name_that_leads_inside_at_the_second_look_is_not_reached(
    real: Deps, contact: Contact, hook: Receiver, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second look within one attempt (there is none), and the look of the next attempt (which is checked)."""
    looks: list[str] = []

    def resolve(host: str, port: int, *_: Any, **more: Any) -> Any:
        looks.append(host)
        found = "127.0.0.1" if len(looks) == 1 else "127.0.0.2"
        return _socket.getaddrinfo(found, port, socket.AF_INET, socket.SOCK_STREAM)

    came_to: list[str] = []

    def refuse(handler: Handler, request: Request) -> None:
        came_to.append(handler.connection.getsockname()[0])
        answer(handler, 503)

    hook.behave = refuse
    port = here(hook).split(":")[2].split("/")[0]
    contact("nl-ov", f"http://meldkamer.example:{port}/hook", channel="webhook")
    tell(real)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    deliver_due(real, clock.now)
    assert (looks, came_to) == (["meldkamer.example"], ["127.0.0.1"])
    clock.advance(seconds=2)
    deliver_due(real, clock.now)
    assert reasons(real) == ["http-503", "address-not-allowed"]
    assert (len(looks), came_to) == (2, ["127.0.0.1"])


# Every way to write this machine that a resolver somewhere understands.
WRITTEN = (
    "127.0.0.1 127.0.0.1. 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 0x7f.1 0 0.0.0.0 localhost "
    "LOCALHOST localhost. 127.0.0.2 127%2e0%2e0%2e1 %31%32%37.0.0.1 ①②⑦.⓪.⓪.① 127。0。0。1 ⑯⑨。254 "
    "[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] "
    "[::1%25lo] [::ffff:127.0.0.1%25lo] user@127.0.0.1 user:pass@127.0.0.1 127.0.0.1\t 127.0.0.1\\@nl.example"
).split(" ")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("written", WRITTEN)
def test_no_way_to_write_this_machine_reaches_it_when_nothing_is_opened(
    scheme: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the resolver of this machine, which takes more notations than anybody remembers."""
    monkeypatch.setattr(socket, "getaddrinfo", _resolve)
    reached: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: reached.append(address))
    with receiver("0.0.0.0") as inside:
        port = inside.url.split(":")[2].split("/")[0]
        with pytest.raises(DeliveryError) as refusal:
            WebhookChannel(()).send(_message(f"{scheme}://{written}:{port}/hook"), time_limit=2)
    assert not refusal.value.permanent
    assert reached == inside.requests == []


def _resolve(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
    """The real one: the tests' own guard would refuse odd notations before our code is asked."""
    return _socket.getaddrinfo(host, port, family, type, proto, flags)


def _message(url: str) -> Message:
    return Message("delivery-1", "alert-1", "test", "nl-ov", "webhook", url, START, event={}, secrets=(b"x",))


def text_of(mail: EmailMessage) -> str:
    text = mail.get_body(("plain",))
    assert text is not None
    return str(text.get_content())


THIRTY = [f"desk{number}@nl-ov.example" for number in range(30)]


def identities(box: Mailbox, address: str) -> list[str]:
    """The Message-IDs of the mails that reached an address, in order."""
    return [mail["Message-ID"] for mail in box.mails if mail["To"] == address]


@pytest.mark.parametrize(
    ("refusal", "state"),
    [
        ("550 5.1.1 User unknown", "failed"),
        ("550 No such user here", "failed"),
        ("550 5.7.1 Rejected by policy", "pending"),
        ("552 5.2.2 Mailbox full", "pending"),
        ("450 4.2.0 Greylisted, try later", "pending"),
        ("451 4.7.1 Try again later", "pending"),
        ("421 Too busy", "pending"),
    ],
)
def test_one_bad_recipient_of_thirty_fails_alone(
    refusal: str, state: str, real: Deps, contact: Contact, box: Mailbox, clock: FakeClock
) -> None:
    """A 4xx or a policy is tried again and arrives later; a mailbox that is unknown ends; the others notice nothing."""
    for address in THIRTY:
        contact("nl-ov", address)
    box.refuse[THIRTY[7]] = refusal
    tell(real)
    deliver_due(real, clock.now)
    others = [address for address in THIRTY if address != THIRTY[7]]
    assert sorted(recipients for _, recipients in box.envelopes) == sorted([address] for address in others)
    assert sorted(row.state for row in rows(real)) == sorted([*["delivered"] * 29, state])
    box.refuse.clear()
    clock.advance(seconds=2)
    deliver_due(real, clock.now)
    assert len(identities(box, THIRTY[7])) == (state == "pending")
    assert all(len(identities(box, address)) == 1 for address in others)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "refusal", ["421 Shutting down", "451 4.3.0 Local error", "452 4.3.1 Full", "554 5.3.2 Not now"]
)
def test_a_mail_server_that_refuses_for_now_gets_the_mail_later_under_the_same_id(
    command: str, refusal: str, real: Deps, contact: Contact, box: Mailbox, clock: FakeClock
) -> None:
    contact("nl-ov", THIRTY[0])
    box.refuse[command] = refusal
    tell(real)
    deliver_due(real, clock.now)
    assert [(row.state, row.failures) for row in rows(real)] == [("pending", 1)]
    assert reasons(real)[0] in (f"smtp-{refusal[:3]}", f"smtp-{refusal[:3]}-{refusal.split()[1]}")
    box.refuse.clear()
    clock.advance(seconds=2)
    deliver_due(real, clock.now)
    assert identities(box, THIRTY[0]) == [f"<{rows(real)[0].id}@piket.example.nl>"]


def test_a_drop_after_the_text_repeats_that_mail_alone_under_the_same_id(
    real: Deps, contact: Contact, box: Mailbox, clock: FakeClock
) -> None:
    for address in THIRTY[:5]:
        contact("nl-ov", address)
    box.drop_after_data = 1
    tell(real)
    deliver_due(real, clock.now)
    assert sorted(row.state for row in rows(real)) == ["delivered"] * 4 + ["pending"]
    clock.advance(seconds=2)
    deliver_due(real, clock.now)
    counted = sorted(len(identities(box, address)) for address in THIRTY[:5])
    assert counted == [1, 1, 1, 1, 2]
    assert len({mail["Message-ID"] for mail in box.mails}) == 5


def test_greylisting_lets_every_mail_through_at_its_second_attempt(
    real: Deps, contact: Contact, box: Mailbox, clock: FakeClock
) -> None:
    for address in THIRTY[:10]:
        contact("nl-ov", address)
    box.refuse["RCPT"] = "451 4.7.1 Greylisted, come back in a moment"
    tell(real)
    deliver_due(real, clock.now)
    assert {row.state for row in rows(real)} == {"pending"}
    box.refuse.clear()
    clock.advance(seconds=2)
    assert deliver_due(real, clock.now) == 10
    assert {row.state for row in rows(real)} == {"delivered"}
    assert len(box.mails) == 10
