"""The errors of the engine, drawn as a tree; every one of them means that nothing may be saved.

EngineError
 ├ DefinitionInvalid     a bundle is refused at deployment; `problems` says all that is wrong
 ├ TaskNotActive         the task is not ready, already done or unknown
 ├ StartRefused          the process cannot be started this way
 ├ StepFailed            an expression, decision or service failed during a transition
 │  └ BudgetExceeded     an endless loop or too deep a nesting was stopped
 ├ DataRefused           a value is nested too deeply to be stored
 ├ ReturnRefused        nobody can be led back to that step; `reasons` says what is in the way
 ├ MigrationRefused      an instance cannot move to that version; `reasons` says all that is in the way
 └ StateUnreadable       the stored state has an unknown format or does not fit the definition
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a file: `code` is stable, the messages are for people."""

    code: str
    element_id: str | None
    file: str
    message_zh: str
    message_en: str
    severity: Severity = "error"
    line: int | None = None


class EngineError(Exception):
    """Any failure of the engine."""


class DefinitionInvalid(EngineError):
    """The bundle cannot be run; `problems` holds at least one error."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.file}#{p.element_id}: {p.message_en}" for p in self.problems))


class TaskNotActive(EngineError):
    """The task is not ready, was done already or never existed."""

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id
        super().__init__(f"task {task_id} is not active")


class StartRefused(EngineError):
    """The process has no start event of the kind that was asked for."""


class StepFailed(EngineError):
    """A transition stopped at `element_id`; `code` is a BPMN error code or one of our own words."""

    def __init__(self, element_id: str, message: str, code: str = "failed") -> None:
        self.element_id = element_id
        self.message = message
        self.code = code
        super().__init__(f"{element_id}: {message}")


class BudgetExceeded(StepFailed):
    """One transition took too many steps, too long, or nested too deeply."""

    def __init__(self, element_id: str, message: str = "too many steps in one transition") -> None:
        super().__init__(element_id, message, "budget")


class DataRefused(EngineError):
    """A value cannot be stored in the variables."""


class ReturnRefused(EngineError):
    """The case cannot be led back to that step; `reasons` holds at least one."""

    def __init__(self, reasons: Iterable[Problem]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(f"{reason.element_id}: {reason.message_en}" for reason in self.reasons))


class MigrationRefused(EngineError):
    """The instance cannot move to that version; `reasons` holds at least one."""

    def __init__(self, reasons: Iterable[Problem]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("; ".join(f"{reason.element_id}: {reason.message_en}" for reason in self.reasons))


class StateUnreadable(EngineError):
    """The bytes are not a state that this definition can go on with."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
