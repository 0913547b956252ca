"""Drafts: every save kept, two people merged, earlier states had again."""

from __future__ import annotations

from typing import Any

import pytest

from app.models.drafts import FormDraftRevision
from app.models.runtime import FormDraft
from app.services import drafts
from app.services.drafts import Base
from app.services.errors import NotFound, TaskEnded, TaskTaken
from tests.factories import World

INITIAL = {"reason": "", "days": ""}


@pytest.fixture
def task_id(world: World) -> int:
    return world.open_tasks(world.start("leave", "wang", who="王"))["t_ask"]


def save(
    world: World,
    who: str,
    task_id: int,
    base: int,
    *,
    writer: str = "",
    turn: int | None = None,
    choice: str = "",
    initial: dict[str, Any] = INITIAL,
    **data: Any,
) -> Any:
    with world.acting(who) as context:
        saved = drafts.save_draft(
            context, task_id, data, base=Base(base, writer, turn), initial=initial, choice=choice
        )
        context.session.flush()
        draft = saved.draft
        return saved.differs, saved.disputed, draft.revision, dict(draft.data), list(draft.conflicts)


def test_two_people_fill_in_different_fields(world: World, task_id: int) -> None:
    assert save(world, "wang", task_id, 0, reason="探亲", days="") == (
        False, False, 1, {"reason": "探亲", "days": ""}, [],
    )  # fmt: skip
    differs, disputed, revision, data, conflicts = save(world, "zhang", task_id, 0, reason="", days="3")
    assert (differs, disputed, revision, conflicts) == (True, False, 2, [])
    assert data == {"reason": "探亲", "days": "3"}


def test_a_true_conflict_keeps_both_values_and_says_whose(world: World, task_id: int) -> None:
    save(world, "wang", task_id, 0, reason="探亲")
    differs, disputed, revision, data, (conflict,) = save(world, "zhang", task_id, 0, reason="看病")
    assert (differs, disputed, revision, data["reason"]) == (True, True, 2, "看病")
    assert (conflict["value"], conflict["by"], conflict["here"]) == ("探亲", "wang", "zhang")
    token = drafts.disputes.token_of(conflict)
    _, _, revision, data, conflicts = save(world, "wang", task_id, 2, choice=f"use:{token}", reason="看病")
    assert (revision, data["reason"], conflicts) == (3, "探亲", [])


def test_a_choice_can_keep_what_is_there(world: World, task_id: int) -> None:
    save(world, "wang", task_id, 0, reason="探亲")
    *_, (conflict,) = save(world, "zhang", task_id, 0, reason="看病")
    token = drafts.disputes.token_of(conflict)
    *_, data, conflicts = save(world, "wang", task_id, 2, choice=f"keep:{token}", reason="看病")
    assert (data["reason"], conflicts) == ("看病", [])


def test_typing_on_while_the_answer_was_on_its_way_is_no_conflict_with_oneself(
    world: World, task_id: int
) -> None:
    save(world, "wang", task_id, 0, reason="探")
    save(world, "zhang", task_id, 0, writer="w", reason="", days="3")  # revision 2: the merge of both
    *_, data, conflicts = save(world, "zhang", task_id, 0, writer="w", reason="看病", days="34")
    assert (data, [one["value"] for one in conflicts]) == ({"reason": "看病", "days": "34"}, ["探"])
    assert conflicts[0]["by"] == "wang"


def test_two_pages_of_one_person_are_two_sides(world: World, task_id: int) -> None:
    save(world, "wang", task_id, 0, writer="a", reason="一")
    *_, conflicts = save(world, "wang", task_id, 0, writer="b", reason="二")
    assert [one["value"] for one in conflicts] == ["一"]


def test_what_arrives_late_does_not_undo_what_was_typed_after_it(world: World, task_id: int) -> None:
    save(world, "wang", task_id, 0, writer="a", turn=5, reason="一二三")
    assert save(world, "wang", task_id, 0, writer="a", turn=4, reason="一二")[3]["reason"] == "一二三"
    assert (
        save(world, "wang", task_id, 0, writer="a", reason="一")[3]["reason"] == "一"
    )  # a form sent as a whole


def test_what_a_page_shows_but_does_not_send_is_no_difference(world: World, task_id: int) -> None:
    """Read-only fields and hidden ones are part of what a page holds, also within rows, and are not sent."""
    shown = {"grade": "A", "targets": [{"year": "2023", "count": ""}, {"year": "2024", "count": ""}]}
    typed = {"reason": "探亲", "targets": [{"count": "60"}, {"count": ""}]}
    for turn, revision in ((1, 1), (2, 1)):
        saved = save(world, "wang", task_id, 0, writer="a", turn=turn, initial=shown, **typed)
        assert saved[:3] == (False, False, revision)
    typed["targets"] = [{"count": "60"}, {"count": "70"}]
    assert save(world, "wang", task_id, 0, writer="a", initial=shown, **typed)[:3] == (False, False, 2)


def test_a_row_just_added_stays_when_an_earlier_save_arrives_after_it(world: World, task_id: int) -> None:
    row, added = {"#": "r1", "no": ""}, {"#": "r2", "no": ""}
    save(world, "wang", task_id, 0, writer="a", turn=1000, rows=[row])
    save(world, "wang", task_id, 1, writer="a", turn=1700, rows=[row, added])
    late = save(world, "wang", task_id, 1, writer="a", turn=1600, rows=[row])
    assert late[3]["rows"] == [row, added]


def test_a_save_that_changes_nothing_makes_no_revision(world: World, task_id: int) -> None:
    save(world, "wang", task_id, 0, reason="探亲\r\n")
    assert save(world, "wang", task_id, 1, reason="探亲\n")[2] == 1


def test_every_earlier_state_can_be_had_and_restored(world: World, task_id: int) -> None:
    texts = ["一", "一二", "一二三", "别的"]
    for number, text in enumerate(texts):
        save(world, "wang", task_id, number, reason=text, days=str(number))
    with world.acting("zhang") as context:
        draft = context.session.get(FormDraft, task_id)
        found = [drafts.content_at(context.session, draft, n) for n in range(1, 5)]
        assert [content and content["reason"] for content in found] == texts
        assert drafts.content_at(context.session, draft, 5) is None
        restored = drafts.restore(context, task_id, 2)
        assert (restored.revision, restored.data) == (5, {"reason": "一二", "days": "1"})
    with world.acting("zhang") as context:
        draft = context.session.get(FormDraft, task_id)
        content = drafts.content_at(context.session, draft, 4)
        assert content is not None
        assert content["reason"] == "别的"
        last, first = drafts.sittings(context.session, task_id)
        assert (last.by, last.kind, last.keys) == ("zhang", "restored", {"reason", "days"})
        assert (first.by, len(first.saves)) == ("wang", 4)
        with pytest.raises(NotFound):
            drafts.restore(context, task_id, 99)


def test_what_no_database_keeps_is_left_out(world: World, task_id: int) -> None:
    assert save(world, "wang", task_id, 0, reason="a\x00b\ud800c")[3]["reason"] == "abc"


def test_only_who_may_fill_in_the_form_may_save(world: World, task_id: int) -> None:
    with pytest.raises(NotFound):
        save(world, "lu", task_id, 0, reason="x")
    with world.acting("wang") as context:
        drafts.task.claim(context, task_id)
    with pytest.raises(TaskTaken):
        save(world, "zhang", task_id, 0, reason="x")
    save(world, "wang", task_id, 0, reason="探亲")
    world.complete("wang", task_id, reason="探亲", days="3")
    with pytest.raises(TaskEnded):
        save(world, "wang", task_id, 1, reason="x")
    with world.database.reading() as session:
        assert session.query(FormDraftRevision).count() == 0
