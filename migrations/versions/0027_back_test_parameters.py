"""Back-tests also take changed parameters into the facts of past decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier back-tests changed none."""
    column = sa.Column(
        "parameters",
        sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
        nullable=False,
        server_default="{}",
    )
    with op.batch_alter_table("back_test") as table:
        table.add_column(column)
    with op.batch_alter_table("back_test") as table:
        table.alter_column("parameters", server_default=None)


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("back_test") as table:
        table.drop_column("parameters")
