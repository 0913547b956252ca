"""moving many cases to another version, interventions in single cases, suspended cases"""

from __future__ import annotations

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op

import app.db

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


MOMENT = app.db.UtcDateTime(timezone=True)
JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column(
        "process_instance",
        sa.Column("is_suspended", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "migration_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("process_key", sa.String(length=100), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state IN ('checking', 'checked', 'moving', 'paused', 'undoing')",
            name=op.f("ck_migration_batch_state"),
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["process_definition.id"],
            name=op.f("fk_migration_batch_target_id_process_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_migration_batch_created_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration_batch")),
    )
    op.create_index(op.f("ix_migration_batch_process_key"), "migration_batch", ["process_key"])
    _create_items()
    _create_interventions()


def _create_items() -> None:
    op.create_table(
        "migration_item",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", sa.String(length=64), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'refused', 'moved', 'undone', 'kept')",
            name=op.f("ck_migration_item_state"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["migration_batch.id"], name=op.f("fk_migration_item_batch_id_migration_batch")
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_migration_item_instance_id_process_instance"),
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["process_definition.id"], name=op.f("fk_migration_item_from_id_process_definition")
        ),
        sa.PrimaryKeyConstraint("batch_id", "instance_id", name=op.f("pk_migration_item")),
    )
    op.create_index(op.f("ix_migration_item_instance_id"), "migration_item", ["instance_id"])
    op.create_index("ix_migration_item_state", "migration_item", ["batch_id", "state"])


def _create_interventions() -> None:
    op.create_table(
        "intervention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("args", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("seen", sa.String(length=64), nullable=False),
        sa.Column("difference", JSON, nullable=False),
        sa.Column("before", JSON, nullable=True),
        sa.Column("after", sa.String(length=64), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", MOMENT, nullable=False),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'done', 'refused', 'undone')", name=op.f("ck_intervention_state")
        ),
        sa.CheckConstraint(
            "confirmed_by_id IS NULL OR confirmed_by_id <> proposed_by_id",
            name=op.f("ck_intervention_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_intervention_instance_id_process_instance"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["user.id"], name=op.f("fk_intervention_proposed_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"], ["user.id"], name=op.f("fk_intervention_confirmed_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention")),
    )
    op.create_index("ix_intervention_case", "intervention", ["instance_id", "id"])


def downgrade() -> None:
    op.drop_table("intervention")
    op.drop_table("migration_item")
    op.drop_table("migration_batch")
    op.drop_column("process_instance", "is_suspended")
