"""What changed between two bundles, file by file, in sentences that a lawyer can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from app.engine.comparison.changes import Change
from app.engine.comparison.decisions import compare_decisions
from app.engine.comparison.forms import compare_forms
from app.engine.comparison.policies import compare_policies
from app.engine.comparison.processes import compare_processes
from app.engine.comparison.values import Names
from app.engine.xml import XmlRefused

__all__ = ["Change", "FileComparison", "Names", "compare_bundles"]

Comparer = Callable[[bytes, bytes, Names], Iterator[Change]]
COMPARERS: Mapping[tuple[str, str], Comparer] = {
    ("bpmn", "bpmn"): compare_processes, ("bpmn", "dmn"): compare_decisions, ("forms", "json"): compare_forms,
    ("policies", "json"): compare_policies,
}  # fmt: skip


@dataclass(frozen=True)
class FileComparison:
    """One file that differs. Without changes it is one of text, to be compared line by line, or one that is written
    differently and means the same; `is_readable` is false where one side cannot be read."""

    path: str
    kind: Literal["added", "removed", "changed"]
    changes: tuple[Change, ...] = ()
    is_text: bool = False
    is_readable: bool = True

    @property
    def content(self) -> tuple[Change, ...]:
        """What changes what happens or what people read."""
        return tuple(change for change in self.changes if not change.is_layout)

    @property
    def layout(self) -> tuple[Change, ...]:
        """What changes only where things stand."""
        return tuple(change for change in self.changes if change.is_layout)


def compare_bundles(
    before: Mapping[str, bytes], after: Mapping[str, bytes], names: Names
) -> tuple[FileComparison, ...]:
    """Every file that differs, by path; `names` says what codes such as posts are called."""
    paths = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return tuple(_compare(path, before.get(path), after.get(path), names) for path in paths)


def _compare(path: str, before: bytes | None, after: bytes | None, names: Names) -> FileComparison:
    if before is None or after is None:
        return FileComparison(path, "added" if before is None else "removed")
    comparer = COMPARERS.get((path.partition("/")[0], path.rpartition(".")[2]))
    if comparer is None:
        return FileComparison(path, "changed", is_text=True)
    try:
        return FileComparison(path, "changed", tuple(comparer(before, after, names)))
    except (XmlRefused, ValueError):
        return FileComparison(path, "changed", is_text=True, is_readable=False)
