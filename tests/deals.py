"""A short process about deals: one list with numbers, a file for each row, a decision about the sum."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl

from tests.factories import BPMN, ZR, World, form_json, make_world

DEALS = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zr="{ZR}" id="d" targetNamespace="x">
  <bpmn:process id="deals" name="业务" isExecutable="true" zr:numberPrefix="YW" zr:startableBy="group:staff" zr:title="业务">
    <bpmn:laneSet id="ls"><bpmn:lane id="l1" name="单位" zr:candidates="= org.principal">
      <bpmn:flowNodeRef>s</bpmn:flowNodeRef><bpmn:flowNodeRef>t_rows</bpmn:flowNodeRef>
      <bpmn:flowNodeRef>r_sum</bpmn:flowNodeRef><bpmn:flowNodeRef>e</bpmn:flowNodeRef></bpmn:lane>
      <bpmn:lane id="l2" name="处室" zr:candidates="group:clerk"><bpmn:flowNodeRef>t_check</bpmn:flowNodeRef></bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="s" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="t_rows" name="填写明细" zr:formKey="deals/rows" zr:resultVariable="declared" zr:duty="apply"
                   zr:liveRules="r_sum">
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
    <bpmn:businessRuleTask id="r_sum" name="合计" zr:decisionRef="total" zr:resultVariable="total">
      <bpmn:extensionElements><zr:parameter name="rows" value="= declared.deals"/></bpmn:extensionElements>
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:businessRuleTask>
    <bpmn:userTask id="t_check" name="审核" zr:formKey="deals/check" zr:resultVariable="checked" zr:duty="check">
      <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="e" name="结束" zr:outcome="done"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t_rows"/>
    <bpmn:sequenceFlow id="f2" sourceRef="t_rows" targetRef="r_sum"/>
    <bpmn:sequenceFlow id="f3" sourceRef="r_sum" targetRef="t_check"/>
    <bpmn:sequenceFlow id="f4" sourceRef="t_check" targetRef="e"/>
  </bpmn:process>
</bpmn:definitions>
"""
TOTAL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="合计" namespace="x">
  <inputData id="input_rows" name="rows"><variable id="v_rows" name="rows"/></inputData>
  <decision id="total" name="合计"><variable id="v_total" name="合计"/>
    <informationRequirement id="i"><requiredInput href="#input_rows"/></informationRequirement>
    <literalExpression id="x"><text>{n: count(rows), amount: sum(rows.amount[item != null])}</text></literalExpression>
  </decision>
</definitions>
"""
COLUMNS: tuple[dict[str, Any], ...] = (
    {"type": "textfield", "id": "d_no", "key": "no", "label": "合同编号", "validate": {"required": True, "maxLength": 40},
     "properties": {"label_en": "Contract no.", "duplicate_key": "contract"}},
    {"type": "select", "id": "d_kind", "key": "kind", "label": "种类", "validate": {"required": True},
     "values": [{"value": "loan", "label": "贷款", "label_en": "Loan"}, {"value": "policy", "label": "保险"}]},
    {"type": "datetime", "id": "d_day", "key": "day", "dateLabel": "日期", "subtype": "date",
     "validate": {"required": True, "min": "2024-01-01", "max": "2025-12-31"}},
    {"type": "number", "id": "d_amount", "key": "amount", "label": "金额", "decimalDigits": 2,
     "validate": {"required": True, "min": 0}, "properties": {"unit": "wan", "label_en": "Amount"}},
    {"type": "checkbox", "id": "d_first", "key": "first", "label": "首贷"},
    {"type": "filepicker", "id": "d_proof", "key": "proof", "label": "凭证", "accept": ".pdf"},
)  # fmt: skip
FILES = {
    "bpmn/deals.bpmn": DEALS.encode(),
    "bpmn/total.dmn": TOTAL.encode(),
    "forms/deals/rows.json": form_json(
        {
            "type": "dynamiclist",
            "id": "l_deals",
            "path": "deals",
            "label": "明细",
            "isRepeating": True,
            "allowAddRemove": True,
            "defaultRepetitions": 1,
            "properties": {"min_rows": 1, "max_rows": 300, "display": "cards"},
            "components": list(COLUMNS),
        },
        {
            "type": "filepicker",
            "id": "f_files",
            "key": "files",
            "label": "材料",
            "accept": ".pdf,.png,.zip",
            "multiple": True,
            "properties": {"max_files": 3, "max_size": "5MB"},
        },
    ),
    "forms/deals/check.json": form_json({"type": "textfield", "id": "c", "key": "c", "label": "意见"}),
}
HEAD = ("合同编号", "种类", "日期", "金额（万元）", "首贷")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF"


def make_deals_world(url: str, folder: Path) -> World:
    """Two organisations with one person each, a clerk, and the short process."""
    world = make_world(url, folder)
    world.add_person("lu", "clerk")
    return add_deals(world)


def add_deals(world: World) -> World:
    """The same for a world that has its clerk."""
    world.deploy(FILES)
    for name in ("bian", "wai"):
        world.add_person(name)
    world.add_organisation("91310000MA1FPUJN11", "样例银行", "bank", bian="editor signer")
    world.add_organisation("91310000MA1FHTCX2K", "样例保险", "insurer", wai="editor signer")
    return world


def sheet(*rows: tuple[Any, ...], head: tuple[Any, ...] = HEAD) -> bytes:
    """An XLSX file with a head and these rows."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in (head, *rows):
        book.active.append(row)
    book.save(out)
    return out.getvalue()
