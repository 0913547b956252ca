"""P23 a version of the policies: submitted, checked, back-tested, approved by somebody else, in force until it ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.bpmn.walk import Refusal, Stub, Walk, missed

GIVEN = {"release": {"draft_id": 3, "title": "放宽门槛", "note": "门槛由 20 笔改为 15 笔"}}
FROZEN = {**GIVEN["release"], "digest": "ab" * 32, "changes": 1, "clauses": 43}
EFFECTIVE = "2026-04-01T00:00:00+08:00"
AGREED = {
    "outcome": "agree",
    "when": "at",
    "effective_at": EFFECTIVE,
    "expires_on": "2027-03-31",
    "note": "同意",
}


def _start(*verdicts: bool, switch: Stub = None) -> Walk:
    left = list(verdicts or [True])
    stubs: dict[str, Stub] = {
        "freeze_draft": lambda given: {**FROZEN, "note": given["note"]},
        "check_draft": lambda _: {"ok": left.pop(0), "errors": 1, "warnings": 0, "findings": ["重叠"], "findings_en": []},
        "reopen_draft": None,
        "plan_release": lambda given: {"deployment_id": 7, "effective_at": given["effective_at"] or "2026-03-02T10:00:00+08:00"},
        "switch_version": switch or {"activated_at": EFFECTIVE},
    }  # fmt: skip
    return Walk("policy_lifecycle", GIVEN, stubs)


def _approved(switch: Stub = None, **changes: Any) -> Walk:
    walk = _start(switch=switch)
    assert walk.refused("t_sim") == {"note"}
    walk.do("t_sim", note="回测 3 件，结论不变")
    walk.do("t_ok", **{**AGREED, **changes})
    return walk


def _expired() -> Walk:
    walk = _approved()
    (planned,) = walk.called("plan_release")
    assert (planned["draft_id"], planned["digest"], planned["when"]) == (3, "ab" * 32, "at")
    assert walk.instance.case_state == "release_waiting"
    walk.wait("tm_eff")
    assert walk.called("switch_version") == [{"deployment_id": 7}]
    assert walk.instance.case_state == "release_in_force"
    walk.wait("tm_exp")
    assert walk.now == datetime.fromisoformat("2027-03-31T23:59:59+08:00")
    assert walk.called("notify")[0]["to"] == ["group:process_designer", "group:process_approver"]
    assert walk.instance.outcome == "expired"
    return walk


def _superseded() -> Walk:
    walk = _approved(when="now", effective_at=None)
    assert walk.called("plan_release")[0]["effective_at"] is None
    walk.wait("tm_eff")
    walk.send("MSG-RELEASE-SUPERSEDED", "7", by=8)
    assert walk.instance.outcome == "superseded"
    return walk


def _withdrawn() -> Walk:
    walk = _approved()
    walk.send("MSG-RELEASE-WITHDRAWN", "7", by="设计人")
    assert (walk.instance.outcome, walk.called("switch_version")) == ("withdrawn", [])
    return walk


def _withdrawn_at_the_last_moment() -> Walk:
    def refuse(_given: Any) -> Any:
        raise Refusal("RELEASE_WITHDRAWN")

    walk = _approved(refuse)
    walk.wait("tm_eff")
    assert walk.instance.outcome == "withdrawn"
    return walk


def _returned_and_given_up() -> Walk:
    walk = _start(False, True)
    assert walk.open == {"t_map"}
    assert len(walk.called("reopen_draft")) == 1
    walk.do("t_map", outcome="submit", note="已补上条款")
    assert walk.called("freeze_draft")[1]["note"] == "已补上条款"
    walk.do("t_sim", note="不影响历史案件")
    assert walk.refused("t_ok", outcome="return") == {"note"}
    walk.do("t_ok", outcome="return", note="门槛过低")
    walk.do("t_map", outcome="give_up", note="另行起草")
    assert (walk.instance.outcome, walk.called("plan_release")) == ("given_up", [])
    return walk


STORIES = [_expired, _superseded, _withdrawn, _withdrawn_at_the_last_moment, _returned_and_given_up]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(story: Any) -> None:
    story()


def test_every_element_is_walked() -> None:
    assert missed("policy_lifecycle", [story() for story in STORIES]) == set()


def test_the_approver_is_offered_tomorrow_and_five_years() -> None:
    walk = _start()
    walk.do("t_sim", note="无影响")
    prefill = walk.task("t_ok").prefill
    assert (str(prefill["effective_at"])[:16], prefill["expires_on"]) == ("2026-03-03T00:00", "2031-03-02")
    late = {**AGREED, "effective_at": "2026-03-01T00:00:00+08:00", "expires_on": "2026-03-02"}
    assert walk.refused("t_ok", **late) == {"effective_at", "expires_on"}
