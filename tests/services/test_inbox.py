"""The inbox: pages by key in every sort, filters, counts, and nothing that is not mine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.models.identity import User
from app.models.runtime import NO_DUE_DATE, Inbox, ProcessInstance, UserTask
from app.services import inbox, inbox_lists
from app.services.inbox_filter import Criteria
from app.services.inbox_steps import steps_of
from app.services.registers import mailbox
from tests.factories import START, World


def add_task(world: World, due_at: datetime | None, *principals: str, number: str = "", **values: Any) -> int:
    """An open task of the case with this number, or of the first one, in the inbox of these principals."""
    with world.acting() as context:
        query = select(ProcessInstance).order_by(ProcessInstance.id)
        if number:
            query = query.where(ProcessInstance.number == number)
        case = context.session.scalars(query).first()
        assert case is not None
        columns = {"process_key": "leave", "element_id": "t", "name": "任务", "form_key": "leave/ask", "subject": "S",
                   "separate_from": [], "not_actor_of": [], "created_at": context.now, **values}  # fmt: skip
        task = UserTask(
            instance_id=case.id, engine_id=uuid4().hex, candidates=list(principals), due_at=due_at, **columns
        )
        context.session.add(task)
        context.session.flush()
        for principal in principals:
            row = Inbox(principal=principal, due_at=due_at or NO_DUE_DATE, task_id=task.id, rank=-(task.priority or 0),
                        created_at=task.created_at)  # fmt: skip
            context.session.add(row)
        return task.id


def listed(world: World, username: str, name: str = "claimable", **asked: Any) -> list[int]:
    """The ids of all tasks of a list, over all its pages."""
    found: list[int] = []
    with world.acting(username) as context:
        assert context.actor is not None
        query = inbox.Query(**asked)
        while True:
            page = inbox_lists.LISTS[name](context, context.actor, query)
            assert len(page.entries) <= query.size
            found += [entry.task.id if entry.task else entry.case.id for entry in page.entries]
            if page.next_key is None:
                return found
            query = inbox.Query(**{**asked, "after": page.next_key})


@pytest.fixture
def started(world: World) -> World:
    world.start("leave", "wang", who="王")
    return world


def test_pages_show_every_task_once_in_order_of_due(started: World) -> None:
    added = [add_task(started, START + timedelta(hours=n % 3), "group:division") for n in range(9)]
    added.append(add_task(started, None, "group:division", "group:staff"))  # two ways to the same task
    add_task(started, START, "group:clerk")
    seen = listed(started, "zhang", size=4)
    assert len(seen) == len(set(seen)) == len(added) + 1
    assert set(added) < set(seen)
    assert added[-1] == seen[-1] or seen[-1] not in added[:-1]


TASKS = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), st.integers(0, 3)), max_size=9)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(TASKS, st.integers(1, 4))
def test_any_page_size_gives_the_same_list_in_every_sort(
    world: World, tasks: list[tuple[int, int, int]], size: int
) -> None:
    world.start("leave", "wang", who="王")
    for hours, priority, age in tasks:
        due_at = START + timedelta(hours=hours) if hours else None
        add_task(
            world,
            due_at,
            "group:division",
            "group:staff",
            priority=priority,
            created_at=START - timedelta(days=age),
        )
    with world.looking() as context:
        shown = {
            row.id: row for row in context.session.scalars(select(UserTask).where(UserTask.status == "open"))
        }
    orders: dict[str, Callable[[UserTask], Any]] = {
        "due": lambda t: (t.due_at or NO_DUE_DATE, t.id),
        "priority": lambda t: (-t.priority, t.due_at or NO_DUE_DATE, t.id),
        "oldest": lambda t: (t.created_at, t.id),
        "newest": lambda t: (-t.created_at.timestamp(), -t.id),
    }
    assert set(orders) == set(inbox.SORTS)
    for sort, order in orders.items():
        assert listed(world, "zhang", sort=sort, size=size) == sorted(shown, key=lambda n: order(shown[n])), (
            sort
        )


def test_filters_find_what_they_say(started: World) -> None:
    org = started.add_organisation("91310000MA1FPUJN11", "浦江样例银行", "bank")
    number = started.start("leave", "wang", org_id=org, who="李", call_no="PC-2026-0001", amount=1234567.8)
    assert started.instance(number).amount == Decimal("1234567.80")
    late = add_task(started, START - timedelta(days=2), "group:division", number=number, element_id="t_late")
    plain = add_task(started, None, "group:division")
    today = add_task(started, START + timedelta(hours=1), "group:division")
    first, second = (min(row) for row in (started.open_tasks(n).values() for n in ("QJ-2026-0001", number)))
    ours, everything = {late, second}, {late, plain, today, first, second}

    def found(**criteria: str) -> set[int]:
        return set(listed(started, "zhang", criteria=Criteria.of(criteria), size=2))

    assert found() == everything
    assert found(process="leave") == everything
    assert found(process="other") == set()
    assert found(org="样例") == found(call="PC-2026-0001") == found(q="浦江 李") == ours
    assert found(org="100%") == set()
    assert found(amount_from="1,234,567.80") == found(amount_from="1", amount_to="2000000") == ours
    assert found(amount_from="1234567.81") == set()
    assert found(due="overdue") == {late}
    assert found(due="today") == found(due="soon", process="leave") == found(due="week") == {late, today}
    assert found(due="none") == {plain, first, second}
    assert found(step="leave:t_late", org="浦江") == {late}
    for nonsense in (
        {"amount_from": "一万"},
        {"due": "x"},
        {"label": "x"},
        {"q": "，"},
        {"amount_to": "NaN"},
    ):
        assert found(**nonsense) == set()
        assert Criteria.of(nonsense).unreadable() == list(nonsense)


def test_the_filter_offers_the_steps_of_my_tasks(started: World) -> None:
    add_task(started, None, "group:clerk", element_id="t_other", name="别处")
    with started.acting("zhang") as context:
        assert context.actor is not None
        assert [step.value for step in steps_of(context.session, context.actor, "")] == ["leave:t_ask"]
        assert steps_of(context.session, context.actor, "else") == []


def test_counts_are_capped_and_mine(started: World) -> None:
    for _ in range(3):
        add_task(started, START - timedelta(days=1), f"user:{started.people['zhang']}")
    for who, counts in (("zhang", (3, 1, 3)), ("lu", (0, 0, 0))):
        with started.acting(who) as context:
            assert context.actor is not None
            assert inbox.count_inbox(context, context.actor) == inbox.Counts(*counts)


def test_the_bell_counts_what_nobody_of_mine_has_read(started: World) -> None:
    zhang = f"user:{started.people['zhang']}"
    with started.acting("zhang") as context:
        told = mailbox.tell(context.session, [zhang, "group:clerk", "user:999"], "提醒", "", context.now)
        assert told == 3
        assert context.actor is not None
        before = inbox.count_inbox(context, context.actor).told
        mine = mailbox.messages_of(context.session, [zhang])[0]
        mailbox.mark_read(context.session, mine.id, [zhang], context.now)
        assert inbox.count_inbox(context, context.actor).told == before - 1
        assert before == 1 + ("clerk" in {group.key for group in context.actor.groups})


def test_a_filter_is_counted_without_reading_everything(
    started: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        add_task(started, START + timedelta(hours=n), "group:division", "group:staff", element_id=f"t{n % 2}")
    with started.acting("zhang") as context:
        assert context.actor is not None
        ask = Criteria.of({"step": "leave:t1"})
        assert inbox.count_filtered(context, context.actor, "claimable", ask) == (3, False)
        assert inbox.count_filtered(context, context.actor, "mine", ask) == (0, False)
        monkeypatch.setattr(inbox, "SCAN_CAP", 4)
        assert inbox.count_filtered(context, context.actor, "claimable", ask) == (2, True)
        monkeypatch.setattr(inbox, "BADGE_CAP", 1)
        assert inbox.count_filtered(context, context.actor, "claimable", ask)[0] == 1


def test_what_i_did_and_what_i_started(started: World) -> None:
    numbers = [started.start("leave", "zhang", who=str(n)) for n in range(3)]
    for number in numbers:
        started.complete("wang", started.open_tasks(number)["t_ask"], reason="事", days=1)
        started.pass_time(hours=1)
    with started.looking() as context:
        rows = {row.number: row.id for row in context.session.scalars(select(ProcessInstance))}
        user = context.session.get_one(User, started.people["wang"])
        assert user.name == "wang"
    assert listed(started, "zhang", "started", size=2) == [rows[n] for n in numbers[::-1]]
    assert len(listed(started, "wang", "done", size=2)) == 3
    assert listed(started, "wang", "started") == [rows["QJ-2026-0001"]]
    assert listed(started, "zhang", "done") == []
    assert listed(started, "zhang", "started", criteria=Criteria.of({"q": numbers[1]})) == [rows[numbers[1]]]
