"""How something is done by form: the questions, what would happen, and, when that is confirmed, the deed; then who did it when.

A form is served at one address. Sent the first time, it is rehearsed (`foreseeing`), and the page says what would happen; sent
from there it is done, in one transaction, by the service that the API calls too. That page carries a token by which a double tap
or a step back does it once (`idempotency`). What is wrong stands beside its field, and what was typed stays.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, g, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from piket import idempotency
from piket.audit import service as audit
from piket.board import administering_words
from piket.board.door import visitor
from piket.board.foreseeing import Foreseen, rehearse
from piket.board.frame import blp, deps, go_to, in_query, own_page, page
from piket.board.questions import Question, by_field, understand
from piket.db import new_id
from piket.errors import Conflict, Fault, Invalid, NotFound, PiketError
from piket.idempotency import Scope
from piket.occupancy import service as occupancy
from piket.organisations import access, accounts
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.words import Text, say

LONGEST_TOKEN = 64
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Once:
    """A secret that a deed gave: shown in the answer to it, kept by nobody, never shown again. `hints` say what to do with it."""

    label: Text
    secret: str
    hints: Sequence[Text] = ()


@dataclass(frozen=True)
class Done:
    """What a deed gave: further sentences for the page that foretells it; a secret to show; the page that shows the outcome
    instead of the line in the record (`there`).
    """

    lines: Sequence[Text] = ()
    once: Once | None = None
    there: str | None = None


@dataclass(frozen=True)
class Form:
    """What can be done at one address by who looks.

    `act` does it in an open writing transaction; it raises what the services raise. `deed` is the action of the entry that it
    leaves in the record. `home` is the page that shows the outcome. `at_once`: it changes nothing but itself, so nothing is
    foretold. `layout` is the template that asks. `check` finds what is wrong beyond what each field says by itself, and gets None
    where nothing could be read; `answers` says what was meant where the answers one by one would not.
    """

    heading: Text
    button: Text
    deed: str
    act: Callable[[Session, Values], Done]
    questions: Sequence[Question] = ()
    notes: Sequence[Text] = ()
    home: str = "/"
    at_once: bool = False
    layout: str = "act_form.html"
    check: Callable[[Values], Mapping[str, Text]] | None = None
    answers: Callable[[Values], Sequence[tuple[Text, Any]]] | None = None


@dataclass(frozen=True)
class Shown:
    """What a page of a form shows beside its questions: what was typed, what is wrong with a field, and with the whole."""

    typed: Mapping[str, str]
    wrong: Mapping[str, str] = field(default_factory=dict)
    whole: Sequence[str] = ()


def serve(make: Callable[[Session, Caller], Form]) -> Response:
    """One request for a form. `make` checks that the caller may, and that there is something to do; it raises when not."""
    caller = visitor().caller
    access.require_writer(caller)
    with deps().reading() as session:
        form = make(session, caller)
    if request.method == "GET":
        return _ask(form, Shown({one.name: one.given for one in form.questions} | _kept()))
    if request.form.get("step") == "change":
        return _ask(form, Shown(request.form))
    meant = understand(form.questions, request.form)
    wrong = {**(form.check(meant.values) if form.check else {}), **meant.wrong}
    if wrong:
        # In the order of the page, for the first one gets the focus.
        in_order = {one.name: wrong.pop(one.name) for one in form.questions if one.name in wrong}
        return _ask(form, Shown(request.form, in_order, list(wrong.values())), 400)
    try:
        if form.at_once or request.form.get("step") == "do":
            return _do(form, caller, meant.values)
        return _foretell(form, meant.values, *rehearse(lambda session: form.act(session, meant.values)))
    except (Invalid, Conflict) as error:
        return _refused(form, error)


def _kept() -> dict[str, str]:
    """What was typed here before the sign-in ended."""
    return dict((g.get("kept") or MultiDict()).items())


def _ask(form: Form, shown: Shown, status: int = 200) -> Response:
    """The questions; beside each what is wrong with its answer."""
    return page(form.layout, status, form=form, shown=shown, once=new_id())


def _foretell(form: Form, values: Values, done: Done, foreseen: Foreseen) -> Response:
    """What was meant and what would happen, with the button that does it."""
    asked = [one for one in form.questions if one.kind != "hidden" and values[one.name] is not None]
    answers = form.answers(values) if form.answers else [(one.label, one.shown(values[one.name])) for one in asked]
    typed = [(one.name, request.form.get(one.name, "")) for one in form.questions]
    return page(
        "act_preview.html", form=form, answers=answers, typed=typed, once=new_id(),
        changes=[*done.lines, *foreseen.changes], told=foreseen.told,
    )  # fmt: skip


def _refused(form: Form, error: PiketError) -> Response:
    """The rules say no: beside the fields they name, and above the form what names none."""
    faults: Sequence[Fault] = error.faults if isinstance(error, Invalid) else ()
    known = {one.name for one in form.questions}
    named = by_field(faults)
    whole = [detail for name, detail in named.items() if name not in known] or ([] if named else [error.detail])
    wrong = {name: detail for name, detail in named.items() if name in known}
    return _ask(form, Shown(request.form, wrong, whole), 409 if isinstance(error, Conflict) else 400)


def _do(form: Form, caller: Caller, values: Values) -> Response:
    """Do it once, whatever is tapped twice, and go to the line that says who did it."""
    once = request.form.get("once", "")
    if not once or len(once) > LONGEST_TOKEN or not once.isascii() or not once.isprintable():
        raise Invalid(say("This form has expired. Open the page again, then send it once more."), code="form-expired")
    scope = Scope(caller.organisation, "POST", request.path[:300], once)
    sent = json.dumps(values, default=str, sort_keys=True).encode()
    with deps().writing() as session:
        kept = idempotency.begin(session, g.now, scope, sent)
        if kept is not None:
            return go_to(str((kept.headers or {})["Location"]))
        newest = audit.newest(session)
        done = form.act(session, values)
        session.flush()
        entry = audit.newest_deed(session, newest, caller.organisation, form.deed)
        line = in_query(f"/acts/{entry}", to=form.home if form.home != "/" else None) if entry else form.home
        there = done.there or line
        idempotency.keep(session, scope, 303, {"Location": there}, "")
    if done.once is not None:
        return page("admin_once.html", form=form, once=done.once, there=there)
    return go_to(there)


_DEEDS: dict[str, Text] = {
    "record_count": say("{name} reported a count."),
    "correct_count": say("{name} corrected a count."),
    "confirm_count": say("{name} confirmed a count."),
    "adjust_need": say("{name} stated how many places are needed."),
    "close_overflow": say("{name} ended the overflow."),
    "begin_round": say("{name} began a new round."),
    "add_note": say("{name} wrote a note."),
    "declare_overflow": say("{name} declared an overflow."),
    "respond": say("{name} entered the answer to a call-up."),
    "acknowledge": say("{name} entered that an alert was read."),
    "change_thresholds": say("{name} decided other thresholds."),
    "offer_place": say("{name} offered an emergency place."),
    "change_place": say("{name} changed an emergency place."),
    "withdraw_place": say("{name} withdrew an emergency place."),
    "change_commitment": say("{name} changed what is promised at a site."),
    "release_call_up": say("{name} released a call-up."),
    "take_surplus": say("{name} took places that were promised beyond a call-up."),
    "call_up": say("{name} called up an organisation by hand."),
    "override_duty": say("{name} gave duty to another organisation."),
    "end_override": say("{name} took back that another organisation has duty."),
    "decide_rota": say("{name} decided the rota."),
    "accept_rota": say("{name} accepted the rota."),
    **administering_words.DEEDS,
}
_DETAILS: dict[str, Text] = {
    "people": say("How many people"),
    "needed": say("Places needed"),
    "places": say("Places"),
    "reason": say("Reason"),
    "organisation": say("Organisation"),
    "moved": say("Turns that moved"),
}


@blp.get("/acts/<id>")
def show_act(id: str) -> Response:
    """Who did it, and when; for the organisation that did it, the one it was done for, and the ministry and the operator."""
    caller = visitor().caller
    with deps().reading() as session:
        entry = audit.find(session, id)
        mine = entry is not None and caller.organisation in (entry.actor, (entry.on_behalf or {}).get("organisation"))
        if entry is None or entry.action not in _DEEDS or not access.may(caller, "read-audit", own=mine):
            raise NotFound(say("There is no such entry in the record."))
        codes = {entry.actor, *([entry.on_behalf["organisation"]] if entry.on_behalf else [])}
        names = organisations.names(session, codes | {str(entry.details.get("organisation", entry.actor))})
        person = _person(session, caller, entry)
        found = occupancy.situation(session, g.now, deps().settings)
    deed = Text.of(_DEEDS[entry.action].message, None, {"name": names[entry.actor]})
    details = [
        (words, names.get(str(entry.details[key]), entry.details[key]))
        for key, words in _DETAILS.items()
        if entry.details.get(key) is not None
    ]
    return page(
        "act_done.html",
        home=own_page(request.args.get("to", "/")),
        entry=entry,
        deed=deed,
        person=person,
        names=names,
        details=details,
        sentence=found.sentence,
        administered=entry.action in administering_words.DEEDS,
        shown_once=administering_words.shown_once(entry.action, entry.details),
    )


def _person(session: Session, caller: Caller, entry: audit.Entry) -> str | None:
    """Who of the organisation it was, for that organisation alone."""
    account = entry.details.get("account")
    if account is None or entry.actor != caller.organisation:
        return None
    return accounts.find_account(session, str(account)).name
