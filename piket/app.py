"""Builds the service and joins everything; the only place that does.

`open_deps` makes what a process holds, `app_of` the web service around it. Nothing is started here: `serve.py` starts the
engine after it has the store, and `wsgi.py` never starts one, so that any number of web processes can run beside any number
of engines. What a room must not import (the migrations, the board's error page) is handed to it here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import inspect

from piket import migrations
from piket.alerts.channels.email import EmailChannel
from piket.alerts.channels.real import real_channels
from piket.api import (
    accounts,
    alerts,
    calendars,
    callups,
    centres,
    commitments,
    confirmations,
    counts,
    coverage,
    hand_over_notes,
    health,
    kit_problems,
    ledger,
    meta,
    organisations,
    overflows,
    places,
    rotas,
    situation,
    swaps,
    turns,
    watch,
)
from piket.api.kit import Api
from piket.board import register as board
from piket.board.pictures.mailed import Painter
from piket.clock import Clock, FileClock, system_clock
from piket.db import Store
from piket.deps import Channel, Deps
from piket.engine import auditor
from piket.errors import Misconfigured
from piket.occupancy import service as occupancy
from piket.organisations import service as organisations_service
from piket.rota import service as rota
from piket.secret_key import with_secret_key
from piket.settings import Settings
from piket.words import say

API_BLUEPRINTS = (
    centres.blp,
    counts.blp,
    situation.blp,
    overflows.blp,
    callups.blp,
    places.blp,
    commitments.blp,
    rotas.blp,
    turns.blp,
    swaps.blp,
    ledger.blp,
    coverage.blp,
    confirmations.blp,
    hand_over_notes.blp,
    calendars.blp,
    alerts.blp,
    organisations.blp,
    accounts.blp,
)


def choose_clock(settings: Settings, store: Store) -> Clock:
    """The test clock where one is named, on PostgreSQL the database's clock so that machines agree, else this machine's."""
    if settings.test_clock is not None:
        return FileClock(settings.test_clock)
    return system_clock if store.is_sqlite else store.now


def open_deps(settings: Settings) -> Deps:
    """What a process of the real service holds: its store, clock and channels, from its settings alone."""
    occupancy.check_first_thresholds(settings)
    settings = with_secret_key(settings)
    store = Store(settings.database_url)
    deps = Deps(settings, store, choose_clock(settings, store), real_channels(settings))
    mail = deps.channels["email"]
    if isinstance(mail, EmailChannel):
        mail.illustrate = Painter(deps)
    return deps


def create_app(settings: Settings, clock: Clock, channels: Mapping[str, Channel], store: Store | None = None) -> Flask:
    """The web service. It starts no engine and touches no table; `app.extensions["piket"]` holds its `Deps`."""
    settings = with_secret_key(settings)
    return app_of(Deps(settings, store or Store(settings.database_url), clock, channels))


def app_of(deps: Deps) -> Flask:
    """The web service around what the process already holds."""
    settings = deps.settings
    secure = urlsplit(settings.base_url).scheme == "https"
    app = Flask("piket", static_folder=None, template_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=settings.service.max_body_bytes + 1,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        # With this prefix a browser takes it only from this very host, by https, for all of it.
        SESSION_COOKIE_NAME="__Host-piket" if secure else "piket",
    )
    app.url_map.merge_slashes = False
    app.extensions["piket"] = deps
    app.extensions["piket-schema"] = migrations.is_current
    app.extensions["piket-auditor"] = auditor.look
    api = Api(app)
    app.extensions["piket-api"] = api
    for blueprint in API_BLUEPRINTS:
        api.register(blueprint)
    app.register_blueprint(meta.blp)
    app.register_blueprint(health.blp)
    watch.register(app)
    board.register(app)
    kit_problems.register(app, board.problem_page)
    return app


@dataclass(frozen=True)
class Initialised:
    """What `init` added; both zero when everything was there."""

    organisations: int
    rotas: int


def initialise(deps: Deps) -> Initialised:
    """Bring the tables to their newest form and add what `config/` names and is missing. A repeat changes nothing."""
    migrations.upgrade(deps.settings.database_url)
    now = deps.now()
    with deps.writing() as session:
        migrations.one_at_a_time(session)
        added = organisations_service.seed(session, now, deps.settings)
        rotas_added = rota.seed(session, now, deps.settings)
        occupancy.seed(session, now, deps.settings)
    return Initialised(added, rotas_added)


def initialise_when_new(deps: Deps) -> bool:
    """`initialise` when the database is empty; whether it was.

    Raises `Misconfigured` when its tables are of another version: upgrading what holds data is for `piket init` to do.
    """
    if not inspect(deps.store.engine).get_table_names():
        initialise(deps)
        return True
    version = migrations.version_of(deps.store.engine)
    if version == "newer":
        raise Misconfigured(migrations.NEWER)
    if version == "older":
        raise Misconfigured(
            say("The database is of an older version of piket. Make a copy of it, then run: piket init")
        )
    return False
