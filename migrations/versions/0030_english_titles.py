"""Cases and letters keep their English titles, as their content says them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

COLUMNS = (("process_instance", 300), ("document", 200))


def upgrade() -> None:
    """What there is already stays without: English pages show its Chinese title as such."""
    for table, length in COLUMNS:
        with op.batch_alter_table(table) as changed:
            changed.add_column(sa.Column("title_en", sa.String(length), nullable=False, server_default=""))


def downgrade() -> None:
    """Drop them."""
    for table, _length in COLUMNS:
        with op.batch_alter_table(table) as changed:
            changed.drop_column("title_en")
