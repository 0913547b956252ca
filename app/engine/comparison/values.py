"""Values of settings and cells in words: expressions of a usual shape are read out, others stay as they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

# What a code stands for, such as a post or a parameter: code → (Chinese, English).
Names = Mapping[str, tuple[str, str]]

_PRINCIPAL = re.compile(r"(?:user|group|org|ticket):[\w.*:-]+")
_PARAMETER = re.compile(r"params\.([A-Za-z_][\w.]*)")
_UNITS = {
    "D": ("天", "days"),
    "M": ("个月", "months"),
    "Y": ("年", "years"),
    "H": ("小时", "hours"),
    "TM": ("分钟", "minutes"),
}
_SIGNS = {
    ">=": ("不少于", "at least"),
    "<=": ("不超过", "at most"),
    ">": ("大于", "more than"),
    "<": ("少于", "less than"),
}
_WORDS = {"true": ("是", "yes"), "false": ("否", "no"), "null": ("空", "empty"), "-": ("任意", "any"),
          "": ("无", "none")}  # fmt: skip


def say(text: str, names: Names) -> tuple[str, str]:
    """A value in Chinese and English."""
    plain = text.strip().removeprefix("=").strip()
    if plain in _WORDS:
        return _WORDS[plain]
    for pattern, read in _SHAPES:
        if (found := pattern.fullmatch(plain)) is not None:
            return read(found, names)
    if plain in names:
        return names[plain]
    if _PRINCIPAL.search(plain) and set(plain.split()) & names.keys():
        words = [names.get(word, (word, word)) for word in plain.split()]
        return "、".join(zh for zh, _en in words), ", ".join(en for _zh, en in words)
    return f"“{plain}”", f"“{plain}”"


def _working_days(found: re.Match[str], names: Names) -> tuple[str, str]:
    amount = found[1].strip()
    if amount.isdigit():
        return f"{amount} 个工作日", f"{amount} working days"
    zh, en = _parameter(amount, names)
    return f"{zh}规定的工作日数", f"the working days of {en}"


def _parameter(text: str, names: Names) -> tuple[str, str]:
    key = text.removeprefix("params.")
    zh, en = names.get(f"params.{key}", (key, key))
    return f"参数“{zh}”", f"parameter “{en}”"


def _duration(found: re.Match[str], _names: Names) -> tuple[str, str]:
    unit = f"T{found[3]}" if found[1] and found[3] == "M" else found[3]
    zh, en = _UNITS[unit]
    return f"{found[2]} {zh}", f"{found[2]} {en}"


def _limit(found: re.Match[str], _names: Names) -> tuple[str, str]:
    zh, en = _SIGNS[found[1]]
    return f"{zh} {found[2]}", f"{en} {found[2]}"


def _number(found: re.Match[str], _names: Names) -> tuple[str, str]:
    return found[0], found[0]


def _quoted(found: re.Match[str], names: Names) -> tuple[str, str]:
    zh, en = names.get(found[1], (found[1], found[1]))
    return f"“{zh}”", f"“{en}”"


Reader = Callable[[re.Match[str], Names], tuple[str, str]]
_SHAPES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (re.compile(r"wd\(\s*(\d+|params\.[\w.]+)\s*\)"), _working_days),
    (_PARAMETER, lambda found, names: _parameter(found[0], names)),
    (re.compile(r"(?:duration\()?\"?P(T?)(\d+)([DMYH])\"?\)?"), _duration),
    (re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)"), _limit),
    (re.compile(r"-?\d+(?:\.\d+)?"), _number),
    (re.compile(r"\"([^\"]*)\""), _quoted),
)
