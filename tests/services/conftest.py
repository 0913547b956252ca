"""A world on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import World, make_leave_world


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    made = make_leave_world(database_url, tmp_path)
    yield made
    made.database.dispose()
