"""Secrets of webhooks: made anew without a gap, because the former goes on signing beside the new one for a while.

A secret is derived from the service's own key, the contact point and a version; what is stored is only which versions
there are, who asked for them, and until when a former one signs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from piket.audit.service import Actor, record
from piket.db import Base
from piket.errors import Conflict
from piket.organisations.contacts import ContactPointInfo, find_contact_point, locked_row
from piket.organisations.models import ContactPointSecret
from piket.organisations.rules import webhook_secret
from piket.pages import Page, PageRequest, slice_page
from piket.words import say

# Every version that still signs makes each message longer, and one of them fits anyway.
SIGN_AT_MOST = 3
_ROWS = Base.metadata.tables[ContactPointSecret.__tablename__]
_FORMER = select(_ROWS.c.contact_point, _ROWS.c.version).where(
    _ROWS.c.contact_point.in_(bindparam("ids", expanding=True)),
    _ROWS.c.signs_until > bindparam("now"),
)


@dataclass(frozen=True)
class SecretInfo:
    """One version of a webhook's secret, without the secret. The newest has no `signs_until`; `requested_by` None: the first."""

    contact_point: str
    version: int
    requested_by: str | None
    created_at: datetime
    signs_until: datetime | None


def secret_of(contact_point: ContactPointInfo, secret_key: bytes | None) -> str:
    """The newest secret of this webhook. `secret_key` is that of the settings."""
    return _derived(contact_point, contact_point.secret_version, secret_key)


def signing_secrets(
    contact_point: ContactPointInfo, former: Collection[int], secret_key: bytes | None
) -> tuple[str, ...]:
    """The secrets with which a message is signed, the newest first; `former` are the versions that still sign."""
    versions = (contact_point.secret_version, *sorted(set(former) - {contact_point.secret_version}, reverse=True))
    return tuple(_derived(contact_point, version, secret_key) for version in versions)


def former_versions(session: Session, now: datetime, contact_points: Collection[str]) -> dict[str, list[int]]:
    """The former versions that still sign at `now`, by contact point; most have none."""
    found: dict[str, list[int]] = {}
    for contact_point, version in session.execute(_FORMER, {"ids": list(contact_points), "now": now}):
        found.setdefault(contact_point, []).append(version)
    return found


def rotate_secret(
    session: Session, now: datetime, actor: Actor, contact_point: str, overlap: timedelta, secret_key: bytes | None
) -> tuple[SecretInfo, str]:
    """Make the secret of a webhook anew: what is known of it, and the secret, which is not shown again.

    For `overlap` from now on every message is signed by the former too. Raises `NotFound`; `Conflict` for what is no
    webhook or has ended, and while three secrets sign already.
    """
    row = locked_row(session, contact_point)
    if row.channel != "webhook" or row.state == "ended":
        raise Conflict(say("Only a webhook that has not ended has a secret."), "contact-point-without-secret")
    signing = former_versions(session, now, [contact_point]).get(contact_point, [])
    if len(signing) >= SIGN_AT_MOST - 1:
        raise Conflict(
            say(
                "{n} secrets of this webhook sign now. Wait until the oldest has ended, or register the webhook anew.",
                n=SIGN_AT_MOST,
            ),
            "too-many-secrets",
        )
    former = session.get(ContactPointSecret, (contact_point, row.secret_version)) or ContactPointSecret(
        contact_point=contact_point, version=row.secret_version, requested_by=None, created_at=row.created_at
    )
    former.signs_until = now + overlap
    row.secret_version += 1
    made = ContactPointSecret(
        contact_point=contact_point, version=row.secret_version, requested_by=actor.organisation, created_at=now
    )
    session.add_all([former, made])
    session.flush()
    record(session, now, actor, "rotate_secret", f"contact-point:{contact_point}", version=made.version)
    return _info(made), secret_of(find_contact_point(session, contact_point), secret_key)


def secrets_of(session: Session, contact_point: ContactPointInfo, page: PageRequest) -> Page[SecretInfo]:
    """One page of the versions of a webhook's secret, newest first; what is no webhook has none."""
    rows = session.scalars(select(ContactPointSecret).where(ContactPointSecret.contact_point == contact_point.id))
    found = [_info(row) for row in rows]
    if contact_point.channel == "webhook" and not found:
        found = [SecretInfo(contact_point.id, contact_point.secret_version, None, contact_point.created_at, None)]
    return slice_page(found, page, lambda info: (info.version,))


def _derived(contact_point: ContactPointInfo, version: int, secret_key: bytes | None) -> str:
    if secret_key is None:
        raise ValueError("the settings hold no secret key: app.py gives them one")
    return webhook_secret(secret_key, contact_point.id, version)


def _info(row: ContactPointSecret) -> SecretInfo:
    return SecretInfo(row.contact_point, row.version, row.requested_by, row.created_at, row.signs_until)
