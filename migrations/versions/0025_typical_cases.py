"""The pool of typical cases from periodic reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; reports of before named their cases in their documents only."""
    op.create_table(
        "typical_case",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("agreement_no", sa.String(length=40), nullable=False),
        sa.Column("org_id", sa.Integer(), nullable=True),
        sa.Column("org_name", sa.String(length=120), nullable=False),
        sa.Column("period", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "files",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("document_no", sa.String(length=40), nullable=False),
        sa.Column("is_recommended", sa.Boolean(), nullable=False),
        sa.Column("added_at", app.db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_typical_case_instance_id_process_instance"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name=op.f("fk_typical_case_org_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typical_case")),
        sa.UniqueConstraint("instance_id", "position", name=op.f("uq_typical_case_instance_id_position")),
    )
    op.create_index(op.f("ix_typical_case_case_no"), "typical_case", ["case_no"])
    op.create_index(op.f("ix_typical_case_org_id"), "typical_case", ["org_id"])
    op.create_index("ix_typical_case_recommended", "typical_case", ["is_recommended", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_typical_case_recommended", "typical_case")
    op.drop_index(op.f("ix_typical_case_org_id"), "typical_case")
    op.drop_index(op.f("ix_typical_case_case_no"), "typical_case")
    op.drop_table("typical_case")
