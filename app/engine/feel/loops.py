"""for, some, every and filters as closures (DMN 1.5, 10.3.2.10, 10.3.2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from app.engine.feel import nodes as n
from app.engine.feel.compiler import COMPILERS, Code, Compiler
from app.engine.feel.frames import Frame
from app.engine.feel.free_names import mentions
from app.engine.feel.temporal import FeelDate
from app.engine.feel.values import NUMBERS, FeelRange, kind_of


@dataclass(frozen=True, slots=True)
class _Loop:
    name: str
    domain: Code
    end: Code | None
    place: tuple[int, int]


class NoIteration(Exception):
    """A loop over something that cannot be iterated."""


def _numbers(start: Decimal, end: Decimal, low: bool, high: bool) -> Iterable[Decimal]:
    first = start if low else start + (1 if start <= end else -1)
    step = Decimal(1 if start <= end else -1)
    value = first
    while (value < end if step > 0 else value > end) or (high and value == end):
        yield value
        value = NUMBERS.add(value, step)


def _dates(start: FeelDate, end: FeelDate, low: bool, high: bool) -> Iterable[FeelDate]:
    step = 1 if start.epoch_day <= end.epoch_day else -1
    first = start.epoch_day + (0 if low else step)
    for offset in range(0, abs(end.epoch_day - start.epoch_day) + 1):
        day = first + offset * step
        if (day - end.epoch_day) * step > 0 or (day == end.epoch_day and not high):
            return
        yield start.plus_days(day - start.epoch_day)


def span(start: Any, end: Any, low: bool = True, high: bool = True) -> Iterable[Any]:
    """The whole numbers or days from start to end, downwards if the end is smaller."""
    if isinstance(start, Decimal) and isinstance(end, Decimal):
        if start == start.to_integral_value() and end == end.to_integral_value():
            return _numbers(start, end, low, high)
    elif isinstance(start, FeelDate) and isinstance(end, FeelDate):
        return _dates(start, end, low, high)
    raise NoIteration(f"no iteration from {kind_of(start)} to {kind_of(end)}")


def items_of(value: Any) -> Iterable[Any]:
    """What a loop over the value visits; raises NoIteration."""
    if isinstance(value, list):
        return value
    if isinstance(value, FeelRange):
        if value.operator or value.start is None or value.end is None:
            raise NoIteration("an unbounded range cannot be iterated")
        return span(value.start, value.end, value.start_included, value.end_included)
    if value is None:
        raise NoIteration("null cannot be iterated")
    return [value]


def _loops(compiler: Compiler, iterators: tuple[n.Iterator, ...]) -> list[_Loop]:
    return [
        _Loop(
            iterator.name,
            compiler.compile(iterator.domain),
            compiler.compile(iterator.end) if iterator.end else None,
            compiler.place(iterator),
        )
        for iterator in iterators
    ]


def _frames(loops: list[_Loop], index: int, frame: Frame, extra: dict[str, Any]) -> Iterator[Frame]:
    if index == len(loops):
        yield frame
        return
    loop = loops[index]
    try:
        start = loop.domain(frame)
        visited = items_of(start) if loop.end is None else span(start, loop.end(frame))
        for item in visited:
            frame.run.step()
            yield from _frames(loops, index + 1, Frame({**extra, loop.name: item}, frame), extra)
    except NoIteration as error:
        frame.run.warn(str(error), *loop.place)
        raise


def _for(compiler: Compiler, node: n.For) -> Code:
    loops, body = _loops(compiler, node.iterators), compiler.compile(node.body)
    uses_partial = mentions(node.body, "partial")

    def run(frame: Frame) -> Any:
        results: list[Any] = []
        extra: dict[str, Any] = {"partial": []}
        try:
            for inner in _frames(loops, 0, frame, extra):
                value = body(inner)
                frame.run.grow(1)
                results.append(value)
                if uses_partial:
                    frame.run.step(len(results) // 16)
                    extra["partial"] = list(results)
        except NoIteration:
            return None
        return results

    return run


def _quantified(compiler: Compiler, node: n.Quantified) -> Code:
    loops, condition = _loops(compiler, node.iterators), compiler.compile(node.condition)
    decided, place = not node.every, compiler.place(node.condition)

    def run(frame: Frame) -> Any:
        unknown = False
        try:
            for inner in _frames(loops, 0, frame, {}):
                value = condition(inner)
                if value is decided:
                    return decided
                unknown = unknown or value is None
                if value is not None and not isinstance(value, bool):
                    frame.run.warn(f"the condition is {kind_of(value)}, no boolean", *place)
                    return None
        except NoIteration:
            return None
        return None if unknown else node.every

    return run


def item_names(item: Any) -> dict[str, Any]:
    """What a filter's condition sees of an element: its entries and itself as `item`."""
    return {"item": item, **item} if isinstance(item, dict) else {"item": item}


def pick(items: list[Any], index: Decimal) -> Any:
    """The element at an index from 1, or from the end when negative; None when there is none."""
    position = int(index.to_integral_value(rounding=ROUND_HALF_EVEN))
    if position != index or not 0 < abs(position) <= len(items):
        return None
    return items[position - 1] if position > 0 else items[position]


def _filter(compiler: Compiler, node: n.Filter) -> Code:
    source, condition, place = (
        compiler.compile(node.source),
        compiler.compile(node.condition),
        compiler.place(node),
    )
    constant = node.condition.value if isinstance(node.condition, n.Literal) else None
    if not isinstance(constant, Decimal):
        return lambda frame: select(frame, source(frame), condition, place)
    index = constant

    def run(frame: Frame) -> Any:
        value = source(frame)
        if value is None:
            return None
        return _picked(frame, value if isinstance(value, list) else [value], index, place)

    return run


def select(frame: Frame, value: Any, condition: Code, place: tuple[int, int] = (0, 0)) -> Any:
    """The elements a condition is true for, or the one at the index it gives; None for null."""
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    found: list[Any] = []
    for item in items:
        frame.run.step()
        result = condition(Frame(item_names(item), frame))
        if result is True:
            found.append(item)
        elif isinstance(result, Decimal):
            return _picked(frame, items, result, place)
    if not items and isinstance(condition(Frame(item_names(None), frame)), Decimal):
        return None
    frame.run.grow(len(found))
    return found


def _picked(frame: Frame, items: list[Any], index: Decimal, place: tuple[int, int]) -> Any:
    if not 0 < abs(index) <= len(items):
        frame.run.warn(f"the list has no element {index}", *place)
    return pick(items, index)


COMPILERS.update({n.For: _for, n.Quantified: _quantified, n.Filter: _filter})
