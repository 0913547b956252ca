"""The boolean function (DMN 1.5, 10.3.4.2)."""

from __future__ import annotations

from app.engine.feel.functions.registry import built_in


@built_in("not", "negand: boolean")
def negation(negand: bool) -> bool:
    """The opposite of a boolean."""
    return not negand
