"""Confirmations before duty, hand-over notes and calendars: only added, so that the version before goes on working.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import piket.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "calendar_feeds",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", piket.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.code"], name=op.f("fk_calendar_feeds_organisation")),
        sa.ForeignKeyConstraint(["rota"], ["rotas.code"], name=op.f("fk_calendar_feeds_rota")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_feeds_organisation"), ["organisation"], unique=False)

    op.create_table(
        "calendar_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("from_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("proposed", sa.Boolean(), nullable=False),
        sa.Column("standby", sa.String(length=40), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", piket.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.code"], name=op.f("fk_calendar_entries_organisation")
        ),
        sa.ForeignKeyConstraint(["rota"], ["rotas.code"], name=op.f("fk_calendar_entries_rota")),
        sa.ForeignKeyConstraint(["turn"], ["turns.id"], name=op.f("fk_calendar_entries_turn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_entries")),
        sa.UniqueConstraint("turn", "organisation", "piece", name=op.f("uq_calendar_entries_turn_organisation_piece")),
    )
    with op.batch_alter_table("calendar_entries", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_entries_rota", ["rota", "until_at"], unique=False)

    op.create_table(
        "confirmation_notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("turn", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("alert", sa.String(length=36), nullable=False),
        sa.Column("created_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.code"], name=op.f("fk_confirmation_notices_organisation")
        ),
        sa.ForeignKeyConstraint(["turn"], ["turns.id"], name=op.f("fk_confirmation_notices_turn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_notices")),
        sa.UniqueConstraint(
            "turn", "organisation", "round", "step", name=op.f("uq_confirmation_notices_turn_organisation_round_step")
        ),
    )
    op.create_table(
        "hand_over_notes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.String(length=36), nullable=True),
        sa.Column("at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("leaving", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("coming", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["rota"], ["rotas.code"], name=op.f("fk_hand_over_notes_rota")),
        sa.ForeignKeyConstraint(["turn"], ["turns.id"], name=op.f("fk_hand_over_notes_turn")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_notes")),
        sa.UniqueConstraint("rota", "at", name=op.f("uq_hand_over_notes_rota_at")),
    )
    with op.batch_alter_table("hand_over_notes", schema=None) as batch_op:
        batch_op.create_index("ix_hand_over_notes_turn", ["turn"], unique=False)

    op.create_table(
        "turn_confirmations",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("turn", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("sites", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("given_by", sa.String(length=40), nullable=False),
        sa.Column("on_behalf", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.code"], name=op.f("fk_turn_confirmations_organisation")
        ),
        sa.ForeignKeyConstraint(["turn"], ["turns.id"], name=op.f("fk_turn_confirmations_turn")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_turn_confirmations")),
        sa.UniqueConstraint("id", name=op.f("uq_turn_confirmations_id")),
    )
    with op.batch_alter_table("turn_confirmations", schema=None) as batch_op:
        batch_op.create_index("ix_turn_confirmations_turn", ["turn", "organisation", "seq"], unique=False)

    op.create_table(
        "hand_over_sign_offs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("note", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=True),
        sa.Column("remark", sa.String(length=2000), nullable=True),
        sa.Column("on_behalf", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["note"], ["hand_over_notes.id"], name=op.f("fk_hand_over_sign_offs_note")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["organisations.code"], name=op.f("fk_hand_over_sign_offs_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over_sign_offs")),
        sa.UniqueConstraint("note", "organisation", name=op.f("uq_hand_over_sign_offs_note_organisation")),
    )


def downgrade() -> None:
    """Take this step back."""
    op.drop_table("hand_over_sign_offs")
    with op.batch_alter_table("turn_confirmations", schema=None) as batch_op:
        batch_op.drop_index("ix_turn_confirmations_turn")

    op.drop_table("turn_confirmations")
    with op.batch_alter_table("hand_over_notes", schema=None) as batch_op:
        batch_op.drop_index("ix_hand_over_notes_turn")

    op.drop_table("hand_over_notes")
    op.drop_table("confirmation_notices")
    with op.batch_alter_table("calendar_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_entries_rota")

    op.drop_table("calendar_entries")
    with op.batch_alter_table("calendar_feeds", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_calendar_feeds_organisation"))

    op.drop_table("calendar_feeds")
