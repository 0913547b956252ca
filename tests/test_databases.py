"""The databases that the other tests stand on."""

from __future__ import annotations

import socket

import pytest
from sqlalchemy import inspect, text

from app.db import Base, Database


def test_has_all_tables_and_starts_empty(database_url: str) -> None:
    database = Database(database_url)
    tables = {
        name for name in inspect(database.engine).get_table_names() if not name.startswith("search_term")
    }
    assert tables == set(Base.metadata.tables), "beside the full-text index of SQLite"
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM history_event")) == 0
    database.dispose()


def test_is_of_the_kind_that_it_says(database_url: str, database_kind: str) -> None:
    database = Database(database_url)
    assert database.engine.dialect.name == database_kind
    database.dispose()


def test_nothing_leaves_this_machine() -> None:
    with socket.socket() as probe, pytest.raises(OSError, match="no network"):
        probe.connect(("192.0.2.1", 80))
