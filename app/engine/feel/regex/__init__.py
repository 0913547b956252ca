"""Regular expressions of XPath and XQuery, in time that is always bounded."""

from __future__ import annotations

import functools

from app.engine.feel.regex.machine import Pattern, make_pattern

__all__ = ["Pattern", "compile_pattern"]


@functools.lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str = "") -> Pattern:
    """The compiled pattern; raises ValueError for a wrong pattern or an unknown flag."""
    return make_pattern(pattern, flags)
