"""Files from outside become a draft, never anything that runs: single files on top of it, or a whole bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from app.models.studio import Draft
from app.services.context import Context
from app.services.errors import Invalid
from app.services.studio import bundles, drafts

MAX_FILES = 50
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_FOLDER_OF = {".bpmn": "bpmn", ".dmn": "bpmn", ".typ": "letters"}


def upload(context: Context, draft: Draft, uploads: Sequence[tuple[str, bytes]]) -> list[str]:
    """Put uploaded files (name, bytes) into a draft; the paths that changed, all of them or none.

    A single zip is a whole bundle: the draft has its files and no others afterwards. Raises BundleRefused for a
    hostile one, Invalid for names that no bundle has, NotSavable for unreadable files, Conflict.
    """
    if not 1 <= len(uploads) <= MAX_FILES:
        raise Invalid(f"请选择 1 至 {MAX_FILES} 个文件。", f"Choose 1 to {MAX_FILES} files.")
    if len(uploads) == 1 and uploads[0][0].casefold().endswith(".zip"):
        return replace_all(context, draft, bundles.read_bundle(uploads[0][1]))
    return drafts.write_files(context, draft, {_place(name): data for name, data in uploads})


def replace_all(context: Context, draft: Draft, files: Mapping[str, bytes]) -> list[str]:
    """Make the draft equal to a whole bundle; the paths that changed, with those that it lost. Raises as `upload`."""
    before = drafts.draft_files(context, draft)
    changed = drafts.write_files(context, draft, files)
    gone = sorted(before.keys() - files.keys())
    for path in gone:
        drafts.remove_file(context, draft, path, drafts.read_file(context, draft, path).revision)
    return changed + gone


def _place(given: str) -> str:
    """Where an uploaded file belongs; forms and tests carry their folder in their name: `process__form.json`."""
    name = PurePosixPath(given.replace("\\", "/")).name
    path = PurePosixPath(name)
    if path.suffix == ".json" and path.stem.count("__") == 1:
        folder, stem = path.stem.split("__")
        if _KEY.fullmatch(folder) and _KEY.fullmatch(stem):
            return (
                f"{folder}/{stem}.json" if folder in {"policies", "checks"} else f"forms/{folder}/{stem}.json"
            )
    elif path.suffix in _FOLDER_OF:
        return f"{_FOLDER_OF[path.suffix]}/{name}"
    raise Invalid(f"不能部署文件 {name}。", f"The file {name} cannot be deployed.")
