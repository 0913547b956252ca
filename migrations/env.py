"""Alembic's way into our metadata. Always given a connection: by app.schema or by the command line below."""

from __future__ import annotations

from typing import Any

from alembic import context

from app import models as _models  # noqa: F401  registers every table
from app.db import Base, Database
from config import Config


def _run(connection: Any) -> None:
    in_batches = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=in_batches, compare_type=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    with Database(Config().DATABASE_URL).engine.begin() as opened:
        _run(opened)
