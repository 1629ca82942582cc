"""The `piket` command: what it prints where, and that what goes wrong is one sentence and exit code 2."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from piket import serve
from piket.app import create_app
from piket.cli import main
from piket.clock import FileClock, system_clock
from piket.startup import read_settings
from tests.client import Client
from tests.conftest import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder in which the command runs, with its test clock at 16 September 2024."""
    clock = tmp_path / "clock"
    clock.write_text("2024-09-16T12:00:00Z")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIKET_CONFIG", str(ROOT / "config"))
    monkeypatch.setenv("PIKET_TEST_CLOCK", str(clock))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def piket(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def sentence(result: Result) -> str:
    """What a refused command said: one line on standard error, nothing on standard output, no traceback."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.strip().splitlines()
    assert "Traceback" not in line
    return line


def test_init_makes_the_database_and_a_repeat_changes_nothing(folder: Path) -> None:
    for _ in range(2):
        assert piket("init").exit_code == 0
    secret = folder / "piket.db.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_bytes()) >= 32
    assert list(folder.glob("*.secret*")) == [secret]


def test_a_key_stands_alone_on_standard_output_and_opens(folder: Path) -> None:
    piket("init")
    issued = piket("keys", "issue", "nl-ov")
    (key,) = issued.stdout.splitlines()
    assert key.startswith("piket_")
    assert key not in issued.stderr
    app = create_app(read_settings(os.environ), system_clock, {})
    Client(app, key).get("situation").expect(200)
    app.extensions["piket"].store.close()


def test_a_key_for_nobody_is_refused_in_one_sentence(folder: Path) -> None:
    piket("init")
    assert sentence(piket("keys", "issue", "nobody")) == "There is no organisation with the code nobody."


def test_the_first_command_of_a_fresh_folder_makes_the_database_and_says_so(folder: Path) -> None:
    issued = piket("keys", "issue", "coa")
    assert issued.exit_code == 0
    assert "There was no database yet" in issued.stderr
    assert "There was no database yet" not in piket("keys", "issue", "coa").stderr


def test_the_rota_is_shown_with_who_and_why(folder: Path) -> None:
    shown = piket("rota", "show", "--from", "2024-09-16", "--until", "2024-09-26")
    assert shown.exit_code == 0
    assert "Overijssel" in shown.stdout
    assert "Utrecht" in shown.stdout
    calendar, ledger = shown.stdout.split("Ledger from")
    assert "Zuid-Holland" not in calendar and "Zuid-Holland" in ledger
    assert "proposal" in shown.stderr


def test_the_command_speaks_dutch_where_the_terminal_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "nl_NL.UTF-8")
    assert "achterwacht" in piket("rota", "show").stdout
    assert sentence(piket("keys", "issue", "nobody")) == "Er is geen organisatie met de code nobody."


@pytest.mark.parametrize("moment", ["yesterday", "2024-09-16T20:00:00", "2024-13-01"])
def test_a_moment_that_is_none_is_refused_with_what_would_be_right(folder: Path, moment: str) -> None:
    piket("init")
    assert "2024-09-16" in sentence(piket("rota", "show", "--from", moment))


def test_past_counts_are_imported_and_bad_lines_named(folder: Path) -> None:
    file = folder / "counts.csv"
    file.write_text(
        "\ufeffobservedAt;definition;people;note\n"
        "2024-03-01T07:00:00+01:00;nightBeds;1950;\n"
        "2024-03-02T07:00:00;nightBeds;1950;\n"
        "2024-03-03T07:00:00+01:00;nightBeds;-1;\n",
        encoding="utf-8",
    )
    done = piket("counts", "import", str(file), "--centre", "ter-apel")
    assert done.exit_code == 0
    assert "1 accepted, 0 known already, 2 refused" in done.stdout
    assert "line 3:" in done.stderr
    assert "line 4:" in done.stderr
    assert (
        "0 accepted, 1 known already, 2 refused" in piket("counts", "import", str(file), "--centre", "ter-apel").stdout
    )


def test_a_file_that_cannot_be_imported_is_refused_in_one_sentence(folder: Path) -> None:
    piket("init")
    assert "cannot be read" in sentence(piket("counts", "import", "none.csv", "--centre", "ter-apel"))
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in sentence(piket("counts", "import", "binary.csv", "--centre", "ter-apel"))


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("PIKET_CONFIG", "/nowhere", "/nowhere"),
        ("PIKET_NONSENSE", "1", "PIKET_NONSENSE"),
        ("PIKET_DATABASE_URL", "mysql://x/y", "PIKET_SECRET_KEY"),
        ("PIKET_DATABASE_URL", "postgresql://127.0.0.1:1/piket", "PIKET_SECRET_KEY"),
        ("PIKET_DATABASE_URL", "sqlite:////nowhere/piket.db", "/nowhere/piket.db"),
        ("PIKET_SECRET_KEY", "short", "PIKET_SECRET_KEY"),
    ],
)
def test_a_setting_that_cannot_be_is_named_and_nothing_is_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str
) -> None:
    monkeypatch.setenv(name, value)
    assert named in sentence(piket("init"))
    assert not (folder / "piket.db").exists()


def test_a_database_that_is_away_is_one_sentence_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIKET_SECRET_KEY", "a key for this test only, long enough")
    monkeypatch.setenv("PIKET_DATABASE_URL", "postgresql://piket:geheim@127.0.0.1:1/piket")
    assert "geheim" not in sentence(piket("init"))


def test_two_starts_at_once_agree_on_one_secret_key(folder: Path) -> None:
    piket("init")
    before = (folder / "piket.db.secret").read_bytes()
    piket("keys", "issue", "coa")
    assert (folder / "piket.db.secret").read_bytes() == before


def test_serve_and_engine_are_handed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr(serve, "serve", lambda host, port, tell: called.append((host, port)))
    monkeypatch.setattr(serve, "run_engine", lambda: called.append("engine"))
    assert piket("serve", "--port", "8123").exit_code == 0
    assert piket("engine").exit_code == 0
    assert called == [("127.0.0.1", 8123), "engine"]


def test_an_account_comes_with_a_link_alone_on_standard_output(folder: Path) -> None:
    piket("init")
    made = piket("accounts", "add", "nl-ov", "Jo@overijssel.example", "--name", "Jo de Vries")
    (link,) = made.stdout.splitlines()
    assert link.startswith("http://127.0.0.1:8000/password/")
    assert link not in made.stderr
    assert "works once" in made.stderr
    again = piket("accounts", "link", "jo@overijssel.example").stdout.strip()
    app = create_app(read_settings(os.environ), FileClock(folder / "clock"), {})
    http = app.test_client()
    assert [http.get(one.removeprefix("http://127.0.0.1:8000")).status_code for one in (link, again)] == [404, 200]
    app.extensions["piket"].store.close()


def test_accounts_are_listed_until_they_end(folder: Path) -> None:
    piket("init")
    piket("accounts", "add", "nl-ov", "jo@overijssel.example", "--name", "Jo de Vries", "--role", "reader")
    listed = piket("accounts", "list", "nl-ov").stdout
    assert "jo@overijssel.example" in listed
    assert "reader" in listed
    assert "never" in listed
    assert piket("accounts", "end", "jo@overijssel.example").exit_code == 0
    assert "jo@" not in piket("accounts", "list", "nl-ov").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "nobody", "jo", "--name", "Jo"), "There is no organisation"),
        (("add", "nl-ov", "jo de vries", "--name", "Jo"), "e-mail address"),
        (("link", "nobody"), "There is no account"),
        (("end", "nobody"), "There is no account"),
        (("list", "nobody"), "There is no organisation"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_one_sentence(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    piket("init")
    assert said in sentence(piket("accounts", *arguments))
