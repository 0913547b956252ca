"""Compiled expressions and unary tests: what hosts hold on to."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from app.engine.feel import calls, loops  # noqa: F401  (they add their nodes to the compiler's table)
from app.engine.feel import nodes as n
from app.engine.feel.comparisons import bounds, test_value
from app.engine.feel.compiler import Code, Compiler
from app.engine.feel.errors import FeelBudgetError, FeelSyntaxError
from app.engine.feel.frames import BUILT_INS, Frame, RootFrame
from app.engine.feel.free_names import find_free_names, mentions
from app.engine.feel.functions import SIGNATURES
from app.engine.feel.hosting import from_host, to_host
from app.engine.feel.names import KnownNames, is_plain
from app.engine.feel.parser import Parser
from app.engine.feel.scope import NO_SCOPE, Run, Scope
from app.engine.feel.values import FeelRange

_BUILT_IN_NAMES = KnownNames(
    [*SIGNATURES, *(slot.name for forms in SIGNATURES.values() for form in forms for slot in form.slots)]
)
_MEMBER_NAMES = ("time offset", "start included", "end included")


class _Compiled:
    def __init__(self, text: str, node: n.Node) -> None:
        self.text = text
        found = find_free_names(node)
        self.names = frozenset(found.variables - BUILT_INS.keys())
        self.entry_names = frozenset(found.entries - BUILT_INS.keys())
        self.calls = frozenset(found.calls - BUILT_INS.keys())
        self.members = frozenset(found.members)


class Expression(_Compiled):
    """A compiled FEEL expression.

    `names` are the variables it surely reads, `entry_names` names inside filters that may also be entries of
    the filtered element, `calls` the functions it calls that are not built in, `members` what it reads of a
    variable by a path: pairs of the variable and the entry.
    """

    def __init__(self, text: str, node: n.Node, code: Code) -> None:
        super().__init__(text, node)
        self._code = code

    def evaluate(self, variables: Mapping[str, Any], scope: Scope | None = None) -> Any:
        """The value for these variables, as Python's own types where they can hold it.

        Never changes the variables. What goes wrong inside gives None and a warning to the scope's sink;
        raises FeelBudgetError when the budget is used up.
        """
        try:
            value = self._code(RootFrame(variables, Run(scope or NO_SCOPE)))
        except RecursionError:
            raise FeelBudgetError("evaluation is nested too deeply") from None
        return value if value is True or value is False else to_host(value)

    def run(self, frame: Frame) -> Any:
        """The FEEL value in a frame; raises FeelBudgetError."""
        try:
            return self._code(frame)
        except RecursionError:
            raise FeelBudgetError("evaluation is nested too deeply") from None


class UnaryTests(_Compiled):
    """The tests of a decision table's input cell, or any condition about one value."""

    def __init__(self, text: str, node: n.UnaryTestsNode, codes: list[Code]) -> None:
        super().__init__(text, node)
        self._tests = [(code, _kind_of_test(test)) for code, test in zip(codes, node.tests, strict=True)]
        self._negated = node.negated
        self.node = node

    def matches(self, value: Any, variables: Mapping[str, Any], scope: Scope | None = None) -> bool:
        """Whether the value passes; a test without a result lets nothing pass. Raises FeelBudgetError."""
        if not self._tests:
            return True
        root = RootFrame(variables, Run(scope or NO_SCOPE))
        return self.run(root, from_host(value)) is True

    def run(self, frame: Frame, value: Any) -> bool | None:
        """True, False or None (no result) for a FEEL value; raises FeelBudgetError."""
        if not self._tests:
            return True
        inner, unknown = Frame({"?": value}, frame), False
        try:
            for code, kind in self._tests:
                result = _passes(code, kind, inner, value)
                if result is True:
                    return not self._negated
                unknown = unknown or result is None
        except RecursionError:
            raise FeelBudgetError("evaluation is nested too deeply") from None
        return None if unknown else self._negated

    def values(self, frame: Frame) -> tuple[Any, ...]:
        """The values tests such as `"a","b"` name one by one; empty when one of them is no plain value."""
        if self._negated or any(kind == "condition" for _, kind in self._tests):
            return ()
        found = tuple(code(Frame({"?": None}, frame)) for code, _ in self._tests)
        return () if any(value is None or isinstance(value, FeelRange) for value in found) else found


def _passes(code: Code, kind: str, frame: Frame, value: Any) -> bool | None:
    result = code(frame)
    if type(result) is list:
        frame.run.visit(result)
    if result is None and kind in ("range", "condition"):
        return None
    if isinstance(result, bool) and (kind == "condition" or (kind == "call" and not isinstance(value, bool))):
        return result
    return test_value(value, result)


_CONDITIONS = (n.Comparison, n.Between, n.In, n.InstanceOf, n.Logic, n.Quantified)


def _kind_of_test(node: n.Node) -> str:
    """Whether a test says by itself if the value passes (condition), or what the value must be.

    A call may do either: its boolean is a condition unless the value is a boolean to compare with.
    """
    if mentions(node, "?") or isinstance(node, _CONDITIONS):
        return "condition"
    if bounds(node):
        return "range"
    return "call" if isinstance(node, n.Call) else "value"


def _relevant(text: str, names: Iterable[str]) -> frozenset[str]:
    """The names the lexer cannot see as one word and that may occur in the text."""
    return frozenset(
        name for name in names if not is_plain(name) and name.strip() and name.strip()[0] in text
    )


def _parser(text: str, names: frozenset[str]) -> Parser:
    known = _BUILT_IN_NAMES.copy()
    for name in (*_MEMBER_NAMES, *names):
        known.add(name)
    return Parser(text, known)


@functools.lru_cache(maxsize=16_384)
def _expression(text: str, names: frozenset[str]) -> Expression:
    try:
        parser = _parser(text, names)
        node = parser.expression()
        parser.finish()
        return Expression(text, node, Compiler(text).compile(node))
    except RecursionError:
        raise FeelSyntaxError("expression is nested too deeply") from None


@functools.lru_cache(maxsize=16_384)
def _unary_tests(text: str, names: frozenset[str]) -> UnaryTests:
    try:
        parser = _parser(text, names)
        node = parser.unary_tests()
        parser.finish()
        compiler = Compiler(text)
        return UnaryTests(text, node, [compiler.compile(test) for test in node.tests])
    except RecursionError:
        raise FeelSyntaxError("expression is nested too deeply") from None


def compile_expression(text: str, names: Iterable[str] = ()) -> Expression:
    """The compiled expression; `names` tells which names with blanks or symbols are in scope.

    Raises FeelSyntaxError with line and column.
    """
    return _expression(text, _relevant(text, names))


def compile_unary_tests(text: str, names: Iterable[str] = ()) -> UnaryTests:
    """The compiled tests; an empty text or `-` lets every value pass. Raises FeelSyntaxError."""
    return _unary_tests(text, _relevant(text, names))
