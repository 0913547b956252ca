"""A decision model and its evaluation along the requirements graph (DMN 1.5, clause 6 and 10.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from app.engine.dmn.boxed import conform
from app.engine.dmn.elements import Decision, Element, Import, InputData, Knowledge, Reference, Service
from app.engine.dmn.errors import DmnNotFound
from app.engine.dmn.item_types import TypeTable
from app.engine.dmn.trace import DecisionResult, DecisionRun, DecisionTrace, Recorder
from app.engine.feel.errors import FeelBudgetError
from app.engine.feel.frames import Frame, RootFrame
from app.engine.feel.hosting import from_host, to_host
from app.engine.feel.scope import NO_SCOPE, Run, Scope
from app.engine.feel.values import FeelFunction, Parameter


@dataclass(frozen=True, eq=False)
class DecisionModel:
    """Decisions that can be evaluated; immutable, shared between threads."""

    id: str
    name: str
    namespace: str
    elements: Mapping[str, Element]
    imports: tuple[Import, ...]
    types: TypeTable
    members: frozenset[str] = frozenset()
    name_en: str = ""
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(element.name for element in self.elements.values()))

    @cached_property
    def labels_en(self) -> Mapping[str, str]:
        """The English of the columns of all tables by their labels, as far as authors gave it."""
        tables = (e.table for e in self.elements.values() if isinstance(e, (Decision, Knowledge)))
        found: dict[str, str] = {}
        for table in filter(None, tables):
            found |= {column.label: column.label_en for column in table.inputs if column.label_en}
            found |= {column.label: column.label_en for column in table.outputs if column.label_en}
        return MappingProxyType(found)

    @property
    def decisions(self) -> Mapping[str, Decision]:
        """The decisions by id."""
        return MappingProxyType({i: e for i, e in self.elements.items() if isinstance(e, Decision)})

    @property
    def services(self) -> Mapping[str, Service]:
        """The decision services by id."""
        return MappingProxyType({i: e for i, e in self.elements.items() if isinstance(e, Service)})

    @property
    def knowledge(self) -> Mapping[str, Knowledge]:
        """The business knowledge models by id."""
        return MappingProxyType({i: e for i, e in self.elements.items() if isinstance(e, Knowledge)})

    @property
    def inputs(self) -> Mapping[str, InputData]:
        """The input data by id."""
        return MappingProxyType({i: e for i, e in self.elements.items() if isinstance(e, InputData)})

    def _find(self, key: str, kinds: tuple[type, ...]) -> Any:
        found = self.elements.get(key)
        if not isinstance(found, kinds):
            found = next((e for e in self.elements.values() if e.name == key and isinstance(e, kinds)), None)
        if found is None:
            raise DmnNotFound(key)
        return found

    def evaluate(
        self, decision_id_or_name: str, variables: Mapping[str, Any], scope: Scope | None = None
    ) -> DecisionResult:
        """A decision's value with everything it requires; raises DmnNotFound, FeelBudgetError."""
        decision: Decision = self._find(decision_id_or_name, (Decision,))
        return self._result(variables, scope, lambda evaluation: evaluation.decide(decision))

    def evaluate_service(
        self, service_id_or_name: str, variables: Mapping[str, Any], scope: Scope | None = None
    ) -> DecisionResult:
        """A decision service's value, a dict for several outputs; raises DmnNotFound, FeelBudgetError."""
        service: Service = self._find(service_id_or_name, (Service,))

        def decide(evaluation: Evaluation) -> tuple[Any, DecisionTrace]:
            given = [variables.get(parameter.name) for parameter in evaluation.service_parameters(service)]
            return evaluation.serve(service, [from_host(value) for value in given])

        return self._result(variables, scope, decide)

    def invoke(
        self, knowledge_id_or_name: str, variables: Mapping[str, Any], scope: Scope | None = None
    ) -> DecisionResult:
        """A business knowledge model's value for named arguments; raises DmnNotFound, FeelBudgetError."""
        knowledge: Knowledge = self._find(knowledge_id_or_name, (Knowledge,))

        def call(evaluation: Evaluation) -> tuple[Any, DecisionTrace]:
            arguments = [from_host(variables.get(parameter.name)) for parameter in knowledge.parameters]
            value = evaluation.call_knowledge(knowledge, arguments)
            recorder = evaluation.run.recorder
            trace = DecisionTrace(
                knowledge.id,
                knowledge.name,
                tuple(recorder.inputs),
                tuple(recorder.rows),
                evaluation.run.keep(value),
            )
            return value, trace

        return self._result(variables, scope, call)

    def _result(
        self,
        variables: Mapping[str, Any],
        scope: Scope | None,
        decide: Callable[[Evaluation], tuple[Any, DecisionTrace]],
    ) -> DecisionResult:
        run = DecisionRun(scope or NO_SCOPE)
        try:
            value, trace = decide(Evaluation(self, variables, run))
            return DecisionResult(to_host(value), trace, tuple(run.errors))
        except RecursionError:
            raise FeelBudgetError("evaluation is nested too deeply") from None


class Evaluation:
    """One evaluation of one model: each decision at most once."""

    def __init__(self, model: DecisionModel, variables: Mapping[str, Any], run: DecisionRun) -> None:
        self.model = model
        self.variables = variables
        self.run = run
        # What is no element of the model is the host's: tables drawn without input data may use it.
        self._extras = {key: value for key, value in variables.items() if key not in model.names}
        self._decided: dict[str, tuple[Any, DecisionTrace]] = {}
        self._imported: dict[str, Evaluation] = {}
        self._given: dict[str, Any] = {}

    # -- imports ----------------------------------------------------------------------------------
    def _inside(self, source: Import | None) -> Evaluation:
        if source is None:
            return self
        found = self._imported.get(source.model.namespace)
        if found is None:
            nested = self.variables.get(source.name) if source.name else None
            variables = {**self.variables, **nested} if isinstance(nested, Mapping) else self.variables
            found = self._imported[source.model.namespace] = Evaluation(source.model, variables, self.run)
        return found

    def _bind(self, references: Sequence[Reference]) -> tuple[dict[str, Any], list[DecisionTrace]]:
        names: dict[str, Any] = {}
        traces: list[DecisionTrace] = []
        for reference in references:
            evaluation = self._inside(reference.source)
            element = evaluation.model.elements.get(reference.element_id)
            if element is None:
                continue
            value, trace = evaluation.value_of(element)
            if trace is not None:
                traces.append(trace)
            if reference.source is not None and reference.source.name:
                names.setdefault(reference.source.name, {})[element.name] = value
            else:
                names[element.name] = value
        return names, traces

    # -- elements ---------------------------------------------------------------------------------
    def value_of(self, element: Element) -> tuple[Any, DecisionTrace | None]:
        """The value an element has for those who require it."""
        if element.id in self._given:
            return self._given[element.id], None
        if isinstance(element, Decision):
            return self.decide(element)
        if isinstance(element, InputData):
            return self._input(element), None
        if isinstance(element, Knowledge):
            return self._knowledge_function(element), None
        return self._service_function(element), None

    def _frame(self, names: dict[str, Any]) -> RootFrame:
        frame = RootFrame(self._extras, self.run)
        frame.vars.update(names)
        self.run.types = self.model.types
        return frame

    def _input(self, element: InputData) -> Any:
        value = from_host(self.variables.get(element.name))
        if element.type is None:
            return value
        return conform(self._frame({}), element.type, value, element.name, element.id)

    def decide(self, decision: Decision) -> tuple[Any, DecisionTrace]:
        """A decision's value and how it came about."""
        if decision.id in self._decided:
            return self._decided[decision.id]
        self._enter()
        names, required = self._bind(decision.requires)
        outer, self.run.recorder = self.run.recorder, Recorder()
        frame = self._frame(names)
        given = self.variables.get(decision.name)
        value = from_host(given) if decision.code is None else decision.code(frame)
        if decision.type is not None:
            value = conform(frame, decision.type, value, decision.name, decision.id)
        recorder, self.run.recorder = self.run.recorder, outer
        trace = DecisionTrace(
            decision.id,
            decision.name,
            tuple(recorder.inputs),
            tuple(recorder.rows),
            self.run.keep(value),
            tuple(required),
        )
        self._decided[decision.id] = value, trace
        self.run.depth += 1
        return value, trace

    def _enter(self) -> None:
        self.run.step()
        self.run.depth -= 1
        if self.run.depth < 0:
            raise FeelBudgetError("decisions require each other too deeply")

    # -- functions --------------------------------------------------------------------------------
    def call_knowledge(self, knowledge: Knowledge, arguments: Sequence[Any]) -> Any:
        """The value of a knowledge model for arguments in order, converted to its types."""
        names, _ = self._bind(knowledge.requires)
        names.setdefault(knowledge.name, self._knowledge_function(knowledge))
        frame = self._frame(names)
        bound = {
            parameter.name: value
            if parameter.type is None
            else conform(frame, parameter.type, value, parameter.name, knowledge.id)
            for parameter, value in zip(knowledge.parameters, arguments, strict=True)
        }
        value = knowledge.code(Frame(bound, frame))
        if knowledge.result_type is None:
            return value
        return conform(frame, knowledge.result_type, value, knowledge.name, knowledge.id)

    def _knowledge_function(self, knowledge: Knowledge) -> FeelFunction:
        def call(_: Run, arguments: Sequence[Any]) -> Any:
            return self.call_knowledge(knowledge, arguments)

        return FeelFunction(knowledge.name, knowledge.parameters, call, knowledge.result_type)

    def service_parameters(self, service: Service) -> tuple[Parameter, ...]:
        """Input data first, then input decisions, each by its name and type."""
        found = []
        for reference in service.inputs:
            element = self._inside(reference.source).model.elements[reference.element_id]
            kind = element.type if isinstance(element, (InputData, Decision)) else None
            found.append(Parameter(element.name, kind))
        return tuple(found)

    def serve(self, service: Service, arguments: Sequence[Any]) -> tuple[Any, DecisionTrace]:
        """A service's value for arguments in the order of its parameters."""
        inner = Evaluation(self.model, self._extras, self.run)
        for reference, parameter, given in zip(
            service.inputs, self.service_parameters(service), arguments, strict=True
        ):
            place = inner._inside(reference.source)
            place._given[reference.element_id] = (
                given
                if parameter.type is None
                else conform(self._frame({}), parameter.type, given, parameter.name, service.id)
            )
        names, traces = inner._bind(service.outputs)
        value: Any = names
        if len(service.outputs) == 1:
            place = inner._inside(service.outputs[0].source)
            value, _ = place.value_of(place.model.elements[service.outputs[0].element_id])
        if service.type is not None:
            value = conform(self._frame({}), service.type, value, service.name, service.id)
        trace = DecisionTrace(service.id, service.name, (), (), self.run.keep(value), tuple(traces))
        return value, trace

    def _service_function(self, service: Service) -> FeelFunction:
        def call(_: Run, arguments: Sequence[Any]) -> Any:
            return self.serve(service, arguments)[0]

        return FeelFunction(service.name, self.service_parameters(service), call)
