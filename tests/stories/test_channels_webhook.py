"""The webhook channel against a real receiver on this machine, read by packages that others wrote."""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks import Webhook

from piket.alerts.channels import DeliveryError, Message
from piket.alerts.channels.deadline import LimitedSocket, LimitedTls
from piket.alerts.channels.events import event, event_type
from piket.alerts.channels.webhook import WebhookChannel, retry_after
from piket.clock import system_clock
from tests.stories.receivers import Handler, Receiver, Request, answer, receiver

HERE = (ipaddress.ip_network("127.0.0.0/8"),)
SECRET = bytes(range(32))
AT = datetime(2024, 9, 16, 12, tzinfo=UTC)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def channel() -> WebhookChannel:
    return WebhookChannel(HERE)


def _message(url: str, *secrets: bytes) -> Message:
    content = event("urn:nld:test", "callUpOverdue", "alert-1", "ter-apel", AT, {"id": "alert-1", "title": "Élan & ↑"})
    keys = secrets or (SECRET,)
    return Message("delivery-1", "alert-1", "callUpOverdue", "nl-ov", "webhook", url, AT, event=content, secrets=keys)


def _failure(channel: WebhookChannel, url: str, time_limit: float = 5) -> DeliveryError:
    with pytest.raises(DeliveryError) as failure:
        channel.send(_message(url), time_limit=time_limit)
    return failure.value


def test_a_receiver_can_verify_the_signature_with_the_standard_package(channel: WebhookChannel, hook: Receiver) -> None:
    channel.send(_message(hook.url), time_limit=5)
    request = hook.requests[0]
    secret = "whsec_" + base64.b64encode(SECRET).decode()
    data = Webhook(secret).verify(request.body, request.headers)
    assert data["data"]["title"] == "Élan & ↑"
    assert request.headers["webhook-id"] == "delivery-1"


def test_both_signatures_verify_while_a_secret_is_being_changed(channel: WebhookChannel, hook: Receiver) -> None:
    older = b"o" * 32
    channel.send(_message(hook.url, SECRET, older), time_limit=5)
    for secret in (SECRET, older):
        Webhook(secret).verify(hook.requests[0].body, hook.requests[0].headers)


def test_a_receiver_can_read_the_event_with_the_cloudevents_package(channel: WebhookChannel, hook: Receiver) -> None:
    channel.send(_message(hook.url), time_limit=5)
    request = hook.requests[0]
    assert request.headers["content-type"] == "application/cloudevents+json"
    read = from_structured_event(HTTPMessage(request.headers, request.body), JSONFormat())
    assert read.get_type() == "nl.opvangpiket.call-up-overdue.v1"
    assert (read.get_id(), read.get_source(), read.get_subject()) == ("alert-1", "urn:nld:test", "ter-apel")
    assert read.get_time() == AT
    assert read.get_data()["id"] == "alert-1"


def test_a_repeat_carries_the_same_id_and_the_same_bytes(channel: WebhookChannel, hook: Receiver) -> None:
    for _ in range(2):
        channel.send(_message(hook.url), time_limit=5)
    first, second = hook.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


@pytest.mark.parametrize(("kind", "name"), [("callUp", "call-up"), ("test", "test"), ("allClear", "all-clear")])
def test_the_type_is_the_kind_in_kebab_case(kind: str, name: str) -> None:
    assert event_type(kind) == f"nl.opvangpiket.{name}.v1"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int, channel: WebhookChannel, hook: Receiver) -> None:
    hook.behave = lambda handler, request: answer(handler, status)
    channel.send(_message(hook.url), time_limit=5)


@pytest.mark.parametrize("status", [300, 400, 401, 404, 429, 500, 503, 599])
def test_other_answers_may_be_tried_again(status: int, channel: WebhookChannel, hook: Receiver) -> None:
    hook.behave = lambda handler, request: answer(handler, status)
    failure = _failure(channel, hook.url)
    assert (failure.reason, failure.permanent, failure.retry_after) == (f"http-{status}", False, None)


def test_410_is_permanent(channel: WebhookChannel, hook: Receiver) -> None:
    hook.behave = lambda handler, request: answer(handler, 410)
    assert _failure(channel, hook.url).permanent


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, channel: WebhookChannel, hook: Receiver) -> None:
    with receiver() as inside:
        hook.behave = lambda handler, request: answer(handler, status, {"Location": inside.url})
        failure = _failure(channel, hook.url)
        assert (failure.reason, failure.permanent) == (f"http-{status}", False)
        assert inside.requests == []


def test_retry_after_comes_back_when_it_is_seconds(channel: WebhookChannel, hook: Receiver) -> None:
    hook.behave = lambda handler, request: answer(handler, 429, {"Retry-After": "17"})
    assert _failure(channel, hook.url).retry_after == 17


def test_retry_after_comes_back_when_it_is_a_date(channel: WebhookChannel, hook: Receiver) -> None:
    later = format_datetime(system_clock() + timedelta(seconds=90), usegmt=True)
    hook.behave = lambda handler, request: answer(handler, 503, {"Retry-After": later})
    asked = _failure(channel, hook.url).retry_after
    assert asked is not None
    assert 80 < asked <= 90


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1.5", "Mon, 99 Foo 2024 25:61:00 GMT", "²", "Mon, 16 Sep 2024 12:00:00"]
)
def test_an_absurd_retry_after_is_no_wish(value: str) -> None:
    assert retry_after(value, AT) is None


def test_a_retry_after_without_end_is_cut_to_a_number_that_can_be_reckoned_with() -> None:
    assert retry_after("9" * 5000, AT) == 999_999_999_999


def test_a_receiver_that_hangs_is_left_at_the_time_limit(channel: WebhookChannel, hook: Receiver) -> None:
    leave = threading.Event()
    hook.behave = lambda handler, request: leave.wait(10) and None
    begun = time.monotonic()
    assert _failure(channel, hook.url, time_limit=0.3).reason == "timed-out"
    assert time.monotonic() - begun < 2
    leave.set()


def test_a_receiver_that_drips_is_left_at_the_time_limit(channel: WebhookChannel, hook: Receiver) -> None:
    """Each byte comes well within any time-out of a read; the whole does not."""
    leave = threading.Event()

    def drip(handler: Handler, request: Request) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
            if leave.wait(0.05):
                return
            handler.wfile.write(bytes([byte]))

    hook.behave = drip
    begun = time.monotonic()
    assert _failure(channel, hook.url, time_limit=0.4).reason == "timed-out"
    assert time.monotonic() - begun < 2
    leave.set()


def test_a_2xx_counts_when_its_body_never_ends(channel: WebhookChannel, hook: Receiver) -> None:
    leave = threading.Event()

    def flood(handler: Handler, request: Request) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not leave.wait(0.001):
            handler.wfile.write(b"a" * 65_536)

    hook.behave = flood
    begun = time.monotonic()
    channel.send(_message(hook.url), time_limit=5)
    assert time.monotonic() - begun < 3
    leave.set()


def test_an_answer_cut_off_halfway_may_be_tried_again(channel: WebhookChannel, hook: Receiver) -> None:
    def cut(handler: Handler, request: Request) -> None:
        handler.wfile.write(b"HTTP/1.1 20")
        handler.connection.shutdown(socket.SHUT_RDWR)

    hook.behave = cut
    assert _failure(channel, hook.url).reason == "connection-failed"


def test_nobody_listening_may_be_tried_again(channel: WebhookChannel) -> None:
    with receiver() as gone:
        url = gone.url
    assert _failure(channel, url).reason == "connection-refused"


def test_an_answer_that_is_not_http_may_be_tried_again(channel: WebhookChannel, hook: Receiver) -> None:
    def babble(handler: Handler, request: Request) -> None:
        handler.wfile.write(b"\x00\xff" * 100 + b"\r\n\r\n")
        handler.connection.shutdown(socket.SHUT_RDWR)

    hook.behave = babble
    assert not _failure(channel, hook.url).permanent


def test_an_inside_address_is_not_reached_on_any_attempt_when_nothing_is_opened(hook: Receiver) -> None:
    failure = _failure(WebhookChannel(()), hook.url)
    assert (failure.reason, failure.permanent) == ("address-not-allowed", False)
    assert hook.requests == []


def test_a_name_is_looked_up_at_every_attempt_however_often_it_was_well(
    channel: WebhookChannel, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve, leads_to = socket.getaddrinfo, ["127.0.0.1", "127.0.0.1", "10.0.0.1"]
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **more: resolve(leads_to.pop(0), port, **more))
    url = f"http://meldkamer.example:{hook.url.split(':')[2]}"
    for _ in range(2):
        channel.send(_message(url), time_limit=5)
    assert _failure(channel, url).reason == "address-not-allowed"
    assert len(hook.requests) == 2


def test_an_answer_counts_when_the_receiver_hangs_up_before_it_has_read_everything(
    channel: WebhookChannel, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = LimitedSocket.sendall

    def broken_after_the_head(self: LimitedSocket, data: bytes) -> None:
        if data.startswith(b"{"):
            raise BrokenPipeError
        send(self, data.replace(b"Content-Length", b"X-Length"))

    monkeypatch.setattr(LimitedSocket, "sendall", broken_after_the_head)
    hook.behave = lambda handler, request: answer(handler, 410)
    assert _failure(channel, hook.url).reason == "http-410"


def test_a_proxy_of_the_environment_is_not_used(
    channel: WebhookChannel, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        channel.send(_message(hook.url), time_limit=5)
        assert proxy.requests == []
    assert len(hook.requests) == 1


def test_the_name_stays_in_the_request_when_its_address_is_connected_to(
    channel: WebhookChannel, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **more: resolve("127.0.0.1", port, **more))
    port = hook.url.split(":")[2].split("/")[0]
    channel.send(_message(f"http://meldkamer.example:{port}/a/path?query=1"), time_limit=5)
    assert hook.requests[0].headers["host"] == f"meldkamer.example:{port}"
    assert hook.requests[0].path == "/a/path?query=1"


def test_plain_text_where_tls_is_asked_is_a_failure_of_tls(channel: WebhookChannel, hook: Receiver) -> None:
    assert _failure(channel, hook.url.replace("http:", "https:")).reason == "tls-failed"


def test_no_address_or_secret_is_logged(
    channel: WebhookChannel, hook: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    def strange(handler: Handler, request: Request) -> None:
        handler.wfile.write(b"HTTP/1.1 503 No\r\nbad header\r\nContent-Length: 0\r\n\r\n")

    hook.behave = strange
    _failure(channel, hook.url + "?token=secret-token")
    assert "secret-token" not in caplog.text
    assert "secret-token" not in repr(_message(hook.url + "?token=secret-token"))
    assert json.dumps(str(_failure(channel, hook.url))) == '"http-503"'


@pytest.fixture
def tls_hook(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A receiver with a certificate for meldkamer.example, which the channel trusts; every name leads to it. Its port."""
    made, served = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.issue_cert("meldkamer.example").configure_cert(served)
    trusted = ssl.create_default_context()
    made.configure_trust(trusted)
    trusted.sslsocket_class = LimitedTls
    monkeypatch.setattr("piket.alerts.channels.webhook.verified", lambda: trusted)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **more: resolve("127.0.0.1", port, **more))
    with receiver(tls=served, behave=lambda handler, request: hook.behave(handler, request)) as running:
        hook.requests = running.requests
        yield int(running.url.split(":")[2].split("/")[0])


def test_the_certificate_is_checked_for_the_name_when_the_address_is_connected_to(
    channel: WebhookChannel, hook: Receiver, tls_hook: int
) -> None:
    channel.send(_message(f"https://meldkamer.example:{tls_hook}/hook"), time_limit=5)
    assert hook.requests[0].headers["host"] == f"meldkamer.example:{tls_hook}"
    assert _failure(channel, f"https://elsewhere.example:{tls_hook}/hook").reason == "tls-failed"
    assert len(hook.requests) == 1


def test_a_receiver_that_drips_under_tls_is_left_at_the_time_limit(
    channel: WebhookChannel, hook: Receiver, tls_hook: int
) -> None:
    leave = threading.Event()

    def drip(handler: Handler, request: Request) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
            if leave.wait(0.05):
                return
            handler.wfile.write(bytes([byte]))

    hook.behave = drip
    begun = time.monotonic()
    failure = _failure(channel, f"https://meldkamer.example:{tls_hook}/hook", time_limit=0.5)
    assert failure.reason == "timed-out"
    assert time.monotonic() - begun < 2
    leave.set()
