"""Pulses of engines, gathered deliveries, versions of secrets: only added, so that the version before goes on working.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import piket.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    moment = piket.db.UtcDateTime(timezone=True)
    op.create_table(
        "engine_pulses",
        sa.Column("engine", sa.String(length=36), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("failed", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("engine", name=op.f("pk_engine_pulses")),
    )
    op.create_index("ix_engine_pulses_at", "engine_pulses", ["at"])
    op.create_table(
        "contact_point_secrets",
        sa.Column("contact_point", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("requested_by", sa.String(length=40), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("signs_until", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_point"], ["contact_points.id"], name=op.f("fk_contact_point_secrets_contact_point")
        ),
        sa.PrimaryKeyConstraint("contact_point", "version", name=op.f("pk_contact_point_secrets")),
    )
    op.add_column("deliveries", sa.Column("gathered_in", sa.String(length=36), nullable=True))
    op.create_index("ix_attempts_at_outcome", "attempts", ["at", "outcome"])
