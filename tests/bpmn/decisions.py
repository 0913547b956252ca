"""Decisions of the project, evaluated by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from app.engine.dmn import DecisionModel, parse_decisions
from app.engine.feel import Scope, to_json
from tests.bpmn.walk import bundle

SCOPE = Scope(now=datetime.fromisoformat("2026-03-02T10:00:00+08:00"))
LIMITS = {
    "bank_count": 20,
    "bank_amount": 1_000_000_000,
    "insurer_count": 400,
    "guarantor_count": 20,
    "window": [2021, 2022],
    "mode": "sum",
}
KINDS = {
    "bank": ["patent_pledge_loan", "trademark_pledge_loan"],
    "insurer": ["ip_insurance"],
    "guarantor": ["ip_credit_guarantee"],
}


@cache
def model(decision_id: str) -> DecisionModel:
    return parse_decisions(bundle().decisions[decision_id])


def decide(decision_id: str, inputs: Mapping[str, Any]) -> Any:
    """The decision's value; a table without a row, or with several, must fail."""
    result = model(decision_id).evaluate(decision_id, inputs, SCOPE)
    assert not result.errors
    return to_json(result.value)
