"""`python -m tests.bench.memory`: what a cached definition, an instance and a whole worker process hold."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.engine.definition import load_definition
from tests.bpmn.walk import bundle

ROOT = Path(__file__).resolve().parents[2]
KB = 1024


def held(make: Callable[[], Any]) -> int:
    """The bytes that stay allocated while the result lives."""
    gc.collect()
    tracemalloc.start()
    kept = make()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return size


def definitions() -> Iterator[dict[str, Any]]:
    """One line for each process of the project, loaded with all that it calls and uses."""
    files = bundle()
    # Expressions compiled once are shared by all definitions: the first load would pay for everybody.
    for key in sorted(files.processes):
        load_definition(files, key)
    for key in sorted(files.processes):
        size = held(lambda key=key: load_definition(files, key))
        yield {"bench": "memory", "definition": key, "kb": round(size / KB)}


START = """
from wsgi import app
from app.worker import Worker
"""
IDLE = "Worker(app.database, app.settings).drain()"
ALL_LOADED = """
from app.services import repository
with app.database.reading() as session:
    for row in repository.list_current(session):
        repository.definition_of(session, row)
"""
# Read by the process itself: what its parent could ask for still counts the parent's own pages.
PEAK = """
from pathlib import Path
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
"""


def run(*arguments: str, env: dict[str, str]) -> str:
    """What a Python process prints; raises CalledProcessError."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


def processes() -> Iterator[dict[str, Any]]:
    """One line each: a bare interpreter, a worker that found nothing to do, one with every definition cached."""
    with tempfile.TemporaryDirectory() as folder:
        database = {"DATABASE_URL": f"sqlite:///{folder}/bench.db", "FILES_DIR": f"{folder}/files"}
        env = {**os.environ, **database, "SECRET_KEY": "bench" * 8}
        for verb in ("migrate", "deploy"):
            run("-m", "flask", "--app", "wsgi", verb, env=env)
        programs = {
            "interpreter": PEAK,
            "idle worker": START + IDLE + PEAK,
            "worker with every definition": START + IDLE + ALL_LOADED + PEAK,
        }
        for name, program in programs.items():
            peak = int(run("-c", program, env=env).split()[-1])
            yield {"bench": "memory", "process": name, "rss_mb": round(peak / KB, 1)}


def lines() -> Iterator[dict[str, Any]]:
    """All figures of memory."""
    yield from definitions()
    yield from processes()


def main() -> None:
    """Print a line for each figure."""
    for line in lines():
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
