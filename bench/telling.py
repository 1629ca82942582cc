"""From a count to those who are told: the first webhook, the last of many, and one receiver that hangs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from bench.client import Client
from bench.ground import Figures, median, percentile, require
from bench.peers import Peer
from bench.receivers import Receivers, once_each
from bench.service import Piket, Service

LOW, WATCH, OVERFLOW = 1700, 1810, 2050
HUNDRED, THOUSAND = 100, 1000


def rest(client: Client) -> None:
    """A count comes to a service at rest, at no particular moment of its beat, over a connection that is open already."""
    client.open()
    time.sleep(0.05 + random.random() * 0.05)


def first_by_piket(figures: Figures, piket: Piket, receivers: Receivers, samples: int) -> None:
    """One webhook: a count that crosses a level, and one that opens an episode (two thirds more is written then)."""
    (url,) = receivers.urls(1)
    with piket.serve(webhooks=[url]) as service:
        post_and_first(service, receivers, LOW)
        crossed = [post_and_first(service, receivers, people) for people in (WATCH, LOW) * (samples // 2)]
        post_and_first(service, receivers, WATCH)
        opened = []
        for _ in range(samples):
            opened.append(post_and_first(service, receivers, OVERFLOW))
            post_and_first(service, receivers, WATCH)
    for name, took in (("crossing", crossed), ("opening", opened)):
        figures.note(f"first {name} p50", "piket", percentile(took, 0.5))
        figures.note(f"first {name} p95", "piket", percentile(took, 0.95))


def post_and_first(service: Service, receivers: Receivers, people: int) -> float:
    """Milliseconds from sending the count to the first webhook; all that it wrote must arrive, once."""
    rest(service.client)
    body, begun = service.body(people), time.monotonic()
    written = service.answer(service.client.post("/v1/centres/ter-apel/counts", body))["outcome"]["alerts"]
    arrived = receivers.take(written, settle=0.02)
    require(len(arrived) == written, f"{written} deliveries were written, {len(arrived)} arrived")
    require(len({one.identifier for one in arrived}) == written, "a delivery arrived twice")
    return (arrived[0].at - begun) * 1000 if arrived else 0.0


def first_by_peer(figures: Figures, peer: Peer, receivers: Receivers, samples: int) -> None:
    took = []
    for _ in range(samples):
        rest(peer.client)
        begun = time.monotonic()
        peer.tell(1)
        arrived = receivers.take(1, settle=0.02)
        once_each(arrived, receivers.urls(1))
        took.append((arrived[0].at - begun) * 1000)
    for name in ("crossing", "opening"):
        figures.note(f"first {name} p50", peer.name, percentile(took, 0.5))
        figures.note(f"first {name} p95", peer.name, percentile(took, 0.95))


def last_by_piket(
    figures: Figures, piket: Piket, receivers: Receivers, figure: str, *, many: int, kind: str = "instant", times: int
) -> None:
    """Many webhooks from one count: milliseconds until the last of them."""
    urls = receivers.urls(many, kind)
    with piket.serve(webhooks=urls) as service:
        service.count(LOW)
        took = [
            _last(service.client, receivers, urls, lambda people=people: service.count(people))
            for people in [WATCH, LOW] * times
        ]
    figures.note(figure, "piket", median(took[:times]))


def _last(client: Client, receivers: Receivers, urls: list[str], tell: Callable[[], object]) -> float:
    rest(client)
    begun = time.monotonic()
    tell()
    arrived = receivers.take(len(urls))
    once_each(arrived, urls)
    return (arrived[-1].at - begun) * 1000


def last_by_peer(figures: Figures, peer: Peer, receivers: Receivers, figure: str, times: int) -> None:
    urls = receivers.urls(HUNDRED)
    took = [_last(peer.client, receivers, urls, lambda: peer.tell(HUNDRED)) for _ in range(times)]
    figures.note(figure, peer.name, median(took))


def hung(figures: Figures, piket: Piket, receivers: Receivers, times: int) -> None:
    """A hundred receivers, without and with one that never answers: the last of the other ninety-nine."""
    others = receivers.urls(HUNDRED)[1:]
    for subject, first in (("without", "instant"), ("with", "hang")):
        urls = [receivers.urls(1, first)[0], *others]
        with piket.serve(webhooks=urls) as service:
            service.count(LOW)
            took = [_last_of_others(receivers, others, service, people) for people in [WATCH, LOW] * times]
        receivers.take(0, settle=0.3)
        figures.note("hung", subject, median(took))


def _last_of_others(receivers: Receivers, others: list[str], service: Service, people: int) -> float:
    rest(service.client)
    first = receivers.urls(1)[0].split("//")[1].split(":")[0] + "/"
    begun = time.monotonic()
    service.count(people)
    arrived = [one for one in receivers.take(len(others), ignore=first) if not one.address.startswith(first)]
    once_each(arrived, others)
    return (arrived[-1].at - begun) * 1000
