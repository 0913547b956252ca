"""Errors of the FEEL engine."""

from __future__ import annotations

from app.engine.phrases import Phrasebook

in_chinese = Phrasebook(
    "表达式有误",
    (r"an expression is expected", "这里应有表达式"),
    (r"unexpected '(.+)'", "这里不应有 {0}"),
    (r"unexpected character '(.+)'", "不认识的字符 {0}"),
    (r".+ expected at the end of a range", "区间应以 ]、) 或 [ 结束"),
    (r"'(.+)' expected, found the end", "缺少 {0}"),
    (r"'(.+)' expected, found '?(.+?)'?", "这里应为 {0}，而不是 {1}"),
    (r"'(.+)' expected", "缺少 {0}"),
    (r"text literal is not closed", "文字缺少右引号"),
    (r"a name is expected after '\.'", "点号后应有名称"),
    (r"an argument is (?:expected|named twice)", "函数参数有误"),
    (r"named and positional arguments cannot be mixed", "按名称和按位置的参数不能混用"),
    (r"a type is expected", "这里应有类型"),
    (r"a (?:context entry|context key) is expected", "这里应有“名称: 值”"),
    (r"context entry '(.+)' appears twice", "名称 {0} 出现两次"),
    (r"the name of a .+ is expected", "这里应有名称"),
    (r"a text literal is expected after '@'", "@ 后应有引号中的文字"),
    (r"too many comparisons in one chain", "连在一起的比较过多"),
    (r"type is nested too deeply", "类型嵌套过深"),
    (r"expression is nested too deeply", "表达式嵌套过深"),
    (r"expression is longer than (\d+) characters", "表达式超过 {0} 个字符"),
).translate


class FeelError(Exception):
    """An expression cannot be used; `line` and `column` (from 1) say where."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    @property
    def message_zh(self) -> str:
        """What is wrong, in Chinese."""
        return in_chinese(self.message)

    def __str__(self) -> str:
        return f"{self.message} (line {self.line}, column {self.column})"


class FeelSyntaxError(FeelError):
    """The text is no FEEL expression (DMN 1.5, 10.3.1.2)."""


class FeelBudgetError(FeelError):
    """Evaluation needs more steps, nesting or memory than its budget allows."""
