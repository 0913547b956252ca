"""The range function: a range literal as text (DMN 1.5, 10.3.4.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from app.engine.feel import nodes as n
from app.engine.feel.errors import FeelSyntaxError
from app.engine.feel.functions.moments import date_from, date_time_from, duration_from, time_from
from app.engine.feel.functions.registry import built_in
from app.engine.feel.names import KnownNames
from app.engine.feel.operators import make_range, negate
from app.engine.feel.parser import Parser
from app.engine.feel.temporal_text import parse_at
from app.engine.feel.values import FeelRange

_MAKERS = {"date": date_from, "time": time_from, "date and time": date_time_from, "duration": duration_from}
_NAMES = KnownNames(("date and time",))


def _constant(node: n.Node) -> Any:
    if isinstance(node, n.Literal) and node.value is not None and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, n.AtLiteral):
        return parse_at(node.text)
    if isinstance(node, n.Negation) and isinstance(number := _constant(node.operand), Decimal):
        return negate(number)
    if isinstance(node, n.Call) and isinstance(node.function, n.Name) and len(node.arguments) == 1:
        maker, argument = _MAKERS.get(node.function.name), node.arguments[0]
        if maker and isinstance(argument, n.Literal) and isinstance(argument.value, str):
            return maker(argument.value)
    return None


@built_in("range", "from: string")
def range_from(text: str) -> FeelRange:
    """The range a literal between two constants stands for; raises ValueError."""
    try:
        parser = Parser(text, _NAMES.copy())
        node = parser.expression()
        parser.finish()
    except FeelSyntaxError as error:
        raise ValueError(f"{text!r} is no range") from error
    if isinstance(node, n.Range):
        start, end = _constant(node.low), _constant(node.high)
        found = (
            None
            if start is None or end is None
            else make_range(start, end, node.low_included, node.high_included)
        )
        if found is not None:
            return found
    raise ValueError(f"{text!r} is no range")
