"""What somebody had typed when it turned out that they had to sign in again, so that nothing is typed twice at night.

It is kept for whoever had signed in, and shown to nobody else at the same machine. Passwords and codes are never kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from piket.organisations.account_models import KeptForm

KEPT_FOR = timedelta(hours=2)
LARGEST = 30_000
MOST = 5


def keep(session: Session, now: datetime, holder: str, page: str, fields: Mapping[str, Sequence[str]]) -> str | None:
    """Keep what was typed on `page` for two hours: the id by which it is found. None: too much to keep.

    At most five for one holder; the oldest make place.
    """
    session.execute(delete(KeptForm).where(KeptForm.kept_at <= now - KEPT_FOR))
    if len(json.dumps(dict(fields))) > LARGEST or len(page) > 300:
        return None
    mine = session.scalars(select(KeptForm).where(KeptForm.holder == holder).order_by(KeptForm.kept_at.desc())).all()
    for old in mine[MOST - 1 :]:
        session.delete(old)
    row = KeptForm(
        holder=holder, page=page, fields={name: list(values) for name, values in fields.items()}, kept_at=now
    )
    session.add(row)
    session.flush()
    return row.id


def kept(session: Session, now: datetime, holder: str, page: str, form: str) -> dict[str, list[str]] | None:
    """What this holder had typed on this page; None when there is nothing, it is older, or it is somebody else's."""
    row = session.get(KeptForm, form)
    if row is None or (row.holder, row.page) != (holder, page) or row.kept_at <= now - KEPT_FOR:
        return None
    return {name: list(values) for name, values in row.fields.items()}
