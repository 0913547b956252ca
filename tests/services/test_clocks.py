"""The ledger of legal clocks: bound to elements, counted in working days, counted again when the calendar changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.demo import story
from app.models.clocks import StepPass
from app.models.history import HistoryEvent
from app.models.register import Notification
from app.models.runtime import Inbox, ProcessInstance, UserTask
from app.services import attachments, calendar, runtime, task
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services.calendar import calendar_of
from app.services.errors import DeadlinePassed
from app.services.notifications import reminders
from app.services.registers import clocks
from app.services.registers.clocks import Ledger
from tests.bpmn.test_acceptance import CALL, DECLARATION, FACTS
from tests.bpmn.walk import ROOT, parameters
from tests.factories import BPMN, START, ZR, World, form_json, make_world
from tests.worlds import NewWorld

PROCESS = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" id="d" targetNamespace="x">
  <bpmn:collaboration id="c"><bpmn:participant id="p" name="许可" processRef="permit"/></bpmn:collaboration>
  <bpmn:process id="permit" name="许可" isExecutable="true" zr:numberPrefix="XK" zr:startableBy="group:clerk">
    <bpmn:laneSet id="ls"><bpmn:lane id="l" name="经办" zr:candidates="group:clerk">
      <bpmn:flowNodeRef>s</bpmn:flowNodeRef><bpmn:flowNodeRef>t_review</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>g</bpmn:flowNodeRef><bpmn:flowNodeRef>t_supplement</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>t_issue</bpmn:flowNodeRef><bpmn:flowNodeRef>e</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>b_late</bpmn:flowNodeRef><bpmn:flowNodeRef>e_late</bpmn:flowNodeRef>
    </bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="s" name="收到申请">
      <bpmn:extensionElements><zr:clock name="review" act="start" limit="= 10 + 10" label="审查时限" labelEn="Review"/>
      </bpmn:extensionElements><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="t_review" name="审查" zr:formKey="permit/review" zr:resultVariable="review"
        zr:dueClock="review" zr:remind="5 1" zr:escalate="2" zr:escalateTo="group:board">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
    <bpmn:exclusiveGateway id="g" name="结论" default="f5"><bpmn:incoming>f2</bpmn:incoming>
      <bpmn:outgoing>f3</bpmn:outgoing><bpmn:outgoing>f5</bpmn:outgoing></bpmn:exclusiveGateway>
    <bpmn:userTask id="t_supplement" name="补正材料" zr:nameEn="Supplement" zr:formKey="permit/review"
        zr:resultVariable="supplement" zr:due="= wd(15)">
      <bpmn:extensionElements><zr:clock name="review" act="suspend"/></bpmn:extensionElements>
      <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:userTask>
    <bpmn:boundaryEvent id="b_late" name="逾期未补正" attachedToRef="t_supplement"><bpmn:outgoing>f7</bpmn:outgoing>
      <bpmn:timerEventDefinition id="td"><bpmn:timeDate>wd(15)</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:userTask id="t_issue" name="制发文书" zr:formKey="permit/review" zr:resultVariable="issue">
      <bpmn:extensionElements><zr:clock name="review" act="stop"/></bpmn:extensionElements>
      <bpmn:incoming>f5</bpmn:incoming><bpmn:outgoing>f6</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="e" name="办结"><bpmn:incoming>f6</bpmn:incoming></bpmn:endEvent>
    <bpmn:endEvent id="e_late" name="视为撤回"><bpmn:incoming>f7</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t_review"/>
    <bpmn:sequenceFlow id="f2" sourceRef="t_review" targetRef="g"/>
    <bpmn:sequenceFlow id="f3" name="补正" sourceRef="g" targetRef="t_supplement">
      <bpmn:conditionExpression>review.next = "more"</bpmn:conditionExpression></bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f4" sourceRef="t_supplement" targetRef="t_review"/>
    <bpmn:sequenceFlow id="f5" sourceRef="g" targetRef="t_issue"/>
    <bpmn:sequenceFlow id="f6" sourceRef="t_issue" targetRef="e"/>
    <bpmn:sequenceFlow id="f7" sourceRef="b_late" targetRef="e_late"/>
  </bpmn:process>
</bpmn:definitions>
"""
NEXT = form_json(
    {"type": "select", "id": "f_next", "key": "next", "label": "下一步",
     "values": [{"label": "补正", "value": "more"}, {"label": "制发", "value": "issue"}]},
)  # fmt: skip
FILES = {"bpmn/permit.bpmn": PROCESS.encode(), "forms/permit/review.json": NEXT}


# Another process about the same case, with a clock of the same name that is its own.
APPEAL = (
    PROCESS.replace("permit", "protest").replace('"XK"', '"YY" zr:subject="= case_no"')
    .replace('act="start"', 'act="start" of="instance" since="= date and time(received)"')
).replace("forms/protest", "forms/permit")  # fmt: skip
FILES |= {"bpmn/protest.bpmn": APPEAL.encode(), "forms/protest/review.json": NEXT}


def permit_world(url: str, folder: Path) -> World:
    world = make_world(url, folder)
    world.deploy(FILES)
    world.add_person("lu", "clerk")
    world.add_person("tang", "board")
    return world


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(permit_world)


def ledger(world: World, number: str) -> Ledger:
    with world.looking() as context:
        case = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        [found] = clocks.ledgers(context.session, case, context.now)
        return found


def step(world: World, number: str, **data: str) -> None:
    [(_name, task_id)] = world.open_tasks(number).items()
    world.complete("lu", task_id, **data)


def task_of(world: World, number: str) -> UserTask:
    with world.looking() as context:
        [(_name, task_id)] = world.open_tasks(number).items()
        return context.session.get_one(UserTask, task_id)


def test_a_clock_stands_still_while_a_token_is_where_it_is_suspended(world: World) -> None:
    number = world.start("permit", "lu")
    found = ledger(world, number)
    assert (found.clock.label, found.state, found.used, found.left) == ("审查时限", "running", 0, 20)
    assert task_of(world, number).due_at == found.clock.due_at
    world.now += timedelta(days=2)
    step(world, number, next="more")
    found = ledger(world, number)
    assert (found.state, found.used, found.clock.due_at) == ("suspended", 2, None)
    assert found.stretches[-1].reason == "补正材料"
    assert found.stretches[-1].reason_en == "Supplement"
    world.now += timedelta(days=7)
    step(world, number, next="issue")
    found = ledger(world, number)
    assert (found.state, found.used, found.suspended, found.left) == ("running", 2, 5, 18)
    assert (
        task_of(world, number).due_at == found.clock.due_at == datetime(2026, 12, 28, 15, 59, 59, tzinfo=UTC)
    )
    with world.looking() as context:
        rows = context.session.scalars(select(Inbox.due_at)).all()
        assert rows == [found.clock.due_at]
    step(world, number, next="issue")
    assert ledger(world, number).state == "ended"
    with world.looking() as context:
        kinds = context.session.scalars(
            select(HistoryEvent.kind).where(HistoryEvent.kind.like("clock%")).order_by(HistoryEvent.id)
        ).all()
    assert kinds == ["clock_started", "clock_suspended", "clock_resumed", "clock_stopped"]


def accepting(url: str, folder: Path) -> World:
    """The project's own acceptance with an organisation, and a clerk."""
    world = make_world(url, folder)
    wanted = ("bpmn/acceptance.bpmn", "bpmn/service_of_notice.bpmn", "bpmn/admissibility.dmn", "letters/*.typ",
              "forms/acceptance/*", "forms/service_of_notice/*")  # fmt: skip
    paths = [path for name in wanted for path in ROOT.glob(name)]
    world.deploy({path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths})
    world.add_person("lu", "clerk")
    world.add_person("hang")
    world.add_organisation("91310000MA1FL0000N", "甲银行", "bank", hang="editor")
    return world


def prefilled_step(world: World, number: str, **data: str) -> None:
    """Hand in the one open form as it is prefilled, but for this; what is not met has a reason."""
    [(_name, task_id)] = world.open_tasks(number).items()
    with world.acting("lu") as context:
        values = task.open_task(context, task_id).values
    rows = [
        {**row, "reason": "未签署"} if row.get("ok") == "no" else row for row in values.get("items") or ()
    ]
    world.complete("lu", task_id, **{**values, "items": rows, **data})


def test_the_time_to_accept_runs_on_when_a_supplement_lapses(new_world: NewWorld) -> None:
    world = new_world(accepting)
    facts = {**FACTS, "commitment_signed": False}
    given = {
        "case_no": "CX-1",
        "call": CALL,
        "declaration": DECLARATION,
        "facts": facts,
        "params": parameters(),
    }
    number = world.start("acceptance", org_id=1, **given)
    assert task_of(world, number).due_at == ledger(world, number).clock.due_at
    world.now += timedelta(days=1)
    prefilled_step(world, number, outcome="supplement", opinion="承诺书未签署")
    prefilled_step(world, number)
    found = ledger(world, number)
    assert (found.state, found.used, found.clock.limit_days) == ("suspended", 1, 5)
    world.pass_time(days=15)
    assert set(world.open_tasks(number)) == {"t_no_notice"}
    world.now += timedelta(days=1)
    found = ledger(world, number)
    assert (found.state, found.clock.label, found.left) == ("running", "受理时限", 5 - found.used)
    assert found.used > 1
    check_sum(world, number)
    prefilled_step(world, number)
    found = ledger(world, number)
    assert found.state == "ended"
    assert found.used + found.suspended == found.elapsed


def timers(world: World, number: str) -> list[str]:
    """The elements whose timers have fired."""
    with world.looking() as context:
        query = select(HistoryEvent.element_id).where(HistoryEvent.kind == "timer_fired")
        instance = context.session.scalars(
            select(ProcessInstance).where(ProcessInstance.number == number)
        ).one()
        return list(context.session.scalars(query.where(HistoryEvent.instance_id == instance.id)))


def test_reminder_and_deemed_acceptance_count_what_a_supplement_left(new_world: NewWorld) -> None:
    """Five days; two were used before the supplement, so the reminder comes after two more and silence accepts after three."""
    world = new_world(accepting)
    facts = {**FACTS, "commitment_signed": False}
    params = {**parameters(), "deemed_acceptance": True}
    given = {"case_no": "CX-1", "call": CALL, "declaration": DECLARATION, "facts": facts, "params": params}
    number = world.start("acceptance", org_id=1, **given)
    world.now += timedelta(days=2)
    prefilled_step(world, number, outcome="supplement", opinion="承诺书未签署")
    prefilled_step(world, number)
    world.pass_time(days=5)
    [(_name, supplement)] = world.open_tasks(number).items()
    answers = [{"answer": "已签署"}]
    files = {"commitment_files": handed_in(world, number)}
    with world.acting("hang") as context:
        known = attachments.referable(context, context.session.get_one(UserTask, supplement).instance)
        data = {"answers": answers, **files}
        task.complete_task(context, supplement, data, key="k" * 16, result_url="/", files=known)
    found = ledger(world, number)
    assert (found.state, found.used, found.left) == ("running", 2, 3)
    due = found.clock.due_at
    assert due is not None
    assert task_of(world, number).due_at == due
    before = len(timers(world, number))
    days = [day for day in range(1, 15) if is_working_day(world, world.now + timedelta(days=day))]
    resumed = world.now
    world.pass_time(days=days[1] - 1)
    assert timers(world, number)[before:] == []
    world.now = resumed
    world.pass_time(days=days[1] + 1)
    assert timers(world, number)[before:] == ["b_remind"]
    world.now = due - timedelta(seconds=1)
    world.pass_time(seconds=0)
    assert set(world.open_tasks(number)) == {"t_check"}
    world.pass_time(days=1)
    assert timers(world, number)[before:] == ["b_remind", "b_deemed"]
    assert set(world.open_tasks(number)) == {"t_accept_notice"}
    check_sum(world, number)


def is_working_day(world: World, at: datetime) -> bool:
    with world.looking() as context:
        day = at.astimezone(calendar.OFFICE_ZONE).date()
        return calendar_of(context.session).working_days_between(day - timedelta(days=1), day) == 1


def handed_in(world: World, number: str) -> list[str]:
    with world.acting() as context:
        return story.upload(context, "hang", number)


def test_a_limit_that_takes_the_token_away_ends_the_clock(world: World) -> None:
    number = world.start("permit", "lu")
    step(world, number, next="more")
    world.pass_time(days=40)
    found = ledger(world, number)
    assert world.instance(number).status == "completed"
    assert (found.state, found.used) == ("ended", 0)
    assert found.suspended == found.elapsed


def test_an_appeal_has_a_clock_of_its_own_since_it_came(world: World) -> None:
    case = world.start("permit", "lu")
    came = world.now
    world.now += timedelta(days=2)
    first, second = (world.start("protest", "lu", case_no=case, received=came.isoformat()) for _ in range(2))
    step(world, first, next="more")
    world.now += timedelta(days=3)
    held, running = ledger(world, first), ledger(world, second)
    assert (held.state, held.used, held.suspended) == ("suspended", 2, 2)  # it is Saturday
    assert (running.state, running.used, running.clock.started_at) == ("running", 4, came)
    assert task_of(world, second).due_at == running.clock.due_at
    assert ledger(world, case).state == "running"
    step(world, case, next="issue")
    step(world, case)  # the case ends, and with it only its own clock
    assert world.instance(case).status == "completed"
    assert [ledger(world, number).state for number in (case, first, second)] == [
        "ended",
        "suspended",
        "running",
    ]
    step(world, first, next="issue")
    step(world, second, next="issue")
    for number in (case, first, second):
        world.now += timedelta(days=1)
        check_sum(world, number)
    assert [ledger(world, number).state for number in (first, second)] == ["running", "ended"]


def test_the_statistics_leave_out_days_on_which_an_own_clock_stood_still(world: World) -> None:
    case = world.start("permit", "lu")
    number = world.start("protest", "lu", case_no=case, received=world.now.isoformat())
    step(world, number, next="more")
    supplement = task_of(world, number).id
    world.now += timedelta(days=3)
    step(world, number, next="issue")
    with world.looking() as context:
        found = context.session.get_one(StepPass, supplement)
        assert (found.working_days, found.suspended_days) == (0, 3)


@settings(max_examples=40)
@given(moves=st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=8), last=st.integers(0, 40))
def test_the_stretches_always_add_up_to_the_elapsed_working_days(
    counting_world: World, moves: list[tuple[int, bool]], last: int
) -> None:
    world = counting_world
    world.now = START
    number = world.start("permit", "lu")
    for days, more in moves:
        world.now += timedelta(days=days, hours=days % 5)
        if "t_issue" in world.open_tasks(number):
            break
        try:
            step(world, number, next="more" if more else "issue")
        except DeadlinePassed:  # the limit of the supplement took the task away
            break
        check_sum(world, number)
    world.now += timedelta(days=last)
    check_sum(world, number)


def check_sum(world: World, number: str) -> None:
    found = ledger(world, number)
    assert found.used + found.suspended == found.elapsed
    with world.looking() as context:
        end = (found.clock.ended_at or world.now).astimezone(calendar.OFFICE_ZONE).date()
        days = calendar_of(context.session).working_days_between(found.clock.started_on, end)
    assert found.elapsed == days
    for one, following in zip(found.stretches, found.stretches[1:], strict=False):
        assert one.ended_on == following.started_on


@pytest.fixture(scope="module")
def counting_world(new_sqlite_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> World:
    return permit_world(new_sqlite_url(), tmp_path_factory.mktemp("clocks"))


def test_a_changed_calendar_moves_limits_and_leaves_a_trace(world: World) -> None:
    running, waiting = world.start("permit", "lu"), world.start("permit", "lu")
    step(world, waiting, next="more")
    before = ledger(world, running).clock.due_at
    due, timer = task_of(world, waiting).due_at, timer_of(world, waiting)
    assert before
    assert due
    assert timer == due
    with world.acting() as context:
        count = calendar.set_day(
            context.session, date(2026, 12, 4), "off", "调休", "国办发明电〔2026〕9号", context.now
        )
        assert count == 2
    world.drain()
    assert ledger(world, running).clock.due_at == before + timedelta(days=1)
    assert task_of(world, running).due_at == before + timedelta(days=1)
    assert task_of(world, waiting).due_at == timer_of(world, waiting) == due + timedelta(days=1)
    check_sum(world, running)
    with world.looking() as context:
        events = context.session.scalars(
            select(HistoryEvent)
            .where(HistoryEvent.kind == "limits_recomputed")
            .order_by(HistoryEvent.instance_id)
        ).all()
    assert [event.detail["year"] for event in events] == [2026, 2026]
    assert events[0].detail["source"] == "国办发明电〔2026〕9号"
    assert [item["what"] for item in events[0].detail["moved"]] == ["clock"]
    assert sorted(item["what"] for item in events[1].detail["moved"]) == ["task", "timer"]
    with world.acting() as context:
        assert calendar.publish_year(context.session, 2026, "国办发明电〔2026〕9号", context.now) == 2
    world.drain()
    with world.looking() as context:  # nothing moved, nothing is recorded
        query = select(HistoryEvent).where(HistoryEvent.kind == "limits_recomputed")
        assert len(context.session.scalars(query).all()) == 2


def timer_of(world: World, number: str) -> datetime | None:
    with world.looking() as context:
        case = context.session.scalars(select(ProcessInstance).where(ProcessInstance.number == number)).one()
        return runtime.load_instance(context, case).next_due()


def test_ended_stretches_are_counted_again(world: World) -> None:
    number = world.start("permit", "lu")
    world.now += timedelta(days=14)
    step(world, number, next="issue")
    assert ledger(world, number).used == 10
    with world.acting() as context:
        calendar.set_day(context.session, date(2026, 11, 28), "working", "调休上班", "通知", context.now)
    world.drain()
    assert ledger(world, number).used == 11
    check_sum(world, number)


def test_reminders_and_escalation_follow_the_step(world: World) -> None:
    number = world.start("permit", "lu")
    due = task_of(world, number).due_at
    assert due is not None

    def told(days: int) -> list[tuple[str, str]]:
        world.now = due + timedelta(days=days)
        with world.acting() as context:
            reminders.remind(context)
        with world.looking() as context:
            query = select(Notification.kind, Notification.principal).order_by(Notification.id)
            return [(kind, principal) for kind, principal in context.session.execute(query)]

    assert told(-10) == []
    assert told(-7) == [("due_soon", "group:clerk")]
    assert len(told(-6)) == 1
    assert told(-1) == [("due_soon", "group:clerk")] * 2
    assert told(1)[2:] == [("overdue", "group:clerk")]
    assert told(4)[3:] == [("escalation", "group:board")]
