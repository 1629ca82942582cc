"""What members carried, and holes in who can be reached: only added, so that the version before goes on working.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import piket.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("overflow", sa.String(length=36), nullable=True),
        sa.Column("call_up", sa.String(length=36), nullable=True),
        sa.Column("commitment", sa.String(length=36), nullable=True),
        sa.Column("night", sa.Date(), nullable=True),
        sa.Column("call_ups", sa.Integer(), nullable=False),
        sa.Column("places_asked", sa.Integer(), nullable=False),
        sa.Column("places_delivered", sa.Integer(), nullable=False),
        sa.Column("nights_hosted", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation"], ["organisations.code"], name=op.f("fk_ledger_entries_organisation")),
        sa.ForeignKeyConstraint(["rota"], ["rotas.code"], name=op.f("fk_ledger_entries_rota")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("source", name=op.f("uq_ledger_entries_source")),
    )
    op.create_index("ix_ledger_entries_rota_at", "ledger_entries", ["rota", "at"], unique=False)
    op.create_table(
        "ledger_marks",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ledger_marks")),
    )
    op.create_table(
        "coverage_checks",
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("checked_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen", piket.db.Numbered, nullable=False),
        sa.ForeignKeyConstraint(["rota"], ["rotas.code"], name=op.f("fk_coverage_checks_rota")),
        sa.PrimaryKeyConstraint("rota", name=op.f("pk_coverage_checks")),
    )
    op.create_table(
        "coverage_holes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("organisations", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("from_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("appeared_at", piket.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("alert", sa.String(length=36), nullable=True),
        sa.Column("gone_at", piket.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["rota"], ["rotas.code"], name=op.f("fk_coverage_holes_rota")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_holes")),
    )
    op.create_index("ix_coverage_holes_rota_gone_at", "coverage_holes", ["rota", "gone_at"], unique=False)


def downgrade() -> None:
    """Take this step back."""
    for table in ("coverage_holes", "coverage_checks", "ledger_marks", "ledger_entries"):
        op.drop_table(table)
