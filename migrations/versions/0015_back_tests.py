"""changed decisions, tried on what was decided before"""

from __future__ import annotations

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op

import app.db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


MOMENT = app.db.UtcDateTime(timezone=True)
JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "back_test",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tables", JSON, nullable=False),
        sa.Column("decisions", JSON, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("last_record_id", sa.Integer(), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("state IN ('running', 'done')", name=op.f("ck_back_test_state")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_back_test_draft_id_draft")),
        sa.ForeignKeyConstraint(["started_by_id"], ["user.id"], name=op.f("fk_back_test_started_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_back_test")),
    )
    op.create_index(op.f("ix_back_test_draft_id"), "back_test", ["draft_id"])
    op.create_table(
        "back_test_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("test_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("org_type", sa.String(length=20), nullable=False),
        sa.Column("call_no", sa.String(length=40), nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_id"], ["back_test.id"], name=op.f("fk_back_test_line_test_id_back_test")
        ),
        sa.ForeignKeyConstraint(
            ["record_id"], ["decision_record.id"], name=op.f("fk_back_test_line_record_id_decision_record")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_back_test_line")),
    )
    op.create_index("ix_back_test_line_test", "back_test_line", ["test_id", "record_id"])


def downgrade() -> None:
    op.drop_table("back_test_line")
    op.drop_table("back_test")
