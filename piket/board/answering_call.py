"""Answering a call-up, whichever door one came by: what the page shows, and the one transaction that answers.

The page says how many answers it has seen (`seen`). When another was given meanwhile nothing is done, unless it says the same:
then this is a second tap on the same button.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from flask import g, request
from sqlalchemy.orm import Session

from piket.alerts.service import AlertInfo
from piket.audit.service import Actor
from piket.board import desk_code
from piket.board.answering_forms import FIRMNESS, HOURS, Typed, as_field, filled, read_decline, read_promise, rows_in
from piket.board.frame import deps
from piket.errors import Conflict, Fault, Invalid, TooOften
from piket.occupancy import service as occupancy
from piket.organisations import service as organisations
from piket.overflows import service as overflows
from piket.overflows.service import ActInfo, Answer, CallUpInfo
from piket.pages import PageRequest
from piket.places import service as places
from piket.places.service import PlaceInfo
from piket.words import Text, say

LINK_ANSWERS_WITHIN = timedelta(hours=24)
"""How long after a mail its link can answer (5.9)."""
_ASKS = ("callUp", "callUpReminder")


@dataclass(frozen=True)
class AnswerForm:
    """What the form shows. `by_link`: it asks for the code of the desk, and no site is named that was not typed here."""

    call: CallUpInfo
    action: str
    by_link: bool
    seen: str
    known: Sequence[PlaceInfo]
    municipalities: Sequence[tuple[str, str]]
    values: Mapping[str, str]
    wrong: Mapping[str, str]
    whole: Text | None
    answered: bool
    firmness: Mapping[str, Text]
    hours: Mapping[str, Text]

    @property
    def rows(self) -> int:
        """How many rows there are for sites that are not known."""
        return rows_in(self.values)


@dataclass(frozen=True)
class Wrong:
    """What is said when an answer was not taken: beside the fields, or of the whole; `wait` in seconds, when there is one."""

    beside: Mapping[str, str]
    whole: Text | None = None
    status: int = 400
    wait: int | None = None


def make_form(
    session: Session, call: CallUpInfo, action: str, *, by_link: bool = False, wrong: Wrong | None = None,
    typed: Mapping[str, str] | None = None,
) -> AnswerForm:  # fmt: skip
    """The form as it is to be filled in: with what was `typed`, else with the last answer."""
    province = province_of(session, call.organisation)
    last = overflows.last_answer(session, call.id)
    known = [] if by_link else offered(session, province)
    settings = deps().settings.municipalities.values()
    return AnswerForm(
        call=call,
        action=action,
        by_link=by_link,
        seen=last.id if last else "",
        known=known,
        municipalities=sorted(((m.code, m.name) for m in settings if m.province == province), key=lambda one: one[1]),
        values={**filled(g.now, last.data if last and not by_link else None, known), **(typed or {})},
        wrong=wrong.beside if wrong else {},
        whole=wrong.whole if wrong else None,
        answered=last is not None,
        firmness=FIRMNESS,
        hours=HOURS,
    )


def province_of(session: Session, organisation: str) -> str:
    """In which province the called offers places: a province in itself."""
    return organisations.find(session, organisation).province or organisation


def offered(session: Session, province: str) -> list[PlaceInfo]:
    """The sites that the province offers now, by name."""
    found = places.places_paged(session, g.now, PageRequest(100), province=province, state="offered").items
    return sorted(found, key=lambda place: place.site.casefold())


def typed_now() -> dict[str, str]:
    """What was sent, without the code of the desk, which is never shown again."""
    return {name: value for name, value in request.form.items() if name not in ("code", "csrf_token")}


def wants_more() -> dict[str, str] | None:
    """What was typed with one more row, which begins now, when that button was pressed; nothing is done then."""
    if "more" not in request.form:
        return None
    typed = typed_now()
    rows = rows_in(typed)
    return {f"sites-{rows}-from": as_field(g.now), **typed, "rows": str(rows + 1)}


def give(call: CallUpInfo, actor: Actor, *, code_of: str | None = None) -> Wrong | None:
    """Answer with the form that was sent, in one transaction; None: it was taken, by this or by an earlier tap.

    `code_of`: the form came by a link, and the code of this organisation's desk is asked for. Everything that is wrong with
    the fields and the code is said at once.
    """
    way: Literal["link"] | None = "link" if code_of else None
    with deps().reading() as session:
        province = province_of(session, call.organisation)
        known = [] if code_of else offered(session, province)
        form = request.form
        declines = form.get("answer") == "decline"
        typed = read_decline(form, way) if declines else read_promise(form, known, way)
        faults = places.promise_faults(session, g.now, deps().settings, province, typed.answer.sites)
    wrong = typed.placed(faults) if typed.wrong or faults else {}
    if code_of:
        refused = wrong_code(code_of, "decline-code" if declines else "code")
        wrong |= refused.beside if refused else {}
        if refused and refused.wait:
            return Wrong(wrong, refused.whole, refused.status, refused.wait)
    return Wrong(wrong) if wrong else _respond(call, actor, typed)


def wrong_code(organisation: str, field: str) -> Wrong | None:
    """What is wrong with the code of the desk that was sent, beside `field`; None: it is right."""
    try:
        desk_code.require(organisation, request.form.get("code", ""))
    except TooOften as error:
        return Wrong({field: error.detail}, status=429, wait=error.wait)
    except Invalid as error:
        return Wrong({field: error.detail})
    return None


def _respond(call: CallUpInfo, actor: Actor, typed: Typed) -> Wrong | None:
    """Take the answer as the API takes it."""
    try:
        with deps().writing() as session:
            _take(session, call, actor, typed.answer)
    except Invalid as error:
        return Wrong(typed.placed(error.faults or [Fault("body", "places", error.detail)]))
    except Conflict as error:
        return Wrong({}, error.detail, 409)
    return None


def _take(session: Session, call: CallUpInfo, actor: Actor, answer: Answer) -> None:
    with occupancy.at_centre(session, g.now, deps().settings, call.centre, actor) as desk:
        last = overflows.last_answer(session, call.id)
        if (last.id if last else "") == request.form.get("seen", ""):
            overflows.respond(desk, call.id, answer)
        elif last is None or not _says(last, answer):
            raise Conflict(
                say(
                    "Meanwhile another answer was given: it stands above. Look at it, and send yours again if it is right."
                ),
                "answered-meanwhile",
            )


def _says(last: ActInfo, answer: Answer) -> bool:
    """Whether the last answer says what this one says: the same places at the same sites, or the same reason."""
    before = {(site["municipality"], site["site"].casefold(), site["places"]) for site in last.data["sites"]}
    now = {(site.municipality, site.site.casefold(), site.places) for site in answer.sites}
    return before == now and last.data["declineReason"] == answer.decline_reason


def asked_by(session: Session, alert: AlertInfo, organisation: str) -> CallUpInfo | None:
    """The call-up that this mail asks this organisation to answer, as long as its link can (5.9); else None."""
    if alert.kind not in _ASKS or alert.call_up is None or g.now - alert.at >= LINK_ANSWERS_WITHIN:
        return None
    call = overflows.call_up(session, g.now, alert.call_up)
    last = overflows.last_answer(session, call.id)
    answered = last is not None and last.data.get("way") != "takenBack"
    over = call.state == "released" or overflows.overflow(session, g.now, call.overflow).state == "closed"
    return None if call.organisation != organisation or answered or over else call


def of_alert(session: Session, alert: AlertInfo, organisation: str) -> CallUpInfo | None:
    """The call-up of this organisation that the mail is about, asked or answered; None: it is about none of it."""
    if alert.call_up is None or alert.kind not in (*_ASKS, "callUpAnswered", "callUpOverdue"):
        return None
    call = overflows.call_up(session, g.now, alert.call_up)
    return call if call.organisation == organisation else None


@dataclass(frozen=True)
class Said:
    """The last answer as it is shown: by whom, when, what, and until when it can be taken back (None: not by this page)."""

    act: ActInfo
    by: str
    take_back_until: datetime | None

    @property
    def data(self) -> Mapping[str, Any]:
        """What was said."""
        return self.act.data


def said(session: Session, call: CallUpInfo) -> Said | None:
    """What was answered last; None: nothing yet."""
    last = overflows.last_answer(session, call.id)
    if last is None:
        return None
    name = organisations.find(session, last.actor).name
    return Said(last, name, overflows.take_back_until(last, g.now))


def take_back(call: CallUpInfo, actor: Actor, reason: str) -> Wrong | None:
    """Take back what was promised by a link; None: it was."""
    try:
        with (
            deps().writing() as session,
            occupancy.at_centre(session, g.now, deps().settings, call.centre, actor) as desk,
        ):
            overflows.take_back(desk, call.id, reason)
    except (Conflict, Invalid) as error:
        return Wrong({}, error.detail, 409)
    return None
