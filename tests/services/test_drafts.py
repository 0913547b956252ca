"""Drafts of policies: nothing saved is lost or silently overwritten, and what nobody can read is never kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models.studio import Draft
from app.services.context import Context
from app.services.errors import Conflict, EditConflict, Invalid, NotFound, NotPermitted, NotSavable
from app.services.studio import drafts
from tests.factories import LEAVE, LEAVE_FILES, World, make_leave_world

PATH = "bpmn/leave.bpmn"
CHANGED = LEAVE.replace('name="审批"', 'name="复核"').encode()
AGAIN = LEAVE.replace('name="审批"', 'name="核准"').encode()


@pytest.fixture
def studio(database_url: str, tmp_path: Path) -> Iterator[World]:
    made = make_leave_world(database_url, tmp_path)
    for username in ("jia", "yi"):
        made.add_person(username, "process_designer")
    yield made
    made.database.dispose()


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
