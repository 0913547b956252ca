"""From the bytes of a bundle to specs, decisions and forms, with all that is wrong in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine.bundle import Bundle, decision_file, process_file
from app.engine.dmn import DecisionModel, DmnInvalid, parse_decisions
from app.engine.errors import DefinitionInvalid, Problem
from app.engine.form import Form, parse_form
from app.engine.spiff.diagram_parser import DiagramParser
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.report import ElementCompiler, Report
from app.engine.spiff.settings import Settings, read_settings
from app.engine.spiff.sub_process import CallActivity
from app.engine.spiff.user_task import UserTask
from app.engine.xml import XmlRefused, bpmn, parse_xml


@dataclass
class ProcessReading:
    """One diagram: the specs of its levels and what it says about the process as a whole."""

    process_id: str
    root: Any
    specs: Mapping[str, ProcessSpec]
    called: frozenset[str]
    settings: Settings
    documentation: str


@dataclass
class Reading:
    """What was read of a bundle so far."""

    bundle: Bundle
    processes: dict[str, ProcessReading] = field(default_factory=dict)
    decisions: dict[str, DecisionModel | None] = field(default_factory=dict)
    forms: dict[str, Form | None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read_decisions(self) -> None:
        """Parse all decisions; one that cannot be read is kept as None."""
        for decision_id, data in self.bundle.decisions.items():
            if decision_id in self.decisions:
                continue
            self.decisions[decision_id] = None
            try:
                model = parse_decisions(data)
            except (DmnInvalid, XmlRefused) as error:
                self.problems += problems_of(error, decision_file(decision_id))
                continue
            if decision_id not in model.decisions:
                zh, en = f"文件中没有决策 {decision_id}", f"the file holds no decision {decision_id}"
                self.problems.append(Problem("no_decision", None, decision_file(decision_id), zh, en))
                continue
            self.decisions[decision_id] = model

    def read_form(self, form_key: str) -> None:
        """Parse one form; one that cannot be read is kept as None."""
        if form_key in self.forms or form_key not in self.bundle.forms:
            return
        try:
            self.forms[form_key] = parse_form(self.bundle.forms[form_key], form_key)
        except DefinitionInvalid as error:
            self.forms[form_key] = None
            self.problems += error.problems

    def read_process(self, process_id: str) -> ProcessReading | None:
        """Parse one process and its forms, not what it calls; None when it cannot be read at all."""
        if process_id in self.processes:
            return self.processes[process_id]
        report = Report(process_file(process_id))
        found = self._parse(process_id, report)
        self.problems += report.problems
        if found is not None:
            self.processes[process_id] = found
            for node in user_tasks(found.specs.values()):
                self.read_form(node.settings.text("formKey") or "")
        return found

    def _parse(self, process_id: str, report: Report) -> ProcessReading | None:
        try:
            root = parse_xml(self.bundle.processes[process_id])
        except XmlRefused as error:
            self.problems += problems_of(error, report.file)
            return None
        parser = DiagramParser(root, process_id, report, self.decisions)
        spec = parser.get_spec(process_id)
        if spec is None:
            report.add(
                None, "no_process", f"文件中没有流程 {process_id}", f"the file holds no process {process_id}"
            )
            return None
        element = next(item for item in root.iter(bpmn("process")) if item.get("id") == process_id)
        if element.get("isExecutable") == "false":
            report.add(
                element, "not_executable", "流程标为不可执行", "the process is marked as not executable"
            )
        settings = read_settings(element, ElementCompiler(report, element))
        documentation = element.findtext(bpmn("documentation")) or ""
        return ProcessReading(
            process_id, root, parser.specs, frozenset(parser.called), settings, documentation.strip()
        )

    def read_with_called(self, process_id: str) -> None:
        """Parse a process and, recursively, all that it calls."""
        todo, seen = [process_id], {process_id}
        while todo:
            found = self.read_process(todo.pop())
            for called in sorted(found.called if found is not None else ()):
                if called not in seen and called in self.bundle.processes:
                    seen.add(called)
                    todo.append(called)

    def check_references(self) -> None:
        """Report called processes and forms that are missing, and processes that cannot be called."""
        for found in list(self.processes.values()):
            for spec in found.specs.values():
                for node in spec.nodes:
                    if isinstance(node, CallActivity):
                        self._check_call(found, node)
                    elif isinstance(node, UserTask):
                        self._check_form(found, node)

    def _check_call(self, found: ProcessReading, node: CallActivity) -> None:
        key = node.spec_key
        if key not in self.bundle.processes:
            self._report(
                found, node.bpmn_id, "unknown_process", f"流程 {key} 不存在", f"there is no process {key}"
            )
        elif key in self.processes and not self.processes[key].specs[key].starts:
            self._report(
                found,
                node.bpmn_id,
                "not_callable",
                f"流程 {key} 没有普通开始事件，不能被调用",
                f"process {key} has no start event without a trigger and cannot be called",
            )

    def _check_form(self, found: ProcessReading, node: UserTask) -> None:
        key = node.settings.text("formKey")
        if key and key not in self.bundle.forms:
            self._report(found, node.bpmn_id, "unknown_form", f"表单 {key} 不存在", f"there is no form {key}")

    def _report(self, found: ProcessReading, element_id: str, code: str, zh: str, en: str) -> None:
        line = next((item.sourceline for item in found.root.iter() if item.get("id") == element_id), None)
        self.problems.append(Problem(code, element_id, process_file(found.process_id), zh, en, "error", line))


def user_tasks(specs: Iterable[ProcessSpec]) -> list[UserTask]:
    """The user tasks of some levels."""
    return [node for spec in specs for node in spec.nodes if isinstance(node, UserTask)]


def problems_of(error: DmnInvalid | XmlRefused, file: str) -> list[Problem]:
    """The problems that an error of another reader stands for."""
    if isinstance(error, XmlRefused):
        return [Problem("xml", None, file, error.message_zh, error.message_en, "error", error.line)]
    return [
        Problem(
            "decision", problem.element_id or None, file, f"决策表有误：{problem.message_zh}", problem.message
        )
        for problem in error.problems
    ]
