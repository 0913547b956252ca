"""Errors of the FEEL engine."""

from __future__ import annotations


class FeelError(Exception):
    """An expression cannot be used; `line` and `column` (from 1) say where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"{self.message} (line {self.line}, column {self.column})"


class FeelSyntaxError(FeelError):
    """The text is no FEEL expression (DMN 1.5, 10.3.1.2)."""


class FeelBudgetError(FeelError):
    """Evaluation needs more steps, nesting or memory than its budget allows."""
