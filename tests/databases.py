"""Databases for tests: one private PostgreSQL server a run, a fresh database of either kind for each test.

Under pytest-xdist the first process that needs the server starts it; the controlling one stops it at the end.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

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


class Databases(Protocol):
    """Makes databases of one kind with all tables, each a copy of a template."""

    def create(self, like: str | None = None) -> str:
        """The URL of a new one: empty, or a copy of the database at `like`, which nobody may have open."""
        ...

    def drop(self, url: str) -> None:
        """Forget a database that is not needed any more."""
        ...


class PostgresDatabases:
    """Databases on a server."""

    def __init__(self, server: Server, admin: psycopg.Connection[Any]) -> None:
        self.server, self.admin, self.made = server, admin, 0
        self.template = f"template_{WORKER}"
        admin.execute(f"CREATE DATABASE {self.template}")
        _create_tables(server.url(self.template))

    def create(self, like: str | None = None) -> str:
        """The URL of a new database."""
        self.made += 1
        name = f"test_{WORKER}_{self.made}"
        template = like.rpartition("/")[2] if like else self.template
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self.server.url(name)

    def drop(self, url: str) -> None:
        """Its many files go at once, not all at the end."""
        self.admin.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")


class SqliteDatabases:
    """Files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, 0
        self.template = f"sqlite:///{folder / 'template.db'}"
        _create_tables(self.template)

    def create(self, like: str | None = None) -> str:
        """The URL of a new file."""
        self.made += 1
        path = self.folder / f"test_{self.made}.db"
        shutil.copyfile((like or self.template).removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Delete the file."""
        Path(url.removeprefix("sqlite:///")).unlink()


@contextmanager
def postgres_databases(server: Server) -> Iterator[PostgresDatabases]:
    """Databases on this server, through one connection."""
    with psycopg.connect(server.url(), autocommit=True) as admin:
        yield PostgresDatabases(server, admin)


def _create_tables(url: str) -> None:
    from app import models  # noqa: F401  declares the tables; here so that pure tests need no application
    from app.db import Base, Database

    database = Database(url)
    Base.metadata.create_all(database.engine)
    database.dispose()
