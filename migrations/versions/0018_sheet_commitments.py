"""what seals a score sheet, and why a total changed in consensus"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of the seals; sheets of before were never changed in consensus as far as the register knows."""
    op.create_table(
        "sheet_seal",
        sa.Column("task_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("expert", sa.String(length=60), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", app.db.UtcDateTime(), nullable=False),
        sa.Column("opened_at", app.db.UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "opened_at IS NULL OR opened_at >= sealed_at", name=op.f("ck_sheet_seal_opened_at")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_sheet_seal_task_id_user_task")),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_sheet_seal_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_sheet_seal")),
    )
    op.create_index("ix_sheet_seal_case", "sheet_seal", ["instance_id", "expert", "task_id"])
    with op.batch_alter_table("score_sheet") as batch:
        batch.add_column(sa.Column("name", sa.String(length=120), nullable=False, server_default=""))
        batch.add_column(sa.Column("first_total", app.db.Money(), nullable=True))
        batch.add_column(sa.Column("change_reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop what was added."""
    with op.batch_alter_table("score_sheet") as batch:
        batch.drop_column("change_reason")
        batch.drop_column("first_total")
        batch.drop_column("name")
    op.drop_index("ix_sheet_seal_case", "sheet_seal")
    op.drop_table("sheet_seal")
