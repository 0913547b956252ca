"""Drafts of policies: nothing saved is lost or silently overwritten, and what nobody can read is never kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from app.models.identity import User
from app.models.studio import Draft
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services import repository
from app.services.context import Context
from app.services.errors import (
    Conflict,
    EditConflict,
    Invalid,
    NotDeployable,
    NotFound,
    NotPermitted,
    NotSavable,
)
from app.services.studio import base, catalogue, drafts
from tests.factories import LEAVE, LEAVE_FILES, World, make_leave_world
from tests.worlds import NewWorld

PATH = "bpmn/leave.bpmn"
CHANGED = LEAVE.replace('name="审批"', 'name="复核"').encode()
AGAIN = LEAVE.replace('name="审批"', 'name="核准"').encode()


def make_studio(url: str, folder: Path) -> World:
    made = make_leave_world(url, folder)
    for username in ("jia", "yi"):
        made.add_person(username, "process_designer")
    return made


@pytest.fixture
def studio(new_world: NewWorld) -> World:
    return new_world(make_studio)


def take(studio: World) -> int:
    with studio.acting("jia") as context:
        return drafts.take_draft(context, None, "改审批名称").id


def find(context: Context, draft_id: int) -> Draft:
    return drafts.find_draft(context, draft_id)


def write(
    studio: World, draft_id: int, data: bytes, revision: int, who: str = "jia", path: str = PATH
) -> int:
    with studio.acting(who) as context:
        return drafts.write_file(context, find(context, draft_id), path, data, revision).revision


def test_a_draft_is_its_base_overlaid_with_the_changes(studio: World) -> None:
    draft_id = take(studio)
    assert write(studio, draft_id, CHANGED, 0) == 1
    assert write(studio, draft_id, b'{"cases": []}', 0, path="checks/leave.json") == 1
    with studio.acting("jia") as context:
        drafts.remove_file(context, find(context, draft_id), "forms/leave/check.json", 0)
    with studio.looking() as context:
        files = drafts.draft_files(context, find(context, draft_id))
    expected = {**LEAVE_FILES, PATH: CHANGED, "checks/leave.json": b'{"cases": []}'}
    del expected["forms/leave/check.json"]
    assert files == expected


def test_who_edits_an_old_revision_is_told_who_was_first(studio: World) -> None:
    draft_id = take(studio)
    write(studio, draft_id, CHANGED, 0)
    with pytest.raises(EditConflict) as refused:
        write(studio, draft_id, AGAIN, 0, "yi")
    assert (refused.value.name, refused.value.revision, refused.value.at) == ("jia", 1, studio.now)
    assert write(studio, draft_id, AGAIN, 1, "yi") == 2


def test_saving_the_same_bytes_makes_no_revision(studio: World) -> None:
    draft_id = take(studio)
    assert write(studio, draft_id, LEAVE.encode(), 0) == 0
    assert write(studio, draft_id, CHANGED, 0) == 1
    assert write(studio, draft_id, CHANGED, 1) == 1


def test_every_revision_can_be_brought_back(studio: World) -> None:
    draft_id = take(studio)
    write(studio, draft_id, CHANGED, 0)
    write(studio, draft_id, AGAIN, 1, "yi")
    for revision, expected in ((1, CHANGED), (0, LEAVE.encode()), (2, AGAIN)):
        with studio.acting("jia") as context:
            draft = find(context, draft_id)
            drafts.restore(context, draft, PATH, revision)
            assert drafts.read_file(context, draft, PATH).data == expected
    with studio.looking() as context:
        history = drafts.file_history(context, find(context, draft_id), PATH)
    assert [(row.revision, row.saved_by) for row in history] == [
        (5, "jia"), (4, "jia"), (3, "jia"), (2, "yi"), (1, "jia"), (0, "")
    ]  # fmt: skip


def test_a_removed_file_comes_back_from_its_history(studio: World) -> None:
    draft_id = take(studio)
    with studio.acting("jia") as context:
        draft = find(context, draft_id)
        drafts.remove_file(context, draft, PATH, 0)
        with pytest.raises(NotFound):
            drafts.read_file(context, draft, PATH)
        drafts.restore(context, draft, PATH, 0)
        assert drafts.read_file(context, draft, PATH).data == LEAVE.encode()


def test_a_discarded_draft_can_be_read_and_no_more(studio: World) -> None:
    draft_id = take(studio)
    write(studio, draft_id, CHANGED, 0)
    with studio.acting("jia") as context:
        drafts.discard(context, find(context, draft_id))
    for act in (drafts.discard, lambda context, draft: drafts.restore(context, draft, PATH, 0)):
        with pytest.raises(Conflict), studio.acting("jia") as context:
            act(context, find(context, draft_id))
    with pytest.raises(Conflict):
        write(studio, draft_id, AGAIN, 1)
    with studio.looking() as context:
        assert drafts.read_file(context, find(context, draft_id), PATH).data == CHANGED


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("bpmn/../config.bpmn", b"<a/>"),
        ("/etc/leave.bpmn", b"<a/>"),
        ("bpmn\\leave.bpmn", b"<a/>"),
        ("bpmn/./leave.bpmn", b"<a/>"),
        ("bpmn//leave.bpmn", b"<a/>"),
        ("bpmn", b"<a/>"),
        ("bpmn/.bpmn", b"<a/>"),
        ("bpmn/leave.py", b"<a/>"),
        ("forms/leave.bpmn", b"<a/>"),
        ("app/leave.bpmn", b"<a/>"),
        (f"bpmn/{'x' * 200}.bpmn", b"<a/>"),
        ("bpmn/le\x00ave.bpmn", b"<a/>"),
        ("", b""),
        (PATH, b"x" * 2_000_001),
        (PATH, b""),
        (PATH, b"<not xml"),
        (PATH, b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"),
        (PATH, LEAVE.encode("utf-16")),
        ("forms/leave/ask.json", b"{"),
        ("forms/leave/ask.json", b"1"),
        ("forms/leave/ask.json", b"[" * 5_000 + b"]" * 5_000),
        ("letters/leave.typ", b"\xff\xfe"),
    ],
)
def test_what_cannot_be_kept_is_refused(studio: World, path: str, data: bytes) -> None:
    draft_id = take(studio)
    with pytest.raises(Invalid):
        write(studio, draft_id, data, 0, path=path)


def test_several_files_are_kept_together_or_not_at_all(studio: World) -> None:
    draft_id = take(studio)
    with pytest.raises(NotSavable) as refused, studio.acting("jia") as context:
        drafts.write_files(context, find(context, draft_id), {PATH: CHANGED, "forms/leave/ask.json": b"{"})
    assert [problem.file for problem in refused.value.problems] == ["forms/leave/ask.json"]
    with studio.acting("jia") as context:
        draft = find(context, draft_id)
        assert drafts.changed_files(context.session, draft) == {}
        assert drafts.write_files(context, draft, {**LEAVE_FILES, PATH: CHANGED}) == [PATH]


def test_editors_see_each_other_for_a_minute(studio: World) -> None:
    draft_id = take(studio)
    for who in ("jia", "yi", "jia"):
        with studio.acting(who) as context:
            others = [editor.name for editor in drafts.mark_presence(context, find(context, draft_id), PATH)]
    assert others == ["yi"]
    studio.now += drafts.PRESENT * 2
    with studio.looking() as context:
        assert drafts.editors_of(context, find(context, draft_id)) == []


def test_only_designers_write(studio: World) -> None:
    draft_id = take(studio)
    with pytest.raises(NotPermitted), studio.acting("wang") as context:
        drafts.take_draft(context, None, "不许")
    with pytest.raises(NotPermitted):
        write(studio, draft_id, CHANGED, 0, "wang")


def test_a_draft_needs_a_title_and_a_version(studio: World) -> None:
    for title in ("", " ", "长" * 201):
        with pytest.raises(Invalid), studio.acting("jia") as context:
            drafts.take_draft(context, None, title)
    with pytest.raises(NotFound), studio.acting("jia") as context:
        drafts.take_draft(context, 999, "没有这个版本")


def test_two_saves_at_once_leave_one_winner(studio: World) -> None:
    draft_id = take(studio)
    barrier = Barrier(2)

    def save(who: str, data: bytes) -> str:
        barrier.wait()
        try:
            write(studio, draft_id, data, 0, who)
        except EditConflict as conflict:
            return f"after {conflict.name}"
        return who

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(save, ("jia", "yi"), (CHANGED, AGAIN)))
    assert found in (["after jia", "jia"], ["after yi", "yi"])
    with studio.looking() as context:
        assert [row.revision for row in drafts.file_history(context, find(context, draft_id), PATH)] == [1, 0]


def release(studio: World, draft_id: int, approver: str) -> int:
    with studio.acting("jia") as context:
        user = context.session.get_one(User, studio.people[approver])
        released = drafts.release_draft(
            context, find(context, draft_id), note="改名", effective_at=studio.now, approver=user
        )
        assert released.deployment is not None
        return released.deployment.id


def test_nobody_who_saved_anything_approves_the_release(studio: World) -> None:
    studio.add_person("pi", "process_approver")
    draft_id = take(studio)
    write(studio, draft_id, CHANGED, 0)
    write(studio, draft_id, AGAIN, 1, "yi")
    for approver in ("jia", "yi"):
        with pytest.raises(NotPermitted):
            release(studio, draft_id, approver)
    number = release(studio, draft_id, "pi")
    with studio.looking() as context:
        draft = find(context, draft_id)
        assert (draft.state, draft.released_deployment_id) == ("released", number)
        deployment = repository.find_deployment(context.session, None)
        assert (deployment.author_id, deployment.approver_id) == (studio.people["jia"], studio.people["pi"])
        assert repository.active_files(context.session)[PATH] == AGAIN
    for act in (lambda: release(studio, draft_id, "pi"), lambda: write(studio, draft_id, CHANGED, 2)):
        with pytest.raises(Conflict):
            act()


def test_a_refused_release_leaves_the_draft_open(studio: World) -> None:
    studio.add_person("pi", "process_approver")
    draft_id = take(studio)
    write(studio, draft_id, LEAVE.replace("leave/ask", "leave/gone").encode(), 0)
    with pytest.raises(NotDeployable):
        release(studio, draft_id, "pi")
    assert write(studio, draft_id, CHANGED, 1) == 2


def test_a_draft_of_an_earlier_version_takes_it_back(studio: World) -> None:
    """What was chosen on purpose still says what it would undo."""
    studio.deploy({**LEAVE_FILES, PATH: CHANGED})
    with studio.acting("jia") as context:
        draft = drafts.take_draft(context, 1, "恢复原名")
        assert [(file.path, file.both) for file in base.moved_files(context.session, draft)] == [
            (PATH, False)
        ]
        assert drafts.draft_files(context, draft) == LEAVE_FILES


def test_the_catalogue_counts(studio: World) -> None:
    studio.start("leave", "wang", who="王")
    studio.deploy({**LEAVE_FILES, PATH: CHANGED, "policies/rules.json": b'{"id": "rules", "parameters": []}'})
    take(studio)
    with studio.looking() as context:
        session = context.session
        rows = catalogue.list_versions(session)
        assert [(row.deployment.id, row.state, row.processes, row.running) for row in rows] == [
            (2, "in_force", 1, 0), (1, "past", 1, 1)
        ]  # fmt: skip
        sizes = {kind: len(files) for kind, files in catalogue.files_of(session, 2).items()}
        assert sizes == {"process": 1, "decision": 0, "form": 2, "letter": 0, "policy": 1, "check": 0}
        assert [(row.id, row.clauses, row.unset) for row in catalogue.list_policies(session, 2)] == [
            ("rules", 0, 0)
        ]
        assert catalogue.count_drafts(session) == {"editing": 1}
