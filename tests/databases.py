"""Databases for tests: one private PostgreSQL server a run, a fresh database of either kind for each test.

Under pytest-xdist the first process that needs the server starts it; the controlling one stops it at the end.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from tools.postgres import Server, find_binaries, start_server

RUN_FOLDER = "ZHIRONG_TEST_RUN"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def open_run() -> None:
    """Make the folder that all processes of this run share. Called once, by the controlling process."""
    os.environ[RUN_FOLDER] = tempfile.mkdtemp(prefix="zhirong-tests-")


def close_run() -> None:
    """Stop the server if any process started it."""
    folder = Path(os.environ.pop(RUN_FOLDER))
    server = _read_server(folder)
    if server:
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def shared_server() -> Server:
    """The server of this run, started when first asked for. Skips the test where PostgreSQL cannot be had."""
    if not find_binaries():
        require_part("PostgreSQL")
    folder = Path(os.environ[RUN_FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = _read_server(folder)
        if not server:
            server = start_server()
            (folder / "server.json").write_text(json.dumps(asdict(server), default=str))
        return server


def _read_server(folder: Path) -> Server | None:
    path = folder / "server.json"
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    return Server(Path(found["folder"]), Path(found["binaries"]), int(found["port"]))


def require_part(name: str) -> None:
    """What this machine lacks fails a full run and is left out, and reported, of any other."""
    message = f"{name} is not available here"
    if os.environ.get("ALL_PARTS"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def postgres_databases(server: Server) -> Iterator[Callable[[], str]]:
    """A function that gives the URL of a fresh database with all tables, a copy of a template."""
    with psycopg.connect(server.url(), autocommit=True) as admin:
        template = f"template_{WORKER}"
        admin.execute(f"CREATE DATABASE {template}")
        _create_tables(server.url(template))
        made = 0

        def create() -> str:
            nonlocal made
            made += 1
            name = f"test_{WORKER}_{made}"
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
            return server.url(name)

        yield create


def sqlite_databases(folder: Path) -> Callable[[], str]:
    """A function that gives the URL of a fresh SQLite file with all tables."""
    template = folder / "template.db"
    _create_tables(f"sqlite:///{template}")
    made = 0

    def create() -> str:
        nonlocal made
        made += 1
        path = folder / f"test_{made}.db"
        shutil.copyfile(template, path)
        return f"sqlite:///{path}"

    return create


def _create_tables(url: str) -> None:
    from app import models  # noqa: F401  declares the tables; here so that pure tests need no application
    from app.db import Base, Database

    database = Database(url)
    Base.metadata.create_all(database.engine)
    database.dispose()
