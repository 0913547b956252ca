"""How errors, escalations and signals find their catcher (10.5.1, 10.5.6).

Corrects: failures of services do not reach error boundary events; error event sub-processes are ignored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.engine.spiff.activity import body_of
from app.engine.spiff.catching import Catcher
from app.engine.spiff.triggers import ErrorTrigger, EscalationTrigger, SignalTrigger

if TYPE_CHECKING:
    from app.engine.spiff.case import Case
    from app.engine.spiff.token import Token

Group = list[tuple["Token", Catcher]]


def _groups(token: Token, own: bool) -> Iterator[Group]:
    """The waiting catchers around a token, one group for each ring from the inside out."""
    if own:
        yield _beside(token)
    level = token.workflow
    while True:
        listeners = [other for other in level.tokens() if other.task_spec.listens(other)]
        yield [(other, other.task_spec) for other in listeners if isinstance(other.task_spec, Catcher)]
        if level.host is None:
            return
        yield _beside(level.host)
        level = level.host.workflow


def _beside(token: Token) -> Group:
    """The boundary events that listen beside the activity of a token."""
    host = body_of(token).id
    return [
        (other, other.task_spec)
        for other in token.workflow.tokens()
        if other.internal_data.get("host") == host and isinstance(other.task_spec, Catcher)
    ]


def _find(
    token: Token, own: bool, kind: type[ErrorTrigger | EscalationTrigger], code: str | None
) -> tuple[Token, Catcher] | None:
    for group in _groups(token, own):
        matching: dict[bool, tuple[Token, Catcher]] = {}
        for other, node in group:
            trigger = node.trigger
            if isinstance(trigger, kind) and trigger.code in (None, code):
                matching.setdefault(trigger.code is None, (other, node))
        if matching:
            return matching.get(False) or matching[True]
    return None


def throw_error(token: Token, code: str, message: str | None, *, own: bool = False) -> bool:
    """Fire the nearest catcher of an error: in the same ring one for the code before one for any error.

    With `own` the boundary events of the token's own activity count. Returns False when there is none.
    """
    found = _find(token, own, ErrorTrigger, code)
    token.workflow.top_workflow.record("error_thrown", token, {"code": code, "caught": found is not None})
    if found is None:
        return False
    catcher, node = found
    node.fire(catcher, {"code": code, "message": message})
    return True


def throw_escalation(token: Token, code: str | None) -> None:
    """Fire the nearest catcher of an escalation, if there is one."""
    found = _find(token, False, EscalationTrigger, code)
    token.workflow.top_workflow.record(
        "escalation_thrown", token, {"code": code, "caught": found is not None}
    )
    if found is not None:
        catcher, node = found
        node.fire(catcher, {"code": code})


def broadcast(case: Case, name: str, payload: Any = None) -> bool:
    """Fire every catcher of a signal that waits now; false when there is none."""
    waiting = [
        (token, token.task_spec)
        for token in case.all_tokens()
        if token.waiting
        and isinstance(token.task_spec, Catcher)
        and isinstance(token.task_spec.trigger, SignalTrigger)
        and token.task_spec.trigger.name == name
    ]
    for token, node in waiting:
        if token.waiting and token.id in token.workflow.tasks:
            node.fire(token, payload)
    return bool(waiting)
