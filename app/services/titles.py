"""Titles of letters and cases in English, as far as they are words of ours; names stay as they are."""

from __future__ import annotations

import re

LETTERS = {
    "申报通知": "Call for declarations", "收件回执": "Receipt", "受理通知书": "Notice of acceptance",
    "补正告知书": "Request to supplement", "不予受理告知书": "Notice of non-acceptance",
    "不符合条件告知书": "Notice of ineligibility", "建议名单": "Proposed list",
    "公示公告": "Public notice", "确定承担单位通知": "Notice of the undertakers",
    "未入选告知书": "Notice of non-selection", "取消拟入选告知书": "Notice of removal from the list",
    "撤回确认": "Confirmation of withdrawal", "公示无异议证明": "Certificate of no objection",
    "异议答复书": "Reply to the objection", "专家评审表": "Score sheet",
    "评审意见": "Opinion of the review", "信用核查单": "Credit sheet",
    "资金拨付审批单": "Payment approval", "项目推进协议书": "Project agreement",
    "绩效考核通知": "Notice of the performance review", "阶段性工作总结": "Periodic report",
    "绩效考核报告": "Performance report", "限期整改通知书": "Order to rectify",
    "拟处理告知书": "Notice of the intended decision", "处理决定书": "Decision",
    "追缴通知书": "Clawback notice", "案卷目录": "Contents of the file",
    "案件移送函": "Letter of transfer", "会议纪要": "Minutes", "复核决定书": "Decision on the appeal",
    "复核申请不予受理通知书": "Refusal of the appeal",
}  # fmt: skip
CASES = {
    "受理": "Acceptance", "复核与救济": "Appeal", "归档": "Archiving", "信用核查": "Credit check",
    "专家评审": "Expert review", "线索查处": "Investigation",
    "创新中心申报": "Innovation centre declaration", "绩效考核": "Performance review",
    "政策版本发布": "Release of a policy version", "申报批次": "Call", "待登记": "to be registered",
    "待定": "to be settled",
}  # fmt: skip
PERIODIC = re.compile(r"(?P<year>\d{4}) 年度阶段性工作总结和典型案例报送")


def in_english(title: str) -> str:
    """A title in English: what we call it, and after the colon whom it is about; others as they are."""
    kind, colon, about = title.partition("：")
    name = _named(kind)
    if not colon:
        return name
    return f"{name}: {in_english(about)}" if name != kind else title


def _named(kind: str) -> str:
    if known := LETTERS.get(kind) or CASES.get(kind):
        return known
    if found := PERIODIC.fullmatch(kind):
        return f"Periodic report for {found['year']}"
    letter, bracket, about = kind.partition("（")
    if bracket and letter in LETTERS and about.endswith("）"):
        return f"{LETTERS[letter]} ({about[:-1]})"
    return kind
