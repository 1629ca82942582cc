"""What all tests stand on: settings, fresh stores, a clock, channels that keep what was sent, an API client.

`PIKET_TESTS=long` gives the property tests many more examples. Without PostgreSQL: `pytest -m "not postgresql"`.
"""

from __future__ import annotations

import dataclasses
import importlib
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from piket.audit.service import ENGINE
from piket.db import Store
from piket.deps import Deps
from piket.organisations import service as organisations
from piket.settings import PictureSettings, Settings
from piket.startup import read_settings
from tests.client import Client
from tests.databases import PostgresDatabases, SqliteDatabases, make_schema
from tests.fakes import START, FakeChannel, FakeClock

ROOT = Path(__file__).resolve().parent.parent
LONG = os.environ.get("PIKET_TESTS") == "long"
SCREENSHOTS = "TESTS_SCREENSHOTS"
"""Where `PIKET_SCREENSHOTS` is kept: no process of piket that a test starts may see a variable that it does not know."""

hypothesis.settings.register_profile(
    "ordinary",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile(
    "long", max_examples=1000, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("long" if LONG else "ordinary")


def pytest_configure() -> None:
    """Let nothing of the caller's own installation into the tests. `PIKET_TESTS` stays, for the workers of `-n`."""
    if "PIKET_SCREENSHOTS" in os.environ:
        os.environ[SCREENSHOTS] = str(Path(os.environ["PIKET_SCREENSHOTS"]).absolute())
    for name in [name for name in os.environ if name.startswith("PIKET_") and name != "PIKET_TESTS"]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine can be reached: a test that dials out fails at once, everywhere, instead of sometimes."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def is_here(host: Any) -> bool:
        try:
            return host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not is_here(address[0]):
            raise OSError(f"a test tried to reach {address[0]}")
        connect(self, address)

    def guarded_resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        try:
            ipaddress.ip_address(name or "localhost")
        except ValueError:
            if not is_here(name):
                raise socket.gaierror(socket.EAI_NONAME, f"a test asked for {name}") from None
        return resolve(host, *arguments, **more)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_resolve)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """Files from templates."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """A PostgreSQL server of this test process."""
    databases = PostgresDatabases()
    yield databases
    databases.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def kind_of_store(request: pytest.FixtureRequest) -> str:
    """Every test that needs a store runs on both."""
    kind: str = request.param
    return kind


@pytest.fixture
def make_database(kind_of_store: str, request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`make_database()`: the address of a fresh one with the schema; `make_database("seeded")`: with the seed too."""
    databases = request.getfixturevalue(f"{'sqlite' if kind_of_store == 'sqlite' else 'postgres'}_databases")
    made: list[str] = []

    def make(template: str = "empty") -> str:
        made.append(databases.fresh(template, make_schema if template == "empty" else make_seeded))
        return made[-1]

    yield make
    if kind_of_store == "postgresql":
        for url in made:
            databases.drop(url)


@pytest.fixture
def database_url(make_database: Callable[..., str], request: pytest.FixtureRequest) -> str:
    """The database of this test: with organisations, rota and centre when the test asks for `seeded`, `app` or `client`."""
    with_seed = {"seeded", "app", "client", "contact", "tick"} & set(request.fixturenames)
    return make_database("seeded" if with_seed else "empty")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The project's own config/, on loopback, with a fixed key. `deps` and `app` put their database in it."""
    return make_settings(f"sqlite:///{tmp_path}/unused.db")


@pytest.fixture
def store(database_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A fresh store; each test runs on SQLite and on PostgreSQL. With `app` or `client` it is theirs."""
    if "app" in request.fixturenames:
        yield request.getfixturevalue("app").extensions["piket"].store
        return
    store = Store(database_url, pool_size=5)
    yield store
    store.close()


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    """A writing transaction, open for the whole test and undone after it."""
    with store.writing(ring=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def clock() -> FakeClock:
    """Stands at `tests.fakes.START` until told otherwise."""
    return FakeClock()


@pytest.fixture
def channels() -> dict[str, FakeChannel]:
    """`channels["email"].sent` is what went out."""
    return {"email": FakeChannel(), "webhook": FakeChannel()}


@pytest.fixture
def deps(
    settings: Settings, store: Store, clock: FakeClock, channels: dict[str, FakeChannel], request: pytest.FixtureRequest
) -> Deps:
    """What faces and engine hold, with a fake clock and fake channels. With `app` or `client` it is theirs."""
    if "app" in request.fixturenames:
        theirs: Deps = request.getfixturevalue("app").extensions["piket"]
        return theirs
    there = dataclasses.replace(settings, database_url=store.url.render_as_string(hide_password=False))
    return Deps(there, store, clock, channels)


@pytest.fixture
def seeded(store: Store) -> Store:
    """A store in which organisations, rota and centre exist, as `piket init` makes them at START."""
    return store


@pytest.fixture(scope="session")
def _built() -> Callable[[Deps], Flask]:
    """The service around these deps, put together once for a test process: that costs more than most tests."""
    kept: list[Flask] = []
    fresh: dict[str, Any] = {}

    def build(deps: Deps) -> Flask:
        if not kept:
            kept.append(importlib.import_module("piket.app").app_of(deps))
            fresh.update(kept[0].extensions)
        app = kept[0]
        app.extensions.clear()
        app.extensions.update(
            fresh, piket=deps, **{"piket-figures": importlib.import_module("piket.api.watch").Figures()}
        )
        return app

    return build


@pytest.fixture
def app(
    settings: Settings, database_url: str, clock: FakeClock, channels: dict[str, FakeChannel],
    _built: Callable[[Deps], Flask], request: pytest.FixtureRequest,
) -> Iterator[Flask]:  # fmt: skip
    """The whole service on a seeded store, without an engine."""
    there = dataclasses.replace(settings, database_url=database_url)
    deps = Deps(there, Store(database_url), clock, channels)
    # What a test adds to the service would stay in it.
    own = "toys" in request.fixturenames
    app = importlib.import_module("piket.app").app_of(deps) if own else _built(deps)
    app.testing = True
    yield app
    deps.store.close()


@pytest.fixture
def client(app: Flask, clock: FakeClock) -> Callable[..., Client]:
    """`client("coa")` calls the API with a new key of COA; `client(None)` without one. `read_only=True` as it says."""

    def make(code: str | None, **key: Any) -> Client:
        if code is None:
            return Client(app, None)
        with app.extensions["piket"].writing(ring=False) as session:
            _, token = organisations.issue_key(session, clock(), ENGINE, code, **key)
        return Client(app, token, code)

    return make


@pytest.fixture
def contact(store: Store, clock: FakeClock) -> Callable[..., organisations.ContactPointInfo]:
    """`contact("coa")` gives COA an e-mail address, `contact("coa", channel="webhook")` an active webhook.

    Inside an open transaction of the test give it along: `contact("coa", session=session)`.
    """

    def make(code: str, address: str | None = None, session: Session | None = None, **more: Any) -> Any:
        if session is None:
            with store.writing(ring=False) as own:
                return make(code, address, own, **more)
        given = {"channel": "email", **more}
        invented = {
            "email": f"piket@{code}.example",
            "webhook": f"http://127.0.0.1:9/{code}",
            "telephone": "+31 592 000000",
        }
        where = address or invented[given["channel"]]
        point = organisations.add_contact_point(session, clock(), ENGINE, code, address=where, **given)
        if point.state == "pending":
            organisations.set_contact_point_state(session, clock(), point.id, "active", "test")
        return organisations.find_contact_point(session, point.id)

    return make


@pytest.fixture
def tick(deps: Deps) -> Callable[[], Any]:
    """`tick()`: one pass of the engine at the clock's moment, after which everything due was tried once."""
    run_pass = importlib.import_module("piket.engine.tick").run_pass
    return lambda: run_pass(deps, deps.now())


def make_settings(database_url: str, **environment: str) -> Settings:
    """The settings of the tests; further `PIKET_` variables by name. Nothing is drawn, unless a test says so."""
    found = read_settings(
        {
            "PIKET_CONFIG": str(ROOT / "config"),
            "PIKET_DATABASE_URL": database_url,
            "PIKET_BASE_URL": "http://127.0.0.1:8000",
            "PIKET_SECRET_KEY": "a fixed key for tests only, of more than 32 bytes",
            "PIKET_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8",
            **environment,
        }
    )
    return dataclasses.replace(found, pictures=PictureSettings(children=0))


def make_seeded(url: str) -> None:
    """The schema, and in it what `piket init` loads from config/, at START."""
    store = Store(url)
    importlib.import_module("piket.app").initialise(Deps(make_settings(url), store, FakeClock(START), {}))
    store.close()
