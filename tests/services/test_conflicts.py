"""Conflicts of interest: what counts as a tie, what D19 makes of it, and that no path leads around it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models.history import HistoryEvent
from app.models.identity import Membership, Organisation, User
from app.models.interests import InterestDeclaration
from app.models.register import Notification
from app.models.runtime import ProcessInstance, UserTask
from app.services import access, cases, conflicts, drafts, interests, task
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotFound, NotPermitted, RecusalRequired
from app.services.task_operations import leaving, people, signing, substitutes
from tests.factories import LEAVE, LEAVE_FILES, World, make_leave_world
from tests.worlds import NewWorld

ROOT = Path(__file__).resolve().parents[2]
BANK, INSURER, PARENT = "91310000MA1FPUJN11", "91310000MA1FHTCX2K", "91310000MA1FL0A80X"
D19 = (ROOT / "bpmn" / "conflict_of_interest.dmn").read_bytes()
OPERATIONS = LEAVE.replace(
    'zr:separateFrom="draft" zr:due', 'zr:operations="transfer delegate add_sign remove_sign" zr:due'
)


def make_office(url: str, folder: Path) -> World:
    """The short process with table D19, an applicant, and an approval that `zhang` holds."""
    made = make_leave_world(url, folder)
    made.deploy({**LEAVE_FILES, "bpmn/leave.bpmn": OPERATIONS.encode(), "bpmn/conflict_of_interest.dmn": D19})
    return made


@pytest.fixture
def world(new_world: NewWorld) -> World:
    return new_world(make_office)


@pytest.fixture
def bank(world: World) -> int:
    world.add_person("bian")
    return world.add_organisation(BANK, "样例银行", "bank", bian="editor signer")


@pytest.fixture
def check_task(world: World, bank: int) -> int:
    number = world.start("leave", "wang", org_id=bank, who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    return world.open_tasks(number)["t_check"]


def tie(world: World, username: str = "li", kind: str = "relative", **values: Any) -> int:
    with world.acting(username) as context:
        return interests.declare(context, kind, org=BANK, **values).id


def finding(world: World, task_id: int, username: str = "li", duty: str = "") -> conflicts.Finding:
    with world.looking() as context:
        user = context.session.get_one(User, world.people[username])
        case = context.session.get_one(UserTask, task_id).instance
        return conflicts.judge(context.session, user, case, duty)


# Facts and what the table says


def test_nobody_without_a_tie_is_kept_away(world: World, check_task: int) -> None:
    assert finding(world, check_task) == conflicts.NOTHING


def _employer(world: World, code: str) -> None:
    with world.acting() as context:
        context.session.get_one(User, world.people["li"]).employer_uscc = code


def test_the_own_unit_and_its_group(world: World, bank: int, check_task: int) -> None:
    insurer = world.add_organisation(INSURER, "样例保险", "insurer")
    _employer(world, BANK)
    assert finding(world, check_task).same_unit
    _employer(world, INSURER)
    assert not finding(world, check_task).bars
    with world.acting() as context:
        for org_id in (bank, insurer):
            context.session.get_one(Organisation, org_id).group_uscc = PARENT
    assert finding(world, check_task).bars
    _employer(world, PARENT)
    assert finding(world, check_task).bars


def test_the_group_that_the_applicant_declared(world: World, check_task: int) -> None:
    _employer(world, INSURER)
    with world.acting() as context:
        done = context.session.scalars(select(UserTask).where(UserTask.element_id == "t_ask")).one()
        done.duty = "apply"
        done.data = {**(done.data or {}), "group_members": [{"name": "子公司", "uscc": INSURER}]}
    assert finding(world, check_task).same_unit


def test_the_same_account_and_the_same_address(world: World, bank: int, check_task: int) -> None:
    with world.acting() as context:
        context.session.add(Membership(user_id=world.people["li"], org_id=bank, role="editor"))
    assert [fact.kind for fact in finding(world, check_task).facts] == ["employed"]
    with world.acting() as context:
        context.session.delete(context.session.get_one(Membership, (world.people["li"], bank, "editor")))
        for name in ("li", "bian"):
            context.session.get_one(User, world.people[name]).email = "Li@example.invalid"
    found = finding(world, check_task)
    assert ([fact.kind for fact in found.facts], found.bars) == (["same_group"], True)


@pytest.mark.parametrize(("days", "bars"), [(10, True), (3 * 365 - 10, True), (4 * 365, False)])
def test_whoever_once_acted_for_the_applicant(
    world: World, bank: int, check_task: int, days: int, bars: bool
) -> None:
    with world.acting() as context:
        row = context.session.get_one(UserTask, check_task).instance
        earlier = ProcessInstance(number="QJ-2020-0001", definition_id=row.definition_id, process_key="leave", title="旧案",
                                  subject="QJ-2020-0001", org_id=bank, started_at=world.now, state=b"", status="completed")  # fmt: skip
        context.session.add(earlier)
        context.session.flush()
        context.session.add(UserTask(instance_id=earlier.id, engine_id="x", process_key="leave", element_id="t", name="申报",
                                     form_key="", subject=earlier.number, duty="apply", separate_from=[], not_actor_of=[],
                                     candidates=[f"org:{bank}"], created_at=world.now, status="completed",
                                     completed_by_id=world.people["li"], completed_at=world.now - timedelta(days=days)))  # fmt: skip
    assert finding(world, check_task).bars is bars


def test_who_handled_the_case_does_not_judge_it_again(world: World, check_task: int) -> None:
    with world.acting() as context:
        done = context.session.scalars(select(UserTask).where(UserTask.element_id == "t_ask")).one()
        done.duty, done.completed_by_id = "accept", world.people["li"]
    for duty in ("objection", "objection_approve", "score"):
        assert finding(world, check_task, duty=duty).bars, duty
    assert not finding(world, check_task, duty="finance_review").bars


@pytest.mark.parametrize("kind", sorted(conflicts.KINDS))
def test_every_declared_tie_counts(world: World, check_task: int, kind: str) -> None:
    tie(world, kind=kind, note="说明")
    assert finding(world, check_task).bars


def test_an_open_interest_waits_for_the_division(world: World, check_task: int) -> None:
    declared = tie(world, kind="other", note="校友")
    assert finding(world, check_task).verdict == "ask"
    with pytest.raises(NotPermitted), world.acting("li") as context:
        interests.rule(context, declared, "allow", "可以")  # one's own
    with world.acting("zhang") as context:
        interests.rule(context, declared, "allow", "关系疏远")
    assert not finding(world, check_task).bars
    with pytest.raises(Conflict), world.acting("zhang") as context:
        interests.rule(context, declared, "block", "改主意")


def test_a_ruling_never_lifts_what_the_table_forbids(world: World, check_task: int) -> None:
    declared = tie(world, kind="advisor")
    with world.acting("zhang") as context:
        interests.rule(context, declared, "allow", "无妨")
    assert finding(world, check_task).bars


def test_a_tie_that_ended_long_ago_is_asked_about(world: World, check_task: int) -> None:
    tie(world, kind="employed", ended_on=(date(2026, 11, 23) - timedelta(days=4 * 365)).isoformat())
    assert finding(world, check_task).verdict == "ask"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "friend", "org": BANK}, "kind"),
        ({"kind": "paid"}, "org"),
        ({"kind": "paid", "org": "没有的单位"}, "org"),
        ({"kind": "paid", "case_no": "QJ-2026-9999"}, "case_no"),
        ({"kind": "other", "org": BANK}, "note"),
        ({"kind": "paid", "org": BANK, "ended_on": "2027-01-01"}, "ended_on"),
        ({"kind": "paid", "org": BANK, "ended_on": "昨天"}, "ended_on"),
    ],
)
def test_a_declaration_says_what_is_wrong_with_it(
    world: World, bank: int, values: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refused, world.acting("li") as context:
        interests.declare(context, **values)
    assert field in refused.value.errors
    with pytest.raises(NotPermitted), world.acting("bian") as context:
        interests.declare(context, "paid", org=BANK)


def test_only_the_person_ends_a_tie(world: World, bank: int) -> None:
    declared = tie(world)
    with pytest.raises(NotFound), world.acting("zhang") as context:
        interests.end(context, declared, "2026-11-01")
    with world.acting("li") as context:
        interests.end(context, declared, "2026-11-01")
        assert context.session.get_one(InterestDeclaration, declared).ended_on == date(2026, 11, 1)


def test_without_the_table_every_tie_bars(world: World, check_task: int) -> None:
    world.deploy(
        {**LEAVE_FILES, "bpmn/leave.bpmn": LEAVE.replace('name="请假" isE', 'name="请假二" isE').encode()}
    )
    with world.looking() as context:
        bank_id = context.session.get_one(UserTask, check_task).instance.org_id
    number = world.start("leave", "wang", org_id=bank_id, who="王")
    tie(world, kind="other", note="校友")
    task_id = world.open_tasks(number)["t_ask"]
    assert finding(world, task_id).bars
    tie(world, "zhang", kind="employed", ended_on="2001-01-01")
    assert finding(world, task_id, "zhang").bars


# The file


def test_the_file_stays_closed(world: World, check_task: int) -> None:
    tie(world)
    with world.looking() as context:
        li = context.session.get_one(User, world.people["li"])
        case = context.session.get_one(UserTask, check_task).instance
        assert not access.may_see_instance(li, case, context.session)
        assert case.id not in {row.id for row in cases.list_cases(context.session, li).cases}
        with pytest.raises(RecusalRequired):
            access.require_instance(context.session, li, case.number)


# Every path

Act = Callable[[Context, int, World], object]
FUTURE = timedelta(days=10)
# What lets a person act, or gives a person a task; `li` has a tie, `zhang` holds the task.
BY_LI: dict[str, Act] = {
    "open": lambda context, task_id, _w: task.open_task(context, task_id),
    "claim": lambda context, task_id, _w: task.claim(context, task_id),
    "draft": lambda context, task_id, _w: drafts.save_draft(context, task_id, {"agree": "yes"}),
    "begin": lambda context, task_id, _w: task.begin_task(context, task_id, "k" * 16),
    "complete": lambda context, task_id, _w: task.complete_task(
        context, task_id, {"agree": "yes"}, key="k" * 16, result_url="/"
    ),
    "lock the form": lambda context, task_id, _w: task.lock_form(context, task_id),
}
TO_LI: dict[str, Act] = {
    "transfer": lambda context, task_id, w: task.transfer(context, task_id, w.people["li"], "出差"),
    "delegate": lambda context, task_id, w: signing.delegate(context, task_id, w.people["li"], "协助"),
    "add signers": lambda context, task_id, w: signing.add_signers(
        context, task_id, [w.people["li"]], "before", "会签"
    ),
}


@pytest.mark.parametrize("path", sorted(BY_LI))
def test_whoever_has_a_tie_cannot_act(world: World, check_task: int, path: str) -> None:
    tie(world)
    with pytest.raises(RecusalRequired), world.acting("li") as context:
        BY_LI[path](context, check_task, world)


@pytest.mark.parametrize("path", sorted(BY_LI))
def test_whoever_declares_a_tie_after_claiming_cannot_act(world: World, check_task: int, path: str) -> None:
    with world.acting("li") as context:
        task.claim(context, check_task)
    tie(world)
    if path != "claim":  # which changes nothing then
        with pytest.raises(RecusalRequired), world.acting("li") as context:
            BY_LI[path](context, check_task, world)
    with world.acting("li") as context:
        task.release(context, check_task)


@pytest.mark.parametrize("path", sorted(TO_LI))
def test_whoever_has_a_tie_is_given_nothing(world: World, check_task: int, path: str) -> None:
    tie(world)
    with world.acting("zhang") as context:
        task.claim(context, check_task)
    with pytest.raises(RecusalRequired), world.acting("zhang") as context:
        TO_LI[path](context, check_task, world)


def test_a_substitute_passes_both_checks(world: World, check_task: int) -> None:
    """Neither a substitute with a tie nor one for somebody with a tie."""
    world.add_person("sub", "division")
    for person, other in (("zhang", "li"), ("li", "sub")):
        with world.acting(person) as context:
            substitutes.appoint(context, world.people[other], world.now, world.now + FUTURE, [], "出差")
    with world.acting() as context:
        found = context.session.get_one(UserTask, check_task)
        found.assignee_id, found.candidates = world.people["zhang"], [f"user:{world.people['zhang']}"]
    tie(world)
    with pytest.raises(RecusalRequired), world.acting("li") as context:
        task.open_task(context, check_task)
    with world.acting() as context:
        found = context.session.get_one(UserTask, check_task)
        found.assignee_id, found.candidates = world.people["li"], [f"user:{world.people['li']}"]
    with pytest.raises(RecusalRequired), world.acting("sub") as context:
        task.open_task(context, check_task)


def test_a_leavers_tasks_go_to_nobody_with_a_tie(world: World, check_task: int) -> None:
    world.add_person("admin", "system_admin")
    tie(world)
    with world.acting("zhang") as context:
        task.claim(context, check_task)
    with world.acting("admin") as context:
        [left] = leaving.transfer_all(context, world.people["zhang"], world.people["li"], "离职")
        assert isinstance(left.error, RecusalRequired)
    with world.looking() as context:
        assert context.session.get_one(UserTask, check_task).assignee_id == world.people["zhang"]


def test_nobody_with_a_tie_is_offered_or_seated(world: World, check_task: int) -> None:
    tie(world)
    with world.acting("zhang") as context:
        found = context.session.get_one(UserTask, check_task)
        for offered in (people.candidates(context, found), people.colleagues(context, found)):
            assert world.people["li"] not in {person.id for person in offered}
        signing.seat_signers(context, found, [("group:division", 1)])
        assert world.people["li"] not in {row.user_id for row in signing.rows_of(context, found)}


def test_what_the_engine_assigns_is_checked_too(world: World, bank: int) -> None:
    named = LEAVE.replace(
        'zr:separateFrom="draft" zr:due', f'zr:assignee="= &quot;user:{world.people["li"]}&quot;" zr:due'
    )
    world.deploy({**LEAVE_FILES, "bpmn/leave.bpmn": named.encode(), "bpmn/conflict_of_interest.dmn": D19})
    tie(world)
    number = world.start("leave", "wang", org_id=bank, who="王")
    world.complete("wang", world.open_tasks(number)["t_ask"], reason="探亲", days="3")
    task_id = world.open_tasks(number)["t_check"]
    with world.looking() as context:
        assert context.session.get_one(UserTask, task_id).assignee_id is None
        kinds = set(context.session.scalars(select(HistoryEvent.kind)))
        told = context.session.scalars(select(Notification.principal)).all()
    assert "task_recused" in kinds
    assert "group:division" in told


# The list of paths: whoever adds a way to assign, seat or complete has to say how it is checked

TELLING = re.compile(
    r"assignee_id|completed_by_id|TaskSeat|assign\(|\bruntime\.complete|check_separation|may_act|acting\.begin"
)
ITSELF = ""  # the function reaches access.check_separation
PATHS = {
    "services/recusals.py:check_assignees": ITSELF,
    "services/task.py:claim": ITSELF,
    "services/task.py:sign": ITSELF,
    "services/task.py:transfer": ITSELF,
    "services/task_operations/leaving.py:_give": ITSELF,
    "services/task_operations/returning.py:_lead_back": ITSELF,
    "services/task_operations/signing.py:seat_signers": ITSELF,
    "services/task_operations/signing.py:vote": ITSELF,
    "services/task.py:_assign": "called by claim, release, transfer",
    "services/task.py:_complete": "called by finish_task, whose work comes from begin_task, and by sign",
    "services/task.py:release": "takes the task from the actor",
    "services/task_operations/acting.py:assign": "called by what is listed here",
    "services/task_operations/arriving.py:_reroute": "gives the task to a group, whose members are checked",
    "services/task_operations/signing.py:_change": "seats the holder; whom else, _allowed has checked",
    "services/task_operations/signing.py:_store": "stores what vote, _change and move_seat were allowed to",
    "services/runtime.py:complete": "called by task._complete and task.sign",
    "services/task_rows.py:task_row": "recusals.check_assignees looks at every task that arrives",
}


def _functions() -> dict[str, ast.FunctionDef]:
    found = {}
    for file in [*(ROOT / "app/services").rglob("*.py"), *(ROOT / "app/web").rglob("*.py")]:
        text = file.read_text(encoding="utf-8")
        if not TELLING.search(text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                found[f"{file.relative_to(ROOT / 'app').as_posix()}:{node.name}"] = node
    return found


def _calls(node: ast.AST) -> set[str]:
    """Names of what is called, with the module where it is called through one."""
    found = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            target = call.func
            if isinstance(target, ast.Attribute):
                found.add(target.attr)
                if isinstance(target.value, ast.Name):
                    found.add(f"{target.value.id}.{target.attr}")
            elif isinstance(target, ast.Name):
                found.add(target.id)
    return found


def _gives(node: ast.FunctionDef) -> bool:
    """Whether the function itself can give a task or a seat to somebody, or complete a task."""
    for found in ast.walk(node):
        if isinstance(found, ast.Attribute) and isinstance(found.ctx, ast.Store):
            seat = found.attr == "user_id" and "seat" in node.name
            if seat or found.attr in {"assignee_id", "completed_by_id"}:
                return True
        if isinstance(found, ast.Call) and isinstance(found.func, ast.Name):
            names = {keyword.arg for keyword in found.keywords}
            if found.func.id == "TaskSeat" or (found.func.id == "UserTask" and "assignee_id" in names):
                return True
    return bool(_calls(node) & {"acting.assign", "assign", "_assign", "runtime.complete"})


def _reaching(functions: dict[str, ast.FunctionDef]) -> set[str]:
    """The functions from which access.check_separation is reached, by the names of what they call."""
    calls = {
        path: {called.rpartition(".")[2] for called in _calls(node)}
        for path, node in functions.items()
        if path.startswith("services/")
    }
    found: set[str] = set()
    for _hop in range(4):
        names = {"check_separation"} | {path.rpartition(":")[2] for path in found}
        found = {path for path, called in calls.items() if called & names}
    return found


def test_no_path_is_forgotten() -> None:
    functions = _functions()
    assert {name for name, node in functions.items() if _gives(node)} == set(PATHS)
    reaching = _reaching(functions)
    assert {name for name, why in PATHS.items() if why == ITSELF} <= reaching
    assert {"services/task.py:begin_task", "services/task_operations/signing.py:_allowed"} <= reaching
