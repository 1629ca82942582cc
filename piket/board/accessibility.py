"""The page that says what the board is held to so that everybody can use it, how that is tested, and what is not right yet."""

from __future__ import annotations

from email.utils import parseaddr

from flask import Response

from piket.board.door import open_to_all
from piket.board.frame import blp, deps, page

_NOBODY_READS = "@localhost"


@blp.get("/accessibility")
@open_to_all
def show_accessibility() -> Response:
    """For everybody, signed in or not."""
    return page("accessibility.html", contact=_contact(deps().settings.mail_from))


def _contact(sender: str) -> str | None:
    """Whom to write to: the address that `security.txt` gives too. None as long as none was set."""
    address = parseaddr(sender)[1]
    return None if address.endswith(_NOBODY_READS) else address
