"""A browser for the pages, the evening that they show, and a reader of HTML that does not forgive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from piket.audit.service import ENGINE
from piket.organisations import accounts
from piket.organisations.accounts import AccountInfo
from tests.board.browser import Browser
from tests.client import Client
from tests.conftest import LONG
from tests.fakes import FakeClock

# Pages ask the services, which have their own tests on both stores. These ask or lock something that no service test does.
ON_BOTH_STORES = (
    "test_board_accounts", "test_board_acting_counts", "test_board_acting_overflow", "test_board_admin", "test_board_again",
    "test_board_door", "test_board_messages", "test_board_places_calls", "test_board_rota_deciding",
)  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave PostgreSQL out of the other tests of pages, unless `PIKET_TESTS=long`."""
    left = [item for item in items if _is_left_out(item)]
    if left and not LONG:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def _is_left_out(item: pytest.Item) -> bool:
    here = item.path.parent == Path(__file__).parent
    return here and item.get_closest_marker("postgresql") is not None and item.path.stem not in ON_BOTH_STORES


@pytest.fixture
def browser(app: Flask, client: Callable[..., Client]) -> Callable[..., Browser]:
    """`browser()` is nobody yet; `browser("coa")` has signed in with a new key of COA. Dutch unless `accept` says otherwise."""

    def make(code: str | None = None, accept: str = "nl", **key: Any) -> Browser:
        made = Browser(app, accept)
        if code is not None:
            made.sign_in(client(code, **key).token or "").expect(303)
        return made

    return make


PASSWORD = "vier losse gewone woorden"
# Of lower parameters, so that a test that is not about them is quick; they are raised at the first sign-in.
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


@pytest.fixture
def person(app: Flask, clock: FakeClock) -> Callable[..., AccountInfo]:
    """`person("nl-ov")`: somebody of Overijssel who may act, with `PASSWORD`; `role="reader"` as it says."""

    def make(code: str = "nl-ov", name: str = "jo@overijssel.example", role: str = "officer") -> AccountInfo:
        with app.extensions["piket"].writing(ring=False) as session:
            made = accounts.add_account(
                session, clock(), ENGINE, code, sign_in_name=name, name="Jo de Vries", role=role
            )
            return accounts.set_password(session, clock(), ENGINE, made.id, HASH)

    return make


@pytest.fixture
def count(client: Callable[..., Client], clock: FakeClock) -> Callable[..., Any]:
    """`count(2129)`: COA reports a count of this moment."""
    coa = client("coa")

    def report(people: int, definition: str = "nightBeds", ago: timedelta = timedelta(0)) -> Any:
        body = {"observedAt": clock() - ago, "definition": definition, "people": people}
        return coa.post("centres/ter-apel/counts", body).expect(201)

    return report
