"""The migrations make exactly the tables that the models declare, on both databases, and can go back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, text

from app import models as _models  # noqa: F401
from app import schema
from app.db import Base, Database

NOW = datetime(2026, 1, 5, tzinfo=UTC)


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


FILLED = {
    "content": {"sha256": "a" * 64, "data": b"x"},
    "user": {"id": 1, "username": "wang", "name": "经办", "email": "", "password_hash": "x", "language": "zh",
             "is_active": True, "created_at": NOW},
    "group": {"key": "division", "name": "处室", "name_en": "Division"},
    "group_member": {"group_key": "division", "user_id": 1},
    "deployment": {"id": 1, "origin": "folder", "digest": "d", "note": "", "author_id": 1, "created_at": NOW},
    "deployment_file": {"deployment_id": 1, "path": "bpmn/leave.bpmn", "sha256": "a" * 64},
    "process_definition": {"id": 1, "key": "leave", "version": 1, "name": "请假", "name_en": "", "deployment_id": 1,
                           "is_current": True, "is_suspended": False, "start_messages": "[]", "startable_by": "[]",
                           "created_at": NOW},
    "process_instance": {"id": 1, "number": "QJ-2026-0001", "definition_id": 1, "process_key": "leave", "title": "请假",
                         "subject": "QJ-2026-0001", "started_by_id": 1, "started_at": NOW, "status": "active",
                         "case_state": "", "outcome": "", "state": b"x", "is_frozen": False, "history_seq": 0,
                         "history_hash": "", "revision": 1},
    "user_task": {"id": 1, "instance_id": 1, "engine_id": "1", "process_key": "leave", "element_id": "t", "name": "填写",
                  "name_en": "", "form_key": "", "subject": "QJ-2026-0001", "duty": "", "separate_from": "[]",
                  "not_actor_of": "[]", "candidates": "[]", "assignee_id": 1, "status": "open", "priority": 0,
                  "created_at": NOW},
    "inbox": {"principal": "user:1", "due_at": NOW, "task_id": 1},
    "form_draft": {"task_id": 1, "data": "{}", "revision": 1, "saved_at": NOW, "saved_by_id": 1},
}  # fmt: skip


def test_an_installation_with_cases_is_brought_to_the_newest_schema_and_back(
    empty_database: Database,
) -> None:
    schema.upgrade(empty_database.engine, "0002")
    with empty_database.engine.begin() as connection:
        tables = MetaData()
        tables.reflect(connection)
        for name, row in FILLED.items():
            table = tables.tables[name]
            given = {
                column: _fit(value, table.c[column]) for column, value in row.items() if column in table.c
            }
            connection.execute(table.insert().values(given))
    schema.upgrade(empty_database.engine)
    schema.downgrade(empty_database.engine, "0002")
    schema.upgrade(empty_database.engine)
    with empty_database.engine.connect() as connection:
        names = [row.username for row in connection.execute(text('SELECT username FROM "user"'))]
        assert names == ["wang"]
        assert connection.execute(text("SELECT count(*) FROM user_task")).scalar_one() == 1


def _fit(value: Any, column: Column[Any]) -> Any:
    return [] if value == "[]" and column.type.python_type in (dict, list) else value
