"""Seals that hold and break, sheets of a consensus, and a ranking that comes out again from what is stored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.models.register import CallCase, ExpertDraw, ScoreSheet
from app.models.runtime import UserTask
from app.models.scoring import SheetSeal
from app.services.delegates import DelegateError
from app.services.errors import Conflict, NotFound
from app.services.scoring import ranking, seals
from app.services.scoring.lots import draw_lots, pool_sha256
from tests.services.registers.registers import Registers
from tests.services.registers.test_review import handled
from tests.story import Story, make_story_world
from tests.worlds import NewWorld

ROWS = [{"score": 20, "max": 30, "weight": 30}, {"score": 25.5, "max": 30, "weight": 30}]


def answered(registers: Registers, case: Any, name: str, comment: str = "可行") -> UserTask:
    """A sealed sheet of a new expert."""
    expert = registers.add_user(name, "expert")
    task = handled(case, expert.id)
    task.engine_id, task.assignee_id, task.completed_at = name, expert.id, registers.now
    task.policy, task.data = {"sealed": "true"}, {"scores": ROWS, "comment": comment}
    registers.session.add(task)
    registers.session.flush()
    seals.seal(registers.session, task, task.data, registers.now)
    return task


def sheet(task: UserTask, **more: Any) -> dict[str, Any]:
    return {"expert": f"user:{task.assignee_id}", "scores": ROWS, "total": 45.5, "comment": "可行", **more}


def test_only_the_author_reads_a_sheet_until_it_is_opened(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case = registers.add_case()
    one, two = answered(registers, case, "甲"), answered(registers, case, "乙")
    session, author = registers.session, one.completed_by
    assert seals.readable(session, case.id, author, [one, two]) == [one]
    assert seals.readable(session, case.id, None, [one, two]) == []
    registers.call("record_scores", case, case_no=case.number, round=1, sheets=[sheet(one)])
    assert seals.readable(session, case.id, None, [one, two]) == [one]
    registers.call("record_scores", case, case_no=case.number, round=1, sheets=[sheet(one), sheet(two)])
    assert seals.readable(session, case.id, None, [one, two]) == [one, two]


def test_the_same_answers_have_different_hashes(registers: Registers) -> None:
    case = registers.add_case()
    hashes = {
        registers.session.get_one(SheetSeal, answered(registers, case, name).id).sha256 for name in "甲乙丙"
    }
    assert len(hashes) == 3


@pytest.mark.parametrize("tampered", ["stored", "handed_over", "reason", "comment"])
def test_a_changed_sheet_is_not_opened(registers: Registers, tampered: str) -> None:
    case = registers.add_case()
    task = answered(registers, case, "甲")
    given = sheet(task)
    if tampered == "stored":
        task.data = {"scores": [{**ROWS[0], "score": 30}, ROWS[1]], "comment": "可行"}
    elif tampered == "handed_over":
        given["scores"] = [{**ROWS[0], "score": 30}, ROWS[1]]
    elif tampered == "reason":
        given["scores"] = [{**ROWS[0], "reason": "事后改写的理由"}, ROWS[1]]
    else:
        given["comment"] = "很好"
    with pytest.raises(DelegateError, match="SEAL_BROKEN"):
        registers.call("record_scores", case, case_no=case.number, round=1, sheets=[given])


def test_a_consensus_keeps_the_first_total_and_the_reason(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case = registers.add_case()
    task = answered(registers, case, "甲")
    registers.call("record_scores", case, case_no=case.number, round=1, sheets=[sheet(task)])
    changed = sheet(task, name="甲", total=50, before_consensus=45.5)
    with pytest.raises(DelegateError, match="REASON_MISSING"):
        registers.call("record_scores", case, case_no=case.number, round=2, sheets=[changed])
    changed["change_reason"] = "漏看附件"
    registers.call("record_scores", case, case_no=case.number, round=2, sheets=[changed])
    first, second = registers.session.scalars(select(ScoreSheet).order_by(ScoreSheet.round)).all()
    assert (first.total, first.first_total, first.change_reason) == (Decimal("45.5"), None, "")
    assert (second.total, second.first_total, second.change_reason) == (50, Decimal("45.5"), "漏看附件")
    assert (second.name, ranking.points_of(second)) == ("甲", Decimal("45.50"))


@pytest.mark.parametrize(
    ("totals", "drop", "mean"),
    [
        (["80", "90", "100"], False, "90"),
        (["80", "80", "80.01"], False, "80.00"),
        (["10", "80", "90", "70", "100"], True, "80"),
        (["10", "80", "90", "100"], True, "70"),
        (["80.01", "80.02"], False, "80.02"),
        (["80.02", "80.03"], False, "80.02"),
    ],
)
def test_the_mean_is_that_of_the_process(totals: list[str], drop: bool, mean: str) -> None:
    assert ranking.mean_of([Decimal(total) for total in totals], drop=drop) == Decimal(mean)


def test_the_hash_of_a_list_does_not_depend_on_its_order() -> None:
    assert pool_sha256(["b", "a", "a"]) == pool_sha256(["a", "b"]) != pool_sha256(["a"])


def test_a_ranking_comes_out_again_byte_for_byte(sqlite_world: NewWorld) -> None:
    told = Story(sqlite_world(make_story_world))
    call_no = told.open_call()
    numbers = {}
    for username, org_type, deals, points in (
        ("guarantor", "guarantor", 24, 20),
        ("insurer", "insurer", 420, 20),
    ):
        numbers[username] = told.declare(username, username, call_no, org_type, deals)
        told.accept(username, numbers[username])
        told.review(numbers[username], points)
        told.opine(numbers[username])
    with told.world.database.reading() as session:
        with pytest.raises(Conflict):
            ranking.recompute(session, call_no)
        with pytest.raises(NotFound):
            ranking.recompute(session, "PC-2026-9999")
    told.world.pass_time(days=25)
    with told.world.database.reading() as session:
        found = ranking.recompute(session, call_no)
        draw = session.scalars(select(ExpertDraw).where(ExpertDraw.case_no == call_no)).one()
    assert found.is_same, found.lines()
    assert found.recorded == found.computed != b"[]"
    assert (found.seed, found.pool_sha256) == (draw.seed, pool_sha256(draw.pool))
    assert draw.drawn == draw_lots(numbers.values(), 2, draw.seed)
    assert found.lines()[-1] == "the same, byte for byte"
    with told.world.acting() as context:
        case = context.session.scalars(select(CallCase).where(CallCase.case_no == numbers["insurer"])).one()
        last = ranking.last_sheets(context.session, case.instance_id)[0]
        last.total += 20
    with told.world.database.reading() as session:
        changed = ranking.recompute(session, call_no)
    assert not changed.is_same
    assert changed.recorded == found.recorded != changed.computed
    assert [line for line in changed.differences if "points make" in line]
