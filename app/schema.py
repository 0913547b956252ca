"""The database's schema: Alembic migrations, run from the application itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


class ReferencesBroken(Exception):
    """A migration left rows that refer to rows which are not there; nothing of it was kept."""


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Run migrations up to `revision`; the revision then in force. Raises ReferencesBroken."""
    with _migrating(engine) as connection:
        command.upgrade(_config(connection), revision)
        return MigrationContext.configure(connection).get_current_revision() or "empty"


def downgrade(engine: Engine, revision: str = "-1") -> None:
    """Go back by one migration (or to the named one). Raises ReferencesBroken."""
    with _migrating(engine) as connection:
        command.downgrade(_config(connection), revision)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """One transaction. SQLite changes a table by making it anew, so its references are checked at the end only."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")  # has no effect once a transaction has begun
        try:
            with connection.begin():
                yield connection
                if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise ReferencesBroken(str(tuple(broken)))
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
