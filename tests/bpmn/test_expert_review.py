"""R02 expert review: panel without conflicts, sealed sheets, deviation, consensus, opinion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.bpmn.walk import Stub, Walk, definition, missed, parameters

OWN = "91310000MA1FL0000N"
EXPERTS = [
    {"principal": f"user:{n}", "name": f"专家{n}", "employer_uscc": "91310000MA1FL0001R", "interests": []}
    for n in range(1, 8)
]
OWN_STAFF = {"principal": "user:90", "name": "本单位人员", "employer_uscc": OWN, "interests": []}
ASKED = {
    "principal": "user:91",
    "name": "有其他关系者",
    "employer_uscc": "91310000MA1FL0001R",
    "interests": [{"kind": "other", "org_uscc": OWN, "ended_on": None}],
}
GIVEN = {
    "case_no": "CX-1",
    "org": {"id": 1, "principal": "org:1", "name": "甲银行", "uscc": OWN, "type": "bank"},
    "call": {"call_no": "PC-1", "title": "首批申报"},
    "declaration": {
        "plan_work": "工作",
        "plan_targets": "目标",
        "plan_safeguards": "保障",
        "targets": [],
        "products": [],
    },
    "totals": {"n": 30, "amount": 1, "enterprises": 20, "first_loans": 5},
}
WHY = "任务具体，依据充分，措施可行。"
WEIGHTS = [criterion["weight"] for criterion in parameters()["criteria"]]


def _start(pool: list[dict[str, Any]] | None = None, **params: Any) -> Walk:
    stubs: dict[str, Stub] = {
        "list_experts": lambda _: pool if pool is not None else [*EXPERTS, OWN_STAFF, ASKED],
        "draw_experts": lambda given: {
            "experts": sorted(given["pool"])[: given["size"]],
            "seed": given["seed"] or "s",
        },
        "record_scores": lambda given: {"count": len(given["sheets"])},
    }
    return Walk("expert_review", GIVEN, stubs, params=params)


def _draw(walk: Walk, size: int = 3) -> None:
    walk.do("t_pick", method="draw", size=size, seed="20260302")


def _state(walk: Walk, *answers: str) -> None:
    """The experts of the panel sign, one after the other."""
    for answer in answers:
        assert walk.task("t_coi").assignee in {f"user:{n}" for n in range(1, 92)}
        walk.do("t_coi", confirmed=answer, interest=None if answer == "yes" else "曾任顾问")


def _score(walk: Walk, share: float) -> None:
    """The next expert gives this share of every maximum."""
    rows = walk.task("t_score").prefill["scores"]
    walk.do("t_score", scores=[{**row, "score": row["max"] * share, "reason": WHY} for row in rows])


def _opinion(walk: Walk) -> None:
    walk.do(
        "t_opinion",
        strengths="产品成熟",
        problems="目标偏保守",
        maturity="yes",
        text="该单位方案具体可行，业绩突出，同意推荐为创新中心项目承担单位。",
        recommendation="recommend",
    )
    assert [call["letter"] for call in walk.called("render_letter")] == ["TPL-15", "TPL-16"]
    assert walk.instance.outcome == "reviewed"


def _agreed_at_once() -> Walk:
    walk = _start()
    pool = {row["principal"]: row["verdict"] for row in walk.instance.variables["pool"]}
    assert (pool["user:1"], pool["user:90"], pool["user:91"]) == ("allow", "block", "ask")
    assert walk.task("t_pick").prefill == {"method": "draw", "size": 5}
    assert walk.refused("t_pick", method="draw", size=4) == {"size"}
    _draw(walk)
    drawn = walk.called("draw_experts")[0]
    assert (drawn["size"], drawn["seed"], drawn["case_no"]) == (3, "20260302", "CX-1")
    assert {"user:90", "user:91"}.isdisjoint(drawn["pool"])
    _state(walk, "yes", "yes", "yes")
    task = walk.task("t_score")
    assert (task.assignee, task.duty, walk.instance.case_state) == ("user:1", "score", "under_review")
    assert task.due_at == datetime.fromisoformat("2026-03-16T23:59:59+08:00")
    rows = task.prefill["scores"]
    for wrong in (
        {"score": rows[0]["max"] + 0.5},
        {"reason": None},
        {"reason": "九个汉字还不够长。"[:9]},
        {"reason": "长" * 301},
    ):
        given = [{**row, "score": row["max"], "reason": WHY, **wrong} for row in rows]
        assert walk.refused("t_score", scores=given, comment="方案可行。") == {"scores"}, wrong
    _score(walk, 0.8)
    assert walk.called("record_scores") == []
    _score(walk, 0.9)
    _score(walk, 1)
    recorded = walk.called("record_scores")[0]
    assert (recorded["round"], [sheet["total"] for sheet in recorded["sheets"]]) == (1, [80, 90, 100])
    assert [sheet["name"] for sheet in recorded["sheets"]] == ["专家1", "专家2", "专家3"]
    assert {row["reason"] for sheet in recorded["sheets"] for row in sheet["scores"]} == {WHY}
    found = walk.instance.variables["statistics"]
    assert (found["mean"], found["max_deviation"], found["limit"], found["full_mark"]) == (
        90,
        10,
        20,
        sum(WEIGHTS),
    )
    walk.do("t_defence_q", needed="no")
    assert walk.task("t_opinion").assignee == "user:1"
    _opinion(walk)
    assert walk.instance.variables["score"] == 90
    return walk


def _consensus_and_defence() -> Walk:
    walk = _start()
    _draw(walk)
    _state(walk, "yes", "yes", "yes")
    for share in (0.2, 0.9, 1):
        _score(walk, share)
    assert walk.instance.variables["statistics"]["max_deviation"] == 50
    assert [sheet["outlier"] for sheet in walk.instance.variables["all_sheets"]] == [True, False, True]
    task = walk.task("t_consensus")
    assert (task.assignee, [row["old_total"] for row in task.prefill["changes"]]) == ("user:1", [20, 90, 100])
    changes = [
        {**row, "new_total": 70 if row["old_total"] == 20 else row["old_total"]}
        for row in task.prefill["changes"]
    ]
    assert walk.refused("t_consensus", changes=changes, record="合议") == {"changes"}
    changes[0]["reason"] = "漏看附件"
    walk.do("t_consensus", changes=changes, record="合议一致")
    first, second = walk.called("record_scores")
    assert [sheet["total"] for sheet in first["sheets"]] == [20, 90, 100]
    assert (second["round"], [sheet["total"] for sheet in second["sheets"]]) == (2, [70, 90, 100])
    assert second["sheets"][0]["before_consensus"] == 20
    assert walk.instance.variables["score"] == 86.67
    # What the score sheet's letter says of the change:
    told = walk.instance.variables["consensus"]["changes"][0]
    assert (told["name"], told["old_total"], told["new_total"]) == (
        task.prefill["changes"][0]["name"],
        20,
        70,
    )
    walk.do("t_defence_q", needed="yes", reason="目标需说明")
    walk.do(
        "t_defence",
        held_at="2026-03-10T14:00",
        place="一号会议室",
        participants="专家组、申报单位",
        minutes="答辩顺利",
    )
    _opinion(walk)
    return walk


def _refusal_and_replacement() -> Walk:
    """Too few confirm: the next choice offers neither the refuser nor those who confirmed."""
    walk = _start()
    _draw(walk)
    _state(walk, "yes", "no", "yes")
    assert walk.open == {"t_pick"}
    offered = {row["principal"] for row in walk.instance.variables["pool"]}
    assert offered == {"user:4", "user:5", "user:6", "user:7", "user:90", "user:91"}
    assert walk.refused("t_pick", method="named", experts=["user:90"], reason="指定") == {"experts"}
    assert walk.refused("t_pick", method="named", experts=["user:4", "user:5"], reason="指定") == {"experts"}
    walk.do("t_pick", method="named", experts=["user:91"], reason="关系不影响公正")
    _state(walk, "yes")
    assert {task.assignee for task in walk.instance.user_tasks()} == {"user:1", "user:3", "user:91"}
    return walk


def _one_sheet_missing() -> Walk:
    """The limit passes with two of three sheets: they are kept, the third expert is replaced."""
    walk = _start()
    _draw(walk)
    _state(walk, "yes", "yes", "yes")
    _score(walk, 0.8)
    _score(walk, 0.9)
    walk.wait("b_urge")
    assert walk.now == datetime.fromisoformat("2026-03-11T23:59:59+08:00")
    assert walk.called("notify")[0]["to"] == ["user:1", "user:2", "user:3"]
    walk.wait("b_due")
    found = walk.instance.variables
    assert ([sheet["total"] for sheet in found["kept"]], found["excluded"], found["round"]) == (
        [80, 90],
        ["user:3"],
        2,
    )
    assert walk.refused("t_pick", method="proceed", reason="够了") == {"method"}
    walk.do("t_pick", method="draw", size=1)
    assert walk.called("draw_experts")[-1]["pool"] == ["user:4", "user:5", "user:6", "user:7"]
    _state(walk, "yes")
    assert [task.assignee for task in walk.instance.user_tasks()] == ["user:4"]
    _score(walk, 1)
    recorded = walk.called("record_scores")[0]
    assert (recorded["round"], [sheet["expert"] for sheet in recorded["sheets"]]) == (
        2,
        ["user:1", "user:2", "user:4"],
    )
    return walk


def _division_goes_on_with_the_sheets_in() -> Walk:
    walk = _start(max_rounds=1, drop_extremes=True)
    _draw(walk)
    _state(walk, "yes", "yes", "yes")
    _score(walk, 0.8)
    walk.wait("b_urge")
    walk.wait("b_due")
    walk.do("t_pick", method="proceed", reason="已达最多轮次")
    assert walk.instance.variables["score"] == 80
    assert walk.open == {"t_defence_q"}
    return walk


STORIES = [
    _agreed_at_once,
    _consensus_and_defence,
    _refusal_and_replacement,
    _one_sheet_missing,
    _division_goes_on_with_the_sheets_in,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("expert_review", [story() for story in STORIES]) == set()


def test_extremes_are_dropped_where_the_parameter_says_so() -> None:
    walk = _start(drop_extremes=True, deviation_limit=100)
    _draw(walk, 5)
    _state(walk, *["yes"] * 5)
    for share in (0.1, 0.8, 0.9, 0.7, 1):
        _score(walk, share)
    assert walk.instance.variables["score"] == 80


@pytest.mark.parametrize(("spread", "task"), [(0.2, "t_defence_q"), (0.201, "t_consensus")])
def test_the_deviation_limit_itself_is_within(spread: float, task: str) -> None:
    walk = _start(min_sheets=1, criteria=[{"name": "总评", "weight": 100, "max": 1000}])
    walk.do("t_pick", method="draw", size=3)
    _state(walk, "yes", "yes", "yes")
    for share in (0.5, 0.5 + spread * 1.5, 0.5):
        rows = walk.task("t_score").prefill["scores"]
        walk.do(
            "t_score",
            scores=[{**rows[0], "score": round(1000 * share, 1), "reason": WHY}],
        )
    assert walk.open == {task}


def test_an_empty_register_gives_nobody_to_choose() -> None:
    walk = _start([])
    assert walk.refused("t_pick", method="named", experts=["user:1"], reason="指定") == {"experts"}


def test_officers_of_the_case_do_not_score() -> None:
    score = definition("expert_review").element("expert_review", "t_score")
    assert score is not None
    assert {"accept", "review", "approve"} <= set(score.separate_from)
