"""Content as files: the folders it lies in, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from app.engine.bundle import Bundle
from app.services.errors import Invalid

FOLDERS = {"bpmn": (".bpmn", ".dmn"), "forms": (".json",), "letters": (".typ",), "policies": (".json",),
           "checks": (".json",)}  # fmt: skip


def read_folder(root: Path) -> dict[str, bytes]:
    """Every content file below `root`, by its path in the repository. Raises Invalid for a link: it may lead out."""
    found = {}
    for folder, suffixes in FOLDERS.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in suffixes and path.is_symlink():
                raise Invalid(
                    f"{path.name} 是链接，不能部署。", f"{path.name} is a link and cannot be deployed."
                )
            if path.suffix in suffixes and path.is_file():
                found[path.relative_to(root).as_posix()] = path.read_bytes()
    return found


def read_content(root: Path) -> dict[str, bytes]:
    """The content files below `root`. Raises Invalid for a folder without any process: it would withdraw them all."""
    files = read_folder(root)
    if not any(name.endswith(".bpmn") for name in files):
        raise Invalid(
            f"{root} 中没有流程图（bpmn/*.bpmn），不是内容目录。",
            f"{root} holds no diagrams (bpmn/*.bpmn): it is no folder of content.",
        )
    return files


def make_bundle(files: Mapping[str, bytes]) -> Bundle:
    """Sort files into processes, decisions and forms by path: file name = id, path below `forms/` = form key."""
    processes, decisions, forms = {}, {}, {}
    for name, data in files.items():
        path = PurePosixPath(name)
        if path.suffix == ".bpmn":
            processes[path.stem] = data
        elif path.suffix == ".dmn":
            decisions[path.stem] = data
        elif path.parts[0] == "forms":
            forms[path.relative_to("forms").with_suffix("").as_posix()] = data
    return Bundle(processes=processes, decisions=decisions, forms=forms)
