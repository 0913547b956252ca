"""The changed decisions of a draft, taken again on the facts of past cases."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.models.back_tests import BackTest
from app.models.history import DecisionRecord
from app.services import operations as _operations  # noqa: F401  registers the delegates
from app.services.errors import Invalid, NotPermitted
from app.services.studio import back_test, drafts
from tests.factories import BPMN, LEAVE_FILES, ZR, World, form_json, make_leave_world
from tests.worlds import NewWorld

DMN = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="x">
<inputData id="i_days" name="days"/>
<decision id="allowance" name="补贴"><informationRequirement id="r"><requiredInput href="#i_days"/></informationRequirement>
<decisionTable id="t" hitPolicy="UNIQUE">
<input id="c"><inputExpression id="e" typeRef="number"><text>days</text></inputExpression></input>
<output id="o1" name="result" typeRef="string"/><output id="o2" name="amount" typeRef="number"/>
<rule id="r1"><inputEntry id="a"><text>&gt;= 20</text></inputEntry><outputEntry id="b"><text>"pay"</text></outputEntry><outputEntry id="b2"><text>days * 10</text></outputEntry></rule>
<rule id="r2"><inputEntry id="f"><text>&lt; 20</text></inputEntry><outputEntry id="g"><text>"none"</text></outputEntry><outputEntry id="g2"><text>0</text></outputEntry></rule>
</decisionTable></decision></definitions>"""
PROCESS = f"""<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" id="d" targetNamespace="x">
<bpmn:process id="grant" name="补贴" isExecutable="true" zr:numberPrefix="BT" zr:startableBy="group:staff">
<bpmn:startEvent id="s" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
<bpmn:userTask id="t_days" name="填写" zr:formKey="grant/days" zr:resultVariable="asked" zr:candidates="group:division"><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
<bpmn:businessRuleTask id="r_allow" name="判定" zr:decisionRef="allowance" zr:resultVariable="allowed"><bpmn:extensionElements><zr:parameter name="days" value="= asked.days"/></bpmn:extensionElements><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:businessRuleTask>
<bpmn:endEvent id="e" name="结束"><bpmn:incoming>f3</bpmn:incoming></bpmn:endEvent>
<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t_days"/><bpmn:sequenceFlow id="f2" sourceRef="t_days" targetRef="r_allow"/><bpmn:sequenceFlow id="f3" sourceRef="r_allow" targetRef="e"/>
</bpmn:process></bpmn:definitions>"""
FORM = form_json(
    {"type": "number", "id": "f", "key": "days", "label": "天数", "validate": {"required": True}}
)
FILES = {
    **LEAVE_FILES,
    "bpmn/grant.bpmn": PROCESS.encode(),
    "bpmn/allowance.dmn": DMN.encode(),
    "forms/grant/days.json": FORM,
}
PATH = "bpmn/allowance.dmn"


def make_decided(url: str, folder: Path) -> World:
    """Ten cases with 11 to 20 days, of which one was paid."""
    made = make_leave_world(url, folder)
    made.add_person("jia", "process_designer")
    made.deploy(FILES)
    for days in range(11, 21):
        number = made.start("grant", "wang")
        made.complete("wang", made.open_tasks(number)["t_days"], uuid4().hex, days=days)
    return made


@pytest.fixture
def decided(new_world: NewWorld) -> World:
    return new_world(make_decided)


def change(world: World, old: str, new: str) -> int:
    with world.acting("jia") as context:
        draft = drafts.take_draft(context, None, "放宽门槛")
        drafts.write_file(context, draft, PATH, DMN.replace(old, new).encode(), 0)
        return draft.id


def run(world: World, draft_id: int) -> tuple[BackTest, back_test.Summary]:
    with world.acting("jia") as context:
        back_test.start(context, drafts.find_draft(context, draft_id))
    world.drain()
    with world.looking() as context:
        test = back_test.newest(context, drafts.find_draft(context, draft_id))
        assert test is not None
        return test, back_test.summarise(context, test)


def test_a_lower_limit_turns_the_cases_between(decided: World) -> None:
    draft_id = change(decided, "20", "15")
    test, summary = run(decided, draft_id)
    assert (test.state, test.done, test.total, summary.turned, summary.failed) == ("done", 10, 10, 5, 0)
    assert summary.by_outcome == {("allowance", "none", "pay"): 5}
    assert summary.sums == {("allowance", "amount"): (Decimal(0), Decimal(850))}
    with decided.looking() as context:
        lines = back_test.lines_of(context, test)
        assert [line.before["rows"] + line.after["rows"] for line in lines] == [[2, 1]] * 5
        assert back_test.is_current(context, drafts.find_draft(context, draft_id), test)


def test_the_same_test_has_the_same_hash_and_another_change_is_noticed(decided: World) -> None:
    draft_id = change(decided, "20", "15")
    first, second = run(decided, draft_id)[0], run(decided, draft_id)[0]
    assert first.sha256 == second.sha256 != ""
    with decided.acting("jia") as context:
        draft = drafts.find_draft(context, draft_id)
        drafts.write_file(context, draft, PATH, DMN.replace("20", "16").encode(), 1)
        assert not back_test.is_current(context, draft, second)


def test_cases_come_in_portions(decided: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(back_test, "PORTION", 3)
    test, summary = run(decided, change(decided, "20", "15"))
    assert (test.done, summary.turned) == (10, 5)


def test_what_cannot_be_taken_again_is_told(decided: World) -> None:
    with decided.database.writing() as session:
        session.execute(
            update(DecisionRecord)
            .where(DecisionRecord.id == select(DecisionRecord.id).limit(1).scalar_subquery())
            .values(trace={"outputs": None, "rows": []})
        )
    _, summary = run(decided, change(decided, "20", "15"))
    assert (summary.turned, summary.failed) == (5, 1)


def test_only_designers_test_and_only_changed_decisions(decided: World) -> None:
    with decided.acting("jia") as context:
        draft = drafts.take_draft(context, None, "没有改动")
        with pytest.raises(Invalid):
            back_test.start(context, draft)
        draft_id = draft.id
    with decided.acting("wang") as context:
        draft = drafts.find_draft(context, draft_id)
        with pytest.raises(NotPermitted):
            back_test.start(context, draft)


BY_LIMIT = (
    DMN.replace("&gt;= 20", "&gt;= limits.least")
    .replace("&lt; 20", "&lt; limits.least")
    .replace(
        '<inputData id="i_days" name="days"/>',
        '<inputData id="i_days" name="days"/><inputData id="i_limits" name="limits"/>',
    )
    .replace(
        "</informationRequirement>",
        '</informationRequirement><informationRequirement id="r_l"><requiredInput href="#i_limits"/></informationRequirement>',
    )
)
HANDS_OVER = PROCESS.replace(
    '<zr:parameter name="days"',
    '<zr:parameter name="limits" value="= params.leave"/><zr:parameter name="days"',
)


def _policy(least: int) -> bytes:
    spec = {
        "key": "leave",
        "zh": "门槛",
        "en": "Limits",
        "type": "object",
        "default": {"least": least, "most": 30},
    }
    return json.dumps({"id": "grants", "zh": "补贴", "en": "Grants", "parameters": [spec]}).encode()


def test_a_changed_parameter_is_put_into_the_facts(decided: World) -> None:
    """Where a step hands it over; what a case was given instead of the policy's default stays."""
    decided.deploy({**FILES, PATH: BY_LIMIT.encode(), "bpmn/grant.bpmn": HANDS_OVER.encode(),
                    "policies/grants.json": _policy(20)})  # fmt: skip
    numbers = {}
    for days in (14, 17, 22):
        numbers[days] = decided.start("grant", "wang")
        decided.complete("wang", decided.open_tasks(numbers[days])["t_days"], uuid4().hex, days=days)
    own = {"days": 17, "limits": {"least": 18, "most": 30}}
    with decided.database.writing() as session:
        query = select(DecisionRecord).where(DecisionRecord.subject == numbers[22])
        record = session.scalars(query).one()
        record.trace = {**record.trace, "facts": own, "outputs": {"result": "none", "amount": 0}}
    with decided.acting("jia") as context:
        draft = drafts.take_draft(context, None, "放宽门槛")
        drafts.write_file(context, draft, "policies/grants.json", _policy(15), 0)
        draft_id = draft.id
    test, _ = run(decided, draft_id)
    with decided.looking() as context:
        lines = back_test.lines_of(context, test)
        turned = [line.record.subject for line in lines if not line.error]
        assert turned == [numbers[17]]
        assert {line.error for line in lines if line.error} == {
            "记录中没有新规则所需的事实：limits"
        }  # of the old table
        draft = drafts.find_draft(context, draft_id)
        assert back_test.is_current(context, draft, test)


def test_other_words_are_no_other_outcome(decided: World) -> None:
    with decided.database.writing() as session:
        record = session.scalars(select(DecisionRecord).order_by(DecisionRecord.id).limit(1)).one()
        record.trace = {**record.trace, "outputs": {"result": "none", "amount": 0, "reason": "少于二十天"}}
    test, summary = run(decided, change(decided, "20", "15"))
    assert (summary.turned, summary.reworded) == (5, 1)
    with decided.looking() as context:
        (line,) = back_test.lines_of(context, test, reworded=True)
        told = list(back_test.differences(line.before["value"], line.after["value"]))
        assert told == [("reason", "少于二十天", None)]
        assert len(back_test.lines_of(context, test)) == 5
