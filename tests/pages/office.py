"""The whole service in this process, over real HTTP on this machine, with a clock and an engine that the test moves."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from piket.app import create_app
from piket.audit.service import ENGINE
from piket.deps import Deps
from piket.drawing.gallery import Gallery
from piket.organisations import accounts, desk_codes
from piket.organisations import service as organisations
from tests.board.browser import Browser
from tests.board.conftest import HASH
from tests.client import Client
from tests.conftest import make_settings
from tests.fakes import FakeChannel, FakeClock

CODE = "482915"
"""The code of every desk that was given one here."""


# Draws nothing but a frame, in a moment: what a page shows around a picture does not depend on what is in it.
_FRAME = """
import base64, json, sys
svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"><path d="M1 1h88v38H1z" fill="none" stroke="gray"/></svg>'
print(json.dumps({form: base64.b64encode(svg.encode()).decode() for form in json.load(sys.stdin)["forms"]}))
"""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """A test tells what went wrong by itself."""


class Office:
    """One installation on a store of its own. `base` is its address; `ids` names what was made in it, for addresses of pages.

    Its pictures are empty frames, kept in `folder`.
    """

    def __init__(self, url: str, folder: Path, **channels: Any) -> None:
        self.clock = FakeClock()
        self.channels: dict[str, Any] = {"email": FakeChannel(), "webhook": FakeChannel(), **channels}
        self.ids: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self._cookies: dict[str, str] = {}
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.app: Flask = create_app(make_settings(url, PIKET_BASE_URL=self.base), self.clock, self.channels)
        self.deps.gallery = Gallery(folder, children=1, command=(sys.executable, "-I", "-S", "-c", _FRAME))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _answer(self, environ: Any, start: Any) -> Iterable[bytes]:
        return self.app(environ, start)

    @property
    def deps(self) -> Deps:
        found: Deps = self.app.extensions["piket"]
        return found

    def key(self, code: str, **how: Any) -> str:
        """A new key of this organisation."""
        with self.deps.writing(ring=False) as session:
            return organisations.issue_key(session, self.clock(), ENGINE, code, **how)[1]

    def api(self, code: str) -> Client:
        """The API, called by this organisation."""
        if code not in self._keys:
            self._keys[code] = self.key(code)
        return Client(self.app, self._keys[code], code)

    def person(self, code: str, name: str, role: str = "officer") -> str:
        """Somebody of this organisation, with the password of the tests: the id of the account."""
        with self.deps.writing(ring=False) as session:
            made = accounts.add_account(
                session, self.clock(), ENGINE, code, sign_in_name=name, name="Jo de Vries", role=role
            )
            return accounts.set_password(session, self.clock(), ENGINE, made.id, HASH).id

    def desk_code(self, code: str) -> None:
        """Give the desk of this organisation `CODE`."""
        with self.deps.writing(ring=False) as session:
            desk_codes.set_code(session, self.clock(), ENGINE, code, CODE)

    def contact(self, code: str, channel: str = "email", address: str | None = None) -> None:
        """Give this organisation a mailbox or a telephone."""
        invented = {"email": f"piket@{code}.example", "telephone": "+31 592 000000"}
        with self.deps.writing(ring=False) as session:
            organisations.add_contact_point(
                session, self.clock(), ENGINE, code, channel=channel, address=address or invented[channel]
            )

    def tick(self) -> None:
        """One pass of the engine at the clock's moment."""
        importlib.import_module("piket.engine.tick").run_pass(self.deps, self.deps.now())

    def passes(self, **duration: float) -> None:
        """Let time pass, and the engine look."""
        self.clock.advance(**duration)
        self.tick()

    def count(self, people: int, definition: str = "nightBeds") -> str:
        """COA reports a count of this moment: its id."""
        body = {"observedAt": self.clock(), "definition": definition, "people": people}
        return str(self.api("coa").post("centres/ter-apel/counts", body).expect(201)["id"])

    def call(self, code: str) -> dict[str, Any]:
        """The newest call-up of this organisation."""
        return dict(self.api("coa").get("call-ups", organisation=code).items[0])

    def answer(self, code: str, places: int = 0, site: str = "Sporthal Noord", **more: Any) -> None:
        """This organisation promises places on its newest call-up, or declines."""
        one = {
            "municipality": {"nl-ov": "gm0193", "nl-ut": "gm0344", "nl-fl": "gm0034"}[code], "site": site, "places": places,
            "firmness": "agreed", "agreedWith": "mayor", "hours": "night", "availableFrom": self.clock(),
        }  # fmt: skip
        sites = [one] if places else []
        body = {"places": places, "sites": sites, **more}
        self.api(code).post(f"call-ups/{self.call(code)['id']}/responses", body).expect(201)

    def cookie(self, code: str) -> str:
        """What the browser of somebody of this organisation holds who signed in with a key; `code:reader` may only look."""
        if code not in self._cookies:
            organisation, _, role = code.partition(":")
            visitor = Browser(self.app)
            if role == "person":
                self.person(organisation, f"jo@{organisation}.example", "administrator")
                visitor.sign_in_as(f"jo@{organisation}.example", "vier losse gewone woorden").expect(303)
            else:
                visitor.sign_in(self.key(organisation, read_only=role == "reader")).expect(303)
            held = visitor.http.get_cookie("piket")
            assert held is not None
            self._cookies[code] = held.value
        return self._cookies[code]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.deps.store.close()


MakeOffice = Callable[..., Office]
