"""Looking after the accounts of persons by form: add, change the name or role, end, and make a link for a password.

The link is shown once to who made it, who gives it to the person; nothing is mailed.
"""

from __future__ import annotations

from functools import partial

from flask import Response, g
from sqlalchemy.orm import Session

from piket.board.acting import Done, Form, Once, Values, serve
from piket.board.administering_words import ROLES
from piket.board.frame import blp, deps
from piket.board.questions import Question
from piket.errors import Conflict
from piket.organisations import access, accounts
from piket.organisations import service as organisations
from piket.organisations.access import Caller
from piket.organisations.accounts import AccountInfo
from piket.words import Text, say


@blp.route("/administration/organisations/<code>/accounts/new", methods=["GET", "POST"])
def add_account(code: str) -> Response:
    """Give a person an account."""
    return serve(partial(_adding, code))


@blp.route("/administration/accounts/<id>/change", methods=["GET", "POST"])
def change_account(id: str) -> Response:
    """Give an account another name or role."""
    return serve(partial(_changing, id))


@blp.route("/administration/accounts/<id>/end", methods=["GET", "POST"])
def end_account(id: str) -> Response:
    """Let nobody sign in with an account any more."""
    return serve(partial(_ending, id))


@blp.route("/administration/accounts/<id>/password-link", methods=["GET", "POST"])
def make_password_link(id: str) -> Response:
    """Make a link by which a person chooses a password."""
    return serve(partial(_linking, id))


def _home(organisation: str) -> str:
    return f"/administration/organisations/{organisation}#accounts"


def _own(session: Session, caller: Caller, id: str) -> AccountInfo:
    """An account in use, after asking whether the caller may manage it."""
    found = accounts.find_account(session, id)
    access.require(caller, "manage-accounts", own=found.organisation == caller.organisation)
    if found.ended_at is not None:
        raise Conflict(say("This account has ended. Make a new one."), "account-ended")
    return found


def _name_and_role(name: str = "", role: str = "") -> tuple[Question, Question]:
    return (
        Question("name", say("Name"), hint=say("As colleagues say it."), given=name, longest=100),
        Question("role", say("Role"), "choice", options=tuple(ROLES.items()), given=role),
    )


def _adding(code: str, session: Session, caller: Caller) -> Form:
    organisation = organisations.find(session, code).name
    access.require(caller, "manage-accounts", own=code == caller.organisation)
    signs_in = Question(
        "sign_in_name", say("Name for signing in"), hint=say("An e-mail address, or as j.devries."), longest=254
    )
    return Form(
        heading=say("Make an account for somebody of {name}", name=organisation),
        button=say("Make this account"),
        deed="add_account",
        act=partial(_add, code, caller),
        questions=(signs_in, *_name_and_role()),
        notes=[say("The person chooses a password by a link that you hand over. Nothing is mailed.")],
        home=_home(code),
    )


def _add(code: str, caller: Caller, session: Session, values: Values) -> Done:
    made = accounts.add_account(session, g.now, caller.actor(), code, **values)
    lines = [
        say(
            "{name} can sign in after choosing a password. The link for it is shown once, on the next page.",
            name=made.name,
        )
    ]
    return Done(lines, _link(session, caller, made))


def _link(session: Session, caller: Caller, account: AccountInfo) -> Once:
    info, address = accounts.link_to_hand_over(session, g.now, deps().settings, caller.actor(), account.id)
    return Once(
        say("The link with which {name} chooses a password", name=account.name), address,
        [
            say("Give it to {name} and to nobody else, after being sure who that is.", name=account.name),
            say("It works once, and until {at}.", at=info.expires_at),
        ],
    )  # fmt: skip


def _changing(id: str, session: Session, caller: Caller) -> Form:
    found = _own(session, caller, id)
    return Form(
        heading=say("Change the account of {name}", name=found.name),
        button=say("Change this account"),
        deed="change_account",
        act=partial(_change, found, caller),
        questions=(*_name_and_role(found.name, found.role), _version(found)),
        notes=[_signs_in(found), *_yourself(found, caller)],
        home=_home(found.organisation),
    )


def _version(found: AccountInfo) -> Question:
    """By which it is known whether somebody else changed it meanwhile."""
    return Question("version", say("Version"), "hidden", given=str(found.version))


def _signs_in(found: AccountInfo) -> Text:
    return say(
        "Signs in as {name}. A change holds from the next page on that this person opens.", name=found.sign_in_name
    )


def _yourself(found: AccountInfo, caller: Caller) -> list[Text]:
    return [say("This is your own account.")] if found.id == caller.account else []


def _change(found: AccountInfo, caller: Caller, session: Session, values: Values) -> Done:
    if str(accounts.find_account(session, found.id).version) != values["version"]:
        raise Conflict(say("This account was changed since you opened the page. Open it again."), "changed-since")
    name = values["name"] if values["name"] != found.name else None
    changed = accounts.change_account(session, g.now, caller.actor(), found.id, name=name, role=values["role"])
    return Done([say("{name} is from then on: {role}.", name=changed.name, role=ROLES[changed.role])])


def _ending(id: str, session: Session, caller: Caller) -> Form:
    found = _own(session, caller, id)
    return Form(
        heading=say("End the account of {name}", name=found.name),
        button=say("End this account"),
        deed="end_account",
        act=partial(_end, id, caller),
        notes=[
            say("Nobody signs in as {name} any more, and whoever is signed in is out.", name=found.sign_in_name),
            say("It stays readable, because the record names it, and cannot begin again."),
            *_yourself(found, caller),
        ],
        home=_home(found.organisation),
        at_once=True,
    )


def _end(id: str, caller: Caller, session: Session, _: Values) -> Done:
    accounts.end_account(session, g.now, caller.actor(), id)
    return Done()


def _linking(id: str, session: Session, caller: Caller) -> Form:
    found = _own(session, caller, id)
    return Form(
        heading=say("Make a link for the password of {name}", name=found.name),
        button=say("Make this link"),
        deed="make_password_link",
        act=partial(_make_link, found, caller),
        notes=[
            say("The link is shown once, on the next page, and you hand it over. The one before no longer works."),
            say("The password of now holds until a new one is chosen."),
        ],
        home=_home(found.organisation),
        at_once=True,
    )


def _make_link(found: AccountInfo, caller: Caller, session: Session, _: Values) -> Done:
    return Done(once=_link(session, caller, found))
