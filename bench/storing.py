"""How many counts a second, with how many stored, how much memory, and how soon it is ready."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from bench import stores as databases
from bench.client import Client
from bench.ground import Figures, Load, load, median, percentile, require
from bench.peers import Peer, ceiling
from bench.service import CENTRES, Piket, Service, load_of

OPERATIONS = ("POST", "situation", "list page")
IDLE_SECONDS = 10.0
STARTS = 3


def durable_by_piket(figures: Figures, piket: Piket, kind: str, centres: int, seconds: float) -> None:
    """Eight clients, at one centre or each at its own. Every answer must stand in the store afterwards."""
    path = "/v1/centres/centre-@connection@/counts" if centres > 1 else "/v1/centres/ter-apel/counts"
    with piket.serve(kind, centres=centres) as service:
        found = load(service.port, load_of(service, path), seconds)
        stored = databases.counted(service.url, "counts")
    require(stored == found.asked, f"{found.asked} counts were answered, {stored} are stored")
    if centres > 1:
        require(found.judged == found.asked, f"{found.judged} of {found.asked} counts were judged")
    figures.note(f"judged {kind} {centres}", "piket", 100 * found.judged / found.asked)
    note_load(figures, f"{kind} {centres}", "piket", found)


def note_load(figures: Figures, figure: str, subject: str, found: Load) -> None:
    figures.note(f"durable {figure}", subject, found.rate)
    figures.note(f"durable p50 {figure}", subject, found.p50)
    figures.note(f"durable p99 {figure}", subject, found.p99)


def durable_by_ceiling(figures: Figures, stores: databases.Stores, kind: str, seconds: float) -> None:
    with ceiling(stores, kind) as peer:
        found = load(peer.port, peer.load, seconds)
        stored = databases.counted(peer.said, "counts")
    require(stored == found.asked, f"the ceiling answered {found.asked} and stored {stored}")
    for centres in (1, CENTRES):
        note_load(figures, f"{kind} {centres}", "ceiling", found)


def durable_by_alerta(figures: Figures, peer: Peer, seconds: float) -> None:
    found = load(
        peer.port, peer.load | {"body": peer.load["body"].replace("load-", f"load-{time.monotonic_ns()}-")}, seconds
    )
    for kind in ("sqlite", "postgresql"):
        for centres in (1, CENTRES):
            note_load(figures, f"{kind} {centres}", "alerta", found)


@contextmanager
def sized(piket: Piket, sizes: tuple[int, ...], kind: str) -> Iterator[Mapping[int, Service]]:
    """A service on each of these numbers of stored counts, all at once, so that they are measured side by side."""
    with ExitStack() as stack:
        running = {}
        for size in sizes:
            template, key = piket.template(kind)
            url = piket.stores.fresh(kind, template)
            databases.fill(url, size)
            running[size] = stack.enter_context(piket.on(url, key))
        yield running


def size_round(figures: Figures, kind: str, running: Mapping[int, Service], samples: int) -> None:
    """Each request to each size in turn; the first of each is not measured."""
    took: dict[tuple[str, int], list[float]] = {}
    for turn in range(samples + 1):
        for size, service in running.items():
            service.client.open()
            for operation in OPERATIONS:
                milliseconds = _ask(service, operation)
                if turn:
                    took.setdefault((operation, size), []).append(milliseconds)
    for (operation, size), values in took.items():
        figures.note(f"stored {kind} {operation}", str(size), percentile(values, 0.5))


def _ask(service: Service, operation: str) -> float:
    if operation == "POST":
        body, begun = service.body(1500), time.monotonic()
        found = service.answer(service.client.post("/v1/centres/ter-apel/counts", body))
        took = (time.monotonic() - begun) * 1000
        require(found["outcome"]["judged"], "a count was not judged")
        return took
    path = {"situation": "/v1/situation", "list page": "/v1/centres/ter-apel/counts?pageSize=50"}[operation]
    begun = time.monotonic()
    status, body_bytes = service.client.get(path)
    require(status == 200, f"{path} answered {status}: {body_bytes[:300]!r}")
    return (time.monotonic() - begun) * 1000


def memory(figures: Figures, piket: Piket) -> None:
    """What `piket serve` holds after a rest, and after it has also answered what people look at."""
    with piket.serve() as service:
        time.sleep(IDLE_SECONDS)
        figures.note("memory idle", "piket", service.rss_mb())
        with Client(service.port, service.headers) as client:
            for path in ("/v1/situation", "/v1/openapi.json", "/v1/alerts"):
                client.get(path)
        figures.note("memory used", "piket", service.rss_mb())


def start(figures: Figures, piket: Piket) -> None:
    """From starting the program to the first 200 of /readyz."""
    took = []
    for _ in range(STARTS):
        with piket.serve() as service:
            took.append(service.seconds_to_ready)
    figures.note("start", "piket", median(took))
