"""P00 a call: drafted, verified, published, closed, ranked, deliberated, made public, confirmed, filed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from app.engine.operations.ballots import read_terms
from tests.bpmn.walk import Stub, Walk, definition, missed, parameters

MEETING = {"meeting_no": "2026-8", "meeting_date": "2026-05-08"}
MEMBERS = [
    {"principal": f"user:{n}", "name": name, "aside": ["CX-2"] if n == 1 else []}
    for n, name in enumerate("甲乙丙丁戊", 1)
]
DEADLINE = "2026-04-07T23:59:59+08:00"
CASES = [
    {
        "case_no": f"CX-{n}",
        "org_name": f"第{n}银行",
        "org_type": "bank",
        "status": "reviewed",
        "score": 90 - n,
        "targets_first_loans": 20,
        "track_ratio": 1,
    }
    for n in range(1, 5)
]
CLEAR = 'publicity_no = "GS-1" -> clear'
CHANGED = 'publicity_no = "GS-1"\nitems = items[case_no != "CX-2"] -> changed'
TERMINATED = 'publicity_no = "GS-1" -> terminated'
ARCHIVED = 'package = {archive_no: "DA-1"} -> archived'
FINDING = {"message": "表单不存在", "message_en": "no such form", "element_id": "t_pre"}


def _start(publicity: str = CLEAR, verified: list[bool] | None = None) -> Walk:
    answers = list(verified or [True])
    stubs: dict[str, Stub] = {
        "verify_release": lambda _: {
            "ok": answers.pop(0),
            "problems": [FINDING],
            "missing_parameters": ["pass_mark"],
        },
        "open_call": {"call_no": "NO-1", "parameters_sha256": "ab" * 32},
        "close_call": {"count": 4, "receipts": []},
        "draw_experts": lambda given: {
            "experts": sorted(given["pool"], reverse=True),
            "seed": "s",
            "draw_no": 1,
        },
        "list_board_members": lambda _given: MEMBERS,
        "send_messages": lambda given: {"count": len(given["items"])},
        "cancel_call": {"cases": ["CX-1", "CX-2"]},
    }
    return Walk("call_management", {}, stubs, replaced={"publicity": publicity, "archive": ARCHIVED})


def _publish(walk: Walk, **changes: Any) -> None:
    walk.do("t_draft", **{"deadline": DEADLINE, "quota": 2, "quota_soft": 1, **changes})
    walk.do("t_appr", outcome="agree")
    walk.wait("tm_deadline")


def _listed(publicity: str = CLEAR) -> Walk:
    walk = _start(publicity)
    _publish(walk)
    walk.send("MSG-ALL-REVIEWED", "NO-1", cases=CASES)
    return walk


def _approve(walk: Walk) -> None:
    walk.do("t_board", dict.fromkeys("甲乙丙丁", "for"), outcome="approve", **MEETING)


def _results(walk: Walk, message: str) -> list[dict[str, str]]:
    """case → result of each round in which this message was sent."""
    sent = [call for call in walk.called("send_messages") if call["message"] == message]
    return [{item["key"]: item["payload"]["result"] for item in call["items"]} for call in sent]


def _done() -> Walk:
    walk = _start()
    task = walk.task("t_draft")
    assert (task.candidates, task.duty) == (("group:division",), "draft")
    assert (task.prefill["quota"], task.prefill["record_bank_amount_yi"]) == (10, 10)
    assert task.prefill["record_years"] == [{"year": 2021}, {"year": 2022}]
    assert walk.refused("t_draft") == {"deadline"}
    assert walk.refused("t_draft", deadline=DEADLINE, publicity_days=4) == {"publicity_days"}
    assert walk.refused("t_draft", deadline=DEADLINE, panel_size=4) == {"panel_size"}
    half = [{"name": "总评", "weight": 50, "max": 50}]
    assert walk.refused("t_draft", deadline=DEADLINE, criteria=half) == {"criteria"}
    walk.do(
        "t_draft", deadline=DEADLINE, quota=2, quota_soft=1, record_bank_amount_yi=5.5, acceptance_limit=3
    )
    verified = walk.called("verify_release")[0]
    assert verified["process_id"] == "innovation_centre_declaration"
    assert verified["parameters"]["track_record"] == {
        **parameters()["track_record"],
        "bank_amount": 550000000,
    }
    assert verified["parameters"]["annual_target"] == parameters()["annual_target"]
    unchanged = {"credit_rule", "product_catalogue", "deemed_service_days", "statement_limit"}
    assert {key: verified["parameters"][key] for key in unchanged} == {
        key: parameters()[key] for key in unchanged
    }
    appraisal = walk.task("t_appr")
    assert (appraisal.not_actor_of, appraisal.candidates) == (("t_draft",), ("group:board",))
    walk.do("t_appr", outcome="agree")
    opened = walk.called("open_call")[0]
    assert (opened["call_no"], opened["deadline"], opened["quota"]) == ("NO-1", DEADLINE, 2)
    assert (opened["parameters"]["acceptance_limit"], opened["parameters"]["call_quota_soft"]) == (3, 1)
    assert opened["parameters"]["fund_amount"] == parameters()["fund_amount"]
    assert "2021年和2022年" in opened["notice"]
    walk.wait("tm_deadline")
    assert walk.now == datetime.fromisoformat(DEADLINE)
    assert walk.called("close_call") == [{"call_no": "NO-1"}]
    walk.send("MSG-ALL-REVIEWED", "NO-1", cases=CASES)
    assert walk.called("draw_experts")[0]["pool"] == ["CX-1", "CX-2", "CX-3", "CX-4"]
    rows = walk.task("t_list").prefill["decisions"]
    assert [(row["case_no"], row["suggestion"], row["decision"]) for row in rows] == [
        ("CX-1", "proposed", "proposed"),
        ("CX-2", "proposed", "proposed"),
        ("CX-3", "board_choice", "not_proposed"),
        ("CX-4", "not_proposed", "not_proposed"),
    ]
    swapped = [rows[0], {**rows[1], "decision": "not_proposed"}, {**rows[2], "decision": "proposed"}, rows[3]]
    assert walk.refused("t_list", decisions=swapped) == {"decisions"}
    walk.do("t_list")
    _approve(walk)
    assert _results(walk, "MSG-DELIBERATED") == [
        {"CX-1": "proposed", "CX-2": "proposed", "CX-3": "not_proposed", "CX-4": "not_proposed"}
    ]
    walk.do("t_confirm")
    assert [(item["item_no"], item["case_no"]) for item in walk.instance.variables["items"]] == [
        (1, "CX-1"),
        (2, "CX-2"),
    ]
    assert [call["letter"] for call in walk.called("render_letter")] == [
        "TPL-01",
        "TPL-38",
        "TPL-07",
        "TPL-09",
    ]
    assert [row["org_name"] for row in walk.called("render_letter")[-1]["data"]["undertakers"]] == [
        "第1银行",
        "第2银行",
    ]
    results = _results(walk, "MSG-PUBLICITY-RESULT")[0]
    assert (results["CX-1"], results["CX-2"]) == ("confirmed", "confirmed")
    assert (walk.instance.outcome, walk.instance.case_state) == ("done", "completed")
    return walk


def _returned_and_corrected() -> Walk:
    """The verification finds something, the board sends back once, the list goes back once."""
    walk = _start(verified=[False, True, True])
    walk.do("t_draft", deadline=DEADLINE)
    assert walk.open == {"t_draft"}
    walk.do("t_draft")
    assert walk.refused("t_appr", outcome="return") == {"opinion"}
    walk.do("t_appr", outcome="return", opinion="缩短截止时间")
    assert walk.task("t_draft").prefill["deadline"] == DEADLINE
    walk.do("t_draft", deadline="2026-04-01T23:59:59+08:00")
    walk.do("t_appr", outcome="agree")
    walk.wait("tm_deadline")
    walk.send("MSG-ALL-REVIEWED", "NO-1", cases=CASES)
    walk.do("t_list")
    assert "opinion" in walk.refused("t_board", outcome="return", **MEETING)
    assert walk.refused("t_board", outcome="return", opinion="补充理由") == {"meeting_no", "meeting_date"}
    walk.do("t_board", outcome="return", opinion="补充理由", **MEETING)
    assert walk.called("render_letter")[-1]["data"]["outcome"] == "return"
    assert walk.task("t_list").prefill["decisions"][0]["decision"] == "proposed"
    return walk


def _changed_by_an_objection() -> Walk:
    walk = _listed(CHANGED)
    walk.do("t_list")
    _approve(walk)
    walk.do("t_confirm")
    results = _results(walk, "MSG-PUBLICITY-RESULT")[0]
    assert (results["CX-1"], results["CX-2"]) == ("confirmed", "upheld")
    assert walk.instance.outcome == "done"
    return walk


def _terminated_and_listed_again() -> Walk:
    """Cases that heard the first result are not told twice."""
    walk = _listed(TERMINATED)
    walk.do("t_list")
    _approve(walk)
    assert walk.open == {"t_list"}
    walk.do("t_list")
    _approve(walk)
    assert [len(round_) for round_ in _results(walk, "MSG-DELIBERATED")] == [4, 0]
    return walk


def _urged() -> Walk:
    walk = _start()
    _publish(walk)
    walk.wait("b_rev")
    assert walk.now == datetime.fromisoformat("2026-06-02T23:59:59+08:00")
    assert walk.called("notify")[0]["to"] == ["group:division", "group:board"]
    walk.send("MSG-ALL-REVIEWED", "NO-1", cases=[])
    assert walk.task("t_list").prefill["decisions"] == []
    return walk


def _cancelled() -> Walk:
    walk = _start()
    _publish(walk)
    walk.send("MSG-CALL-CANCELLED", "NO-1", reason="政策调整")
    assert walk.called("cancel_call") == [{"call_no": "NO-1", "reason": "政策调整"}]
    told = walk.called("send_messages")[0]
    assert (told["message"], [item["key"] for item in told["items"]]) == (
        "MSG-CALL-CANCELLED",
        ["CX-1", "CX-2"],
    )
    assert walk.instance.outcome == "cancelled"
    return walk


STORIES = [
    _done,
    _returned_and_corrected,
    _changed_by_an_objection,
    _terminated_and_listed_again,
    _urged,
    _cancelled,
]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("call_management", [story() for story in STORIES]) == set()


def test_the_board_may_choose_with_a_reason() -> None:
    walk = _listed()
    rows = walk.task("t_list").prefill["decisions"]
    swapped = [
        rows[0],
        {**rows[1], "decision": "not_proposed", "reason": "产品不成熟"},
        {**rows[2], "decision": "proposed", "reason": "首贷目标突出"},
        rows[3],
    ]
    walk.do("t_list", decisions=swapped)
    _approve(walk)
    assert _results(walk, "MSG-DELIBERATED")[0]["CX-3"] == "proposed"


def test_every_case_is_voted_on_by_those_who_may() -> None:
    walk = _listed()
    walk.do("t_list")
    terms = read_terms(walk.task("t_board").ballot)
    assert [(motion.key, motion.facts["proposal"], motion.title_en) for motion in terms.motions[1:3]] == [
        ("CX-2", "拟入选", "第2银行: select"),
        ("CX-3", "不入选", "第3银行: do not select"),
    ]
    assert terms.is_sealed
    given = {"outcome": "approve", **MEETING}
    assert walk.refused("t_board", {"甲": "for"}, **given) == {"outcome"}, "silence is no consent"
    against = dict.fromkeys("乙丙丁", "against")
    assert walk.refused("t_board", {"甲": "for", "戊": "for", **against}, **given) == {"outcome"}
    voices = {
        "甲": "for",
        "乙": {"CX-1": "against"},
        "丙": {"CX-2": "recused"},
        "丁": {"CX-1": "abstain"},
        "戊": "for",
    }
    walk.do("t_board", voices, **given)
    minutes = next(call["data"] for call in walk.called("render_letter") if call["letter"] == "TPL-38")
    assert [
        (v["agree"], v["against"], v["abstain"], v["aside"], v["more_aside"]) for v in minutes["votes"][:2]
    ] == [
        (3, ["乙"], ["丁"], None, []),
        (3, [], [], "甲", ["丙"]),
    ]
    assert (
        minutes["votes"][0]["reason"]
        == "甲：甲的理由；乙：乙的理由；丙：丙的理由；丁：丁的理由；戊：戊的理由"
    )
    assert (minutes["seed"], minutes["quorum"], minutes["majority"]) == ("s", 50, 50)


@pytest.mark.parametrize(
    ("quorum", "majority", "absent", "passed"),
    [
        (50, 50, "戊", True),
        (50, 50, "丁戊", False),
        (50, 50, "丙丁戊", False),
        (80, 50, "戊", False),
        (50, 74.99, "丁", True),
        (50, 75, "丁", False),
    ],
)
def test_quorum_and_majority_are_parameters(
    quorum: float, majority: float, absent: str, passed: bool
) -> None:
    """Of five, one stands aside in the second case: three of four are 75 %, which 75 does not mean."""
    walk = _start()
    _publish(walk, board_quorum=quorum, board_majority=majority)
    walk.send("MSG-ALL-REVIEWED", "NO-1", cases=CASES[:2])
    walk.do("t_list")
    voices = {name: "for" for name in "甲乙丙丁戊" if name not in absent}
    given = {"outcome": "approve", **MEETING}
    if passed:
        walk.do("t_board", voices, **given)
        assert walk.called("render_letter")[-1]["letter"] == "TPL-07"
    else:
        assert walk.refused("t_board", voices, **given) == {"outcome"}


def test_more_than_the_quota_needs_a_note() -> None:
    walk = _start()
    _publish(walk, quota=1, quota_soft=0)
    walk.send("MSG-ALL-REVIEWED", "NO-1", cases=CASES)
    rows = walk.task("t_list").prefill["decisions"]
    more = [rows[0], *({**row, "decision": "proposed", "reason": "均属优秀"} for row in rows[1:])]
    assert walk.refused("t_list", decisions=more) == {"note"}
    walk.do("t_list", decisions=more, note="“10家左右”，均达到要求。")


def test_publicity_runs_with_the_parameters_of_the_call() -> None:
    """The draft's five days become seven, and the publicity sees seven."""
    given = {
        "publicity": 'publicity_no = "GS-" + string(params.publicity_days) -> clear',
        "archive": ARCHIVED,
    }
    stubs = _start().stubs
    walk = Walk("call_management", {}, {**stubs, "verify_release": {"ok": True}}, replaced=given)
    _publish(walk, publicity_days=7)
    walk.send("MSG-ALL-REVIEWED", "NO-1", cases=CASES)
    walk.do("t_list")
    _approve(walk)
    assert walk.instance.variables["publicity"]["publicity_no"] == "GS-7"


def test_four_eyes() -> None:
    approve = definition("call_management").element("call_management", "t_appr")
    assert approve is not None
    assert approve.not_actor_of == ("t_draft",)
