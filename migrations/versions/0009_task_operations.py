"""votes and seats of tasks, substitutes, copies, questions, urges, watching; what a task allows"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
_TIME = app.db.UtcDateTime()
_TABLES = ("task_seat", "substitution", "task_copy", "task_question", "task_urge", "case_watch")


def upgrade() -> None:
    """Make the tables; tasks of before allow what they allowed."""
    with op.batch_alter_table("user_task") as table:
        table.add_column(sa.Column("policy", _JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("opened_at", _TIME, nullable=True))
        table.add_column(sa.Column("on_behalf_of_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("effective_on", sa.Date(), nullable=True))
        table.create_foreign_key(
            op.f("fk_user_task_on_behalf_of_id_user"), "user", ["on_behalf_of_id"], ["id"]
        )
    _add_task_seat()
    _add_substitution()
    _add_task_copy()
    _add_task_question()
    _add_task_urge()
    _add_case_watch()


def downgrade() -> None:
    """Forget them; cases go on."""
    for name in reversed(_TABLES):
        op.drop_table(name)
    with op.batch_alter_table("user_task") as table:
        table.drop_constraint(op.f("fk_user_task_on_behalf_of_id_user"), type_="foreignkey")
        for name in ("effective_on", "on_behalf_of_id", "opened_at", "policy"):
            table.drop_column(name)


def _add_task_seat() -> None:
    op.create_table(
        "task_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("anchor_id", sa.Integer(), nullable=True),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("vote", sa.String(length=10), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("acted_at", _TIME, nullable=True),
        sa.Column("acted_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.CheckConstraint(
            "vote IS NULL OR vote IN ('agree', 'refuse', 'abstain')", name=op.f("ck_task_seat_vote")
        ),
        sa.CheckConstraint("state IN ('open', 'acted', 'removed')", name=op.f("ck_task_seat_state")),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_task_seat_task_id_user_task")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_task_seat_user_id_user")),
        sa.ForeignKeyConstraint(["anchor_id"], ["user.id"], name=op.f("fk_task_seat_anchor_id_user")),
        sa.ForeignKeyConstraint(["acted_by_id"], ["user.id"], name=op.f("fk_task_seat_acted_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_seat")),
    )
    op.create_index("ix_task_seat_task", "task_seat", ["task_id", "position"])
    op.create_index("ix_task_seat_user", "task_seat", ["user_id", "state"])


def _add_substitution() -> None:
    op.create_table(
        "substitution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("substitute_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", _TIME, nullable=False),
        sa.Column("ends_at", _TIME, nullable=False),
        sa.Column("process_keys", _JSON, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("person_id <> substitute_id", name=op.f("ck_substitution_other")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_substitution_span")),
        sa.ForeignKeyConstraint(["person_id"], ["user.id"], name=op.f("fk_substitution_person_id_user")),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["user.id"], name=op.f("fk_substitution_substitute_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_substitution_created_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitution")),
    )
    op.create_index("ix_substitution_person", "substitution", ["person_id", "ends_at"])
    op.create_index("ix_substitution_substitute", "substitution", ["substitute_id", "ends_at"])


def _add_task_copy() -> None:
    op.create_table(
        "task_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("sent_at", _TIME, nullable=False),
        sa.Column("read_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_task_copy_task_id_user_task")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_task_copy_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_task_copy_user_id_user")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["user.id"], name=op.f("fk_task_copy_sent_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_copy")),
        sa.UniqueConstraint("task_id", "user_id", name=op.f("uq_task_copy_task_id_user_id")),
    )
    op.create_index("ix_task_copy_instance_id", "task_copy", ["instance_id"])
    op.create_index("ix_task_copy_user", "task_copy", ["user_id", "sent_at"])


def _add_task_question() -> None:
    op.create_table(
        "task_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_of_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["task_id"], ["user_task.id"], name=op.f("fk_task_question_task_id_user_task")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_task_question_instance_id_process_instance"),
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user.id"], name=op.f("fk_task_question_asked_by_id_user")),
        sa.ForeignKeyConstraint(["asked_of_id"], ["user.id"], name=op.f("fk_task_question_asked_of_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_question")),
    )
    op.create_index("ix_task_question_instance_id", "task_question", ["instance_id"])
    op.create_index("ix_task_question_of", "task_question", ["asked_of_id", "answered_at"])
    op.create_index("ix_task_question_task_id", "task_question", ["task_id"])


def _add_task_urge() -> None:
    op.create_table(
        "task_urge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("urged_by_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("urged_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["user_task.id"], name=op.f("fk_task_urge_task_id_user_task")),
        sa.ForeignKeyConstraint(["urged_by_id"], ["user.id"], name=op.f("fk_task_urge_urged_by_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_urge")),
    )
    op.create_index("ix_task_urge_task", "task_urge", ["task_id", "urged_at"])


def _add_case_watch() -> None:
    op.create_table(
        "case_watch",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_case_watch_user_id_user")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_case_watch_instance_id_process_instance")
        ),
        sa.PrimaryKeyConstraint("user_id", "instance_id", name=op.f("pk_case_watch")),
    )
    op.create_index("ix_case_watch_instance_id", "case_watch", ["instance_id"])
