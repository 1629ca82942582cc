"""One attempt to deliver an alert by e-mail: one mail to one recipient, by the mail server of the settings.

Permanent are only answers that say that the mailbox does not exist, and an address that cannot be written in a header.
Everything else may be tried again: 4xx (greylisting too), other 5xx (a filter, a full mailbox), a server that is away. A
connection that drops after the text was sent counts as not delivered: the mail goes again under the same `Message-ID`.
Addresses and texts are never logged.
"""

from __future__ import annotations

import logging
import re
import smtplib
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.errors import HeaderParseError, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Any
from urllib.parse import urlsplit

from piket.alerts.channels import DeliveryError, Illustration, Message, PictureWish
from piket.alerts.channels.deadline import Deadline, LimitedTls, connect, unverified, verified
from piket.settings import Smtp
from piket.web_address import is_loopback

log = logging.getLogger(__name__)
Illustrate = Callable[[PictureWish, datetime], Illustration | None]
"""Who hands out pictures that lie ready; never waits."""
GOODBYE_SECONDS = 1.0
# Enhanced status codes (RFC 3463) for a mailbox, host or spelling that does not exist, and one that has moved.
_UNKNOWN = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
_ENHANCED = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\x85]+")


# A header is folded only beyond this: a subject folded right behind its name is read back with a space in front.
_HEADERS = SMTP.clone(max_line_length=200)


class EmailChannel:
    """Sends mail by one server. Without a server every attempt fails with `mail-not-configured`, which shows."""

    def __init__(self, server: Smtp | None, sender: str, base_url: str) -> None:
        self._server = server
        self._sender = sender
        self._host = urlsplit(base_url).hostname or "localhost"
        self.illustrate: Illustrate | None = None

    def send(self, message: Message, *, time_limit: float) -> None:
        """One attempt within `time_limit` seconds in all. Raises `DeliveryError`."""
        if self._server is None:
            raise DeliveryError("mail-not-configured")
        content = self.compose(message).as_bytes(policy=_HEADERS)
        deadline = Deadline(time_limit)
        try:
            self._deliver(self._server, message.address, content, deadline)
        except TimeoutError:
            raise DeliveryError("timed-out") from None
        except smtplib.SMTPServerDisconnected:
            raise DeliveryError("timed-out" if deadline.over() else "smtp-dropped") from None
        except smtplib.SMTPResponseException as refusal:
            raise DeliveryError(f"smtp-{refusal.smtp_code}") from None
        except (smtplib.SMTPException, OSError, UnicodeError):
            raise DeliveryError("mail-server-unreachable") from None

    def _deliver(self, server: Smtp, recipient: str, content: bytes, deadline: Deadline) -> None:
        """One conversation, from connecting to goodbye, under one deadline."""
        client = _Client(server, self._host, deadline)
        try:
            self._converse(client, server, recipient, content)
            client.leave()
        finally:
            client.close()

    def _converse(self, client: _Client, server: Smtp, recipient: str, content: bytes) -> None:
        """Say hello, go under TLS where it is offered, log in, hand the mail over. Raises what the server or network makes of it.

        With a user name the certificate must be right. Without one TLS is taken as it is: the choice is this or plain text.
        """
        client.ehlo_or_helo_if_needed()
        if not server.tls and client.has_extn("starttls"):
            client.starttls(context=verified() if server.user else unverified())
            client.ehlo_or_helo_if_needed()
        self._log_in(client, server)
        international = not recipient.isascii()
        if international and not client.has_extn("smtputf8"):
            raise DeliveryError("smtp-no-international-addresses")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        _expect(client.mail(parseaddr(self._sender)[1], options), 250)
        _expect_mailbox(client.rcpt(recipient))
        _expect(client.data(content), 250)

    def _log_in(self, client: _Client, server: Smtp) -> None:
        """With a user name, and never with a password in plain text over a network."""
        if server.user is None:
            return
        if not isinstance(client.sock, LimitedTls) and not is_loopback(server.host):
            raise DeliveryError("smtp-login-needs-tls")
        client.login(server.user, server.password or "")

    def compose(self, message: Message) -> EmailMessage:
        """The mail. Nothing in a subject or an address can add a header. Raises `DeliveryError` for a bad address."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._sender
        mail["To"] = _written(message.address)
        mail["Subject"] = _BREAKS.sub(" ", message.subject).strip()
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<{message.delivery}@{self._host}>"
        if message.thread:
            root = f"<thread-{message.thread}@{self._host}>"
            mail["In-Reply-To"], mail["References"] = root, root
        mail["List-Id"] = f"piket <alerts.{self._host}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
        if message.urgent:
            mail["Importance"], mail["X-Priority"], mail["Priority"] = "high", "1", "urgent"
        mail.set_content(message.text, cte="quoted-printable")
        self._add_html(mail, message)
        for file in message.attachments:
            mail.add_attachment(file.content, maintype="application", subtype="pdf", filename=file.name)
        return mail

    def _add_html(self, mail: EmailMessage, message: Message) -> None:
        """The HTML, with its picture when one lies ready. Nothing that goes wrong with a picture keeps the mail back."""
        found, html = self._picture(message), message.html
        if found is not None:
            # The same for every attempt, and shorter than a line of a header may be.
            cid = f"{message.alert}@{self._host}"
            html = html.replace("</dl>", f"</dl>\n{_figure(cid, found.words)}", 1)
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
        if found is not None:
            part = list(mail.iter_parts())[-1]
            part.add_related(found.content, maintype="image", subtype="png", cid=f"<{cid}>")

    def _picture(self, message: Message) -> Illustration | None:
        """What lies ready for this mail; None when nothing does."""
        if self.illustrate is None or message.picture is None or "</dl>" not in message.html:
            return None
        try:
            return self.illustrate(message.picture, message.at)
        except Exception as error:
            log.warning("a mail goes without its picture", extra={"error": type(error).__name__})
            return None


def _figure(cid: str, words: str) -> str:
    """The picture inside the mail, with the same in words beneath it: many mail programs show no picture."""
    return (
        f'<p style="margin:0 0 16px"><img src="cid:{escape(cid)}" width="600" alt="" style="max-width:100%;height:auto;border:0">'
        f"<br>{escape(words)}</p>"
    )


def _written(address: str) -> Address:
    """The address as a header holds it."""
    try:
        if _BREAKS.search(address):
            raise ValueError(address)
        return Address(addr_spec=address)
    except (ValueError, IndexError, HeaderParseError, MessageError):
        raise DeliveryError("address-invalid", permanent=True) from None


def _expect(answer: tuple[int, bytes], code: int) -> None:
    """Raise `DeliveryError`, to be tried again, for any other answer."""
    if answer[0] != code:
        raise DeliveryError(f"smtp-{answer[0]}")


def _expect_mailbox(answer: tuple[int, bytes]) -> None:
    """250 or 251; 550, 551 and 553 without a finer code, or with one that says so, mean that there is no such mailbox."""
    code, text = answer
    if code in (250, 251):
        return
    finer = _ENHANCED.match(text)
    name = finer.group(1).decode() if finer else None
    gone = name in _UNKNOWN if name else code in (550, 551, 553)
    raise DeliveryError(f"smtp-{code}" + (f"-{name}" if name else ""), permanent=code >= 500 and gone)


class _Client(smtplib.SMTP):
    """smtplib's client, under one deadline for the whole conversation."""

    def __init__(self, server: Smtp, own_name: str, deadline: Deadline) -> None:
        self._deadline = deadline
        self._tls_at_once = server.tls
        super().__init__(server.host, server.port, local_hostname=own_name, timeout=deadline.left())

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        for number, (family, kind, protocol, _, address) in enumerate(found):
            try:
                plain = connect(family, kind, protocol, address, self._deadline)
            except OSError:
                if number == len(found) - 1:
                    raise
                continue
            return self._wrap(plain, host) if self._tls_at_once else plain
        raise OSError("the name of the mail server has no address")

    def _wrap(self, plain: socket.socket, host: str) -> socket.socket:
        return self._limited(verified().wrap_socket(plain, server_hostname=host))

    def _limited(self, tls: socket.socket | None) -> socket.socket:
        assert isinstance(tls, LimitedTls)
        tls.deadline = self._deadline
        return tls

    def starttls(self, *, context: Any = None) -> tuple[int, bytes]:  # type: ignore[override]
        """As smtplib does; the new socket keeps the deadline."""
        answer = super().starttls(context=context)
        self._limited(self.sock)
        return answer

    def leave(self) -> None:
        """Say goodbye, without waiting long; what was accepted stays accepted."""
        self._deadline.shorten(GOODBYE_SECONDS)
        with suppress(smtplib.SMTPException, OSError):
            self.quit()
