"""An expert review with real operations: the office, its experts, and how far the review is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.models.identity import User
from app.models.runtime import UserTask
from app.services import task
from tests.bpmn.walk import parameters
from tests.factories import World
from tests.services.registers.office import do, make_office, started

EXPERTS = ("expert_a", "expert_b", "expert_c", "expert_d", "expert_e")
OTHERS = ("auditor", "operator", "system_admin", "process_designer", "process_approver")
MARK = "密封标记不得外泄之评语"
REASON = "密封标记不得外泄之理由"
POINTS = 13.7  # of every criterion: a total of 54.8
GIVEN: dict[str, Any] = {
    "case_no": "CX-2026-0900",
    "call": {"call_no": "PC-2026-0900", "title": "首批申报"},
    "declaration": {
        "plan_work": "工作",
        "plan_targets": "目标",
        "plan_safeguards": "保障",
        "targets": [],
        "products": [],
    },
    "totals": {"n": 30, "amount": 1, "enterprises": 20, "first_loans": 5},
}


def make_review(url: str, folder: Path) -> World:
    """The project deployed, its posts, five experts of other employers."""
    world = make_office(url, folder)
    for expert in EXPERTS:
        world.add_person(expert, "expert", employer="91310000MA1FL0001R")
    for group in OTHERS:
        world.add_person(group, group)
    return world


def begin(world: World, **params: Any) -> str:
    """A review in which three drawn experts may score."""
    number = started(world, "expert_review", org_id=1, **GIVEN, params={**parameters(), **params})
    claim(world, number, "t_pick", "division")
    do(world, number, "t_pick", "division", method="draw", size="3", seed="2026")
    for _ in range(3):
        do(world, number, "t_coi", assignee(world, number, "t_coi"), confirmed="yes")
    return number


def claim(world: World, number: str, element: str, who: str) -> None:
    with world.acting(who) as context:
        task.claim(context, world.open_tasks(number)[element])


def assignee(world: World, number: str, element: str) -> str:
    """Who has the newest open task of this element."""
    task_id = world.open_tasks(number)[element]
    with world.database.reading() as session:
        found = session.get_one(UserTask, task_id)
        return session.get_one(User, found.assignee_id).username


def score(world: World, number: str, points: float = POINTS, comment: str = f"{MARK}，方案可行。") -> str:
    """The next expert hands the sheet in; who that was."""
    who = assignee(world, number, "t_score")
    rows = [{"score": str(points), "reason": f"{MARK}，依据充分。"} for _ in parameters()["criteria"]]
    do(world, number, "t_score", who, scores=rows, comment=comment)
    return who
