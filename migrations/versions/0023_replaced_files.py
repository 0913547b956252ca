"""What was handed in instead of a file that the scanner put away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing of before replaced anything."""
    with op.batch_alter_table("attachment") as batch:
        batch.add_column(sa.Column("replaces_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_attachment_replaces_id_attachment"), "attachment", ["replaces_id"], ["id"]
        )
        batch.create_index(op.f("ix_attachment_replaces_id"), ["replaces_id"])


def downgrade() -> None:
    """Forget which file came instead of which."""
    with op.batch_alter_table("attachment") as batch:
        batch.drop_index(op.f("ix_attachment_replaces_id"))
        batch.drop_constraint(op.f("fk_attachment_replaces_id_attachment"), type_="foreignkey")
        batch.drop_column("replaces_id")
