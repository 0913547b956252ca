"""Try a whole folder of foreign diagrams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from app.engine.diagram import render_svg
from app.engine.errors import EngineError
from app.engine.graph import read_collaboration
from app.engine.importer.findings import Repair
from app.engine.importer.placeholders import load_all
from app.engine.importer.repairing import repair
from app.engine.xml import XmlRefused, parse_xml

SUFFIXES = (".bpmn", ".bpmn2", ".bpmn20.xml")


def import_check(directory: Path, load: Callable[[bytes], object] | None = None) -> Iterator[str]:
    """A line for each file that fails and why, the repairs that were needed, last `N passed, M failed`.

    A file passes when its repaired form loads (with the engine's own loader unless another is given), is
    well-formed, can be read and can be drawn.
    """
    passed, failed = 0, 0
    codes: Counter[str] = Counter()
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or not path.name.lower().endswith(SUFFIXES):
            continue
        try:
            codes.update({finding.code for finding in _check(path.read_bytes(), load)})
            passed += 1
        except (XmlRefused, EngineError, ValueError, KeyError, LookupError) as error:
            failed += 1
            yield f"{path.relative_to(directory)}: {error}"
    if codes:
        yield "repairs: " + ", ".join(f"{code} {count}" for code, count in codes.most_common())
    yield f"{passed} passed, {failed} failed"


def _check(data: bytes, load: Callable[[bytes], object] | None) -> tuple[Repair, ...]:
    repaired = repair(data)
    model = read_collaboration(repaired.xml)
    if not model.processes:
        raise ValueError("no process")
    parse_xml(render_svg(repaired.xml).encode())
    if load is not None:
        load(repaired.xml)
    else:
        problems = load_all(repaired.xml)
        if problems:
            raise ValueError("; ".join(f"{p.element_id}: {p.message_en}" for p in problems[:3]))
    return repaired.findings
