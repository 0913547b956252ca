"""What stands beside the form of a task: the parts of a declaration for its authors, the evidence for its judges."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
from sqlalchemy import select

from app.engine.diagram.planes import list_planes
from app.models.history import DecisionRecord
from app.models.register import Document
from app.models.runtime import UserTask
from app.services import access, cases, repository
from app.web.case_tabs import is_outside, submissions
from app.web.changes import ChangeView, changes_of
from app.web.forms import ShownForm
from app.web.guards import context, signed_in
from app.web.judgements import Judgement, judgement_of
from app.web.language import is_english

APPLICANTS_DUTIES = frozenset({"apply", "sign", "respond"})


@dataclass(frozen=True)
class Part:
    """One part of a long form: `state` is done, part or todo; without `url` there is nothing to open."""

    name: str
    url: str | None
    state: str
    is_open: bool
    element_id: str = ""
    task: UserTask | None = None


@dataclass(frozen=True)
class Evidence:
    """What an officer needs in order to judge."""

    handed_in: list[tuple[UserTask, ShownForm]]
    opinions: list[tuple[UserTask, ShownForm]]
    decisions: list[tuple[DecisionRecord, Judgement]]
    documents: list[Document]
    changes: dict[int, list[ChangeView]]


def parts_of(task: UserTask) -> list[Part]:
    """The parts of the sub-process around an applicant's task, in the order of the diagram; none outside of one."""
    session = context().session
    definition = repository.definition_of(session, task.instance.definition)
    planes = list_planes(definition.diagram_xml(task.process_key), task.process_key)
    inside = next((plane for plane in planes[1:] if task.element_id in plane.elements), None)
    if inside is None:
        return []
    tasks = _latest(task)
    parts = []
    for element_id in inside.elements:
        element = definition.element(task.process_key, element_id)
        if element is not None and element.type == "userTask" and element.duty in APPLICANTS_DUTIES:
            name = element.name_en if is_english() and element.name_en else element.name
            parts.append(_part(name, element_id, tasks.get(element_id), task))
    return parts


def evidence_of(task: UserTask) -> Evidence:
    """Forms, decisions and documents of the task's case that its reader may see."""
    session, user, instance = context().session, signed_in(), task.instance
    forms, known = submissions(instance), repository.definition_of(session, instance.definition).decisions
    outside = [found for found in forms if is_outside(found[0])]
    return Evidence(
        handed_in=outside,
        opinions=[found for found in forms if found not in outside],
        decisions=[
            (record, judgement_of(record, known)) for record in cases.decisions_for(session, instance)
        ],
        changes={task.id: found for task, _ in outside if (found := changes_of(context(), instance, task))},
        documents=[row for row in cases.documents_for(session, instance, user) if _may_open(row)],
    )


def _may_open(document: Document) -> bool:
    return document.to_principal not in access.principals_of(signed_in()) or document.opened_at is not None or (
        str(document.to_principal).startswith("group:")
    )  # fmt: skip


def _latest(task: UserTask) -> dict[str, UserTask]:
    """The last task of each element of this case."""
    query = select(UserTask).where(UserTask.instance_id == task.instance_id, UserTask.status != "cancelled")
    return {row.element_id: row for row in context().session.scalars(query.order_by(UserTask.id))}


def _part(name: str, element_id: str, found: UserTask | None, shown: UserTask) -> Part:
    if found is None:
        return Part(name, None, "todo", False, element_id)
    if found.status == "open":
        mine = set(access.principals_of(signed_in())) & set(found.candidates)
        url = url_for("inbox.show_task", task_id=found.id) if mine else None
        return Part(name, url, "part", found.id == shown.id, element_id, found)
    case = url_for("cases.show_tab", number=shown.instance.number, tab="forms", _anchor=f"form-{found.id}")
    return Part(name, case, "done", False, element_id, found)
