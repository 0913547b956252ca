"""R03 credit check: four sources, by hand what has no answer, one verdict."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bpmn.walk import FILE, Stub, Walk, missed

GIVEN = {"case_no": "CX-1", "uscc": "91310000MA1FL0000N", "org_name": "甲银行"}
AT = "2026-03-02T10:00:00+08:00"


def _start(own: str = "clear", **status: str | None) -> Walk:
    stubs: dict[str, Stub] = {
        "query_credit_source": lambda given: {
            "source": given["source"],
            "status": status.get(given["source"], "clear"),
            "note": "无记录",
            "queried_at": AT,
        },
        "query_own_records": {"source": "own_records", "status": own, "note": "", "queried_at": AT},
    }
    walk = Walk("credit_check", GIVEN, stubs)
    asked = {
        (given["source"], given["uscc"], given["valid_days"]) for given in walk.called("query_credit_source")
    }
    assert asked == {(source, GIVEN["uscc"], 30) for source in ("gsxt", "credit_china", "ip_pledge")}
    return walk


def _ended(walk: Walk, outcome: str) -> Walk:
    assert walk.instance.outcome == outcome
    assert walk.instance.variables["verdict"]["verdict"] == outcome
    sheet = walk.called("render_letter")[0]
    assert (sheet["letter"], sheet["data"]["verdict"], sheet["data"]["valid_days"]) == ("TPL-17", outcome, 30)
    assert [found["source"] for found in sheet["data"]["sources"]] == [
        "gsxt",
        "credit_china",
        "ip_pledge",
        "own_records",
    ]
    return walk


def _clear() -> Walk:
    return _ended(_start(), "clear")


def _banned() -> Walk:
    walk = _ended(_start(own="own_ban"), "hit")
    assert walk.instance.variables["verdict"]["veto"] is False
    return walk


def _penalty() -> Walk:
    return _ended(_start(gsxt="penalty_3y"), "undecided")


def _by_hand() -> Walk:
    """Two sources gave nothing: only these are asked for, and what the clerk finds counts."""
    walk = _start(gsxt="missing", ip_pledge=None)
    assert walk.refused("t_manual") == {
        f"{source}_{field}"
        for source in ("gsxt", "ip_pledge")
        for field in ("finding", "looked_up_at", "screenshot")
    }
    answers = {
        f"{source}_{field}": value
        for source, finding in (("gsxt", "court_dishonest"), ("ip_pledge", "clear"))
        for field, value in (
            ("finding", finding),
            ("looked_up_at", "2026-03-02T09:30"),
            ("screenshot", [FILE["id"]]),
        )
    }
    walk.do("t_manual", **answers)
    sources = {found["source"]: found for found in walk.instance.variables["sources"]}
    assert (sources["gsxt"]["manual"], sources["gsxt"]["status"]) == (True, "court_dishonest")
    assert (sources["credit_china"]["manual"], sources["ip_pledge"]["verdict"]) == (False, "未见失信记录")
    assert walk.instance.variables["verdict"]["veto"] is True
    return _ended(walk, "hit")


STORIES = [_clear, _banned, _penalty, _by_hand]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("credit_check", [story() for story in STORIES]) == set()
