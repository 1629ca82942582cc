"""The desks of the demo: where each organisation reads its mail, by which telephone it could be rung, and its key.

All of it is invented: addresses end in `.example`, and no telephone number anywhere begins with 00 after the code of its country.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from piket.demo.api_client import Client
from piket.demo.receivers import Hooks
from piket.words import Words, say

WITH_WEBHOOK = ("coa", "nl-ov")
# In these provinces the King's Commissioner reads the same mail as the province, as happens: one desk, told once.
ONE_DESK = ("nl-nb", "nl-fr", "nl-ze")
READS_ENGLISH = ("nl-fl", "cdk-nl-zh", "vng")
HALL = "gm0037"


@dataclass
class Desks:
    """Who takes part, where they read, and the keys they got. `addresses`: organisation to its mail and webhooks."""

    names: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, set[str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def shared(self) -> list[str]:
        """The addresses that several organisations read."""
        every = [address for mine in self.addresses.values() for address in mine]
        return sorted({address for address in every if every.count(address) > 1})

    def short(self, code: str, words: Words) -> str:
        """An organisation as the terminal names it."""
        if self.kinds.get(code) == "commissioner":
            return words(say("King's Commissioner {province}", province=self.names[code.removeprefix("cdk-")]))
        return {"ministry": words(say("the ministry")), HALL: "Stadskanaal", "gm1950": "Westerwolde"}.get(
            code, self.names.get(code, code)
        )


def set_up(operator: Client, hooks: Hooks) -> Desks:
    """Give every organisation its contact points and those that act in the story a key, by the operator's own key."""
    municipality = {"code": HALL, "kind": "municipality", "name": "Gemeente Stadskanaal"}
    operator.post("organisations", municipality)
    desks = Desks()
    for organisation in sorted(operator.items("organisations"), key=lambda one: str(one["code"])):
        code = str(organisation["code"])
        desks.names[code], desks.kinds[code] = organisation["name"], organisation["kind"]
        _reach(operator, desks, organisation, number=len(desks.names))
        if organisation["kind"] in ("coa", "ministry", "province", "municipality"):
            desks.keys[code] = operator.post(f"organisations/{code}/keys", {"label": "demo"})["key"]
    for code in WITH_WEBHOOK:
        _hook(operator, desks, hooks, code)
    return desks


def mail_address(code: str, province: str | None) -> str:
    """The mail desk of an organisation."""
    if code.startswith("cdk-") and province in ONE_DESK:
        return mail_address(str(province), province)
    if code.startswith("cdk-"):
        return f"kabinet@{province}.example"
    return f"piket@{code}.example"


def _reach(operator: Client, desks: Desks, organisation: dict[str, Any], number: int) -> None:
    """A mail desk and a telephone for one organisation; some read English, some share a desk."""
    code = str(organisation["code"])
    address = mail_address(code, organisation["province"])
    language = "en" if code in READS_ENGLISH else "nl"
    points = f"organisations/{code}/contact-points"
    operator.post(points, {"channel": "email", "address": address, "language": language, "purpose": "demo"})
    operator.post(points, {"channel": "telephone", "address": f"+31 00 000 00 {number:02}", "purpose": "demo"})
    desks.addresses[code] = {address}


def _hook(operator: Client, desks: Desks, hooks: Hooks, code: str) -> None:
    """A webhook for one organisation; its secret is shown once, and the receiver keeps it."""
    address = hooks.address(code)
    made = operator.post(f"organisations/{code}/contact-points", {"channel": "webhook", "address": address})
    hooks.trust(code, made["secret"])
    desks.addresses[code].add(address)
