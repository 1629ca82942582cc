"""The promise on a call-up: which places it makes or takes, what of it counts, and what becomes of the surplus (5.5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from piket.audit import service as audit
from piket.db import new_id
from piket.errors import Conflict, Fault, Invalid
from piket.places.check_rules import wrong_with_terms
from piket.places.commitments import CommitmentChange
from piket.places.desk import Committed, Desk, Known, Said, own_of, standing
from piket.places.models import EmergencyPlace
from piket.places.offers import Site, site_faults
from piket.places.records import add_place_state, is_offered, place_rows, terms_of
from piket.places.rules import (
    Claim,
    SitePromise,
    allocate,
    place_after_promise,
    place_for_promise,
    place_without_promise,
    site_key,
)
from piket.settings import Settings
from piket.words import say


def promise_faults(
    session: Session,
    now: datetime,
    settings: Settings,
    province: str,
    promises: Sequence[SitePromise],
    drill: bool = False,
) -> list[Fault]:
    """Everything that is wrong with the sites of a promise, as `sites.0.places`. Empty: it can be taken."""
    faults, seen = [], set[tuple[str, str]]()
    for number, promise in enumerate(promises):
        site = Site(province, promise.municipality, promise.site)
        for wrong in (*site_faults(settings, site), *wrong_with_terms(promise, now)):
            faults.append(Fault("body", f"sites.{number}.{wrong.field}", wrong.detail))
        key = (promise.municipality, site_key(promise.site))
        if key in seen:
            detail = say("This site is named twice. Give each site once, with all its places.")
            faults.append(Fault("body", f"sites.{number}.site", detail))
        seen.add(key)
        if promise.emergency_place is not None and not _may_name(session, now, province, drill, promise):
            detail = say(
                "This is not an emergency place that is offered now in that municipality. Leave it out to use the name."
            )
            faults.append(Fault("body", f"sites.{number}.emergencyPlace", detail))
    return faults


def _may_name(session: Session, now: datetime, province: str, drill: bool, promise: SitePromise) -> bool:
    """Whether an id in a promise is a place that is offered now, of that province and municipality."""
    query = place_rows().where(
        is_offered(now),
        EmergencyPlace.id == promise.emergency_place,
        EmergencyPlace.province == province,
        EmergencyPlace.municipality == promise.municipality,
        EmergencyPlace.drill == drill,
    )
    return session.execute(query).first() is not None


def commit_places(
    session: Session,
    now: datetime,
    actor: audit.Actor,
    *,
    call_up: str,
    centre: str,
    drill: bool,
    province: str,
    promises: Sequence[SitePromise],
    limit: int,
    overflow: str | None = None,
    reason: str | None = None,
) -> Committed:
    """Take the whole promise of one call-up as it now stands; it replaces the earlier one.

    Firm sites count in the order listed up to `limit` places in all, what they had already first; the rest stays offered
    as surplus. Sites in view are kept and count nothing. A site left out is withdrawn (`reason` is written beside it).
    The caller has checked it with `promise_faults` and locked the centre. Raises `Conflict` when fewer places would be
    committed at a site than people are in. The same promise again changes nothing.
    """
    desk = _desk(session, now, actor, call_up, overflow, centre, drill)
    desk.lay_out(_candidates(session, now, province, drill, promises))
    chosen = _choose_all(desk, promises)
    counted = _counted(desk, promises, chosen, limit)
    for left_out in [place for place in desk.said if place not in chosen]:
        _leave_out(desk, left_out, reason)
    said = []
    for promise, place, count in zip(promises, chosen, counted, strict=True):
        said.append(_take(desk, province, promise, place, count))
    desk.state(said)
    result = desk.result()
    audit.record(
        session, now, actor, "commit_places", f"call-up:{call_up}",
        promised=sum(promise.places for promise in promises if promise.is_firm),
        counted=result.counted, surplus=result.surplus, in_view=result.in_view,
    )  # fmt: skip
    return result


def _desk(
    session: Session, now: datetime, actor: audit.Actor, call_up: str, overflow: str | None, centre: str, drill: bool
) -> Desk:
    """The table of a call-up, with its promise as it stood until now."""
    last = standing(session, call_up)
    said = [Said.read(row) for row in last.sites] if last else []
    number = last.number if last else 0
    return Desk(session, now, actor, call_up, overflow, centre, drill, number, {one.place: one for one in said})


def _candidates(
    session: Session, now: datetime, province: str, drill: bool, promises: Iterable[SitePromise]
) -> list[str]:
    """Places that the promise may mean: offered now, and named by id, or lying in a municipality that it names."""
    named = [promise.emergency_place for promise in promises if promise.emergency_place]
    municipalities = {promise.municipality for promise in promises}
    query = place_rows().with_only_columns(EmergencyPlace.id)
    query = query.where(is_offered(now), EmergencyPlace.province == province, EmergencyPlace.drill == drill)
    where = EmergencyPlace.id.in_(named) | EmergencyPlace.municipality.in_(municipalities)
    return list(session.scalars(query.where(where)))


def _choose_all(desk: Desk, promises: Sequence[SitePromise]) -> list[str | None]:
    """For each site the place it means. Raises `Invalid` when two of them mean the same one."""
    chosen: list[str | None] = []
    for number, promise in enumerate(promises):
        place = _choose(desk, promise)
        if place is not None and place in chosen:
            detail = say("This site is named twice. Give each site once, with all its places.")
            raise Invalid(detail, [Fault("body", f"sites.{number}.site", detail)])
        chosen.append(place)
    return chosen


def _choose(desk: Desk, promise: SitePromise) -> str | None:
    """The place a site means: the one of that id, else of that name; rather the one it meant before; None: a new one."""
    if promise.emergency_place is not None:
        if promise.emergency_place in desk.known and desk.is_open(promise.emergency_place):
            return promise.emergency_place
        raise Conflict(
            say("The emergency place at {site} is no longer offered.", site=promise.site), "place-not-offered"
        )

    def preference(found: Known) -> tuple[bool, bool, int, datetime, str]:
        place, row = found
        fits = terms_of(row).is_firm == promise.is_firm
        return place.id not in desk.said, not fits, -row.places, place.created_at, place.id

    key = (promise.municipality, site_key(promise.site))
    same = [
        found
        for found in desk.known.values()
        if (found[0].municipality, found[0].site_key) == key and desk.is_open(found[0].id)
    ]
    return min(same, key=preference)[0].id if same else None


def _counted(desk: Desk, promises: Sequence[SitePromise], chosen: Sequence[str | None], limit: int) -> list[int]:
    """How many places of each site count (5.5): firm ones, what counted already first, up to the limit."""
    claims = [
        Claim(promise.places if promise.is_firm else 0, desk.own[place][1].places if place in desk.own else 0)
        for promise, place in zip(promises, chosen, strict=True)
    ]
    return list(allocate(claims, limit))


def _before(desk: Desk, place: str) -> int:
    """What this promise named at a place until now; a promise in view of a firm place did not add to it."""
    said = desk.said.get(place)
    return said.places if said and said.is_firm == terms_of(desk.known[place][1]).is_firm else 0


def _leave_out(desk: Desk, place: str, reason: str | None) -> None:
    """A site that is no longer named: its commitment ends, and what only this promise had brought is no longer offered."""
    if place in desk.own:
        desk.end(desk.own[place], "withdrawn")
    if not desk.is_open(place):
        return
    row = desk.known[place][1]
    before = terms_of(row)
    after = place_without_promise(before, _before(desk, place), desk.elsewhere[place])
    by = desk.actor.organisation
    if after.places == 0:
        add_place_state(desk.session, desk.now, by, desk.known[place][0], before, "withdrawn", reason)
    elif after != before:
        add_place_state(desk.session, desk.now, by, desk.known[place][0], after)


def _take(desk: Desk, province: str, promise: SitePromise, place: str | None, counted: int) -> Said:
    """One site of the promise: the place is made or changed first, then the commitment on it."""
    if place is None:
        place = _make_place(desk, province, promise)
    else:
        _change_place(desk, place, promise, counted)
    said = Said.of(place, promise)
    desk.commit(said, counted)
    return said


def _make_place(desk: Desk, province: str, promise: SitePromise) -> str:
    """A place that nobody had offered before; the promise brings it."""
    name = " ".join(promise.site.split())
    place = EmergencyPlace(
        id=new_id(), province=province, municipality=promise.municipality, site=name, site_key=site_key(name),
        drill=desk.drill, created_at=desk.now, created_by=desk.actor.organisation, version=0,
    )  # fmt: skip
    desk.session.add(place)
    desk.session.flush()
    row = add_place_state(desk.session, desk.now, desk.actor.organisation, place, place_for_promise(promise))
    desk.known[place.id], desk.elsewhere[place.id] = (place, row), 0
    return place.id


def _change_place(desk: Desk, place_id: str, promise: SitePromise, counted: int) -> None:
    """What the promise makes of a place that is known, as the rules say."""
    place, row = desk.known[place_id]
    before = terms_of(row)
    after = place_after_promise(before, promise, _before(desk, place_id), desk.elsewhere[place_id], counted)
    if after != before:
        row = add_place_state(desk.session, desk.now, desk.actor.organisation, place, after)
        desk.known[place_id] = (place, row)


def take_surplus(session: Session, now: datetime, actor: audit.Actor, call_up: str, places: int) -> Committed:
    """COA takes `places` of what a call-up's promise named and did not count, in the order of its sites.

    Raises `Conflict` when fewer are left over. Two calls take twice.
    """
    last = standing(session, call_up)
    if last is None:
        raise Conflict(say("Nothing was promised on this call-up yet."), "no-surplus")
    desk = _desk(session, now, actor, call_up, last.overflow, last.centre, last.drill)
    desk.lay_out([])
    rooms = {place: desk.room(place) for place in desk.said}
    if places > sum(rooms.values()):
        raise Conflict(
            say("The surplus is {surplus} places; ask for at most that many.", surplus=sum(rooms.values())),
            "no-surplus",
        )
    for place, more in zip(rooms, allocate([Claim(room, 0) for room in rooms.values()], places), strict=True):
        have = desk.own[place][1].places if place in desk.own else 0
        if more:
            desk.commit(desk.said[place], have + more)
    result = desk.result()
    audit.record(session, now, actor, "commit_places", f"call-up:{call_up}", taken=places, counted=result.counted)
    return result


def release(session: Session, now: datetime, actor: audit.Actor, call_up: str, reason: str) -> list[CommitmentChange]:
    """COA gives back what is committed on a call-up; the places stay offered. A repeat finds nothing.

    Raises `Conflict` while people are in them.
    """
    desk = Desk(session, now, actor, call_up, None, "", False, 0, {}, own_of(session, now, call_up))
    for own in list(desk.own.values()):
        desk.end(own, "released")
    audit.record(session, now, actor, "release_places", f"call-up:{call_up}", reason=reason, ended=len(desk.changes))
    session.flush()
    return desk.changes
