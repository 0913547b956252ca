"""Syntax tree to Python closures. A closure takes the frame and gives the FEEL value."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.engine.feel import nodes as n
from app.engine.feel.errors import FeelSyntaxError
from app.engine.feel.frames import MISSING, Frame, find
from app.engine.feel.lexer import fail, place_of
from app.engine.feel.members import find_descendants, read_member
from app.engine.feel.operators import ARITHMETIC, less_or_equal, make_range, negate
from app.engine.feel.temporal_text import parse_at
from app.engine.feel.types import resolve_type
from app.engine.feel.values import FeelRange, kind_of

Code = Callable[[Frame], Any]


class Compiler:
    """Compiles the nodes of one text, so that warnings and errors can name a place in it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def compile(self, node: n.Node) -> Code:
        """The closure for a node."""
        return COMPILERS[type(node)](self, node)

    def place(self, node: n.Node) -> tuple[int, int]:
        """Line and column of a node."""
        return place_of(self.text, node.start)

    def error(self, node: n.Node, message: str) -> FeelSyntaxError:
        """The error for a node."""
        return fail(self.text, node.start, message)


Compile = Callable[[Compiler, Any], Code]
COMPILERS: dict[type[n.Node], Compile] = {}


def _literal(_: Compiler, node: n.Literal) -> Code:
    value = node.value
    return lambda frame: value


def _at_literal(compiler: Compiler, node: n.AtLiteral) -> Code:
    value = parse_at(node.text)
    place = compiler.place(node)

    def run(frame: Frame) -> Any:
        if value is None:
            frame.run.warn(f"@{node.text!r} is no date, time or duration", *place)
        return value

    return run


def _name(compiler: Compiler, node: n.Name) -> Code:
    name, place = node.name, compiler.place(node)

    def run(frame: Frame) -> Any:
        names = frame.vars
        if name in names:
            return names[name]
        value = frame.root.load(name) if frame.parent is None else find(frame, name)
        if value is MISSING:
            frame.run.warn(f"{name} is unknown", *place)
            return None
        return value

    return run


def dotted_names(node: n.Node) -> tuple[str, ...] | None:
    """The parts of `a.b.c`, None for a path that starts with anything but a name."""
    names: list[str] = []
    while isinstance(node, n.Path):
        names.append(node.name)
        node = node.source
    return (node.name, *reversed(names)) if isinstance(node, n.Name) else None


def _path(compiler: Compiler, node: n.Path) -> Code:
    source, name, place = compiler.compile(node.source), node.name, compiler.place(node)
    names = dotted_names(node)

    def general(frame: Frame) -> Any:
        value = source(frame)
        if type(value) is list:
            _pay_for_members(frame, value)
        found = read_member(value, name)
        if found is MISSING:
            if value is not None:
                frame.run.warn(f"{kind_of(value)} has no {name}", *place)
            return None
        return found

    if names is None:
        return general
    first, dotted = names[0], names

    def quick(frame: Frame) -> Any:
        if first in frame.vars:
            return general(frame)
        current = frame.parent
        while current is not None:
            if first in current.vars:
                return general(frame)
            current = current.parent
        found = frame.root.load_path(dotted)
        return general(frame) if found is MISSING else found

    return quick


def _pay_for_members(frame: Frame, values: list[Any]) -> None:
    frame.run.grow(len(values))
    if any(type(value) is list for value in values):
        frame.run.visit(values)


def _descendants(compiler: Compiler, node: n.Descendants) -> Code:
    source, name = compiler.compile(node.source), node.name

    def run(frame: Frame) -> Any:
        found = find_descendants(source(frame), name, frame.run.step)
        frame.run.grow(len(found))
        return found

    return run


def _negation(compiler: Compiler, node: n.Negation) -> Code:
    if isinstance(node.operand, n.Literal) and isinstance(node.operand.value, Decimal):
        constant = negate(node.operand.value)
        return lambda frame: constant
    operand, place = compiler.compile(node.operand), compiler.place(node)

    def run(frame: Frame) -> Any:
        value = operand(frame)
        result = negate(value)
        if result is None:
            frame.run.warn(f"{kind_of(value)} cannot be negated", *place)
        return result

    return run


def _operation(compiler: Compiler, operator: str, node: n.Node) -> Callable[[Frame, Any, Any], Any]:
    place, operate = compiler.place(node), ARITHMETIC[operator]

    def run(frame: Frame, left: Any, right: Any) -> Any:
        try:
            result = operate(left, right)
        except (ArithmeticError, ValueError) as error:
            frame.run.warn(f"{operator} has no result: {type(error).__name__}", *place)
            return None
        if result is None:
            frame.run.warn(f"{kind_of(left)} {operator} {kind_of(right)} is not defined", *place)
        elif type(result) is str:
            frame.run.grow(len(result))
        return result

    return run


def _arithmetic(compiler: Compiler, node: n.Arithmetic) -> Code:
    first = compiler.compile(node.first)
    steps = [
        (_operation(compiler, operator, operand), compiler.compile(operand))
        for operator, operand in node.rest
    ]
    if len(steps) == 1:
        operate, second = steps[0]
        return lambda frame: operate(frame, first(frame), second(frame))

    # A long chain is a loop, so that its length costs no depth.
    def run(frame: Frame) -> Any:
        value = first(frame)
        for operate, operand in steps:
            value = operate(frame, value, operand(frame))
        return value

    return run


def _logic(compiler: Compiler, node: n.Logic) -> Code:
    decided = node.operator == "or"
    undecided = not decided
    operands = [compiler.compile(operand) for operand in node.operands]
    if len(operands) == 2:
        left, right = operands

        def both(frame: Frame) -> Any:
            first = left(frame)
            if first is decided:
                return decided
            second = right(frame)
            if second is decided:
                return decided
            return undecided if first is undecided and second is undecided else None

        return both

    def run(frame: Frame) -> Any:
        unknown = False
        for operand in operands:
            value = operand(frame)
            if value is decided:
                return decided
            unknown = unknown or value is not undecided
        return None if unknown else undecided

    return run


def _between(compiler: Compiler, node: n.Between) -> Code:
    value, low, high = compiler.compile(node.value), compiler.compile(node.low), compiler.compile(node.high)

    def run(frame: Frame) -> Any:
        found = value(frame)
        results = (less_or_equal(low(frame), found), less_or_equal(found, high(frame)))
        if False in results:
            return False if None not in results else None
        return None if None in results else True

    return run


def _constant(value: Any) -> Code:
    return lambda frame: value


def _range(compiler: Compiler, node: n.Range) -> Code:
    if isinstance(node.low, n.Literal) and isinstance(node.high, n.Literal):
        fixed = make_range(node.low.value, node.high.value, node.low_included, node.high_included)
        if fixed is not None:
            return _constant(fixed)
    low, high, place = compiler.compile(node.low), compiler.compile(node.high), compiler.place(node)

    def run(frame: Frame) -> Any:
        result = make_range(low(frame), high(frame), node.low_included, node.high_included)
        if result is None:
            frame.run.warn("the ends make no range", *place)
        return result

    return run


def _unary_range(compiler: Compiler, node: n.UnaryRange) -> Code:
    operand, operator, place = compiler.compile(node.operand), node.operator, compiler.place(node)
    fixed = _half_line(operator, node.operand.value) if isinstance(node.operand, n.Literal) else None
    if fixed is not None:
        return _constant(fixed)

    def run(frame: Frame) -> Any:
        value = operand(frame)
        result = _half_line(operator, value)
        if result is None:
            frame.run.warn(f"{kind_of(value)} cannot bound a range", *place)
        return result

    return run


def _half_line(operator: str, value: Any) -> FeelRange | None:
    """What `< x` and the like stand for; None when the value has no order."""
    if operator in ("=", "!="):
        included = operator == "="
        return FeelRange(value, value, included, included, operator)
    if less_or_equal(value, value) is None:
        return None
    if operator[0] == "<":
        return FeelRange(None, value, False, operator == "<=", operator)
    return FeelRange(value, None, operator == ">=", False, operator)


def _list(compiler: Compiler, node: n.ListNode) -> Code:
    items = [compiler.compile(item) for item in node.items]

    def run(frame: Frame) -> Any:
        frame.run.grow(len(items))
        return [item(frame) for item in items]

    return run


def _context(compiler: Compiler, node: n.ContextNode) -> Code:
    entries = [(key, compiler.compile(value)) for key, value in node.entries]

    def run(frame: Frame) -> Any:
        frame.run.grow(len(entries))
        inner = Frame({}, frame)
        for key, value in entries:
            inner.vars[key] = value(inner)
        return dict(inner.vars)

    return run


def _if(compiler: Compiler, node: n.If) -> Code:
    condition, then = compiler.compile(node.condition), compiler.compile(node.then)
    otherwise = compiler.compile(node.otherwise)
    return lambda frame: then(frame) if condition(frame) is True else otherwise(frame)


def _instance_of(compiler: Compiler, node: n.InstanceOf) -> Code:
    value, place = compiler.compile(node.value), compiler.place(node.type)
    # Own types may carry a built-in name, so they are looked up when the model is known: at run time.
    fixed = resolve_type(node.type, None)

    def run(frame: Frame) -> Any:
        kind = resolve_type(node.type, frame.run.types) if frame.run.types else fixed
        if kind is None:
            frame.run.warn(f"type {node.type.name} is unknown", *place)
            return None
        found = value(frame)
        frame.run.visit(found)
        return kind.accepts(found)

    return run


COMPILERS.update(
    {
        n.Literal: _literal,
        n.AtLiteral: _at_literal,
        n.Name: _name,
        n.Path: _path,
        n.Descendants: _descendants,
        n.Negation: _negation,
        n.Arithmetic: _arithmetic,
        n.Logic: _logic,
        n.Between: _between,
        n.InstanceOf: _instance_of,
        n.Range: _range,
        n.UnaryRange: _unary_range,
        n.ListNode: _list,
        n.ContextNode: _context,
        n.If: _if,
    }
)
