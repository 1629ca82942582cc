"""The page of emergency places: how many there are in the country, which ones, and what of them is promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, g, request
from sqlalchemy.orm import Session

from piket.board.answering_forms import read_moment
from piket.board.door import visitor
from piket.board.frame import blp, deps, in_query, page
from piket.board.placing_rows import (
    Names,
    PlaceRow,
    PromiseRow,
    arranged,
    in_words,
    place_row,
    promise_row,
    sums_rows,
)
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.places import service as places
from piket.places.service import CommitmentInfo, PlaceInfo
from piket.rota.wall_rules import to_local

SHOWN = 200
"""Of more places than these the newest are listed; the sums count all."""
EVERYWHERE = "all"
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What the address asks for. `province` None: the whole country; `at` is the moment that is shown."""

    province: str | None
    over: bool
    at: datetime
    past: bool

    def address(self, **other: str | None) -> str:
        """The address of this page with something asked otherwise."""
        asked = {
            "province": self.province or EVERYWHERE,
            "over": "1" if self.over else None,
            "at": _typed(self.at) if self.past else None,
        }
        return in_query("/places", **{**asked, **other})


@blp.get("/places")
def show_places() -> Response:
    """The places of the country in sums, and those that are looked at one by one, as this organisation may see them."""
    with deps().reading() as session:
        return _page(session, visitor().caller)


def names_of(session: Session) -> Names:
    """Provinces and municipalities by the dated list."""
    known = deps().settings.municipalities
    codes = {one.province for one in known.values()}
    return Names(organisations.names(session, codes), {one.code: one.name for one in known.values()})


def may_offer(caller: Caller, province: str) -> bool:
    """Whether who looks may offer and change places in this province."""
    return not caller.read_only and access.may(caller, "offer-place", own=caller.organisation == province)


def _page(session: Session, caller: Caller) -> Response:
    names = names_of(session)
    asked = _asked(caller, names)
    summary = places.summary(session, asked.at, deps().settings.policy.places_ahead_hours)
    found = _places(session, caller, asked, names)
    promised = _promised(session, caller, asked, names)
    return page(
        "places.html",
        asked=asked,
        sentence=in_words(summary.total, asked.at if asked.past else None),
        rows=sums_rows(summary, names),
        total=summary.total,
        places=arranged(found),
        cut=len(found) == SHOWN,
        promised=promised,
        province=names.province(asked.province) if asked.province else None,
        offers=not asked.past and may_offer(caller, caller.organisation),
        fills=any(row.acts for row in promised),
        releases=not asked.past and not caller.read_only and access.may(caller, "release-call-up"),
        moments=_moments(asked),
    )


def _asked(caller: Caller, names: Names) -> Asked:
    """An organisation of a province looks at that province first; what is asked and makes no sense is as if not asked."""
    wanted = request.args.get("province", caller.province or EVERYWHERE)
    at = read_moment(request.args.get("at", "")) or g.now
    past = at < g.now
    return Asked(wanted if wanted in names.provinces else None, "over" in request.args, at if past else g.now, past)


def _places(session: Session, caller: Caller, asked: Asked, names: Names) -> list[PlaceRow]:
    state = None if asked.over else "offered"
    found = places.places_paged(session, asked.at, PageRequest(SHOWN), province=asked.province, state=state).items
    return [_place(caller, asked, names, info) for info in found]


def _place(caller: Caller, asked: Asked, names: Names, info: PlaceInfo) -> PlaceRow:
    acts = not asked.past and may_offer(caller, info.province)
    return place_row(info, names, asked.at, sees=places.sees_site(caller, info), acts=acts)


def _promised(session: Session, caller: Caller, asked: Asked, names: Names) -> list[PromiseRow]:
    """What is promised now and not over, the newest first."""
    found = places.commitments_paged(
        session, asked.at, PageRequest(SHOWN), province=asked.province, state="committed"
    ).items
    return [_promise(caller, asked, names, info) for info in found]


def _promise(caller: Caller, asked: Asked, names: Names, info: CommitmentInfo) -> PromiseRow:
    own = caller.organisation in (info.province, info.municipality)
    acts = not asked.past and not caller.read_only and access.may(caller, "change-commitment", own=own)
    return promise_row(info, names, sees=places.sees_site(caller, info), acts=acts)


def _moments(asked: Asked) -> Mapping[str, str]:
    """Addresses of the same page a day earlier and later, and now."""
    earlier, later = asked.at - _A_DAY, asked.at + _A_DAY
    found = {"earlier": asked.address(at=_typed(earlier))}
    if not asked.past:
        return found
    if later < g.now:
        found["later"] = asked.address(at=_typed(later))
    return {**found, "now": asked.address(at=None)}


def _typed(at: datetime) -> str:
    return to_local(at).strftime("%Y-%m-%dT%H:%M")
