"""How a line of the timeline goes out: its own data beside it, and sites only for those who may see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from piket.organisations import access
from piket.organisations.access import Caller
from piket.overflows.service import Act as Row
from piket.overflows.service import ActInfo, act_info


def act(row: Row) -> dict[str, Any]:
    """A line that the caller has just written: everything in it is its own."""
    return spread(act_info(row), act_info(row).data)


def seen(caller: Caller, info: ActInfo, called: str | None) -> dict[str, Any]:
    """A line as `caller` may see it; `called` is the organisation whose call-up it is about."""
    own = caller.organisation == called
    sites = [_site(caller, site, own) for site in info.data.get("sites", ())]
    return spread(info, {**info.data, **({"sites": sites} if sites else {})})


def spread(info: ActInfo, data: Mapping[str, Any]) -> dict[str, Any]:
    """The line and its data as one answer, data under its names in Python too."""
    known = {re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), key): value for key, value in data.items()}
    return {**known, **vars(info), "data": dict(data)}


def _site(caller: Caller, site: Mapping[str, Any], own: bool) -> dict[str, Any]:
    if access.may(caller, "see-site", own=own or caller.organisation == site["municipality"]):
        return dict(site)
    return {**site, "municipality": None, "site": None, "emergencyPlace": None}
