"""Joins the board to the service."""

from __future__ import annotations

from flask import Flask

from piket.board import (
    accessibility,
    account,
    acting,
    administering,
    administering_accounts,
    administering_contacts,
    administering_keys,
    administering_organisation,
    administering_organisations,
    administering_record,
    administering_settings,
    answering,
    answering_occupied,
    by_telephone,
    calendar_feed,
    calling,
    card,
    counting,
    deciding,
    deeds,
    links,
    messages,
    messages_one,
    messages_retrying,
    overflow_list,
    overflowing,
    password_link,
    placing,
    placing_offers,
    releasing,
    rota_accepting,
    rota_deciding,
    rota_ledger,
    rota_page,
    signing_in,
    situation,
    swapping,
    turn,
    undelivered,
)
from piket.board.frame import blp, csrf, problem_page
from piket.board.pictures import pages

__all__ = ["problem_page", "register"]

# Their views are on the blueprint as soon as they are imported.
VIEWS = (
    situation,
    signing_in,
    account,
    password_link,
    links,
    calendar_feed,
    turn,
    card,
    pages,
    acting,
    counting,
    deeds,
    overflowing,
    overflow_list,
    answering,
    answering_occupied,
    by_telephone,
    deciding,
    swapping,
    messages,
    messages_one,
    messages_retrying,
    undelivered,
    accessibility,
    placing,
    placing_offers,
    releasing,
    calling,
    rota_page,
    rota_deciding,
    rota_accepting,
    rota_ledger,
    administering,
    administering_organisations,
    administering_organisation,
    administering_contacts,
    administering_keys,
    administering_accounts,
    administering_settings,
    administering_record,
)


def register(app: Flask) -> None:
    """Add the pages to `app`, and the protection of their forms.

    A form may stay open for a night, so its token does not expire before the session does. Browsers are told to name no
    address that they came from (`/r/` holds tokens), so none can be asked for.
    """
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_SSL_STRICT=False, WTF_CSRF_TIME_LIMIT=None)
    csrf.init_app(app)
    app.register_blueprint(blp)
