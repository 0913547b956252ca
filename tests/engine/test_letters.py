"""Letters as the engine knows them: who makes which, sample data, and what the typesetter says about them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.engine.bundle import Bundle
from app.engine.feel import Scope
from app.engine.letter_mistakes import in_chinese, read_diagnostic
from app.engine.letter_uses import LetterUse, Samples, letter_uses
from app.engine.reading import Reading
from tests.factories import form_json

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zr="https://zhirong.example.invalid/schema/1.0" targetNamespace="t">
<process id="notice" name="告知" isExecutable="true">
 <startEvent id="s"/><sequenceFlow id="a" sourceRef="s" targetRef="t_ask"/>
 <userTask id="t_ask" name="拟稿" zr:formKey="notice/ask" zr:resultVariable="ask"/>
 <sequenceFlow id="b" sourceRef="t_ask" targetRef="sv"/>
 <serviceTask id="sv" name="制作告知书" zr:nameEn="Make it" zr:delegate="render_letter">
  <extensionElements>
   <zr:parameter name="letter" value="TPL-1"/>
   <zr:parameter name="data" value="= {title: &quot;告知书，甲&quot;, to: org.name, rows: ask.rows, text: ask.text, choice: ask.choice, amount: claim.principal, due_at: other.due_at, nothing: ask.unknown}"/>
  </extensionElements>
 </serviceTask>
 <sequenceFlow id="c" sourceRef="sv" targetRef="sv2"/>
 <serviceTask id="sv2" name="制作另一份" zr:delegate="render_letter">
  <extensionElements><zr:parameter name="letter" value="= which"/><zr:parameter name="data" value="= {}"/></extensionElements>
 </serviceTask>
 <sequenceFlow id="d" sourceRef="sv2" targetRef="e"/><endEvent id="e"/>
</process></definitions>"""
FORM = form_json(
    {"type": "textfield", "id": "f_text", "key": "text", "label": "内容"},
    {"type": "select", "id": "f_choice", "key": "choice", "label": "选择",
     "values": [{"value": "b", "label": "乙"}, {"value": "c", "label": "丙"}]},
    {"type": "dynamiclist", "id": "l_rows", "path": "rows", "label": "清单",
     "components": [{"type": "number", "id": "f_n", "key": "n", "label": "数量", "validate": {"min": 3}}]},
)  # fmt: skip


@pytest.fixture(scope="module")
def reading() -> Reading:
    found = Reading(Bundle({"notice": PROCESS.encode()}, {}, {"notice/ask": FORM}))
    found.read_process("notice")
    assert found.processes
    return found


@pytest.fixture(scope="module")
def use(reading: Reading) -> LetterUse:
    (found,) = letter_uses(reading)  # the other names its letter while it runs
    return found


def test_a_step_tells_its_letter_and_what_it_gives(use: LetterUse) -> None:
    assert (use.letter, use.process_id, use.element_id, use.name_en) == ("TPL-1", "notice", "sv", "Make it")
    assert dict(use.entries) == {
        "title": '"告知书，甲"', "to": "org.name", "rows": "ask.rows", "text": "ask.text", "choice": "ask.choice",
        "amount": "claim.principal", "due_at": "other.due_at", "nothing": "ask.unknown",
    }  # fmt: skip


def test_samples_come_from_forms_and_names(reading: Reading, use: LetterUse) -> None:
    found = Samples(reading, {}, Scope(), NOW).of(use)
    assert found["title"] == "告知书，甲"
    assert found["to"] == "样例单位"
    assert found["rows"] == [{"n": 3}]
    assert found["text"] == "内容（样例）"
    assert found["choice"] == "b"
    assert isinstance(found["amount"], float)
    assert str(found["due_at"]).startswith("2026-04-01T")  # a time limit lies ahead
    assert None not in found.values()


SHARED = """warning: unknown font family: nope
  ┌─ ../x/letter.typ:1:11
  │
1 │ #text(font:"nope")[a]

error: invalid float: 样例
   ┌─ ../x/_common.typ:47:82
   │

help: while calling `number`
   ┌─ ../x/_common.typ:49:15

help: while calling `money`
  ┌─ ../x/letter.typ:8:41
"""


def test_a_mistake_in_a_shared_file_is_placed_where_the_letter_calls_it() -> None:
    error, warning = read_diagnostic(SHARED, "letter.typ")
    assert (error.severity, error.line, error.column) == ("error", 8, 42)
    assert error.message_zh == "“样例”不是数字（在 _common.typ 第 47 行）"
    assert (warning.severity, warning.line, warning.column) == ("warning", 1, 12)
    assert warning.message_en == "unknown font family: nope"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("unknown variable: y", "没有名为 y 的变量或函数"),
        ("expected comma, found string", "此处应为 comma，实际为 string"),
        ("array index out of bounds (index: 3, len: 1) and no default value was specified", "数组只有 1 项，取不到第 3 项（从 0 起）"),
        ("something that nobody knows", "排版程序报告：something that nobody knows"),
    ],
)  # fmt: skip
def test_what_the_typesetter_says_is_told_in_chinese(said: str, told: str) -> None:
    assert in_chinese(said) == told
