"""Where names are looked up while an expression runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.engine.feel.hosting import from_host, to_host
from app.engine.feel.scope import Run
from app.engine.feel.values import FeelFunction

MISSING: Any = object()


class Frame:
    """Names bound by a loop, a filter, a function or a context, inside another frame."""

    __slots__ = ("parent", "root", "run", "vars")
    root: RootFrame
    run: Run

    def __init__(self, names: dict[str, Any], parent: Frame) -> None:
        self.vars = names
        self.parent: Frame | None = parent
        self.root = parent.root
        self.run = parent.run


class RootFrame(Frame):
    """The host's variables: converted to FEEL values when first used, and kept for this evaluation."""

    __slots__ = ("_paths", "raw")

    def __init__(self, raw: Mapping[str, Any], run: Run) -> None:
        self.vars = {}
        self.parent = None
        self.run = run
        self.raw = raw
        self._paths: dict[tuple[str, ...], Any] | None = None

    @property
    def root(self) -> RootFrame:  # type: ignore[override]
        """Itself; held as an attribute it would be a cycle, left for the collector by every evaluation."""
        return self

    def load(self, name: str) -> Any:
        """The variable, the host's function or the built-in function of that name, else MISSING."""
        if name in self.raw:
            value = self.raw[name]
            if type(value) is bool or type(value) is str:
                return value
            value = from_host(value)
        elif name in self.run.scope.functions:
            value = host_function(name, self.run.scope.functions[name])
        else:
            return BUILT_INS.get(name, MISSING)
        self.vars[name] = value
        return value

    def load_path(self, names: tuple[str, ...]) -> Any:
        """A variable's part, without converting the rest; MISSING when the general way must be taken."""
        paths = self._paths
        if paths is not None and names in paths:
            return paths[names]
        value: Any = self.raw
        for name in names:
            # Asking a dict whether it is a mapping takes longer than all the rest.
            if (type(value) is not dict and not isinstance(value, Mapping)) or name not in value:
                return MISSING
            value = value[name]
        found = from_host(value)
        # What a conversion costs decides whether it is kept: a text or a boolean is found as fast again.
        if type(value) not in _CHEAP:
            if paths is None:
                paths = self._paths = {}
            paths[names] = found
        return found


_CHEAP = frozenset({str, bool, int, type(None)})


# Filled by app.engine.feel.functions; a table here keeps the two modules free of a cycle.
BUILT_INS: dict[str, FeelFunction] = {}


def find(frame: Frame, name: str) -> Any:
    """The value of a name in the innermost frame that has it, MISSING if none has."""
    current: Frame | None = frame
    while current is not None:
        if name in current.vars:
            return current.vars[name]
        current = current.parent
    return frame.root.load(name)


def _given(run: Run, value: Any) -> Any:
    run.visit(value)
    return to_host(value)


def host_function(name: str, function: Callable[..., Any]) -> FeelFunction:
    """A host's Python function as a FEEL function of any number of arguments."""

    def call(run: Run, arguments: Sequence[Any]) -> Any:
        return from_host(function(*(_given(run, argument) for argument in arguments)))

    def call_named(run: Run, arguments: dict[str, Any]) -> Any:
        return from_host(function(**{key: _given(run, value) for key, value in arguments.items()}))

    return FeelFunction(name, (), call, variadic=True, call_named=call_named)
