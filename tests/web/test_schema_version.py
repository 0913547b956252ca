"""A database of another version of the program: what everybody is told, and the cure."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app import schema
from app.factory import Application, create_app
from config import Config


@pytest.fixture
def installed(database_url: str) -> Application:
    """Not in test mode, on a database whose tables no migration made."""
    return create_app(Config(DATABASE_URL=database_url, SECRET_KEY="s" * 32))


def _say(app: Application, revision: str) -> None:
    """The database was left by this revision, which called tables otherwise."""
    with app.database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:it)"), {"it": revision})
        for table in ("call", "deployment"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO {table}_of_another_version"))


@pytest.mark.parametrize(("revision", "cure"), [("0001", "migrate"), ("9999", "install the version")])
def test_another_schema_is_told_with_its_cure(installed: Application, revision: str, cure: str) -> None:
    _say(installed, revision)
    client = installed.test_client()
    health = client.get("/healthz")
    told: Any = health.json
    assert (health.status_code, told["status"], told["database"]) == (503, "schema", revision)
    assert cure in told["reason"]
    answer = client.get("/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert "数据库的结构与程序的版本不一致" in page
    assert revision in page
    assert cure in page
    installed.database.dispose()


def test_verbs_say_what_is_wrong(installed: Application) -> None:
    _say(installed, "0001")
    for verb in (["worker", "--once"], ["deploy"]):
        with installed.app_context():
            done = installed.test_cli_runner().invoke(args=verb)
        assert done.exit_code == 1
        assert "older than this program" in done.output, verb
        assert schema.MIGRATE in done.output
    installed.database.dispose()


def test_an_empty_database_lacks_its_tables(installed: Application) -> None:
    with installed.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE deployment RENAME TO elsewhere"))
    found = schema.find_mismatch(installed.database.engine)
    assert found is not None
    assert (found.found, found.is_newer) == ("", False)
    installed.database.dispose()


def test_the_schema_of_this_program_is_right(installed: Application) -> None:
    assert schema.find_mismatch(installed.database.engine) is None
    assert installed.test_client().get("/healthz").json == {"status": "ok"}
    installed.database.dispose()
