"""Words for coded values, as an official would write them. Unknown codes are shown as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from app.models.history import HistoryEvent
from app.services.cases import Holder
from app.services.registers.receipts import PartHash
from app.services.task_operations import acting
from app.web.language import is_english

CASE_STATES = {
    "draft": (_("草稿，未提交"), "mute"),
    "submitted": (_("已提交"), "info"), "supplement_required": (_("待补正"), "warn"),
    "accepted": (_("已受理"), "info"), "not_accepted": (_("不予受理"), "late"), "eligibility": (_("资格审查"), "info"),
    "credit": (_("信用核查"), "info"), "under_review": (_("评审中"), "info"), "reviewed": (_("已评审"), "info"),
    "deliberated": (_("已审议"), "info"), "in_publicity": (_("公示中"), "info"),
    "objection_open": (_("异议处理中"), "warn"), "selected": (_("已确定为承担单位"), "ok"),
    "not_selected": (_("未入选"), "late"), "removed": (_("公示后取消"), "late"),
    "ineligible": (_("不符合条件"), "late"),
    "agreement_pending": (_("待签约"), "warn"), "active": (_("执行中"), "ok"), "in_review": (_("考核中"), "info"),
    "rectifying": (_("整改中"), "warn"), "suspended": (_("已暂停"), "warn"), "completed": (_("已完成"), "ok"),
    "failed": (_("考核不合格"), "late"), "revoked": (_("已撤销"), "late"), "archived": (_("已归档"), "mute"),
    "withdrawn": (_("已撤回"), "mute"), "expired": (_("逾期未提交"), "late"), "forfeited": (_("放弃签约"), "late"),
    "cancelled": (_("已取消"), "mute"),
    "appeal_review": (_("复核审查中"), "info"), "appeal_external": (_("复议、诉讼中"), "info"),
    "appeal_decided": (_("复核已决定"), "info"),
    "release_checking": (_("送审检查"), "info"), "release_back_test": (_("待回测"), "info"),
    "release_approval": (_("待批准"), "warn"), "release_returned": (_("已退回修改"), "warn"),
    "release_waiting": (_("待生效"), "info"), "release_in_force": (_("已生效"), "ok"),
    "release_superseded": (_("已被替代"), "mute"), "release_expired": (_("已失效"), "mute"),
}  # fmt: skip

STATUSES = {
    "active": (_("办理中"), "info"),
    "completed": (_("已办结"), "mute"),
    "cancelled": (_("已终止"), "mute"),
}

EVENTS = {
    "started": _("启动案件"), "task_completed": _("办结“%(name)s”"), "task_claimed": _("认领“%(name)s”"),
    "task_released": _("将“%(name)s”退回岗位"), "task_transferred": _("将“%(name)s”转交 %(to)s 办理"),
    "timer_fired": _("期限届满：%(name)s"), "message_received": _("收到：%(name)s"),
    "message_sent": _("发出：%(name)s"),
    "decision_made": _("系统判定：%(name)s"), "ended": _("案件办结"), "cancelled": _("案件终止"),
    "service_completed": _("系统办理：%(name)s"), "identity_opened": _("查看异议人身份"),
    "migrated": _("改按流程第 %(to)s 版办理"), "migration_undone": _("撤销迁移，仍按原版本办理"),
    "intervention": _("人工干预：%(what)s"), "intervention_undone": _("撤销人工干预：%(what)s"),
    "task_returned": _("将“%(name)s”退回至“%(to)s”"), "task_taken_back": _("拿回“%(name)s”"),
    "task_withdrawn": _("撤回“%(name)s”"), "task_signed": _("对“%(name)s”表态"),
    "task_decided": _("“%(name)s”会签形成结果"), "task_submitted": _("提交“%(name)s”，待后加签人员确认"),
    "task_signers_added": _("为“%(name)s”加签"), "task_signer_removed": _("为“%(name)s”减签"),
    "task_delegated": _("将“%(name)s”委派给 %(to)s"), "task_copied": _("抄送“%(name)s”"),
    "task_asked": _("就“%(name)s”与 %(to)s 沟通"), "task_answered": _("答复关于“%(name)s”的沟通"),
    "task_urged": _("催办“%(name)s”"), "task_rerouted": _("“%(name)s”无人可办，按流程规定处理"),
    "file_replaced": _("补交“%(by)s”，代替未通过病毒检查的“%(file)s”"),
    "task_recused": _("%(to)s 应当回避，“%(name)s”须更换承办人"),
    "task_effective_day": _("为“%(name)s”指明生效日期"),
    "ballot_opened": _("将“%(name)s”交付表决"), "ballot_cast": _("就“%(name)s”表决"),
    "ballot_recorded": _("为 %(to)s 录入就“%(name)s”的纸面表决"), "ballot_closed": _("结束“%(name)s”的表决"),
    "clock_started": _("“%(clock)s”开始计算"), "clock_suspended": _("“%(clock)s”中止：%(name)s"),
    "clock_resumed": _("“%(clock)s”恢复计算"), "clock_stopped": _("“%(clock)s”终止"),
    "limits_recomputed": _("%(year)s 年工作日安排变更，已重新计算期限"),
}  # fmt: skip

APPEAL_KINDS = {"review": _("复核申请"), "reconsideration": _("行政复议"), "litigation": _("行政诉讼")}
APPEAL_OUTCOMES = {
    "uphold": _("维持原决定"), "change": _("变更原决定"), "revoke": _("撤销原决定"), "refused": _("不予受理"),
    "withdrawn": _("已撤回"), "lapsed": _("逾期未提交"),
}  # fmt: skip

SERVED = {"opened": _("已签收"), "deemed": _("视为送达"), "manual": _("直接送达"), "public": _("公开发布")}

ORG_TYPES = {"bank": _("商业银行"), "insurer": _("保险公司"), "guarantor": _("担保机构"), "enterprise": _("企业"),
             "other": _("其他机构")}  # fmt: skip

VOTES = {"agree": _("同意"), "refuse": _("不同意"), "abstain": _("弃权")}

ROLES = {"editor": _("编制人"), "signer": _("签署人")}


def listed(words: Iterable[str]) -> str:
    """A list of words in the language of the page."""
    return (", " if is_english() else "、").join(words)


def holder_names(holders: Iterable[Holder]) -> str:
    """Everybody who holds something, once each, in the language of the page."""
    return listed(dict.fromkeys(name for holder in holders for name in holder.called(english=is_english())))


def case_state(code: str | None, status: str = "active") -> tuple[str, str]:
    """(words, tone) of a case's state; before the first state, of its status."""
    if code is None:
        return STATUSES.get(status, (status, "mute"))
    return CASE_STATES.get(code, (code, "mute"))


ITEM_STATES = {"listed": _("公示中"), "disputed": _("有异议，办理中"), "removed": _("已调整出名单")}

OBJECTION_STATES = {
    "received": _("已收到"),
    "registered": _("办理中"),
    "decided": _("已审定"),
    "closed": _("已办结"),
}
OBJECTION_OUTCOMES = {
    "upheld": _("异议成立"),
    "rejected": _("异议不成立"),
    "not_accepted": _("不予受理"),
    "withdrawn": _("已撤回"),
}


def figures_of(parameters: Mapping[str, Any], quota: int | None) -> list[tuple[str, str]]:
    """The conditions and targets of a call as (label, words), from its frozen parameters."""
    record = parameters.get("track_record") or {}
    target = parameters.get("annual_target") or {}
    window = listed(str(year) for year in record.get("window") or ())
    years = listed(str(year) for year in target.get("years") or ())
    amount = Decimal(str(record.get("bank_amount") or 0)) / 100_000_000
    return [
        (str(_("名额")), str(gettext("%(n)s 家左右", n=quota))),
        (str(_("业绩期间")), window),
        (str(_("商业银行业绩")), gettext("不少于 %(n)s 笔，或质押登记金额不少于 %(a)s 亿元",
                                   n=record.get("bank_count"), a=f"{amount:f}")),
        (str(_("保险公司业绩")), gettext("不少于 %(n)s 笔", n=record.get("insurer_count"))),
        (str(_("担保机构业绩")), gettext("不少于 %(n)s 笔", n=record.get("guarantor_count"))),
        (str(_("指标年度")), years),
        (str(_("商业银行年度指标")), gettext("不少于 %(n)s 笔，其中首贷不少于 %(f)s 户",
                                     n=target.get("bank_count"), f=target.get("bank_first_loan"))),
        (str(_("保险公司年度指标")), gettext("不少于 %(n)s 笔", n=target.get("insurer_count"))),
        (str(_("担保机构年度指标")), gettext("不少于 %(n)s 笔", n=target.get("guarantor_count"))),
        (str(_("实施方案")), gettext("不超过 %(n)s 字", n=parameters.get("plan_limit"))),
        (str(_("公示期")), gettext("%(n)s 个工作日", n=parameters.get("publicity_days"))),
    ]  # fmt: skip


MEASURES = {
    "cancel_qualification": _("取消项目承接资格"), "revoke_project": _("撤销项目立项"), "stop_payment": _("停止拨付"),
    "recover_funds": _("收回拨付资金"), "credit_record": _("记入信用记录"), "bar_from_policy": _("取消申请本政策资格"),
    "refer_to_judicial": _("移送司法机关"),
}  # fmt: skip


def part_title(part: PartHash) -> str:
    """What a part of a submission is called, in the language of the page."""
    return (part.title_en if is_english() else "") or part.title or part.part


def words(value: Any, names: Mapping[str, Any] = MappingProxyType({})) -> str:
    """Any JSON value in words: yes and no, figures, lists with 、, contexts as name：value; `names` for its codes."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return str(gettext("是") if value else gettext("否"))
    if isinstance(value, list):
        return listed(words(item, names) for item in value[:20]) or "—"
    if isinstance(value, dict):
        shown = list(value.items())[:20]
        between, colon = ("; ", ": ") if is_english() else ("；", "：")
        return (
            between.join(f"{code_name(key, names)}{colon}{words(item, names)}" for key, item in shown) or "—"
        )
    if isinstance(value, int | float):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return str(code_name(value, names) if value in names else CODES.get(value, value))


def code_name(code: str, names: Mapping[str, Any]) -> str:
    """What a parameter calls one of its members or codes in the language of the page, else the code."""
    return str(names.get(code, {}).get("en" if is_english() else "zh", code))


def unit(value: str) -> str:
    """The unit of a parameter in the language of the page."""
    return UNITS.get(value, value) if is_english() else value


def operation_name(operation: str) -> str:
    """The name of an operation on a task in the language of the page."""
    return acting.NAMES[operation][1 if is_english() else 0]


UNITS = {
    "家": "organisations", "工作日": "working days", "日": "days", "月": "months", "年": "years", "次": "times",
    "份": "copies", "人": "people", "分": "points", "轮": "rounds", "字": "characters", "期": "instalments",
    "元": "yuan",
}  # fmt: skip
CODES = {
    "pass": _("符合"), "fail": _("不符合"), "manual": _("需人工认定"), "accept": _("建议受理"),
    "supplement": _("建议补正"), "not_accept": _("建议不予受理"), "clear": _("无失信"), "hit": _("命中失信"),
    "undecided": _("需人工裁量"), "bank": _("商业银行"), "insurer": _("保险公司"), "guarantor": _("担保机构"),
    "other": _("其他机构"), "rectify": _("限期整改"), "allowed": _("允许"), "prohibited": _("禁止"), "yes": _("是"),
    "no": _("否"), "none": _("无"), "all": _("全部"),
}  # fmt: skip


def event_words(event: HistoryEvent, name: str = "") -> str:
    """What happened, in a sentence; `name` is the element's name in the language of the page."""
    if event.kind == "case_state":
        return str(gettext("案件进入“%(state)s”", state=case_state(str(event.detail.get("state", "")))[0]))
    if event.kind == "action":
        return str(ACTION_NAMES.get(event.detail.get("message", ""), event.kind))
    sentence = EVENTS.get(event.kind)
    if sentence is None:
        return f"{event.kind} {name}".strip()
    to_en = event.detail.get("to_en") if is_english() else ""
    words = {"name": name or event.element_name,
             "to": to_en or event.detail.get("to_name") or event.detail.get("to", ""),
             "what": event.detail.get("what_en" if is_english() else "what", "")}  # fmt: skip
    words |= {"clock": clock_name(event.detail)}
    words |= {key: event.detail.get(key, "") for key in ("year", "file", "by")}
    return str(sentence) % words


CLOCKS = {"acceptance": _("受理时限")}


def clock_name(found: Mapping[str, Any]) -> str:
    """The name of a legal clock in the language of the page: the diagram's, else ours, else its key."""
    label = found.get("label_en") if is_english() else ""
    key = str(found.get("clock", ""))
    return str(label or found.get("label") or CLOCKS.get(key, key))


ACTION_NAMES = {"MSG-WITHDRAW": _("撤回申报"), "MSG-APPEAL-WITHDRAWN": _("撤回复核申请"),
                "MSG-INSTALMENT-REQUEST": _("申请分期缴回"),
                "MSG-CALL-CANCELLED": _("取消批次"), "MSG-PUBLICITY-TERMINATE": _("终止公示")}  # fmt: skip
