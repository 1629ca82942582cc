"""The entries of the record in words: what was done, and to what. What is not known here keeps its code."""

from __future__ import annotations

from collections.abc import Mapping

from piket.audit.service import Entry
from piket.words import Text, nsay, say

_DEEDS: Mapping[str, Text] = {
    "record_count": say("reported a count"),
    "correct_count": say("corrected a count"),
    "confirm_count": say("confirmed a count"),
    "import_counts": say("imported counts"),
    "change_thresholds": say("decided other thresholds"),
    "declare_overflow": say("declared an overflow"),
    "close_overflow": say("ended an overflow"),
    "adjust_need": say("stated how many places are needed"),
    "begin_round": say("began a new round"),
    "add_note": say("wrote a note"),
    "call_up": say("called up an organisation"),
    "respond": say("answered a call-up"),
    "release_call_up": say("released a call-up"),
    "take_surplus": say("took places that were offered above what was asked"),
    "commit_places": say("promised places"),
    "change_commitment": say("changed a promise"),
    "end_commitment": say("ended a promise"),
    "release_places": say("released places"),
    "offer_place": say("offered places"),
    "change_place": say("changed an offer of places"),
    "withdraw_place": say("withdrew an offer of places"),
    "expire_place": say("an offer of places came to its end"),
    "decide_rota": say("decided the rota"),
    "seed_rota": say("read the rota from the configuration"),
    "accept_rota": say("accepted the rota"),
    "confirm_turn": say("confirmed a turn"),
    "override_duty": say("gave duty to another organisation"),
    "end_override": say("ended a change of duty"),
    "sign_off_hand_over": say("signed off a hand-over"),
    "propose_swap": say("asked for a swap of turns"),
    "accept_swap": say("agreed to a swap of turns"),
    "reject_swap": say("refused a swap of turns"),
    "withdraw_swap": say("withdrew a swap of turns"),
    "expire_swap": say("a swap of turns was not agreed in time"),
    "undo_swap": say("undid a swap of turns"),
    "cancel_swap": say("a swap of turns no longer fits, and was cancelled"),
    "make_calendar": say("made a calendar link"),
    "revoke_calendar": say("ended a calendar link"),
    "acknowledge": say("said to have read an alert"),
    "retry_delivery": say("had a message sent again"),
    "add_organisation": say("added an organisation"),
    "add_contact_point": say("added a contact point"),
    "end_contact_point": say("ended a contact point"),
    "test_contact_point": say("sent a test message"),
    "set_contact_point_state": say("found out how a contact point stands"),
    "rotate_secret": say("replaced the secret of a webhook"),
    "issue_key": say("made a key"),
    "revoke_key": say("ended a key"),
    "add_account": say("made an account"),
    "change_account": say("changed an account"),
    "end_account": say("ended an account"),
    "make_password_link": say("made a link for a password"),
    "set_password": say("chose a password"),
    "set_desk_code": say("changed the code of a desk"),
    "sign_in": say("signed in"),
    "refuse_sign_in": say("tried to sign in, in vain"),
    "sign_out": say("signed out"),
    "sign_out_everywhere": say("signed out everywhere"),
}
_PAGES: Mapping[str, str] = {"overflow": "/episodes/", "call-up": "/call-ups/"}


def deed(action: str) -> Text | str:
    """What was done."""
    return _DEEDS.get(action, action)


def figure(entry: Entry) -> Text | None:
    """How many people or places it was about; None: it was not about a number."""
    people, places = entry.details.get("people"), entry.details.get("places") or entry.details.get("needed")
    if isinstance(people, int):
        return nsay("{n} person", "{n} people", people)
    return nsay("{n} place", "{n} places", places) if isinstance(places, int) else None


def subject(entry: Entry, names: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Whom or what it concerned, when that has a name, and the address of its page, when it has one that is open to all."""
    kind, _, which = entry.subject.partition(":")
    organisation = which if kind == "organisation" else entry.details.get("organisation")
    name = names.get(str(organisation), str(organisation)) if organisation else None
    return name, _PAGES[kind] + which if kind in _PAGES else None
