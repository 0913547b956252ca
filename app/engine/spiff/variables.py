"""One variable scope per process: what a token sees and where its results go.

Corrects: every task carries a copy of all data, so that parallel branches overwrite each other with stale
values at the join; nested values are shared between the copies; lists are merged item by item.
Embedded sub-processes share the scope, called processes have their own, the items of a multi-instance
activity add a layer that also takes what is written inside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from app.engine.errors import StepFailed
from app.engine.feel import FeelError
from app.engine.spiff.formula import Formula
from app.engine.spiff.values import plain

if TYPE_CHECKING:
    from app.engine.spiff.token import Token

# Handed to called processes without being named.
SHARED = ("instance", "params")


def _layers(token: Token) -> Iterator[Token]:
    """The tokens with local variables between this one and the scope of its process, the nearest first."""
    current: Token | None = token
    while current is not None:
        if current.data:
            yield current
        parent = current.parent
        current = parent if parent is not None else current.workflow.shared_with


def visible(token: Token) -> dict[str, Any]:
    """All variables that an expression at this token sees; not to be changed."""
    scope: dict[str, Any] = token.workflow.scope.data
    layers = [layer.data for layer in _layers(token)]
    if not layers:
        return scope
    merged = dict(scope)
    for layer in reversed(layers):
        merged.update(layer)
    return merged


def target_of(token: Token) -> dict[str, Any]:
    """Where results are written: in the item of a multi-instance activity around, else in the scope."""
    for layer in _layers(token):
        if "item" in layer.internal_data:
            return layer.data
    data: dict[str, Any] = token.workflow.scope.data
    return data


def write(token: Token, name: str, value: Any) -> None:
    """Set a variable; `a.b` sets an entry of the context `a` without touching what others hold of it."""
    write_into(target_of(token), name, value)


def write_into(variables: dict[str, Any], name: str, value: Any) -> None:
    """Set a variable, or with a dotted name an entry of a context, in `variables`."""
    head, _, rest = name.partition(".")
    if not rest:
        variables[head] = plain(value)
        return
    current = variables.get(head)
    copy = dict(current) if isinstance(current, Mapping) else {}
    write_into(copy, rest, value)
    variables[head] = copy


def merge(token: Token, name: str | None, values: Mapping[str, Any]) -> None:
    """Merge values shallowly into the context variable `name`; without a name into the scope itself."""
    target = target_of(token)
    if not name:
        target.update(plain(values))
        return
    head, _, _ = name.partition(".")
    known = value_at(target, name) if head in target else None
    write_into(target, name, {**(known if isinstance(known, Mapping) else {}), **values})


def value_at(variables: Mapping[str, Any], name: str) -> Any:
    """The value of a variable or, with a dotted name, of an entry of a context; None if there is none."""
    value: Any = variables
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def evaluate(formula: Formula, token: Token, extra: Mapping[str, Any] | None = None) -> Any:
    """The value of a formula at a token; `extra` adds variables on top. Raises StepFailed."""
    if formula.expression is None:
        return formula.literal
    variables = visible(token)
    if extra:
        variables = {**variables, **extra}
    return compute(formula, variables, token)


def compute(formula: Formula, variables: Mapping[str, Any], token: Token) -> Any:
    """The value of a formula over given variables; raises StepFailed naming the token's element."""
    try:
        return formula.evaluate(variables, token.workflow.top_workflow.scope_of_feel)
    except FeelError as error:
        raise StepFailed(token.task_spec.bpmn_id, f"{formula.text}: {error}", "expression") from error
