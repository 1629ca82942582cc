"""Which engines live: seen by the others, whatever becomes of them. Both stores."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from piket.db import Store
from piket.deps import Bell, Deps
from piket.engine.postman import Postman
from piket.engine.presence import _HELD, ENGINE, Presence, _key
from tests.stories.installation import Site
from tests.stories.receivers import until


@pytest.fixture
def two(store: Store) -> Iterator[tuple[Presence, Presence]]:
    """Two engines, as different processes have them."""
    other = Store(store.url.render_as_string(hide_password=False), pool_size=2)
    pair = Presence(store), Presence(other)
    yield pair
    for presence in pair:
        presence.hide()
    other.close()


def let_go(store: Store, name: str) -> bool:
    """Whether the server has noticed in the end: it frees a lock a moment after its connection is gone."""

    def is_free() -> bool:
        with store.looking() as session:
            return _key(name) not in set(session.scalars(_HELD))

    return until(is_free)


def looks(presence: Presence, *owners: str) -> list[list[str]]:
    """What three looks in a row find."""
    return [presence.gone(owners) for _ in range(3)]


def test_a_living_engine_is_not_gone_and_neither_is_one_that_cannot_be_judged(two: tuple[Presence, Presence]) -> None:
    one, other = two
    one.show()
    other.show()
    assert looks(one, one.name, other.name, "an older version", "deliver_due") == [[]] * 3
    other.show()
    assert looks(one, other.name) == [[]] * 3


def test_an_engine_is_gone_when_its_process_lets_go_of_everything(two: tuple[Presence, Presence], store: Store) -> None:
    one, other = two
    one.show()
    other.show()
    # As the system does it when the process ends: the file is closed, the connection is gone.
    if store.is_sqlite:
        assert other._file is not None
        os.close(other._file)
        other._file = None
    else:
        other._hang_up()
        assert let_go(store, other.name)
    assert one.gone([other.name]) == ([other.name] if store.is_sqlite else [])
    assert one.gone([other.name]) == [other.name]
    one.bury([other.name])
    if store.is_sqlite:
        assert not Path(f"{store.url.database}-{other.name}").exists()


@pytest.mark.parametrize("kind_of_store", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_an_engine_whose_connection_was_cut_shows_itself_again_before_it_is_taken_for_gone(
    two: tuple[Presence, Presence], store: Store
) -> None:
    one, other = two
    one.show()
    other.show()
    with store.engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        )
    for presence in two:
        with pytest.raises(Exception, match=r"terminat|closed|lost"):
            presence.gone([f"{ENGINE}somebody"])
        presence.show()
    assert looks(one, other.name) == looks(other, one.name) == [[]] * 3


def test_an_engine_that_ends_well_leaves_nothing_behind(deps: Deps, seeded: object) -> None:
    postman = Postman(dataclasses.replace(deps, bell=Bell()))
    seen = Presence(deps.store)
    seen.show()
    postman.start()
    name = postman._presence.name
    assert until(lambda: postman._presence._file is not None or postman._presence._connection is not None)
    assert looks(seen, name) == [[]] * 3
    postman.stop(30)
    if deps.store.is_sqlite:
        assert not Path(f"{deps.store.url.database}-{name}").exists()
    else:
        assert let_go(deps.store, name)
        assert looks(seen, name)[1:] == [[name]] * 2
    seen.hide()


def test_a_killed_process_is_gone_and_the_next_buries_it(site: Site, kind_of_store: str) -> None:
    process = site.start("engine")

    def files() -> set[str]:
        database = Path(str(site.store.url.database))
        return {path.name for path in database.parent.glob(f"{database.name}-{ENGINE}*")}

    if kind_of_store == "sqlite":
        assert until(lambda: len(files()) == 1)
        killed = files()
        process.kill()
        assert files() == killed
        second = site.start("engine")
        assert until(lambda: len(files()) == 1 and files() != killed)
        second.stop()
        assert files() == set()
    else:
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"

        def held() -> int:
            with site.store.reading() as session:
                return int(session.execute(text(locks)).scalar_one())

        assert until(lambda: held() == 1)
        process.kill()
        assert until(lambda: held() == 0)


@pytest.mark.parametrize("kind_of_store", ["sqlite"], indirect=True)
def test_deliveries_go_on_when_no_engine_can_show_itself(
    deps: Deps, seeded: object, contact: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that takes no further file: leases do by themselves what they did before."""

    def refuse(self: Presence) -> None:
        raise PermissionError

    monkeypatch.setattr(Presence, "_lock_file", refuse)
    postman = Postman(deps)
    assert postman.round() >= 0
    assert postman._presence.gone([f"{ENGINE}somebody"]) == []
