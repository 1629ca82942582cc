"""Rows: accounts of persons, their links and sign-ins, tries at guessing, and the codes of desks. What ends keeps its row.

Of everything with which somebody proves who they are, only a hash is here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from piket.db import Base, new_id


class Account(Base):
    """That a person may sign in for an organisation. Written by the organisation and the operator.

    `sign_in_name` is unique in the whole service, in small letters, also of accounts that ended. `role`: `reader`, `officer`
    or `administrator`. `password_hash` None: no password was chosen yet. `version` counts what was changed of it.
    """

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisations.code"), index=True)
    sign_in_name: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_set_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class PasswordLink(Base):
    """That somebody made a link by which the person of an account chooses a password, once, before `expires_at`.

    `used_at` is also set on links that another one, or a new password, made void; `voided` tells these apart.
    """

    __tablename__ = "password_links"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    requested_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    voided: Mapped[bool] = mapped_column(default=False)


class SignIn(Base):
    """That a browser signed in, with an account or with a key, and until when it may stay so.

    The browser holds a random token, here is its hash. `seen_at` moves on with use, at most once a minute. `ended_at` is
    set once and is final; `end_reason` says by what. `device` is what the browser calls itself, in two words.
    """

    __tablename__ = "sign_ins"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisations.code"))
    account: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    key: Mapped[str | None] = mapped_column(ForeignKey("keys.id"))
    device: Mapped[str] = mapped_column(String(60))
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(20))

    __table_args__ = (
        Index("ix_sign_ins_account", "account", "ended_at"),
        Index("ix_sign_ins_key", "key", "ended_at"),
    )


class KeptForm(Base):
    """What somebody had typed when it turned out that they had to sign in again. Deleted within hours.

    `holder` is the account or key for which it was typed, and nobody else gets to see it; `page` is where its form stands.
    """

    __tablename__ = "kept_forms"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    holder: Mapped[str] = mapped_column(String(36), index=True)
    page: Mapped[str] = mapped_column(String(300))
    fields: Mapped[dict[str, Any]]
    kept_at: Mapped[datetime]

    __table_args__ = (Index("ix_kept_forms_kept_at", "kept_at"),)


class Guess(Base):
    """How often somebody tried in vain to be let in, by what was tried: an account, a source address, a desk's code.

    `subject` is a keyed hash, so that neither names nor addresses can be read from it. `recent` holds the moments of the
    newest tries in vain, in ISO 8601, the oldest first. Deleted when nothing follows from it any more.
    """

    __tablename__ = "guesses"

    subject: Mapped[str] = mapped_column(String(80), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime]
    recent: Mapped[list[Any]]

    __table_args__ = (Index("ix_guesses_last_at", "last_at"),)


class DeskCode(Base):
    """That the desk of an organisation has this code since `created_at`; the newest without `ended_at` holds.

    `requested_by` is the organisation that set it: itself or the operator.
    """

    __tablename__ = "desk_codes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=new_id)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisations.code"))
    code_hash: Mapped[str] = mapped_column(String(200))
    requested_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_desk_codes_organisation", "organisation", "created_at"),)
