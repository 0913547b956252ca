"""A world of registers: one case of one bank, a session that is rolled back, and operations to call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.db import Database
from tests.factories import World
from tests.services.registers.office import make_office, project_content
from tests.services.registers.registers import Registers, make_registers
from tests.worlds import Templates


@pytest.fixture
def registers(sqlite_url: str, tmp_path: Path) -> Iterator[Registers]:
    """On SQLite."""
    yield from _registers(sqlite_url, tmp_path)


@pytest.fixture
def registers_anywhere(database_url: str, tmp_path: Path) -> Iterator[Registers]:
    """Once on each kind of database."""
    yield from _registers(database_url, tmp_path)


def _registers(url: str, folder: Path) -> Iterator[Registers]:
    database = Database(url)
    with database.writing() as session:
        yield make_registers(session, folder)
    database.dispose()


@pytest.fixture(scope="session")
def content() -> dict[str, bytes]:
    """Every file that the project deploys."""
    return project_content()


@pytest.fixture(scope="module")
def office(sqlite_templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One office for the tests of a file that walk through the project's diagrams: deploying takes seconds, so that
    each file has a copy."""
    with sqlite_templates.lent(tmp_path_factory.mktemp("office")) as new_world:
        yield new_world(make_office)
