"""notes and letters between people on a case; interests that officers and experts declare"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
_TIME = app.db.UtcDateTime()


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "case_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("from_office", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", _JSON, nullable=False),
        sa.Column("written_at", _TIME, nullable=False),
        sa.Column("withdrawn_at", _TIME, nullable=True),
        sa.CheckConstraint("audience IN ('office', 'parties')", name=op.f("ck_case_comment_audience")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR audience = 'office'", name=op.f("ck_case_comment_withdrawn")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["user.id"], name=op.f("fk_case_comment_author_id_user")),
        sa.ForeignKeyConstraint(
            ["instance_id"],
            ["process_instance.id"],
            name=op.f("fk_case_comment_instance_id_process_instance"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_comment")),
    )
    op.create_index("ix_case_comment_case", "case_comment", ["instance_id", "audience", "id"])
    op.create_table(
        "interest_declaration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("org_uscc", sa.String(length=18), nullable=False),
        sa.Column("org_name", sa.String(length=120), nullable=False),
        sa.Column("case_no", sa.String(length=40), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("declared_at", _TIME, nullable=False),
        sa.Column("ruling", sa.String(length=10), nullable=True),
        sa.Column("ruling_reason", sa.String(length=300), nullable=False),
        sa.Column("ruled_by_id", sa.Integer(), nullable=True),
        sa.Column("ruled_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "ruling IS NULL OR ruling IN ('allow', 'block')", name=op.f("ck_interest_declaration_ruling")
        ),
        sa.CheckConstraint(
            "(ruling IS NULL) = (ruled_at IS NULL)", name=op.f("ck_interest_declaration_ruled")
        ),
        sa.CheckConstraint("org_uscc <> '' OR case_no <> ''", name=op.f("ck_interest_declaration_about")),
        sa.ForeignKeyConstraint(
            ["ruled_by_id"], ["user.id"], name=op.f("fk_interest_declaration_ruled_by_id_user")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_interest_declaration_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interest_declaration")),
    )
    op.create_index("ix_interest_declaration_user", "interest_declaration", ["user_id", "org_uscc"])


def downgrade() -> None:
    """Forget both."""
    op.drop_table("interest_declaration")
    op.drop_table("case_comment")
