"""FEEL types: `instance of` and the conversion of arguments and results (DMN 1.5, 10.3.2.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.feel.nodes import TypeNode
from app.engine.feel.temporal import MIDNIGHT_UTC, FeelDate, FeelDateTime
from app.engine.feel.values import FeelFunction, FeelRange, kind_of

if TYPE_CHECKING:
    from app.engine.feel.scope import Run


class Mismatch(ValueError):
    """A value does not conform to a type."""


@dataclass(frozen=True, slots=True)
class FeelType:
    """A type by its name: Any, Null, a simple kind, or any list, context, range or function."""

    name: str

    def accepts(self, value: Any) -> bool:
        """`value instance of` this type; null is an instance of Null only."""
        return value is not None if self.name == "Any" else kind_of(value) == self.name

    def fits(self, value: Any) -> bool:
        """Whether the value conforms: like `accepts`, and null conforms to everything."""
        return value is None or self.accepts(value)

    def permits(self, value: Any, run: Run) -> bool:
        """Whether the value conforms and is an allowed one, at the run's cost; `instance of` asks less."""
        return self.fits(value)

    def coerce(self, value: Any, run: Run) -> Any:
        """The value after the implicit conversions, paid for; raises Mismatch, FeelBudgetError."""
        run.visit(value)
        if self.permits(value, run):
            return value
        if isinstance(value, list) and len(value) == 1 and self.permits(value[0], run):
            return value[0]
        if self.is_list() and not isinstance(value, list) and self.permits([value], run):
            return [value]
        if self.name == "date and time" and isinstance(value, FeelDate):
            return FeelDateTime(value, MIDNIGHT_UTC)
        raise Mismatch(f"{kind_of(value)} where {self.name} is expected")

    def is_list(self) -> bool:
        return self.name == "list"

    def conforms_to(self, other: FeelType) -> bool:
        """Whether every value of this type is one of the other."""
        return other.name == "Any" or self.name in ("null", other.name)


_OTHER_NAMES = {
    "Null": "null",
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}
ANY = FeelType("Any")
SIMPLE_TYPES = {
    name: FeelType(_OTHER_NAMES.get(name, name))
    for name in (
        "Any", "Null", "null", "number", "string", "boolean", "date", "time", "date and time", "dateTime",
        "days and time duration", "dayTimeDuration", "years and months duration", "yearMonthDuration", "list",
        "context", "range", "function",
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListType(FeelType):
    item: FeelType

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and all(self.item.fits(item) for item in value)

    def permits(self, value: Any, run: Run) -> bool:
        return value is None or (
            isinstance(value, list) and all(self.item.permits(item, run) for item in value)
        )

    def is_list(self) -> bool:
        return True

    def conforms_to(self, other: FeelType) -> bool:
        if isinstance(other, ListType):
            return self.item.conforms_to(other.item)
        return other.name in ("Any", "list")


@dataclass(frozen=True, slots=True)
class ContextType(FeelType):
    entries: tuple[tuple[str, FeelType], ...]

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict) and all(
            name in value and kind.fits(value[name]) for name, kind in self.entries
        )

    def permits(self, value: Any, run: Run) -> bool:
        return value is None or (
            self.accepts(value) and all(kind.permits(value[name], run) for name, kind in self.entries)
        )

    def conforms_to(self, other: FeelType) -> bool:
        if isinstance(other, ContextType):
            mine = dict(self.entries)
            return all(name in mine and mine[name].conforms_to(kind) for name, kind in other.entries)
        return other.name in ("Any", "context")


@dataclass(frozen=True, slots=True)
class RangeType(FeelType):
    item: FeelType

    def accepts(self, value: Any) -> bool:
        return isinstance(value, FeelRange) and self.item.fits(value.start) and self.item.fits(value.end)

    def conforms_to(self, other: FeelType) -> bool:
        if isinstance(other, RangeType):
            return self.item.conforms_to(other.item)
        return other.name in ("Any", "range")


@dataclass(frozen=True, slots=True)
class FunctionType(FeelType):
    parameters: tuple[FeelType, ...]
    result: FeelType

    def accepts(self, value: Any) -> bool:
        if not isinstance(value, FeelFunction) or len(value.parameters) != len(self.parameters):
            return False
        given = FunctionType(
            "function", tuple(p.type or ANY for p in value.parameters), value.result_type or ANY
        )
        return given.conforms_to(self)

    def permits(self, value: Any, run: Run) -> bool:
        # A function that does not declare what it gives may still turn out to be one of these.
        if not isinstance(value, FeelFunction) or value.result_type is not None:
            return self.fits(value)
        if value.variadic:
            return True
        taken = [parameter.type or ANY for parameter in value.parameters]
        return len(taken) == len(self.parameters) and all(
            given.conforms_to(mine) for given, mine in zip(self.parameters, taken, strict=True)
        )

    def conforms_to(self, other: FeelType) -> bool:
        if not isinstance(other, FunctionType):
            return other.name in ("Any", "function")
        if len(self.parameters) != len(other.parameters):
            return False
        contravariant = zip(other.parameters, self.parameters, strict=True)
        return all(theirs.conforms_to(mine) for theirs, mine in contravariant) and self.result.conforms_to(
            other.result
        )


def resolve_type(node: TypeNode, named: Mapping[str, FeelType] | None) -> FeelType | None:
    """The type a node stands for, None when its name is unknown; own types win over FEEL's."""
    if node.name in ("list", "range") and node.parts:
        item = resolve_type(node.parts[0], named)
        make = ListType if node.name == "list" else RangeType
        return make(node.name, item) if item else None
    if node.entries or (node.name == "context" and not node.parts):
        entries = [(name, resolve_type(kind, named)) for name, kind in node.entries]
        found = tuple((name, kind) for name, kind in entries if kind is not None)
        return ContextType("context", found) if len(found) == len(entries) else None
    if node.name == "function" and node.parts:
        parts = [resolve_type(part, named) for part in node.parts]
        known = tuple(part for part in parts if part is not None)
        return FunctionType("function", known[:-1], known[-1]) if len(known) == len(parts) else None
    if named and node.name in named:
        return named[node.name]
    return SIMPLE_TYPES.get(node.name)
