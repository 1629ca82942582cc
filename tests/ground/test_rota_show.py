"""`piket rota show`: the calendar and the ledger of what is written down, and of a file that only says what would be."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from piket.app import create_app
from piket.cli import main
from piket.startup import read_settings
from tests.client import Client
from tests.conftest import ROOT
from tests.fakes import FakeClock

WEEKLY = """
[[rota]]
code = "weekly"
name = "Wekelijks piket"
members = ["nl-dr", "nl-fl", "nl-fr", "nl-ge", "nl-gr", "nl-li", "nl-nb", "nl-nh", "nl-ov", "nl-ut", "nl-ze", "nl-zh"]
turn_length = 1
hand_over_weekday = "monday"
hand_over_time = "09:00"
starts_on = 2025-01-06

[[rota.exemption]]
organisation = "nl-gr"
reason = "example"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh folder in which the command runs, with its test clock at 16 September 2024."""
    clock = tmp_path / "clock"
    clock.write_text("2024-09-16T12:00:00Z")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIKET_CONFIG", str(ROOT / "config"))
    monkeypatch.setenv("PIKET_TEST_CLOCK", str(clock))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    (tmp_path / "weekly.toml").write_text(WEEKLY)
    return tmp_path


def piket(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def show(*arguments: str) -> str:
    shown = piket("rota", "show", *arguments)
    assert shown.exit_code == 0, shown.output
    return shown.stdout


def cells(table: str, name: str) -> list[str]:
    """The row that begins with this name."""
    line = next(line for line in table.splitlines() if line.startswith(f"│ {name} "))
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_the_calendar_says_from_when_until_when_who_standby_origin_and_why(folder: Path) -> None:
    shown = show("--from", "2024-09-16", "--until", "2024-09-26")
    row = cells(shown, "Wed 11 Sep 2024 12:00")
    assert row[1:4] == ["Wed 25 Sep 2024 12:00", "Overijssel", "Utrecht"]
    assert row[4:6] == ["-", "rota"]
    assert "a proposal, nobody has decided it yet" in shown
    assert "number 8 of 11" in " ".join(shown.split())


def test_the_ledger_of_a_period_is_that_of_the_api(folder: Path) -> None:
    shown = show("--from", "2024-05-01", "--to", "2024-05-09")
    assert "Ledger from Wed 1 May 2024 00:00 until Thu 9 May 2024 00:00" in shown
    ledger = shown.split("Ledger from")[1]
    assert cells(ledger, "Utrecht")[1:7] == ["0", "7.5", "0.73", "6.77", "2", "1"]
    assert cells(ledger.split("Days of duty on")[1], "Utrecht")[1:] == ["1", "1"]
    assert "Liberation" in ledger and "Christmas" not in ledger


def test_without_a_period_the_ledger_goes_from_the_first_turn_until_now(folder: Path) -> None:
    assert "Ledger from Wed 3 Jan 2024 12:00 until Mon 16 Sep 2024 14:00" in show()


def test_an_override_and_a_confirmation_are_seen(folder: Path) -> None:
    piket("init")
    app = create_app(read_settings(os.environ), FakeClock(), {})
    ministry, zeeland = (
        Client(app, piket("keys", "issue", code).stdout.strip(), code) for code in ("ministry", "nl-ze")
    )
    wish = {"from": "2024-09-25T10:00:00Z", "until": "2024-10-09T10:00:00Z", "organisation": "nl-ze", "reason": "storm"}
    ministry.post("rotas/piket/overrides", wish).expect(201)
    turn = ministry.get("rotas/piket/on-duty", at="2024-09-26T10:00:00Z")["id"]
    zeeland.post(f"turns/{turn}/confirmations", {"places": 1120}).expect(201)
    app.extensions["piket"].store.close()
    row = cells(show(), "Wed 25 Sep 2024 12:00")
    assert row[2:6] == ["Zeeland", "Zuid-Holland", "1,120", "override"]


def test_holes_are_said_below_the_calendar(folder: Path) -> None:
    assert "Hole: Overijssel cannot be reached at all hours; first from Mon 16 Sep 2024 14:00" in show()


@pytest.mark.parametrize(
    ("file", "turn", "turns", "most"), [("weekly.toml", "7", 523, 48), (str(ROOT / "config/rotas.toml"), "14", 261, 24)]
)
def test_ten_years_of_twelve_provinces_one_exempt_are_even_and_quick(
    folder: Path, file: str, turn: str, turns: int, most: int
) -> None:
    begun = time.monotonic()
    shown = show("--definition", file, "--years", "10")
    assert time.monotonic() - begun < 10
    calendar, ledger = shown.split("Ledger from")
    assert calendar.count(" 20") // 2 >= turns - 1
    assert f"Imbalance: {turn} days for each unit of weight; the longest turn has {turn} days." in ledger
    provinces = (
        "Drenthe Flevoland Fryslân Gelderland Limburg Noord-Brabant Noord-Holland Overijssel Utrecht Zeeland".split()
    )
    assert {int(cells(ledger, name)[1]) for name in provinces} == {most, most - 1}
    assert set(cells(ledger, "Groningen")[1:]) == {"0"}
    # Every Christmas Day of the ten is somebody's.
    holidays = ledger.split("Days of duty on")[1]
    assert 9.9 < sum(float(cells(holidays, name)[10]) for name in [*provinces, "Zuid-Holland"]) < 10.1
    assert not (folder / "piket.db").exists()


def test_a_definition_is_shown_in_dutch_where_the_terminal_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "nl_NL.UTF-8")
    shown = show("--definition", "weekly.toml", "--years", "1")
    assert "Verdeelstaat van ma 6 jan 2025 09.00 uur" in shown
    assert "Wekelijks piket: een voorstel, er is nog niet over besloten" in shown
    assert cells(shown.split("Verdeelstaat")[1], "Drenthe")[4] == "1,27"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("starts_on = 2025-01-06", "starts_on"),
        ("turn_length = 1", "turn_lenght"),
        ('organisation = "nl-gr"', "nl-xx"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_what_is_wrong(folder: Path, change: str, named: str) -> None:
    spoilt = {"starts_on": "", "turn_lenght": "turn_lenght = 1", "nl-xx": 'organisation = "nl-xx"'}[named]
    (folder / "spoilt.toml").write_text(WEEKLY.replace(change, spoilt))
    refused = piket("rota", "show", "--definition", "spoilt.toml")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert named in refused.stderr and "spoilt.toml" in refused.stderr and "Traceback" not in refused.stderr


def test_what_does_not_go_together_or_is_not_there_is_one_sentence(folder: Path) -> None:
    for arguments in (
        ("--definition", "weekly.toml", "--from", "2025-01-06"),
        ("--definition", "weekly.toml", "--rota", "other"),
        ("--definition", "none.toml"),
        ("--rota", "other"),
        ("--from", "2024-09-16", "--until", "2024-09-01"),
    ):
        refused = piket("rota", "show", *arguments)
        assert (refused.exit_code, refused.stdout) == (2, ""), arguments
        assert len(refused.stderr.replace("There was no database yet", "").strip().splitlines()) <= 2
        assert "Traceback" not in refused.stderr


def test_weights_and_members_that_share_are_taken_from_the_file(folder: Path) -> None:
    shared = WEEKLY.replace("turn_length = 1", 'turn_length = 1\nsharing = [["nl-dr", "nl-fl"]]\nstrategy = "weighted"')
    weights = "".join(
        f'\n[[rota.weight]]\norganisation = "{code}"\nweight = {10 if code == "nl-zh" else 5}\n'
        for code in json.loads(WEEKLY.split("members = ")[1].split("\n")[0])
    )
    (folder / "shared.toml").write_text(shared + weights)
    ledger = show("--definition", "shared.toml", "--years", "3").split("Ledger from")[1]
    assert cells(ledger, "Drenthe")[2] == cells(ledger, "Flevoland")[2]
    zuid, utrecht = cells(ledger, "Zuid-Holland"), cells(ledger, "Utrecht")
    assert 1.9 < float(zuid[3]) / float(utrecht[3]) < 2.1
