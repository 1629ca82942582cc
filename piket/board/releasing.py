"""What COA does with a call-up by form: release it, take its surplus; and until when promised places stay promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Values, serve
from piket.board.desks import at_centre
from piket.board.frame import blp, deps
from piket.board.placing_forms import beside_its_field
from piket.board.questions import Question, as_typed
from piket.errors import Conflict
from piket.occupancy import service as occupancy
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import CallUpInfo
from piket.places import service as places
from piket.places.service import CommitmentInfo
from piket.words import Text, nsay, say


@blp.route("/call-ups/<id>/release", methods=["GET", "POST"])
def release_call_up(id: str) -> Response:
    """COA releases a call-up, and what is promised on it."""
    return serve(partial(_releasing, id))


@blp.route("/call-ups/<id>/surplus", methods=["GET", "POST"])
def take_surplus(id: str) -> Response:
    """COA takes places that were promised beyond what was asked."""
    return serve(partial(_taking, id))


@blp.route("/commitments/<id>/until", methods=["GET", "POST"])
def set_until(id: str) -> Response:
    """Say until when places stay promised."""
    return serve(partial(_ending, id))


def _releasing(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "release-call-up")
    call = overflows.call_up(session, g.now, id)
    if call.state == "released":
        raise Conflict(say("This call-up was released already."), "already-released")
    name = organisations.find(session, call.organisation).name
    return Form(
        heading=say("Release the call-up of {name}", name=name),
        button=say("Release this call-up"),
        deed="release_call_up",
        act=partial(_release, call, name, caller),
        questions=(Question("reason", say("Reason"), "lines", say("Everybody who is told reads this.")),),
        notes=[_stands(call, name)],
        home=f"/call-ups/{id}",
    )


def _release(call: CallUpInfo, name: str, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, call.centre) as desk:
        before = overflows.call_up(session, desk.now, call.id)
        overflows.release(desk, call.id, values["reason"])
    return Done(list(_given_back(before, name)))


def _given_back(call: CallUpInfo, name: str) -> Iterator[Text]:
    """What becomes of what was said on a call-up that is released."""
    if call.committed:
        yield nsay(
            "{n} place that {name} promised is given back: it stays offered, and is promised no more.",
            "{n} places that {name} promised are given back: they stay offered, and are promised no more.",
            call.committed, name=name,
        )  # fmt: skip
    elif call.promised is None:
        yield say("Nothing was promised on it yet, so no places are given back.")
    yield say("{name} is not called up again in this round.", name=name)


def _taking(id: str, session: Session, caller: Caller) -> Form:
    access.require(caller, "take-surplus")
    call = overflows.call_up(session, g.now, id)
    if call.state == "released":
        wrong = say("This call-up was released at {at}; nothing of it can be taken.", at=call.released_at)
        raise Conflict(wrong, "call-up-released")
    if not call.surplus:
        raise Conflict(say("Nothing is offered beyond this call-up, so there is nothing to take."), "no-surplus")
    name = organisations.find(session, call.organisation).name
    most = call.surplus
    return Form(
        heading=say("Take places that {name} promised beyond the call-up", name=name),
        button=say("Take these places"),
        deed="take_surplus",
        act=partial(_take, call, name, caller),
        questions=(Question("places", say("How many places"), "number", least=1, most=most, given=str(most)),),
        notes=[
            _stands(call, name),
            nsay("{n} place more is promised, and does not count yet.",
                 "{n} places more are promised, and do not count yet.", most),
        ],
        home=f"/call-ups/{id}",
    )  # fmt: skip


def _take(call: CallUpInfo, name: str, caller: Caller, session: Session, values: Values) -> Done:
    with at_centre(session, caller, call.centre) as desk:
        overflows.take_surplus(desk, call.id, values["places"])
        after = overflows.call_up(session, desk.now, call.id)
    return Done(
        [
            nsay(
                "{n} place of {name} counts now (it was {before}).", "{n} places of {name} count now (it was {before}).",
                after.committed, name=name, before=call.committed,
            )
        ]
    )  # fmt: skip


def _stands(call: CallUpInfo, name: str) -> Text:
    """How a call-up stands: what was asked, and what of the answer counts."""
    if call.promised is None:
        return say(
            "{name} was asked for {places} places, to answer before {by}.",
            name=name, places=call.places, by=call.respond_by,
        )  # fmt: skip
    return say(
        "{name} was asked for {places} places; {committed} are promised.",
        name=name, places=call.places, committed=call.committed,
    )  # fmt: skip


def _ending(id: str, session: Session, caller: Caller) -> Form:
    found = places.find_commitment(session, g.now, id)
    access.require(caller, "change-commitment", own=caller.organisation in (found.province, found.municipality))
    if found.state == "ended":
        raise Conflict(say("This commitment has ended and can no longer be changed."), "commitment-ended")
    return Form(
        heading=say("Until when the places at {site} are promised", site=found.site),
        button=say("Keep it so"),
        deed="change_commitment",
        act=partial(_end, found, caller),
        questions=(
            Question(
                "until", say("Promised until"), "moment",
                say("Left empty: until COA releases them. With a moment that has passed it ends now."),
                needed=False, given=as_typed(found.until) if found.until else "",
            ),
            Question("version", say("Version"), "hidden", given=found.stamp),
        ),
        notes=[_held(found)],
        home="/places",
    )  # fmt: skip


def _held(found: CommitmentInfo) -> Text:
    return nsay(
        "{n} place is promised {until}; {occupied} in use.",
        "{n} places are promised {until}; {occupied} in use.",
        found.places, until=_until(found.until), occupied=found.occupied,
    )  # fmt: skip


def _end(found: CommitmentInfo, caller: Caller, session: Session, values: Values) -> Done:
    until = values["until"]
    if until and found.until and as_typed(until) == as_typed(found.until):
        until = found.until
    there = occupancy.at_centre(session, g.now, deps().settings, found.centre, caller.actor(), found.drill)
    with there as desk, beside_its_field():
        held = places.find_commitment(session, desk.now, found.id)
        if held.stamp != values["version"]:
            wrong = say(
                "Meanwhile this promise was changed. How it stands now is said above. If you send it again, the next page "
                "says what would become different."
            )
            raise Conflict(wrong, "changed-since")
        offer = _offered_until(session, held)
        change = places.change_commitment(session, desk.now, caller.actor(), found.id, until=until)
        if change.what != "occupied":
            overflows.commitment_changed(desk, change)
        longer = _offered_until(session, held) != offer
    return Done(list(_becomes(held, change.commitment, longer)))


def _offered_until(session: Session, held: CommitmentInfo) -> datetime | None:
    return places.find(session, g.now, held.emergency_place).terms.available_until


def _becomes(before: CommitmentInfo, after: CommitmentInfo, longer: bool) -> Iterator[Text]:
    """What becomes of the promise; `longer`: the offer of the place goes along."""
    if after.state == "ended":
        yield nsay(
            "{n} place at {site} is promised no more.", "{n} places at {site} are promised no more.",
            before.places, site=before.site,
        )  # fmt: skip
        if before.occupied:
            yield nsay(
                "{n} person was written down as being there. See that they have a bed elsewhere.",
                "{n} people were written down as being there. See that they have a bed elsewhere.",
                before.occupied,
            )
    elif after.until == before.until:
        yield say("It stands so already: nothing changes.")
    else:
        yield say(
            "The places at {site} are promised {until} (it was {before}).",
            site=before.site, until=_until(after.until), before=_until(before.until),
        )  # fmt: skip
    if longer:
        yield say("The place is offered for as long.")


def _until(at: datetime | None) -> Text:
    return say("until COA releases them") if at is None else say("until {at}", at=at)
