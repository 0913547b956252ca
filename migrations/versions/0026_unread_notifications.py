"""An index of what nobody has read: the bell's number does not grow with what was read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

UNREAD = sa.text("read_at IS NULL")


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_notification_unread", "notification", ["principal"], sqlite_where=UNREAD, postgresql_where=UNREAD
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_notification_unread", "notification")
