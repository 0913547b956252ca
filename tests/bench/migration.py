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
from tests.factories import World, make_leave_world
from tests.services.test_migration import LONGER
from tests.services.test_migration_batches import _begin, _counts, _rows, _start


def main(count: int, url: str) -> None:
    """Print the seconds of each part; fails when a case is not what it was after all is undone."""
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
        say(f"tried out {count}", began)
        _run(world, batch, batches.start, "moved")
        assert _counts(world, batch) == {"moved": count}
        _run(world, batch, batches.undo, "brought back")
        assert _counts(world, batch) == {"undone": count}
        assert _rows(world, numbers[count // 2]) == before


def _run(world: World, batch: int, act: Callable[..., object], words: str) -> None:
    began = time.perf_counter()
    with world.acting("wang") as context:
        act(context, batch)
    workers = [world.worker("first"), world.worker("second")]
    while sum(worker.run_due() for worker in workers):
        continue
    say(words, began)


def say(words: str, began: float) -> None:
    sys.stdout.write(f"{words}: {time.perf_counter() - began:.1f} s\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, sys.argv[2] if len(sys.argv) > 2 else "")
