"""count what visitors without an account try"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "public_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_attempt")),
    )
    op.create_index("ix_public_attempt_at", "public_attempt", ["at"])
    op.create_index("ix_public_attempt_key", "public_attempt", ["action", "key", "at"])


def downgrade() -> None:
    op.drop_index("ix_public_attempt_key", table_name="public_attempt")
    op.drop_index("ix_public_attempt_at", table_name="public_attempt")
    op.drop_table("public_attempt")
