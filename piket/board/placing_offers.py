"""An emergency place by form: a province or COA offers one, changes it, takes it back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Values, serve
from piket.board.door import visitor
from piket.board.frame import blp, deps, go_to, page
from piket.board.placing import names_of
from piket.board.placing_forms import beside_its_field, differences, meant, site_questions, terms_questions
from piket.board.placing_rows import standing
from piket.board.questions import Question
from piket.errors import Conflict, NotFound
from piket.organisations import access
from piket.organisations.access import Caller
from piket.pages import PageRequest
from piket.places import service as places
from piket.places.service import CommitmentInfo, PlaceInfo, PlaceTerms, Site, Sums
from piket.words import Text, nsay, say

MOST_SITES = 500
HOME = "/places"
_REASON = Question("reason", say("Why they are withdrawn"), "lines")


@blp.get("/places/new")
def choose_province() -> Response:
    """In which province a place is offered: a province goes on to its own, COA chooses."""
    caller = visitor().caller
    access.require_writer(caller)
    access.require(caller, "offer-place", own=True)
    if access.needs_owner(caller, "offer-place"):
        return go_to(f"/places/new/{caller.organisation}")
    with deps().reading() as session:
        provinces = names_of(session).provinces
    return page("places_province.html", provinces=sorted(provinces.items(), key=lambda one: one[1]))


@blp.route("/places/new/<province>", methods=["GET", "POST"])
def offer_place(province: str) -> Response:
    """Offer an emergency place in a province."""
    return serve(partial(_offering, province))


@blp.route("/places/<id>/change", methods=["GET", "POST"])
def change_place(id: str) -> Response:
    """Say something else of an emergency place."""
    return serve(partial(_changing, id))


@blp.route("/places/<id>/withdrawal", methods=["GET", "POST"])
def withdraw_place(id: str) -> Response:
    """Take an emergency place back; when something of it is promised, say why not and what can be done."""
    caller = visitor().caller
    access.require_writer(caller)
    with deps().reading() as session:
        info = _own(session, caller, id)
        promised = _promised_on(session, info) if info.committed else []
    if promised:
        return page("places_promised.html", 409, info=info, promised=promised)
    return serve(partial(_withdrawing, id))


def _offering(province: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "offer-place", own=caller.organisation == province)
    names = names_of(session)
    if province not in names.provinces:
        raise NotFound(say("There is no province {code}.", code=province))
    known = deps().settings.municipalities.values()
    towns = sorted(((one.code, one.name) for one in known if one.province == province), key=lambda one: one[1])
    return Form(
        heading=say("Offer an emergency place in {province}", province=names.province(province)),
        button=say("Offer this place"),
        deed="offer_place",
        act=partial(_offer, province, caller),
        questions=(*site_questions(towns), *terms_questions(g.now)),
        home=HOME,
    )


def _offer(province: str, caller: Caller, session: Session, values: Values) -> Done:
    site = Site(province, values["municipality"], values["site"])
    before, there = _sums(session, province), _offered_at(session, site)
    with beside_its_field():
        made = places.offer(session, g.now, caller.actor(), deps().settings, site, PlaceTerms(**meant(values)))
    return Done([*_again(there), *_becomes(made), *_moves(session, province, before)])


def _changing(id: str, session: Session, caller: Caller) -> Form:
    info = _open_one(session, caller, id)
    return Form(
        heading=say("Change the emergency place {site}", site=info.site),
        button=say("Change this place"),
        deed="change_place",
        act=partial(_change, info, caller),
        questions=(*terms_questions(g.now, info.terms), _version(info)),
        notes=_described(session, info),
        home=HOME,
    )


def _change(info: PlaceInfo, caller: Caller, session: Session, values: Values) -> Done:
    held = _as_seen(session, info.id, values)
    before = _sums(session, info.province)
    with beside_its_field():
        made = places.change(session, g.now, caller.actor(), info.id, **meant(values, held.terms))
    changed = list(differences(held.terms, made.terms))
    if not changed:
        return Done([say("It stands so already: nothing changes.")])
    return Done([*changed, *_moves(session, info.province, before)])


def _withdrawing(id: str, session: Session, caller: Caller) -> Form:
    info = _open_one(session, caller, id)
    return Form(
        heading=say("Withdraw the emergency place {site}", site=info.site),
        button=say("Withdraw this place"),
        deed="withdraw_place",
        act=partial(_withdraw, info, caller),
        questions=(_REASON, _version(info)),
        notes=_described(session, info),
        home=HOME,
    )


def _withdraw(info: PlaceInfo, caller: Caller, session: Session, values: Values) -> Done:
    _as_seen(session, info.id, values)
    before = _sums(session, info.province)
    places.withdraw(session, g.now, caller.actor(), info.id, values["reason"])
    final = say("It is final. The same place can be offered anew.")
    return Done([*_moves(session, info.province, before), final])


def _own(session: Session, caller: Caller, id: str) -> PlaceInfo:
    """A place that the caller may change. Raises `NotFound` and `Refused`."""
    info = places.find(session, g.now, id)
    access.require(caller, "offer-place", own=caller.organisation == info.province)
    return info


def _open_one(session: Session, caller: Caller, id: str) -> PlaceInfo:
    """As `_own`, one that is still offered. Raises `Conflict` when it was withdrawn or is over."""
    info = _own(session, caller, id)
    if info.state != "offered":
        why = say("it was withdrawn") if info.state == "withdrawn" else say("its time has passed")
        raise Conflict(say("This place can no longer be changed: {why}. Offer it anew.", why=why), "place-not-offered")
    return info


def _version(info: PlaceInfo) -> Question:
    """Which one was seen, so that nothing that changed meanwhile is overrun."""
    return Question("version", say("Version"), "hidden", given=info.stamp)


def _as_seen(session: Session, id: str, values: Values) -> PlaceInfo:
    """The place, locked. Raises `Conflict` when it is not the one that was seen when the form was opened."""
    held = places.find(session, g.now, id, lock=True)
    if held.stamp != values["version"]:
        raise Conflict(
            say(
                "Meanwhile this place, or what is promised of it, was changed. How it stands now is said above. If you send "
                "it again, the next page says what would become different."
            ),
            "changed-since",
        )
    return held


def _promised_on(session: Session, info: PlaceInfo) -> list[CommitmentInfo]:
    """What is promised of a place, on which call-ups."""
    found = places.commitments_paged(
        session, g.now, PageRequest(MOST_SITES), province=info.province, state="committed"
    ).items
    return [one for one in found if one.emergency_place == info.id]


def _described(session: Session, info: PlaceInfo) -> list[Text]:
    names = names_of(session)
    where = say(
        "{site}, {municipality}: {state}.",
        site=info.site, municipality=names.municipality(info.municipality), state=standing(info, g.now),
    )  # fmt: skip
    if not info.committed:
        return [where]
    return [
        where,
        nsay(
            "{n} place is promised, so it cannot be taken away, made uncertain or cut short here.",
            "{n} places are promised, so they cannot be taken away, made uncertain or cut short here.",
            info.committed,
        ),
    ]


def _offered_at(session: Session, site: Site) -> int:
    """How many places are offered already at a site of that name."""
    found = places.places_paged(session, g.now, PageRequest(MOST_SITES), province=site.province, state="offered").items
    key = (site.municipality, " ".join(site.site.split()).casefold())
    return sum(one.terms.places for one in found if (one.municipality, one.site.casefold()) == key)


def _again(there: int) -> Iterator[Text]:
    if there:
        yield nsay(
            "At this site {n} place is offered already. This one is added to it.",
            "At this site {n} places are offered already. These are added to them.",
            there,
        )


def _becomes(made: PlaceInfo) -> Iterator[Text]:
    """What a new offer counts as, where that is not plain."""
    if not made.terms.is_firm:
        yield say("In view only: everybody sees these places, and they do not count yet.")
    elif made.terms.available_from > g.now:
        ahead = deps().settings.policy.places_ahead_hours
        yield say("These places count from {hours} hours before they are there.", hours=ahead)


def _sums(session: Session, province: str) -> Sums:
    """How many places the province has now, as the page of places counts them."""
    found = places.summary(session, g.now, deps().settings.policy.places_ahead_hours)
    return found.provinces.get(province, Sums())


_SUMS = {
    "offered": say("Offered"),
    "free": say("Free now"),
    "on_notice": say("On notice"),
    "in_view": say("In view"),
}


def _moves(session: Session, province: str, before: Sums) -> Iterator[Text]:
    """Which sums of the province become others."""
    after, name = _sums(session, province), names_of(session).province(province)
    for key, label in _SUMS.items():
        was, now = getattr(before, key), getattr(after, key)
        if was != now:
            yield say("{what} in {province}: {now} (it was {before}).", what=label, province=name, now=now, before=was)
