"""The record: who did what, newest first. The ministry and the operator read all of it, the others what is their own."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, request

from piket.audit import service as audit
from piket.audit.service import ENGINE, Entry
from piket.board.administering_deeds import deed, figure, subject
from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.organisations import access, accounts
from piket.organisations import service as organisations
from piket.pages import PageRequest
from piket.words import Text, say

PART = 50
_NOBODY = {
    ENGINE.organisation: say("the service itself"),
    accounts.VISITOR.organisation: say("somebody who was not signed in"),
}


@dataclass(frozen=True)
class Line:
    """One entry. `person` is for their own organisation alone, and None for the others."""

    entry: Entry
    who: str
    person: str | None
    spoken_for: str | None
    what: Text | str
    about: str | None
    figure: Text | None
    address: str | None


@blp.get("/administration/record")
def show_record() -> Response:
    """One part of the record, newest first; `?before=` the number of the last line of the part before."""
    caller, before = visitor().caller, _before()
    everything = access.may(caller, "read-audit")
    access.require(caller, "read-audit", own=True)
    with deps().reading() as session:
        asked = PageRequest(PART, (before,) if before is not None else None)
        found = audit.listed(session, asked, None if everything else caller.organisation)
        entries = [one.entry for one in found.items]
        codes = {one.actor for one in entries} | {str((one.on_behalf or {}).get("organisation")) for one in entries}
        concerned = {one.subject.partition(":")[2] for one in entries if one.subject.startswith("organisation:")}
        concerned |= {str(one.details.get("organisation")) for one in entries}
        names = organisations.names(session, codes | concerned) | _NOBODY
        mine = [str(one.details.get("account")) for one in entries if one.actor == caller.organisation]
        persons = accounts.names_of(session, mine)
    return page(
        "admin_record.html",
        lines=[_line(one, names, persons) for one in entries],
        older=found.next[0] if found.next else None,
        newest=before is None,
        everything=everything,
    )


def _line(entry: Entry, names: dict[str, str], persons: dict[str, str]) -> Line:
    person = persons.get(str(entry.details.get("account")))
    for_whom = (entry.on_behalf or {}).get("organisation")
    about, address = subject(entry, names)
    spoken_for = names[for_whom] if for_whom else None
    return Line(entry, names[entry.actor], person, spoken_for, deed(entry.action), about, figure(entry), address)


def _before() -> int | None:
    asked = request.args.get("before", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
