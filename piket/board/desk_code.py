"""Asks for the code of a desk, on a page that somebody opened by the link of a mail."""

from __future__ import annotations

from piket.board.frame import deps
from piket.board.signing_in import compare, source
from piket.organisations import desk_codes, guessing
from piket.words import Text, say


def require(organisation: str, typed: str) -> None:
    """Raise unless `typed` is the code of this organisation's desk.

    `TooOften` says how long to wait: five tries in vain an hour for each organisation, from wherever and over all
    processes. `Invalid` names the field `code`; it is the same when the desk has no code. Call it outside every transaction,
    before the one that acts: a try that were undone with its transaction would not count.
    """
    with deps().looking() as session:
        kept = desk_codes.kept_hash(session, organisation)
    by_desk = guessing.desk_subject(deps().settings.secret_key, organisation)
    made, right = compare([by_desk, source()], kept, typed.strip())
    if not right:
        raise desk_codes.wrong_code()
    with deps().writing(ring=False) as session:
        guessing.take_back(session, made)


def hint() -> Text:
    """What stands beside the field."""
    return say("Six digits that your desk knows. They are not in the mail, because mails get forwarded.")
