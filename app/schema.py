"""The database's schema: Alembic migrations, run from the application itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
MIGRATE = "flask --app wsgi migrate"


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


@dataclass(frozen=True)
class Mismatch:
    """The database has another schema than this program: revisions `found` ("" of an empty one) and `wanted`."""

    found: str
    wanted: str

    @property
    def is_newer(self) -> bool:
        """The database knows a migration that this program lacks."""
        return self.found not in {"", *_revisions()}

    @property
    def cure(self) -> str:
        """What to do, in English, for logs and command lines."""
        if self.is_newer:
            return (
                "install the version of the program that belongs to this database, or restore an older backup"
            )
        return f"run `{MIGRATE}` (`make run` does it), then start again"

    def __str__(self) -> str:
        what = "newer than" if self.is_newer else "older than" if self.found else "missing for"
        found = self.found or "none"
        return f"the schema of the database ({found}) is {what} this program ({self.wanted}): {self.cure}"


def find_mismatch(engine: Engine) -> Mismatch | None:
    """How the schema differs from what this program needs; None if it does not, or if no migration made it.

    Raises OperationalError where the database is away.
    """
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision() or ""
        if found == _revisions()[0] or (not found and inspect(connection).has_table("deployment")):
            return None
    return Mismatch(found, _revisions()[0])


@cache
def _revisions() -> tuple[str, ...]:
    """All revisions that this program knows, the newest first."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


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
