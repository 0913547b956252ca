"""signatures on documents, documents that count no more, what a letter said before it was edited, files of a receipt"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import app.db

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
_TIME = app.db.UtcDateTime()


def upgrade() -> None:
    """Documents of before count, and nobody noted what they said before they were edited."""
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("automatic", _JSON, nullable=False, server_default="[]"))
        table.add_column(sa.Column("annulled_at", _TIME, nullable=True))
        table.add_column(sa.Column("annulled_by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("annulled_reason", sa.String(300), nullable=False, server_default=""))
        table.add_column(sa.Column("replaced_by_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_document_annulled_by_id_user"), "user", ["annulled_by_id"], ["id"])
        table.create_foreign_key(
            op.f("fk_document_replaced_by_id_document"), "document", ["replaced_by_id"], ["id"]
        )
    op.create_index(op.f("ix_document_pdf_sha256"), "document", ["pdf_sha256"])
    with op.batch_alter_table("receipt") as table:
        table.add_column(sa.Column("files", _JSON, nullable=False, server_default="[]"))
    op.create_table(
        "document_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=20), nullable=False),
        sa.Column("signer", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("issuer", sa.String(length=300), nullable=False),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("signed_at", _TIME, nullable=False),
        sa.Column("timestamped_at", _TIME, nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", _TIME, nullable=False),
        sa.CheckConstraint("side IN ('undertaker', 'bureau')", name=op.f("ck_document_signature_side")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_document_signature_document_id_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_signature")),
        sa.UniqueConstraint(
            "document_id",
            "side",
            "pdf_sha256",
            name=op.f("uq_document_signature_document_id_side_pdf_sha256"),
        ),
    )
    op.create_index(op.f("ix_document_signature_pdf_sha256"), "document_signature", ["pdf_sha256"])


def downgrade() -> None:
    """Forget them; the documents stay."""
    op.drop_table("document_signature")
    with op.batch_alter_table("receipt") as table:
        table.drop_column("files")
    op.drop_index(op.f("ix_document_pdf_sha256"), "document")
    with op.batch_alter_table("document") as table:
        table.drop_constraint(op.f("fk_document_replaced_by_id_document"), type_="foreignkey")
        table.drop_constraint(op.f("fk_document_annulled_by_id_user"), type_="foreignkey")
        for name in ("replaced_by_id", "annulled_reason", "annulled_by_id", "annulled_at", "automatic"):
            table.drop_column(name)
