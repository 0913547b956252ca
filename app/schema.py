"""The database's schema: Alembic migrations, run from the application itself."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Run migrations up to `revision`; the revision then in force."""
    with engine.connect() as connection, connection.begin():
        command.upgrade(_config(connection), revision)
        return MigrationContext.configure(connection).get_current_revision() or "empty"


def downgrade(engine: Engine, revision: str = "-1") -> None:
    """Go back by one migration (or to the named one)."""
    with engine.connect() as connection, connection.begin():
        command.downgrade(_config(connection), revision)


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
