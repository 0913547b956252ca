"""Evaluate a text and show the result as FEEL text, so that cases are pairs of texts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.engine.feel import Scope, compile_expression, format_value

NOW = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)


def show(text: str, variables: Mapping[str, Any] | None = None, scope: Scope | None = None) -> str:
    """The FEEL text of the value."""
    names = variables or {}
    return format_value(compile_expression(text, names).evaluate(names, scope or Scope(now=NOW)))


def warnings_of(text: str, variables: Mapping[str, Any] | None = None) -> list[str]:
    """The warnings an evaluation gives."""
    found: list[str] = []
    scope = Scope(now=NOW, warnings=lambda warning: found.append(str(warning)))
    names = variables or {}
    compile_expression(text, names).evaluate(names, scope)
    return found
