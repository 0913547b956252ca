"""filters, labels and settings of the inbox; what cases are found by; heads of groups"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
_TIME = app.db.UtcDateTime()
_EPOCH = "1970-01-01 00:00:00.000000"

# As app.models.search made them when this was written.
_SQLITE_INDEX = (
    "CREATE VIRTUAL TABLE search_term USING fts5"
    "(terms, content='search_entry', content_rowid='instance_id', tokenize='unicode61')",
    "CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN "
    "INSERT INTO search_term(rowid, terms) VALUES (new.instance_id, new.terms); END",
    "CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN "
    "INSERT INTO search_term(search_term, rowid, terms) VALUES ('delete', old.instance_id, old.terms); END",
    "CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN "
    "INSERT INTO search_term(search_term, rowid, terms) VALUES ('delete', old.instance_id, old.terms); "
    "INSERT INTO search_term(rowid, terms) VALUES (new.instance_id, new.terms); END",
)


def upgrade() -> None:
    """Make the tables; inbox rows learn priority and age; cases of before are indexed by a job."""
    _add_views()
    _add_labels()
    _add_search()
    op.add_column(
        "group_member", sa.Column("is_head", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("process_instance", sa.Column("call_no", sa.String(length=40), nullable=True))
    op.add_column("process_instance", sa.Column("amount", app.db.Money(), nullable=True))
    op.create_index("ix_process_instance_starter", "process_instance", ["started_by_id", "started_at", "id"])
    op.add_column("inbox", sa.Column("rank", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("inbox", sa.Column("created_at", _TIME, nullable=False, server_default=_EPOCH))
    op.execute(
        "UPDATE inbox SET rank = (SELECT -t.priority FROM user_task t WHERE t.id = inbox.task_id), "
        "created_at = (SELECT t.created_at FROM user_task t WHERE t.id = inbox.task_id)"
    )
    op.create_index("ix_inbox_rank", "inbox", ["principal", "rank", "due_at", "task_id"])
    op.create_index("ix_inbox_age", "inbox", ["principal", "created_at", "task_id"])


def downgrade() -> None:
    """Forget it all; nothing of a case is lost."""
    op.drop_index("ix_inbox_age", table_name="inbox")
    op.drop_index("ix_inbox_rank", table_name="inbox")
    op.drop_column("inbox", "created_at")
    op.drop_column("inbox", "rank")
    op.drop_index("ix_process_instance_starter", table_name="process_instance")
    op.drop_column("process_instance", "amount")
    op.drop_column("process_instance", "call_no")
    op.drop_column("group_member", "is_head")
    op.execute("DELETE FROM job WHERE kind = 'search_index'")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_term")
    for table in ("search_entry", "case_label", "label", "inbox_setting", "inbox_view"):
        op.drop_table(table)


def _add_views() -> None:
    op.create_table(
        "inbox_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("group_key", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("list_name", sa.String(length=20), nullable=False),
        sa.Column("criteria", _JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["group_key"], ["group.key"], name=op.f("fk_inbox_view_group_key_group")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_inbox_view_owner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_view")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_inbox_view_owner_id_name")),
    )
    op.create_index("ix_inbox_view_group", "inbox_view", ["group_key"])
    op.create_table(
        "inbox_setting",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("columns", _JSON, nullable=False),
        sa.Column("layout", sa.String(length=10), nullable=False),
        sa.Column("has_keys", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_inbox_setting_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_inbox_setting")),
    )


def _add_labels() -> None:
    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_key", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("tone", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["group_key"], ["group.key"], name=op.f("fk_label_group_key_group")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint("group_key", "name", name=op.f("uq_label_group_key_name")),
    )
    op.create_table(
        "case_label",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        sa.Column("added_at", _TIME, nullable=False),
        sa.Column("added_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["user.id"], name=op.f("fk_case_label_added_by_id_user")),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["process_instance.id"], name=op.f("fk_case_label_instance_id_process_instance")
        ),
        sa.ForeignKeyConstraint(["label_id"], ["label.id"], name=op.f("fk_case_label_label_id_label")),
        sa.PrimaryKeyConstraint("instance_id", "label_id", name=op.f("pk_case_label")),
    )
    op.create_index(op.f("ix_case_label_label_id"), "case_label", ["label_id"])


def _add_search() -> None:
    op.create_table(
        "search_entry",
        sa.Column("instance_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("terms", _JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_search_entry_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_search_entry")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_INDEX:
            op.execute(statement)
    else:
        op.execute("CREATE INDEX search_term ON search_entry USING gin (terms jsonb_path_ops)")
    op.execute(
        "INSERT INTO job (kind, args, due_at, retries, dedup, created_at) "
        "SELECT 'search_index', '{\"after\": 0}', started_at, 5, 'search_index', started_at "
        "FROM process_instance ORDER BY id LIMIT 1"
    )
