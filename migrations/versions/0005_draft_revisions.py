"""History of drafts: what every save changed, and values of the same field by two people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Add the history and the differing values of drafts; drafts of before begin without either."""
    op.create_table(
        "form_draft_revision",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("writer", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("before", _JSON, nullable=False),
        sa.Column("typed", _JSON, nullable=False),
        sa.Column("saved_at", app.db.UtcDateTime(), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["user.id"], name=op.f("fk_form_draft_revision_saved_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["user_task.id"], name=op.f("fk_form_draft_revision_task_id_user_task")
        ),
        sa.PrimaryKeyConstraint("task_id", "revision", name=op.f("pk_form_draft_revision")),
    )
    with op.batch_alter_table("form_draft") as batch:
        batch.add_column(sa.Column("conflicts", _JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    """Forget the history; the drafts stay."""
    with op.batch_alter_table("form_draft") as batch:
        batch.drop_column("conflicts")
    op.drop_table("form_draft_revision")
