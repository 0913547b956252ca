"""How long it takes to try out, move and bring back many live cases: `python -m tests.bench.migration 1000 [URL]`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from app import models as _models  # noqa: F401
from app.db import Base, Database
from app.services.studio import batches
from tests.bench.site import show
from tests.factories import World, make_leave_world
from tests.services.test_migration import LONGER
from tests.services.test_migration_batches import _begin, _counts, _rows, _start


def main(*arguments: str) -> None:
    """Print the seconds of each part; fails when a case is not what it was after all is undone."""
    count = int(arguments[0]) if arguments else 1000
    url = arguments[1] if len(arguments) > 1 else ""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(url or f"sqlite:///{folder}/bench.db")
        Base.metadata.create_all(database.engine)
        database.dispose()
        world = make_leave_world(url or f"sqlite:///{folder}/bench.db", Path(folder))
        numbers = _start(world, count)
        before = _rows(world, numbers[count // 2])
        world.deploy(LONGER)
        began = time.perf_counter()
        batch = _begin(world)
        say("tried_out", count, began)
        _run(world, batch, batches.start, "moved", count)
        assert _counts(world, batch) == {"moved": count}
        _run(world, batch, batches.undo, "brought_back", count)
        assert _counts(world, batch) == {"undone": count}
        assert _rows(world, numbers[count // 2]) == before


def _run(world: World, batch: int, act: Callable[..., object], part: str, count: int) -> None:
    began = time.perf_counter()
    with world.acting("wang") as context:
        act(context, batch)
    workers = [world.worker("first"), world.worker("second")]
    while sum(worker.run_due() for worker in workers):
        continue
    say(part, count, began)


def say(part: str, count: int, began: float) -> None:
    show("migration", part=part, cases=count, seconds=round(time.perf_counter() - began, 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
