"""When the desk of a centre was last open: only added, so that the version before goes on working.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import piket.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    with op.batch_alter_table("centres") as table:
        table.add_column(sa.Column("desk_at", piket.db.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take this step back."""
    with op.batch_alter_table("centres") as table:
        table.drop_column("desk_at")
