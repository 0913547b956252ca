"""Titles of letters and cases in the language of the page, as far as they are words of ours; names stay as they are."""

from __future__ import annotations

import re

from flask_babel import gettext

from app.web.language import is_english


def _(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


LETTERS = frozenset({
    _("申报通知"), _("收件回执"), _("受理通知书"), _("补正告知书"), _("不予受理告知书"),
    _("不符合条件告知书"), _("建议名单"), _("公示公告"), _("确定承担单位通知"), _("未入选告知书"),
    _("取消拟入选告知书"), _("撤回确认"), _("公示无异议证明"), _("异议答复书"), _("专家评审表"),
    _("评审意见"), _("信用核查单"), _("资金拨付审批单"), _("项目推进协议书"), _("绩效考核通知"),
    _("阶段性工作总结"), _("绩效考核报告"), _("限期整改通知书"), _("拟处理告知书"), _("处理决定书"),
    _("追缴通知书"), _("案卷目录"), _("案件移送函"), _("会议纪要"), _("复核决定书"),
    _("复核申请不予受理通知书"),
})  # fmt: skip
CASES = frozenset({
    _("受理"), _("复核与救济"), _("归档"), _("信用核查"), _("专家评审"), _("线索查处"),
    _("创新中心申报"), _("绩效考核"), _("政策版本发布"), _("申报批次"), _("待登记"), _("待定"),
})  # fmt: skip
PERIODIC = re.compile(r"(?P<year>\d{4}) 年度阶段性工作总结和典型案例报送")


def titled(title: str) -> str:
    """A title as a page of this language shows it: what we call it, and after the colon whom it is about."""
    if not is_english():
        return title
    kind, colon, about = title.partition("：")
    name = _named(kind)
    if not colon:
        return name
    return f"{name}: {titled(about)}" if name != kind else title


def _named(kind: str) -> str:
    if kind in LETTERS or kind in CASES:
        return gettext(kind)
    if found := PERIODIC.fullmatch(kind):
        return gettext("%(year)s 年度阶段性工作总结和典型案例报送", year=found["year"])
    letter, bracket, about = kind.partition("（")
    return f"{gettext(letter)}（{about}" if bracket and letter in LETTERS else kind
