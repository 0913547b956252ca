"""Errors of decision models."""

from __future__ import annotations

import re

from app.engine.feel.errors import in_chinese
from app.engine.phrases import Phrasebook

_CHINESE = Phrasebook(
    "模型有误",
    (r"(.+) has no name", "{0} 没有名称"),
    (r"(.+) cannot be evaluated, only FEEL", "不能执行 {0}，只支持 FEEL"),
    (r"(.+) does not exist", "{0} 不存在"),
    (r"type (.+) is unknown", "没有类型 {0}"),
    (r"the models import each other: (.+)", "模型互相引入：{0}"),
    (r"the imported model (.+) is not there", "没有所引入的模型 {0}"),
    (r"row (\d+) has not as many cells as there are columns", "第 {0} 行的单元格数与列数不符"),
    (r"a row has not as many cells as there are columns", "有一行的单元格数与列数不符"),
    (r"id (.+) appears twice", "id {0} 出现两次"),
    (r"hit policy (.+) needs output values to order by", "命中策略 {0} 须列出输出值的先后"),
    (r"hit policy (.+) is unknown", "没有命中策略 {0}"),
    (r"context entry (.+) appears twice", "名称 {0} 出现两次"),
    (r"aggregation (.+) is unknown", "没有汇总方式 {0}"),
    (r"the table has no output column", "决策表没有输出列"),
    (r"the decision service has no output decision", "决策服务没有输出决策"),
    (r"the decision requires itself", "决策依赖自身"),
    (r"several output columns need different names", "各输出列须有不同的名称"),
    (r"an input column has no expression", "有一个输入列没有表达式"),
    (r"the root element is no DMN definitions", "根元素不是 DMN 的 definitions"),
    (r"the file is larger than (\d+) bytes", "文件超过 {0} 字节的上限"),
    (r"not well-formed XML: (.+)", "不是格式良好的 XML：{0}"),
    (r"a DOCTYPE is refused", "不接受含有 DOCTYPE 的文件"),
    (r"no readable XML: (.+)", "不是可读取的 XML：{0}"),
    (r"more than (\d+) nodes", "节点数超过 {0} 的上限"),
)
# What FEEL says about a text of the model, and where.
_WRONG_TEXT = re.compile(r"(.+): (.+) \(line (\d+), column (\d+)\)", re.DOTALL)


class DmnError(Exception):
    """A problem of one element of a decision model."""

    def __init__(self, message: str, element_id: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.element_id = element_id

    @property
    def message_zh(self) -> str:
        """The problem in Chinese."""
        if found := _WRONG_TEXT.fullmatch(self.message):
            text, wrong, line, column = found.groups()
            return f"{text}：{in_chinese(wrong)}（第 {line} 行第 {column} 列）"
        return _CHINESE.translate(self.message)

    def __str__(self) -> str:
        return f"{self.element_id}: {self.message}" if self.element_id else self.message

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, DmnError)
        return same and (self.message, self.element_id) == (other.message, other.element_id)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.message, self.element_id))


class DmnInvalid(Exception):
    """A decision model cannot be used; `problems` holds every reason."""

    def __init__(self, problems: tuple[DmnError, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class DmnNotFound(LookupError):
    """The model has no decision or service of that id or name."""
