"""What a mail links to: `/r/<token>` shows one alert to one organisation, and opens the one thing that it asks.

Mail programs, scanners and previews open links: opening changes nothing, however often. Only the form acknowledges, and
twice is once. The token is the proof, so no sign-in is asked, the page is kept by nobody and names itself to nobody. Mails get
forwarded, so promising or declining places from here asks for the code of the desk too, or for a sign-in; and it ends (5.9).
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, g, request, url_for
from sqlalchemy.orm import Session

from piket.alerts import service as alerts
from piket.alerts.letters import write_letter
from piket.alerts.links import LinkTarget, read_link
from piket.alerts.service import AlertInfo
from piket.audit.service import Actor
from piket.board import desk_code
from piket.board.answering import TAKEN_BACK
from piket.board.answering_call import (
    Wrong,
    asked_by,
    give,
    make_form,
    of_alert,
    said,
    take_back,
    typed_now,
    wants_more,
    wrong_code,
)
from piket.board.door import open_to_all, proven_otherwise
from piket.board.frame import blp, deps, go_to, page, words
from piket.board.running import read_at
from piket.errors import Conflict
from piket.organisations import service as organisations
from piket.overflows.service import CallUpInfo
from piket.words import say


@blp.get("/r/<token>")
@open_to_all
def show_alert(token: str) -> Response:
    """The alert as this organisation was told it. Raises `NotFound` for a token that this service did not make."""
    return _page(token, _target(token))


@blp.post("/r/<token>")
@open_to_all
@proven_otherwise
def acknowledge(token: str) -> Response:
    """Write down that this organisation has read the alert, and show it. The engine is rung after it."""
    target = _target(token)
    with deps().writing() as session:
        alerts.acknowledge(session, g.now, Actor(target.organisation), target.alert)
    return go_to(_address(token))


@blp.post("/r/<token>/answers")
@open_to_all
@proven_otherwise
def answer_by_link(token: str) -> Response:
    """Answer the call-up that the mail asks about, with the code of the desk. A second tap finds it answered, and shows it."""
    target = _target(token)
    more = wants_more()
    with deps().reading() as session:
        alert = _told(session, target)
        call, own = asked_by(session, alert, target.organisation), of_alert(session, alert, target.organisation)
    if call is None:
        wrong = None if own and own.answered_at else _too_late()
    else:
        wrong = None if more else give(call, Actor(target.organisation), code_of=target.organisation)
    if wrong is None and not (more and call):
        return go_to(_address(token))
    return _page(token, target, wrong, more or typed_now())


@blp.post("/r/<token>/take-backs")
@open_to_all
@proven_otherwise
def take_back_by_link(token: str) -> Response:
    """Take back what was promised by a link, with the code of the desk."""
    target = _target(token)
    with deps().reading() as session:
        call = of_alert(session, _told(session, target), target.organisation)
    wrong = _too_late() if call is None else wrong_code(target.organisation, "take-back-code")
    if call is not None and wrong is None:
        wrong = take_back(call, Actor(target.organisation), words()(TAKEN_BACK))
    return go_to(_address(token)) if wrong is None else _page(token, target, wrong)


def _target(token: str) -> LinkTarget:
    """Whose link this is."""
    target = read_link(deps().settings.secret_key, token)
    g.organisation = target.organisation
    return target


def _told(session: Session, target: LinkTarget) -> AlertInfo:
    """The alert, for who was told of it. Raises `Conflict` for who was not."""
    alert = alerts.find_alert(session, target.alert)
    if target.organisation not in alert.told:
        raise Conflict(say("Your organisation was not told of this, so it has nothing to answer."), "not-told")
    return alert


def _too_late() -> Wrong:
    return Wrong({}, say("This link cannot answer any more. Sign in to answer, or ring COA."), 409)


def _page(
    token: str, target: LinkTarget, wrong: Wrong | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    """The alert, with what can be done from it."""
    settings = deps().settings
    with deps().reading() as session:
        alert = alerts.find_alert(session, target.alert)
        call = of_alert(session, alert, target.organisation)
        response = page(
            "alert.html",
            wrong.status if wrong else 200,
            letter=write_letter(session, settings, alert, target.organisation, words().language),
            at=alert.at,
            acknowledged_at=read_at(alert, target.organisation),
            organisation=organisations.find(session, target.organisation).name,
            action=_address(token),
            call=call,
            said=said(session, call) if call else None,
            form=_form(session, token, alert, target, wrong, typed),
            take_back=_address(token, "take_back_by_link"),
            wrong=wrong,
            code_hint=desk_code.hint(),
        )
    if wrong and wrong.wait:
        response.headers["Retry-After"] = str(wrong.wait)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _form(
    session: Session,
    token: str,
    alert: AlertInfo,
    target: LinkTarget,
    wrong: Wrong | None,
    typed: Mapping[str, str] | None,
) -> object:
    """The form that answers, as long as this link can; None: it cannot, or nothing is asked."""
    call: CallUpInfo | None = asked_by(session, alert, target.organisation)
    if call is None:
        return None
    return make_form(session, call, _address(token, "answer_by_link"), by_link=True, wrong=wrong, typed=typed)


def _address(token: str, view: str = "show_alert") -> str:
    """This page, or one of its forms, in the language in which it was asked."""
    return url_for(f"board.{view}", token=token, lang=request.args.get("lang"))
