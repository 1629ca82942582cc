"""The order of the house, read from the imports: who may know whom, and where a library may live."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.house import (
    Module,
    circles,
    clock_reads,
    imports,
    imports_inside_functions,
    long_functions,
    modules,
    read_module,
)

# From the top of the house to the ground. A room knows only rooms on lower floors; rooms on one floor do not know each
# other. Migrations read the rows of every room to see that the schema is whole, and nothing else of them.
FLOORS = (
    ("wsgi", "cli"),
    ("rota_show", "cli_accounts"),
    ("demo",),
    ("serve",),
    ("app",),
    ("api", "board", "engine", "migrations"),
    ("occupancy",),
    ("overflows",),
    ("rota", "places"),
    ("alerts",),
    ("organisations",),
    ("audit",),
    ("deps", "startup", "secret_key", "idempotency", "pages"),
    ("settings", "configfile", "db", "clock", "drawing", "web_address"),
    ("errors", "logs", "signing_in_settings", "policy_decision"),
    ("words",),
)
FLOOR = {room: height for height, rooms in enumerate(reversed(FLOORS)) for room in rooms}
ROOMS = {"occupancy", "overflows", "rota", "places", "alerts", "organisations", "audit"}

# Where a library may be imported; everywhere else it is a stranger.
HOMES = {
    "flask": ("piket.api", "piket.board", "piket.app", "piket.cli"),
    "werkzeug": ("piket.api", "piket.board", "piket.app", "piket.cli"),
    "flask_wtf": ("piket.board", "piket.app"),
    "flask_smorest": ("piket.api",),
    "marshmallow": ("piket.api",),
    "webargs": (),
    "apispec": ("piket.api",),
    "apscheduler": ("piket.engine",),
    "requests": ("piket.alerts.channels",),
    "urllib3": ("piket.alerts.channels",),
    "smtplib": ("piket.alerts.channels",),
    "gunicorn": ("piket.serve", "piket.cli", "piket.app"),
    "alembic": ("piket.migrations",),
    "icalendar": ("piket.board",),
    "pydyf": ("piket.alerts",),
    "aiosmtpd": ("piket.demo",),
    # In the child process alone: a service that imported it would be 43 MB larger.
    "matplotlib": ("piket.drawing.pen", "piket.drawing.occupancy", "piket.drawing.episode"),
    "argon2": ("piket.organisations",),
    "importlib": ("piket.migrations",),
}

ALL = modules()
KNOWN = {module.name for module in ALL}
OURS = [module for module in ALL if module.room != "migrations"]


def in_room(module: Module, home: str) -> bool:
    return module.name == home or module.name.startswith(home + ".")


def against_the_order(module: Module, known: set[str]) -> list[str]:
    """What this module imports of piket from its own floor or a higher one."""
    found = []
    own = FLOOR.get(room_of(module.name), len(FLOORS))
    for line, name in imports(module, known):
        if name.startswith("piket.") and room_of(name) != room_of(module.name) and FLOOR.get(room_of(name), own) >= own:
            found.append(f"{module.name}:{line} imports {name}")
    return found


def room_of(name: str) -> str:
    parts = name.split(".")
    return parts[1] if parts[0] == "piket" and len(parts) > 1 else parts[0]


def rows_of_others(module: Module, known: set[str]) -> list[str]:
    """The models of other rooms that this module imports."""
    return [
        f"{module.name}:{line} imports {name}"
        for line, name in imports(module, known)
        if name.startswith("piket.") and is_rows(name) and room_of(name) != room_of(module.name)
    ]


def is_rows(name: str) -> bool:
    return any(part == "models" or part.endswith("_models") for part in name.split("."))


def is_rules(name: str) -> bool:
    return name.split(".")[-1] == "rules" or name.endswith("_rules")


def impure(module: Module, known: set[str]) -> list[str]:
    """What a module of rules imports beside the standard library, other rules, and the words."""
    return [
        f"{module.name}:{line} imports {name}"
        for line, name in imports(module, known)
        if name.split(".")[0] not in sys.stdlib_module_names and name != "piket.words" and not is_rules(name)
    ]


def strangers(module: Module, known: set[str]) -> list[str]:
    """The libraries it imports outside their homes."""
    found = []
    for line, name in imports(module, known):
        homes = HOMES.get(name.split(".")[0])
        if homes is not None and not any(in_room(module, home) for home in homes):
            found.append(f"{module.name}:{line} imports {name}")
    return found


def test_every_module_has_its_floor() -> None:
    assert {module.room for module in ALL if module.room} - FLOOR.keys() == set()


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.name)
def test_nothing_imports_upwards_or_sideways(module: Module) -> None:
    if module.name == "piket":
        assert list(imports(module, KNOWN)) == []
    else:
        assert against_the_order(module, KNOWN) == []


def test_there_are_no_circles() -> None:
    graph = {module.name: {name for _, name in imports(module, KNOWN) if name in KNOWN} for module in ALL}
    assert circles(graph) == []


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.name)
def test_a_room_keeps_its_rows_to_itself(module: Module) -> None:
    assert rows_of_others(module, KNOWN) == []


@pytest.mark.parametrize("module", [m for m in OURS if is_rules(m.name)], ids=lambda module: module.name)
def test_rules_know_only_the_standard_library_and_other_rules(module: Module) -> None:
    assert impure(module, KNOWN) == []


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.name)
def test_libraries_stay_in_their_rooms(module: Module) -> None:
    assert strangers(module, KNOWN) == []


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_nothing_is_imported_inside_a_function(module: Module) -> None:
    assert list(imports_inside_functions(module)) == []


@pytest.mark.parametrize("module", [m for m in ALL if m.name != "piket.clock"], ids=lambda module: module.name)
def test_only_the_clock_looks_at_the_clock(module: Module) -> None:
    assert list(clock_reads(module)) == []


@pytest.mark.parametrize("module", OURS, ids=lambda module: module.name)
def test_files_and_functions_stay_short(module: Module) -> None:
    assert module.text.count("\n") <= 300
    assert list(long_functions(module)) == []


@pytest.mark.parametrize("module", [m for m in OURS if m.room in ROOMS], ids=lambda module: module.name)
def test_a_room_never_ends_a_transaction(module: Module) -> None:
    """They begin and end in a view or in a step of a pass."""
    assert [line for line in module.text.splitlines() if "session.commit(" in line or "session.rollback(" in line] == []


def test_the_tests_above_see_what_they_look_for() -> None:
    def written(name: str, text: str) -> Module:
        return read_module(name, Path(name.replace(".", "/") + ".py"), text)

    known = {
        "piket.rota.service",
        "piket.rota.swap_models",
        "piket.alerts.models",
        "piket.alerts.service",
        "piket.places.service",
    }
    upwards = written("piket.alerts.service", "from piket.rota import service")
    assert against_the_order(upwards, known) == ["piket.alerts.service:1 imports piket.rota.service"]
    assert against_the_order(written("piket.rota.service", "from ..places.service import x"), known)
    assert not against_the_order(written("piket.rota.service", "import piket.alerts.service"), known)
    assert rows_of_others(written("piket.rota.service", "from piket.alerts.models import Alert"), known)
    assert rows_of_others(written("piket.alerts.service", "from piket.rota.swap_models import Swap"), known)
    assert impure(written("piket.rota.rules", "import sqlalchemy"), known)
    assert impure(written("piket.rota.rules", "from piket.settings import Policy"), known)
    assert not impure(written("piket.rota.rules", "import zoneinfo\nfrom piket.alerts.rules import rank"), known)
    assert strangers(written("piket.rota.service", "import requests"), known)
    assert not strangers(written("piket.alerts.channels.webhook", "import requests"), known)
    assert list(imports_inside_functions(written("piket.a", "def f():\n    import os"))) == [2]
    assert list(clock_reads(written("piket.a", "datetime.now(UTC)\ntime.time()\ntime.monotonic()"))) == [1, 2]
    assert list(long_functions(written("piket.a", "def f():\n" + "    x = 1\n" * 50)))
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c", "a"]]
