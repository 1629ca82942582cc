"""The commands `piket accounts …`: who may sign in, for the operator on the machine itself. `cli.py` hangs them in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import click
from rich.console import Console
from rich.table import Table

from piket.audit.service import Actor
from piket.deps import Deps
from piket.organisations import accounts
from piket.organisations import service as organisations
from piket.organisations.password_rules import ROLES
from piket.pages import PageRequest
from piket.words import Text, Words, say

OPERATOR = Actor("operator")
MOST = 10_000
Opened = Callable[[], AbstractContextManager[Deps]]
Note = Callable[[Text], None]


def commands(opened: Opened, note: Note, words: Callable[[], Words]) -> click.Group:
    """The group; `opened` gives what a command works with, `note` says a sentence beside what was asked for."""
    group = click.Group("accounts", help="Accounts of persons who sign in on the board.")
    group.add_command(_add(opened, note))
    group.add_command(_link(opened, note))
    group.add_command(_end(opened, note))
    group.add_command(_list(opened, words))
    return group


def _add(opened: Opened, note: Note) -> click.Command:
    @click.command("add")
    @click.argument("code")
    @click.argument("sign_in_name")
    @click.option("--name", required=True, help="As colleagues say it.")
    @click.option("--role", type=click.Choice(ROLES), default="officer", show_default=True)
    def add(code: str, sign_in_name: str, name: str, role: str) -> None:
        """Let a person sign in as SIGN_IN_NAME for the organisation CODE; prints the link for choosing a password."""
        with opened() as deps:
            with deps.writing() as session:
                made = accounts.add_account(
                    session, deps.now(), OPERATOR, code, sign_in_name=sign_in_name, name=name, role=role
                )
            _print_link(deps, note, made.id)

    return add


def _link(opened: Opened, note: Note) -> click.Command:
    @click.command("link")
    @click.argument("sign_in_name")
    def link(sign_in_name: str) -> None:
        """A new link for whoever forgot the password; prints it. The old password holds until another is chosen."""
        with opened() as deps:
            with deps.reading() as session:
                found = accounts.account_named(session, sign_in_name)
            _print_link(deps, note, found.id)

    return link


def _end(opened: Opened, note: Note) -> click.Command:
    @click.command("end")
    @click.argument("sign_in_name")
    def end(sign_in_name: str) -> None:
        """End an account: nobody signs in with it any more, and whoever is signed in is out."""
        with opened() as deps, deps.writing() as session:
            found = accounts.account_named(session, sign_in_name)
            accounts.end_account(session, deps.now(), OPERATOR, found.id)
        note(say("The account {name} has ended.", name=found.sign_in_name))

    return end


def _list(opened: Opened, words: Callable[[], Words]) -> click.Command:
    @click.command("list")
    @click.argument("code")
    def show(code: str) -> None:
        """Show the accounts of the organisation CODE that are in use."""
        with opened() as deps, deps.reading() as session:
            organisations.find(session, code)
            found = accounts.accounts_paged(session, code, PageRequest(MOST), include_ended=False).items
        said = words()
        heads = (say("signs in as"), say("name"), say("role"), say("last signed in"))
        table = Table(*(said(head) for head in heads))
        for one in found:
            last = said.moment(one.signed_in_at) if one.signed_in_at else said(say("never"))
            table.add_row(one.sign_in_name, one.name, one.role, last)
        Console(width=None if Console().is_terminal else 160).print(table)

    return show


def _print_link(deps: Deps, note: Note, account: str) -> None:
    """Make a link and print it, alone on standard output."""
    with deps.writing() as session:
        info, address = accounts.link_to_hand_over(session, deps.now(), deps.settings, OPERATOR, account)
    click.echo(address)
    note(
        say(
            "This link is shown this once, works once, and ends {at}. Give it to nobody but the person it is for.",
            at=info.expires_at,
        )
    )
