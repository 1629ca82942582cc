"""What somebody said by telephone, entered by COA or the ministry on behalf of them (5.8): an answer to a call-up, or that an
alert was read. Who said it and by which way is written down, and that organisation is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.wording import title
from piket.audit.service import OnBehalf
from piket.board.acting import Done, Form, Values, serve
from piket.board.desks import at_centre
from piket.board.frame import blp, deps, words
from piket.board.questions import Question, as_typed
from piket.errors import Conflict, Fault, Invalid
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.overflows import service as overflows
from piket.overflows.service import Answer, CallUpInfo
from piket.pages import PageRequest
from piket.places.service import SitePromise
from piket.words import Text, say

ROWS = 3
LONGEST_NAME, MOST_PLACES = 100, 10_000
_SAID_BY = Question("said_by", say("Who said it"), hint=say("A desk or a function, and no name."), longest=LONGEST_NAME)
_FIRMNESS: tuple[tuple[str, Text], ...] = (
    ("agreed", say("agreed by the municipality")),
    ("ready", say("ready for use")),
    ("inView", say("only in view")),
)
_AGREED: tuple[tuple[str, Text], ...] = (
    ("mayor", say("the mayor")),
    ("executive", say("the mayor and aldermen")),
    ("owner", say("the owner")),
)
_HOURS: tuple[tuple[str, Text], ...] = (("aroundTheClock", say("day and night")), ("night", say("only at night")))
_NEEDED = ("municipality", "site", "places", "firmness", "hours", "available_from")


@blp.route("/call-ups/<id>/by-telephone/promise", methods=["GET", "POST"])
def enter_promise(id: str) -> Response:
    """Enter the places that the called promised by telephone."""
    return serve(partial(_promising, id))


@blp.route("/call-ups/<id>/by-telephone/decline", methods=["GET", "POST"])
def enter_decline(id: str) -> Response:
    """Enter that the called cannot open places, with the reason."""
    return serve(partial(_declining, id))


@blp.route("/alerts/<id>/read-by/<organisation>", methods=["GET", "POST"])
def enter_read(id: str, organisation: str) -> Response:
    """Enter that an organisation said to have read an alert."""
    return serve(partial(_reading, id, organisation))


def _who() -> tuple[Question, Question]:
    """Who said it, and by which way; most often by telephone."""
    way = Question("via", say("By which way"), given=words()(say("telephone")), longest=LONGEST_NAME)
    return _SAID_BY, way


def _declining(id: str, session: Session, caller: Caller) -> Form:
    call, name = _called(session, caller, id)
    return Form(
        heading=say("{name} said by telephone that it cannot open places", name=name),
        button=say("Enter that {name} cannot", name=name),
        deed="respond",
        act=partial(_decline, call, caller),
        questions=(*_who(), Question("decline_reason", say("The reason that was given"), "lines")),
        notes=[_asked(call, name)],
        home=f"/episodes/{call.overflow}",
    )


def _decline(call: CallUpInfo, caller: Caller, session: Session, values: Values) -> Done:
    said = OnBehalf(call.organisation, values["said_by"], values["via"])
    with at_centre(session, caller, call.centre, said) as desk:
        overflows.respond(desk, call.id, Answer(0, decline_reason=values["decline_reason"]))
    return Done()


def _promising(id: str, session: Session, caller: Caller) -> Form:
    call, name = _called(session, caller, id)
    province = organisations.find(session, call.organisation).province or call.organisation
    before = _promised_before(session, call)
    rows = [question for row in range(len(before) + ROWS) for question in _row(row, province, before)]
    reason = Question("reason", say("Why it is less than before"), "lines", needed=False)
    return Form(
        heading=say("{name} promised places by telephone", name=name),
        button=say("Enter these places for {name}", name=name),
        deed="respond",
        act=partial(_promise, call, caller, len(before) + ROWS),
        questions=(*_who(), *rows, *([reason] if before else [])),
        notes=[
            _asked(call, name),
            say("It is the whole promise as it now stands: a site that is left out is withdrawn."),
        ],
        home=f"/episodes/{call.overflow}",
    )


def _promise(call: CallUpInfo, caller: Caller, rows: int, session: Session, values: Values) -> Done:
    used = [
        row for row in range(rows) if any(values[f"sites_{row}_{part}"] for part in ("municipality", "site", "places"))
    ]
    wrong = list(_left_empty(used, values))
    if wrong:
        raise Invalid(say("Something is missing."), wrong)
    sites = tuple(_site(row, values) for row in used)
    said = OnBehalf(call.organisation, values["said_by"], values["via"])
    try:
        with at_centre(session, caller, call.centre, said) as desk:
            overflows.respond(
                desk, call.id, Answer(sum(one.places for one in sites), sites, reason=values.get("reason"))
            )
    except Invalid as error:
        raise Invalid(error.detail, [_in_its_row(fault, used) for fault in error.faults], error.code) from None
    return Done()


def _left_empty(used: Sequence[int], values: Values) -> Iterator[Fault]:
    """What a site needs and was not said; and no site at all."""
    if not used:
        yield Fault("body", "sites.0.places", say("Fill in one site or more."))
    for row in used:
        for part in _NEEDED:
            if values[f"sites_{row}_{part}"] is None:
                yield Fault("body", f"sites.{row}.{part}", say("Fill this in for the site, or leave all of it empty."))


def _site(row: int, values: Values) -> SitePromise:
    def part(name: str) -> object:
        return values[f"sites_{row}_{name}"]

    return SitePromise(
        places=values[f"sites_{row}_places"],
        firmness=str(part("firmness")),
        agreed_with=values[f"sites_{row}_agreed_with"],
        hours=str(part("hours")),
        available_from=values[f"sites_{row}_available_from"],
        available_until=values[f"sites_{row}_available_until"],
        municipality=str(part("municipality")),
        site=str(part("site")),
    )


def _in_its_row(fault: Fault, used: Sequence[int]) -> Fault:
    """The rules number the sites that were given; the form its rows."""
    parts = fault.field.split(".")
    if parts[0] == "sites" and len(parts) > 1 and parts[1].isdigit():
        parts[1] = str(used[int(parts[1])])
    return Fault(fault.place, ".".join(parts), fault.detail)


def _row(row: int, province: str, before: Sequence[dict[str, str]]) -> Iterator[Question]:
    """The questions about one site; with what was promised there before."""
    known = before[row] if row < len(before) else {"available_from": as_typed(g.now), "hours": "aroundTheClock"}
    towns = sorted((one.name, one.code) for one in deps().settings.municipalities.values() if one.province == province)
    for question in (
        Question("municipality", say("Municipality"), "choice", options=[(code, name) for name, code in towns]),
        Question("site", say("Name of the site, no street"), longest=LONGEST_NAME),
        Question("places", say("How many places"), "number", least=1, most=MOST_PLACES),
        Question("firmness", say("How certain"), "choice", options=_FIRMNESS),
        Question("agreed_with", say("Who agreed"), "choice", say("Not for what is only in view."), options=_AGREED),
        Question("hours", say("When people can stay"), "choice", options=_HOURS),
        Question("available_from", say("From"), "moment"),
        Question("available_until", say("Until"), "moment"),
    ):
        group = say("Site {number}", number=row + 1) if question.name == "municipality" else None
        yield Question(
            **{
                **vars(question), "name": f"sites_{row}_{question.name}", "needed": False, "group": group,
                "given": known.get(question.name, ""),
            }
        )  # fmt: skip


def _promised_before(session: Session, call: CallUpInfo) -> list[dict[str, str]]:
    """The sites of the last answer, as the fields hold them."""
    acts = overflows.acts_of(session, PageRequest(1), "response", call_up=call.id).items
    return [_as_fields(site) for site in (acts[0].data.get("sites", ()) if acts else ())]


def _as_fields(site: dict[str, object]) -> dict[str, str]:
    names = {"agreedWith": "agreed_with", "availableFrom": "available_from", "availableUntil": "available_until"}
    return {
        names.get(key, key): str(value)
        for key, value in site.items()
        if value is not None and not isinstance(value, list)
    }


def _called(session: Session, caller: Caller, id: str) -> tuple[CallUpInfo, str]:
    """The call-up and the name of the called, for who may speak for it. Raises `Refused`, and `Conflict` after a release."""
    if not access.may_ever(caller, "respond") or caller.kind not in access.MAY_SPEAK_FOR_OTHERS:
        raise access.refusal("respond")
    call = overflows.call_up(session, g.now, id)
    access.require(caller, "respond", own=True, on_behalf=True)
    if call.state == "released":
        wrong = say("This call-up was released at {at}; nothing more is asked.", at=call.released_at)
        raise Conflict(wrong, "call-up-released")
    return call, organisations.find(session, call.organisation).name


def _asked(call: CallUpInfo, name: str) -> Text:
    return say(
        "{name} was asked for {places} places, to answer before {by}.",
        name=name, places=call.places, by=call.respond_by,
    )  # fmt: skip


def _reading(id: str, organisation: str, session: Session, caller: Caller) -> Form:
    if caller.kind not in access.MAY_SPEAK_FOR_OTHERS:
        raise access.refusal("acknowledge")
    alert = alerts.find_alert(session, id)
    access.require(caller, "acknowledge", own=organisation in alert.told, on_behalf=True)
    name = organisations.find(session, organisation).name
    return Form(
        heading=say("{name} said by telephone that it has read this", name=name),
        button=say("Enter that {name} has read it", name=name),
        deed="acknowledge",
        act=partial(_read, id, organisation, caller),
        questions=_who(),
        notes=[say("The alert: {title}", title=title(alert, None, words())), say("It promises nothing.")],
    )


def _read(id: str, organisation: str, caller: Caller, session: Session, values: Values) -> Done:
    said = OnBehalf(organisation, values["said_by"], values["via"])
    alerts.acknowledge_for(session, g.now, deps().settings, caller.actor(said), id)
    return Done()
