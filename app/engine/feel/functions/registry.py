"""How built-in functions are declared: by signatures like `string: string, start position: number`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import Any, TypeVar

from app.engine.feel.calls import WrongArguments
from app.engine.feel.frames import BUILT_INS
from app.engine.feel.scope import Run
from app.engine.feel.temporal import MIDNIGHT_UTC, FeelDate, FeelDateTime
from app.engine.feel.types import Mismatch
from app.engine.feel.values import KINDS, FeelFunction, Parameter, kind_of

Call = Callable[[Run, Sequence[Any]], Any]
Function = TypeVar("Function", bound=Callable[..., Any])
_DURATIONS = ("days and time duration", "years and months duration")


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter: `?` after the name makes it optional, a kind ending in `|null` lets null in."""

    name: str
    kinds: tuple[str, ...]
    optional: bool
    nullable: bool
    # The Python types that are taken as they are: nearly every argument, so they are asked first.
    direct: frozenset[type]

    def accept(self, value: Any) -> Any:
        """The argument after the implicit conversions; raises Mismatch."""
        if type(value) in self.direct:
            return value
        if value is None:
            if self.nullable:
                return None
            raise Mismatch(f"{self.name} is null")
        kind = kind_of(value)
        if kind in self.kinds or "any" in self.kinds:
            return value
        if "list" in self.kinds:
            return [value]
        if kind == "list" and len(value) == 1:
            return self.accept(value[0])
        if kind == "date" and "date and time" in self.kinds:
            return FeelDateTime(value, MIDNIGHT_UTC) if isinstance(value, FeelDate) else value
        raise Mismatch(f"{self.name} is {kind}, {' or '.join(self.kinds)} expected")


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a built-in function."""

    slots: tuple[Slot, ...]
    function: Callable[..., Any]
    with_run: bool
    # The last parameter takes all remaining positional arguments as a list.
    rest: bool

    def takes(self, count: int) -> bool:
        """Whether so many positional arguments fit."""
        if self.rest:
            return count >= len(self.slots)
        required = sum(1 for slot in self.slots if not slot.optional)
        return required <= count <= len(self.slots)

    def takes_names(self, names: Sequence[str]) -> bool:
        """Whether arguments of these names fit."""
        own = {slot.name for slot in self.slots}
        needed = {slot.name for slot in self.slots if not slot.optional}
        return own >= set(names) and needed <= set(names)

    def apply(self, run: Run, arguments: Sequence[Any]) -> Any:
        """Call with positional arguments; raises ValueError and the like when they do not fit."""
        values = arguments
        if self.rest:
            values = list(arguments)
            last = len(self.slots) - 1
            values = [*values[:last], values[last:]]
        accepted = [
            value if type(value) in slot.direct else slot.accept(value)
            for slot, value in zip(self.slots, values, strict=False)
        ]
        if len(accepted) < len(self.slots):
            accepted += [None] * (len(self.slots) - len(accepted))
        return self.function(run, *accepted) if self.with_run else self.function(*accepted)

    def apply_named(self, run: Run, arguments: dict[str, Any]) -> Any:
        """Call with named arguments that `takes_names`; raises ValueError and the like."""
        accepted = [
            slot.accept(arguments[slot.name]) if slot.name in arguments else None for slot in self.slots
        ]
        if self.rest:
            accepted[-1] = [accepted[-1]]
        return self.function(run, *accepted) if self.with_run else self.function(*accepted)


SIGNATURES: dict[str, list[Signature]] = {}


def _read_slots(text: str) -> tuple[Slot, ...]:
    slots = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, kind = (piece.strip() for piece in part.split(":"))
        kinds = tuple(piece for piece in kind.split("|") if piece != "null")
        expanded = tuple(
            each for piece in kinds for each in (_DURATIONS if piece == "duration" else (piece,))
        )
        slots.append(_slot(name, expanded, "|null" in kind))
    return tuple(slots)


def _slot(name: str, kinds: tuple[str, ...], nullable: bool) -> Slot:
    direct = {kind for kind, label in KINDS.items() if label in kinds or ("any" in kinds and label != "null")}
    if nullable:
        direct.add(NoneType)
    return Slot(name.rstrip("?"), kinds, name.endswith("?"), nullable, frozenset(direct))


def _apply_one(signature: Signature) -> Call:
    slot, function = signature.slots[0], signature.function
    direct = slot.direct

    def call(_: Run, arguments: Sequence[Any]) -> Any:
        value = arguments[0]
        return function(value if type(value) in direct else slot.accept(value))

    return call


def _call_with(name: str) -> Callable[[int], Call]:
    signatures = SIGNATURES[name]

    def prepare(count: int) -> Call:
        fitting = [signature for signature in signatures if signature.takes(count)]
        if len(fitting) != 1:
            return BUILT_INS[name].call
        only = fitting[0]
        simple = len(only.slots) == 1 == count and not only.rest and not only.with_run
        return _apply_one(only) if simple else only.apply

    return prepare


def _call_positional(name: str) -> Callable[[Run, Sequence[Any]], Any]:
    signatures = SIGNATURES[name]

    @functools.lru_cache(maxsize=8)
    def fitting_for(count: int) -> list[Signature]:
        return [signature for signature in signatures if signature.takes(count)]

    def call(run: Run, arguments: Sequence[Any]) -> Any:
        fitting = fitting_for(len(arguments))
        if len(fitting) == 1:
            return fitting[0].apply(run, arguments)
        if not fitting:
            raise WrongArguments(f"{len(arguments)} arguments do not fit")
        for signature in fitting[:-1]:
            try:
                return signature.apply(run, arguments)
            except Mismatch:
                continue
        return fitting[-1].apply(run, arguments)

    return call


def _call_named(name: str) -> Callable[[Run, dict[str, Any]], Any]:
    signatures = SIGNATURES[name]

    def call(run: Run, arguments: dict[str, Any]) -> Any:
        fitting = [signature for signature in signatures if signature.takes_names(list(arguments))]
        if not fitting:
            raise WrongArguments("no parameters of these names")
        # `before(point, range)` and `before(range, point)` differ by the order alone.
        in_order = (each for each in fitting if [slot.name for slot in each.slots] == list(arguments))
        return next(in_order, fitting[0]).apply_named(run, arguments)

    return call


def built_in(
    name: str, slots: str, *, with_run: bool = False, rest: bool = False
) -> Callable[[Function], Function]:
    """Declare a signature of a built-in function; several may share one name."""

    def declare(function: Function) -> Function:
        signature = Signature(_read_slots(slots), function, with_run, rest)
        SIGNATURES.setdefault(name, []).append(signature)
        parameters = tuple(Parameter(slot.name) for slot in SIGNATURES[name][0].slots)
        BUILT_INS[name] = FeelFunction(
            name,
            parameters,
            _call_positional(name),
            variadic=True,
            call_named=_call_named(name),
            call_with=_call_with(name),
        )
        return function

    return declare


def whole(value: Decimal) -> int:
    """The number as an int; raises ValueError unless it is whole."""
    if value != value.to_integral_value():
        raise ValueError(f"{value} is no whole number")
    return int(value)


def numbers_in(values: list[Any]) -> list[Decimal]:
    """The list if all elements are numbers; raises Mismatch."""
    for value in values:
        if not isinstance(value, Decimal):
            raise Mismatch(f"{kind_of(value)} in a list of numbers")
    return values
