"""User task: everything a host needs to offer it is computed once, when the task becomes ready."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.engine.effects import UserTaskView
from app.engine.errors import StepFailed
from app.engine.operations.ballots import read_terms
from app.engine.operations.policy import PolicyInvalid
from app.engine.spiff.activity import Activity
from app.engine.spiff.formula import Formula
from app.engine.spiff.instants import instant_of, read_instant, write_instant
from app.engine.spiff.repetition import whole_number
from app.engine.spiff.values import plain
from app.engine.spiff.variables import evaluate, merge, target_of, value_at, visible

if TYPE_CHECKING:
    from app.engine.spiff.token import Token


class UserTask(Activity):
    """Waits until somebody completes it."""

    for_people = True

    def __init__(self, wf_spec: Any, bpmn_id: str, *, lane_candidates: Formula | None, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.lane_candidates = lane_candidates

    def begin(self, token: Token) -> bool:
        settings = self.settings
        env = token.workflow.top_workflow.environment
        assignee = settings.formula("assignee")
        candidates = settings.formula("candidates") or self.lane_candidates
        task: dict[str, Any] = {"at": write_instant(env.now)}
        if assignee is not None and (principal := evaluate(assignee, token)) is not None:
            task["assignee"] = str(principal)
        if candidates is not None:
            task["candidates"] = principals(evaluate(candidates, token))
        if (due := self._due(token)) is not None:
            task["due"] = write_instant(due)
        if priority := self._priority(token):
            task["priority"] = priority
        signers, copies = settings.formula("signers"), settings.formula("copyTo")
        if signers is not None:
            task["signers"] = weighted(evaluate(signers, token))
        if copies is not None:
            task["copy_to"] = principals(evaluate(copies, token))
        if (ballot := settings.formula("ballot")) is not None:
            task["ballot"] = self._terms(plain(evaluate(ballot, token)))
        if settings.prefill:
            task["prefill"] = {name: plain(evaluate(formula, token)) for name, formula in settings.prefill}
        token.internal_data["task"] = task
        return True

    def _terms(self, value: Any) -> Any:
        """What is put to the vote, once it is known to mean something."""
        try:
            read_terms(value)
        except PolicyInvalid as invalid:
            raise StepFailed(self.bpmn_id, f"no terms of a ballot: {invalid}") from invalid
        return value

    def _due(self, token: Token) -> datetime | None:
        formula = self.settings.formula("due")
        value = evaluate(formula, token) if formula is not None else None
        if value is None:
            return None
        due = instant_of(value, token.workflow.top_workflow.environment)
        if due is None:
            raise StepFailed(self.bpmn_id, f"due date is no date and time: {value}", "timer")
        return due

    def _priority(self, token: Token) -> int:
        formula = self.settings.formula("priority")
        value = evaluate(formula, token) if formula is not None else None
        if isinstance(value, str) and value.strip().lstrip("-").isdigit():
            return int(value)
        return whole_number(value) or 0

    def accept(self, token: Token, values: Mapping[str, Any]) -> None:
        """Take what somebody submitted and go on."""
        self.take(token, values)
        token.run()

    def take(self, token: Token, values: Mapping[str, Any]) -> None:
        """Take what somebody submitted."""
        merge(token, self.settings.text("resultVariable"), values)

    def view(self, token: Token) -> UserTaskView:
        """What the host shows and checks."""
        task, settings = token.internal_data["task"], self.settings
        variable = settings.text("resultVariable")
        known = value_at(target_of(token), variable) if variable else None
        return UserTaskView(
            id=token.id,
            element_id=self.bpmn_id,
            process_id=self.process_id,
            name=self.bpmn_name or self.bpmn_id,
            candidates=tuple(task.get("candidates", ())),
            assignee=task.get("assignee"),
            due_at=read_instant(task["due"]) if "due" in task else None,
            priority=task.get("priority", 0),
            form_key=settings.text("formKey"),
            duty=settings.text("duty"),
            separate_from=settings.words("separateFrom"),
            not_actor_of=settings.words("notActorOf"),
            result_variable=variable,
            created_at=read_instant(task["at"]),
            prefill={**task.get("prefill", {}), **(known if isinstance(known, dict) else {})},
            scope=visible(token),
            signers=tuple((who, weight) for who, weight in task.get("signers", ())),
            copy_to=tuple(task.get("copy_to", ())),
            ballot=task.get("ballot"),
        )


def weighted(value: Any) -> list[tuple[str, int]]:
    """Signers with their weights: principals, or contexts `{principal: "user:7", weight: 2}`."""
    found: list[tuple[str, int]] = []
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(item, Mapping):
            found.append((str(item.get("principal")), max(1, whole_number(item.get("weight")) or 1)))
        else:
            found += [(who, 1) for who in principals(item)]
    return found


def principals(value: Any) -> list[str]:
    """The principals of a value: a list, or a text with blanks between them; null is nobody."""
    if value is None:
        return []
    items = value if isinstance(value, (list, tuple)) else [value]
    return [word for item in items if item is not None for word in str(item).split()]
