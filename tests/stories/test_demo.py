"""The demo as a newcomer runs it: it tells its story, is left up when asked, and leaves nothing behind however it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS = 180
DEMO = "import sys; from piket.cli import main; sys.argv = ['piket', 'demo', *sys.argv[1:]]; main()"
# The same run without the story between its beginning and its end.
SHORT = "from piket.demo import story; story.play = story.prepare; raise SystemExit(story.run(exit_after=False))"


@dataclass
class Run:
    """One run of the demo: what it said, its exit code, and the folder in which it made its own."""

    said: str
    code: int
    folder: Path
    seconds: float


@contextmanager
def started(folder: Path, program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PIKET_", "LC_"))}
    environment |= {"TMPDIR": str(folder), "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def read_until(process: subprocess.Popen[str], wanted: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if wanted in line:
            return said
    pytest.fail(f"{wanted!r} was never said, but:\n{said}")


def left_behind(folder: Path) -> tuple[list[str], list[str]]:
    """Files in its folder, and processes that were started with it."""
    mark = f"TMPDIR={folder}".encode()
    processes = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environ.read_bytes().split(b"\0"):
                processes.append(environ.parent.name)
        except OSError:
            continue
    return sorted(path.name for path in folder.iterdir()), processes


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder, begun = tmp_path_factory.mktemp("demo"), time.monotonic()
    with started(folder, DEMO, "--exit") as process:
        said, _ = process.communicate(timeout=SECONDS)
    return Run(said, process.returncode, folder, time.monotonic() - begun)


def lines(run: Run, *words: str) -> list[str]:
    return [line for line in run.said.splitlines() if all(word in line for word in words)]


def test_it_ends_well_and_in_time(told: Run) -> None:
    assert told.code == 0, told.said
    assert told.seconds < 120


def test_it_leaves_nothing_behind_when_it_ends(told: Run) -> None:
    assert left_behind(told.folder) == ([], [])


def test_every_public_count_of_the_days_is_told(told: Run) -> None:
    assert lines(told, "1 Mar 08:05", "nearly full: 1,982 people")
    assert lines(told, "9 Mar 08:05", "above the maximum: 2,002 people", "52 places missing (0 of 52 promised)")
    assert lines(told, "15 Apr 08:05", "above the maximum: 2,219 people")
    assert lines(told, "16 Sep 08:05", "above the maximum: about 2,200 people")
    assert lines(told, "counts: 31 posted, 31 recorded")


def test_the_province_on_duty_is_called_and_the_next_when_it_falls_short(told: Run) -> None:
    called = [line for line in lines(told, "is called up for") if "52 places" in line or "22 places" in line]
    assert [re.sub(r"\W*(\S+) is called.*", r"\1", line) for line in called[:4]] == [
        "Limburg", "Noord-Brabant", "Noord-Holland", "Overijssel",
    ]  # fmt: skip
    assert lines(told, "9 Mar 08:46", "no answer from Noord-Brabant yet")
    assert lines(told, "9 Mar 09:31", "the deadline of Noord-Brabant has passed")
    assert lines(told, "9 Mar 09:54", "by telephone, entered by COA", "enough places: 52 for 52 needed")


def test_a_day_without_a_count_is_unknown(told: Run) -> None:
    assert lines(told, "2 Mar 09:00", "unknown: no count since Fri 1 Mar 07:00")
    # Clocks went forward in the night before, so 26 hours end an hour later.
    assert lines(told, "31 Mar 10:00", "unknown: no count since Sat 30 Mar 07:00")


def test_the_night_is_told_to_everybody_and_ends_with_a_bed_for_all(told: Run) -> None:
    assert lines(told, "16 Sep 23:31", "people without a bed: 45 people have no bed; 45 places missing")
    assert lines(told, "told: Overijssel, COA, VNG, the ministry, Utrecht, Westerwolde and 12 King's Commissioners")
    assert lines(told, "16 Sep 23:56", "Stadskanaal opens a sports hall with 100 field beds: enough places")
    assert lines(told, "17 Sep 01:45", "above the maximum: nobody is without a bed")


def test_every_message_that_was_written_arrived(told: Run) -> None:
    (line,) = lines(told, "messages: ")
    written, delivered, arrived, refused = map(int, re.findall(r"\d+", line))
    assert written == delivered == arrived > 200
    assert refused == 0


def test_it_writes_no_colour_where_there_is_no_terminal(told: Run) -> None:
    assert "\x1b" not in told.said


def test_it_is_left_up_with_keys_that_open_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    with started(tmp_path, SHORT) as process:
        said = read_until(process, "Ctrl-C")
        address = re.search(r"The board: (\S+)/\n", said)
        key = re.search(r"coa +(piket_\S+)", said)
        assert address and key, said
        request = urllib.request.Request(
            f"{address[1]}/v1/situation", headers={"Authorization": f"Bearer {key[1]}", "Accept-Language": "en"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert json.load(answer)["duty"]["onDuty"] == "nl-li"
        curl = [line for line in said.splitlines() if line.startswith("curl")]
        assert len(curl) == 2
        assert all(address[1] in line and key[1] in line for line in curl)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert left_behind(tmp_path) == ([], [])


def test_it_cleans_up_when_it_is_ended_on_the_way(tmp_path: Path) -> None:
    with started(tmp_path, DEMO, "--exit") as process:
        read_until(process, "1,982 people")
        assert left_behind(tmp_path)[0], "it works in its own folder"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
    assert left_behind(tmp_path) == ([], [])


def test_it_says_so_and_ends_with_1_when_something_is_otherwise(tmp_path: Path) -> None:
    wrong = SHORT.replace("exit_after=False", "exit_after=True").replace(
        "story.play = story.prepare", "story.play = wrong"
    )
    program = (
        "from piket.demo.world import DemoFailed\nfrom piket.words import say\n"
        "def wrong(made, teller):\n    raise DemoFailed(say('The level is {found}.', found='normal'))\n" + wrong
    )
    with started(tmp_path, program) as process:
        said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1
    assert said.splitlines()[-1] == "The demo did not go as it should: The level is normal."
    assert left_behind(tmp_path) == ([], [])
