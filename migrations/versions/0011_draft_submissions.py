"""what was submitted for release, with the hash of its content"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "draft_submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("submitted_by_id", sa.Integer(), nullable=True),
        sa.Column("submitted_at", app.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_submission_draft_id_draft")),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_draft_submission_instance_id_process_instance"),
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"], ["user.id"], name=op.f("fk_draft_submission_submitted_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_submission")),
    )
    op.create_index(op.f("ix_draft_submission_draft_id"), "draft_submission", ["draft_id"])
    op.create_index(op.f("ix_draft_submission_instance_id"), "draft_submission", ["instance_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("draft_submission")
