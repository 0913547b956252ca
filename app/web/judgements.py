"""Decisions as sentences: the result first, then the reason; codes stay away, everything else can be unfolded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from flask_babel import lazy_gettext as _
from markupsafe import Markup

from app.engine.dmn import DecisionModel
from app.models.history import DecisionRecord
from app.web.labels import words
from app.web.language import is_english
from app.web.titles import in_both, in_chinese

RESULT_KEYS = ("result", "verdict", "suggestion", "outcome", "grade")
HIDDEN = frozenset({"reason_code", "reason", "reason_en", "clause", "clauses", "reasons", "reasons_en", "principal",
                    *RESULT_KEYS})  # fmt: skip

RESULTS = {
    "pass": (_("符合"), "ok"), "fail": (_("不符合"), "late"), "manual": (_("需人工认定"), "warn"),
    "accept": (_("建议受理"), "ok"), "supplement": (_("建议补正"), "warn"), "not_accept": (_("建议不予受理"), "late"),
    "reject": (_("不予受理"), "late"), "clear": (_("无失信记录"), "ok"), "hit": (_("命中失信记录"), "late"),
    "undecided": (_("需人工裁量"), "warn"), "missing": (_("缺少查询结果"), "warn"), "allow": (_("可以参加"), "ok"),
    "block": (_("应当回避"), "late"), "ask": (_("需询问"), "warn"), "allowed": (_("允许"), "ok"),
    "prohibited": (_("禁止"), "late"), "none": (_("无问题"), "ok"), "warn": (_("有提示"), "warn"),
    "blocked": (_("不得拨付"), "late"), "duplicate": (_("重复拨付"), "late"), "met": (_("达到要求"), "ok"),
    "proposed": (_("拟推荐"), "ok"), "not_proposed": (_("不推荐"), "late"),
    "board_choice": (_("提请办公会决定"), "warn"),
    "rectify": (_("限期整改"), "warn"), "upheld": (_("异议成立"), "late"), "error": (_("名单有误"), "late"),
    "determined": (_("已确定措施"), "info"),
}  # fmt: skip
# The same code means something else here.
SPECIAL = {
    ("publicity_outcome", "clear"): (_("公示无异议"), "ok"), ("objection_form", "accept"): (_("符合形式要求"), "ok"),
    ("appeal_timeliness", "refuse"): (_("建议不予受理"), "late"),
    ("grade", "pass"): (_("合格"), "ok"), ("grade", "fail"): (_("不合格"), "late"),
}  # fmt: skip

OUTPUTS = {
    "n": _("累计笔数"), "amount": _("金额（元）"), "enterprises": _("服务企业（户）"), "first_loans": _("首贷（户）"),
    "duplicates": _("重复行数"), "ignored": _("未计入行数"), "ratio": _("达到要求的倍数"), "by_year": _("分年度"),
    "year": _("年度"), "short_by": _("相差"), "count": _("笔数"), "veto": _("一票否决"), "score": _("得分"),
    "rank": _("名次"), "org_name": _("单位"), "name": _("姓名"), "case_no": _("案号"), "deals": _("笔数"),
    "employer": _("所在单位"), "employer_uscc": _("所在单位代码"), "interests": _("利害关系"),
    "org_type": _("机构类型"),
    "track_ratio": _("业绩倍数"), "draw": _("抽签号"), "drawn": _("是否抽签"), "met": _("是否达到"),
    "use_code": _("用途"),
    "measures": _("措施"), "outcome": _("结论"), "verdict": _("结论"), "reason": _("理由"),
}  # fmt: skip


NONE_KNOWN: Mapping[str, DecisionModel] = MappingProxyType({})


@dataclass(frozen=True)
class Hit:
    """One row of a table that hit: its number, what the author says about it, and its clause."""

    index: int
    reason: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """One decision for its readers."""

    name: str
    verdict: str
    tone: str
    sentences: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    head: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, str], ...] = field(default=())
    hits: tuple[Hit, ...] = ()

    @property
    def sentence(self) -> str:
        """Everything that a single line can say."""
        parts = (*((self.verdict,) if self.verdict else ()), *(_unended(text) for text in self.sentences))
        return (Markup("; ") if is_english() else Markup("；")).join(parts)


def judgement_of(record: DecisionRecord, known: Mapping[str, DecisionModel] = NONE_KNOWN) -> Judgement:
    """A stored decision in words; `known` are the decisions of the case's version, which name those without a name."""
    return judge(record.decision_id, record.decision_name, record.trace, known.get(record.decision_id))


def judge(
    decision_id: str, name: str, trace: Mapping[str, Any], model: DecisionModel | None = None
) -> Judgement:
    """The trace of a decision in words; `name` is left out where the author gave none.

    English pages say what the author says in English: names and columns as the model has them, reasons as outputs and
    annotations of the trace do under `reason_en` and `reasons_en`; the rest is marked as Chinese.
    """
    name, outputs = _named(decision_id, name, model), trace.get("outputs")
    hits = [row for row in trace.get("rows", ()) if isinstance(row, Mapping)]
    verdict, tone = _verdict(decision_id, outputs)
    listed = _listed(outputs)
    head, rows = _table(listed)
    return Judgement(
        name=name,
        verdict=verdict,
        tone=tone,
        sentences=_sentences(outputs, listed),
        head=head,
        rows=rows,
        clauses=_clauses(hits, outputs),
        inputs=_inputs(trace, model),
        others=_others(outputs),
        hits=_hits(hits),
    )


def _hits(rows: Sequence[Mapping[str, Any]]) -> tuple[Hit, ...]:
    """The rows that hit, each once, in the order in which they count."""
    found = []
    for row in rows:
        notes = row.get("annotations") or {}
        clauses = tuple(str(notes.get("clause") or "").split())
        found.append(Hit(int(row.get("index") or 0), _said(notes), clauses))
    return tuple(dict.fromkeys(found))


def _verdict(decision_id: str, outputs: Any) -> tuple[str, str]:
    if not isinstance(outputs, Mapping):
        return "", "info"
    code = next((outputs[key] for key in RESULT_KEYS if isinstance(outputs.get(key), str)), None)
    found = SPECIAL.get((decision_id, str(code))) or RESULTS.get(str(code))
    return (str(found[0]), found[1]) if found else ("", "info")


def _listed(outputs: Any) -> list[Mapping[str, Any]]:
    """What is decided row by row: experts, places, years."""
    found = outputs.get("results") if isinstance(outputs, Mapping) else outputs
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _sentences(outputs: Any, listed: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    if isinstance(outputs, Mapping):
        if isinstance(outputs.get("reason"), str) and outputs["reason"]:
            return (_said(outputs),)
        if isinstance(outputs.get("reasons"), list) and outputs["reasons"]:
            return _said_all(outputs)
        if listed:
            return tuple(text for row in listed if (text := _reason(row)))
        shown = [f"{OUTPUTS[key]} {words(value)}" for key, value in outputs.items()
                 if key in OUTPUTS and key not in HIDDEN and not isinstance(value, (dict, list))]  # fmt: skip
        return (_comma().join(shown[:3]),) if shown else ()
    return () if listed or outputs is None else (words(outputs),)


def _reason(row: Mapping[str, Any]) -> str:
    inner = row.get("outcome")
    return _said(row) or (_said(inner) if isinstance(inner, Mapping) else "")


def _said(row: Mapping[str, Any]) -> str:
    """The reason in the reader's language, else in Chinese and marked as such."""
    return in_both(str(row.get("reason") or ""), str(row.get("reason_en") or ""))


def _said_all(outputs: Mapping[str, Any]) -> tuple[str, ...]:
    chinese, english = outputs["reasons"], outputs.get("reasons_en") if is_english() else None
    if isinstance(english, list) and len(english) == len(chinese) and all(english):
        return tuple(words(item) for item in english)
    return tuple(in_chinese(words(item)) for item in chinese)


def _named(decision_id: str, name: str, model: DecisionModel | None) -> str:
    """The name in the reader's language; empty where the author gave none."""
    if model is not None and is_english():
        decision = model.decisions.get(decision_id)
        if english := (decision.name_en if decision else "") or model.name_en:
            return english
    found = model.name if name == decision_id and model is not None else name
    return "" if found == decision_id else in_chinese(found)


def _unended(text: str) -> str:
    return text if isinstance(text, Markup) else text.rstrip("。.")


def _comma() -> str:
    return ", " if is_english() else "，"


def _table(listed: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Names, results and reasons of what was decided row by row."""
    keys = [key for key in ("rank", "name", "org_name", "score") if any(key in row for row in listed)]
    if not keys:
        return (), ()
    head = (*(str(OUTPUTS[key]) for key in keys), str(OUTPUTS["outcome"]), str(OUTPUTS["reason"]))
    rows = tuple(
        (*(words(row.get(key)) for key in keys), _verdict("", row)[0] or "—", _reason(row)) for row in listed
    )
    return head, rows


def _clauses(hits: Sequence[Mapping[str, Any]], outputs: Any) -> tuple[str, ...]:
    found = [str((row.get("annotations") or {}).get("clause") or "") for row in hits]
    if isinstance(outputs, Mapping):
        found += [str(outputs.get("clause") or ""), *map(str, outputs.get("clauses") or ())]
    return tuple(dict.fromkeys(part for text in found for part in text.split()))


def _inputs(trace: Mapping[str, Any], model: DecisionModel | None) -> tuple[tuple[str, str], ...]:
    """The conditions as they were; not where one table was asked again and again."""
    english = model.labels_en if model is not None and is_english() else {}
    labels = [str(item.get("label") or item.get("expression") or "") for item in trace.get("inputs", ())]
    given = [(english.get(label) or in_chinese(label), words(item.get("value")))
             for label, item in zip(labels, trace.get("inputs", ()), strict=True)]  # fmt: skip
    return tuple(given) if len(labels) == len(set(labels)) else ()


def _others(outputs: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(outputs, Mapping):
        return ()
    return tuple((str(OUTPUTS.get(key, key)), _plain(value)) for key, value in outputs.items()
                 if key not in HIDDEN and key != "results")  # fmt: skip


def _plain(value: Any) -> str:
    """A value with our own words for its keys."""
    if isinstance(value, Mapping):
        shown = (
            f"{OUTPUTS.get(key, key)} {_plain(item)}"
            for key, item in value.items()
            if not key.endswith("_en")
        )
        return _comma().join(shown) or "—"
    if isinstance(value, list):
        return ("; " if is_english() else "；").join(_plain(item) for item in value[:20]) or "—"
    return words(value)
