"""An index that holds all that dashboards count."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Dashboards read one index instead of the table."""
    op.create_index(
        "ix_step_pass_figures",
        "step_pass",
        [
            "process_key",
            "element_id",
            "org_type",
            "actor_id",
            "how",
            "working_days",
            "ended_at",
            "suspended_days",
            "task_id",
        ],
    )


def downgrade() -> None:
    """Dashboards read the table again."""
    op.drop_index("ix_step_pass_figures", table_name="step_pass")
