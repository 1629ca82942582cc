"""Organisations: who takes part, under which code.

Codes are public ones, so that other systems need no table of ours: provinces, King's Commissioners, municipalities by CBS
code, safety regions. A name may change elsewhere; here it stays as it was entered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.db import Base
from piket.errors import Conflict, Fault, Invalid, NotFound
from piket.organisations.models import Organisation
from piket.organisations.rules import PROVINCES, code_fault, province_of
from piket.pages import Page, PageRequest, read_page
from piket.settings import Settings
from piket.words import Text, say


@dataclass(frozen=True)
class Info:
    """One organisation. `province` is None where it belongs to none (COA, VNG, the ministry, the operator)."""

    code: str
    kind: str
    name: str
    province: str | None


_CODES: BindParameter[list[str]] = bindparam("codes", expanding=True)
_ROWS = Base.metadata.tables[Organisation.__tablename__]
_NAMES = select(_ROWS.c.code, _ROWS.c.name).where(_ROWS.c.code.in_(_CODES))
_KINDS = select(_ROWS.c.code, _ROWS.c.kind).where(_ROWS.c.code.in_(_CODES))


def known(session: Session, code: str) -> Info | None:
    """The organisation with this code, or None."""
    row = session.get(Organisation, code)
    return _info(row) if row else None


def find(session: Session, code: str) -> Info:
    """The organisation with this code. Raises `NotFound`."""
    organisation = known(session, code)
    if organisation is None:
        raise NotFound(say("There is no organisation with the code {code}.", code=code))
    return organisation


def listed(session: Session, kind: str | None = None, province: str | None = None) -> list[Info]:
    """All organisations, or those of a kind or province, by code."""
    return [_info(row) for row in session.scalars(_chosen(kind, province).order_by(Organisation.code))]


def paged(session: Session, page: PageRequest, kind: str | None = None, province: str | None = None) -> Page[Info]:
    """One page of them, newest first."""
    query = _chosen(kind, province)
    return read_page(session, query, page, [Organisation.created_at, Organisation.code]).map(_info)


def commissioner_of(session: Session, province: str) -> str | None:
    """The code of the King's Commissioner of a province, or None where there is none here."""
    query = select(Organisation.code).where(Organisation.kind == "commissioner", Organisation.province == province)
    return session.scalars(query.order_by(Organisation.code)).first()


def names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The names of these organisations; a code that is not known stands for itself."""
    wanted = set(codes)
    rows = session.execute(_NAMES, {"codes": list(wanted)})
    return {code: code for code in wanted} | {row[0]: row[1] for row in rows}


def kinds(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """The kinds of these organisations; a code that is not known is left out."""
    return {row[0]: row[1] for row in session.execute(_KINDS, {"codes": list(codes)})}


def add(
    session: Session,
    now: datetime,
    actor: Actor,
    settings: Settings,
    *,
    code: str,
    kind: str,
    name: str,
    province: str | None,
) -> Info:
    """Let an organisation take part. Raises `Invalid` when code, kind and province do not go together, `Conflict` when known."""
    right_province, faults = _check(settings, code, kind, province)
    if faults:
        raise Invalid(say("This organisation cannot be added."), faults)
    if known(session, code):
        raise Conflict(say("There is already an organisation with the code {code}.", code=code), "organisation-exists")
    row = Organisation(code=code, kind=kind, name=name, province=right_province, created_at=now)
    session.add(row)
    session.flush()
    record(session, now, actor, "add_organisation", f"organisation:{code}", kind=kind)
    return _info(row)


def seed(session: Session, now: datetime, settings: Settings) -> int:
    """Add the organisations of `config/organisations.toml` that are missing; how many. What is there stays as it is."""
    there = set(session.scalars(select(Organisation.code)))
    missing = [wanted for wanted in settings.organisations if wanted.code not in there]
    for wanted in missing:
        row = Organisation(**vars(wanted), created_at=now)
        session.add(row)
    session.flush()
    return len(missing)


def _chosen(kind: str | None, province: str | None) -> Select[Organisation]:
    """All organisations, or those of a kind or province."""
    query = select(Organisation)
    if kind:
        query = query.where(Organisation.kind == kind)
    return query.where(Organisation.province == province) if province else query


def _check(settings: Settings, code: str, kind: str, province: str | None) -> tuple[str | None, list[Fault]]:
    """The province that goes with the code, and what is wrong: every fault at once."""
    faults = []
    wrong_code = code_fault(kind, code, settings.municipalities)
    if wrong_code:
        faults.append(Fault("body", "code", wrong_code))
    municipality = settings.municipalities.get(code) if kind == "municipality" else None
    due = municipality.province if municipality else province_of(kind, code)
    wrong_province = _province_fault(kind, province, None if wrong_code else due)
    if wrong_province:
        faults.append(Fault("body", "province", wrong_province))
    return province or due, faults


def _province_fault(kind: str, province: str | None, due: str | None) -> Text | None:
    """What is wrong with a province that was given, or missing where only the caller can know it."""
    if kind == "safetyRegion" and province is None:
        return say("Say in which province the safety region lies, such as nl-dr.")
    if province is None:
        return None
    if kind in ("coa", "vng", "ministry", "operator"):
        return say("This kind of organisation belongs to no province.")
    if province not in PROVINCES:
        return say("A province has a code such as nl-dr.")
    return say("By its code this organisation belongs to {due}.", due=due) if due and province != due else None


def _info(row: Organisation) -> Info:
    return Info(row.code, row.kind, row.name, row.province)
