"""What the stories share: installations whose processes are real."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stories.installation import Forker, Site
from tests.stories.receivers import Receiver, receiver


@pytest.fixture(scope="session")
def forker() -> Iterator[Forker]:
    """One for each test process."""
    running = Forker()
    yield running
    running.stop()


@pytest.fixture
def make_site(forker: Forker, make_database: Callable[..., str], tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """`make_site(lease_seconds=3)`: an installation with other numbers than those of config/; `environment=` for variables."""
    made: list[Site] = []

    def make(environment: dict[str, str] | None = None, **changes: Any) -> Site:
        made.append(Site(forker, make_database("seeded"), tmp_path, environment or {}, changes))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """An installation as `config/` has it. Runs on both stores."""
    return make_site()


@pytest.fixture
def hook() -> Iterator[Receiver]:
    """A web server at every address of this machine, so that it can be a hundred hosts."""
    with receiver("0.0.0.0") as running:
        yield running
