"""The emergency card as a page, and as the PDF that prints on one A4: as it stands now, for who is signed in."""

from __future__ import annotations

from flask import Response, g
from sqlalchemy.orm import Session

from piket.alerts.card import Card, read_card
from piket.alerts.card_pdf import draw
from piket.board.door import visitor
from piket.board.frame import blp, deps, page, words
from piket.occupancy import service as occupancy
from piket.organisations.access import Caller
from piket.rota import service as rota
from piket.words import Words


@blp.get("/rotas/<code>/emergency-card")
def show_card(code: str) -> Response:
    """The card as it would be mailed now, with telephone numbers for who is on its list."""
    with deps().reading() as session:
        return page("card.html", card=_card(session, visitor().caller, code), code=code, full=Words(words().language))


@blp.get("/rotas/<code>/emergency-card.pdf")
def print_card(code: str) -> Response:
    """The same, ready to print and to keep where there is no network."""
    with deps().reading() as session:
        card = _card(session, visitor().caller, code)
    response = Response(draw(card, words()), content_type="application/pdf")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = 'inline; filename="noodkaart.pdf"'
    return response


def _card(session: Session, caller: Caller, code: str) -> Card:
    settings = deps().settings
    content = rota.card_content(session, g.now, settings, occupancy.ready(session, g.now), code)
    return read_card(content, caller.organisation in rota.on_the_list(session, settings, code, g.now))
