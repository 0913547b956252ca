"""What changed between two bundles, in sentences; what only moved is told apart; nothing is overlooked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.engine.comparison import FileComparison, compare_bundles
from app.engine.comparison.values import say
from app.engine.layout import layout
from tests.bpmn.walk import bundle
from tests.factories import ASK, LEAVE

NAMES = {
    "group:division": ("业务处室", "Division"),
    "group:clerk": ("受理岗", "Acceptance"),
    "params.limit": ("受理时限", "acceptance limit"),
    "leave/check": ("审批表", "Approval"),
}
TABLE = bundle().decisions["grade"].decode()


def compared(path: str, before: bytes, after: bytes) -> FileComparison:
    (found,) = compare_bundles({path: before}, {path: after}, NAMES)
    return found


def told(old: str, new: str) -> list[str]:
    """The Chinese sentences for one replacement in the short process."""
    assert old in LEAVE
    found = compared("bpmn/leave.bpmn", LEAVE.encode(), LEAVE.replace(old, new).encode())
    assert all(change.en.isascii() or "“" in change.en for change in found.changes)
    return [change.zh for change in found.changes]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("= wd(3)", "= wd(7)", "“审批”的办理时限由 3 个工作日改为 7 个工作日"),
        ("= wd(3)", "= wd(params.limit)", "“审批”的办理时限由 3 个工作日改为参数“受理时限”规定的工作日数"),
        (">wd(5)<", '>duration("P30D")<', "“逾期”的期限由 5 个工作日改为 30 天"),
        ('name="审批"', 'name="复核"', "“审批”的名称由“审批”改为“复核”"),
        ('separateFrom="draft"', 'separateFrom="draft score"', "“审批”的职责分离由“draft”改为“draft score”"),
        (' zr:duty="draft"', "", "“填写”取消职责：“draft”"),
        ("group:division", "group:clerk", "“处室”的办理人由业务处室改为受理岗"),
        ('zr:numberPrefix="QJ"', 'zr:numberPrefix="JQ"', "“请假”的编号前缀由“QJ”改为“JQ”"),
        ('check.agree = "yes"', 'check.agree != "no"',
         "“同意吗”到“同意”的连线的条件由“check.agree = \"yes\"”改为“check.agree != \"no\"”"),
        ('default="f5"', 'default="f4"',
         "“同意吗”的默认去向由“同意吗”到“不同意”的连线改为“同意吗”到“同意”的连线"),
        ('messageRef="MSG-STOP"/>', "/>", "“撤回”取消消息：“MSG-STOP”"),
        ('attachedToRef="t_check"><bpmn:outgoing>f6', 'attachedToRef="t_ask"><bpmn:outgoing>f6',
         "“逾期”的附着的环节由“审批”改为“填写”"),
        ('formKey="leave/ask"', 'formKey="leave/check"', "“填写”的表单由“leave/ask”改为审批表"),
    ],
)  # fmt: skip
def test_a_change_of_a_process_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert told(old, new) == [sentence]


def test_elements_and_flows_that_come_and_go() -> None:
    extra = '<bpmn:userTask id="t_new" name="复核" zr:nameEn="Second look"/><bpmn:sequenceFlow id="f9" sourceRef="t_check" targetRef="t_new"/></bpmn:process>'
    grown = LEAVE.replace("</bpmn:process>", extra).replace(
        "<bpmn:flowNodeRef>g<", "<bpmn:flowNodeRef>t_new</bpmn:flowNodeRef><bpmn:flowNodeRef>g<"
    )
    found = compared("bpmn/leave.bpmn", LEAVE.encode(), grown.encode())
    assert [(change.kind, change.zh) for change in found.changes] == [
        ("added", "新增人工任务“复核”（泳道“处室”）"),
        ("added", "新增“审批”到“复核”的连线"),
    ]
    gone = compared("bpmn/leave.bpmn", grown.encode(), LEAVE.encode())
    assert [change.kind for change in gone.changes] == ["removed", "removed"]
    assert gone.changes[1].en == "removed flow from “审批” to “Second look”"


def test_a_move_to_another_lane_is_told() -> None:
    lanes = LEAVE.replace(
        "</bpmn:lane></bpmn:laneSet>", '</bpmn:lane><bpmn:lane id="l2" name="领导"/></bpmn:laneSet>'
    )
    moved = lanes.replace("<bpmn:flowNodeRef>t_check</bpmn:flowNodeRef>", "").replace(
        '<bpmn:lane id="l2" name="领导"/>',
        '<bpmn:lane id="l2" name="领导"><bpmn:flowNodeRef>t_check</bpmn:flowNodeRef></bpmn:lane>',
    )
    found = compared("bpmn/leave.bpmn", lanes.encode(), moved.encode())
    assert [change.zh for change in found.changes] == ["“审批”的所在泳道由“处室”改为“领导”"]


def test_parameters_of_service_tasks_and_long_texts() -> None:
    before = bundle().processes["archive"].decode()
    after = before.replace('name="letter" value="TPL-30"', 'name="letter" value="TPL-29"').replace(
        "保管期限按材料类别取自参数", "保管期限另行规定。\n按材料类别取自参数"
    )
    found = compared("bpmn/archive.bpmn", before.encode(), after.encode()).changes
    assert [change.zh for change in found] == [
        "“编制案卷目录”的传入“letter”由“TPL-30”改为“TPL-29”",
        "“封存并设定保管期限”的说明有修改",
    ]
    assert found[1].after.startswith("保管期限另行规定。\n")


@pytest.mark.parametrize("process_id", sorted(bundle().processes))
def test_a_drawing_that_moved_is_no_change_of_content(process_id: str) -> None:
    file = bundle().processes[process_id]
    bare = file[: file.index(b"<bpmndi:BPMNDiagram")] + b"</bpmn:definitions>"
    shifted = file.replace(b' x="', b' x="1')
    found = compared("bpmn/x.bpmn", file, shifted)
    assert (found.content, len(found.layout)) == ((), 1)
    assert compared("bpmn/x.bpmn", bare, layout(bare)).changes == ()


def test_cells_of_tables_by_row_and_column() -> None:
    first = TABLE.index("<rule ")
    row = TABLE[first : TABLE.index("</rule>", first)]
    changed = row.replace("<text>true</text>", "<text>false</text>", 1).replace(
        "<text>-</text>", "<text>&gt;= 15</text>", 1
    )
    found = compared("bpmn/grade.dmn", TABLE.encode(), TABLE.replace(row, changed).encode()).changes
    assert all("第 1 行的" in change.zh for change in found)
    assert any("由 任意 改为 不少于 15" in change.zh for change in found)


def test_rows_that_come_go_and_change_places() -> None:
    end = TABLE.index("</decisionTable>")
    first, last = TABLE.index("<rule "), TABLE.rindex("<rule ")
    rule = TABLE[last:end].strip()
    more = TABLE[:end] + rule.replace('id="', 'id="new_') + TABLE[end:]
    added = compared("bpmn/grade.dmn", TABLE.encode(), more.encode()).changes
    assert [(change.kind, "新增第" in change.zh) for change in added] == [("added", True)]
    assert [change.kind for change in compared("bpmn/grade.dmn", more.encode(), TABLE.encode()).changes] == [
        "removed"
    ]
    swapped = TABLE[:first] + rule + TABLE[first:last] + TABLE[end:]
    (moved,) = compared("bpmn/grade.dmn", TABLE.encode(), swapped.encode()).changes
    assert moved.zh.endswith("的行调整了顺序")


def test_new_ids_alone_change_no_row() -> None:
    renamed = TABLE.replace('<rule id="', '<rule id="x')
    assert compared("bpmn/grade.dmn", TABLE.encode(), renamed.encode()).changes == ()


def form(change: Callable[[list[dict[str, Any]]], Any]) -> list[str]:
    schema = json.loads(ASK)
    change(schema["components"])
    return [each.zh for each in compared("forms/leave/ask.json", ASK, json.dumps(schema).encode()).changes]


def test_fields_of_forms() -> None:
    assert form(lambda fields: fields[1]["validate"].update(max=20)) == ["“天数”的最大值由 30 改为 20"]
    assert form(lambda fields: fields[0]["validate"].pop("required")) == ["“事由”取消必填：是"]
    assert form(lambda fields: fields[0].update(label="理由")) == ["“理由”的标签由“事由”改为“理由”"]
    assert form(lambda fields: fields.pop(1)) == ["删除数字“天数”"]
    assert form(lambda fields: fields.append({"type": "number", "id": "n", "label": "人数"})) == [
        "新增数字“人数”"
    ]
    assert form(lambda fields: fields.reverse()) == ["字段调整了顺序"]
    assert form(lambda fields: fields[0].update(type="textarea")) == ["“事由”的类型由“文本框”改为“多行文本”"]


def test_parameters_and_clauses_of_policies() -> None:
    old = {"id": "p", "zh": "办法", "clauses": [{"id": "C1", "zh": "期限", "text": "五日"}],
           "parameters": [{"key": "mark", "zh": "及格分", "en": "Pass mark", "default": 60, "must_set": False}]}  # fmt: skip
    new = json.loads(json.dumps(old))
    new["parameters"][0] |= {"default": 70, "must_set": True}
    new["clauses"][0]["text"] = "七日"
    new["parameters"].append({"key": "x", "zh": "额度"})
    new["zh"] = "细则"
    found = compared("policies/p.json", json.dumps(old).encode(), json.dumps(new).encode()).changes
    assert [change.zh for change in found] == [
        "参数“及格分”的默认值由 60 改为 70",
        "参数“及格分”的必须设定由否改为是",
        "新增参数“额度”",
        "条款“C1 期限”的内容由“五日”改为“七日”",
        "政策的名称由“办法”改为“细则”",
    ]
    assert found[0].en == "parameter “Pass mark”: default changed from 60 to 70"


def test_members_and_codes_of_a_parameter_are_told_by_their_names() -> None:
    names = {"bank": {"zh": "银行笔数", "en": "Deals of a bank"}, "sum": {"zh": "累计", "en": "in all"},
             "each": {"zh": "逐年", "en": "by year"}}  # fmt: skip
    spec = {
        "key": "limits",
        "zh": "门槛",
        "en": "Limits",
        "names": names,
        "default": {"bank": 20, "mode": "sum"},
    }
    old, new = ({"id": "p", "parameters": [{**spec, "default": {"bank": n, "mode": mode}}]}
                for n, mode in ((20, "sum"), (15, "each")))  # fmt: skip
    found = compared("policies/p.json", json.dumps(old).encode(), json.dumps(new).encode()).changes
    assert [change.zh for change in found] == [
        "参数“门槛”的默认值“银行笔数”由 20 改为 15",
        "参数“门槛”的默认值“mode”由累计改为逐年",
    ]
    assert found[0].en == "parameter “Limits”: default “Deals of a bank” changed from 20 to 15"


def test_files_without_sentences_and_unreadable_ones() -> None:
    before = {
        "letters/a.typ": b"a",
        "bpmn/x.bpmn": LEAVE.encode(),
        "forms/f/a.json": b"{}",
        "checks/c.json": b"{}",
    }
    after = {
        "letters/a.typ": b"b",
        "bpmn/x.bpmn": b"<broken",
        "forms/f/a.json": b"[]",
        "letters/new.typ": b"n",
    }
    found = {
        each.path: (each.kind, each.is_text, each.is_readable) for each in compare_bundles(before, after, {})
    }
    assert found == {
        "letters/a.typ": ("changed", True, True),
        "bpmn/x.bpmn": ("changed", True, False),
        "forms/f/a.json": ("changed", True, False),
        "letters/new.typ": ("added", False, True),
        "checks/c.json": ("removed", False, True),
    }
    assert compare_bundles(before, before, {}) == ()


def test_every_attribute_of_every_element_is_seen() -> None:
    """Whatever value of ours an author changes in a diagram is told."""
    file = bundle().processes["innovation_centre_declaration"].decode()
    values = {part.split('"')[1] for part in file.split(" zr:")[1:] if '="' in part.split(">")[0]}
    for value in sorted(values - {""})[:150]:
        mark = f'"{value}"'
        changed = file.replace(f" zr:{mark}", mark)
        start = file.index(mark, file.index("<bpmn:process"))
        changed = f"{file[: start + 1]}Q{file[start + 1 :]}"
        assert compared("bpmn/d.bpmn", file.encode(), changed.encode()).content, value


@pytest.mark.parametrize(
    ("text", "zh"),
    [("= wd(3)", "3 个工作日"), ("<= 5", "不超过 5"), ("-", "任意"), ("true", "是"), ('"bank"', "“bank”"),
     ('duration("PT2H")', "2 小时"), ("group:clerk group:division", "受理岗、业务处室"), ("x + 1", "“x + 1”"), ("", "无")],
)  # fmt: skip
def test_values_are_read_out(text: str, zh: str) -> None:
    assert say(text, NAMES)[0] == zh
