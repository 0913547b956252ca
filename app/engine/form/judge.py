"""What a value must meet: the first complaint about one component, for page and API alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from app.engine.feel import to_json
from app.engine.form.convert import is_empty
from app.engine.form.model import CHOICE_TYPES, MANY_OF, TEXT_TYPES, Setting
from app.engine.form.moments import read_moment, show_moment
from app.engine.form.state import Context, State
from app.engine.form.words import Complaint
from app.engine.rules import TEXT_RULES, count_zi, is_amount

DEFAULT_ROWS = 100
_DEFAULT_FILES = 20

_REQUIRED = {
    "checkbox": Complaint("请勾选“{label}”", "Tick “{label}”", True),
    "filepicker": Complaint("请上传{label}", "Upload {label}", True),
    "dynamiclist": Complaint("请至少填写一行{label}", "Fill in at least one row of {label}", True),
    **dict.fromkeys(CHOICE_TYPES, Complaint("请选择{label}", "Choose {label}", True)),
}
_REQUIRED_OTHER = Complaint("请填写{label}", "Enter {label}", True)


def complaint_about(state: State) -> Complaint | None:
    """The first thing wrong with a visible, editable value; nothing when it is right."""
    if state.complaint is not None:
        return state.complaint
    if is_value_empty(state):
        return _REQUIRED.get(state.component.type, _REQUIRED_OTHER) if is_required(state) else None
    for judge in _JUDGES.get(state.component.type, ()):
        complaint = judge(state)
        if complaint is not None:
            return complaint
    return _judge_check(state)


def is_value_empty(state: State) -> bool:
    """Whether nothing was filled in."""
    if state.component.type == "dynamiclist":
        return all(row.blank for row in state.rows)
    return is_empty(state.value)


def is_required(state: State) -> bool:
    """Whether something must be filled in, as things stand."""
    if state.context.value(state.component.limits.required) is True:
        return True
    if state.component.type not in ("dynamiclist", *MANY_OF):
        return False
    least = bound(state, state.component.limits.min_items)
    return least is not None and least > 0


def bound(state: State, setting: Setting) -> Decimal | None:
    """A numeric limit as it is now; nothing when it is not set or null."""
    value = state.context.value(setting)
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def moment_bound(state: State, setting: Setting) -> str | None:
    """A limit of a datetime field as it is now, in stored spelling."""
    value = state.context.value(setting)
    if value is None:
        return None
    text, subtype = str(to_json(value)), state.component.subtype
    if subtype == "date":
        text = text[:10]
    try:
        return read_moment(subtype, text)
    except ValueError:
        return None


def row_limit(state: State) -> int:
    """How many rows a list may have, as things stand."""
    most = bound(state, state.component.limits.max_items)
    return int(most) if most is not None else DEFAULT_ROWS


def shown_number(number: Decimal) -> str:
    """Digits without exponent and superfluous zeros."""
    return format(number.normalize() if number else Decimal(0), "f")


def _judge_length(state: State) -> Complaint | None:
    length, limits = len(str(state.value)), state.component.limits
    least, most = bound(state, limits.min_length), bound(state, limits.max_length)
    if least is not None and length < least:
        return Complaint(
            f"{{label}}至少 {shown_number(least)} 个字符",
            f"{{label}} needs at least {shown_number(least)} characters",
        )
    if most is not None and length > most:
        return Complaint(
            f"{{label}}不能超过 {shown_number(most)} 个字符，现有 {length} 个",
            f"{{label}} can have at most {shown_number(most)} characters, it has {length}",
        )
    return None


def _judge_zi(state: State) -> Complaint | None:
    limits = state.component.limits
    if not limits.max_zi.is_set and not limits.min_zi.is_set:
        return None
    count = count_zi(str(state.value))
    least, most = bound(state, limits.min_zi), bound(state, limits.max_zi)
    if least is not None and count < least:
        return Complaint(
            f"{{label}}不少于 {shown_number(least)} 字，现有 {count} 字",
            f"{{label}} needs at least {shown_number(least)} characters, it has {count}",
        )
    if most is not None and count > most:
        over = shown_number(count - most)
        return Complaint(
            f"{{label}}不超过 {shown_number(most)} 字，现有 {count} 字，超出 {over} 字",
            f"{{label}} can have at most {shown_number(most)} characters, it has {count}, {over} too many",
        )
    return None


def _judge_text(state: State) -> Complaint | None:
    limits = state.component.limits
    text = str(state.value)
    rule = TEXT_RULES.get(limits.rule or "")
    if rule is not None and not rule.is_right(text):
        return Complaint(f"{{label}}{rule.zh}", f"{{label}} {rule.en}")
    if limits.pattern is None or limits.pattern.is_found_in(text):
        return None
    if limits.pattern_error is not None:
        return Complaint(limits.pattern_error.zh, limits.pattern_error.en or limits.pattern_error.zh)
    return Complaint("{label}的格式不正确", "{label} has a wrong format")


def _judge_number(state: State) -> Complaint | None:
    limits, number = state.component.limits, state.value
    decimals = max(0, -int(number.normalize().as_tuple().exponent)) if number else 0
    if limits.decimals is not None and decimals > limits.decimals:
        if limits.decimals == 0:
            return Complaint("{label}应为整数", "{label} must be a whole number")
        return Complaint(
            f"{{label}}最多 {limits.decimals} 位小数",
            f"{{label}} can have at most {limits.decimals} decimals",
        )
    if limits.rule == "amount" and not is_amount(number):
        return Complaint(
            "{label}应为不小于 0、最多两位小数的金额",
            "{label} must be an amount from 0 with at most two decimals",
        )
    if limits.rule == "year" and (decimals or not 1000 <= number <= 9999):
        return Complaint(
            "{label}应为四位年份，如 2026", "{label} must be a year of four digits, such as 2026"
        )
    return _judge_range(number, bound(state, limits.least), bound(state, limits.most)) or _judge_step(state)


def _judge_range(number: Decimal, least: Decimal | None, most: Decimal | None) -> Complaint | None:
    if (least is None or number >= least) and (most is None or number <= most):
        return None
    if least is not None and most is not None:
        low, high = shown_number(least), shown_number(most)
        return Complaint(f"{{label}}应在 {low} 至 {high} 之间", f"{{label}} must be between {low} and {high}")
    if least is not None:
        return Complaint(
            f"{{label}}不能小于 {shown_number(least)}", f"{{label}} must be at least {shown_number(least)}"
        )
    return Complaint(
        f"{{label}}不能大于 {shown_number(most or Decimal(0))}",
        f"{{label}} must be at most {shown_number(most or Decimal(0))}",
    )


def _judge_step(state: State) -> Complaint | None:
    step = state.component.look.step
    if step is None or state.value % step == 0:
        return None
    return Complaint(
        f"{{label}}应为 {shown_number(step)} 的整数倍",
        f"{{label}} must be a multiple of {shown_number(step)}",
    )


def _judge_moment(state: State) -> Complaint | None:
    limits, moment = state.component.limits, str(state.value)
    least, most = moment_bound(state, limits.least), moment_bound(state, limits.most)
    if (least is None or moment >= least) and (most is None or moment <= most):
        return None
    low, high = show_moment(least or ""), show_moment(most or "")
    if least is not None and most is not None:
        return Complaint(f"{{label}}不在 {low} 至 {high} 内", f"{{label}} is not between {low} and {high}")
    if least is not None:
        return Complaint(f"{{label}}不能早于 {low}", f"{{label}} must not be before {low}")
    return Complaint(f"{{label}}不能晚于 {high}", f"{{label}} must not be after {high}")


def _judge_items(state: State) -> Complaint | None:
    limits, count = state.component.limits, len(state.value)
    least, most = bound(state, limits.min_items), bound(state, limits.max_items)
    if least is not None and count < least:
        return Complaint(
            f"{{label}}至少选择 {shown_number(least)} 项", f"{{label}}: choose at least {shown_number(least)}"
        )
    if most is not None and count > most:
        return Complaint(
            f"{{label}}最多选择 {shown_number(most)} 项", f"{{label}}: choose at most {shown_number(most)}"
        )
    return None


def _judge_rows(state: State) -> Complaint | None:
    if not state.component.adds_rows:
        return None
    count = sum(1 for row in state.rows if not row.blank)
    least, most = bound(state, state.component.limits.min_items), row_limit(state)
    if least is not None and count < least:
        wanted = shown_number(least)
        return Complaint(
            f"{{label}}至少 {wanted} 行，现有 {count} 行",
            f"{{label}} needs at least {wanted} rows, it has {count}",
        )
    if count > most:
        return Complaint(
            f"{{label}}不能超过 {most} 行，现有 {count} 行",
            f"{{label}} can have at most {most} rows, it has {count}",
        )
    return None


def file_limit(state: State) -> int:
    """How many files a file picker takes, as things stand."""
    limits = state.component.limits
    most = bound(state, limits.max_items)
    if state.context.value(limits.multiple) is not True:
        return 1
    return int(most) if most is not None else _DEFAULT_FILES


def _judge_files(state: State) -> Complaint | None:
    most = file_limit(state)
    if len(state.value) > most:
        return Complaint(f"{{label}}最多上传 {most} 个文件", f"{{label}}: at most {most} files")
    for file in state.value:
        complaint = complaint_about_file(state, file)
        if complaint is not None:
            return complaint
    return None


def complaint_about_file(state: State, file: Mapping[str, Any]) -> Complaint | None:
    """Why a file may not be attached here: its extension or size (`name`, `size`)."""
    limits, name, size = state.component.limits, str(file.get("name") or ""), file.get("size")
    shown = name.replace("{", "（").replace("}", "）")
    if limits.extensions and not name.lower().endswith(limits.extensions):
        kinds = "、".join(limits.extensions)
        return Complaint(
            f"{{label}}只接受 {kinds} 文件：{shown}",
            f"{{label}} takes {', '.join(limits.extensions)} only: {shown}",
        )
    if isinstance(size, (int, Decimal)) and size > limits.max_size:
        most = f"{limits.max_size / 1_000_000:g} MB"
        return Complaint(
            f"{{label}}单个文件不能超过 {most}：{shown}",
            f"{{label}}: a file can have at most {most}: {shown}",
        )
    return None


def _judge_check(state: State) -> Complaint | None:
    check, message = state.component.limits.check, state.component.limits.check_message
    if check is None:
        return None
    context: Context = state.context
    if state.component.type == "dynamiclist":
        rows = context.variables
        for name in state.component.key:
            rows = rows.get(name) if isinstance(rows, Mapping) else None  # type: ignore[assignment]
        context = context.within(rows)
    if context.evaluate(check) is True:
        return None
    if message is None:
        return Complaint("{label}与其他内容不符", "{label} does not agree with the rest")
    return Complaint(message.zh, message.en or message.zh)


_JUDGES: dict[str, tuple[Callable[[State], Complaint | None], ...]] = {
    **dict.fromkeys(TEXT_TYPES, (_judge_text, _judge_length, _judge_zi)),
    **dict.fromkeys(MANY_OF, (_judge_items,)),
    "number": (_judge_number,),
    "datetime": (_judge_moment,),
    "filepicker": (_judge_files,),
    "dynamiclist": (_judge_rows,),
}
