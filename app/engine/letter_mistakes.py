"""What the typesetter says about a letter, with file, line and column, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

Severity = Literal["error", "warning"]
_BLOCK = re.compile(r"^(error|warning|help): (.*)$", re.MULTILINE)
_PLACE = re.compile(r"┌─ (?P<file>.*):(?P<line>\d+):(?P<column>\d+)\s*$", re.MULTILINE)
_SEARCHED = re.compile(r" \(searched at [^)]*\)")
_HINT = re.compile(r"= hint: (.*)")

# What typst 0.14 and 0.15 say most often; the rest is quoted in English behind the place.
_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"unknown variable: (.+)", "没有名为 {0} 的变量或函数"),
        (r"unclosed delimiter", "括号没有闭合"),
        (r"unclosed string", "引号没有闭合"),
        (r"unclosed label", "标签没有闭合"),
        (r"unexpected closing (.+)", "多余的右{0}"),
        (r"unexpected (.+)", "此处不应出现 {0}"),
        (r"expected (.+), found (.+)", "此处应为 {0}，实际为 {1}"),
        (r"expected (.+)", "此处应为 {0}"),
        (r"missing argument: (.+)", "缺少参数 {0}"),
        (r"unexpected argument: (.+)", "没有参数 {0}"),
        (r"duplicate argument: (.+)", "参数 {0} 重复"),
        (r"dictionary does not contain key (.+)", "字典中没有键 {0}"),
        (r"array index out of bounds \(index: (-?\d+), len: (\d+)\).*", "数组只有 {1} 项，取不到第 {0} 项（从 0 起）"),
        (r"(type|element|function) (.+) has no method (.+)", "{1} 没有方法 {2}"),
        (r"type (.+) has no method (.+)", "{0} 没有方法 {1}"),
        (r"(.+) does not contain field (.+)", "{0} 没有字段 {1}"),
        (r"(?:module|type) (.+) does not contain (.+)", "{0} 中没有 {1}"),
        (r"cannot (add|subtract|multiply|divide|compare|join|apply) (.+)", "{1} 之间不能做此运算（{0}）"),
        (r"file not found.*", "没有此文件：只能引用文书文件夹中的文件"),
        (r"path .* would escape the .*", "不能访问文书文件夹以外的文件"),
        (r"unknown font family: (.+)", "没有字体 {0}"),
        (r"condition is always (true|false)", "条件恒为 {0}"),
        (r"loop seems to be infinite", "循环没有尽头"),
        (r"maximum (.+) depth exceeded", "嵌套或递归过深（{0}）"),
        (r"invalid float: (.*)", "“{0}”不是数字"),
        (r"invalid integer: (.*)", "“{0}”不是整数"),
        (r"invalid (.+)", "{0} 无效"),
        (r"the character `(.+)` is not valid in code", "代码中不能使用字符 {0}"),
        (r"cannot divide by zero", "不能除以零"),
        (r"label `(.+)` does not exist in the document", "文书中没有标签 {0}"),
        (r"unresolved import", "引用的文件中没有这个名称"),
        (r"failed to parse JSON.*", "不是有效的 JSON"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class LetterMistake:
    """One mistake: `line` and `column` count from 1; both are 0 where no place is known."""

    severity: Severity
    file: str
    line: int
    column: int
    message_zh: str
    message_en: str


def read_diagnostic(diagnostic: str, main: str) -> tuple[LetterMistake, ...]:
    """The mistakes that a diagnostic of typst tells, errors first.

    A mistake that shows in a shared file is placed where `main` calls it, if it does.
    """
    found = list(_mistakes(diagnostic, main))
    return tuple(sorted(found, key=lambda mistake: mistake.severity != "error"))


def plain_mistake(zh: str, en: str, file: str = "") -> LetterMistake:
    """A mistake that no place belongs to."""
    return LetterMistake("error", file, 0, 0, zh, en)


def in_chinese(message: str) -> str:
    """What typst says, in Chinese as far as it is known; else its own words."""
    for pattern, words in _WORDS:
        found = pattern.fullmatch(message)
        if found is not None:
            return words.format(*(group or "" for group in found.groups()))
    return f"排版程序报告：{message}"


def _mistakes(diagnostic: str, main: str) -> Iterator[LetterMistake]:
    blocks = list(_blocks(diagnostic))
    for at, (kind, message, body) in enumerate(blocks):
        if kind == "help":
            continue
        place = _place(body)
        callers = []
        for later, _text, around in blocks[at + 1 :]:
            if later != "help":
                break
            callers.append(_place(around))
        own = next((each for each in (place, *callers) if each is not None and each[0] == main), place)
        file, line, column = own or ("", 0, 0)
        zh, en = in_chinese(message), message
        if place is not None and own is not place:
            zh, en = f"{zh}（在 {place[0]} 第 {place[1]} 行）", f"{en} (in {place[0]}, line {place[1]})"
        hints = " ".join(_HINT.findall(body))
        yield LetterMistake("error" if kind == "error" else "warning", file, line, column, zh,
                            f"{en}. {hints}" if hints else en)  # fmt: skip


def _blocks(diagnostic: str) -> Iterator[tuple[str, str, str]]:
    heads = list(_BLOCK.finditer(diagnostic))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        yield (
            head[1],
            _SEARCHED.sub("", head[2].strip()),
            diagnostic[head.end() : following.start() if following else None],
        )


def _place(body: str) -> tuple[str, int, int] | None:
    """File, line and column of a block; typst counts columns from 0."""
    found = _PLACE.search(body)
    if found is None:
        return None
    return PurePosixPath(found["file"].strip()).name, int(found["line"]), int(found["column"]) + 1
