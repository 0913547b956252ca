"""Main processes led back to earlier steps, as their diagrams allow."""

from __future__ import annotations

from app.engine.instance import Instance
from app.engine.returning import return_to, returns_of
from tests.bpmn.test_credit_record import GIVEN, STUBS
from tests.bpmn.walk import Walk


def _return(walk: Walk, element_id: str, *, straight: bool) -> None:
    """Return the open task to its first possible step, stored and loaded again."""
    (plan,) = returns_of(walk.instance, walk.task(element_id).id)
    assert plan.possible
    return_to(walk.instance, plan.number, walk.env, straight=straight)
    walk.instance = Instance.load(walk.definition, walk.instance.dump())


def test_a_credit_record_is_returned_and_comes_straight_back() -> None:
    for straight in (True, False):
        walk = Walk("credit_record", GIVEN, STUBS)
        walk.do("t_draft", degree="serious")
        _return(walk, "t_ok", straight=straight)
        assert walk.task("t_draft").prefill["degree"] == "serious"
        walk.do("t_draft", degree="minor", period_months=36)
        walk.do("t_ok", outcome="agree", opinion="同意")
        assert walk.called("register_credit_entry")[0]["degree"] == "minor"
        walk.send("MSG-CREDIT-ACK", "XY-1", receipt="R-1")


def test_what_was_registered_cannot_be_returned_over() -> None:
    walk = Walk("credit_record", {**GIVEN, "scheme": "district_policy"}, STUBS)
    walk.do("t_draft", degree="minor", period_months=12)
    walk.do("t_ok", outcome="agree", opinion="同意")
    walk.wait("tm_ack")
    plans = returns_of(walk.instance, walk.task("t_man").id)
    assert {plan.target.element_id for plan in plans} == {"t_draft", "t_ok"}
    for plan in plans:
        assert not plan.possible
        assert {reason.element_id for reason in plan.reasons} >= {"sv_reg"}
