"""Which variables a condition looks at, when it looks at nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from app.engine.environment import HOST_FUNCTIONS
from app.engine.feel import FeelSyntaxError, nodes
from app.engine.feel.free_names import children
from app.engine.feel.functions import SIGNATURES
from app.engine.feel.names import KnownNames
from app.engine.feel.parser import Parser
from app.engine.spiff.formula import Formula

_NAMES = KnownNames([*SIGNATURES, *HOST_FUNCTIONS])
_CLOCK = frozenset({"now", "today"})
_PLAIN = (
    nodes.Literal, nodes.AtLiteral, nodes.Negation, nodes.Arithmetic, nodes.Logic, nodes.Comparison, nodes.Between,
    nodes.In, nodes.Range, nodes.UnaryRange, nodes.ListNode, nodes.If,
)  # fmt: skip


class _Undecidable(Exception):
    """The expression depends on more than variables by their plain names."""


def paths_in(formula: Formula) -> frozenset[tuple[str, ...]] | None:
    """The dotted names that decide a formula; None when anything else takes part."""
    if formula.expression is None or formula.expression.calls:
        return None
    return _paths(formula.expression.text)


@lru_cache(maxsize=4_096)
def _paths(text: str) -> frozenset[tuple[str, ...]] | None:
    try:
        return frozenset(_walk(Parser(text, _NAMES.copy()).expression()))
    except (_Undecidable, FeelSyntaxError, RecursionError):
        return None


def _walk(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    if isinstance(node, (nodes.Name, nodes.Path)):
        yield _dotted(node)
    elif isinstance(node, nodes.Call) and isinstance(node.function, nodes.Name):
        if node.function.name in _CLOCK:
            raise _Undecidable
        for argument in node.arguments:
            yield from _walk(argument)
    elif isinstance(node, _PLAIN):
        for child in children(node):
            yield from _walk(child)
    else:
        raise _Undecidable


def _dotted(node: nodes.Node) -> tuple[str, ...]:
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Path):
        return (*_dotted(node.source), node.name)
    raise _Undecidable
