"""Changes of a year's working days: proposed by one person, published by another"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

import app.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Changes made before were one person's; no proposals of them exist."""
    op.create_table(
        "calendar_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("days", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("difference", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("publishes", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("base", sa.String(length=64), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=False),
        sa.Column("proposed_at", app.db.UtcDateTime(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", app.db.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'published', 'refused', 'withdrawn')",
            name=op.f("ck_calendar_change_state"),
        ),
        sa.CheckConstraint(
            "state <> 'published' OR decided_by_id <> proposed_by_id",
            name=op.f("ck_calendar_change_two_people"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_calendar_change_decided_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["user.id"], name=op.f("fk_calendar_change_proposed_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_change")),
    )
    op.create_index(op.f("ix_calendar_change_year"), "calendar_change", ["year"])
    waiting = sa.text("state = 'proposed'")
    op.create_index("uq_calendar_change_open", "calendar_change", ["year"], unique=True,
                    sqlite_where=waiting, postgresql_where=waiting)  # fmt: skip


def downgrade() -> None:
    """Forget them; the days stay as they are."""
    op.drop_table("calendar_change")
