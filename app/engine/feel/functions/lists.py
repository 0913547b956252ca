"""List functions (DMN 1.5, 10.3.4.4)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.engine.feel.calls import bind, invoke
from app.engine.feel.extent import extent
from app.engine.feel.functions.registry import Function, built_in, numbers_in, whole
from app.engine.feel.operators import equals, less
from app.engine.feel.scope import Run
from app.engine.feel.types import Mismatch
from app.engine.feel.values import NUMBERS, FeelFunction, kind_of


def _several(name: str, slot: str = "list") -> Callable[[Function], Function]:
    """Declare a function that takes a list or its elements."""

    def declare(function: Function) -> Function:
        built_in(name, f"{slot}: list", with_run=True)(function)
        built_in(name, f"{slot}: any", with_run=True, rest=True)(function)
        return function

    return declare


@built_in("list contains", "list: list, element: any|null", with_run=True)
def contains(run: Run, values: list[Any], element: Any) -> bool:
    """Whether an element equals the value."""
    run.visit(values)
    return any(equals(value, element) is True for value in values)


@built_in("count", "list: list")
def count(values: list[Any]) -> Decimal:
    """How many elements the list has."""
    return Decimal(len(values))


def _extreme(values: list[Any], better: Callable[[Any, Any], bool | None]) -> Any:
    if not values:
        return None
    best = values[0]
    if less(best, best) is None:
        raise Mismatch(f"{kind_of(best)} has no order")
    for value in values[1:]:
        result = better(value, best)
        if result is None:
            raise Mismatch(f"{kind_of(value)} and {kind_of(best)} cannot be compared")
        best = value if result else best
    return best


@_several("min")
def minimum(_: Run, values: list[Any]) -> Any:
    """The smallest element, None for an empty list."""
    return _extreme(values, less)


@_several("max")
def maximum(_: Run, values: list[Any]) -> Any:
    """The largest element, None for an empty list."""
    return _extreme(values, lambda value, best: less(best, value))


@_several("sum")
def total(_: Run, values: list[Any]) -> Decimal | None:
    """The sum, None for an empty list."""
    numbers = numbers_in(values)
    return functools.reduce(NUMBERS.add, numbers) if numbers else None


@_several("product")
def product(_: Run, values: list[Any]) -> Decimal | None:
    """The product, None for an empty list."""
    numbers = numbers_in(values)
    return functools.reduce(NUMBERS.multiply, numbers) if numbers else None


@_several("mean")
def mean(run: Run, values: list[Any]) -> Decimal | None:
    """The average, None for an empty list."""
    found = total(run, values)
    return None if found is None else NUMBERS.divide(found, Decimal(len(values)))


@_several("median")
def median(_: Run, values: list[Any]) -> Decimal | None:
    """The middle element or the average of the two middle ones, None for an empty list."""
    numbers = sorted(numbers_in(values))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return NUMBERS.divide(NUMBERS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@_several("stddev")
def standard_deviation(run: Run, values: list[Any]) -> Decimal | None:
    """The sample standard deviation, None for fewer than two elements."""
    average = mean(run, values)
    if average is None or len(values) < 2:
        return None
    squares = [NUMBERS.power(NUMBERS.subtract(value, average), 2) for value in values]
    variance = NUMBERS.divide(functools.reduce(NUMBERS.add, squares), Decimal(len(values) - 1))
    return NUMBERS.sqrt(variance)


@_several("mode")
def mode(_: Run, values: list[Any]) -> list[Decimal]:
    """The most frequent elements, the smallest first."""
    counts: dict[Decimal, int] = {}
    for value in numbers_in(values):
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(value for value, times in counts.items() if times == most)


def _decide(values: list[Any], decided: bool) -> bool | None:
    if any(value is decided for value in values):
        return decided
    return not decided if all(value is (not decided) for value in values) else None


@_several("all")
def all_true(_: Run, values: list[Any]) -> bool | None:
    """False if an element is false, true if all are true, else None."""
    return _decide(values, False)


@_several("any")
def any_true(_: Run, values: list[Any]) -> bool | None:
    """True if an element is true, false if all are false, else None."""
    return _decide(values, True)


def _offset(values: list[Any], position: Decimal) -> int:
    """The index from 0 of a position from 1 or from the end; raises ValueError."""
    number = whole(position)
    if not 0 < abs(number) <= len(values):
        raise ValueError(f"the list has no position {number}")
    return number - 1 if number > 0 else len(values) + number


@built_in("sublist", "list: list, start position: number, length?: number", with_run=True)
def sublist(run: Run, values: list[Any], start: Decimal, length: Decimal | None) -> list[Any]:
    """So many elements from a position on; raises ValueError when there are fewer."""
    first = _offset(values, start)
    end = len(values) if length is None else first + whole(length)
    if end > len(values) or end < first:
        raise ValueError("the list is shorter")
    run.grow(end - first)
    return values[first:end]


@built_in("append", "list: list|null, item: any|null", with_run=True, rest=True)
def append(run: Run, values: list[Any] | None, items: list[Any]) -> list[Any]:
    """The list with the items at its end."""
    if values is None:
        raise Mismatch("list is null")
    run.grow(len(values) + len(items))
    return [*values, *items]


def _joined(run: Run, lists: list[Any]) -> list[Any]:
    joined: list[Any] = []
    for each in lists:
        if each is None:
            raise Mismatch("list is null")
        part = each if isinstance(each, list) else [each]
        run.grow(len(part))
        joined.extend(part)
    return joined


@built_in("concatenate", "list: any", with_run=True, rest=True)
def concatenate(run: Run, lists: list[Any]) -> list[Any]:
    """All elements of all lists."""
    return _joined(run, lists)


@built_in("union", "list: any", with_run=True, rest=True)
def union(run: Run, lists: list[Any]) -> list[Any]:
    """All elements of all lists, each once."""
    return distinct(run, _joined(run, lists))


def _hashable(value: Any) -> bool:
    return isinstance(value, (str, Decimal)) or value is None


@built_in("distinct values", "list: list", with_run=True)
def distinct(run: Run, values: list[Any]) -> list[Any]:
    """Each element once, in order of its first appearance."""
    found: list[Any] = []
    seen: set[Any] = set()
    others: list[Any] = []
    for value in values:
        if _hashable(value):
            if value not in seen:
                seen.add(value)
                found.append(value)
            continue
        run.step(1 + len(others) * (4 + extent(value)) // 16)
        if not any(equals(other, value) is True for other in others):
            others.append(value)
            found.append(value)
    run.grow(len(found))
    return found


@built_in("insert before", "list: list, position: number, newItem: any|null", with_run=True)
def insert_before(run: Run, values: list[Any], position: Decimal, item: Any) -> list[Any]:
    """The list with an item put before a position."""
    index = _offset(values, position)
    run.grow(len(values) + 1)
    return [*values[:index], item, *values[index:]]


@built_in("remove", "list: list, position: number", with_run=True)
def remove(run: Run, values: list[Any], position: Decimal) -> list[Any]:
    """The list without the element at a position."""
    index = _offset(values, position)
    run.grow(len(values))
    return [*values[:index], *values[index + 1 :]]


@built_in("list replace", "list: list, position: number, newItem: any|null", with_run=True)
def replace_at(run: Run, values: list[Any], position: Decimal, item: Any) -> list[Any]:
    """The list with another element at a position."""
    index = _offset(values, position)
    run.grow(len(values))
    return [*values[:index], item, *values[index + 1 :]]


@built_in("list replace", "list: list, match: function, newItem: any|null", with_run=True)
def replace_matching(run: Run, values: list[Any], match: FeelFunction, item: Any) -> list[Any]:
    """The list with another element wherever `match(element, new item)` is true."""
    run.grow(len(values))
    replaced: list[Any] = []
    for value in values:
        result = invoke(run, match, [value, item])
        if not isinstance(result, bool):
            raise Mismatch("match gives no boolean")
        replaced.append(item if result else value)
    return replaced


@built_in("reverse", "list: list", with_run=True)
def reverse(run: Run, values: list[Any]) -> list[Any]:
    """The elements from the last to the first."""
    run.grow(len(values))
    return values[::-1]


@built_in("index of", "list: list, match: any|null", with_run=True)
def index_of(run: Run, values: list[Any], match: Any) -> list[Decimal]:
    """The positions of the elements that equal the value."""
    run.visit(values)
    return [Decimal(index) for index, value in enumerate(values, 1) if equals(value, match) is True]


@built_in("flatten", "list: list", with_run=True)
def flatten(run: Run, values: list[Any]) -> list[Any]:
    """All elements, those of inner lists in their place."""
    flat: list[Any] = []
    pending = [iter(values)]
    while pending:
        for value in pending[-1]:
            if isinstance(value, list):
                run.step()
                pending.append(iter(value))
                break
            run.grow(1)
            flat.append(value)
        else:
            pending.pop()
    return flat


@built_in("sort", "list: list, precedes?: function", with_run=True)
def sort(run: Run, values: list[Any], precedes: FeelFunction | None) -> list[Any]:
    """The list in order; elements of which neither precedes the other keep their places."""
    run.grow(len(values))

    def is_before(left: Any, right: Any) -> bool:
        result = less(left, right) if precedes is None else invoke(run, precedes, [left, right])
        if not isinstance(result, bool):
            raise Mismatch("the elements have no order")
        return result

    if precedes is not None and not precedes.variadic:
        bind(run, precedes, [None, None], None)

    def compare(left: Any, right: Any) -> int:
        run.step()
        if is_before(left, right):
            return -1
        return 1 if is_before(right, left) else 0

    return sorted(values, key=functools.cmp_to_key(compare))
