"""Back-tests take changed parameters into the facts of past decisions, and tell outcomes from mere wording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier back-tests changed no parameter; their lines count as outcomes."""
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
    with op.batch_alter_table("back_test_line") as table:
        table.add_column(sa.Column("is_turned", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("back_test_line") as table:
        table.alter_column("is_turned", server_default=None)
        table.drop_index("ix_back_test_line_test")
        table.create_index("ix_back_test_line_test", ["test_id", "is_turned", "record_id"])


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("back_test_line") as table:
        table.drop_index("ix_back_test_line_test")
        table.drop_column("is_turned")
        table.create_index("ix_back_test_line_test", ["test_id", "record_id"])
    with op.batch_alter_table("back_test") as table:
        table.drop_column("parameters")
