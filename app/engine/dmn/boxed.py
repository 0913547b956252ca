"""Boxed expressions as closures (DMN 1.5, 10.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lxml import etree

from app.engine.dmn import xml
from app.engine.dmn.item_types import TypeTable
from app.engine.dmn.table_reading import read_table
from app.engine.dmn.tables import DecisionTable, evaluate_table
from app.engine.dmn.trace import DecisionRun
from app.engine.feel.calls import NO_RESULT, invoke
from app.engine.feel.compiler import Code
from app.engine.feel.errors import FeelBudgetError, FeelSyntaxError
from app.engine.feel.expressions import Expression, UnaryTests, compile_expression, compile_unary_tests
from app.engine.feel.frames import Frame
from app.engine.feel.loops import NoIteration, items_of, select
from app.engine.feel.types import FeelType, FunctionType, Mismatch
from app.engine.feel.values import FeelFunction, Parameter, kind_of

Names = frozenset[str]
BOXED = (
    "literalExpression", "decisionTable", "context", "list", "relation", "invocation", "functionDefinition",
    "conditional", "filter", "for", "some", "every",
)  # fmt: skip
_NULL = compile_expression("null")


class BoxedReader:
    """Compiles the expressions of one model and collects its problems and tables."""

    def __init__(self, types: TypeTable, problem: Callable[[etree._Element, str], None]) -> None:
        self.types = types
        self.problem = problem
        self.tables: dict[etree._Element, DecisionTable] = {}

    # -- FEEL texts -------------------------------------------------------------------------------
    def expression(self, element: etree._Element, text: str | None, names: Names) -> Expression:
        """A compiled text; a wrong one is a problem and evaluates to null."""
        if text is None or not text.strip() or not self._speaks_feel(element):
            return _NULL
        try:
            return compile_expression(text, names)
        except FeelSyntaxError as error:
            self.problem(element, f"{text.strip()!r}: {error}")
            return _NULL

    def tests(self, element: etree._Element, text: str | None, names: Names) -> UnaryTests:
        """Compiled unary tests; wrong ones are a problem and let nothing pass."""
        if not self._speaks_feel(element):
            return compile_unary_tests("false and ?")
        try:
            return compile_unary_tests((text or "").strip(), names)
        except FeelSyntaxError as error:
            self.problem(element, f"{(text or '').strip()!r}: {error}")
            return compile_unary_tests("false and ?")

    def _speaks_feel(self, element: etree._Element) -> bool:
        language = xml.attribute(element, "expressionLanguage")
        if not xml.is_feel(language):
            self.problem(element, f"{language} cannot be evaluated, only FEEL")
            return False
        return True

    # -- boxed expressions ------------------------------------------------------------------------
    def inside(self, element: etree._Element | None, names: Names) -> Code:
        """The closure of the expression that is a child of the element; null when there is none."""
        found = xml.child(element, *BOXED)
        return (lambda _: None) if found is None else self.compile(found, names)

    def compile(self, element: etree._Element, names: Names) -> Code:
        """The closure of a boxed expression."""
        return _READERS[xml.tag_of(element)](self, element, names)

    def literal(self, element: etree._Element, names: Names) -> Code:
        return self.expression(element, xml.text_of(element, "text"), names).run

    def table(self, element: etree._Element, names: Names) -> Code:
        table = read_table(self, element, names)
        self.tables[element] = table
        return lambda frame: evaluate_table(table, frame)

    def typed(self, variable: etree._Element | None, logic: etree._Element | None, names: Names) -> Code:
        """The closure of an expression with its result converted to the variable's type."""
        if logic is None:
            return lambda _: None
        code = self.compile(logic, names)
        if variable is None:
            return code
        kind = value_type(self.types.resolve(xml.type_ref(variable), variable), logic)
        what, place = xml.attribute(variable, "name") or "the result", xml.id_of(variable)
        return code if kind is None else lambda frame: conform(frame, kind, code(frame), what, place)

    def context(self, element: etree._Element, names: Names) -> Code:
        entries: list[tuple[str | None, Code]] = []
        for entry in xml.children(element, "contextEntry"):
            variable = xml.child(entry, "variable")
            name = xml.attribute(variable, "name")
            entries.append((name, self.typed(variable, xml.child(entry, *BOXED), names)))
            if name and any(name == other for other, _ in entries[:-1]):
                self.problem(entry, f"context entry {name!r} appears twice")
                return lambda _: None
            if name:
                names |= {name}

        def run(frame: Frame) -> Any:
            inner = Frame({}, frame)
            for name, code in entries:
                value = code(inner)
                if name is None:
                    return value
                inner.vars[name] = value
            return dict(inner.vars)

        return run

    def listing(self, element: etree._Element, names: Names) -> Code:
        items = [self.compile(item, names) for item in xml.children(element, *BOXED)]
        return lambda frame: [item(frame) for item in items]

    def relation(self, element: etree._Element, names: Names) -> Code:
        variables = list(xml.children(element, "column"))
        columns = [xml.attribute(column, "name") or "" for column in variables]
        cells = [list(xml.children(row, *BOXED)) for row in xml.children(element, "row")]
        if any(len(row) != len(columns) for row in cells):
            self.problem(element, "a row has not as many cells as there are columns")
        rows = [
            [self.typed(column, cell, names) for column, cell in zip(variables, row, strict=False)]
            for row in cells
        ]
        return lambda frame: [
            {column: cell(frame) for column, cell in zip(columns, row, strict=False)} for row in rows
        ]

    def function(self, element: etree._Element, names: Names) -> Code:
        parameters = tuple(
            Parameter(
                xml.attribute(parameter, "name") or "", self.types.resolve(xml.type_ref(parameter), parameter)
            )
            for parameter in xml.children(element, "formalParameter")
        )
        place = xml.id_of(element)
        kind = (xml.attribute(element, "kind") or "FEEL").upper()
        is_external = kind != "FEEL"
        body = None if is_external else self.inside(element, names | {p.name for p in parameters})
        variable = xml.child(element.getparent(), "variable")
        place_of_type = element if variable is None or xml.type_ref(element) else variable
        result = result_type(self.types.resolve(xml.type_ref(place_of_type), place_of_type))

        def run(frame: Frame) -> Any:
            def call(_: Any, arguments: Sequence[Any]) -> Any:
                if body is None:
                    _run(frame).fail(f"external functions ({kind}) are refused", place)
                    return None
                bound = {p.name: value for p, value in zip(parameters, arguments, strict=True)}
                value = body(Frame(bound, frame))
                return value if result is None else conform(frame, result, value, "the result", place)

            return FeelFunction("", parameters, call)

        return run

    def knowledge(self, element: etree._Element | None, names: Names) -> Code:
        """The body of a business knowledge model, which sees its parameters."""
        if element is None:
            return lambda _: None
        kind = (xml.attribute(element, "kind") or "FEEL").upper()
        place = xml.id_of(element)
        if kind != "FEEL":
            return lambda frame: _run(frame).fail(f"external functions ({kind}) are refused", place)
        parameters = {xml.attribute(p, "name") or "" for p in xml.children(element, "formalParameter")}
        return self.inside(element, names | parameters)

    def invocation(self, element: etree._Element, names: Names) -> Code:
        target = self.inside(element, names)
        place = xml.id_of(element)
        bindings: list[tuple[str, Code]] = []
        for binding in xml.children(element, "binding"):
            parameter = xml.child(binding, "parameter")
            name = xml.attribute(parameter, "name") or ""
            bindings.append((name, self.inside(binding, names)))
        bound_names = tuple(name for name, _ in bindings)

        def run(frame: Frame) -> Any:
            function = target(frame)
            if not isinstance(function, FeelFunction):
                _run(frame).fail(f"{kind_of(function)} cannot be invoked", place)
                return None
            try:
                return invoke(frame.run, function, [code(frame) for _, code in bindings], bound_names)
            except NO_RESULT as error:
                _run(frame).fail(f"invocation failed: {error}", place)
                return None

        return run

    def conditional(self, element: etree._Element, names: Names) -> Code:
        condition, then, otherwise = (
            self.inside(xml.child(element, tag), names) for tag in ("if", "then", "else")
        )
        return lambda frame: then(frame) if condition(frame) is True else otherwise(frame)

    def filter(self, element: etree._Element, names: Names) -> Code:
        source = self.inside(xml.child(element, "in"), names)
        match = self.inside(xml.child(element, "match"), names | {"item"})

        return lambda frame: select(frame, source(frame), match)

    def iteration(self, element: etree._Element, names: Names) -> Code:
        name = xml.attribute(element, "iteratorVariable") or "item"
        source = self.inside(xml.child(element, "in"), names)
        body = self.inside(xml.child(element, "return", "satisfies"), names | {name, "partial"})
        kind, place = xml.tag_of(element), xml.id_of(element)

        def run(frame: Frame) -> Any:
            results: list[Any] = []
            try:
                for item in items_of(source(frame)):
                    frame.run.step(1 + len(results) // 16)
                    frame.run.grow(1)
                    names = {name: item, "partial": list(results)} if kind == "for" else {name: item}
                    results.append(body(Frame(names, frame)))
            except NoIteration as error:
                _run(frame).fail(str(error), place)
                return None
            return results if kind == "for" else _quantify(results, kind == "every")

        return run


def _run(frame: Frame) -> DecisionRun:
    if not isinstance(frame.run, DecisionRun):
        raise FeelBudgetError("a decision's function outlived its decision")
    return frame.run


def result_type(kind: FeelType | None) -> FeelType | None:
    """What a function gives: its type may be written as that of the function or of the result."""
    return kind.result if isinstance(kind, FunctionType) else kind


def value_type(declared: FeelType | None, logic: etree._Element | None) -> FeelType | None:
    """What an expression must conform to: a function's variable may tell the type of its result instead."""
    is_function = logic is not None and xml.tag_of(logic) == "functionDefinition"
    return None if is_function and not isinstance(declared, FunctionType) else declared


def _quantify(results: list[Any], every: bool) -> bool | None:
    for result in results:
        if result is (not every):
            return not every
        if result is not None and not isinstance(result, bool):
            return None
    return None if None in results else every


def conform(frame: Frame, kind: FeelType, value: Any, what: str, place: str) -> Any:
    """The value converted to the type; null and an error when it does not conform."""
    try:
        return kind.coerce(value, frame.run)
    except Mismatch as error:
        _run(frame).fail(f"{what}: {error}", place)
        return None


_READERS: dict[str, Callable[[BoxedReader, etree._Element, Names], Code]] = {
    "literalExpression": BoxedReader.literal,
    "decisionTable": BoxedReader.table,
    "context": BoxedReader.context,
    "list": BoxedReader.listing,
    "relation": BoxedReader.relation,
    "invocation": BoxedReader.invocation,
    "functionDefinition": BoxedReader.function,
    "conditional": BoxedReader.conditional,
    "filter": BoxedReader.filter,
    "for": BoxedReader.iteration,
    "some": BoxedReader.iteration,
    "every": BoxedReader.iteration,
}
