"""Where the checks look and where they put what they find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from app.engine.bundle import DelegateSignature, process_file
from app.engine.errors import Problem, Severity
from app.engine.lint.host import Host
from app.engine.reading import ProcessReading, Reading
from app.engine.soundness import Proofs
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.process import ProcessSpec
from app.engine.xml import bpmn


class Finder:
    """One process under inspection."""

    def __init__(
        self,
        reading: Reading,
        process: ProcessReading,
        delegates: Mapping[str, DelegateSignature],
        host: Host,
        proofs: Proofs,
    ) -> None:
        self.reading = reading
        self.process = process
        self.delegates = delegates
        self.host = host
        self.proofs = proofs
        self.problems: list[Problem] = []

    @property
    def levels(self) -> list[ProcessSpec]:
        """The process and its sub-processes."""
        return list(self.process.specs.values())

    def nodes(self) -> Iterator[FlowNode]:
        """All elements, at all levels."""
        for level in self.levels:
            yield from level.nodes

    @cached_property
    def elements(self) -> Mapping[str, Any]:
        """The XML elements by id; the first one where an id is used twice."""
        found: dict[str, Any] = {}
        for element in self.process.root.iter():
            if isinstance(element.tag, str) and element.get("id"):
                found.setdefault(element.get("id"), element)
        return found

    @cached_property
    def has_lanes(self) -> bool:
        """Whether the process divides its work among lanes."""
        own = (item for item in self.process.root.iter(bpmn("process")))
        found = next((item for item in own if item.get("id") == self.process.process_id), None)
        return found is not None and next(found.iter(bpmn("lane")), None) is not None

    def error(self, element_id: str | None, code: str, zh: str, en: str) -> None:
        """Note something that must be put right."""
        self._add(element_id, code, zh, en, "error")

    def warn(self, element_id: str | None, code: str, zh: str, en: str) -> None:
        """Note something that is probably not meant."""
        self._add(element_id, code, zh, en, "warning")

    def _add(self, element_id: str | None, code: str, zh: str, en: str, severity: Severity) -> None:
        element = self.elements.get(element_id) if element_id else None
        line = element.sourceline if element is not None else None
        self.problems.append(
            Problem(code, element_id, process_file(self.process.process_id), zh, en, severity, line)
        )
