"""Swaps of turns: only added, so that the version before goes on working.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import piket.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    moment = piket.db.UtcDateTime(timezone=True)
    op.create_table(
        "swaps",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("offered_turn", sa.String(length=36), nullable=False),
        sa.Column("requested_turn", sa.String(length=36), nullable=False),
        sa.Column("offering", sa.String(length=40), nullable=False),
        sa.Column("requested", sa.String(length=40), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("begins_at", moment, nullable=False),
        sa.Column("remind_at", moment, nullable=True),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("remarks", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["rota"], ["rotas.code"], name=op.f("fk_swaps_rota")),
        sa.ForeignKeyConstraint(["offered_turn"], ["turns.id"], name=op.f("fk_swaps_offered_turn")),
        sa.ForeignKeyConstraint(["requested_turn"], ["turns.id"], name=op.f("fk_swaps_requested_turn")),
        sa.ForeignKeyConstraint(["offering"], ["organisations.code"], name=op.f("fk_swaps_offering")),
        sa.ForeignKeyConstraint(["requested"], ["organisations.code"], name=op.f("fk_swaps_requested")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_swaps")),
    )
    op.create_index("ix_swaps_offered_turn", "swaps", ["offered_turn"])
    op.create_index("ix_swaps_requested_turn", "swaps", ["requested_turn"])
    op.create_index("ix_swaps_state_begins_at", "swaps", ["state", "begins_at"])
    op.create_table(
        "swap_steps",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("swap", sa.String(length=36), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("told_at", moment, nullable=True),
        sa.Column("alert", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["swap"], ["swaps.id"], name=op.f("fk_swap_steps_swap")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_swap_steps")),
    )
    op.create_index("ix_swap_steps_swap", "swap_steps", ["swap"])
    op.create_index("ix_swap_steps_told_at", "swap_steps", ["told_at"])
    with op.batch_alter_table("overrides") as table:
        table.add_column(sa.Column("swap", sa.String(length=36), nullable=True))


def downgrade() -> None:
    """Take this step back."""
    with op.batch_alter_table("overrides") as table:
        table.drop_column("swap")
    op.drop_table("swap_steps")
    op.drop_table("swaps")
