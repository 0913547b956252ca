"""Interventions by operators: previewed, recorded for everybody concerned, confirmed by two where money is involved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.models.migrations import Intervention
from app.models.runtime import Job, ProcessInstance, UserTask
from app.services import cases, history, messages
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted, SeparationViolated
from app.services.studio import interventions
from tests.factories import LEAVE, LEAVE_FILES, World
from tests.services.test_migration_batches import _rows

RETURNABLE = {
    **LEAVE_FILES,
    "bpmn/leave.bpmn": LEAVE.replace(
        'id="t_check" name="审批"', 'id="t_check" name="审批" zr:operations="return"'
    ).encode(),
}


@pytest.fixture
def case(world: World) -> str:
    """A case that waits for its check."""
    world.deploy(RETURNABLE)
    for name in ("yun", "zhi"):
        world.add_person(name, "operator")
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    return number


def _do(world: World, case_no: str, kind: str, by: str = "yun", **args: Any) -> int:
    with world.acting(by) as context:
        seen = interventions.preview(context, case_no, kind, args).seen
        return interventions.carry_out(context, case_no, kind, args, "更正录入错误", seen).id


def _undo(world: World, number: int, by: str = "yun") -> None:
    with world.acting(by) as context:
        interventions.undo(context, number)


def _events(world: World, number: str) -> list[str]:
    with world.database.reading() as session:
        assert list(history.verify_chains(session)) == []
        row = session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        return [event.kind for event in history.timeline(session, row.id)]


def test_a_variable_is_seen_changed_and_put_back(world: World, case: str) -> None:
    before = _rows(world, case)
    args = {"name": "ask", "value": '{"reason": "探亲", "days": 4}'}
    with world.acting("yun") as context:
        seen = interventions.preview(context, case, "variable", args)
        assert list(seen.difference) == [{"what": "var ask.days", "before": "3", "after": "4"}]
        assert (seen.needs_two, seen.can_be_undone) == (False, True)
    assert _rows(world, case) == before
    done = _do(world, case, "variable", **args)
    assert _rows(world, case) != before
    _undo(world, done)
    assert _rows(world, case) == before
    assert _events(world, case)[-2:] == ["intervention", "intervention_undone"]
    assert {"intervention", "intervention_undone"} <= cases.OPEN_KINDS


@pytest.mark.parametrize(
    "args",
    [
        {"name": "who", "value": "3"},
        {"name": "who", "value": "王"},
        {"name": "instance", "value": "{}"},
        {"name": "a-b", "value": "1"},
    ],
)
def test_a_variable_keeps_its_type(world: World, case: str, args: dict[str, str]) -> None:
    with pytest.raises(Invalid), world.acting("yun") as context:
        interventions.preview(context, case, "variable", args)


def test_a_step_is_skipped_and_led_back_to(world: World, case: str) -> None:
    check = world.open_tasks(case)["t_check"]
    before = _rows(world, case)
    with world.acting("yun") as context:
        number = interventions.intervening.returns_of(context, interventions.find_case(context, case))[
            0
        ].number
    back = _do(world, case, "return", number=number)
    assert set(world.open_tasks(case)) == {"t_ask"}
    _undo(world, back)
    assert _rows(world, case)["state"] == before["state"]
    assert world.open_tasks(case) == {"t_check": check}
    _do(world, case, "skip", task=check, values='{"agree": "yes"}')
    assert world.instance(case).outcome == "agreed"
    with world.database.reading() as session:
        task = session.get_one(UserTask, check)
        assert (task.status, task.completed_by_id) == ("cancelled", None)


def test_a_suspended_case_waits_and_catches_up(world: World, case: str) -> None:
    stopped = _do(world, case, "suspend")
    with pytest.raises(Conflict):
        world.complete("zhang", world.open_tasks(case)["t_check"], agree="yes")
    with world.acting() as context:
        messages.send_message(context, "MSG-STOP", case, {})
    world.pass_time(days=30)
    assert world.instance(case).status == "active"
    with pytest.raises(Conflict):
        _do(world, case, "suspend")
    _do(world, case, "resume", by="zhi")
    world.drain()
    assert world.instance(case).status == "completed"
    with pytest.raises(Conflict):
        _undo(world, stopped)


def test_a_cancelled_case_stays_cancelled(world: World, case: str) -> None:
    done = _do(world, case, "cancel")
    assert world.instance(case).status == "cancelled"
    with pytest.raises(Conflict):
        _undo(world, done)


def test_a_failed_job_is_tried_again(world: World, case: str) -> None:
    with world.acting() as context:
        job = context.session.scalars(select(Job).where(Job.kind == "timer")).one()
        job.retries, job.error, number = 0, "broken", job.id
    with pytest.raises(NotFound):
        _do(world, case, "retry", job=number + 99)
    _do(world, case, "retry", job=number)
    with world.database.reading() as session:
        assert session.get_one(Job, number).retries > 0


def test_money_takes_two_people(world: World, case: str) -> None:
    with world.acting() as context:
        row = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == case)).one()
        row.amount = Decimal("1000.00")
    before = _rows(world, case)
    proposed = _do(world, case, "variable", name="who", value='"李"')
    assert _rows(world, case) == before
    with world.database.reading() as session:  # whoever confirms sees what it would change
        (line,) = session.get_one(Intervention, proposed).difference
        assert (line["what"], line["after"]) == ("var who", '"李"')
    with pytest.raises(SeparationViolated), world.acting("yun") as context:
        interventions.confirm(context, proposed)
    with pytest.raises(Conflict):
        _do(world, case, "variable", name="who", value='"李"')
    with world.acting("zhi") as context:
        interventions.confirm(context, proposed)
    assert _rows(world, case)["state"] != before["state"]
    with pytest.raises(SeparationViolated):
        _undo(world, proposed)
    _undo(world, proposed, by="zhi")
    assert _rows(world, case) == before


def test_what_changed_since_the_preview_is_not_done(world: World, case: str) -> None:
    with world.acting("yun") as context:
        seen = interventions.preview(context, case, "suspend", {}).seen
    world.complete("zhang", world.open_tasks(case)["t_check"], agree="no")
    with pytest.raises(Conflict), world.acting("yun") as context:
        interventions.carry_out(context, case, "suspend", {}, "x", seen)
    with world.database.reading() as session:
        assert session.scalars(select(Intervention)).all() == []


def test_who_may_not_intervene(world: World, case: str) -> None:
    org = world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", zhi="editor")
    own = world.start("leave", "wang", org_id=org, who="王")
    world.add_person("guan", "operator", "system_admin")
    for person, number in (("lu", case), ("zhi", own), ("guan", case)):
        with pytest.raises(NotPermitted), world.acting(person) as context:
            interventions.find_case(context, number)
    with world.acting() as context:
        task = context.session.scalars(select(UserTask).where(UserTask.status == "completed")).first()
        assert task is not None
        task.duty, task.completed_by_id = "finance_review", world.people["yun"]
    with pytest.raises(SeparationViolated), world.acting("yun") as context:
        interventions.find_case(context, case)
