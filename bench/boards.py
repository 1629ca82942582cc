"""The board: what travels, how long a page takes, and what two hundred open boards cost those who are told of a count."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from bench.client import HERE, Client
from bench.ground import Figures, median, own_environment, percentile, require
from bench.receivers import Receivers
from bench.service import Piket, Service
from bench.telling import LOW, OVERFLOW, WATCH, post_and_first

BOARDS = 200
APART_SECONDS = 3.5
AGAIN = {"Piket-Again": "1"}
# A board is somebody's: COA, the ministry, the provinces and their commissioners, each with several screens.
WHO = ("coa", "ministry", "vng", *(f"{kind}nl-{code}" for kind in ("", "cdk-") for code in
       "dr fl fr ge gr li nb nh ov ut ze zh".split()))  # fmt: skip


@dataclass
class Visitor:
    """Somebody who has signed in, and their session with the service."""

    base: str
    http: requests.Session

    @classmethod
    def sign_in(cls, service: Service, key: str) -> Visitor:
        base, http = f"http://{HERE}:{service.port}", requests.Session()
        form = http.get(f"{base}/sign-in", timeout=30).text
        token = _found(r'name="csrf_token" value="([^"]+)"', form)
        given = http.post(f"{base}/sign-in", data={"csrf_token": token, "key": key}, timeout=30, allow_redirects=False)
        require(given.status_code == 303, f"signing in gave {given.status_code}")
        visitor = cls(base, http)
        visitor.page()
        return visitor

    def page(self) -> requests.Response:
        answer = self.http.get(self.base + "/", timeout=30)
        require(answer.status_code == 200, f"the board gave {answer.status_code}")
        return answer

    @property
    def cookies(self) -> str:
        return "; ".join(f"{one.name}={one.value}" for one in self.http.cookies)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    require(match is not None, f"the page has no {pattern}")
    assert match is not None
    return match[1]


def _night(service: Service) -> None:
    """An overflow with a call-up that waits, and people without a bed."""
    service.count(LOW)
    service.count(OVERFLOW - 60)
    service.count(OVERFLOW)


def wire(figures: Figures, piket: Piket) -> None:
    """Everything that a browser fetches on its first visit, head lines included, in an overflow with its picture drawn."""
    with piket.serve() as service:
        _night(service)
        visitor = Visitor.sign_in(service, service.key)
        until = time.monotonic() + 30
        while 'class="chart"' not in (text := visitor.page().text) and time.monotonic() < until:
            time.sleep(0.2)
        require('class="chart"' in text, "the picture was not drawn within half a minute")
        addresses = {"/", *re.findall(r'(?:href|src)="(/static/[^"]+)"', text)}
        addresses.add(_found(r'<img src="(/pictures/[^"]+)"', text).replace("&amp;", "&"))
        figures.note("wire", "piket", sum(_travels(visitor, one) for one in addresses) / 1000)


def _travels(visitor: Visitor, address: str) -> int:
    """Bytes of one answer as they come over the wire, to a browser that reads compressed files."""
    headers = {"Cookie": visitor.cookies, "Accept-Encoding": "gzip, deflate, br", "Connection": "keep-alive"}
    with Client(int(visitor.base.rpartition(":")[2]), headers) as client:
        answer = client.ask(address)
        require(answer.status == 200, f"{address} gave {answer.status}")
        return len(answer.received)


def page_times(figures: Figures, piket: Piket, kind: str, samples: int) -> None:
    """The page, the API's answer and an unchanged board, in turn; over connections that are open."""
    with piket.serve(kind) as service:
        _night(service)
        visitor = Visitor.sign_in(service, service.key)
        headers = {"Cookie": visitor.cookies}
        with Client(service.port, headers) as page, Client(service.port, service.headers) as api:
            took: dict[str, list[float]] = {"page": [], "api": [], "again": [], "anew": []}
            for number in range(samples):
                took["page"].append(_timed(page, "/", 200))
                took["api"].append(_timed(api, "/v1/situation", 200))
                took["again"] += _asking_again(service, headers)
                if number % 5 == 0:
                    service.count(OVERFLOW + number % 20)
                    took["anew"].append(_timed(page, "/", 200))
    require(len(took["again"]) > samples // 2, "an unchanged board was mostly sent anew")
    figures.note(f"page {kind}", "piket", median(took["page"]))
    figures.note(f"page {kind}", "api", median(took["api"]))
    figures.note(f"page anew {kind}", "piket", median(took["anew"]))
    figures.note(f"again {kind}", "piket", median(took["again"]))


def _asking_again(service: Service, headers: dict[str, str]) -> list[float]:
    """Milliseconds of one 304; none when the page is another one just now, as when its picture was drawn meanwhile."""
    with Client(service.port, headers) as page:
        tag = page.ask("/").header("etag") or ""
    with Client(service.port, {**headers, **AGAIN, "If-None-Match": tag}) as board:
        board.open()
        begun = time.monotonic()
        answer = board.ask("/")
        took = (time.monotonic() - begun) * 1000
    return [took] if answer.status == 304 else []


def _timed(client: Client, path: str, status: int) -> float:
    begun = time.monotonic()
    answer = client.ask(path)
    took = (time.monotonic() - begun) * 1000
    require(answer.status == status, f"{path} gave {answer.status}, not {status}")
    return took


def open_boards(figures: Figures, piket: Piket, receivers: Receivers, kind: str, samples: int) -> None:
    """From a count to the first webhook, without and with two hundred boards that ask every two seconds; each must see it."""
    (url,) = receivers.urls(1)
    with piket.serve(kind, webhooks=[url]) as service:
        post_and_first(service, receivers, LOW)
        visitors = _visitors(piket, service)
        for subject in ("without", "with"):
            with _watching(service, visitors if subject == "with" else []) as watch:
                took = []
                for people in (WATCH, LOW) * (samples // 2):
                    # Every board has seen the one before: a count comes to boards that stand open, and not to ones that load.
                    time.sleep(APART_SECONDS)
                    took.append(post_and_first(service, receivers, people))
                seen = watch()
            figures.note(f"boards {kind}", subject, percentile(took, 0.5))
            figures.note(f"boards p95 {kind}", subject, percentile(took, 0.95))
        figures.note(f"seen {kind}", "piket", seen)
    # What the last count told is of no figure.
    receivers.take(0, settle=0.5)


def _visitors(piket: Piket, service: Service) -> list[str]:
    """The cookies of two hundred browsers."""
    operator = piket.key(service, "operator")
    keys = [_key(service, operator, code) for code in WHO]
    return [Visitor.sign_in(service, keys[number % len(keys)]).cookies for number in range(BOARDS)]


def _key(service: Service, operator: str, code: str) -> str:
    with Client(service.port, {"Authorization": f"Bearer {operator}"}) as client:
        status, body = client.post(f"/v1/organisations/{code}/keys", {})
    require(status == 201, f"a key for {code}: {status} {body[:200]!r}")
    return str(json.loads(body)["secret" if b'"secret"' in body else "key"])


@contextmanager
def _watching(service: Service, cookies: list[str]) -> Iterator[Callable[[], float]]:
    """The boards in a process of their own. Gives a question: after how many milliseconds the last of them saw a change."""
    if not cookies:
        yield lambda: 0.0
        return
    command = [sys.executable, "-m", "bench.watchers"]
    started = subprocess.Popen(command, env=own_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdin is not None and started.stdout is not None
    started.stdin.write(json.dumps({"port": service.port, "cookies": cookies}) + "\n")
    started.stdin.flush()
    said = started.stdout.readline().strip()
    require(said == "open", f"the boards did not open: {said}")
    try:
        yield lambda: _last_sight(service, started)
    finally:
        started.kill()
        started.wait()


def _last_sight(service: Service, started: subprocess.Popen[str]) -> float:
    """Change something, and wait until every board has another page."""
    assert started.stdin is not None and started.stdout is not None
    time.sleep(4)
    begun = time.monotonic()
    service.count(OVERFLOW)
    started.stdin.write("mark\n")
    started.stdin.flush()
    seen = json.loads(started.stdout.readline())
    require(not seen["faults"], f"the boards: {seen['faults']}")
    return (float(seen["last"]) - begun) * 1000
