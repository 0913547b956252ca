"""What the form editor asks for: problems of an unsaved form, a preview's circumstances, fields by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.engine.authoring.field_access import Step, set_field_access, steps_of
from app.engine.bundle import form_file
from app.engine.errors import DefinitionInvalid, Problem
from app.engine.form import Component, Form, parse_form
from app.engine.form.restriction import restrictable
from app.engine.reading import Reading
from app.models.studio import Draft
from app.services import repository
from app.services.context import Context
from app.services.errors import Invalid, NotFound
from app.services.studio import drafts

SAMPLE_ORG = {"id": 1, "principal": "org:1", "name": "样例单位", "uscc": "91310000MA1FPUJN11", "type": "bank"}


@dataclass(frozen=True)
class Matrix:
    """The fields of a form and the steps that show it; `revisions` are those of the steps' diagrams."""

    form: Form
    fields: tuple[Component, ...]
    steps: tuple[Step, ...]
    revisions: Mapping[str, int]


def form_path(key: str) -> str:
    """Where a form stands in a bundle."""
    return f"forms/{form_file(key)}"


def problems_of_form(text: str, key: str) -> tuple[Problem, ...]:
    """Everything that is wrong or unwise in a form's unsaved text."""
    try:
        form = parse_form(text, key)
    except DefinitionInvalid as error:
        return tuple(error.problems)
    return tuple(
        Problem("untranslated", name, form_file(key), "文字没有英文", "the text has no English", "warning")
        for name in form.untranslated()
    )


def read_form(text: str, key: str) -> Form:
    """The form of an unsaved text. Raises Invalid with the first problem."""
    try:
        return parse_form(text, key)
    except DefinitionInvalid as error:
        first = error.problems[0]
        raise Invalid(
            f"表单有误，不能预览：{first.message_zh}", f"The form has errors: {first.message_en}"
        ) from error


def sample_variables(files: Mapping[str, bytes], given: str = "") -> dict[str, Any]:
    """What the expressions of a previewed form see: the draft's parameters, a sample organisation, what was given.

    Raises Invalid when `given` is no JSON object.
    """
    policies = (orjson.loads(data) for path, data in files.items() if path.startswith("policies/"))
    parameters = (item for policy in policies for item in policy.get("parameters", ()))
    sample = {"params": {item["key"]: item.get("default") for item in parameters}, "org": SAMPLE_ORG,
              "instance": {"no": "YL-2026-0001"}}  # fmt: skip
    try:
        own = orjson.loads(given) if given.strip() else {}
    except orjson.JSONDecodeError as error:
        raise Invalid(
            f"样例变量不是有效的 JSON：{error}", f"The sample variables are not valid JSON: {error}"
        ) from error
    if not isinstance(own, dict):
        raise Invalid("样例变量应为一个 JSON 对象。", "The sample variables must be one JSON object.")
    return {**sample, **own}


def matrix_of(context: Context, draft: Draft, key: str) -> Matrix:
    """Who may see and change which field at which step. Raises NotFound, Invalid when the form has errors."""
    files = drafts.draft_files(context, draft)
    if form_path(key) not in files:
        raise NotFound
    form = read_form(files[form_path(key)].decode(errors="replace"), key)
    reading = Reading(repository.make_bundle(files))
    reading.read_decisions()
    for process_id in reading.bundle.processes:
        reading.read_process(process_id)
    steps = steps_of(reading, key)
    paths = {_diagram_of(step) for step in steps}
    revisions = {path: drafts.read_file(context, draft, path).revision for path in sorted(paths)}
    fields = tuple(c for c in restrictable(form) if c.type not in ("separator", "spacer"))
    return Matrix(form, fields, steps, revisions)


def set_access(
    context: Context,
    draft: Draft,
    matrix: Matrix,
    chosen: Mapping[tuple[str, str, str], str],
    revisions: Mapping[str, int],
) -> int:
    """Write what was chosen for (process, task, field) – `hidden`, `readonly`, else editable – into the diagrams.

    Names of other fields that a task already restricts stay. How many diagrams changed; raises EditConflict when
    one of them is no longer at the revision that the page showed, and what write_file raises.
    """
    texts = {path: drafts.read_file(context, draft, path).data for path in matrix.revisions}
    changed = dict(texts)
    own = {field.id for field in matrix.fields}
    for step in matrix.steps:
        wanted = {
            access: [name for name in before if name not in own]
            + [f.id for f in matrix.fields if chosen.get((step.process_id, step.element_id, f.id)) == access]
            for access, before in (("hidden", step.hidden), ("readonly", step.readonly))
        }
        if (set(wanted["hidden"]), set(wanted["readonly"])) != (set(step.hidden), set(step.readonly)):
            path = _diagram_of(step)
            changed[path] = set_field_access(
                changed[path], step.element_id, wanted["hidden"], wanted["readonly"]
            )
    paths = [path for path in texts if changed[path] != texts[path]]
    for path in paths:
        drafts.write_file(context, draft, path, changed[path], revisions.get(path, -1))
    return len(paths)


def _diagram_of(step: Step) -> str:
    return f"bpmn/{step.process_id}.bpmn"
