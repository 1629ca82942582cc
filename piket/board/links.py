"""What a mail links to: `/r/<token>` shows one alert to one organisation, and its button says that it was read.

Mail programs, scanners and previews open links: opening changes nothing, however often. Only the form acknowledges, and
twice is once. The token is the proof, so no sign-in is asked, the page is kept by nobody and names itself to nobody.
"""

from __future__ import annotations

from flask import Response, g, request, url_for

from piket.alerts import service as alerts
from piket.alerts.letters import write_letter
from piket.alerts.links import read_link
from piket.audit.service import Actor
from piket.board.door import open_to_all, proven_otherwise
from piket.board.frame import blp, deps, go_to, page, words
from piket.board.running import read_at
from piket.organisations import service as organisations


@blp.get("/r/<token>")
@open_to_all
def show_alert(token: str) -> Response:
    """The alert as this organisation was told it. Raises `NotFound` for a token that this service did not make."""
    settings = deps().settings
    target = read_link(settings.secret_key, token)
    g.organisation = target.organisation
    with deps().reading() as session:
        alert = alerts.find_alert(session, target.alert)
        response = page(
            "alert.html",
            letter=write_letter(session, settings, alert, target.organisation, words().language),
            at=alert.at,
            acknowledged_at=read_at(alert, target.organisation),
            organisation=organisations.find(session, target.organisation).name,
            action=_address(token),
        )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blp.post("/r/<token>")
@open_to_all
@proven_otherwise
def acknowledge(token: str) -> Response:
    """Write down that this organisation has read the alert, and show it. The engine is rung after it."""
    target = read_link(deps().settings.secret_key, token)
    g.organisation = target.organisation
    with deps().writing() as session:
        alerts.acknowledge(session, g.now, Actor(target.organisation), target.alert)
    return go_to(_address(token))


def _address(token: str) -> str:
    """This page, in the language in which it was asked."""
    return url_for("board.show_alert", token=token, lang=request.args.get("lang"))
