"""Receive the messages of piket and hand the urgent ones to a gateway for SMS or voice. Only the standard library.

    PIKET_WEBHOOK_SECRET=whsec_… GATEWAY_URL=https://gateway.example/send GATEWAY_TOKEN=… \\
    GATEWAY_NUMBERS=+31612345678,+31687654321 python3 webhook_to_sms.py --port 8080 --kept /var/lib/sms/kept.txt

What keeps a message from getting lost: the answer is 2xx only when the gateway has taken it for every number, and what was
taken is written down first. Everything else is answered with 503, and piket comes again, for a day, with the same
`webhook-id`. So nothing needs a queue of its own here. TLS belongs in front of it (a reverse proxy).

While a secret is being replaced, PIKET_WEBHOOK_SECRET may hold both, with a space between them.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import os
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What wakes somebody up. Everything else is answered with 204 and left to the mailbox.
URGENT_KINDS = {
    "callUp", "callUpReminder", "callUpOverdue", "callUpsGathered", "listEnded", "deliveryFailed", "failuresGathered",
    "convening", "test",
}  # fmt: skip
URGENT_LEVELS = {"overflow", "acute"}
MINUTES_APART = 5
# piket waits ten seconds for an answer, five for the first; be done before that.
GATEWAY_SECONDS = 4
LARGEST_BODY = 2_000_000


def send(number: str, text: str, reference: str) -> None:
    """Ask the gateway to deliver one text. Raises when it did not take it. THE PLACE TO CHANGE for your gateway.

    `reference` is the same at every repeat: give it to a gateway that can drop repeats by itself.
    """
    body = json.dumps({"to": number, "text": text, "reference": reference}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ.get('GATEWAY_TOKEN', '')}"}
    request = urllib.request.Request(os.environ["GATEWAY_URL"], body, headers)
    with urllib.request.urlopen(request, timeout=GATEWAY_SECONDS):
        pass


def is_genuine(secrets: list[str], headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether piket signed exactly these bytes, not long ago (Standard Webhooks)."""
    identity, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not sent_at.isdigit() or abs(now - int(sent_at)) > MINUTES_APART * 60:
        return False
    signed = f"{identity}.{sent_at}.".encode() + body
    given = [part[3:] for part in headers.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
            return True
    return False


def is_urgent(alert: Mapping[str, Any]) -> bool:
    """Whether somebody is to be woken. A drill never wakes anybody; change that when you want to practise it."""
    return not alert.get("drill") and (alert["kind"] in URGENT_KINDS or alert.get("level") in URGENT_LEVELS)


class Kept:
    """Which messages were handed over to which number: a text file with one line each, which survives a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()

    def has(self, line: str) -> bool:
        """Whether it was handed over."""
        return line in self._lines

    def add(self, line: str) -> None:
        """Write it down so that it is still there after a power cut."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._lines.add(line)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Answers piket."""

    kept: Kept
    secrets: list[str]
    numbers: list[str]
    one_at_a_time = threading.Lock()

    def do_POST(self) -> None:
        """401 for what is not genuine, 204 for what is done or needs nothing, 503 for what piket must bring again."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            return self._answer(413)
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not is_genuine(self.secrets, headers, body, time.time()):
            return self._answer(401)
        alert = json.loads(body)["data"]
        if not is_urgent(alert):
            return self._answer(204)
        with self.one_at_a_time:
            return self._answer(204 if self._hand_over(headers["webhook-id"], alert) else 503)

    def _hand_over(self, identity: str, alert: Mapping[str, Any]) -> bool:
        for number in self.numbers:
            line = f"{identity} {number}"
            if self.kept.has(line):
                continue
            try:
                send(number, f"{alert['title']}\n{alert['text'].splitlines()[0]}", identity)
            except OSError:
                return False
            self.kept.add(line)
        return True

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *values: Any) -> None:
        """Nothing: an address line may hold what should not be kept."""


def main() -> None:
    """Serve until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--kept", type=Path, default=Path("kept.txt"))
    given = parser.parse_args()
    Receiver.kept = Kept(given.kept)
    Receiver.secrets = os.environ["PIKET_WEBHOOK_SECRET"].split()
    Receiver.numbers = [number.strip() for number in os.environ["GATEWAY_NUMBERS"].split(",")]
    server = http.server.ThreadingHTTPServer((given.host, given.port), Receiver)
    print(f"listening at port {server.server_port}", flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
