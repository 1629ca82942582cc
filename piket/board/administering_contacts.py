"""Looking after contact points by form: add, end, replace a webhook's secret, send a test; and the page of what came back."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.service import Viewer
from piket.alerts.wording_attempts import attempt_words
from piket.board import administering_words
from piket.board.acting import Done, Form, Once, Values, serve
from piket.board.administering import why_not
from piket.board.administering_organisation import seen_address
from piket.board.administering_words import CHANNEL, CHANNELS, HOURS, LANGUAGES, LEVELS
from piket.board.door import visitor
from piket.board.frame import blp, deps, page
from piket.board.questions import Question
from piket.errors import Conflict, NotFound
from piket.organisations import access
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.organisations.service import ContactPointInfo
from piket.words import Text, say

SECRET = say("The secret of the webhook")


@blp.route("/administration/organisations/<code>/contact-points/new", methods=["GET", "POST"])
def add_contact_point(code: str) -> Response:
    """Let an organisation be reached at one more address."""
    return serve(partial(_adding, code))


@blp.route("/administration/contact-points/<id>/end", methods=["GET", "POST"])
def end_contact_point(id: str) -> Response:
    """Send nothing more to an address."""
    return serve(partial(_ending, id))


@blp.route("/administration/contact-points/<id>/secret", methods=["GET", "POST"])
def replace_secret(id: str) -> Response:
    """Make the secret of a webhook anew."""
    return serve(partial(_replacing, id))


@blp.route("/administration/contact-points/<id>/tests", methods=["GET", "POST"])
def send_test(id: str) -> Response:
    """Send a test message by the path that every alert takes."""
    return serve(partial(_testing, id))


@blp.get("/administration/contact-points/<id>/tests/<delivery>")
def show_test(id: str, delivery: str) -> Response:
    """What came back of a test: each attempt, its moment and its reason. It may be opened until the answer is there."""
    caller = visitor().caller
    with deps().reading() as session:
        point = organisations.find_contact_point(session, id)
        own = point.organisation == caller.organisation
        access.require(caller, "read-deliveries", own=own)
        found = alerts.find_delivery(session, delivery, Viewer(caller.organisation, caller.kind))
        test = organisations.find_test(session, id, found.alert)
        if test is None:
            raise NotFound(say("There is no such test."))
        names = organisations.names(session, {point.organisation, test.requested_by})
    return page(
        "admin_test.html",
        point=point,
        address=seen_address(caller, point),
        test=test,
        delivery=found,
        names=names,
        words=administering_words,
        attempt_words=attempt_words,
        may_test=point.state != "ended" and why_not(caller, "test-contact-point", own=own) is None,
    )


def _home(organisation: str) -> str:
    return f"/administration/organisations/{organisation}"


def _own(session: Session, caller: Caller, id: str, action: str) -> ContactPointInfo:
    """A contact point that has not ended, after asking whether the caller may do this to it."""
    point = organisations.find_contact_point(session, id)
    access.require(caller, action, own=point.organisation == caller.organisation)
    if point.state == "ended":
        raise Conflict(say("This contact point has ended: add another one."), "contact-point-ended")
    return point


def _about(caller: Caller, point: ContactPointInfo) -> Text:
    """Which one it is."""
    return say("{channel}: {address}", channel=CHANNEL[point.channel], address=seen_address(caller, point))


def _adding(code: str, session: Session, caller: Caller) -> Form:
    name = organisations.find(session, code).name
    access.require(caller, "manage-contact-points", own=code == caller.organisation)
    address = say(
        "An e-mail address of a desk and not of a person, a web address with https://, or a number as +31 592 000000."
    )
    return Form(
        heading=say("Add a contact point of {name}", name=name),
        button=say("Add this contact point"),
        deed="add_contact_point",
        act=partial(_add, code, name, caller),
        questions=(
            Question("channel", say("How"), "choice", options=tuple(CHANNELS.items())),
            Question("address", say("Address or number"), hint=address, longest=500),
            Question("hours", say("When it is read"), "choice", options=tuple(HOURS.items()), given="always"),
            Question(
                "minimum_level", say("Of what it is told"), "choice",
                say("Who is asked to act is always told, whatever stands here."), tuple(LEVELS.items()), given="watch",
            ),
            Question("language", say("Language"), "choice", options=tuple(LANGUAGES.items()), given="nl"),
            Question("purpose", say("What it is for"), hint=say("As: duty desk at night."), needed=False, longest=200),
        ),
        home=_home(code),
    )  # fmt: skip


def _add(code: str, name: str, caller: Caller, session: Session, values: Values) -> Done:
    _, secret = alerts.add_contact_point(session, g.now, deps().settings, caller.actor(), code, **values)
    if secret is None:
        return Done([say("{name} can be reached there from now on.", name=name)])
    return Done(
        [say("It works as soon as its test is answered. The secret by which it knows our messages is shown once.")],
        Once(
            SECRET,
            secret,
            [_signed(), say("A test was sent to it at once; the page of the organisation says what came back.")],
        ),
    )


def _signed() -> Text:
    return say("Every message is signed with it, as Standard Webhooks says. Put it into the system that receives them.")


def _ending(id: str, session: Session, caller: Caller) -> Form:
    point = _own(session, caller, id, "manage-contact-points")
    name = organisations.find(session, point.organisation).name
    others = [one for one in organisations.contact_points(session, point.organisation) if one.id != id]
    notes = [_about(caller, point), say("Nothing more is sent there. It stays readable, and cannot begin again.")]
    if point.channel != "telephone" and all(one.channel == "telephone" for one in others):
        notes.append(say("It is the last one: after this nobody of {name} can be told by message.", name=name))
    return Form(
        heading=say("End a contact point of {name}", name=name),
        button=say("End this contact point"),
        deed="end_contact_point",
        act=partial(_end, id, caller),
        notes=notes,
        home=_home(point.organisation),
        at_once=True,
    )


def _end(id: str, caller: Caller, session: Session, _: Values) -> Done:
    organisations.end_contact_point(session, g.now, caller.actor(), id)
    return Done()


def _replacing(id: str, session: Session, caller: Caller) -> Form:
    point = _own(session, caller, id, "rotate-secret")
    hours = deps().settings.delivery.secret_overlap_hours
    if point.channel != "webhook":
        raise Conflict(say("Only a webhook that has not ended has a secret."), "contact-point-without-secret")
    return Form(
        heading=say("Replace the secret of a webhook"),
        button=say("Make a new secret"),
        deed="rotate_secret",
        act=partial(_replace, id, caller),
        notes=[
            _about(caller, point),
            say("The new secret is shown once, on the next page."),
            say("For {n} hours every message is signed with both; after that the former no longer counts.", n=hours),
        ],
        home=_home(point.organisation),
        at_once=True,
    )


def _replace(id: str, caller: Caller, session: Session, values: Values) -> Done:
    settings = deps().settings
    overlap = timedelta(hours=settings.delivery.secret_overlap_hours)
    _, secret = organisations.rotate_secret(session, g.now, caller.actor(), id, overlap, settings.secret_key)
    return Done(once=Once(SECRET, secret, [_signed()]))


def _testing(id: str, session: Session, caller: Caller) -> Form:
    point = _own(session, caller, id, "test-contact-point")
    return Form(
        heading=say("Send a test message"),
        button=say("Send a test"),
        deed="test_contact_point",
        act=partial(_test, id, caller),
        notes=[_about(caller, point), say("It takes the path that every alert takes, and asks nobody to do anything.")],
        home=_home(point.organisation),
        at_once=True,
    )


def _test(id: str, caller: Caller, session: Session, _: Values) -> Done:
    point = organisations.find_contact_point(session, id)
    test = alerts.send_test(session, g.now, deps().settings, caller.actor(), point)
    viewer = Viewer(caller.organisation, caller.kind)
    delivery = alerts.deliveries_of_tests(session, [test.alert], viewer)[test.alert]
    return Done(there=f"/administration/contact-points/{id}/tests/{delivery.id}")
