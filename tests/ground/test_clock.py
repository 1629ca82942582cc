"""The clock: this machine's, and the one of a file."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from piket.clock import FileClock, system_clock
from piket.errors import Misconfigured

NIGHT = datetime(2024, 9, 16, 20, tzinfo=UTC)


def written(path: Path, text: str, seconds_ago: float) -> Path:
    """The file as if it had been written so long ago."""
    path.write_text(text, encoding="utf-8")
    at = (system_clock() - timedelta(seconds=seconds_ago)).timestamp()
    os.utime(path, (at, at))
    return path


def near(moment: datetime, expected: datetime) -> bool:
    return abs(moment - expected) < timedelta(seconds=5)


def test_the_system_clock_is_aware_and_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)


def test_the_moment_goes_on_from_when_the_file_was_written(tmp_path: Path) -> None:
    clock = FileClock(written(tmp_path / "clock", "2024-09-16T22:00:00+02:00\n", seconds_ago=3600))
    assert near(clock(), NIGHT + timedelta(hours=1))
    assert clock().utcoffset() == timedelta(0)


def test_time_moves_when_the_file_is_written_again_either_way(tmp_path: Path) -> None:
    clock = FileClock(written(tmp_path / "clock", "2024-09-16T20:00:00Z", seconds_ago=10))
    written(tmp_path / "clock", "2024-09-17T20:00:00Z", seconds_ago=0)
    assert near(clock(), NIGHT + timedelta(days=1))
    written(tmp_path / "clock", "2024-09-15T20:00:00Z", seconds_ago=2)
    assert near(clock(), NIGHT - timedelta(days=1))


def test_two_processes_agree_when_one_starts_later(tmp_path: Path) -> None:
    path = written(tmp_path / "clock", "2024-09-16T20:00:00Z", seconds_ago=100)
    first = FileClock(path)
    assert abs(FileClock(path)() - first()) < timedelta(seconds=1)


@pytest.mark.parametrize("text", ["", "yesterday", "2024-09-16", "2024-09-16T20:00:00"])
def test_a_file_without_a_moment_stops_the_start_and_is_named(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "clock", text, seconds_ago=0)
    with pytest.raises(Misconfigured, match="PIKET_TEST_CLOCK") as error:
        FileClock(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("text", ["", "2024-09-"])
def test_the_moment_before_goes_on_when_the_file_is_half_written(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "clock", "2024-09-16T20:00:00Z", seconds_ago=10)
    clock = FileClock(path)
    written(path, text, seconds_ago=0)
    assert near(clock(), NIGHT + timedelta(seconds=10))
    path.unlink()
    assert near(clock(), NIGHT + timedelta(seconds=10))
    written(path, "2024-09-18T20:00:00Z", seconds_ago=1)
    assert near(clock(), NIGHT + timedelta(days=2))
