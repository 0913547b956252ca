"""A text of the diagram that is either literal or FEEL, compiled once when the definition is loaded.

Corrects: SpiffWorkflow compiles and runs the texts of a diagram as Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.environment import HOST_FUNCTIONS
from app.engine.feel import Expression, FeelError, Scope, compile_expression


@dataclass(frozen=True, slots=True)
class Formula:
    """A value that is known (`literal`) or computed (`expression`); `text` is what the author wrote."""

    text: str
    literal: Any = None
    expression: Expression | None = None

    @property
    def names(self) -> frozenset[str]:
        """The free variables."""
        return frozenset(self.expression.names) if self.expression is not None else frozenset()

    def evaluate(self, variables: Mapping[str, Any], scope: Scope) -> Any:
        """The value; raises FeelError."""
        return self.literal if self.expression is None else self.expression.evaluate(variables, scope)


def literal(value: Any) -> Formula:
    """A formula that always gives `value`."""
    return Formula(str(value), value)


def compile_feel(text: str) -> Formula:
    """The formula of a FEEL text; raises FeelError with the place."""
    return Formula(text, None, compile_expression(text, HOST_FUNCTIONS))


def compile_value(text: str) -> Formula:
    """The formula of a `zr:` attribute: literal unless it begins with `=`; raises FeelError."""
    stripped = text.strip()
    return compile_feel(stripped[1:].strip()) if stripped.startswith("=") else literal(text)


__all__ = ["FeelError", "Formula", "compile_feel", "compile_value", "literal"]
