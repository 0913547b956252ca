"""legal clocks with their limits and stretches; passes of steps for statistics"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = app.db.UtcDateTime()
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    """Stretches of before belong to one clock for each case and name; their limits were not noted."""
    _add_clocks()
    _add_passes()


def _add_clocks() -> None:
    op.create_table(
        "legal_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("clock", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("label_en", sa.String(length=80), nullable=False),
        sa.Column("limit_days", sa.Integer(), nullable=True),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("due_at", _TIME, nullable=True),
        sa.CheckConstraint("limit_days > 0", name=op.f("ck_legal_clock_limit")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name=op.f("ck_legal_clock_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_clock")),
    )
    op.create_index(op.f("ix_legal_clock_case_no"), "legal_clock", ["case_no"])
    op.execute(
        "INSERT INTO legal_clock (case_no, clock, label, label_en, started_at, started_on, ended_at) "
        "SELECT case_no, clock, '', '', min(started_at), min(started_on), "
        "CASE WHEN count(ended_at) = count(*) THEN max(ended_at) END "
        "FROM clock_segment GROUP BY case_no, clock ORDER BY min(id)"
    )
    op.create_index(
        "uq_legal_clock_open", "legal_clock", ["case_no", "clock"],
        unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
    )  # fmt: skip
    with op.batch_alter_table("clock_segment") as table:
        table.add_column(sa.Column("clock_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("reason_en", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("instance_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("element_id", sa.String(100), nullable=False, server_default=""))
        table.drop_index("uq_clock_segment_open")
    op.execute(
        "UPDATE clock_segment SET clock_id = (SELECT c.id FROM legal_clock c "
        "WHERE c.case_no = clock_segment.case_no AND c.clock = clock_segment.clock)"
    )
    with op.batch_alter_table("clock_segment") as table:
        table.drop_index(op.f("ix_clock_segment_case_no"))
        table.alter_column("clock_id", existing_type=sa.Integer(), nullable=False)
        table.drop_column("case_no")
        table.drop_column("clock")
        table.create_foreign_key(
            op.f("fk_clock_segment_clock_id_legal_clock"), "legal_clock", ["clock_id"], ["id"]
        )
        table.create_foreign_key(
            op.f("fk_clock_segment_instance_id_process_instance"), "process_instance", ["instance_id"], ["id"]
        )
        table.create_index(op.f("ix_clock_segment_clock_id"), ["clock_id"])
        table.create_index(
            "uq_clock_segment_open", ["clock_id"], unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN
        )


def _add_passes() -> None:
    op.create_table(
        "step_pass",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("process_key", sa.String(length=100), nullable=False),
        sa.Column("element_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("org_type", sa.String(length=20), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("working_days", sa.Integer(), nullable=True),
        sa.Column("suspended_days", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "how IN ('open', 'completed', 'returned', 'cancelled')", name=op.f("ck_step_pass_how")
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (how = 'open')", name=op.f("ck_step_pass_closed")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_step_pass_task_id_user_task")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_step_pass_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_step_pass_actor_id_user")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_step_pass")),
    )
    op.create_index(op.f("ix_step_pass_instance_id"), "step_pass", ["instance_id"])
    op.create_index("ix_step_pass_ended", "step_pass", ["ended_at", "process_key", "element_id"])


def downgrade() -> None:
    """Forget limits and passes; the stretches stay."""
    op.drop_table("step_pass")
    with op.batch_alter_table("clock_segment") as table:
        table.drop_index("uq_clock_segment_open")
        table.drop_index(op.f("ix_clock_segment_clock_id"))
        table.add_column(sa.Column("case_no", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("clock", sa.String(40), nullable=False, server_default=""))
    op.execute(
        "UPDATE clock_segment SET "
        "case_no = (SELECT c.case_no FROM legal_clock c WHERE c.id = clock_segment.clock_id), "
        "clock = (SELECT c.clock FROM legal_clock c WHERE c.id = clock_segment.clock_id)"
    )
    with op.batch_alter_table("clock_segment") as table:
        table.drop_constraint(op.f("fk_clock_segment_clock_id_legal_clock"), type_="foreignkey")
        table.drop_constraint(op.f("fk_clock_segment_instance_id_process_instance"), type_="foreignkey")
        for name in ("clock_id", "reason_en", "instance_id", "element_id"):
            table.drop_column(name)
        for name in ("case_no", "clock"):
            table.alter_column(name, existing_type=sa.String(40), server_default=None)
        table.create_index(op.f("ix_clock_segment_case_no"), ["case_no"])
        table.create_index(
            "uq_clock_segment_open",
            ["case_no", "clock"],
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        )
    op.drop_table("legal_clock")
