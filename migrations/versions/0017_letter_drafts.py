"""what the decisions drafted for a letter before anybody edited it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Make the table; letters of before have no draft."""
    op.create_table(
        "letter_draft",
        sa.Column("task_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(length=60), nullable=False),
        sa.Column("data", _JSON, nullable=False),
        sa.Column("drafted_at", app.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["user_task.id"], name=op.f("fk_letter_draft_task_id_user_task")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_letter_draft_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_letter_draft")),
    )
    op.create_index(op.f("ix_letter_draft_instance_id"), "letter_draft", ["instance_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("letter_draft")
