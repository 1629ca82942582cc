"""The `piket` command. What goes wrong is one sentence on standard error and exit code 2."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import SQLAlchemyError

from piket import cli_accounts, rota_show, serve
from piket.app import initialise, initialise_when_new, open_deps
from piket.audit.service import Actor, OnBehalf
from piket.demo import story
from piket.deps import Deps
from piket.errors import Fault, Invalid, Misconfigured, PiketError
from piket.occupancy import service as occupancy
from piket.organisations import service as organisations
from piket.rota import rules as rota_rules
from piket.startup import read_settings
from piket.words import Text, Words, language_of, say

OPERATOR = Actor("operator")


def words() -> Words:
    """The language of this terminal: Dutch when its locale is, else English."""
    return Words(language_of(os.environ))


def tell(text: Text) -> str:
    """A sentence in the language of this terminal."""
    return words()(text)


def note(text: Text) -> None:
    """Say it on standard error, so that standard output holds only what was asked for."""
    click.echo(tell(text), err=True)


class _Commands(click.Group):
    """Tells what a person can put right in one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. What a person can put right becomes one sentence; a mistake of ours stays a traceback."""
        try:
            return super().invoke(ctx)
        except PiketError as error:
            raise _Refused(_whole(error)) from None
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
            raise _Refused(tell(say("The database cannot be used: {cause}", cause=cause))) from None


class _Refused(click.ClickException):
    """Ends the command with 2 and its sentence on standard error, without click's own "Error:" in front."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """The sentence alone."""
        click.echo(self.message, err=True)


def _whole(error: PiketError) -> str:
    """The sentence of an error and of everything that it names."""
    faults = error.faults if isinstance(error, Invalid) else ()
    return " ".join([tell(error.detail), *(_sentence(fault) for fault in faults)])


def _sentence(fault: Fault) -> str:
    return tell(fault.detail) if isinstance(fault.detail, Text) else fault.detail


@contextmanager
def opened(create: bool = False) -> Iterator[Deps]:
    """What this process holds, closed afterwards. Without `create` the database must be there and of this version."""
    deps = open_deps(read_settings(os.environ))
    try:
        if create:
            initialise(deps)
        elif initialise_when_new(deps):
            note(say("There was no database yet: it was made, with the organisations and the rota of config/."))
        yield deps
    finally:
        deps.store.close()


@click.group(cls=_Commands)
@click.version_option(package_name="piket")
def main() -> None:
    """The duty office of the landelijk opvang piket."""


@main.command()
@click.option("--exit", "exit_after", is_flag=True, help="End after the story, instead of leaving the service up.")
def demo(exit_after: bool) -> None:
    """Replay the public counts of 2024 through the real service, in a temporary folder."""
    raise SystemExit(story.run(exit_after=exit_after))


@main.command()
def init() -> None:
    """Create or upgrade the database; load organisations and rota from config/. May be repeated."""
    with opened(create=True):
        note(say("The database is ready. Next: piket keys issue operator"))


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
def serve_command(host: str, port: int) -> None:
    """Web and engine together. Makes the database first when there is none."""
    serve.serve(host, port, note)


@main.command()
def engine() -> None:
    """One more engine, here or on another machine."""
    serve.run_engine()


@main.group()
def keys() -> None:
    """Keys of organisations."""


@keys.command("issue")
@click.argument("code")
@click.option("--read-only", is_flag=True, help="A key that may only read.")
@click.option("--label", help="By which you know it again.")
def issue_key(code: str, read_only: bool, label: str | None) -> None:
    """Make a new key for the organisation CODE, shown this once, alone on standard output."""
    with opened() as deps:
        with deps.writing() as session:
            _, token = organisations.issue_key(session, deps.now(), OPERATOR, code, read_only=read_only, label=label)
        click.echo(token)
    note(say("This key is shown this once. Keep it where only {code} can read it.", code=code))


main.add_command(cli_accounts.commands(opened, note, words))


@main.group()
def counts() -> None:
    """Counts of a centre."""


@counts.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--centre", required=True, help="The code of the centre, such as ter-apel.")
def import_counts(file: Path, centre: str) -> None:
    """Import past counts from a CSV FILE with the header observedAt,definition,people,note."""
    text = _read(file)
    actor = Actor("operator", None, OnBehalf("coa", "piket counts import", "command line"))
    with opened() as deps, Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task(file.name, total=max(1, text.count("\n")))
        with (
            deps.writing() as session,
            occupancy.at_centre(session, deps.now(), deps.settings, centre, actor) as desk,
        ):
            found = occupancy.import_counts(desk, text, words(), lambda line: progress.update(bar, completed=line))
        progress.update(bar, completed=max(1, text.count("\n")))
    for refused in found.rejected:
        click.echo(tell(say("line {line}: {detail}", line=refused["line"], detail=refused["detail"])), err=True)
    click.echo(
        tell(
            say(
                "{accepted} accepted, {duplicates} known already, {rejected} refused",
                accepted=found.accepted,
                duplicates=found.duplicates,
                rejected=len(found.rejected),
            )
        )
    )


def _read(file: Path) -> str:
    """The text of a file. Raises `Misconfigured` when it cannot be read or is not UTF-8; a byte order mark is taken off."""
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise Misconfigured(say("{path} cannot be read: {why}.", path=str(file), why=error.strerror or "")) from None
    except UnicodeDecodeError:
        raise Misconfigured(say("{path} is not text in UTF-8.", path=str(file))) from None


@main.group("rota")
def rota_group() -> None:
    """The order of duty."""


@rota_group.command("show")
@click.option("--from", "since", help="A day or a moment; now, when left out.")
@click.option("--until", "--to", "until", help="A day or a moment; twelve weeks later, when left out.")
@click.option("--rota", "code", help="The code of the rota; piket, when left out.")
@click.option("--definition", type=click.Path(path_type=Path), help="A file as config/rotas.toml: shown, not stored.")
@click.option("--years", default=10, show_default=True, type=click.IntRange(1, 50), help="How far ahead, of a file.")
def show_rota(since: str | None, until: str | None, code: str | None, definition: Path | None, years: int) -> None:
    """Show who is on duty when and why, and who carried what.

    Without a period: twelve weeks from now, and what was carried until now. With --definition: what a rota in a file would
    come to, from its first turn on.
    """
    said = words()
    console = Console(width=None if Console().is_terminal else rota_show.WIDTH)
    if definition is not None:
        if since or until:
            raise Misconfigured(say("A rota in a file is shown from its first turn on: leave out --from and --until."))
        for shown in rota_show.from_file(read_settings(os.environ), said, definition, code, years):
            rota_show.show(console, said, shown)
        return
    with opened() as deps, deps.reading() as session:
        begins = _moment(since, "--from") if since else None
        ends = _moment(until, "--until") if until else None
        shown = rota_show.stored(session, deps.now(), deps.settings, said, code or "piket", begins, ends)
    if shown.proposed:
        note(say("This rota is a proposal: nobody has decided it yet."))
    rota_show.show(console, said, shown)


def _moment(text: str, option: str) -> datetime:
    """A day (from its beginning, local time) or a moment with its offset."""
    try:
        if len(text) == 10:
            return rota_rules.wall_moment(date.fromisoformat(text), time(0))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
    except ValueError:
        pass
    right = say("{option}: give a day such as 2024-09-16, or a moment such as 2024-09-16T20:00:00Z.", option=option)
    raise Misconfigured(right)
