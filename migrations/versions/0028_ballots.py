"""Ballots of boards: what was put to the vote, the papers of the members, the result."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def _json() -> sa.types.TypeEngine[object]:
    return sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "ballot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("terms", _json(), nullable=False),
        sa.Column("members", _json(), nullable=False),
        sa.Column("subject", _json(), nullable=False),
        sa.Column("opened_at", app.db.UtcDateTime(), nullable=False),
        sa.Column("opened_by_id", sa.Integer(), nullable=False),
        sa.Column("closed_at", app.db.UtcDateTime(), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("result", _json(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (result IS NULL)", name=op.f("ck_ballot_result")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_ballot_task_id_user_task")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_ballot_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["opened_by_id"], ["user.id"], name=op.f("fk_ballot_opened_by_id_user")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["user.id"], name=op.f("fk_ballot_closed_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot")),
        sa.UniqueConstraint("task_id", "round", name=op.f("uq_ballot_task_id_round")),
    )
    op.create_index(op.f("ix_ballot_instance_id"), "ballot", ["instance_id"])
    op.create_table(
        "ballot_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ballot_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("votes", _json(), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("cast_at", app.db.UtcDateTime(), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("(recorded_by_id IS NULL) = (why = '')", name=op.f("ck_ballot_paper_why")),
        sa.CheckConstraint(
            "recorded_by_id IS NULL OR recorded_by_id <> user_id", name=op.f("ck_ballot_paper_other")
        ),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballot.id"], name=op.f("fk_ballot_paper_ballot_id_ballot")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_ballot_paper_user_id_user")),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["user.id"], name=op.f("fk_ballot_paper_recorded_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ballot_paper")),
        sa.UniqueConstraint("ballot_id", "user_id", name=op.f("uq_ballot_paper_ballot_id_user_id")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("ballot_paper")
    op.drop_index(op.f("ix_ballot_instance_id"), table_name="ballot")
    op.drop_table("ballot")
