"""A running application with the short process, and a count of what it asks of its database."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.factory import Application, create_app
from config import Config
from tests import databases
from tests.factories import PASSWORD, World, make_leave_world
from tests.web.conftest import KEY, TOKEN
from tools.postgres import find_binaries, start_server

FRAME = ("PRAGMA", "BEGIN", "SET ")


@dataclass
class Tally:
    """Statements and commits since the last reading, without what opens a transaction."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0

    def take(self) -> tuple[int, int]:
        found = len(self.statements), self.commits
        self.statements.clear()
        self.commits = 0
        return found


@dataclass
class Site:
    """One application, its world and its tally."""

    kind: str
    application: Application
    world: World
    tally: Tally

    def sign_in(self, username: str) -> FlaskClient:
        client = self.application.test_client()
        fields = hidden_fields(client, "/login")
        assert (
            client.post("/login", data={**fields, "username": username, "password": PASSWORD}).status_code
            == 302
        )
        return client


@dataclass(frozen=True)
class Figure:
    """Medians of one kind of request, and the best; `cpu` is this process's part of the milliseconds."""

    ms: float
    cpu: float
    best: float
    p95: float
    statements: float
    commits: float


@contextmanager
def open_sites() -> Iterator[list[Site]]:
    """A site on SQLite, and one on PostgreSQL where that can be had."""
    folder = Path(tempfile.mkdtemp(prefix="zhirong-bench-"))
    server = start_server() if find_binaries() else None
    try:
        sites = [_open("sqlite", databases.SqliteDatabases(folder).create(), folder)]
        if server is None:
            sys.stderr.write("!! NOT MEASURED HERE: no PostgreSQL binaries\n")
            yield sites
            return
        with databases.postgres_databases(server) as made:
            yield [*sites, _open("postgresql", made.create(), folder)]
    finally:
        if server is not None:
            server.stop()


def _open(kind: str, url: str, folder: Path) -> Site:
    world = make_leave_world(url, folder)
    world.now = datetime.now(UTC)
    config = Config(DATABASE_URL=url, SECRET_KEY="s" * 32, TESTING=True, FILES_DIR=str(folder / "files"))
    application = create_app(config)
    tally = Tally()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(FRAME):
            tally.statements.append(statement)

    def note_commit(_connection: Any) -> None:
        tally.commits += 1

    event.listen(application.database.engine, "before_cursor_execute", note)
    event.listen(application.database.engine, "commit", note_commit)
    return Site(kind, application, world, tally)


def hidden_fields(client: FlaskClient, page: str) -> dict[str, str]:
    """What a page's form carries beside what is typed."""
    html = client.get(page).get_data(as_text=True)
    found = {name: pattern.search(html) for name, pattern in (("csrf_token", TOKEN), ("request_key", KEY))}
    return {name: match[1] for name, match in found.items() if match}


def measure(site: Site, requests: Iterator[Callable[[], TestResponse]]) -> Figure:
    """Medians over the requests; preparing each is not counted."""
    times, cpu, statements, commits = [], [], [], []
    for act in requests:
        site.tally.take()
        began, used = time.perf_counter(), time.thread_time()
        answer = act()
        times.append((time.perf_counter() - began) * 1000)
        cpu.append((time.thread_time() - used) * 1000)
        assert answer.status_code in {200, 302}, answer.get_data(as_text=True)
        asked, committed = site.tally.take()
        statements.append(asked)
        commits.append(committed)
    p95 = sorted(times)[int(len(times) * 0.95)]
    return Figure(
        round(statistics.median(times), 2),
        round(statistics.median(cpu), 2),
        round(min(times), 2),
        round(p95, 2),
        statistics.median(statements),
        statistics.median(commits),
    )


def show(bench: str, **values: Any) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps({"bench": bench, **values}, ensure_ascii=False) + "\n")
    sys.stdout.flush()
