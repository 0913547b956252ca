"""A world on each database."""

from __future__ import annotations

import pytest

from tests.factories import World, make_leave_world
from tests.worlds import NewWorld


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(make_leave_world)
