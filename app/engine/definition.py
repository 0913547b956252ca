"""From a bundle of files to an immutable definition, or to every reason why it cannot be run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from app.engine.bundle import Bundle, DelegateSignature, ParameterSpec, process_file
from app.engine.dmn import DecisionModel
from app.engine.environment import Environment
from app.engine.errors import DefinitionInvalid, Problem, StepFailed
from app.engine.feel import FeelError, format_value
from app.engine.form import Form, restrict_form
from app.engine.lint import lint
from app.engine.lint.host import UNKNOWN_HOST, Host
from app.engine.reading import ProcessReading, Reading
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.process import ProcessSpec


@dataclass(frozen=True)
class Element:
    """One element of a diagram, as pages and records name it."""

    process_id: str
    id: str
    type: str
    name: str
    name_en: str
    lane_id: str | None
    lane_name: str | None
    form_key: str | None
    duty: str | None
    separate_from: tuple[str, ...]
    not_actor_of: tuple[str, ...]
    clause_refs: tuple[str, ...]
    documentation: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Definition:
    """A process with all that it calls, decides and asks; immutable, to be shared between threads.

    `elements` are keyed `process_id:element_id`.
    """

    process_id: str
    name: str
    name_en: str
    documentation: str
    number_prefix: str | None
    startable_by: tuple[str, ...]
    start_messages: tuple[str, ...]
    clause_refs: tuple[str, ...]
    elements: Mapping[str, Element]
    called_processes: tuple[str, ...]
    decisions: Mapping[str, DecisionModel]
    specs: Mapping[str, ProcessSpec] = field(repr=False)
    _title: Formula | None = field(repr=False)
    _title_en: Formula | None = field(repr=False)
    _subject: Formula | None = field(repr=False)
    _diagrams: Mapping[str, bytes] = field(repr=False)
    _forms: Mapping[str, Form] = field(repr=False)

    @cached_property
    def binds_clocks(self) -> bool:
        """Whether an element of this process, or of one it calls, has to do with a legal clock."""
        nodes = (node for level in self.specs.values() for node in level.nodes)
        return any(node.settings.clocks or node.settings.text("dueClock") for node in nodes)

    def title(self, variables: Mapping[str, object], env: Environment) -> str:
        """The title of an instance that starts with these variables, else the process's name."""
        return self._text(self._title, variables, env) or self.name

    def title_en(self, variables: Mapping[str, object], env: Environment) -> str:
        """The same in English, empty where the author gave a Chinese title only."""
        found = self._text(self._title_en, variables, env)
        return found or ("" if self._title is not None else self.name_en)

    def subject(self, variables: Mapping[str, object], env: Environment) -> str | None:
        """The case number that an instance is about; None when it is about itself."""
        return self._text(self._subject, variables, env)

    def _text(self, formula: Formula | None, variables: Mapping[str, object], env: Environment) -> str | None:
        if formula is None:
            return None
        try:
            value = formula.evaluate(variables, env.scope)
        except FeelError as error:
            raise StepFailed(self.process_id, f"{formula.text}: {error}", "expression") from error
        return None if value is None else value if isinstance(value, str) else format_value(value)

    def diagram_xml(self, process_id: str) -> bytes:
        """The file of this process or of one it calls; raises KeyError."""
        return self._diagrams[process_id]

    def form(self, form_key: str) -> Form:
        """A form of this process or of one it calls; raises KeyError."""
        return self._forms[form_key]

    def task_form(self, process_id: str, element_id: str, form_key: str) -> Form:
        """A form as a user task shows it: with the fields hidden and locked that the task names; raises KeyError."""
        form, element = self._forms[form_key], self.element(process_id, element_id)
        if element is None:
            return form
        attributes = element.attributes
        hidden, readonly = (attributes.get(name, "").split() for name in ("hiddenFields", "readonlyFields"))
        return restrict_form(form, hidden, readonly)

    def element(self, process_id: str, element_id: str) -> Element | None:
        """An element, None when there is none."""
        return self.elements.get(f"{process_id}:{element_id}")


def load_definition(bundle: Bundle, process_id: str) -> Definition:
    """The definition of a process with everything it calls and uses.

    Raises DefinitionInvalid with all errors found on the way. It does not look for what is merely unwise:
    that is what `check_bundle` is for.
    """
    if process_id not in bundle.processes:
        message_zh, message_en = f"流程 {process_id} 不存在", f"there is no process {process_id}"
        raise DefinitionInvalid(
            [Problem("unknown_process", None, process_file(process_id), message_zh, message_en)]
        )
    reading = Reading(bundle)
    reading.read_decisions()
    reading.read_with_called(process_id)
    reading.check_references()
    errors = [problem for problem in reading.problems if problem.severity == "error"]
    if errors:
        raise DefinitionInvalid(errors)
    return _build(reading, process_id)


def check_bundle(
    bundle: Bundle, delegates: Mapping[str, DelegateSignature], host: Host = UNKNOWN_HOST
) -> tuple[Problem, ...]:
    """Everything that is wrong or unwise in a whole bundle; it can be deployed when there is no error."""
    return lint(bundle, delegates, host)


def _build(reading: Reading, process_id: str) -> Definition:
    root = reading.processes[process_id]
    settings = root.settings
    spec = root.specs[process_id]
    specs = {key: level for found in reading.processes.values() for key, level in found.specs.items()}
    elements = {
        f"{element.process_id}:{element.id}": element
        for found in reading.processes.values()
        for element in _elements(found)
    }
    return Definition(
        process_id=process_id,
        name=spec.description or process_id,
        name_en=settings.text("nameEn") or "",
        documentation=root.documentation,
        number_prefix=settings.text("numberPrefix"),
        startable_by=settings.words("startableBy"),
        start_messages=tuple(spec.message_starts),
        clause_refs=settings.words("clauseRef"),
        elements=MappingProxyType(elements),
        called_processes=tuple(key for key in reading.processes if key != process_id),
        decisions=MappingProxyType(
            {key: model for key, model in reading.decisions.items() if model is not None}
        ),
        specs=MappingProxyType(specs),
        _title=settings.formula("title"),
        _title_en=settings.formula("titleEn"),
        _subject=settings.formula("subject"),
        _diagrams=MappingProxyType({key: reading.bundle.processes[key] for key in reading.processes}),
        _forms=MappingProxyType({key: form for key, form in reading.forms.items() if form is not None}),
    )


def _elements(found: ProcessReading) -> Iterator[Element]:
    for spec in found.specs.values():
        for node in spec.nodes:
            yield _element(node)


def _element(node: FlowNode) -> Element:
    settings = node.settings
    return Element(
        process_id=node.process_id,
        id=node.bpmn_id,
        type=node.element_type,
        name=node.bpmn_name or node.bpmn_id,
        name_en=settings.text("nameEn") or "",
        lane_id=node.lane_id,
        lane_name=node.lane,
        form_key=settings.text("formKey"),
        duty=settings.text("duty"),
        separate_from=settings.words("separateFrom"),
        not_actor_of=settings.words("notActorOf"),
        clause_refs=settings.words("clauseRef"),
        documentation=node.documentation or "",
        attributes=settings.attributes,
    )


__all__ = [
    "Bundle",
    "Definition",
    "DelegateSignature",
    "Element",
    "ParameterSpec",
    "check_bundle",
    "load_definition",
]
