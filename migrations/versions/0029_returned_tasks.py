"""Tasks that were returned say by whom and why, so that lists need not look into the history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tasks that are open now have their return in the history only."""
    json = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
    with op.batch_alter_table("user_task") as table:
        table.add_column(sa.Column("returned", json, nullable=True))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("user_task") as table:
        table.drop_column("returned")
