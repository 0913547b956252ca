"""Letters before they are issued: drafted from the decisions when the task arrives, edited in its form, previewed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.engine.letters import LetterPlan, plan_letter
from app.models.register import LetterDraft
from app.models.runtime import ProcessInstance, UserTask
from app.services import documents, repository
from app.services.arrivals import Arrived, on_arrival
from app.services.context import Context
from app.services.errors import NotFound
from app.services.registers.fingerprint import plain
from app.services.task import Work
from app.services.task_operations import effective


@on_arrival
def _keep_drafts(context: Context, row: ProcessInstance, arrived: Arrived) -> None:
    """Keep what the decisions drafted, so that what the officer changes can be seen beside it."""
    definition = repository.pinned_definition(context.session, row.definition_id)
    for task, view in arrived:
        if not view.result_variable or not view.prefill:
            continue
        variables = {**view.variables(), view.result_variable: view.prefill}
        found = plan_letter(
            definition, task.process_key, task.element_id, variables, context.environment().scope
        )
        if found is not None:
            draft = LetterDraft(task_id=task.id, instance_id=row.id, letter=found.letter,
                                data=plain(view.prefill), drafted_at=context.now)  # fmt: skip
            context.session.add(draft)


def draft_of(session: Session, task: UserTask) -> LetterDraft | None:
    """What was drafted for the letter of a task; None when the task issues none."""
    return session.get(LetterDraft, task.id)


def letter_now(context: Context, work: Work) -> LetterPlan | None:
    """The letter with what is typed into the form now, whether or not that can be handed in already."""
    scope, values = context.environment().scope, _values_now(context, work)
    definition = repository.pinned_definition(context.session, work.instance.definition_id)
    element = definition.element(work.task.process_key, work.task.element_id)
    name = element.attributes.get("resultVariable") if element is not None else None
    variables = {**work.variables, **({name: values} if name else {})}
    return plan_letter(definition, work.task.process_key, work.task.element_id, variables, scope)


def is_edited(context: Context, work: Work, drafted: Mapping[str, Any]) -> bool:
    """Whether the form says something else now than what was drafted."""
    if work.draft is None:
        return False
    now, before = documents.said(plain(_values_now(context, work))), documents.said(dict(drafted))
    return any(now.get(key) != text for key, text in before.items())


def _values_now(context: Context, work: Work) -> dict[str, Any]:
    values = {**work.values, **effective.result_of(work.task)}
    if work.draft is None:
        return values
    scope = context.environment().scope
    accepted = work.form.accept(work.draft.data, work.variables, scope, stored=work.values)
    return {**values, **accepted.values}


def preview(context: Context, work: Work) -> bytes:
    """The letter as it would look, marked as a draft, without number or code. Raises NotFound, LetterFailed."""
    found = letter_now(context, work)
    if found is None:
        raise NotFound
    return documents.typeset_draft(
        context.session, context.settings, work.instance, found.letter, found.data, context.now
    )
