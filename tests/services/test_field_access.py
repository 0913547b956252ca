"""A step hides and locks fields: nobody gets a value past that, and the matrix writes what was chosen."""

from __future__ import annotations

from typing import Any

import pytest

from app.models.runtime import UserTask
from app.services import cases, task
from app.services.errors import EditConflict, Invalid, NotFound
from app.services.studio import drafts, form_editing
from tests.factories import CHECK, LEAVE, LEAVE_FILES, World, form_json

BOTH = form_json(
    {"type": "radio", "id": "f_agree", "key": "agree", "label": "结论", "validate": {"required": True},
     "values": [{"label": "同意", "value": "yes"}, {"label": "不同意", "value": "no"}]},
    {"type": "textfield", "id": "f_note", "key": "note", "label": "批注", "validate": {"required": True}},
    {"type": "number", "id": "f_grant", "key": "grant", "label": "核定天数", "validate": {"required": True}},
)  # fmt: skip
PREFILL = (
    '<bpmn:extensionElements><zr:prefill target="grant" value="= ask.days"/><zr:prefill target="note" value="= who"/>'
    "</bpmn:extensionElements>"
)
RESTRICTED = LEAVE.replace(
    'zr:separateFrom="draft" zr:due="= wd(3)">',
    f'zr:separateFrom="draft" zr:due="= wd(3)" zr:hiddenFields="f_note" zr:readonlyFields="f_grant">{PREFILL}',
)


def _to_check(world: World) -> int:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days=3)
    return world.open_tasks(number)["t_check"]


def test_hidden_and_locked_fields_are_never_taken(world: World) -> None:
    world.deploy({**LEAVE_FILES, "bpmn/leave.bpmn": RESTRICTED.encode(), "forms/leave/check.json": BOTH})
    check = _to_check(world)
    world.complete("zhang", check, agree="yes", note="forged", grant=30)
    with world.acting("zhang") as context:
        done = context.session.get_one(UserTask, check)
        assert {**(done.data or {}), "grant": 3} == {"agree": "yes", "note": "王", "grant": 3}
        assert str((done.data or {})["grant"]) == "3"
        shown = cases.form_of(context.session, done.instance, done).survey(done.data, {})
        assert {state.component.id: (state.hidden, state.readonly) for state in shown} == {
            "f_agree": (False, False), "f_note": (True, False), "f_grant": (False, True),
        }  # fmt: skip


def test_other_steps_still_ask_for_them(world: World) -> None:
    world.deploy({**LEAVE_FILES, "forms/leave/check.json": BOTH})
    check = _to_check(world)
    with pytest.raises(Invalid) as refused:
        world.complete("zhang", check, agree="yes")
    assert {path[0] for path in refused.value.errors} == {"note", "grant"}
    with world.acting("zhang") as context:
        assert not any(state.hidden for state in task.open_task(context, check).form.survey({}, {}))


def choose(world: World, who: str, chosen: dict[str, str], **revisions: int) -> int:
    with world.acting(who) as context:
        draft = drafts.find_draft(context, 1)
        matrix = form_editing.matrix_of(context, draft, "leave/check")
        known = {"bpmn/leave.bpmn": revisions.get("revision", matrix.revisions["bpmn/leave.bpmn"])}
        wanted = {("leave", "t_check", name): access for name, access in chosen.items()}
        return form_editing.set_access(context, draft, matrix, wanted, known)


def steps(world: World) -> list[tuple[Any, ...]]:
    with world.acting("jia") as context:
        matrix = form_editing.matrix_of(context, drafts.find_draft(context, 1), "leave/check")
        return [(step.element_id, step.hidden, step.readonly) for step in matrix.steps]


@pytest.fixture
def drafted(world: World) -> World:
    """A draft with a form of three fields."""
    world.add_person("jia", "process_designer")
    with world.acting("jia") as context:
        draft = drafts.take_draft(context, None, "权限")
        drafts.write_file(context, draft, "forms/leave/check.json", BOTH, 0)
    return world


def test_the_matrix_writes_what_was_chosen(drafted: World) -> None:
    assert choose(drafted, "jia", {"f_note": "hidden", "f_grant": "readonly", "f_agree": "edit"}) == 1
    assert steps(drafted) == [("t_check", ("f_note",), ("f_grant",))]
    assert choose(drafted, "jia", {"f_note": "hidden", "f_grant": "readonly"}) == 0
    assert choose(drafted, "jia", {}) == 1
    assert steps(drafted) == [("t_check", (), ())]
    with drafted.acting("jia") as context:
        text = drafts.read_file(context, drafts.find_draft(context, 1), "bpmn/leave.bpmn")
        assert text.data == LEAVE.encode()
        assert text.revision == 2


def test_nobody_overwrites_a_newer_diagram(drafted: World) -> None:
    choose(drafted, "jia", {"f_note": "hidden"})
    with pytest.raises(EditConflict):
        choose(drafted, "jia", {"f_grant": "hidden"}, revision=0)


def test_forms_that_are_not_there_or_wrong(drafted: World) -> None:
    with drafted.acting("jia") as context:
        draft = drafts.find_draft(context, 1)
        with pytest.raises(NotFound):
            form_editing.matrix_of(context, draft, "leave/nope")
        assert form_editing.matrix_of(context, draft, "leave/ask").steps[0].element_id == "t_ask"
        drafts.write_file(context, draft, "forms/leave/ask.json", b'{"components": 1}', 0)
        with pytest.raises(Invalid):
            form_editing.matrix_of(context, draft, "leave/ask")


def test_sample_variables_of_a_preview() -> None:
    files = {"policies/p.json": b'{"parameters": [{"key": "quota", "default": 10}]}', "forms/a/b.json": CHECK}
    assert form_editing.sample_variables(files)["params"] == {"quota": 10}
    assert form_editing.sample_variables(files, '{"params": {"quota": 1}, "x": 2}')["params"] == {"quota": 1}
    for text in ("{", "[]", "1"):
        with pytest.raises(Invalid):
            form_editing.sample_variables(files, text)
