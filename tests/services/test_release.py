"""Releasing a draft by the process: frozen, decided by somebody else, in force at its instant; old cases stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.models.history import HistoryEvent
from app.models.studio import Draft, DraftSubmission
from app.services import content_files, repository, task
from app.services.context import Context
from app.services.errors import Conflict, Invalid, NotDeployable, NotPermitted, SeparationViolated
from app.services.studio import drafts, release
from tests.factories import LEAVE, LEAVE_FILES, World, make_leave_world
from tests.worlds import NewWorld

ROOT = Path(__file__).resolve().parents[2]
RELEASE_FILES = {
    path: data for path, data in content_files.read_folder(ROOT).items() if "policy_lifecycle" in path
}
FILES = {**LEAVE_FILES, **RELEASE_FILES}
PATH = "bpmn/leave.bpmn"
CHANGED = LEAVE.replace('name="审批"', 'name="复核"').encode()
AGREED = {"outcome": "agree", "when": "now", "expires_on": "2031-11-22", "note": "同意"}


def make_office(url: str, folder: Path) -> World:
    made = make_leave_world(url, folder)
    made.deploy(FILES)
    for username in ("jia", "yi"):
        made.add_person(username, "process_designer")
    made.add_person("pi", "process_approver")
    made.add_person("both", "process_designer", "process_approver")
    return made


@pytest.fixture
def office(new_world: NewWorld) -> World:
    return new_world(make_office)


def find(context: Context, draft_id: int = 1) -> Draft:
    return drafts.find_draft(context, draft_id)


def save(office: World, data: bytes, who: str = "jia", draft_id: int = 1) -> None:
    with office.acting(who) as context:
        drafts.write_files(context, find(context, draft_id), {PATH: data})


def submit(office: World, data: bytes = CHANGED, title: str = "改名称") -> str:
    """Take a draft, change it, submit it; the number of the case."""
    with office.acting("jia") as context:
        draft = drafts.take_draft(context, None, title)
        drafts.write_files(context, draft, {PATH: data})
        return release.submit(context, draft, "名称更准确").number


def act(office: World, who: str, number: str, element_id: str, **data: Any) -> None:
    task_id = office.open_tasks(number)[element_id]
    with office.acting(who) as context:
        task.claim(context, task_id)
    office.complete(who, task_id, **data)


def approve(office: World, number: str, who: str = "pi", **changes: Any) -> None:
    act(office, "jia", number, "t_sim", note="不影响历史案件")
    act(office, who, number, "t_ok", **{**AGREED, **changes})


def in_force(office: World) -> bytes:
    with office.looking() as context:
        return repository.active_files(context.session)[PATH]


def state_of(office: World, draft_id: int = 1) -> str:
    with office.looking() as context:
        return find(context, draft_id).state


def test_a_release_changes_new_cases_only_and_is_superseded_by_the_next(office: World) -> None:
    old = office.start("leave", "wang", who="王")
    number = submit(office)
    assert state_of(office) == "in_review"
    approve(office, number)
    office.drain()
    assert (in_force(office), state_of(office)) == (CHANGED, "released")
    assert office.instance(number).case_state == "release_in_force"
    office.complete("wang", office.open_tasks(old)["t_ask"], reason="事假", days=1)
    with office.looking() as context:
        (named,) = [
            event.element_name
            for event in context.session.scalars(select(HistoryEvent))
            if event.element_id == "t_ask"
        ][:1]
        assert named == "填写"
        assert repository.current_definition(context.session, "leave").version == 2
    assert office.open_tasks(old).keys() == {"t_check"}
    following = submit(office, LEAVE.replace('name="审批"', 'name="核准"').encode(), "再改")
    approve(office, following)
    office.drain()
    assert office.instance(number).outcome == "superseded"
    assert office.instance(following).status == "active"


def test_what_was_submitted_cannot_be_changed_and_is_what_is_released(office: World) -> None:
    number = submit(office)
    with pytest.raises(Conflict):
        save(office, LEAVE.encode())
    with office.acting() as context:
        context.session.scalars(select(DraftSubmission)).one().draft.state = "editing"
    save(office, LEAVE.replace('name="审批"', 'name="偷换"').encode())
    with office.acting() as context:
        find(context).state = "in_review"
    with pytest.raises(Conflict, match="与送审时不同"):
        approve(office, number)
    assert in_force(office) == LEAVE.encode()


@pytest.mark.parametrize("part", ["saved", "owns", "submitted"])
def test_whoever_had_a_part_in_a_draft_does_not_approve_it(office: World, part: str) -> None:
    """Also when somebody holds both groups: neither claiming, nor opening, nor acting."""
    with office.acting("both" if part == "owns" else "jia") as context:
        draft = drafts.take_draft(context, None, "改名称")
        drafts.write_files(context, draft, {PATH: CHANGED}) if part != "saved" else None
    if part == "saved":
        save(office, CHANGED, "both")
    with office.acting("both" if part == "submitted" else "yi") as context:
        number = release.submit(context, find(context), "改名称").number
    act(office, "yi", number, "t_sim", note="无影响")
    task_id = office.open_tasks(number)["t_ok"]
    with pytest.raises(SeparationViolated), office.acting("both") as context:
        task.claim(context, task_id)
    with pytest.raises(SeparationViolated):
        office.complete("both", task_id, **AGREED)
    act(office, "pi", number, "t_ok", **AGREED)


def test_who_wrote_the_back_test_note_does_not_approve(office: World) -> None:
    number = submit(office)
    act(office, "both", number, "t_sim", note="无影响")
    with pytest.raises(SeparationViolated), office.acting("both") as context:
        task.claim(context, office.open_tasks(number)["t_ok"])


def test_a_designer_never_gets_the_approval(office: World) -> None:
    number = submit(office)
    act(office, "jia", number, "t_sim", note="无影响")
    with pytest.raises(Exception, match="没有找到"), office.acting("yi") as context:
        task.claim(context, office.open_tasks(number)["t_ok"])
    with pytest.raises(NotPermitted), office.acting("yi") as context:
        release.plan(context, 1, "", note="", effective_at=None)


def test_a_returned_draft_is_edited_and_submitted_again(office: World) -> None:
    number = submit(office)
    approve(office, number, outcome="return", when=None, expires_on=None, note="名称仍不准确")
    assert state_of(office) == "editing"
    with pytest.raises(Conflict, match="已送审"), office.acting("jia") as context:
        release.submit(context, find(context), "再来一次")
    again = LEAVE.replace('name="审批"', 'name="核定"').encode()
    save(office, again)
    act(office, "jia", number, "t_map", outcome="submit", note="已改")
    approve(office, number)
    assert in_force(office) == again
    with office.looking() as context:
        assert [found.note for found in release.submissions_of(context.session, find(context))] == [
            "已改",
            "名称更准确",
        ]


def test_a_resubmitted_draft_with_errors_comes_back(office: World) -> None:
    number = submit(office)
    approve(office, number, outcome="return", when=None, expires_on=None, note="改")
    save(office, LEAVE.replace('zr:formKey="leave/check"', 'zr:formKey="leave/gone"').encode())
    act(office, "jia", number, "t_map", outcome="submit", note="已改")
    assert office.open_tasks(number).keys() == {"t_map"}
    assert state_of(office) == "editing"
    act(office, "jia", number, "t_map", outcome="give_up", note="另行起草")
    assert (office.instance(number).outcome, state_of(office)) == ("given_up", "editing")


def test_a_release_waits_for_its_instant(office: World) -> None:
    at = office.now + timedelta(days=3)
    number = submit(office)
    approve(office, number, when="at", effective_at=at.isoformat())
    office.pass_time(days=2)
    assert in_force(office) == LEAVE.encode()
    office.pass_time(days=1)
    assert in_force(office) == CHANGED
    assert office.instance(number).case_state == "release_in_force"
    office.pass_time(days=5 * 366)
    assert office.instance(number).outcome == "expired"


def test_a_withdrawn_release_ends_its_case(office: World) -> None:
    number = submit(office)
    approve(office, number, when="at", effective_at=(office.now + timedelta(days=3)).isoformat())
    with office.acting("yi") as context:
        waiting = repository.waiting_release(context.session)
        assert waiting is not None
        assert release.case_of(context.session, waiting.id) is not None
        release.withdraw(context, waiting.id)
    office.drain()
    assert office.instance(number).outcome == "withdrawn"
    office.pass_time(days=4)
    assert in_force(office) == LEAVE.encode()


def test_an_earlier_version_is_taken_back_the_same_way(office: World) -> None:
    approve(office, submit(office))
    office.drain()
    with office.acting("jia") as context:
        earlier = drafts.take_draft(context, 2, "恢复原名称")
        number = release.submit(context, earlier, "恢复").number
    approve(office, number)
    office.drain()
    assert in_force(office) == LEAVE.encode()


def test_what_is_not_fit_is_not_submitted(office: World) -> None:
    with office.acting("jia") as context:
        draft = drafts.take_draft(context, None, "空")
        with pytest.raises(Conflict, match="相同"):
            release.submit(context, draft, "没有改动")
        with pytest.raises(Invalid):
            release.submit(context, draft, " ")
        drafts.write_files(context, draft, {PATH: LEAVE.replace("leave/check", "leave/gone").encode()})
        with pytest.raises(NotDeployable):
            release.submit(context, draft, "表单不存在")
        drafts.write_files(context, draft, {PATH: CHANGED})
        for path in RELEASE_FILES:
            drafts.remove_file(context, draft, path, 0)
        with pytest.raises(NotDeployable, match="1"):
            release.submit(context, draft, "去掉发布流程")
    with pytest.raises(NotPermitted), office.acting("pi") as context:
        release.submit(context, find(context), "x")
