"""The e-mail channel against a real mail server on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from piket.alerts.channels import DeliveryError, Message
from piket.alerts.channels.email import EmailChannel
from piket.settings import Smtp
from tests.stories.receivers import Mailbox, mailbox

AT = datetime(2024, 9, 16, 12, tzinfo=UTC)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
def channel(box: Mailbox) -> EmailChannel:
    return EmailChannel(Smtp(box.host, box.port), "Piket <piket@dienst.example>", "https://piket.example.nl")


def _message(
    address: str = "desk@overijssel.example", subject: str = "Afroep: 179 plekken", **other: object
) -> Message:
    values = {"text": "Vóór 21.00 uur.", "html": "<p>Vóór <b>21.00</b> uur.</p>", "urgent": True, "thread": "episode-1"}
    return Message("delivery-1", "alert-1", "callUp", "nl-ov", "email", address, AT, subject, **{**values, **other})  # type: ignore[arg-type]


def _failure(channel: EmailChannel, message: Message, time_limit: float = 5) -> DeliveryError:
    with pytest.raises(DeliveryError) as failure:
        channel.send(message, time_limit=time_limit)
    return failure.value


@pytest.mark.parametrize(
    "subject",
    [
        "Ter info: Ter Apel van mensen zonder bed naar boven het maximum (2.200)",
        "Afroep: 179 plekken nodig vóór di 17 sep 02.31 uur. Commissaris van de Koning in Overijssel is aan de beurt",
    ],
)
def test_a_long_subject_is_read_back_as_it_was_written(channel: EmailChannel, box: Mailbox, subject: str) -> None:
    channel.send(_message(subject=subject), time_limit=5)
    assert box.mails[0]["Subject"] == subject


def test_a_mail_says_the_same_in_text_and_html(channel: EmailChannel, box: Mailbox) -> None:
    channel.send(_message(), time_limit=5)
    mail = box.mails[0]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().strip() == "Vóór 21.00 uur."
    assert html is not None and "<b>21.00</b>" in html.get_content()
    assert mail["Subject"] == "Afroep: 179 plekken"
    assert mail["Date"].datetime == AT
    assert box.envelopes == [("piket@dienst.example", ["desk@overijssel.example"])]
    assert mail["To"] == "desk@overijssel.example"


def test_a_mail_is_one_of_its_thread_and_says_that_no_person_wrote_it(channel: EmailChannel, box: Mailbox) -> None:
    channel.send(_message(), time_limit=5)
    mail = box.mails[0]
    assert mail["Message-ID"] == "<delivery-1@piket.example.nl>"
    assert mail["In-Reply-To"] == mail["References"] == "<thread-episode-1@piket.example.nl>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "alerts.piket.example.nl" in mail["List-Id"]


def test_only_an_urgent_mail_is_marked_urgent(channel: EmailChannel, box: Mailbox) -> None:
    channel.send(_message(), time_limit=5)
    channel.send(_message(urgent=False, thread=None), time_limit=5)
    urgent, plain = box.mails
    assert (urgent["Importance"], urgent["X-Priority"], urgent["Priority"]) == ("high", "1", "urgent")
    for header in ("Importance", "X-Priority", "Priority", "In-Reply-To", "References"):
        assert plain[header] is None


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85"])
def test_a_subject_cannot_add_a_header(breaks: str, channel: EmailChannel, box: Mailbox) -> None:
    channel.send(_message(subject=f"Afroep{breaks}Bcc: spy@elsewhere.example"), time_limit=5)
    assert box.mails[0]["Bcc"] is None
    assert box.mails[0]["Subject"] == "Afroep Bcc: spy@elsewhere.example"
    assert box.envelopes[0][1] == ["desk@overijssel.example"]


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "no address", "", "a@"]
)
def test_an_address_that_cannot_be_written_ends_at_once(address: str, channel: EmailChannel, box: Mailbox) -> None:
    failure = _failure(channel, _message(address))
    assert (failure.reason, failure.permanent) == ("address-invalid", True)
    assert box.mails == []


@pytest.mark.parametrize(
    ("refusal", "reason", "permanent"),
    [
        ("550 5.1.1 User unknown", "smtp-550-5.1.1", True),
        ("550 5.1.10 Null MX", "smtp-550-5.1.10", True),
        ("553 5.1.3 Bad address", "smtp-553-5.1.3", True),
        ("550 No such user here", "smtp-550", True),
        ("550 5.7.1 Rejected by policy", "smtp-550-5.7.1", False),
        ("552 5.2.2 Mailbox full", "smtp-552-5.2.2", False),
        ("554 Transaction failed", "smtp-554", False),
        ("450 4.2.0 Greylisted, try later", "smtp-450-4.2.0", False),
        ("451 4.1.1 Not now", "smtp-451-4.1.1", False),
        ("421 Too busy", "smtp-421", False),
    ],
)
def test_a_refused_recipient_is_permanent_only_when_the_mailbox_is_unknown(
    refusal: str, reason: str, permanent: bool, channel: EmailChannel, box: Mailbox
) -> None:
    box.refuse["RCPT"] = refusal
    failure = _failure(channel, _message())
    assert (failure.reason, failure.permanent) == (reason, permanent)


def test_one_bad_recipient_of_thirty_fails_alone(channel: EmailChannel, box: Mailbox) -> None:
    addresses = [f"desk{number}@overijssel.example" for number in range(30)]
    box.refuse[addresses[7]] = "550 5.1.1 User unknown"
    failed = []
    for address in addresses:
        try:
            channel.send(_message(address), time_limit=5)
        except DeliveryError:
            failed.append(address)
    assert failed == [addresses[7]]
    assert [recipients for _, recipients in box.envelopes] == [[a] for a in addresses if a != addresses[7]]


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
@pytest.mark.parametrize("refusal", ["451 4.7.1 Greylisted", "554 5.7.1 Refused"])
def test_a_refusal_before_or_after_the_text_may_be_tried_again(
    command: str, refusal: str, channel: EmailChannel, box: Mailbox
) -> None:
    box.refuse[command] = refusal
    failure = _failure(channel, _message())
    assert (failure.reason, failure.permanent) == (f"smtp-{refusal[:3]}", False)


def test_a_drop_after_the_text_counts_as_not_delivered_and_goes_again_under_the_same_id(
    channel: EmailChannel, box: Mailbox
) -> None:
    box.drop_after_data = 1
    failure = _failure(channel, _message())
    assert (failure.reason, failure.permanent) == ("smtp-dropped", False)
    channel.send(_message(), time_limit=5)
    assert len({mail["Message-ID"] for mail in box.mails}) == 1
    assert len(box.mails) == 2


def test_a_server_that_is_away_may_be_tried_again() -> None:
    with mailbox() as gone:
        channel = EmailChannel(Smtp(gone.host, gone.port), "piket@dienst.example", "https://piket.example.nl")
    assert _failure(channel, _message()).reason == "mail-server-unreachable"


def test_a_server_that_hangs_or_drips_is_left_at_the_time_limit() -> None:
    leave = threading.Event()

    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            while not leave.wait(0.05):
                connection.sendall(b"220-wait\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        channel = EmailChannel(Smtp(*server.getsockname()[:2]), "piket@dienst.example", "https://piket.example.nl")
        begun = time.monotonic()
        assert _failure(channel, _message(), time_limit=0.4).reason == "timed-out"
        assert time.monotonic() - begun < 2
        leave.set()
        thread.join()


def test_without_a_mail_server_every_attempt_says_so() -> None:
    channel = EmailChannel(None, "piket@dienst.example", "https://piket.example.nl")
    failure = _failure(channel, _message())
    assert (failure.reason, failure.permanent) == ("mail-not-configured", False)


def test_a_password_is_not_sent_in_plain_text_over_a_network(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **more: resolve("127.0.0.1", port, **more))
    server = Smtp("mail.example", box.port, "piket", "geheim")
    channel = EmailChannel(server, "piket@dienst.example", "https://piket.example.nl")
    assert _failure(channel, _message()).reason == "smtp-login-needs-tls"
    assert box.mails == []


def test_an_international_address_is_delivered_when_the_server_takes_it(channel: EmailChannel, box: Mailbox) -> None:
    channel.send(_message("meldkamer@fryslân.example"), time_limit=5)
    assert box.envelopes[0][1] == ["meldkamer@fryslân.example"]
