"""Content as files: the folders it lies in, and reading them."""

from __future__ import annotations

from pathlib import Path

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
