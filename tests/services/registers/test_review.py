from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.models.runtime import ProcessInstance, UserTask
from app.services.delegates import DelegateError
from app.services.scoring.lots import draw_lots
from tests.services.registers.registers import USCC, Registers

POOL = [f"user:{n}" for n in range(1, 12)]


@given(st.permutations(POOL), st.integers(1, 15), st.text(max_size=20))
def test_a_draw_depends_on_pool_and_seed_only(pool: list[str], size: int, seed: str) -> None:
    drawn = draw_lots(pool, size, seed)
    assert drawn == draw_lots(sorted(pool), size, seed) == draw_lots(pool + pool, size, seed)
    assert len(drawn) == len(set(drawn)) == min(size, len(POOL))
    assert draw_lots(pool, len(POOL), seed)[:size] == drawn


def test_every_expert_is_drawn_about_as_often() -> None:
    counts = dict.fromkeys(POOL, 0)
    for seed in range(1100):
        for expert in draw_lots(POOL, 3, str(seed)):
            counts[expert] += 1
    assert all(220 <= count <= 380 for count in counts.values()), counts


def test_a_draw_is_recorded_with_its_seed(registers: Registers) -> None:
    case = registers.add_case()
    first = registers.call("draw_experts", case, pool=POOL, size=5, seed="2026031")
    assert first["experts"] == draw_lots(POOL, 5, "2026031")
    own = registers.call("draw_experts", case, pool=POOL, size=5)
    assert own["experts"] == draw_lots(POOL, 5, own["seed"])
    assert own["seed"] != registers.call("draw_experts", case, pool=POOL, size=5)["seed"]
    long = registers.call("draw_experts", case, pool=POOL, size=5, seed="长" * 100)
    assert long["experts"] == draw_lots(POOL, 5, long["seed"])
    assert registers.call("draw_experts", case, pool=[], size=5)["experts"] == []
    with pytest.raises(DelegateError, match="PANEL_SIZE"):
        registers.call("draw_experts", case, pool=POOL, size=0)


def test_experts_come_with_the_interests_that_we_know(registers: Registers) -> None:
    applicant = registers.add_org()
    applicant.group_uscc = "G" * 18
    sister = registers.add_org("东海保险", "S" * 18, "insurer")
    sister.group_uscc = "G" * 18
    registers.add_org("南湖担保", "N" * 18, "guarantor")
    case = registers.add_case("CX", applicant)
    free = registers.add_user("甲", "expert", employer="N" * 18)
    employed = registers.add_user("乙", "expert", employer=USCC)
    in_group = registers.add_user("丙", "expert", employer="S" * 18)
    officer = registers.add_user("丁", "expert")
    gone = registers.add_user("戊", "expert")
    gone.is_active = False
    registers.add_user("己", "clerk")
    registers.session.add(handled(case, officer.id))
    registers.session.flush()
    found = registers.call("list_experts", case, case_no=case.number, org_uscc=USCC)
    assert [(e["principal"], e["employer"], [i["kind"] for i in e["interests"]]) for e in found] == [
        (free.principal, "南湖担保", []),
        (employed.principal, "东海银行", []),
        (in_group.principal, "东海保险", ["same_group"]),
        (officer.principal, "", ["officer"]),
    ]
    assert found[2]["interests"][0]["org_uscc"] == USCC


def handled(case: ProcessInstance, user_id: int) -> UserTask:
    return UserTask(
        instance_id=case.id,
        engine_id="e",
        process_key="acceptance",
        element_id="t_check",
        name="审查",
        form_key="f",
        subject=case.number,
        duty="accept",
        separate_from=[],
        not_actor_of=[],
        candidates=[],
        status="completed",
        completed_by_id=user_id,
        created_at=case.started_at,
    )


def sheet(expert: str, total: object = None, **more: Any) -> dict[str, Any]:
    return {
        "expert": expert,
        "scores": [{"score": 20}, {"score": 25.5}],
        "total": total,
        "comment": "可行",
        **more,
    }


def test_sheets_are_entered_once_and_cannot_change(registers_anywhere: Registers) -> None:
    registers = registers_anywhere
    case = registers.add_case()
    sheets = [sheet("user:1", 80), sheet("user:2", "90.126"), sheet("user:3")]
    for _ in range(2):
        result = registers.call("record_scores", case, case_no=case.number, round=1, sheets=sheets)
    assert result == {"count": 3, "mean": 71.88, "max_deviation": 26.38}
    with pytest.raises(DelegateError, match="SHEET_CHANGED"):
        registers.call("record_scores", case, case_no=case.number, round=1, sheets=[sheet("user:1", 81)])
    changed = registers.call(
        "record_scores", case, case_no=case.number, round=2, sheets=[sheet("user:1", 81)]
    )
    assert changed["mean"] == 81
    none = registers.call("record_scores", case, case_no=case.number, round=3, sheets=[])
    assert none == {"count": 0, "mean": None, "max_deviation": None}
