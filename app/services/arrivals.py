"""What follows when tasks arrive, registered by the modules that care, so that the runtime need not know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.engine.effects import UserTaskView
from app.models.runtime import ProcessInstance, UserTask
from app.services.context import Context

Arrived = Sequence[tuple[UserTask, UserTaskView]]
Handler = Callable[[Context, ProcessInstance, Arrived], None]
_handlers: list[Handler] = []


def on_arrival(handler: Handler) -> Handler:
    """Register a function to run, in the transaction of the step, for the tasks that it opened."""
    _handlers.append(handler)
    return handler


def tell(context: Context, row: ProcessInstance, arrived: Arrived) -> None:
    """Let all know of new tasks."""
    for handler in _handlers if arrived else ():
        handler(context, row, arrived)
