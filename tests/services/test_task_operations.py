"""Operations on tasks: what each does, who may do it, what history says; two people at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models.history import HistoryEvent
from app.models.identity import User
from app.models.operations import TaskCopy
from app.models.runtime import Inbox, UserTask
from app.services import history, inbox, task
from app.services.errors import (
    Conflict,
    Invalid,
    NotFound,
    NotPermitted,
    SeparationViolated,
    ServiceError,
    TaskEnded,
    TaskTaken,
)
from app.services.numbering import OFFICE_ZONE
from app.services.task_operations import (
    copies,
    effective,
    leaving,
    questions,
    returning,
    signing,
    substitutes,
    urging,
)
from app.services.task_operations.urging import UrgedLately
from tests.factories import CHECK, LEAVE_FILES, World, make_leave_world
from tests.worlds import NewWorld

EVERYTHING = 'zr:operations="transfer delegate add_sign remove_sign return return_direct take_back withdraw copy urge ask"'


def files(check: str = EVERYTHING, ask: str = EVERYTHING, group: str = "") -> dict[str, bytes]:
    """The leave process with these attributes on its two tasks; a second check follows the first one."""
    text = LEAVE_FILES["bpmn/leave.bpmn"].decode()
    text = text.replace('<bpmn:userTask id="t_ask"', f'<bpmn:userTask id="t_ask" {ask}')
    text = text.replace('<bpmn:userTask id="t_check"', f'<bpmn:userTask id="t_check" {check} {group}')
    return {**LEAVE_FILES, "bpmn/leave.bpmn": text.encode(), "forms/leave/check.json": CHECK}


def make_office(url: str, folder: Path) -> World:
    made = make_leave_world(url, folder)
    made.deploy(files(), "operations")
    made.add_person("chen", "division", "staff")
    return made


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(make_office)


def to_check(world: World, claim: str | None = None) -> tuple[str, int]:
    number = world.start("leave", "wang", who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    check = world.open_tasks(number)["t_check"]
    if claim:
        with world.acting(claim) as context:
            task.claim(context, check)
    return number, check


def events(world: World, number: str, kind: str) -> list[HistoryEvent]:
    with world.database.reading() as session:
        rows = history.timeline(session, world.instance(number).id)
        return [row for row in rows if row.kind == kind]


def inboxes(world: World, task_id: int) -> set[str]:
    names = {f"user:{n}": name for name, n in world.people.items()}
    with world.database.reading() as session:
        return {
            names.get(p, p) for p in session.scalars(select(Inbox.principal).where(Inbox.task_id == task_id))
        }


def act(world: World, username: str, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    with world.acting(username) as context:
        return function(context, *args, **options)


def people(world: World, *names: str) -> list[int]:
    return [world.people[name] for name in names]


# Returning


def plan_number(world: World, task_id: int) -> int:
    with world.looking() as context:
        return returning.previews(context, context.session.get_one(UserTask, task_id))[0].plan.number


def test_a_returned_task_goes_to_whoever_did_it_and_comes_straight_back(world: World) -> None:
    number, check = to_check(world, "zhang")
    again = act(
        world, "zhang", returning.return_task, check, plan_number(world, check), "天数不对", straight=True
    )
    assert world.open_tasks(number) == {"t_ask": again.id}
    assert inboxes(world, again.id) == {"wang"}
    with world.acting("wang") as context:
        assert task.open_task(context, again.id).values["days"] == 3
    (event,) = events(world, number, "task_returned")
    assert (event.actor_name, event.detail["reason"], event.detail["to_element"]) == (
        "zhang",
        "天数不对",
        "t_ask",
    )
    assert event.detail["ended"] == ["审批"]
    world.complete("wang", again.id, reason="探亲", days="2")
    check = world.open_tasks(number)["t_check"]
    world.complete("zhang", check, agree="yes")
    assert world.instance(number).outcome == "agreed"
    with world.database.reading() as session:
        assert list(history.verify_chains(session)) == []
        done = select(UserTask.data).where(UserTask.element_id == "t_ask").order_by(UserTask.id)
        assert [str(data["days"]) for data in session.scalars(done)] == ["3", "2"]  # both answers are kept


def test_a_return_rearms_the_limit(world: World) -> None:
    number, check = to_check(world, "zhang")
    with world.database.reading() as session:
        first = session.get_one(UserTask, check).due_at
    world.pass_time(days=2)
    again = act(
        world, "zhang", returning.return_task, check, plan_number(world, check), "补充", straight=False
    )
    world.complete("wang", again.id, reason="探亲", days="2")
    with world.database.reading() as session:
        second = session.get_one(UserTask, world.open_tasks(number)["t_check"]).due_at
    assert first is not None
    assert second is not None
    assert second > first


def test_only_the_holder_returns_and_only_with_a_reason(world: World) -> None:
    _, check = to_check(world, "zhang")
    number = plan_number(world, check)
    for username, reason, error in (
        ("li", "x", TaskTaken), ("wang", "x", SeparationViolated), ("lu", "x", NotFound), ("zhang", " ", Invalid),
    ):  # fmt: skip
        with pytest.raises(error):
            act(world, username, returning.return_task, check, number, reason, straight=False)


def test_nothing_but_transfer_is_on_by_itself(world: World) -> None:
    world.deploy({**LEAVE_FILES}, "plain")
    _, check = to_check(world, "zhang")
    for function, args in (
        (returning.return_task, (1, "x")),
        (signing.add_signers, (people(world, "li"), "before", "x")),
        (signing.delegate, (world.people["li"], "x")),
        (copies.copy_task, (people(world, "li"), "")),
        (questions.ask, (world.people["li"], "x")),
    ):
        options = {"straight": False} if function is returning.return_task else {}
        with pytest.raises(NotPermitted, match="不允许"):
            act(world, "zhang", function, check, *args, **options)
    act(world, "zhang", task.transfer, check, world.people["li"], "出差")


def taken_back(world: World, username: str, task_id: int) -> str | None:
    """What this person is offered to undo a completed task."""
    with world.acting(username) as context:
        row = context.session.get_one(UserTask, task_id)
        offered = returning.offered(context, [row]).get(task_id)
        assert (offered is None) or returning.undoable(context, row, offered) is not None
        return offered


def test_a_task_is_taken_back_while_nobody_opened_the_next(world: World) -> None:
    number, check = to_check(world)
    ask = check - 1
    assert taken_back(world, "wang", ask) == "take_back"
    assert taken_back(world, "li", ask) is None
    with pytest.raises(NotFound):
        act(world, "li", returning.take_back, ask, "x")
    again = act(world, "wang", returning.take_back, ask, "写错了")
    assert world.open_tasks(number) == {"t_ask": again.id}
    assert events(world, number, "task_taken_back")[0].detail["reason"] == "写错了"
    with pytest.raises(Conflict):
        act(world, "wang", returning.take_back, ask, "again")


@pytest.mark.parametrize("begin", [task.note_opened, task.claim])
def test_nothing_is_taken_back_once_somebody_opened_or_claimed_the_next(
    world: World, begin: Callable[..., Any]
) -> None:
    _, check = to_check(world)
    act(world, "zhang", begin, check)
    if begin is task.claim:
        act(world, "zhang", task.release, check)  # giving it back does not undo that it was seen
    assert taken_back(world, "wang", check - 1) is None
    with pytest.raises(Conflict, match="已经开始"):
        act(world, "wang", returning.take_back, check - 1, "写错了")


def test_only_who_may_act_says_that_a_task_was_opened(world: World) -> None:
    _, check = to_check(world)
    for username, error in (("lu", NotFound), ("wang", SeparationViolated)):
        with pytest.raises(error):
            act(world, username, task.note_opened, check)
    assert taken_back(world, "wang", check - 1) == "take_back"


def test_a_vote_begins_the_next_task(world: World) -> None:
    _, check = voting(world, "all")
    act(world, "li", task.sign, check, "agree", "")
    assert taken_back(world, "wang", check - 1) is None


# Countersigning

VOTING = 'zr:decision="RULE" zr:decisionVariable="vote" zr:operations="add_sign remove_sign transfer"'


def voting(world: World, rule: str, signers: str = "") -> tuple[str, int]:
    group = f'zr:signers="= {signers}"' if signers else ""
    world.deploy(files(VOTING.replace("RULE", rule), "", group), rule)
    return to_check(world)


def test_a_ratio_decides_and_the_first_signer_closes(world: World) -> None:
    number, check = voting(world, "ratio 60%")
    assert inboxes(world, check) == {"zhang", "li", "chen"}  # wang drafted: no seat
    with pytest.raises(Conflict):
        act(world, "zhang", task.claim, check)
    with pytest.raises(Conflict, match="会签"):
        world.complete("zhang", check, agree="yes")
    act(world, "zhang", task.sign, check, "agree", "")
    assert inboxes(world, check) == {"li", "chen"}
    with pytest.raises(Invalid):
        act(world, "li", task.sign, check, "refuse", " ")
    act(world, "li", task.sign, check, "agree", "同意")
    (decided,) = events(world, number, "task_decided")
    assert (decided.detail["outcome"], decided.detail["agree"], decided.detail["total"]) == ("agreed", 2, 3)
    (chair,) = inboxes(world, check)
    with pytest.raises(Conflict):
        act(world, "chen", task.sign, check, "agree", "")
    world.complete(chair, check, agree="yes")
    with world.database.reading() as session:
        data = session.get_one(UserTask, check).data
    assert data is not None
    assert data["vote"]["outcome"] == "agreed"
    assert [vote["name"] for vote in data["vote"]["votes"]] == ["li", "zhang"]


def test_the_same_vote_twice_counts_once(world: World) -> None:
    number, check = voting(world, "all")
    results: list[str] = []

    def attempt() -> None:
        try:
            act(world, "zhang", task.sign, check, "agree", "")
            results.append("done")
        except ServiceError:
            results.append("refused")

    together(attempt, attempt, attempt)
    assert sorted(results) == ["done", "refused", "refused"]
    assert len(events(world, number, "task_signed")) == 1


def test_signers_are_named_by_the_diagram_with_weights(world: World) -> None:
    who = ", ".join(
        f"{{principal: &quot;user:{world.people[name]}&quot;, weight: {weight}}}"
        for name, weight in (("li", 3), ("zhang", 1), ("wang", 9))
    )
    _, check = voting(world, "weighted 50%", f"[{who}]")
    act(world, "li", task.sign, check, "agree", "")
    assert inboxes(world, check) == {"li"}  # wang drafted and has no seat; li alone is more than half


# Adding signers, delegation


def test_added_before_confirms_first_and_after_confirms_last(world: World) -> None:
    number, check = to_check(world, "zhang")
    act(world, "zhang", signing.add_signers, check, people(world, "li"), "before", "请先看")
    assert inboxes(world, check) == {"li"}
    with pytest.raises(Conflict):
        world.complete("zhang", check, agree="yes")
    act(world, "li", task.sign, check, "agree", "没有意见")
    assert inboxes(world, check) == {"zhang"}
    act(world, "zhang", signing.add_signers, check, people(world, "chen"), "after", "请复核")
    world.complete("zhang", check, agree="yes")
    assert world.instance(number).status == "active"
    assert inboxes(world, check) == {"chen"}
    act(world, "chen", task.sign, check, "agree", "")
    assert world.instance(number).outcome == "agreed"
    with world.database.reading() as session:
        assert session.get_one(UserTask, check).completed_by_id == world.people["zhang"]


def test_a_refusal_after_the_holder_gives_the_task_back(world: World) -> None:
    number, check = to_check(world, "zhang")
    act(world, "zhang", signing.add_signers, check, people(world, "li"), "after", "请复核")
    world.complete("zhang", check, agree="yes")
    act(world, "li", task.sign, check, "refuse", "依据不足")
    assert inboxes(world, check) == {"zhang"}
    world.complete("zhang", check, agree="no")
    assert world.instance(number).outcome == "refused"


def test_removing_a_signer(world: World) -> None:
    _, check = to_check(world, "zhang")
    act(world, "zhang", signing.add_signers, check, people(world, "li", "chen"), "before", "请看")
    act(world, "li", task.sign, check, "agree", "")
    with pytest.raises(NotPermitted):
        act(world, "chen", signing.remove_signer, check, world.people["li"], "x")
    with pytest.raises(Conflict, match="已经表态"):
        act(world, "zhang", signing.remove_signer, check, world.people["li"], "x")
    act(world, "zhang", signing.remove_signer, check, world.people["chen"], "不需要")
    assert inboxes(world, check) == {"zhang"}


def test_a_delegated_task_comes_back(world: World) -> None:
    number, check = to_check(world, "zhang")
    act(world, "zhang", signing.delegate, check, world.people["li"], "请代为核对")
    assert inboxes(world, check) == {"li"}
    act(world, "li", task.sign, check, "agree", "已核对")
    world.complete("zhang", check, agree="yes")
    assert [e.kind for e in events(world, number, "task_delegated")] == ["task_delegated"]


def test_nobody_separated_gets_in_on_any_path(world: World) -> None:
    """wang drafted; lu holds another post and may be asked, the administrator and strangers may not."""
    world.add_person("admin", "system_admin", "division")
    _, check = to_check(world, "zhang")
    for name, error in (("wang", SeparationViolated), ("admin", SeparationViolated), ("shen", NotPermitted)):
        target = world.people[name]
        for function, args in (
            (task.transfer, (target, "x")),
            (signing.delegate, (target, "x")),
            (signing.add_signers, ([target], "before", "x")),
            (signing.add_signers, ([target], "after", "x")),
            (signing.add_signers, ([target], "parallel", "x")),
        ):
            with pytest.raises((error, NotPermitted)):
                act(world, "zhang", function, check, *args)
        for function, args in ((copies.copy_task, ([target], "")), (questions.ask, (target, "x"))):
            with pytest.raises(Invalid):
                act(world, "zhang", function, check, *args)
        left = act(world, "shen", leaving.transfer_all, world.people["zhang"], target, "离职")
        assert left[0].error is not None


# Substitutes


def test_a_substitute_acts_and_history_says_for_whom(world: World) -> None:
    number, check = to_check(world, "zhang")
    start = world.now
    with pytest.raises(NotPermitted):
        act(
            world,
            "zhang",
            substitutes.appoint,
            world.people["lu"],
            start,
            start + timedelta(days=3),
            [],
            "休假",
        )
    act(world, "zhang", substitutes.appoint, world.people["li"], start, start + timedelta(days=3), [], "休假")
    with world.acting("li") as context:
        listed = inbox.my_tasks(context, context.session.get_one(User, world.people["li"]), inbox.Query())
        assert [entry.task.id for entry in listed.entries if entry.task] == [check]
    with pytest.raises(TaskTaken):
        world.complete("chen", check, agree="yes")
    world.complete("li", check, agree="yes")
    (done,) = [e for e in events(world, number, "task_completed") if e.element_id == "t_check"]
    assert (done.actor_name, done.detail["for_name"]) == ("li", "zhang")
    with world.database.reading() as session:
        row = session.get_one(UserTask, check)
        assert (row.completed_by_id, row.on_behalf_of_id) == (world.people["li"], world.people["zhang"])


def test_a_substitute_needs_time_scope_and_no_conflict(world: World) -> None:
    _, check = to_check(world, "zhang")
    start = world.now
    appoint = substitutes.appoint
    other = act(
        world, "zhang", appoint, world.people["li"], start, start + timedelta(days=3), ["other"], "休假"
    )
    with pytest.raises(TaskTaken):
        world.complete("li", check, agree="yes")
    act(world, "zhang", substitutes.end, other.id)
    act(world, "zhang", appoint, world.people["wang"], start, start + timedelta(days=3), [], "休假")
    with pytest.raises(SeparationViolated):
        world.complete("wang", check, agree="yes")
    act(
        world,
        "zhang",
        appoint,
        world.people["li"],
        start + timedelta(days=1),
        start + timedelta(days=2),
        [],
        "会议",
    )
    with pytest.raises(TaskTaken):
        world.complete("li", check, agree="yes")
    world.pass_time(days=1, hours=1)
    world.complete("li", check, agree="yes")


def test_a_substitutes_lists_and_badges_hold_what_the_substitute_may_do(world: World) -> None:
    _, check = to_check(world, "zhang")

    def seen(username: str) -> tuple[list[int], int, int, tuple[int, bool]]:
        with world.acting(username) as context:
            user = context.session.get_one(User, world.people[username])
            mine = [found.id for found in inbox.my_tasks(context, user, inbox.Query()).tasks]
            counts = inbox.count_inbox(context, user)
            filtered = inbox.count_filtered(context, user, "mine", inbox.EVERYTHING)
            late = inbox.overdue_tasks(context, user, inbox.Query()).tasks
            assert counts.overdue == len(late)
            return mine, counts.mine, counts.overdue, filtered

    assert seen("li") == ([], 0, 0, (0, False))
    start, appoint = world.now, substitutes.appoint
    span = (start, start + timedelta(days=9))
    act(world, "zhang", appoint, world.people["li"], *span, ["other"], "只代其他流程")
    assert seen("li") == ([], 0, 0, (0, False))
    act(world, "zhang", appoint, world.people["li"], *span, ["leave"], "休假")
    assert seen("li") == ([check], 1, 0, (1, False))
    world.now += timedelta(days=4)
    assert seen("li") == ([check], 1, 1, (1, False))
    act(world, "zhang", appoint, world.people["li"], world.now, span[1], [], "全部")
    assert seen("li") == ([check], 1, 1, (1, False))
    world.now = span[1]
    assert seen("li") == ([], 0, 0, (0, False))


# Copies, questions, urging, leaving


def test_copies_are_sent_once_and_read(world: World) -> None:
    number, check = to_check(world, "zhang")
    assert act(world, "zhang", copies.copy_task, check, people(world, "li", "chen"), "请知悉") == 2
    assert act(world, "zhang", copies.copy_task, check, people(world, "li"), "再发") == 0
    assert len(events(world, number, "task_copied")) == 1
    with world.acting("li") as context:
        user = context.session.get_one(User, world.people["li"])
        (found,) = copies.to_read(context, user)
        copies.read_copy(context, found.id)
        assert copies.to_read(context, user) == []
        assert len(copies.copies_to(context, user)) == 1
    with pytest.raises(NotFound):
        act(world, "chen", copies.read_copy, found.id)
    with world.database.reading() as session:
        assert session.get_one(TaskCopy, found.id).read_at is not None


def test_a_question_does_not_move_the_task(world: World) -> None:
    number, check = to_check(world, "zhang")
    asked = act(world, "zhang", questions.ask, check, world.people["li"], "材料齐吗")
    assert act(world, "zhang", questions.ask, check, world.people["li"], "材料齐吗").id == asked.id
    with pytest.raises(NotFound):
        act(world, "chen", questions.answer, asked.id, "齐")
    act(world, "li", questions.answer, asked.id, "齐")
    with pytest.raises(Conflict):
        act(world, "li", questions.answer, asked.id, "不齐")
    assert [e.detail["answer"] for e in events(world, number, "task_answered")] == ["齐"]
    assert inboxes(world, check) == {"zhang"}


def test_urging_is_limited(world: World) -> None:
    number, check = to_check(world, "zhang")
    act(world, "wang", urging.urge, check, "")
    with pytest.raises(UrgedLately):
        act(world, "li", urging.urge, check, "")
    with pytest.raises(NotPermitted):
        act(world, "zhang", urging.urge, check, "")
    with pytest.raises(NotFound):
        act(world, "lu", urging.urge, check, "")
    world.pass_time(hours=5)
    act(world, "wang", urging.urge, check, "急")
    assert len(events(world, number, "task_urged")) == 2


def test_all_tasks_of_a_leaver_go_over(world: World) -> None:
    first, one = to_check(world, "zhang")
    _, two = to_check(world, "zhang")
    act(world, "zhang", signing.add_signers, two, people(world, "chen"), "before", "请看")
    left = act(world, "shen", leaving.transfer_all, world.people["zhang"], world.people["li"], "离职")
    assert [(entry.task.id, entry.error) for entry in left] == [(one, None), (two, None)]
    act(world, "chen", task.sign, two, "agree", "")
    assert inboxes(world, one) == inboxes(world, two) == {"li"}
    assert events(world, first, "task_transferred")[0].detail["before_name"] == "zhang"
    left = act(world, "shen", leaving.transfer_all, world.people["li"], None, "离职")
    assert [entry.error is None for entry in left] == [True, False]
    assert inboxes(world, one) == {"group:division"}


# Missing and conflicting people


def test_missing_people_and_initiators_are_handled_as_said(world: World) -> None:
    world.deploy(files('zr:initiatorApprover="exclude" zr:emptyApprover="group:clerk"', ""), "rules")
    number = world.start("leave", "li", who="李")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    check = world.open_tasks(number)["t_check"]
    with pytest.raises(SeparationViolated, match="发起人"):
        act(world, "li", task.claim, check)
    for name in ("zhang", "chen"):
        with world.acting() as context:
            context.session.get_one(User, world.people[name]).is_active = False
    number = world.start("leave", "li", who="李")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    assert inboxes(world, world.open_tasks(number)["t_check"]) == {"group:clerk"}
    detail = events(world, number, "task_rerouted")[0].detail
    assert (detail["to"], detail["to_name"]) == ("group:clerk", "clerk")


# At the same time


def test_a_return_and_a_completion_at_once_leave_one_effect(world: World) -> None:
    number, check = to_check(world, "zhang")
    point = plan_number(world, check)
    results: list[str] = []

    def attempt(name: str, function: Callable[[], Any]) -> None:
        try:
            function()
            results.append(name)
        except (TaskEnded, NotFound):
            results.append("late")

    together(
        lambda: attempt("done", lambda: world.complete("zhang", check, agree="yes")),
        lambda: attempt(
            "back", lambda: act(world, "zhang", returning.return_task, check, point, "x", straight=False)
        ),
        lambda: attempt(
            "back", lambda: act(world, "zhang", returning.return_task, check, point, "x", straight=False)
        ),
    )
    assert sorted(results)[1:] == ["late", "late"]
    assert (world.instance(number).status == "completed") is ("done" in results)


def together(*acts: Callable[[], Any]) -> None:
    errors: list[BaseException] = []

    def run(one: Callable[[], Any]) -> None:
        try:
            one()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# The day of effect


def dated(world: World) -> tuple[str, int]:
    world.deploy(files(EVERYTHING.replace("ask", "ask effective_date")), "effect")
    return to_check(world, "zhang")


def test_a_day_of_effect_stands_beside_the_record_and_never_unseen(world: World) -> None:
    number, check = dated(world)
    world.pass_time(days=2)
    day = world.now.astimezone(OFFICE_ZONE).date() - timedelta(days=1)
    for wrong, reason in ((day, " "), (day - timedelta(days=5), "x"), (day + timedelta(days=400), "x")):
        with pytest.raises(Invalid):
            act(world, "zhang", effective.name_day, check, wrong, reason)
    with pytest.raises(TaskTaken):
        act(world, "li", effective.name_day, check, day, "x")
    act(world, "zhang", effective.name_day, check, day + timedelta(days=9), "先定的日期")
    act(world, "zhang", effective.name_day, check, day, "会议当日口头决定")
    world.complete("zhang", check, agree="yes")
    named = [
        (e.detail["before"], e.detail["effective_on"]) for e in events(world, number, "task_effective_day")
    ]
    assert named == [(None, (day + timedelta(days=9)).isoformat()), (named[1][0], day.isoformat())]
    (done,) = [e for e in events(world, number, "task_completed") if e.element_id == "t_check"]
    assert (done.detail["effective_on"], done.recorded_at) == (day.isoformat(), world.now)
    with world.database.reading() as session:
        row = session.get_one(UserTask, check)
        assert (row.effective_on, row.completed_at, row.data["effective_on"]) == (
            day,
            world.now,
            day.isoformat(),
        )
        assert list(history.verify_chains(session)) == []
    with pytest.raises(TaskEnded):
        act(world, "zhang", effective.name_day, check, day, "补记")


def test_a_named_day_can_be_taken_back_before_the_act(world: World) -> None:
    _, check = dated(world)
    day = world.now.astimezone(OFFICE_ZONE).date()
    act(world, "zhang", effective.name_day, check, day, "当日")
    act(world, "zhang", effective.name_day, check, None, "不需要")
    world.complete("zhang", check, agree="yes")
    with world.database.reading() as session:
        row = session.get_one(UserTask, check)
        assert row.effective_on is None
        assert "effective_on" not in (row.data or {})


def test_no_day_of_effect_where_the_diagram_names_none(world: World) -> None:
    _, check = to_check(world, "zhang")
    with pytest.raises(NotPermitted, match="生效日期"):
        act(world, "zhang", effective.name_day, check, None, "x")
