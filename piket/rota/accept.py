"""Which rotas there are, what was decided of each, and which members accept it.

A decision alone does not make the others' agreement: each member's acceptance is a row of its own, of one edition, with who
said so and when. A changed definition is a new edition, and is to be accepted anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.errors import Conflict, NotFound, Refused
from piket.pages import Page, PageRequest, read_page
from piket.rota import written
from piket.rota.decide import Decision, decision_of
from piket.rota.definitions import from_json
from piket.rota.models import Acceptance, Rota
from piket.rota.rules import Definition, organisations_of
from piket.words import say


@dataclass(frozen=True)
class AcceptanceInfo:
    """That an organisation accepts the rota as decided: who said so, when, with which note."""

    id: str
    rota: str
    edition: int
    organisation: str
    by: str | None
    note: str | None
    created_at: datetime


@dataclass(frozen=True)
class RotaInfo:
    """A rota as it was recorded last. `effective_from`: since when, or from when on, turns follow this definition.

    `published_until` is until when turns are written down; None while there are none.
    """

    code: str
    status: str
    version: int
    edition: int
    definition: Definition
    effective_from: datetime
    decision: Decision | None
    acceptances: tuple[AcceptanceInfo, ...]
    published_until: datetime | None


def find_rota(session: Session, code: str) -> RotaInfo:
    """One rota. Raises `NotFound`."""
    return _rota(session, written.find_row(session, code))


def rotas_paged(session: Session, page: PageRequest) -> Page[RotaInfo]:
    """All rotas, newest first."""
    return read_page(session, select(Rota), page, [Rota.created_at, Rota.code]).map(lambda row: _rota(session, row))


def accept(
    session: Session, now: datetime, actor: Actor, code: str, by: str | None = None, note: str | None = None
) -> tuple[AcceptanceInfo, bool]:
    """Record that the acting member accepts the rota as decided; whether that is new. A repeat leaves the first word.

    Raises `Conflict` while the rota is a proposal, `Refused` for an organisation that is no member.
    """
    rota = written.find_row(session, code, lock=True)
    edition = written.latest_edition(session, code)
    organisation = actor.speaks_for
    if organisation not in organisations_of(from_json(edition.definition).members):
        raise Refused(say("Only a member of this rota can accept it."), "not-a-member")
    if rota.status == "proposed":
        raise Conflict(
            say("This rota is a proposal. It can be accepted when the ministry has decided it."), "rota-not-decided"
        )
    kept = session.scalars(
        select(Acceptance).where(
            Acceptance.rota == code, Acceptance.edition == edition.edition, Acceptance.organisation == organisation
        )
    ).first()
    if kept is not None:
        return _acceptance(kept), False
    row = Acceptance(
        rota=code, edition=edition.edition, organisation=organisation, accepted_by=by, note=note, created_at=now
    )
    session.add(row)
    session.flush()
    record(session, now, actor, "accept_rota", f"rota:{code}", edition=edition.edition)
    return _acceptance(row), True


def acceptances_paged(session: Session, code: str, page: PageRequest) -> Page[AcceptanceInfo]:
    """Who accepted any edition of a rota, the latest first. Raises `NotFound` for an unknown rota."""
    written.find_row(session, code)
    query = select(Acceptance).where(Acceptance.rota == code)
    return read_page(session, query, page, [Acceptance.created_at, Acceptance.id]).map(_acceptance)


def find_acceptance(session: Session, acceptance_id: str) -> AcceptanceInfo:
    """One acceptance. Raises `NotFound`."""
    row = session.get(Acceptance, acceptance_id)
    if row is None:
        raise NotFound(say("There is no acceptance with this id."))
    return _acceptance(row)


def _rota(session: Session, rota: Rota) -> RotaInfo:
    """A rota with the acceptances of its latest edition; those of earlier ones do not count for it."""
    edition = written.latest_edition(session, rota.code)
    accepted = session.scalars(
        select(Acceptance)
        .where(Acceptance.rota == rota.code, Acceptance.edition == edition.edition)
        .order_by(Acceptance.created_at, Acceptance.id)
    )
    return RotaInfo(
        code=rota.code,
        status=rota.status,
        version=rota.version,
        edition=edition.edition,
        definition=from_json(edition.definition),
        effective_from=edition.effective_from,
        decision=decision_of(edition),
        acceptances=tuple(_acceptance(row) for row in accepted),
        published_until=written.horizon(session, rota.code),
    )


def _acceptance(row: Acceptance) -> AcceptanceInfo:
    return AcceptanceInfo(row.id, row.rota, row.edition, row.organisation, row.accepted_by, row.note, row.created_at)
