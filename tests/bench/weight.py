"""`python -m tests.bench.weight`: what a browser loads for the longest form of an applicant: page, styles, script.

Prints bytes as they are and compressed by gzip; at most 100 KB compressed is the aim.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path

from app.factory import create_app
from app.models.runtime import UserTask
from config import Config
from tests import databases
from tests.bench.site import Site, Tally, show
from tests.factories import LEAVE_FILES, make_leave_world

ROOT = Path(__file__).resolve().parents[2]
FORM = ROOT / "forms" / "innovation_centre_declaration" / "declaration.json"
DIST = ROOT / "app" / "static" / "dist"


def page_of(form: bytes) -> bytes:
    """The page on which an officer fills in this form."""
    folder = Path(tempfile.mkdtemp(prefix="zhirong-bench-"))
    url = databases.SqliteDatabases(folder).create()
    world = make_leave_world(url, folder)
    world.deploy(LEAVE_FILES | {"forms/leave/ask.json": form})
    config = Config(DATABASE_URL=url, SECRET_KEY="s" * 32, TESTING=True, FILES_DIR=str(folder / "files"))
    task_id = world.open_tasks(world.start("leave", "wang", who="王"))["t_ask"]
    with world.acting("wang") as context:
        world_task = context.session.get_one(UserTask, task_id)
        world_task.assignee_id = world.people["wang"]
    client = Site("sqlite", create_app(config), world, Tally()).sign_in("wang")
    answer = client.get(f"/tasks/{task_id}")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data()


def main() -> None:
    """Measure the page with what it refers to."""
    manifest = json.loads((DIST / "manifest.json").read_text())
    parts = {name: (DIST / manifest[name]).read_bytes() for name in ("app.css", "app.js")}
    parts["page"] = page_of(FORM.read_bytes())
    sizes = {name: len(gzip.compress(data)) for name, data in parts.items()}
    show(
        "form page weight",
        bytes=sum(map(len, parts.values())),
        compressed_kb=round(sum(sizes.values()) / 1000, 1),
        **{f"{name}_kb": round(size / 1000, 1) for name, size in sizes.items()},
    )


if __name__ == "__main__":
    main()
