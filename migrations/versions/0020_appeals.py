"""Appeals: applications to look at a decision again, and proceedings elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OUTCOMES = "'uphold', 'change', 'revoke', 'refused', 'withdrawn', 'lapsed'"


def upgrade() -> None:
    """Make the table; nothing of before was an appeal."""
    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("received_at", app.db.UtcDateTime(), nullable=True),
        sa.Column("body", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reply_no", sa.String(length=40), nullable=False),
        sa.Column("result_no", sa.String(length=80), nullable=False),
        sa.Column("result_on", sa.Date(), nullable=True),
        sa.Column("closed_at", app.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('review', 'reconsideration', 'litigation')", name=op.f("ck_appeal_kind")
        ),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed')", name=op.f("ck_appeal_state")),
        sa.CheckConstraint(f"outcome IS NULL OR outcome IN ({OUTCOMES})", name=op.f("ck_appeal_outcome")),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (outcome IS NULL)",
            name=op.f("ck_appeal_closed"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_appeal_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_appeal_document_id_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_appeal_instance_id")),
    )
    op.create_index(op.f("ix_appeal_document_id"), "appeal", ["document_id"])
    op.create_index("ix_appeal_case", "appeal", ["case_no", "state"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_appeal_case", "appeal")
    op.drop_index(op.f("ix_appeal_document_id"), "appeal")
    op.drop_table("appeal")
