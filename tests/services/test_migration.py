"""Moving running cases to a changed `leave` process, on both databases."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.models.repository import ProcessDefinition
from app.models.runtime import Inbox, Job, ProcessInstance, Subscription, UserTask
from app.services import drafts, history, messages, migration, repository, task
from app.services.errors import NotFound
from tests.factories import CHECK, LEAVE, LEAVE_FILES, World, form_json

FINAL = """
    <bpmn:userTask id="t_final" name="备案" zr:formKey="leave/check" zr:resultVariable="final" zr:duty="file">
      <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f8</bpmn:outgoing></bpmn:userTask>
    <bpmn:sequenceFlow id="f8" sourceRef="t_final" targetRef="g"/>
"""


def changed(*edits: tuple[str, str]) -> dict[str, bytes]:
    text = LEAVE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return {**LEAVE_FILES, "bpmn/leave.bpmn": text.encode()}


LONGER = changed(
    (
        '<bpmn:sequenceFlow id="f3" sourceRef="t_check" targetRef="g"/>',
        '<bpmn:sequenceFlow id="f3" sourceRef="t_check" targetRef="t_final"/>' + FINAL,
    ),
    ("<bpmn:flowNodeRef>g<", "<bpmn:flowNodeRef>t_final</bpmn:flowNodeRef><bpmn:flowNodeRef>g<"),
    (
        '<bpmn:exclusiveGateway id="g" name="同意吗" default="f5"><bpmn:incoming>f3<',
        '<bpmn:exclusiveGateway id="g" name="同意吗" default="f5"><bpmn:incoming>f8<',
    ),
    ('id="t_check" name="审批"', 'id="t_check" name="审核"'),
    ("wd(5)", "wd(9)"),
)
RENAMED = changed(("t_check", "t_review"))


def _checked(world: World) -> tuple[int, int]:
    """A case that waits for its check; the ids of case and task."""
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    return world.instance(number).id, world.open_tasks(number)["t_check"]


def _newest(world: World) -> ProcessDefinition:
    with world.database.reading() as session:
        return repository.current_definition(session, "leave")


def _move(world: World, case_id: int, **mapping: str) -> None:
    with world.acting("shen") as context:
        target = repository.current_definition(context.session, "leave")
        migration.migrate_instance(context, case_id, target, {f"leave:{k}": v for k, v in mapping.items()})


def _rows(world: World, case_id: int) -> dict[str, object]:
    """What must not change but for the words of the task."""
    with world.database.reading() as session:
        open_task = session.scalars(
            select(UserTask).where(UserTask.instance_id == case_id, UserTask.status == "open")
        ).one()
        return {
            "task": (open_task.id, open_task.engine_id, open_task.due_at, open_task.candidates, open_task.assignee_id),
            "inbox": session.execute(select(Inbox.principal, Inbox.due_at, Inbox.task_id)).all(),
            "timer": session.scalars(select(Job.due_at).where(Job.kind == "timer")).all(),
            "waits": session.execute(select(Subscription.engine_id, Subscription.message, Subscription.key)).all(),
        }  # fmt: skip


def _kinds(world: World, case_id: int) -> list[str]:
    with world.database.reading() as session:
        assert list(history.verify_chains(session)) == []
        return [event.kind for event in history.timeline(session, case_id)]


def test_a_case_moves_with_task_claim_draft_limit_and_subscription(world: World) -> None:
    case_id, check = _checked(world)
    with world.acting("zhang") as context:
        task.claim(context, check)
        drafts.save_draft(context, check, {"agree": "no"})
    before = _rows(world, case_id)
    world.deploy(LONGER)
    _move(world, case_id)
    assert _rows(world, case_id) == before
    with world.acting("zhang") as context:
        work = task.open_task(context, check)
        assert (work.task.name, work.draft and work.draft.data) == ("审核", {"agree": "no"})
        assert work.instance.definition.version == 2
    world.complete("zhang", check, agree="yes")
    with world.database.reading() as session:
        number = session.get_one(ProcessInstance, case_id).number
    world.complete("zhang", world.open_tasks(number)["t_final"], agree="yes")
    assert world.instance(number).outcome == "agreed"
    assert _kinds(world, case_id).count("migrated") == 1


def test_the_limit_that_runs_still_ends_the_case(world: World) -> None:
    case_id, _ = _checked(world)
    world.deploy(LONGER)
    _move(world, case_id)
    world.pass_time(days=30)
    with world.database.reading() as session:
        assert session.get_one(ProcessInstance, case_id).outcome == "late"


def test_moving_twice_moves_once(world: World) -> None:
    case_id, _ = _checked(world)
    world.deploy(LONGER)
    _move(world, case_id)
    _move(world, case_id)
    assert _kinds(world, case_id).count("migrated") == 1


def test_the_preview_writes_nothing_and_says_what_the_move_would_do(world: World) -> None:
    case_id, _ = _checked(world)
    before = _rows(world, case_id)
    world.deploy(LONGER)
    target = _newest(world)
    with world.looking() as context:
        plan = migration.preview(context, case_id, target)
    assert plan.possible
    assert {(each.kind, each.element_id) for each in plan.kept} == {
        ("task", "t_check"),
        ("timer", "b_late"),
        ("message", "b_stop"),
    }
    assert {("added", "t_final"), ("renamed", "t_check"), ("due_kept", "b_late")} <= {
        (each.code, each.element_id) for each in plan.changes
    }
    assert _rows(world, case_id) == before
    assert "migrated" not in _kinds(world, case_id)


def test_a_refused_move_changes_nothing(world: World) -> None:
    case_id, check = _checked(world)
    before = _rows(world, case_id)
    world.deploy(RENAMED)
    with pytest.raises(migration.NotMigratable) as refused:
        _move(world, case_id)
    assert [(each.code, each.element_id) for each in refused.value.problems] == [("missing", "t_check")]
    assert _rows(world, case_id) == before
    with world.looking() as context:
        assert migration.preview(context, case_id, _newest(world)).reasons == refused.value.problems
    _move(world, case_id, t_check="t_review")
    with world.database.reading() as session:
        moved = session.get_one(UserTask, check)
        assert (moved.element_id, moved.status) == ("t_review", "open")
    world.complete("zhang", check, agree="yes")


def test_a_failure_of_the_new_version_is_a_reason(world: World) -> None:
    case_id, _ = _checked(world)
    extra = (
        '<bpmn:boundaryEvent id="b_new" name="补正" attachedToRef="t_check" zr:correlationKey="= who.none">'
        '<bpmn:outgoing>f9</bpmn:outgoing><bpmn:messageEventDefinition id="m2" messageRef="MSG-STOP"/></bpmn:boundaryEvent>'
        '<bpmn:sequenceFlow id="f9" sourceRef="b_new" targetRef="e_stop"/>'
    )
    world.deploy(changed(("</bpmn:process>", extra + "</bpmn:process>")))
    with world.looking() as context:
        plan = migration.preview(context, case_id, _newest(world))
    assert [(each.code, each.element_id) for each in plan.reasons] == [("step_failed", "b_new")]
    with pytest.raises(migration.NotMigratable):
        _move(world, case_id)


def test_a_message_under_another_name_finds_the_moved_case(world: World) -> None:
    case_id, _ = _checked(world)
    world.deploy(changed(("MSG-STOP", "MSG-HALT")))
    with world.database.reading() as session:
        number = session.get_one(ProcessInstance, case_id).number
    with world.acting() as context:
        messages.send_message(context, "MSG-HALT", number, {}, dedup=uuid4().hex)
    world.drain()
    _move(world, case_id)
    world.drain()
    assert world.instance(number).outcome == "stopped"
    with world.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Subscription)) == 0


def test_another_form_keeps_the_task(world: World) -> None:
    case_id, check = _checked(world)
    world.deploy({**changed(('id="t_check" name="审批" zr:formKey="leave/check"',
                             'id="t_check" name="审批" zr:formKey="leave/short"')),
                  "forms/leave/short.json": CHECK.replace(b'"agree"', b'"agreed"')})  # fmt: skip
    _move(world, case_id)
    with world.acting("zhang") as context:
        assert task.open_task(context, check).task.form_key == "leave/short"


def test_an_ended_case_and_an_unknown_one(world: World) -> None:
    case_id, check = _checked(world)
    world.complete("zhang", check, agree="yes")
    world.deploy(LONGER)
    with pytest.raises(migration.NotMigratable) as refused:
        _move(world, case_id)
    assert [each.code for each in refused.value.problems] == ["ended"]
    with pytest.raises(NotFound):
        _move(world, case_id + 99)
    target = _newest(world)
    with pytest.raises(NotFound), world.looking() as context:
        migration.preview(context, case_id + 99, target)


def test_a_version_of_another_process_is_refused(world: World) -> None:
    case_id, _ = _checked(world)
    other = LEAVE.replace('id="leave"', 'id="other"').replace('processRef="leave"', 'processRef="other"')
    world.deploy({**LEAVE_FILES, "bpmn/other.bpmn": other.encode(), "forms/other/x.json": form_json()})
    with world.acting() as context:
        target = repository.current_definition(context.session, "other")
        with pytest.raises(migration.NotMigratable) as refused:
            migration.migrate_instance(context, case_id, target)
    assert [each.code for each in refused.value.problems] == ["other_process"]
