"""How a line of the timeline goes out: its own data beside it, and sites only for those who may see them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from piket.api.kit import Answer, Blueprint, OnBehalfOut, Page, PageRequest, fields
from piket.organisations import access
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import ActInfo


class ActOut(Answer):
    """One thing that was done or happened."""

    id = fields.Id()
    at = fields.Moment()
    kind = fields.Str()
    actor = fields.Str()
    on_behalf = fields.Nested(OnBehalfOut, allow_none=True)
    call_up = fields.Id(allow_none=True)
    text = fields.Str(1, 8000)
    data = fields.Raw()


def list_acts(
    blp: Blueprint, below: str, acts: Iterable[tuple[str, str, type[ActOut], str]], *, of_call_up: bool = False
) -> None:
    """Register lists of what was done in an episode, or about a call-up: the path of each, its kind, schema and summary."""
    for path, kind, answers, what in acts:
        _list(blp, f"{below}/{path}", kind, answers, what, of_call_up)


def _list(blp: Blueprint, rule: str, kind: str, answers: type[ActOut], what: str, of_call_up: bool) -> None:
    def view(session: Session, now: datetime, caller: Caller, id: str, page: PageRequest) -> Page[dict[str, Any]]:
        called = overflows.centre_of_call_up(session, id)[1] if of_call_up else None
        found = overflows.acts_of(session, page, kind, **{"call_up" if of_call_up else "overflow": id})
        return found.map(lambda info: seen(caller, info, called))

    view.__name__, view.__doc__ = f"list_{rule.rpartition('/')[2]}", what
    blp.get(rule, action="read", answers=answers, listed=True)(view)


def act(info: ActInfo) -> dict[str, Any]:
    """A line that the caller has just written: everything in it is its own."""
    return spread(info, info.data)


def seen(caller: Caller, info: ActInfo, called: str | None) -> dict[str, Any]:
    """A line as `caller` may see it; `called` is the organisation whose call-up it is about."""
    own = caller.organisation == called
    sites = [_site(caller, site, own) for site in info.data.get("sites", ())]
    return spread(info, {**info.data, **({"sites": sites} if sites else {})})


def spread(info: ActInfo, data: Mapping[str, Any]) -> dict[str, Any]:
    """The line and its data as one answer, data under its names in Python too."""
    known = {re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), key): value for key, value in data.items()}
    behalf = info.on_behalf and {**info.on_behalf, "said_by": info.on_behalf["saidBy"]}
    return {**known, **vars(info), "on_behalf": behalf, "data": dict(data)}


def _site(caller: Caller, site: Mapping[str, Any], own: bool) -> dict[str, Any]:
    """A site of a promise, without its name and municipality for who may not see it."""
    if access.may(caller, "see-site", own=own or caller.organisation == site["municipality"]):
        return dict(site)
    return {**site, "municipality": None, "site": None, "emergencyPlace": None}
