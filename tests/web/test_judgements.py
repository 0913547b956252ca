"""Decisions in words, in the language of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.engine.dmn import DecisionModel, parse_decisions
from app.factory import Application
from app.web.judgements import Judgement, judge
from tests.bpmn.walk import ROOT

TRACE = {
    "inputs": [{"label": "机构类型", "expression": "org_type", "value": "bank"}],
    "rows": [{"index": 3, "annotations": {"clause": "S2-1.3", "reason": "两项均未达标", "reason_en": "Neither reached"}}],
    "outputs": {"result": "fail", "reason": "累计 18 笔。", "reason_en": "18 loans.", "clause": "S2-1.3"},
}  # fmt: skip
OLD = {
    "inputs": TRACE["inputs"],
    "rows": [{"index": 3, "annotations": {"reason": "两项均未达标"}}],
    "outputs": {"result": "fail", "reason": "累计 18 笔。"},
}


@pytest.fixture
def model() -> DecisionModel:
    return parse_decisions((ROOT / "bpmn" / "track_record.dmn").read_bytes())


@pytest.fixture(params=["/", "/?lang=en"], ids=["zh", "en"])
def is_english(application: Application, request: pytest.FixtureRequest) -> Iterator[bool]:
    with application.test_request_context(request.param):
        application.preprocess_request()
        yield "en" in request.param


def shown(trace: dict[str, object], model: DecisionModel | None = None) -> Judgement:
    return judge("track_record", "业绩条件", trace, model)


def test_what_the_author_says_in_both_languages_is_said_in_the_readers(
    is_english: bool, model: DecisionModel
) -> None:
    found = shown(TRACE, model)
    said = (found.name, found.sentences, found.hits[0].reason, found.inputs[0][0], found.sentence)
    assert said == (
        ("Track-record decision D02", ("18 loans.",), "Neither reached", "Type of institution", "Not met; 18 loans")
        if is_english
        else ("业绩条件", ("累计 18 笔。",), "两项均未达标", "机构类型", "不符合；累计 18 笔")
    )  # fmt: skip
    assert not found.others


def test_decisions_of_older_versions_stay_in_chinese_and_are_marked_so(is_english: bool) -> None:
    found = shown(OLD)
    texts = [found.name, *found.sentences, found.hits[0].reason, found.inputs[0][0]]
    chinese = ["业绩条件", "累计 18 笔。", "两项均未达标", "机构类型"]
    assert texts == ([f'<span lang="zh">{text}</span>' for text in chinese] if is_english else chinese)
    assert "<b>" not in shown({"outputs": {"reason": "<b>累计</b>"}}).sentence


def test_reasons_row_by_row_and_in_lists(is_english: bool) -> None:
    row = {"name": "2026", "met": "no", "reason": "差 2 笔", "reason_en": "short by 2"}
    outputs = {"results": [row], "reasons": ["差 2 笔"], "reasons_en": ["short by 2"]}
    found = shown({"outputs": outputs})
    assert found.sentences == (("short by 2",) if is_english else ("差 2 笔",))
    assert found.rows[0][-1] == ("short by 2" if is_english else "差 2 笔")
    partly = shown({"outputs": {**outputs, "reasons_en": [None]}})
    assert partly.sentences == (('<span lang="zh">差 2 笔</span>',) if is_english else ("差 2 笔",))
