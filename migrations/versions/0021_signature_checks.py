"""What was checked of a signature: revocation, and whether the certificate speaks for the party"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of signatures accepted before nobody noted whether somebody was asked."""
    with op.batch_alter_table("document_signature") as table:
        table.add_column(sa.Column("is_checked", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("other_holder_reason", sa.String(300), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("document_signature") as table:
        table.drop_column("other_holder_reason")
        table.drop_column("is_checked")
