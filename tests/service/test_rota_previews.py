"""A preview shows exactly what the decision then does; who is told is everybody whose turns move, and nobody else."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from piket.alerts.models import Alert, Delivery, Recipient
from piket.audit.models import AuditEntry
from piket.audit.service import ENGINE, Actor
from piket.errors import Invalid, NotFound
from piket.organisations import service as organisations
from piket.rota import service as rota
from piket.rota.models import Rota, RotaEdition, Turn
from piket.rota.rules import Definition, Exemption, Weight
from piket.rota.service import Decision, Preview
from piket.settings import Settings
from tests.fakes import START

MINISTRY = Actor("ministry")
DECISION = Decision("de minister", date(2024, 9, 16), "brief")
SOON = START + timedelta(days=30)
CODES = tuple(f"nl-{code}" for code in "dr fl fr ge gr li nb nh ov ut ze zh".split())
WEIGHTS = tuple(Weight(code, number % 4 + 1) for number, code in enumerate(CODES))


@pytest.fixture(autouse=True)
def _seeded(session: Session, settings: Settings) -> None:
    organisations.seed(session, START, settings)
    rota.seed(session, START, settings)


def seeded(session: Session) -> Definition:
    return rota.find_rota(session, "piket").definition


def preview(session: Session, settings: Settings, definition: Definition, at: datetime | None = SOON) -> Preview:
    return rota.preview(session, START, "piket", definition, settings, at)


def put(session: Session, settings: Settings, definition: Definition, at: datetime | None = SOON) -> int:
    return rota.put_rota(session, START, MINISTRY, "piket", definition, DECISION, settings, at)


def by_turn(session: Session) -> dict[str, tuple[datetime, datetime, tuple[str, ...]]]:
    """The turns in force, by id."""
    rows = session.scalars(select(Turn).where(Turn.rota == "piket", Turn.superseded_at.is_(None)))
    return {row.id: (row.from_at, row.until_at, tuple(code for slot in row.slots for code in slot)) for row in rows}


CHANGES: dict[str, dict[str, Any]] = {
    "another order": {"members": tuple((code,) for code in reversed(CODES))},
    "another rhythm": {"turn_length": 1, "hand_over_weekday": "monday"},
    "an exemption": {
        "exemptions": (Exemption("nl-gr", "x"), Exemption("nl-ut", "y", date(2025, 1, 1), date(2025, 3, 1)))
    },
    "in proportion": {"strategy": "weighted", "weights": WEIGHTS},
    "feasts": {"spread_holidays": True, "members": tuple((code,) for code in CODES[:10]), "exemptions": ()},
    "another zone": {"zone": "America/Curacao"},
    "only a name": {"name": "Anders"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
@pytest.mark.parametrize("at", [SOON, None, START + timedelta(days=500)])
def test_what_was_shown_is_what_the_decision_moves(
    session: Session, settings: Settings, change: dict[str, Any], at: datetime | None
) -> None:
    wanted, before = dataclasses.replace(seeded(session), **change), by_turn(session)
    shown = preview(session, settings, wanted, at)
    assert by_turn(session) == before
    moved = put(session, settings, wanted, at)
    after = by_turn(session)
    assert {move.turn for move in shown.moved} == set(before) - set(after)
    assert moved == len(shown.moved)
    assert rota.find_rota(session, "piket").effective_from == shown.effective_from
    for move in shown.moved:
        assert (move.from_at, move.until_at, move.organisations) == before[move.turn]
        overlapping = {t for t in after.values() if t[0] < move.until_at and t[1] > move.from_at}
        assert {(turn.from_at, turn.until_at, turn.organisations) for turn in move.instead} == overlapping
    assert all(move.from_at >= (at or START) and move.until_at <= shown.published_until for move in shown.moved)
    told = session.scalars(select(Recipient.organisation).order_by(Recipient.position)).all()
    assert tuple(told) == shown.told == _whose(before, after, shown.published_until)
    if at is not SOON:
        assert shown.moved == () == shown.told


def _whose(before: Any, after: Any, horizon: datetime) -> tuple[str, ...]:
    """Reckoned anew: whoever has another list of turns now than it was published, up to where it was published."""

    def own(turns: Any, code: str) -> list[tuple[datetime, datetime]]:
        return sorted((f, u) for f, u, who in turns.values() if code in who and START < f < horizon)

    changed = {code for code in CODES if own(before, code) != own(after, code)}
    order = [code for key in (before, after) for _, _, who in sorted(key.values()) for code in who if code in changed]
    gone = [t for t in before if t not in after]
    first = [code for turn in sorted(before[t] for t in gone) for code in turn[2] if code in changed]
    return tuple(dict.fromkeys([*first, *order]))


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
@given(data=st.data())
def test_any_change_at_any_moment_moves_what_its_preview_showed(
    session: Session, settings: Settings, data: Any
) -> None:
    """In a savepoint each: decide twice over, so that accounts and feasts go on from decided turns too."""
    with session.begin_nested() as savepoint:
        for number in range(2):
            change: dict[str, Any] = {"weights": (), "strategy": "inTurn"}
            for one in data.draw(st.lists(st.sampled_from(list(CHANGES.values())), max_size=3)):
                change |= one
            wanted = dataclasses.replace(seeded(session), **change)
            codes = [code for (code,) in wanted.members]
            wanted = dataclasses.replace(
                wanted,
                weights=tuple(weight for weight in wanted.weights if weight.organisation in codes),
                exemptions=tuple(one for one in wanted.exemptions if one.organisation in codes),
            )
            at = START + timedelta(hours=data.draw(st.integers(1, 400 * 24)))
            before = by_turn(session)
            shown = rota.preview(session, START, "piket", wanted, settings, at)
            note = dataclasses.replace(DECISION, note=str(number))
            moved = rota.put_rota(session, START, MINISTRY, "piket", wanted, note, settings, at)
            assert {move.turn for move in shown.moved} == set(before) - set(by_turn(session))
            assert moved == len(shown.moved)
            turns = sorted(by_turn(session).values())
            assert all(a[1] == b[0] for a, b in pairwise(turns))
        savepoint.rollback()


def test_nothing_is_stored_by_a_preview(session: Session, settings: Settings) -> None:
    rows = (Rota, RotaEdition, Turn, Alert, Delivery, AuditEntry)

    def counted() -> list[int | None]:
        return [session.scalar(select(func.count()).select_from(row)) for row in rows]

    before = counted()
    preview(session, settings, dataclasses.replace(seeded(session), turn_length=1))
    session.flush()
    assert counted() == before
    assert not session.dirty


def test_a_preview_is_refused_for_what_a_decision_would_be_refused_for(session: Session, settings: Settings) -> None:
    away = tuple(Exemption(code, "x", date(2025, 1, 1), date(2025, 1, 20)) for code in CODES)
    for change, field in (
        ({"exemptions": away}, "exemptions"),
        ({"zone": "x"}, "zone"),
        ({"members": ()}, "members"),
    ):
        with pytest.raises(Invalid) as caught:
            preview(session, settings, dataclasses.replace(seeded(session), **change))  # type: ignore[arg-type]
        assert field in {fault.field for fault in caught.value.faults}
    with pytest.raises(NotFound):
        rota.preview(session, START, "unknown", seeded(session), settings)


def test_the_alert_gives_everybody_its_own_turns_and_reaches_its_desk(session: Session, settings: Settings) -> None:
    for code in ("nl-ut", "nl-gr", "coa"):
        address = f"piket@{code}.example"
        organisations.add_contact_point(session, START, ENGINE, code, channel="email", address=address)
    away = (*seeded(session).exemptions, Exemption("nl-ut", "y", date(2025, 1, 1), date(2025, 3, 1)))
    put(session, settings, dataclasses.replace(seeded(session), exemptions=away))
    (alert,) = session.scalars(select(Alert)).all()
    assert (alert.kind, alert.answers["rotaProposed"]) == ("rotaChanged", False)
    assert alert.details["decision"] == {"by": "de minister", "on": "2024-09-16", "note": "brief"}
    moved = alert.details["moved"]
    assert "nl-gr" not in moved
    assert moved["nl-ut"]["was"] and all("2025" in turn[0] for turn in moved["nl-ut"]["was"])
    assert [delivery.organisation for delivery in session.scalars(select(Delivery))] == ["nl-ut"]


def test_nobody_is_told_of_a_decision_that_moves_nothing(session: Session, settings: Settings) -> None:
    put(session, settings, seeded(session), None)
    put(session, settings, dataclasses.replace(seeded(session), turn_length=3), None)
    assert session.scalar(select(func.count()).select_from(Alert)) == 0


def test_only_whose_own_turns_move_is_told_where_several_have_duty_at_once(
    session: Session, settings: Settings
) -> None:
    four = Definition("Vier", tuple((code,) for code in CODES[:6]), date(2024, 9, 11), slots=3)
    rota.put_rota(session, START, MINISTRY, "vier", four, DECISION, settings)
    # Two members of the second half change places: they have the same turns, in another slot.
    swapped = dataclasses.replace(four, members=(*four.members[:4], four.members[5], four.members[4]))
    assert rota.put_rota(session, START, MINISTRY, "vier", swapped, DECISION, settings, SOON) > 0
    assert session.scalar(select(func.count()).select_from(Alert)) == 0
    other = dataclasses.replace(swapped, members=(*swapped.members[:5], ("nl-nh",)))
    rota.put_rota(session, START, MINISTRY, "vier", other, DECISION, settings, SOON)
    assert set(session.scalars(select(Recipient.organisation))) == {swapped.members[5][0], "nl-nh"}


def test_a_turn_that_stays_keeps_its_id_and_says_why_by_the_new_decision(session: Session, settings: Settings) -> None:
    before = by_turn(session)
    kept, (begins, _, _) = next((t, what) for t, what in before.items() if what[0] > SOON and what[2] == ("nl-dr",))
    day = (begins + timedelta(days=3)).date()
    away = (*seeded(session).exemptions, Exemption("nl-ut", "verkiezingen", day, day))
    assert put(session, settings, dataclasses.replace(seeded(session), exemptions=away)) == 0
    assert by_turn(session) == before
    assert "Utrecht is exempt (verkiezingen)" in rota.find_turn(session, START, kept).why
    row = session.get(Turn, kept)
    assert row is not None and row.edition == rota.find_rota(session, "piket").edition == 2
    others = [turn for turn in before if turn != kept]
    assert all("verkiezingen" not in rota.find_turn(session, START, turn).why for turn in others)
