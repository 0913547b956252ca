"""P04 performance review: from the notice to the served result."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine.rules import uscc_check_character
from tests.bpmn.walk import FILE, Refusal, Stub, Walk, definition, missed

ORG = {"id": 7, "principal": "org:7", "name": "甲银行", "uscc": "91310000MA1FL0001R", "type": "bank"}
AGREEMENT: dict[str, Any] = {
    "agreement_no": "XY-1",
    "case_no": "SB-1",
    "org": ORG,
    "targets": [
        {"year": 2023, "deals": 50, "enterprises": 40, "first_loans": 20, "amount": 100},
        {"year": 2024, "deals": 60},
    ],
    "paid_amount": "500000.00",
}
USE = {"use_code": "one_off_incentive", "amount": 1000, "date": "2023-05-01", "text": "奖励"}
REPORT = {
    "summary": "总结",
    "tasks_done": "完成",
    "sealed_report": [FILE["id"]],
    "true_statement": True,
}


def _code(number: int) -> str:
    """A unified social credit code with a right check character."""
    first = f"9131000000{number:07d}"
    return first + uscc_check_character(first)


def _deals(
    count: int, first_loans: int, *, year: int = 2023, kind: str = "patent_pledge_loan"
) -> list[dict[str, Any]]:
    """Deals of as many enterprises, the first of them first loans."""
    return [
        {
            "kind": kind,
            "enterprise": f"企业{n}",
            "uscc": _code(n),
            "date": f"{year}-06-30",
            "amount": 1000000,
            "registration_no": f"ZY{n}",
            "is_sme": True,
            "is_first_loan": n < first_loans,
        }
        for n in range(count)
    ]


def _start(score: int = 80, *, by_hand: bool = False, org_type: str = "bank", **changed: Any) -> Walk:
    agreement = {**AGREEMENT, "org": {**ORG, "type": org_type}, **changed}

    def load(given: Any) -> dict[str, Any]:
        if given["agreement_no"] != "XY-1":
            raise Refusal("AGREEMENT_NOT_FOUND")
        return agreement

    stubs: dict[str, Stub] = {"load_agreement": load, "compare_registry": {"differences": []}}
    replaced = {
        "expert_review": f'score = {score}\nopinion = {{text: "较好"}}',
        "archive": "sealed = true",
    }
    due = {"case_no": "SB-1", "agreement_no": "XY-1", "org": ORG, "review_type": "mid_term", "year": 2023}
    return Walk(
        "performance_review",
        {} if by_hand else due,
        stubs,
        message=None if by_hand else "MSG-REVIEW-DUE",
        replaced=replaced,
    )


def _noticed(walk: Walk, **changed: Any) -> Walk:
    walk.do("t_notice", **{"submit_by": "2026-03-31", "remind_days": 7, "year": 2023, **changed})
    return walk


def _reported(walk: Walk, deals: list[dict[str, Any]], uses: list[dict[str, Any]] | None = None) -> Walk:
    walk.do("t_self", deals=deals, uses=[USE] if uses is None else uses, **REPORT)
    walk.do("t_mat", outcome="complete", opinion="齐全")
    return walk


def _served(walk: Walk) -> None:
    """The addressee opens the newest document."""
    waiting = [s for s in walk.instance.subscriptions() if s.message == "MSG-RECEIPT-OPENED"]
    walk.send("MSG-RECEIPT-OPENED", waiting[0].key)


def _passed() -> Walk:
    walk = _noticed(_start())
    assert walk.called("render_letter")[0]["data"]["targets"] == [AGREEMENT["targets"][0]]
    assert walk.task("t_self").candidates == ("org:7",)
    walk.wait("b_rem")
    assert "2026-03-31" in walk.called("notify")[0]["text"]
    _reported(walk, _deals(50, 20))
    assert walk.instance.variables["figures"] == [
        {"year": 2023, "deals": 50, "enterprises": 50, "first_loans": 20, "amount": 50000000}
    ]
    assert walk.instance.variables["targets_met"] == "all"
    assert walk.task("t_div").prefill["grade"] == "pass"
    walk.do("t_div", text="同意")
    walk.do("t_board", grade="pass", reason="同意")
    walk.do("t_minutes")
    walk.do("t_pass", text="合格")
    report = walk.called("render_letter")[-1]
    assert (report["letter"], report["data"]["grade"]) == ("TPL-23", "pass")
    _served(walk)
    assert walk.instance.outcome == "done"
    return walk


def _started_by_hand_and_rectified() -> Walk:
    """(50, 19): one first loan is missing; it is made good."""
    walk = _start(by_hand=True)
    _noticed(walk, agreement_no="XY-9", review_type="spot_check")
    assert walk.open == {"t_notice"}
    _noticed(walk, agreement_no="XY-1", review_type="spot_check")
    walk.do("t_self", deals=_deals(50, 19), uses=[USE], **REPORT)
    assert walk.refused("t_mat", outcome="supplement", opinion="缺凭证") == {"supplement_by"}
    walk.do("t_mat", outcome="supplement", opinion="缺凭证", supplement_by="2026-04-15")
    _reported(walk, _deals(50, 19))
    assert walk.instance.variables["target_result"]["reasons"] == [
        "2023 年：首贷 19 户，要求不少于 20 户，差 1 户"
    ]
    assert walk.task("t_div").prefill["grade"] == "rectify"
    walk.do("t_div", text="限期整改")
    assert walk.refused("t_board", {"甲": "against"}, grade="pass", reason="x") == {"grade"}
    assert walk.refused("t_board", grade="rectify", reason="x") == {"requirements", "rectify_by"}
    walk.do("t_board", grade="rectify", reason="首贷不足", requirements="补足", rectify_by="2026-06-30")
    walk.do("t_minutes")
    assert walk.instance.case_state == "rectifying"
    walk.do("t_rect", text="已补足", attachments=[FILE["id"]])
    walk.do("t_recheck", outcome="ok", reason="属实")
    walk.do("t_pass", text="合格")
    _served(walk)
    return walk


def _misused_and_failed() -> Walk:
    walk = _noticed(_start())
    _reported(walk, _deals(50, 20), [USE, {**USE, "use_code": "rent", "text": "租金"}])
    walk.do("t_expl", text="用于活动场地")
    walk.do("t_useq", outcome="violation", reason="属场地租金")
    lead = walk.sent("MSG-FRAUD-LEAD")[0].payload
    assert (lead["stage"], lead["paid_amount"], lead["scheme"]) == ("paid", 500000, "municipal_project")
    assert walk.task("t_div").prefill["grade"] == "fail"
    walk.do("t_div", text="不合格")
    walk.do("t_board", grade="fail", reason="资金使用违规")
    walk.do("t_minutes")
    walk.do("t_prior", facts="资金用于租金")
    assert walk.called("render_letter")[-1]["letter"] == "TPL-27"
    _served(walk)
    walk.do("t_state", text="请求从轻")
    walk.do("t_final", outcome="uphold", reason="不予采纳")
    walk.do("t_final_minutes")
    walk.do("t_fail", text="不合格")
    report = walk.called("render_letter")[-1]["data"]
    assert report["grade"] == "fail"
    assert "停止拨付" in report["consequence"]
    assert report["statement"] == "请求从轻"
    _served(walk)
    assert "failed" in walk.states
    return walk


def _explained_in_silence_and_changed() -> Walk:
    """An unlisted use is found clean unexplained; nothing is rectified; the final word changes the grade."""
    walk = _noticed(_start(score=59))
    _reported(walk, _deals(50, 20), [{**USE, "use_code": "other"}])
    walk.wait("b_expl")
    walk.do("t_useq", outcome="ok", reason="属培训")
    assert walk.instance.variables["grade"]["grade"] == "rectify"
    walk.do("t_div", text="整改")
    walk.do("t_board", grade="rectify", reason="分数低", requirements="补充", rectify_by="2026-05-31")
    walk.do("t_minutes")
    walk.wait("b_rect")
    walk.do("t_recheck", outcome="not_ok", reason="未整改")
    walk.do("t_prior", facts="未整改")
    _served(walk)
    walk.wait("b_state")
    walk.do("t_final", outcome="changed", reason="补充材料属实")
    walk.do("t_final_minutes")
    walk.do("t_pass", text="合格")
    _served(walk)
    return walk


def _late_then_nothing() -> Walk:
    walk = _noticed(_start())
    walk.wait("b_rem")
    walk.wait("b_over")
    walk.do("t_late", outcome="extend", extend_to="2026-04-20", reason="材料较多")
    assert walk.instance.variables["submitted_late"] is True
    walk.wait("b_rem")
    walk.wait("b_over")
    walk.do("t_late", outcome="treat_as_fail", reason="仍未提交")
    walk.do("t_prior", facts="逾期未提交")
    _served(walk)
    walk.wait("b_state")
    walk.do("t_final", outcome="uphold", reason="无申辩")
    walk.do("t_final_minutes")
    walk.do("t_fail", text="不合格")
    _served(walk)
    return walk


STORIES = [
    _passed,
    _started_by_hand_and_rectified,
    _misused_and_failed,
    _explained_in_silence_and_changed,
    _late_then_nothing,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("performance_review", [story() for story in STORIES]) == set()


def test_final_acceptance_looks_at_every_year() -> None:
    """Each year separately: 2023 is met, 2024 has the deals but not what was agreed."""
    walk = _noticed(_start(), review_type="final")
    _reported(walk, _deals(50, 20) + _deals(50, 20, year=2024))
    values = walk.instance.variables
    assert [result["met"] for result in values["target_result"]["results"]] == ["yes", "yes"]
    assert walk.called("compare_registry")[0]["year"] is None
    assert values["targets_met"] == "some"
    assert values["grade"]["grade"] == "rectify"


COUNTED = [
    ("bank", _deals(49, 20) + _deals(5, 5, kind="ip_insurance"), 49, 20),
    ("bank", _deals(30, 10) + _deals(30, 30, kind="trademark_pledge_loan"), 60, 30),
    ("insurer", _deals(300, 0, kind="ip_insurance"), 300, 0),
    ("guarantor", _deals(19, 19, kind="ip_credit_guarantee") + _deals(3, 0), 19, 19),
    ("other", _deals(3, 0), 0, 0),
    ("bank", _deals(4, 4, year=2022), 0, 0),
]


@pytest.mark.parametrize(("org_type", "deals", "count", "first_loans"), COUNTED)
def test_evidence_rows_are_counted(
    org_type: str, deals: list[dict[str, Any]], count: int, first_loans: int
) -> None:
    """Only the institution's own kind of deal, only the year under review, first loans by enterprise."""
    walk = _noticed(_start(org_type=org_type))
    walk.do("t_self", deals=deals, uses=[USE], **REPORT)
    figures = walk.instance.variables["figures"][0]
    assert (figures["deals"], figures["first_loans"]) == (count, first_loans)


def test_a_first_loan_counts_once_for_each_enterprise_and_only_for_small_ones() -> None:
    deals = _deals(1, 1) * 3 + [{**_deals(2, 2)[1], "is_sme": False}]
    walk = _noticed(_start())
    walk.do("t_self", deals=deals, uses=[USE], **REPORT)
    figures = walk.instance.variables["figures"][0]
    assert (figures["deals"], figures["enterprises"], figures["first_loans"]) == (4, 2, 1)


def test_no_money_and_no_use_is_clean() -> None:
    walk = _noticed(_start(paid_amount="0"))
    _reported(walk, _deals(50, 20), [])
    assert walk.open == {"t_div"}


def test_money_without_any_use_must_be_explained() -> None:
    walk = _noticed(_start())
    _reported(walk, _deals(50, 20), [])
    assert walk.open == {"t_expl"}


@pytest.mark.parametrize("step", ["t_board", "t_minutes"])
def test_board_members_did_not_prepare_the_decision(step: str) -> None:
    board = definition("performance_review").element("performance_review", step)
    assert board is not None
    assert board.duty == "board"
    assert {"t_mat", "t_div"} <= set(board.not_actor_of)
