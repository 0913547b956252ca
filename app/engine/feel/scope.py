"""What an evaluation may use: the host's clock, zone, functions and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from app.engine.feel.errors import FeelBudgetError
from app.engine.feel.extent import extent


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits of one evaluation: loop and call steps, call depth, items and characters produced."""

    steps: int = 100_000
    depth: int = 100
    size: int = 2_000_000


@dataclass(frozen=True, slots=True)
class FeelWarning:
    """Why a part of an expression became null; line and column count from 1, 0 means unknown."""

    message: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.message} (line {self.line}, column {self.column})" if self.line else self.message


WarningSink = Callable[[FeelWarning], None]
_DEFAULT_BUDGET = Budget()
# Items or characters that can be looked at in the time of one step.
_LOOKS = 64
_NO_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType({})


@dataclass(frozen=True)
class Scope:
    """The world an expression is evaluated in; `now` must be aware of its offset."""

    now: datetime | None = None
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=lambda: _NO_FUNCTIONS)
    zone: str = "Asia/Shanghai"
    budget: Budget = _DEFAULT_BUDGET
    warnings: WarningSink | None = None


NO_SCOPE = Scope()


class Run:
    """One evaluation: what is left of the budget and where its warnings go."""

    __slots__ = ("depth", "scope", "size", "steps", "types")

    def __init__(self, scope: Scope, types: Mapping[str, Any] | None = None) -> None:
        self.scope = scope
        self.types = types
        budget = scope.budget
        self.steps = budget.steps
        self.size = budget.size
        self.depth = budget.depth

    def step(self, count: int = 1) -> None:
        """Pay for work done; raises FeelBudgetError when nothing is left."""
        self.steps -= count
        if self.steps < 0:
            raise FeelBudgetError("evaluation needs too many steps")

    def grow(self, count: int) -> None:
        """Pay for items or characters produced; raises FeelBudgetError when nothing is left."""
        self.size -= count
        if self.size < 0:
            raise FeelBudgetError("evaluation produces too much data")

    def visit(self, value: Any) -> None:
        """Pay for walking through all of a value; raises FeelBudgetError when it is too large for that."""
        self.step(extent(value) // _LOOKS)

    def hand_over(self, arguments: Iterable[Any]) -> None:
        """Pay for what a function may do with the lists and texts it gets; raises FeelBudgetError."""
        for value in arguments:
            if (type(value) is list or type(value) is str) and len(value) >= _LOOKS:
                self.step(len(value) // _LOOKS)

    def warn(self, message: str, line: int = 0, column: int = 0) -> None:
        """Note why a value became null."""
        if self.scope.warnings is not None:
            self.scope.warnings(FeelWarning(message, line, column))
