"""Variables: every name that an expression reads must be written somewhere in sight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from app.engine.comparison.vocabulary import facet_name
from app.engine.environment import HOST_FUNCTIONS
from app.engine.feel import FeelError
from app.engine.lint.finder import Finder
from app.engine.lint.hidden import check_hidden
from app.engine.lint.messages import thrown_messages
from app.engine.reading import ProcessReading, Reading
from app.engine.spiff.activity import Activity
from app.engine.spiff.catching import Catcher
from app.engine.spiff.decision_task import DecisionTask
from app.engine.spiff.event_sub_process import EventSubProcess
from app.engine.spiff.flow_node import FlowNode
from app.engine.spiff.formula import Formula
from app.engine.spiff.message import MessageTrigger
from app.engine.spiff.process import ProcessSpec
from app.engine.spiff.repetition import MultiInstance, StandardLoop
from app.engine.spiff.script_task import ScriptTask
from app.engine.spiff.sub_process import CallActivity, SubProcess
from app.engine.spiff.timer import TimerTrigger
from app.engine.spiff.triggers import ConditionTrigger
from app.engine.spiff.user_task import UserTask

GIVEN = frozenset({"instance", "params"})
FORM_NAMES = frozenset({"this", "parent", "i"})
COUNTS = frozenset({"nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances"})

Use = tuple[str, Formula]


def check_variables(finder: Finder) -> None:
    """Look at the names and functions that one process uses."""
    _Walk(finder).process()


def written_by(node: FlowNode) -> set[str]:
    """The variables that an element writes at its own level."""
    settings = node.settings
    names = [settings.text("resultVariable"), settings.text("payloadVariable")]
    names += [name for name, _ in settings.outputs]
    if isinstance(node, ScriptTask):
        names += [name for name, _ in node.assignments]
    if isinstance(node, EventSubProcess):
        names.append(node.trigger.payload_variable)
    return {name.partition(".")[0] for name in names if name}


def scope_of(specs: Mapping[str, ProcessSpec], level: ProcessSpec) -> set[str]:
    """The variables written at a level and in the sub-processes that share its scope, not those of items."""
    names: set[str] = set()
    for node in level.nodes:
        repetition = node.repetition if isinstance(node, Activity) else None
        if isinstance(repetition, MultiInstance):
            names |= (
                {repetition.output_collection.partition(".")[0]} if repetition.output_collection else set()
            )
            continue
        names |= written_by(node)
        names |= _inner_scope(specs, node)
    return names


def _inner_scope(specs: Mapping[str, ProcessSpec], node: FlowNode) -> set[str]:
    shares = isinstance(node, (SubProcess, EventSubProcess)) and not isinstance(node, CallActivity)
    # A level that is nested too deeply was refused and has no spec.
    inner = specs.get(node.spec_key) if shares else None
    return scope_of(specs, inner) if inner is not None else set()


def start_variables(reading: Reading, process: ProcessReading) -> set[str] | None:
    """The variables a process is given when it starts; None when not all of them can be known."""
    known: set[str] = set(GIVEN)
    spec = process.specs[process.process_id]
    # Who starts a process by hand comes from a page that may give more, for example the call.
    if process.settings.words("startableBy"):
        return None
    found = False
    if spec.message_starts:
        known.add("org")
    for caller in _callers(reading, process.process_id):
        if caller.settings.passes_all:
            return None
        found = True
        known |= {name.partition(".")[0] for name, _ in caller.settings.inputs}
    for message in spec.message_starts:
        keys = payload_keys(reading, message)
        if keys is None:
            return None
        found = True
        known |= keys
    return known if found else None


def _callers(reading: Reading, process_id: str) -> Iterator[CallActivity]:
    for process in reading.processes.values():
        for level in process.specs.values():
            for node in level.nodes:
                if isinstance(node, CallActivity) and node.spec_key == process_id:
                    yield node


def payload_keys(reading: Reading, message: str) -> set[str] | None:
    """What the processes of the bundle send along with a message; None when none of them sends it."""
    keys: set[str] | None = None
    for process in reading.processes.values():
        for level in process.specs.values():
            for node in level.nodes:
                if message not in thrown_messages(node):
                    continue
                formula = node.settings.formula("payload")
                keys = (keys or set()) | (_keys(formula) if formula is not None else set())
    return keys


def _keys(formula: Formula) -> set[str]:
    try:
        value = formula.expression.evaluate({}) if formula.expression is not None else None
    except FeelError:
        return set()
    return set(value) if isinstance(value, dict) else set()


def _is_variant(name: str, other: str) -> bool:
    """Names that are alike because they mean related things: `agreement` and `agreement_no`."""
    return name.startswith(other) or other.startswith(name) or len(name) < 4


class _Walk:
    """Goes through the levels of one process with the names in sight."""

    def __init__(self, finder: Finder) -> None:
        self.finder = finder
        self.specs = finder.process.specs
        self.is_known = True
        self.foreign: frozenset[str] = frozenset()

    def process(self) -> None:
        """Check everything."""
        process_id = self.finder.process.process_id
        given = start_variables(self.finder.reading, self.finder.process)
        self.is_known = given is not None
        level = self.specs[process_id]
        start = given or GIVEN | {"org"}
        self.foreign = frozenset(start)
        for name, formula in self.finder.process.settings.formulas.items():
            self.use(process_id, (name, formula), start)
        self.level(level, start | scope_of(self.specs, level))

    def level(self, level: ProcessSpec, seen: set[str] | frozenset[str]) -> None:
        """Check the elements of a level."""
        for node in level.nodes:
            names = set(seen)
            repetition = node.repetition if isinstance(node, Activity) else None
            if isinstance(repetition, MultiInstance):
                names |= self._item_names(node, repetition)
                self._multi_instance(node, repetition, seen, names)
            elif isinstance(repetition, StandardLoop):
                names.add("loopCounter")
                self._use(node, "loopCondition", repetition.condition, names)
            self.node(node, names, seen)
            shares = isinstance(node, (SubProcess, EventSubProcess)) and not isinstance(node, CallActivity)
            if shares and node.spec_key in self.specs:
                self.level(self.specs[node.spec_key], names)

    def _item_names(self, node: FlowNode, many: MultiInstance) -> set[str]:
        names = {"loopCounter"} | written_by(node) | _inner_scope(self.specs, node)
        return names | ({many.element_variable} if many.element_variable else set())

    def _multi_instance(
        self, node: FlowNode, many: MultiInstance, seen: Iterable[str], item: set[str]
    ) -> None:
        self._use(node, "collection", many.collection, set(seen))
        self._use(node, "loopCardinality", many.cardinality, set(seen))
        self._use(node, "outputElement", many.output_element, item)
        counts = set(seen) | COUNTS | ({many.output_collection} if many.output_collection else set())
        self._use(node, "completionCondition", many.completion, counts)

    def node(self, node: FlowNode, names: set[str], outside: Iterable[str]) -> None:
        """Check what one element evaluates."""
        for name, formula in node.settings.formulas.items():
            if name not in ("collection", "outputElement"):
                self._use(node, name, formula, names)
        for name, formula in (*node.settings.parameters, *node.settings.inputs, *node.settings.prefill):
            self._use(node, name, formula, names)
        for flow in node.flows:
            if flow.condition is not None:
                self.use(flow.id, ("condition", flow.condition), set(outside))
        self._special(node, names)

    def _special(self, node: FlowNode, names: set[str]) -> None:
        if isinstance(node, ScriptTask):
            for name, formula in node.assignments:
                self._use(node, name, formula, names)
        if isinstance(node, CallActivity):
            self._outputs(node)
        if isinstance(node, Catcher):
            self._trigger(node, names)
        if isinstance(node, DecisionTask):
            self._decision(node, names)
        if isinstance(node, UserTask):
            self._form(node, names)

    def _outputs(self, node: CallActivity) -> None:
        called = self.finder.reading.processes.get(node.spec_key)
        if called is None:
            return
        given = start_variables(self.finder.reading, called) or set()
        names = given | GIVEN | {"outcome"} | scope_of(called.specs, called.specs[called.process_id])
        is_known, self.is_known = self.is_known, True
        for name, formula in node.settings.outputs:
            self._use(node, name, formula, names)
        self.is_known = is_known

    def _trigger(self, node: Catcher, names: set[str]) -> None:
        trigger = node.trigger
        if isinstance(trigger, TimerTrigger):
            self._use(node, "timer", trigger.value, names)
        elif isinstance(trigger, ConditionTrigger):
            self._use(node, "condition", trigger.condition, names)
        elif isinstance(trigger, MessageTrigger) and trigger.settings is not None:
            self._use(node, "correlationKey", trigger.settings.formula("correlationKey"), names)

    def _decision(self, node: DecisionTask, names: set[str]) -> None:
        given = {name for name, _ in node.settings.parameters}
        for name in sorted({data.name for data in node.model.inputs.values()} - names - given):
            self._unknown(node.bpmn_id, name, f"{node.decision_id}", names | given)

    def _form(self, node: UserTask, names: set[str]) -> None:
        form = self.finder.reading.forms.get(node.settings.text("formKey") or "")
        lane = node.lane_candidates if node.settings.formula("candidates") is None else None
        self._use(node, "candidates", lane, names)
        if form is not None:
            fields = {part for component in form.walk() for part in component.key}
            for name in sorted(form.names - names - fields - FORM_NAMES):
                # Inside a repeated text a name may be an entry of the row: again only slips are reported.
                self._unknown(node.bpmn_id, name, form.key, names | fields, certain=False)
            written = (names - self.foreign) | scope_of(
                self.specs, self.specs[self.finder.process.process_id]
            )
            check_hidden(self.finder, node.bpmn_id, form, written, self.foreign & names)

    def _use(self, node: FlowNode, what: str, formula: Formula | None, names: set[str]) -> None:
        if formula is not None:
            self.use(node.bpmn_id, (what, formula), names)

    def use(self, element_id: str, use: Use, names: Iterable[str]) -> None:
        """Check one expression."""
        what, formula = use
        known = set(names)
        for name in sorted(formula.names - known):
            self._unknown(element_id, name, what, known)
        calls = formula.expression.calls if formula.expression is not None else frozenset()
        for name in sorted(calls - HOST_FUNCTIONS - known):
            place_zh, place_en = facet_name(what)
            zh, en = f"{place_zh}：没有函数 {name}", f"{place_en}: there is no function {name}"
            self.finder.error(element_id, "unknown_function", zh, en)

    def _unknown(
        self, element_id: str, name: str, what: str, known: set[str], *, certain: bool = True
    ) -> None:
        close = [
            other for other in get_close_matches(name, sorted(known), 3, 0.8) if not _is_variant(name, other)
        ]
        # Where the host gives variables that no diagram names, only a slip of the pen is worth a word.
        if not (self.is_known and certain) and not close:
            return
        place_zh, place_en = facet_name(what)
        hint_zh, hint_en = (f"，是否为 {close[0]}？", f"; is it {close[0]}?") if close else ("", "")
        self.finder.warn(
            element_id,
            "unknown_variable",
            f"{place_zh}：没有环节写入变量 {name}{hint_zh}",
            f"{place_en}: nothing writes variable {name}{hint_en}",
        )
