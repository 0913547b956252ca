"""The migrations make exactly the tables that the models declare, on both databases, and can go back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app import models as _models  # noqa: F401
from app import schema
from app.db import Base, Database


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    Base.metadata.drop_all(database.engine)
    yield database
    database.dispose()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory(str(schema.MIGRATIONS)).get_heads()) == 1


def test_upgrade_from_empty_equals_the_models(empty_database: Database) -> None:
    schema.upgrade(empty_database.engine)
    with empty_database.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": _is_ours}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """All but the index of search: FTS5 with its own tables, or GIN."""
    return kind not in {"table", "index"} or not (name or "").startswith("search_term")


def test_the_last_migration_can_be_taken_back_and_done_again(empty_database: Database) -> None:
    head = schema.upgrade(empty_database.engine)
    schema.downgrade(empty_database.engine)
    assert schema.upgrade(empty_database.engine) == head
