"""what leaves the building: mail, text messages, webhooks; who wants to be told how"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import app.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("dedup", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("created_at", app.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", app.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'sms', 'wecom')", name=op.f("ck_delivery_channel")),
        sa.CheckConstraint(
            "state IN ('queued', 'collected', 'merged', 'kept', 'sent', 'bounced')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_delivery_user_id_user")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_delivery_document_id_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("dedup", name=op.f("uq_delivery_dedup")),
    )
    op.create_index("ix_delivery_user", "delivery", ["user_id", "channel", "state"])
    op.create_index(op.f("ix_delivery_case_no"), "delivery", ["case_no"])
    op.create_index(op.f("ix_delivery_document_id"), "delivery", ["document_id"])
    op.create_table(
        "notification_choice",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.CheckConstraint("mode IN ('now', 'digest', 'off')", name=op.f("ck_notification_choice_mode")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notification_choice_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", "kind", "channel", name=op.f("pk_notification_choice")),
    )
    op.create_table(
        "contact_hours",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_to", sa.Integer(), nullable=False),
        sa.Column("digest_at", sa.Integer(), nullable=False),
        sa.Column("mobile", sa.String(length=20), nullable=False),
        sa.Column("wecom", sa.String(length=64), nullable=False),
        *[
            sa.CheckConstraint(f"{name} BETWEEN 0 AND 23", name=op.f(f"ck_contact_hours_{name}"))
            for name in ("quiet_from", "quiet_to", "digest_at")
        ],
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_contact_hours_user_id_user")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_contact_hours")),
    )
    with op.batch_alter_table("notification") as table:
        table.add_column(sa.Column("kind", sa.String(length=30), nullable=False, server_default="notice"))
        table.add_column(sa.Column("subject_en", sa.String(length=200), nullable=False, server_default=""))
        table.add_column(sa.Column("text_en", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("notification") as table:
        table.drop_column("text_en")
        table.drop_column("subject_en")
        table.drop_column("kind")
    for name in ("contact_hours", "notification_choice", "delivery"):
        op.drop_table(name)
