"""Deployments: whole bundles or nothing, new versions only where something changed, old ones for those who run."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.engine.errors import Problem
from app.models.identity import User
from app.models.repository import Content, Deployment, ProcessDefinition
from app.models.runtime import Job, ProcessInstance
from app.services import content_files, repository, task
from app.services.context import Context
from app.services.errors import Invalid, NotDeployable, NotFound, NotPermitted, ReleaseWaiting
from app.services.policy_check import check_policies
from tests.factories import LEAVE, LEAVE_FILES, World, form_json, make_world
from tests.worlds import NewWorld

ROOT = Path(__file__).resolve().parents[2]
PATROL = (
    LEAVE.replace('id="leave"', 'id="patrol"')
    .replace('processRef="leave"', 'processRef="patrol"')
    .replace("请假", "巡查")
    .replace("leave/", "patrol/")
    .replace("MSG-STOP", "MSG-HALT")
)
PATROL_FILES = {
    "bpmn/patrol.bpmn": PATROL.encode(),
    "forms/patrol/ask.json": LEAVE_FILES["forms/leave/ask.json"],
    "forms/patrol/check.json": LEAVE_FILES["forms/leave/check.json"],
}
BOTH = {**LEAVE_FILES, **PATROL_FILES}


@pytest.fixture
def office(sqlite_url: str, tmp_path: Path) -> World:
    """An installation without any process."""
    return make_world(sqlite_url, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository folder with two processes."""
    return write_files(tmp_path / "content", BOTH)


def write_files(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def deploy(office: World, folder: Path) -> list[tuple[str, int]]:
    """Deploy a folder; the new versions."""
    with office.acting() as context:
        return [(row.key, row.version) for row in repository.deploy_folder(context, folder).definitions]


def in_force(office: World) -> dict[str, int]:
    with office.database.reading() as session:
        return {row.key: row.version for row in repository.list_current(session)}


def count(office: World, model: type) -> int:
    with office.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def changed_form() -> bytes:
    field = {"type": "textfield", "id": "f_reason", "key": "reason", "label": "事由与行程"}
    days = {"type": "number", "id": "f_days", "key": "days", "label": "天数"}
    return form_json(field, days)


def test_deploying_twice_changes_nothing(office: World, folder: Path) -> None:
    assert deploy(office, folder) == [("leave", 1), ("patrol", 1)]
    assert deploy(office, folder) == []
    assert count(office, Deployment) == 1
    assert in_force(office) == {"leave": 1, "patrol": 1}


def test_equal_files_are_stored_once(office: World, folder: Path) -> None:
    deploy(office, folder)
    assert count(office, Content) == len(set(BOTH.values()))


def test_only_what_changed_gets_a_new_version(office: World, folder: Path) -> None:
    deploy(office, folder)
    write_files(folder, {"bpmn/leave.bpmn": LEAVE.replace('name="审批"', 'name="审核"').encode()})
    assert deploy(office, folder) == [("leave", 2)]
    assert in_force(office) == {"leave": 2, "patrol": 1}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("forms/patrol/ask.json", changed_form()),
        ("bpmn/patrol.bpmn", PATROL.replace('name="填写"', 'name="登记"').encode()),
    ],
)
def test_a_process_changes_with_anything_that_it_uses(
    office: World, folder: Path, name: str, data: bytes
) -> None:
    deploy(office, folder)
    write_files(folder, {name: data})
    assert deploy(office, folder) == [("patrol", 2)]


def test_letters_and_policies_belong_to_every_process(office: World, folder: Path) -> None:
    deploy(office, folder)
    write_files(folder, {"policies/rules.json": b'{"id": "rules", "zh": "x", "en": "x", "parameters": []}'})
    assert deploy(office, folder) == [("leave", 2), ("patrol", 2)]


def test_running_cases_keep_their_version(office: World, folder: Path) -> None:
    deploy(office, folder)
    office.add_person("wang", "division", "staff")
    old = office.start("leave", "wang", who="王")
    write_files(folder, {"forms/leave/ask.json": changed_form()})
    deploy(office, folder)
    new = office.start("leave", "wang", who="王")
    with office.acting("wang") as context:
        labels = {
            number: [
                component.label.zh.source for component in _ask(context, office, number) if component.label
            ]
            for number in (old, new)
        }
    assert labels == {old: ["事由", "天数"], new: ["事由与行程", "天数"]}


def _ask(context: Context, office: World, number: str) -> list[object]:
    return list(task.open_task(context, office.open_tasks(number)["t_ask"]).form.walk())


def test_a_bundle_with_an_error_is_refused_whole(office: World, folder: Path) -> None:
    broken = LEAVE.replace('targetRef="t_check"', 'targetRef="t_nowhere"').replace(
        "check.agree =", "check.agree = = "
    )
    write_files(folder, {"bpmn/leave.bpmn": broken.encode()})
    with pytest.raises(NotDeployable) as refused:
        deploy(office, folder)
    errors = [problem for problem in refused.value.problems if problem.severity == "error"]
    assert {"f2", "f4"} <= {problem.element_id for problem in errors}
    assert {problem.file for problem in errors} == {"leave.bpmn"}
    assert count(office, Deployment) == count(office, ProcessDefinition) == count(office, Content) == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bpmn/leave.bpmn", b""),
        ("bpmn/leave.bpmn", b"<not xml"),
        ("bpmn/leave.bpmn", b"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>"),
        ("forms/leave/ask.json", b"[]"),
        ("forms/leave/ask.json", b"{"),
        ("bpmn/leave.bpmn", LEAVE.replace("leave/ask", "leave/gone").encode()),
        ("bpmn/leave.bpmn", LEAVE.replace('id="leave"', 'id="other"').encode()),
        ("policies/rules.json", b"{"),
        ("policies/rules.json", b"[]"),
        ("policies/rules.json", b'{"id": "other"}'),
        ("policies/rules.json", b'{"id": "rules", "parameters": [{"key": 1}]}'),
        (
            "policies/rules.json",
            b'{"id": "rules", "parameters": [{"key": "a", "zh": "a", "names": {"b": "c"}}]}',
        ),
        (
            "policies/rules.json",
            b'{"id": "rules", "clauses": [{"id": "A", "zh": "a", "text": "a"}, {"id": "A", "zh": "b", "text": "b"}]}',
        ),
        ("policies/rules.json", b'{"id": "rules", "objection_form": "objection/none"}'),
        (
            "policies/rules.json",
            b'{"id": "rules", "self_check": {"leave": {"form": "leave/ask", "decisions": [{"decision": "none"}]}}}',
        ),
    ],
)
def test_what_cannot_run_is_never_stored(office: World, folder: Path, name: str, data: bytes) -> None:
    write_files(folder, {name: data})
    with pytest.raises(NotDeployable) as refused:
        deploy(office, folder)
    assert all(isinstance(problem, Problem) for problem in refused.value.problems)
    assert count(office, Deployment) == 0


def test_a_restart_never_undoes_an_upload(office: World, folder: Path) -> None:
    deploy(office, folder)
    changed = LEAVE.replace('name="审批"', 'name="复核"').encode()
    with office.acting() as context:
        overlay(context, {"bpmn/leave.bpmn": changed})
    assert in_force(office) == {"leave": 2, "patrol": 1}
    assert deploy(office, folder) == []
    with office.database.reading() as session:
        assert repository.active_files(session)["bpmn/leave.bpmn"] == changed


def overlay(context: Context, files: dict[str, bytes]) -> None:
    """Deploy files on top of what is in force, as the studio does."""
    repository.deploy_files(
        context, {**repository.active_files(context.session), **files}, origin="studio", note="改名"
    )


def test_a_suspended_process_stays_suspended_in_its_next_version(office: World, folder: Path) -> None:
    deploy(office, folder)
    with office.acting() as context:
        repository.suspend_process(context, "leave", is_suspended=True)
    write_files(folder, {"forms/leave/ask.json": changed_form()})
    deploy(office, folder)
    with office.database.reading() as session:
        assert {row.key: row.is_suspended for row in repository.list_current(session)} == {
            "leave": True,
            "patrol": False,
        }


@pytest.fixture(scope="module")
def product_files() -> dict[str, bytes]:
    return content_files.read_folder(ROOT)


def test_export_gives_the_repository_back(office: World, product_files: dict[str, bytes]) -> None:
    with office.acting() as context:
        deployed = repository.deploy_folder(context, ROOT)
        assert {row.version for row in deployed.definitions} == {1}
    with office.database.reading() as session:
        assert repository.active_files(session) == product_files


def test_one_changed_diagram_of_the_product_renews_those_who_call_it(
    office: World, product_files: dict[str, bytes], tmp_path: Path
) -> None:
    folder = write_files(tmp_path / "product", product_files)
    deploy(office, folder)
    path = folder / "bpmn" / "service_of_notice.bpmn"
    path.write_bytes(path.read_bytes() + b"<!-- reviewed -->")
    expected = {"service_of_notice"}
    while (
        more := {key for key in _diagrams(product_files) if _calls(product_files, key) & expected} - expected
    ):
        expected |= more
    assert len(expected) > 2
    assert {key for key, _ in deploy(office, folder)} == expected


def _diagrams(files: dict[str, bytes]) -> list[str]:
    return [Path(name).stem for name in files if name.endswith(".bpmn")]


def _calls(files: dict[str, bytes], key: str) -> set[str]:
    return set(re.findall(r'calledElement="(\w+)"', files[f"bpmn/{key}.bpmn"].decode()))


LATER = timedelta(days=3)


def renamed(name: str) -> dict[str, bytes]:
    return {**BOTH, "bpmn/leave.bpmn": LEAVE.replace('name="审批"', f'name="{name}"').encode()}


def make_bureau(url: str, folder: Path) -> World:
    """Two processes in force, a designer, an approver and an officer."""
    made = make_world(url, folder)
    made.deploy(BOTH)
    made.add_person("jia", "process_designer")
    made.add_person("pi", "process_approver")
    made.add_person("wang", "division", "staff")
    return made


@pytest.fixture
def bureau(new_world: NewWorld) -> World:
    return new_world(make_bureau)


def release(bureau: World, files: dict[str, bytes], effective_at: datetime, approver: str = "pi") -> int:
    with bureau.acting("jia") as context:
        user = context.session.get_one(User, bureau.people[approver])
        released = repository.release(context, files, note="改名", effective_at=effective_at, approver=user)
        assert released.deployment is not None
        return released.deployment.id


def test_a_release_comes_into_force_at_its_instant(bureau: World) -> None:
    old = bureau.start("leave", "wang", who="王")
    number = release(bureau, renamed("复核"), bureau.now + LATER)
    assert in_force(bureau) == {"leave": 1, "patrol": 1}
    bureau.pass_time(days=2, hours=23, minutes=59)
    still_old = bureau.start("leave", "wang", who="王")
    bureau.pass_time(minutes=1)
    assert in_force(bureau) == {"leave": 2, "patrol": 1}
    new = bureau.start("leave", "wang", who="王")
    with bureau.database.reading() as session:
        active = repository.find_deployment(session, None)
        assert (active.id, active.activated_at, active.effective_at) == (number, bureau.now, bureau.now)
        assert repository.active_files(session) == renamed("复核")
        versions = {row.number: row.definition.version for row in session.scalars(select(ProcessInstance))}
    assert versions == {old: 1, still_old: 1, new: 2}


def test_a_release_without_delay_is_in_force_at_once(bureau: World) -> None:
    release(bureau, renamed("复核"), bureau.now)
    assert in_force(bureau) == {"leave": 2, "patrol": 1}
    assert bureau.worker().drain() == 0


def test_taking_back_is_releasing_an_earlier_version(bureau: World) -> None:
    release(bureau, renamed("复核"), bureau.now)
    release(bureau, BOTH, bureau.now)
    assert in_force(bureau) == {"leave": 3, "patrol": 1}
    with bureau.database.reading() as session:
        assert repository.active_files(session) == BOTH


def test_nothing_overtakes_a_release_that_waits(bureau: World, folder: Path) -> None:
    number = release(bureau, renamed("复核"), bureau.now + LATER)
    with pytest.raises(ReleaseWaiting):
        release(bureau, renamed("核准"), bureau.now)
    with pytest.raises(ReleaseWaiting):
        deploy(bureau, write_files(folder, {"forms/leave/ask.json": changed_form()}))
    with bureau.acting("jia") as context:
        repository.withdraw_release(context, number)
    release(bureau, renamed("核准"), bureau.now)
    bureau.pass_time(days=4)
    with bureau.database.reading() as session:
        assert repository.active_files(session) == renamed("核准")
    for known in (number, 999):
        with pytest.raises(NotFound), bureau.acting("jia") as context:
            repository.withdraw_release(context, known)


def test_a_release_is_checked_and_needs_two_people(bureau: World) -> None:
    with pytest.raises(NotPermitted):
        release(bureau, renamed("复核"), bureau.now, approver="jia")
    broken = {**BOTH, "bpmn/leave.bpmn": LEAVE.replace("leave/ask", "leave/gone").encode()}
    with pytest.raises(NotDeployable):
        release(bureau, broken, bureau.now + LATER)
    assert count(bureau, Deployment) == 1
    assert count(bureau, Job) == 0


def test_a_link_in_a_folder_is_refused(office: World, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_bytes(b"{}")
    (folder / "forms" / "leave" / "x.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(Invalid):
        deploy(office, folder)


def test_what_a_policy_calls_by_a_chinese_name_only_is_a_warning() -> None:
    policy = {
        "id": "rules",
        "zh": "规则",
        "en": "Rules",
        "parameters": [{"key": "limit", "zh": "上限"}, {"key": "quota", "zh": "名额", "en": "Quota"}],
        "stages": {"p": [{"zh": "受理", "en": " ", "states": []}]},
    }
    problems = check_policies({"policies/rules.json": json.dumps(policy).encode()})
    assert [(problem.code, problem.severity, problem.element_id) for problem in problems] == [
        ("untranslated", "warning", "parameters[1]"),
        ("untranslated", "warning", "stages.p[1]"),
    ]
