"""Accounts of persons, sign-ins, tries at guessing, codes of desks: only added, so that the version before goes on working.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import piket.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ORGANISATION = "organisations.code"


def _moment(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, piket.db.UtcDateTime(timezone=True), nullable=nullable)


def _id(name: str = "id", nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(length=36), nullable=nullable)


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "accounts",
        _id(),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("sign_in_name", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        _moment("password_set_at", nullable=True),
        _moment("signed_in_at", nullable=True),
        _moment("created_at"),
        _moment("ended_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation"], [_ORGANISATION], name=op.f("fk_accounts_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_accounts_sign_in_name")),
    )
    op.create_index(op.f("ix_accounts_organisation"), "accounts", ["organisation"], unique=False)
    op.create_table(
        "password_links",
        _id(),
        _id("account"),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_password_links_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_password_links_token_hash")),
    )
    op.create_index(op.f("ix_password_links_account"), "password_links", ["account"], unique=False)
    op.create_table(
        "sign_ins",
        _id(),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        _id("account", nullable=True),
        _id("key", nullable=True),
        sa.Column("device", sa.String(length=60), nullable=False),
        _moment("began_at"),
        _moment("seen_at"),
        _moment("expires_at"),
        _moment("ended_at", nullable=True),
        sa.Column("end_reason", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(["organisation"], [_ORGANISATION], name=op.f("fk_sign_ins_organisation")),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sign_ins_account")),
        sa.ForeignKeyConstraint(["key"], ["keys.id"], name=op.f("fk_sign_ins_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
    )
    op.create_index("ix_sign_ins_account", "sign_ins", ["account", "ended_at"], unique=False)
    op.create_index("ix_sign_ins_key", "sign_ins", ["key", "ended_at"], unique=False)
    op.create_table(
        "kept_forms",
        _id(),
        _id("holder"),
        sa.Column("page", sa.String(length=300), nullable=False),
        sa.Column("fields", sa.JSON(none_as_null=True), nullable=False),
        _moment("kept_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_forms")),
    )
    op.create_index(op.f("ix_kept_forms_holder"), "kept_forms", ["holder"], unique=False)
    op.create_index("ix_kept_forms_kept_at", "kept_forms", ["kept_at"], unique=False)
    op.create_table(
        "guesses",
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("last_at"),
        sa.Column("recent", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_guesses")),
    )
    op.create_index("ix_guesses_last_at", "guesses", ["last_at"], unique=False)
    op.create_table(
        "desk_codes",
        _id(),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("code_hash", sa.String(length=200), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=False),
        _moment("created_at"),
        _moment("ended_at", nullable=True),
        sa.ForeignKeyConstraint(["organisation"], [_ORGANISATION], name=op.f("fk_desk_codes_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_codes")),
    )
    op.create_index("ix_desk_codes_organisation", "desk_codes", ["organisation", "created_at"], unique=False)


def downgrade() -> None:
    """Take this step back."""
    for table in ("desk_codes", "guesses", "kept_forms", "sign_ins", "password_links", "accounts"):
        op.drop_table(table)
