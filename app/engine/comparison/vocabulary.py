"""What the facets of elements, columns, fields and parameters are called."""

from __future__ import annotations

from types import MappingProxyType

from app.engine.comparison.values import Names

FACETS: dict[str, tuple[str, str]] = {
    # elements of a process
    "name": ("名称", "name"), "nameEn": ("英文名称", "English name"), "type": ("类型", "type"),
    "lane": ("所在泳道", "lane"), "due": ("办理时限", "time limit"), "priority": ("优先级", "priority"),
    "candidates": ("办理人", "candidates"), "assignee": ("指定办理人", "assignee"),
    "signers": ("会签人", "signers"), "copyTo": ("抄送", "copies to"),
    "ballot": ("交付表决的事项", "what a board votes on"),
    "operations": ("可用操作", "task operations"), "formKey": ("表单", "form"),
    "hiddenFields": ("不显示的字段", "hidden fields"), "readonlyFields": ("只读字段", "read-only fields"),
    "liveRules": ("填写时显示的判定", "live rules"), "resultVariable": ("结果变量", "result variable"),
    "duty": ("职责", "duty"), "separateFrom": ("职责分离", "separation of duty"),
    "sealed": ("密封", "sealed"), "notActorOf": ("不得由此环节的办理人办理", "not the actor of"),
    "initiatorApprover": ("发起人审批", "initiator as approver"),
    "repeatedApprover": ("重复审批人", "repeated approver"),
    "emptyApprover": ("无审批人时", "when nobody can approve"), "clauseRef": ("依据条款", "clauses"),
    "delegate": ("系统办理内容", "operation"), "decisionRef": ("判定表", "decision"),
    "caseState": ("案件状态", "state of the case"), "outcome": ("结果", "outcome"),
    "title": ("案件标题", "title of cases"), "titleEn": ("案件英文标题", "English title of cases"),
    "subject": ("所涉案件", "subject"),
    "numberPrefix": ("编号前缀", "number prefix"), "startableBy": ("可由谁启动", "who may start it"),
    "correlationKey": ("消息关联键", "correlation key"), "payload": ("消息内容", "payload"),
    "payloadVariable": ("消息存入变量", "payload variable"), "condition": ("条件", "condition"),
    "default": ("默认去向", "default flow"), "source": ("起点", "source"), "target": ("终点", "target"),
    "script": ("计算内容", "script"), "documentation": ("说明", "documentation"), "timer": ("期限", "time"),
    "message": ("消息", "message"), "error": ("错误", "error"), "signal": ("信号", "signal"),
    "escalation": ("升级", "escalation"), "repetition": ("多人办理方式", "repetition"),
    "collection": ("办理对象", "collection"), "elementVariable": ("每份的变量", "item variable"),
    "outputCollection": ("汇总变量", "output collection"), "outputElement": ("每份的结果", "output item"),
    "completion": ("结束条件", "completion rule"), "completionCondition": ("结束条件", "completion rule"),
    "loopCardinality": ("办理份数", "number of repetitions"), "loopCondition": ("循环条件", "loop condition"),
    "attachedTo": ("附着的环节", "attached to"),
    "interrupting": ("中断原环节", "interrupting"), "calledElement": ("调用的流程", "called process"),
    "executable": ("可执行", "executable"), "text": ("内容", "text"),
    # decisions
    "hitPolicy": ("命中规则", "hit policy"), "aggregation": ("汇总方式", "aggregation"),
    "label": ("标签", "label"), "expression": ("表达式", "expression"), "question": ("问题", "question"),
    "allowed": ("允许的值", "allowed values"), "requires": ("所需输入", "requirements"),
    "typeRef": ("数据类型", "type of data"), "description": ("说明", "description"),
    # forms
    "key": ("字段名", "key"), "validate.required": ("必填", "required"),
    "validate.min": ("最小值", "least value"), "validate.max": ("最大值", "greatest value"),
    "validate.minLength": ("最少字符数", "least length"),
    "validate.maxLength": ("最多字符数", "greatest length"), "conditional.hide": ("隐藏条件", "hidden when"),
    "values": ("选项", "options"), "defaultValue": ("默认值", "default"),
    "properties.label_en": ("英文标签", "English label"), "properties.check": ("校验规则", "check"),
    "properties.check_message": ("校验提示", "message of the check"),
    "properties.max_zi": ("字数上限", "most characters"), "properties.min_zi": ("字数下限", "least characters"),
    "properties.clauseRef": ("依据条款", "clauses"), "properties.rows": ("行数", "rows"),
    "dateLabel": ("标签", "label"), "dataSource": ("数据来源", "data source"), "columns": ("列", "columns"),
    "readonly": ("只读", "read-only"), "disabled": ("停用", "disabled"),
    "properties.text_en": ("英文内容", "English text"), "subtype": ("类型", "kind"),
    "properties.description_en": ("英文说明", "English description"), "properties.title": ("标题", "title"),
    "properties.title_en": ("英文标题", "English title"), "parent": ("所在分组", "group"),
    # policies
    "zh": ("名称", "name"), "en": ("英文名称", "English name"), "unit": ("单位", "unit"),
    "must_set": ("必须设定", "must be set"), "basis": ("依据条款", "clauses"), "note": ("备注", "note"),
}  # fmt: skip
_NAMED = {"parameter": ("传入“{}”", "input “{}”"), "in": ("传给被调用流程的“{}”", "passed in as “{}”"),
          "out": ("取回的“{}”", "taken out as “{}”"), "prefill": ("“{}”的预填", "prefill of “{}”")}  # fmt: skip


def facet_name(key: str, names: Names = MappingProxyType({})) -> tuple[str, str]:
    """What a facet is called in both languages; `names` for its parts, the author's own word where we have none."""
    kind, _, name = key.partition(" ")
    if name and kind in _NAMED:
        zh, en = _NAMED[kind]
        return zh.format(name), en.format(name)
    if key in FACETS:
        return FACETS[key]
    head, _, tail = key.partition(".")
    if tail and head in FACETS:
        zh, en = FACETS[head]
        part = names.get(tail, (tail, tail))
        return f"{zh}“{part[0]}”", f"{en} “{part[1]}”"
    return f"“{key}”", f"“{key}”"
