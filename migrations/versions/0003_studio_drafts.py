"""keep drafts of policies with their history, and when a deployment comes into force"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = app.db.UtcDateTime(timezone=True)
NEW_COLUMNS = ("effective_at", "activated_at", "withdrawn_at", "approver_id")


def upgrade() -> None:
    _extend_deployment()
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("base_deployment_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("released_deployment_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('editing', 'in_review', 'released', 'discarded')", name="state"),
        sa.ForeignKeyConstraint(
            ["base_deployment_id"], ["deployment.id"], name=op.f("fk_draft_base_deployment_id_deployment")
        ),
        sa.ForeignKeyConstraint(
            ["released_deployment_id"],
            ["deployment.id"],
            name=op.f("fk_draft_released_deployment_id_deployment"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_draft_owner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index("ix_draft_state", "draft", ["state"])
    _create_files("draft_file", ["draft_id", "path"])
    _create_files("draft_revision", ["draft_id", "path", "revision"])
    op.create_table(
        "draft_presence",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_presence_draft_id_draft")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_draft_presence_user_id_user")),
        sa.PrimaryKeyConstraint("draft_id", "path", "user_id", name=op.f("pk_draft_presence")),
    )


def _extend_deployment() -> None:
    """Plain ADD COLUMN: SQLite would have to make the table anew otherwise, which its foreign keys forbid."""
    op.add_column(
        "deployment",
        sa.Column("effective_at", MOMENT, nullable=False, server_default="1970-01-01 00:00:00+00:00"),
    )
    op.add_column("deployment", sa.Column("activated_at", MOMENT, nullable=True))
    op.add_column("deployment", sa.Column("withdrawn_at", MOMENT, nullable=True))
    op.execute(
        "ALTER TABLE deployment ADD COLUMN approver_id INTEGER "
        'CONSTRAINT fk_deployment_approver_id_user REFERENCES "user" (id)'
    )
    op.execute("UPDATE deployment SET effective_at = created_at, activated_at = created_at")
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("deployment", "effective_at", server_default=None)


def _create_files(table: str, key: list[str]) -> None:
    op.create_table(
        table,
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f(f"fk_{table}_draft_id_draft")),
        sa.ForeignKeyConstraint(["sha256"], ["content.sha256"], name=op.f(f"fk_{table}_sha256_content")),
        sa.ForeignKeyConstraint(["saved_by_id"], ["user.id"], name=op.f(f"fk_{table}_saved_by_id_user")),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for table in ("draft_presence", "draft_revision", "draft_file"):
        op.drop_table(table)
    op.drop_index("ix_draft_state", table_name="draft")
    op.drop_table("draft")
    for column in reversed(NEW_COLUMNS):
        op.execute(f"ALTER TABLE deployment DROP COLUMN {column}")
