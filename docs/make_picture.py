"""Make docs/situation.png: the page at / on the night of 16 September 2024, as the service itself shows it.

    .venv/bin/python docs/make_picture.py [--width 1280] [--height 1740] [--language nl] [--dark] [--out docs/situation.png]

The service runs on a temporary database with counts and answers made up for the picture; Chromium of the system is the
camera. The picture is taken as COA sees it. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from piket.app import create_app, initialise
from piket.audit.service import ENGINE
from piket.organisations import service as organisations
from piket.startup import read_settings

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Evening:
    """The clock of the picture."""

    now: datetime = datetime(2024, 9, 16, 5, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment of the evening."""
        return self.now


class Quiet(WSGIRequestHandler):
    """Says nothing of the requests of the browser."""

    def log_request(self, *_: Any) -> None:
        """Nothing."""


class Organisation:
    """One organisation at the API."""

    def __init__(self, app: Flask, code: str) -> None:
        self.http = app.test_client(use_cookies=False)
        with app.extensions["piket"].writing(ring=False) as session:
            _, self.key = organisations.issue_key(session, app.extensions["piket"].now(), ENGINE, code)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers; ends the script when it refuses."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.http.open(f"/v1/{path}", method=method, json=body, headers=headers)
        if answer.status_code >= 400:
            sys.exit(f"{method} {path}: {answer.get_data(as_text=True)}")
        return answer.get_json()


def build(folder: Path) -> tuple[Flask, Evening]:
    """The service with everybody's desk known, at seven in the morning."""
    settings = read_settings(
        {
            "PIKET_CONFIG": str(ROOT / "config"),
            "PIKET_DATABASE_URL": f"sqlite:///{folder}/picture.db",
            "PIKET_SECRET_KEY": "a key for one picture only, of more than 32 bytes",
        }
    )
    clock = Evening()
    app = create_app(settings, clock, {})
    deps = app.extensions["piket"]
    initialise(deps)
    with deps.writing(ring=False) as session:
        for number, one in enumerate(organisations.listed(session)):
            for channel, address in (
                ("email", f"piket@{one.code}.example"),
                ("telephone", f"+31 88 000 00 {number:02}"),
            ):
                organisations.add_contact_point(session, clock(), ENGINE, one.code, channel=channel, address=address)
    return app, clock


def live(app: Flask, clock: Evening) -> None:
    """The day and the evening: counts, the call-up of Overijssel, its answer in part, the call-up of Utrecht."""
    coa, overijssel = Organisation(app, "coa"), Organisation(app, "nl-ov")
    count(coa, clock, "nightBeds", 1990)
    clock.now += timedelta(hours=14)
    count(coa, clock, "present", 2200)
    asked = coa.call("GET", "call-ups?state=open")["items"][0]
    acknowledge(overijssel)
    clock.now += timedelta(minutes=12)
    site = {
        "places": 120,
        "firmness": "ready",
        "agreedWith": "mayor",
        "hours": "night",
        "availableFrom": clock.now.isoformat(),
        "availableUntil": (clock.now + timedelta(days=3)).isoformat(),
    }
    sites = [
        {**site, "municipality": "gm0153", "site": "Sporthal Noord"},
        {**site, "municipality": "gm0193", "site": "Expohal", "places": 40, "firmness": "inView", "agreedWith": None},
    ]
    overijssel.call("POST", f"call-ups/{asked['id']}/responses", {"places": 160, "sites": sites})
    clock.now += timedelta(minutes=4)
    count(coa, clock, "withoutBed", 45)
    told = [one for one in coa.call("GET", "alerts?pageSize=500")["items"] if "coa" in one["told"]]
    for one in told[2:]:
        coa.call("POST", f"alerts/{one['id']}/acknowledgements")
    clock.now += timedelta(minutes=2)


def count(coa: Organisation, clock: Evening, definition: str, people: int) -> None:
    """COA counted a few minutes ago."""
    observed = (clock.now - timedelta(minutes=6)).isoformat()
    body = {"observedAt": observed, "definition": definition, "people": people}
    coa.call("POST", "centres/ter-apel/counts", body)


def acknowledge(organisation: Organisation) -> None:
    """It has read the newest alert."""
    newest = organisation.call("GET", "alerts?kind=callUp")["items"][0]
    organisation.call("POST", f"alerts/{newest['id']}/acknowledgements")


def sign_in(app: Flask, code: str, language: str) -> str:
    """The cookies of a browser that has signed in."""
    browser = app.test_client()
    form = browser.get("/sign-in").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    if token is None:
        sys.exit("the page for signing in has no form")
    browser.post("/sign-in", data={"csrf_token": token[1], "key": Organisation(app, code).key})
    session = browser.get_cookie("piket")
    if session is None:
        sys.exit("signing in gave no cookie")
    return f"piket={session.value}; piket_language={language}"


@contextmanager
def served(app: Flask, cookies: str) -> Iterator[str]:
    """The service at an address of this machine, for a browser that has these cookies."""

    def with_cookies(environ: dict[str, Any], start_response: Any) -> Any:
        return app.wsgi_app({**environ, "HTTP_COOKIE": cookies}, start_response)

    server = make_server("127.0.0.1", 0, with_cookies, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def photograph(address: str, wanted: argparse.Namespace) -> None:
    """Let the browser make the picture."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("no Chromium found on this system")
    with tempfile.TemporaryDirectory() as profile:
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}",
            f"--window-size={wanted.width},{wanted.height}", f"--screenshot={wanted.out.resolve()}",
            *(["--blink-settings=preferredColorScheme=0"] if wanted.dark else []), address,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0 or not wanted.out.exists():
        sys.exit(f"the browser made no picture: {done.stderr[-500:]}")


def main() -> None:
    """Live the evening, sign in, take the picture."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--width", type=int, default=1280)
    options.add_argument("--height", type=int, default=1740)
    options.add_argument("--language", choices=("nl", "en"), default="nl")
    options.add_argument("--dark", action="store_true")
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "situation.png")
    options.add_argument("--as", dest="organisation", default="coa")
    options.add_argument("--path", default="")
    options.add_argument("--empty", action="store_true", help="a fresh installation, before any count")
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app, clock = build(Path(folder))
        if not wanted.empty:
            live(app, clock)
        with served(app, sign_in(app, wanted.organisation, wanted.language)) as address:
            photograph(address + wanted.path, wanted)


if __name__ == "__main__":
    main()
