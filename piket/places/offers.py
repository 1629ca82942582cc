"""Offer, change and withdraw emergency places, and read their sums at any moment.

What is promised on a call-up goes before what its owner wants to change: a place cannot be taken back, made smaller or
made uncertain under a commitment. The answer to the call-up can be changed instead, and then who is missing is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from piket.audit import service as audit
from piket.errors import Conflict, Fault, Invalid
from piket.places.check_rules import (
    Wrong,
    wrong_consent,
    wrong_order,
    wrong_with_municipality,
    wrong_with_name,
    wrong_with_place,
)
from piket.places.commitments import running_on
from piket.places.models import EmergencyPlace, EmergencyPlaceState
from piket.places.records import (
    PlaceInfo,
    Pledge,
    add_place_state,
    in_use,
    is_offered,
    lock_place,
    place_info,
    place_rows,
    terms_of,
)
from piket.places.rules import PlaceTerms, Stock, Summary, site_key, summarise
from piket.settings import Policy, Settings
from piket.words import say


@dataclass(frozen=True)
class Site:
    """Where a place is. `province` and `municipality` are codes (`nl-ov`, `gm0150`), `site` the name people use."""

    province: str
    municipality: str
    site: str


def site_faults(settings: Settings, site: Site) -> list[Wrong]:
    """What is wrong with where a place is said to be, by the dated list of municipalities. Empty: nothing."""
    return [*municipality_faults(settings, site.province, site.municipality), *wrong_with_name(site.site)]


def municipality_faults(settings: Settings, province: str | None, municipality: str | None) -> list[Wrong]:
    """Whether these codes are known and belong together; None: not said."""
    known = settings.municipalities
    provinces = {code: municipality.province for code, municipality in known.items()}
    names = {code: municipality.name for code, municipality in known.items()}
    return list(wrong_with_municipality(province, municipality, provinces, names))


def part_faults(settings: Settings, given: Mapping[str, Any]) -> list[Wrong]:
    """What is wrong with the parts of an offer or a promised site that were given, taken together.

    For a face that wants to name these beside what is wrong with single fields; keys as in `Site` and `PlaceTerms`.
    """
    return [
        *municipality_faults(settings, given.get("province"), given.get("municipality")),
        *wrong_consent(given.get("firmness"), given.get("agreed_with")),
        *wrong_order(given.get("available_from"), given.get("available_until")),
    ]


def refuse_wrong(wrongs: Iterable[Wrong]) -> None:
    """Raise `Invalid` that names everything that is wrong, if anything is."""
    faults = [Fault("body", wrong.field, wrong.detail) for wrong in wrongs]
    if faults:
        raise Invalid(say("This cannot be taken as it is; see what is wrong with each field."), faults)


def offer(
    session: Session,
    now: datetime,
    actor: audit.Actor,
    settings: Settings,
    site: Site,
    terms: PlaceTerms,
    drill: bool = False,
) -> PlaceInfo:
    """Add an emergency place, offered from `now`. A repeat adds another one. Raises `Invalid` with every fault."""
    refuse_wrong([*site_faults(settings, site), *wrong_with_place(terms, now)])
    name = " ".join(site.site.split())
    place = EmergencyPlace(
        **asdict(replace(site, site=name)),
        site_key=site_key(name),
        drill=drill,
        created_at=now,
        created_by=actor.organisation,
        version=0,
    )
    session.add(place)
    session.flush()
    row = add_place_state(session, now, actor.organisation, place, replace(terms, by_hand=terms.places))
    audit.record(session, now, actor, "offer_place", f"place:{place.id}", places=terms.places, firmness=terms.firmness)
    session.flush()
    return place_info(place, row, now, (0, 0))


def change(session: Session, now: datetime, actor: audit.Actor, place_id: str, **changes: Any) -> PlaceInfo:
    """Say something else of a place from `now` on; `changes` are fields of `PlaceTerms`.

    Raises `NotFound`, `Invalid`, and `Conflict` when the place is withdrawn or expired, or when what is committed on it
    would no longer fit. Changing nothing adds nothing.
    """
    place, row = _open_place(session, now, place_id)
    before = terms_of(row)
    after = replace(before, **changes)
    if before.by_hand:
        after = replace(after, by_hand=after.places)
    used = in_use(session, now, [place.id]).get(place.id, (0, 0))
    if after != before:
        refuse_wrong(wrong_with_place(after, now))
        _refuse_what_is_committed(after, place, used[0], running_on(session, now, place.id))
        row = add_place_state(session, now, actor.organisation, place, after)
        told = sorted(name for name in changes if getattr(before, name) != getattr(after, name))
        audit.record(session, now, actor, "change_place", f"place:{place.id}", changed=told, places=after.places)
        session.flush()
    return place_info(place, row, now, used)


def withdraw(session: Session, now: datetime, actor: audit.Actor, place_id: str, reason: str | None) -> PlaceInfo:
    """Take a place back from `now` on. It is final; the same place can be offered anew.

    Raises `Invalid` without a reason and `Conflict` when places are committed on it, or when it is over already.
    """
    place, row = _open_place(session, now, place_id)
    if not reason or not reason.strip():
        refuse_wrong([Wrong("reason", say("Say why the places are withdrawn."))])
    committed, _ = in_use(session, now, [place.id]).get(place.id, (0, 0))
    if committed:
        raise Conflict(
            say(
                "{committed} places at {site} are committed and cannot be withdrawn. Change the answer to the call-up, "
                "or ask COA to release them.",
                committed=committed,
                site=place.site,
            ),
            "places-committed",
        )
    row = add_place_state(session, now, actor.organisation, place, terms_of(row), "withdrawn", reason)
    audit.record(session, now, actor, "withdraw_place", f"place:{place.id}", places=row.places)
    session.flush()
    return place_info(place, row, now, (0, 0))


def _open_place(session: Session, now: datetime, place_id: str) -> tuple[EmergencyPlace, EmergencyPlaceState]:
    """A place that is still offered, locked. Raises `NotFound`, and `Conflict` when it was withdrawn or is over."""
    place, row = lock_place(session, place_id)
    state = place_info(place, row, now, (0, 0)).state
    if state != "offered":
        why = say("it was withdrawn") if state == "withdrawn" else say("its time has passed")
        raise Conflict(say("This place can no longer be changed: {why}. Offer it anew.", why=why), "place-not-offered")
    return place, row


def _refuse_what_is_committed(after: PlaceTerms, place: EmergencyPlace, committed: int, running: list[Pledge]) -> None:
    """What is committed cannot be lowered, nor made uncertain, nor cut off at either end."""
    if not running:
        return
    if after.places < committed:
        problem = say(
            "{committed} places at {site} are committed; give at least that many.", committed=committed, site=place.site
        )
    elif not after.is_firm:
        problem = say("Places at {site} are committed, so they cannot go back to in view.", site=place.site)
    elif any(pledge.available_from < after.available_from for pledge in running):
        problem = say(
            "Places at {site} are committed from {start}; they cannot begin later.",
            site=place.site,
            start=min(pledge.available_from for pledge in running),
        )
    elif after.available_until and any(p.until is None or p.until > after.available_until for p in running):
        problem = say("Places at {site} are committed for longer; they cannot end then.", site=place.site)
    else:
        return
    raise Conflict(problem, "places-committed")


def summary(
    session: Session, at: datetime, ahead_hours: int = Policy.places_ahead_hours, drill: bool = False
) -> Summary:
    """The sums of emergency places at `at`, now or in the past, in total and per province that has any."""
    rows = session.execute(place_rows(at).where(is_offered(at), EmergencyPlace.drill == drill)).all()
    used = in_use(session, at)
    stocks = [Stock(place.province, terms_of(row), *used.get(place.id, (0, 0))) for place, row in rows]
    return summarise(stocks, at, timedelta(hours=ahead_hours))
