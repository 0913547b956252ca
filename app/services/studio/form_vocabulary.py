"""Our own properties of form components as the form editor offers them: names, words, and how one fills them in."""

from __future__ import annotations

from dataclasses import dataclass

from app.engine.form.vocabulary import ANY_PROPERTIES, DISPLAYS, FORMATS, PROPERTIES, WIDTHS
from app.engine.form.words import UNITS
from app.engine.rules import MASKS, NUMBER_RULES, TEXT_RULES

RULES = {
    "number": tuple(sorted(NUMBER_RULES)),
    "textfield": tuple(sorted(TEXT_RULES)),
    "textarea": tuple(sorted(TEXT_RULES)),
}
OPTION_WORDS = {
    "uscc": ("统一社会信用代码", "Unified social credit code"),
    "mobile": ("手机号", "Mobile number"),
    "phone": ("手机或座机", "Mobile or landline"),
    "email": ("电子邮箱", "E-mail"),
    "bank_account": ("银行账号", "Bank account"),
    "id_card": ("身份证号", "Identity card"),
    "amount": ("金额", "Amount"),
    "name": ("姓名", "Name"),
    "address": ("地址", "Address"),
    "all": ("全部", "Everything"),
    "yuan": ("元", "yuan"),
    "wan": ("万元", "10,000 yuan"),
    "yi": ("亿元", "100 million yuan"),
    "number": ("数字", "Number"),
    "percent": ("百分比", "Percent"),
    "text": ("文字", "Text"),
    "date": ("日期", "Date"),
    "boolean": ("是否", "Yes or no"),
    "short": ("短", "Short"),
    "medium": ("中", "Medium"),
    "full": ("整行", "Full line"),
    "year": ("年份", "Year"),
    "auto": ("自动", "Automatic"),
    "table": ("表格", "Table"),
    "cards": ("卡片", "Cards"),
}


@dataclass(frozen=True, slots=True)
class Property:
    """One property; `kind` is text, long, count (a number or FEEL), feel or choice."""

    zh: str
    en: str
    kind: str = "text"
    options: tuple[str, ...] = ()


_ENGLISH = {
    "label": ("名称", "Label"), "description": ("说明", "Description"), "text": ("文字", "Text"),
    "content": ("内容", "Content"), "title": ("标题", "Title"), "alt": ("替代文字", "Alternative text"),
    "prefix": ("前缀", "Prefix"), "suffix": ("后缀", "Suffix"), "row_label": ("一行的名称", "Name of a row"),
    "add_label": ("添加按钮", "Add button"), "pattern_error": ("格式提示", "Pattern message"),
    "check_message": ("规则提示", "Check message"), "zi_group_label": ("合并计字名称", "Name of the group"),
}  # fmt: skip
WORDS: dict[str, Property] = {
    "clauseRef": Property("依据条款", "Clauses"),
    "rule": Property("内容规则", "Rule", "choice"),
    "unit": Property("单位", "Unit", "choice", tuple(UNITS)),
    "max_zi": Property("最多字数（字）", "Most characters (字)", "count"),
    "min_zi": Property("最少字数（字）", "Fewest characters (字)", "count"),
    "zi_group": Property("合并计字的组", "Counted together as"),
    "zi_group_max": Property("该组最多字数", "Most characters of the group", "count"),
    "zi_group_label": Property("合并计字名称", "Name of the group"),
    "duplicate_key": Property("查重依据（编号种类）", "Known by (kind of number)"),
    "check": Property("规则（须为真）", "Check (must be true)", "feel"),
    "check_message": Property("规则不满足时的提示", "Message of the check"),
    "default": Property("计算的默认值", "Computed default", "feel"),
    "mask": Property("对外遮盖", "Masked as", "choice", tuple(sorted(MASKS))),
    "autocomplete": Property("自动填写提示", "Autocomplete"),
    "columns": Property("列数", "Columns", "choice", ("1", "2", "3", "4")),
    "width": Property("宽度", "Width", "choice", tuple(sorted(WIDTHS))),
    "rows": Property("高度（行）", "Height (lines)", "count"),
    "max_files": Property("最多文件数", "Most files", "count"),
    "max_size": Property("单个文件上限", "Largest file"),
    "label": Property("名称", "Label"),
    "format": Property("显示格式", "Format", "choice", tuple(sorted(FORMATS))),
    "decimals": Property("小数位数", "Decimals", "count"),
    "min_rows": Property("最少行数", "Fewest rows", "count"),
    "max_rows": Property("最多行数", "Most rows", "count"),
    "row_label": Property("一行的名称", "Name of a row"),
    "add_label": Property("添加按钮文字", "Text of the add button"),
    "display": Property("显示方式", "Shown as", "choice", tuple(sorted(DISPLAYS))),
    **{f"{name}_en": Property(f"{zh}（英文）", f"{en} (English)", "long" if name in ("text", "content") else "text")
       for name, (zh, en) in _ENGLISH.items()},
}  # fmt: skip


def offered(english: bool) -> dict[str, list[dict[str, object]]]:
    """The properties of each component type, in the order of WORDS, in one language."""
    return {kind: _of(kind, names | ANY_PROPERTIES, english) for kind, names in PROPERTIES.items()}


def _of(kind: str, names: frozenset[str], english: bool) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for name, each in WORDS.items():
        options = RULES.get(kind, ()) if name == "rule" else each.options
        if name in names and (each.kind != "choice" or options):
            found.append(
                {
                    "name": name,
                    "label": each.en if english else each.zh,
                    "kind": each.kind,
                    "options": [[value, _said(value, english)] for value in options],
                }
            )
    return found


def _said(value: str, english: bool) -> str:
    zh, en = OPTION_WORDS.get(value, (value, value))
    return en if english else zh
