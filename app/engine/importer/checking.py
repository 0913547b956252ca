"""Try a whole folder of foreign diagrams."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.engine.diagram import render_svg
from app.engine.errors import EngineError
from app.engine.graph import read_collaboration
from app.engine.importer.findings import Repair
from app.engine.importer.placeholders import load_all
from app.engine.importer.reading import MAX_BYTES
from app.engine.importer.repairing import repair
from app.engine.xml import XmlRefused, parse_xml

SUFFIXES = (".bpmn", ".bpmn2", ".bpmn20.xml")
MAX_SECONDS = 2.0


class TooSlow(Exception):
    """A file took more than its time."""


def import_check(
    directory: Path, load: Callable[[bytes], object] | None = None, seconds: float = MAX_SECONDS
) -> Iterator[str]:
    """A line for each file that does not load and why, the repairs that were needed, last `N of M loaded`.

    A file loads when its repaired form is accepted as a draft (by the engine's own loader unless another is
    given), can be read and can be drawn, in `seconds` of processor time. No file can stop the others.
    """
    loaded, found = 0, 0
    codes: Counter[str] = Counter()
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or not path.name.lower().endswith(SUFFIXES):
            continue
        found += 1
        try:
            with _limited(seconds):
                codes.update({finding.code for finding in _check(_read(path), load)})
            loaded += 1
        except TooSlow:
            yield f"{path.relative_to(directory)}: not loaded within {seconds:g} s"
        except Exception as error:  # a fault of our own must be seen here as well, with the file's name
            yield f"{path.relative_to(directory)}: {_reason(error)}"
    if codes:
        yield "repairs: " + ", ".join(f"{code} {count}" for code, count in codes.most_common())
    yield f"{loaded} of {found} loaded"


def _read(path: Path) -> bytes:
    """At most one byte more than is accepted: a huge file is refused without being read."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _reason(error: Exception) -> str:
    refused = isinstance(error, (XmlRefused, EngineError, ValueError, OSError))
    return " ".join(str(error).split()) if refused else f"{type(error).__name__}: {error}"


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raises TooSlow inside after so much processor time; only the main thread can be interrupted so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: object) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


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
