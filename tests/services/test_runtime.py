"""Starting, completing, timers, messages: each exactly once, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from app.models.runtime import Inbox, Job, Message, ProcessInstance, Subscription, UserTask
from app.models.search import SearchEntry
from app.services import access, history, messages, task
from app.services.context import Context
from app.services.errors import (
    DeadlinePassed,
    Invalid,
    NotFound,
    NotPermitted,
    SeparationViolated,
    TaskEnded,
    TaskTaken,
)
from tests.factories import LEAVE, LEAVE_FILES, World


def _count(world: World, model: Any, *conditions: Any) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def _to_check(world: World) -> tuple[str, int]:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    return number, world.open_tasks(number)["t_check"]


def test_a_case_runs_from_start_to_end(world: World) -> None:
    number, check = _to_check(world)
    assert number == "QJ-2026-0001"
    assert world.instance(number).title == "请假：王"
    world.complete("zhang", check, agree="yes")
    ended = world.instance(number)
    assert (ended.status, ended.outcome) == ("completed", "agreed")
    world.worker().drain()
    assert _count(world, Inbox) == _count(world, Job) == _count(world, Subscription) == 0


def test_a_case_is_called_after_what_it_has_learnt(world: World) -> None:
    """Registers opened by hand learn only in a form whom they are about; lists and the search follow."""
    title = "= &quot;请假：&quot; + who"
    later = LEAVE.replace(title, f"{title} + (if ask = null then &quot;&quot; else ask.reason)")
    world.deploy({**LEAVE_FILES, "bpmn/leave.bpmn": later.encode()})
    number, _check = _to_check(world)
    assert world.instance(number).title == "请假：王探亲"
    with world.looking() as context:
        entry = context.session.get_one(SearchEntry, world.instance(number).id)
    assert "请假:王探亲" in entry.words.replace("：", ":")


def test_wrong_values_are_refused_and_change_nothing(world: World) -> None:
    number = world.start("leave", "wang", who="王")
    with pytest.raises(Invalid) as refused:
        world.complete("wang", world.open_tasks(number)["t_ask"], reason="", days="99")
    assert {path[0] for path in refused.value.errors} == {"reason", "days"}
    assert list(world.open_tasks(number)) == ["t_ask"]


def test_the_second_click_gets_the_first_result(world: World) -> None:
    number = world.start("leave", "wang", who="王")
    ask, key = world.open_tasks(number)["t_ask"], uuid4().hex
    first = world.complete("wang", ask, key, reason="探亲", days="3")
    second = world.complete("wang", ask, key, reason="探亲", days="3")
    assert first == second
    assert _count(world, UserTask, UserTask.status == "completed") == 1


def test_the_second_person_learns_who_was_first(world: World) -> None:
    _, check = _to_check(world)
    world.complete("zhang", check, agree="no")
    with pytest.raises(TaskEnded) as late:
        world.complete("li", check, agree="yes")
    assert late.value.name == "zhang"


def test_a_claimed_task_is_not_for_others(world: World) -> None:
    _, check = _to_check(world)
    with world.acting("zhang") as context:
        task.claim(context, check)
    with pytest.raises(TaskTaken), world.acting("li") as context:
        task.claim(context, check)
    with pytest.raises(TaskTaken):
        world.complete("li", check, agree="yes")
    with world.acting("zhang") as context:
        task.release(context, check)
    with world.acting("li") as context:
        task.claim(context, check)
    assert _count(world, Inbox, Inbox.principal == f"user:{world.people['li']}") == 1


def test_a_task_handed_over_needs_a_candidate_and_a_reason(world: World) -> None:
    _, check = _to_check(world)
    with world.acting("zhang") as context:
        task.claim(context, check)
    for person, reason, error in (
        ("lu", "休假", NotPermitted),
        ("li", " ", Invalid),
        ("wang", "休假", SeparationViolated),
    ):
        with pytest.raises(error), world.acting("zhang") as context:
            task.transfer(context, check, world.people[person], reason)
    with world.acting("zhang") as context:
        task.transfer(context, check, world.people["li"], "休假")
    world.complete("li", check, agree="yes")


def test_strangers_see_no_task(world: World) -> None:
    _, check = _to_check(world)
    for act in (task.claim, task.open_task):
        with pytest.raises(NotFound), world.acting("lu") as context:
            act(context, check)
    with pytest.raises(NotFound):
        world.complete("lu", check, agree="yes")


@pytest.mark.parametrize("act", ["claim", "open", "complete"])
def test_who_drafted_cannot_approve_on_any_path(world: World, act: str) -> None:
    _, check = _to_check(world)
    paths: dict[str, Callable[[Context], object]] = {
        "claim": lambda context: task.claim(context, check),
        "open": lambda context: task.open_task(context, check),
        "complete": lambda context: task.complete_task(
            context, check, {"agree": "yes"}, key="k" * 16, result_url="/"
        ),
    }
    with world.acting("wang") as context, pytest.raises(SeparationViolated):
        paths[act](context)


def test_a_timer_fires_once_with_two_workers(world: World) -> None:
    number, _ = _to_check(world)
    world.now += timedelta(days=30)
    workers = [world.worker(f"w{n}") for n in range(2)]
    _together(*(worker.drain for worker in workers))
    assert world.instance(number).outcome == "late"
    with world.database.reading() as session:
        kinds = [e.kind for e in history.timeline(session, world.instance(number).id)]
    assert kinds.count("timer_fired") == 1


def test_a_passed_limit_comes_before_the_act(world: World) -> None:
    number, check = _to_check(world)
    with world.database.reading() as session:
        due = session.scalars(select(Job.due_at).where(Job.kind == "timer")).one()
    world.now = due + timedelta(milliseconds=1)
    with pytest.raises(DeadlinePassed):
        world.complete("zhang", check, agree="yes")
    assert world.instance(number).status == "active"  # nothing half-done: the worker ends the case
    world.worker().drain()
    assert world.instance(number).outcome == "late"


def test_the_instant_of_the_limit_is_still_in_time(world: World) -> None:
    number, check = _to_check(world)
    with world.database.reading() as session:
        world.now = session.scalars(select(Job.due_at).where(Job.kind == "timer")).one()
    world.complete("zhang", check, agree="yes")
    assert world.instance(number).outcome == "agreed"


def test_a_message_reaches_its_catcher_even_when_it_comes_first(world: World) -> None:
    number = world.start("leave", "wang", who="王")
    with world.acting() as context:
        messages.send_message(context, "MSG-STOP", number, {}, dedup="once")
        messages.send_message(context, "MSG-STOP", number, {}, dedup="once")
    world.worker().drain()
    assert world.instance(number).status == "active"
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    world.worker().drain()
    assert world.instance(number).outcome == "stopped"
    assert _count(world, Message) == 1


def test_two_people_at_once_leave_one_effect(world: World) -> None:
    number, check = _to_check(world)
    results: list[str] = []

    def attempt(username: str) -> None:
        try:
            world.complete(username, check, agree="yes")
            results.append("done")
        except TaskEnded:
            results.append("late")

    _together(lambda: attempt("zhang"), lambda: attempt("li"))
    assert sorted(results) == ["done", "late"]
    assert world.instance(number).outcome == "agreed"


def test_double_clicks_at_once_leave_one_effect(world: World) -> None:
    _, check = _to_check(world)
    key = uuid4().hex
    results: list[str] = []
    _together(*(lambda: results.append(world.complete("zhang", check, key, agree="yes")) for _ in range(4)))
    assert len(set(results)) == 1
    assert len(results) == 4
    assert _count(world, ProcessInstance, ProcessInstance.status == "completed") == 1


def test_a_failing_job_is_retried_then_an_incident_and_harms_nothing(world: World) -> None:
    number, _ = _to_check(world)
    with world.acting() as context:
        context.session.add(
            Job(kind="no such kind", args={}, due_at=context.now, created_at=context.now, retries=2,
                instance_id=world.instance(number).id)
        )  # fmt: skip
    before = world.instance(number).history_hash
    for _ in range(4):
        world.pass_time(hours=1)
    with world.database.reading() as session:
        job = session.scalars(select(Job).where(Job.kind == "no such kind")).one()
        assert job.retries == 0
        assert "no such kind" in (job.error or "")
    assert world.instance(number).history_hash == before


def test_history_shows_every_tampering(world: World) -> None:
    number, check = _to_check(world)
    world.complete("zhang", check, agree="yes")
    with world.database.reading() as session:
        assert list(history.verify_chains(session)) == []
        rows = history.timeline(session, world.instance(number).id)
    for change in (
        "UPDATE history_event SET actor_name = 'x' WHERE id = :id",
        "DELETE FROM history_event WHERE id = :id",
    ):
        unit = world.database.begin(writing=True)
        unit.session.execute(text(change), {"id": rows[3].id})
        (fault,) = history.verify_chains(unit.session)
        unit.close()
        assert fault.instance_id == rows[3].instance_id
        assert fault.seq in (rows[3].seq, rows[4].seq)


def test_only_those_concerned_see_a_case(world: World) -> None:
    number, _ = _to_check(world)
    for username, sees in (("wang", True), ("zhang", True), ("shen", True), ("lu", False)):
        with world.acting(username) as context:
            assert context.actor is not None
            if sees:
                assert access.require_instance(context.session, context.actor, number).number == number
            else:
                with pytest.raises(NotFound):
                    access.require_instance(context.session, context.actor, number)


def _together(*acts: Callable[[], Any]) -> None:
    """Run these at the same time; the first error is raised here."""
    errors: list[BaseException] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
