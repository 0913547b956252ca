"""Fixtures of every test: databases of both kinds, and a closed network."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache
from xdist.scheduler import LoadScopeScheduling

from tests import databases
from tools.translations import compile_catalogue

if TYPE_CHECKING:  # pure tests need no application
    from tests.worlds import NewWorld, Templates

settings.register_profile("project", deadline=None)  # two busy cores say nothing about a slow example
settings.load_profile("project")

# Random and exhaustive searches, and whole stories through many processes: `make test` runs them, `make check` not.
SLOW_PLACES = (
    "tests/bpmn/",
    "tests/engine/dmn/test_analysis.py",
    "tests/engine/feel/test_properties.py",
    "tests/engine/fuzz/",
    "tests/engine/hostile/",
    "tests/engine/importer/",
    "tests/engine/layout/",
    "tests/engine/lint/test_damage.py",
    "tests/engine/soundness/",
    "tests/services/registers/test_case_story.py",
    "tests/services/registers/test_processes.py",
    "tests/services/test_story.py",
    "tests/web/test_administration.py",
)
STORIES = ("tests/services/test_story.py",)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
NEW_URL = {"sqlite": "new_sqlite_url", "postgresql": "new_postgres_url"}
TEMPLATES = {"sqlite": "sqlite_templates", "postgresql": "postgres_templates"}
POSTGRES_NAMES = {"postgresql", "postgres_url", "new_postgres_url", "postgres_templates"}
BROWSER_FIXTURES = {"browser", "page", "phone_page", "plain_page"}


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        compile_catalogue()
        databases.open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        databases.close_run()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Markers follow from the place of a test and from the fixtures that it uses."""
    for item in items:
        if item.nodeid.startswith(SLOW_PLACES):
            item.add_marker(pytest.mark.slow)
        names = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
        chosen = names | {value for value in parameters if isinstance(value, str)}
        if names & BROWSER_FIXTURES:
            item.add_marker(pytest.mark.browser)
        if chosen & POSTGRES_NAMES:
            item.add_marker(pytest.mark.postgres)


class BySubject(LoadScopeScheduling):
    """Tests of one file go to one process, the largest files first, so that what they share is made once; the browser
    tests are as one file. Long stories share nothing and go one by one."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/e2e/"):
            return "tests/e2e"
        return nodeid if nodeid.startswith(STORIES) else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySubject:
    return BySubject(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Parts that could not be tested are named at the end, not only counted."""
    skipped = terminalreporter.stats.get("skipped", ())
    reasons = {str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"!! NOT TESTED HERE: {reason}", red=True, bold=True)


class CompiledTemplates(BytecodeCache):
    """What Jinja made of each template, for all applications of this process: to compile takes longer than most tests."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if the same source was compiled before."""
        if bucket.key in self.found:
            bucket.bytecode_from_string(self.found[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.found[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(autouse=True, scope="session")
def compiled_templates() -> Iterator[None]:
    """Templates are compiled once."""
    patch = pytest.MonkeyPatch()
    patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()})
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def closed_network() -> Iterator[None]:
    """No test reaches beyond this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise OSError(f"tests have no network: {address}")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> databases.SqliteDatabases:
    return databases.SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[databases.PostgresDatabases]:
    with databases.postgres_databases(databases.shared_server()) as found:
        yield found


@pytest.fixture(scope="session")
def new_sqlite_url(sqlite_databases: databases.SqliteDatabases) -> Callable[[], str]:
    """Call it for the URL of a fresh SQLite database with all tables."""
    return sqlite_databases.create


@pytest.fixture(scope="session")
def new_postgres_url(postgres_databases: databases.PostgresDatabases) -> Callable[[], str]:
    """Call it for the URL of a fresh PostgreSQL database with all tables."""
    return postgres_databases.create


@pytest.fixture(scope="session")
def postgres_url(new_postgres_url: Callable[[], str]) -> str:
    """One PostgreSQL database with all tables for all tests of this process that ask for it."""
    return new_postgres_url()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both kinds of database: a test that uses it, or `database_url`, runs once on each."""
    kind: str = request.param
    return kind


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """A fresh database with all tables, once of each kind."""
    create: Callable[[], str] = request.getfixturevalue(NEW_URL[database_kind])
    return create()


@pytest.fixture
def sqlite_url(new_sqlite_url: Callable[[], str]) -> str:
    """A fresh SQLite database with all tables, for tests to which the kind is indifferent."""
    return new_sqlite_url()


@pytest.fixture(scope="session")
def sqlite_templates(
    sqlite_databases: databases.SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Templates:
    from tests.worlds import Templates

    return Templates(sqlite_databases, tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="session")
def postgres_templates(
    postgres_databases: databases.PostgresDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Templates:
    from tests.worlds import Templates

    return Templates(postgres_databases, tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def sqlite_world(sqlite_templates: Templates, tmp_path: Path) -> Iterator[NewWorld]:
    """Call it for a world on SQLite as this function makes it; the function is called once a run."""
    with sqlite_templates.lent(tmp_path) as copy:
        yield copy


@pytest.fixture
def new_world(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NewWorld]:
    """The same once on each kind of database."""
    with request.getfixturevalue(TEMPLATES[database_kind]).lent(tmp_path) as copy:
        yield copy
