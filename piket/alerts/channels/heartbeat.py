"""One call to the operator's own watch outside: a GET that says nothing but that all is well.

The address is the operator's setting and may lie inside the network; it is often a secret, so it is never logged. No
redirect is followed, no proxy is taken from the environment, and the answer is not read.
"""

from __future__ import annotations

from contextlib import closing
from ipaddress import ip_network

import requests

from piket.alerts.channels import DeliveryError
from piket.alerts.channels.deadline import Deadline
from piket.alerts.channels.webhook import FAULTS, GuardedAdapter, failure_of

TIME_LIMIT = 5.0
_ANYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def call(url: str, time_limit: float = TIME_LIMIT) -> None:
    """Call once, within `time_limit` seconds in all. Raises `DeliveryError` for anything but a 2xx."""
    with closing(GuardedAdapter(_ANYWHERE, Deadline(time_limit))) as adapter:
        try:
            request = requests.Request("GET", url, {"User-Agent": "piket"}).prepare()
            answer = adapter.send(request)
        except FAULTS as error:
            raise failure_of(error) from None
        if not 200 <= answer.status_code < 300:
            raise DeliveryError(f"http-{answer.status_code}")
